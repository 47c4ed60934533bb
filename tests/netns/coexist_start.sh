#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# coexist_start.sh IRL: as many as can share an interface begin at the same
# moment, in a world: each finds source ports of its own, and the truth.
set -u
irl=$(realpath "$1")
[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 77; }
model=(--seed 5 --alive 0.05 --serve short)
if [ -z "${IRL_WORLD:-}" ]; then
	"$irl" world run "${model[@]}" -- "$irl" scan -c 0 -q -p 80 \
		--port live -o /dev/null 10.1.0.0/24 2>/dev/null || {
		echo "skipped: no world or no live port can be made here"
		exit 77
	}
	exec "$irl" world run "${model[@]}" -- bash "$(realpath "$0")" "$irl"
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.bash"
range=10.1.0.0/20
"$irl" world truth "${model[@]}" -p 80 $range | tail -n +2 | cut -d, -f1 |
	sort >"$dir/truth"
[ "$(wc -l <"$dir/truth")" -gt 50 ] || fail "too little is open"

scan() { "$irl" scan -p 80 -r 20k -c 1 -q -f saddr --no-header-row "$@"; }
fetch() {
	set -o pipefail
	"$irl" fetch -p 80 --scan --scan-rate 20k --cooldown 1 --idle 1 -q "$@" |
		sed 's/^{"ip":"\([^"]*\)".*/\1/'
}
# together COMMAND...: eight, in turns of these, begin at once.
together() {
	local n pids=()
	for n in 0 1 2 3 4 5 6 7; do
		"${@:1 + n % $#:1}" $range >"$dir/out$n" 2>"$dir/err$n" &
		pids+=($!)
	done
	for n in 0 1 2 3 4 5 6 7; do
		wait "${pids[n]}" || fail "$*, number $n: $(cat "$dir/err$n")"
		sort "$dir/out$n" | cmp -s - "$dir/truth" ||
			fail "$*, number $n: not the truth"
	done
}
together scan
together scan fetch

[ "$failed" = 0 ] && echo "ok"
exit "$failed"
