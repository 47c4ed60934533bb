#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The examples of --help, each run as it stands there but for smaller sets,
# shorter waits and addresses of a world instead of those of documentation:
# each must end well and give something.  Needs root; exit 77 otherwise.
set -u
irl=$(realpath "$1")
PATH=$(dirname "$irl"):/usr/sbin:/sbin:/usr/bin:/bin
[ "$(id -u)" -eq 0 ] || {
	echo "skipped: needs root"
	exit 77
}
all=$(mktemp -d)
lab=irlh$$
trap 'rm -rf "$all"; [ ! -e /run/netns/$lab ] || "$irl" world down -n $lab' EXIT
trap 'exit 1' INT TERM
model=(--range 10.1.0.0/18 --alive 1 --unreachable 0 --open 1 --closed 0)
here=(world run "${model[@]}" --serve all -- bash -o pipefail -c)

# The commands of a help text.
examples() {
	# shellcheck disable=SC2086 # "world run" are two words
	"$irl" $1 --help | sed -n '/^Examples:/,$s/^  \([^ ].*\)/\1/p'
}
here_and_now() {
	sed -e 's/192\.0\.2\./10.1.0./g; s/2001:db8::1/10.1.0.39/; s/eth0/irl0/' \
		-e 's/\.0\.0\/16/.0.0\/23/g; s/10\.0\.0\.0\/8/10.1.0.0\/18/' \
		-e 's/irl scan/& -c 0.3/; s/irl fetch/& --idle 1/' \
		-e 's/fetch --idle 1 --scan/& --cooldown 0.3/' \
		-e "s/\\blab\\b/$lab/g; s/irl world run/& --range 10.1.0.0\/18/" \
		-e 's/irl bench tx/& --seconds 0.02 --rounds 1 --contenders live --batches 64/' \
		-e 's/irl bench huge/& --range 10.1.0.0\/20 --rounds 1/'
}
lacks() {
	local tool
	for tool in jq curl; do
		[[ " $1 " != *" $tool "* ]] || command -v $tool >/dev/null ||
			{ echo "skipped: needs $tool: $1" && return; }
	done
	false
}
# One example in a directory of its own; what is wrong is told there.
try() {
	local dir=$1 line=$2 run result begin=$SECONDS
	mkdir "$dir" && cd "$dir" || exit
	printf '10.1.0.%d\n' {1..40} >in.txt
	cp in.txt targets.txt && cp in.txt hitlist.txt
	echo 10.1.0.7 >no.txt
	cp no.txt blocklist.txt && cp no.txt blocked.txt
	printf 'saddr,sport\n10.1.0.39,80\n' >found.csv
	printf 'PING\r\n\r\n' >ask.txt
	touch -d '1 hour ago' -- *
	run=$(here_and_now <<<"$line")
	case $run in
	"irl bench"* | "irl world"* | "ip netns exec $lab "*) bash -c "$run" ;;
	*) "$irl" "${here[@]}" "$run" ;;
	esac </dev/null >"$dir.out" 2>"$dir.err"
	result=$?
	[ -z "${times-}" ] || echo "$line: $((SECONDS - begin)) s" >&2
	[ $result = 0 ] || echo "$line: exit code $result: $(tail -3 "$dir.err")"
	case $run in "irl world up"* | "irl world down"*) return ;; esac
	[ -s "$dir.out" ] || [ -n "$(find . -type f -mmin -30 -size +0)" ] ||
		echo "$line: gives nothing: $(tail -3 "$dir.err")"
}

n=0
for command in scan fetch world "world run" "world truth" doctor bench; do
	examples "$command" >"$all/lines"
	[ -s "$all/lines" ] || echo "irl $command --help: no examples" >"$all/$command.said"
	while read -r line; do
		lacks "$line" && continue
		n=$((n + 1))
		try "$all/$n" "$line" >"$all/$n.said" &
		[ $((n % 4)) -ne 0 ] || wait
	done <"$all/lines"
done
wait
# A world with a name is made, used and removed by one after the other.
examples "world up" >"$all/lines"
while read -r line; do
	n=$((n + 1))
	(try "$all/$n" "$line") >"$all/$n.said"
done <"$all/lines"
[ ! -e /run/netns/$lab ] || echo "a world is left" >"$all/up.said"
cat "$all"/*.said
[ -z "$(cat "$all"/*.said)" ]
