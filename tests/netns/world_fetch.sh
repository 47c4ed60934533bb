#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# world_fetch.sh IRL: what curl fetches from worlds is what their truth says.
set -u
irl=$1
[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 77; }
name=irl-f-$$
work=$(mktemp -d)
. "$(dirname "$0")/lib.bash"

clean() {
	"$irl" world down -n "$name" 2>/dev/null
	rm -rf "$work"
}
trap clean EXIT

exits 0 "$irl" world truth --fetch --serve all -p 80 10.9.0.0/16
cp "$work/out" "$work/fetch"
tail -n +2 "$work/fetch" | cut -d, -f1-3 | cmp -s - <(
	"$irl" world truth -p 80 10.9.0.0/16 | tail -n +2) ||
	fail "--fetch and the truth of a scan differ"
for kind in http banner mute; do
	grep -q ",synack,$kind," "$work/fetch" || fail "no $kind among the services"
done
exits 0 "$irl" world truth --fetch --format jsonl --serve all -p 80 10.9.0.0/16
[ "$(grep -c '^{"saddr":.*"body_fnv1a64":"[0-9a-f]\{16\}"}$' "$work/out")" = \
	"$(tail -n +2 "$work/fetch" | wc -l)" ] || fail "jsonl of --fetch differs"
exits 2 "$irl" world truth --serve all --rtt-max 10ms 10.9.0.0/24
says "without --serve user"

# check_pages FOLDER: each line "address status length hash" on standard input
# against what curl said and got.
check_pages() {
	python3 -c 'import sys
bad = 0
for line in sys.stdin:
    address, truth = line.split(maxsplit=1)
    path, h = sys.argv[1] + "/" + address, 0xcbf29ce484222325
    for b in open(path, "rb").read():
        h = (h ^ b) * 0x100000001b3 & (1 << 64) - 1
    got = "%s %016x" % (open(path + ".said").read(), h)
    if got != truth.strip():
        print(address, "got", got, "not", truth.strip())
        bad = 1
sys.exit(bad)' "$1"
}

# fetches SERVE [OPTION...]: some pages of each framing and length, by curl.
fetches() {
	exits 0 "$irl" world truth --fetch --serve "$@" -p 80 10.9.0.0/16
	awk -F, '$4 == "http" && n[$8 ($13 > 4096) ($13 > 65536)]++ < 3 {
		print $1, $7, $13, $14 }' "$work/out" >"$work/pages"
	mkdir -p "$work/got"
	exits 0 "$irl" world run --serve "$@" -- sh -c "
		while read -r address rest; do
			curl -s -m 60 -o $work/got/\$address -w '%{http_code} %{size_download}' \
				http://\$address/ >$work/got/\$address.said
		done <$work/pages"
	check_pages "$work/got" <"$work/pages" || fail "$*: pages differ"
	[ "$(wc -l <"$work/pages")" -ge 15 ] || fail "$*: too few pages"
	rm -rf "$work/got"
}
if command -v curl >/dev/null && command -v python3 >/dev/null; then
	fetches all --large 0.1 --body-max 200000
	fetches user --large 0.1 --body-max 200000 --rtt-min 1ms --rtt-max 20ms --loss 0.01 \
		--duplicate 0.02 --reorder 0.02
else
	echo "skipped: fetches by curl: needs curl and python3"
fi

# A named world is served by a process of its own, which a signal ends.
exits 0 "$irl" world up -n "$name" --serve short
exits 2 "$irl" world serve -n "$name"
says "'all' or 'user'"
exits 0 "$irl" world down -n "$name"
exits 1 "$irl" world serve -n "$name"
exits 0 "$irl" world up -n "$name" --serve user
"$irl" world serve -n "$name" >"$work/served" 2>"$work/serving" &
pid=$!
until_true grep -q serving "$work/serving" || fail "serve does not start"
address=$(awk -F, '$4 == "banner" { print $1; exit }' "$work/fetch")
ip netns exec "$name" timeout 20 bash -c "head -c 4 </dev/tcp/$address/80" >"$work/out"
grep -q -e SSH- -e '220 ' "$work/out" || fail "no banner but $(cat "$work/out")"
kill -TERM "$pid"
wait "$pid" || fail "serve ends with $?"
grep -q '^{"segments": [1-9].*"opened": 1,' "$work/served" ||
	fail "served: $(cat "$work/served")"
exits 0 "$irl" world down -n "$name"
[ "$failed" = 0 ] && echo "ok"
exit "$failed"
