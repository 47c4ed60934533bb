#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh BUILD-DIR: the examples, as built on the installed library, in a world:
# the scanner finds what is true, the sender's frames arrive at the other end.
#
#   +-- NAME ----------+            +-- NAME-world ------+
#   | irl0, examples   |== veth ====| world0, XDP        |
#   +------------------+            +--------------------+
set -eu
prefix=$1/installed
irl=$prefix/bin/irl
[ "$(id -u)" -eq 0 ] || {
	echo "needs root, for network namespaces"
	exit 77
}
name=irl-t-$$
work=$(mktemp -d)
finish() {
	"$irl" world down --name $name 2>/dev/null || :
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
"$irl" world up --name $name || {
	echo "no world can be made here"
	exit 77
}
LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name libirlstack.so)")
export LD_LIBRARY_PATH

# Frames that the other end's XDP program has seen.
arrived() {
	ip netns exec $name-world ethtool -S world0 |
		awk '/rx_queue_[0-9]+_xdp_packets:/ { n += $2 } END { print n + 0 }'
}

"$irl" world truth -p 80,443 10.1.0.0/20 |
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ print $at["saddr"] ":" $at["sport"] }' | sort >"$work/truth"
[ -s "$work/truth" ] || {
	echo "the world has nothing open"
	exit 1
}

for kind in shared static; do
	before=$(arrived)
	ip netns exec $name "$prefix/sender-$kind" irl0 >"$work/said"
	grep '^64 of 64 frames accepted' "$work/said" || {
		cat "$work/said"
		exit 1
	}
	tries=0
	until [ $(($(arrived) - before)) -ge 64 ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || {
			echo "only $(($(arrived) - before)) frames arrived"
			exit 1
		}
		sleep 0.1
	done
	ip netns exec $name "$prefix/scanner-$kind" 10.1.0.0/20 80,443 20000 \
		10.0.0.0/8 | sort >"$work/found"
	diff -u "$work/truth" "$work/found"
done
