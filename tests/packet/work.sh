#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# work.sh PROGRAM [KIND LIMIT FRAMES]...: the instructions that the stack spends
# on a segment of each kind of attack are at most LIMIT, no more when there have
# been four times as many, and bring at most FRAMES at once.
set -eu
program=$1
shift
command -v valgrind >/dev/null || {
	echo "valgrind is not installed: nothing can be counted"
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# spent KIND COUNT
spent() {
	valgrind --tool=callgrind --callgrind-out-file="$work/out" \
		--toggle-collect=segment "$program" "$1" "$2" \
		>"$work/frames" 2>"$work/log" || {
		cat "$work/log" >&2
		exit 1
	}
	sed -n 's/.*Collected : //p' "$work/log"
}

failed=0
while [ $# -ge 3 ]; do
	few=$(spent "$1" 500)
	some=$(spent "$1" 1000)
	many=$(spent "$1" 3000)
	first=$(((some - few) / 500)) then=$(((many - some) / 2000))
	frames=$(cat "$work/frames")
	echo "$1: $first instructions a segment, then $then; $frames frames"
	if [ "$first" -le 0 ]; then
		echo "$1: nothing was counted: where is segment()?"
		failed=1
	fi
	if [ "$then" -gt $((first + first / 5)) ]; then
		echo "$1: it grows with the number of segments"
		failed=1
	fi
	if [ "$first" -gt "$2" ] || [ "$then" -gt "$2" ]; then
		echo "$1: more than $2 instructions a segment"
		failed=1
	fi
	if [ "$frames" -gt "$3" ]; then
		echo "$1: more than $3 frames for a segment"
		failed=1
	fi
	shift 3
done
exit $failed
