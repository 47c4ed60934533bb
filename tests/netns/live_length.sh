#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# live_length.sh IRL: a live frame is as long as was asked, although its page
# comes back with the length of the answer that the other end made of it.
set -u
irl=$1
[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 77; }
name=irl-t-$$
failed=0
trap '"$irl" world down -n $name' EXIT

# lengths OPTIONS BYTES MODEL...: all frames of a scan are BYTES long.
lengths() {
	local options=$1 bytes=$2 got
	shift 2
	"$irl" world up -n $name "$@" 2>/dev/null || exit 1
	IRL_WORLD=10.0.0.0/8 ip netns exec $name "$irl" scan -p 80 --port live \
		--tcp-options "$options" --cooldown-time 1 -o /dev/null \
		10.0.16.0/20 || failed=1
	# Queue 2 and later are the host's own: of the others, packets and bytes.
	got=$(ip netns exec $name-world ethtool -S world0 | awk -v b="$bytes" '
		/rx_queue_[0-9]+_xdp_packets/ && $2 >= 4000 { n = $2 }
		/rx_queue_[0-9]+_xdp_bytes/ && $2 >= 4000 * 60 { s = $2 }
		END { print n, s - n * b }')
	[ "$got" = "4096 0" ] ||
		{ echo "FAILED: $options after $*: $got"; failed=1; }
	"$irl" world down -n $name
}

lengths linux 74 --alive 1 --unreachable 0 --open 0 --closed 1
lengths linux 74 --alive 0 --unreachable 1
lengths windows 66 --alive 0 --unreachable 1
lengths none 60 --alive 0 --unreachable 1
exit $failed
