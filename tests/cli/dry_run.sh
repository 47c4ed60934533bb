#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# --dry-run prints what would be sent: each target once, the same for the same
# seed, shards that add up, -n, --start and configuration files obeyed.
# Needs no privilege and sends nothing.
set -u
irl=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
fail() {
	echo "$*"
	failures=$((failures + 1))
}

# Fixed source and ports, so that neither routes nor sockets matter.
dry() {
	"$irl" scan -d --allow-special 10.0.0.0/8 -S 10.9.9.9 -s 50000-50099 \
		-G 02:00:00:00:00:01 "$@"
}
targets() { awk '{ print $3 }'; }
same() { cmp -s "$1" "$2" || fail "$3"; }

# The truth: 500 addresses less 12, times three ports.
for i in $(seq 0 255); do echo "10.1.0.$i"; done >"$dir/addresses"
for i in $(seq 0 243); do echo "10.1.1.$i"; done >>"$dir/addresses"
grep -vE '^10\.1\.0\.([0-9]|10|11)$' "$dir/addresses" |
	awk '{ print $1 ":80"; print $1 ":81"; print $1 ":443" }' |
	sort >"$dir/truth"
set_of=(-p 80-81,443 --exclude 10.1.0.0-10.1.0.11 10.1.0.0-10.1.1.243)

dry -e 5 "${set_of[@]}" >"$dir/all" || fail "dry run fails"
targets <"$dir/all" >"$dir/order"
sort "$dir/order" >"$dir/set"
same "$dir/set" "$dir/truth" "targets are not the set"
cmp -s "$dir/order" "$dir/set" && fail "targets are in order"

dry -e 5 "${set_of[@]}" | targets >"$dir/again"
same "$dir/order" "$dir/again" "the same seed gives another order"
dry -e 6 "${set_of[@]}" | targets >"$dir/other"
cmp -s "$dir/order" "$dir/other" && fail "another seed gives the same order"

for shard in 0 1 2 3 4 5 6; do
	dry -e 5 --shards 7 --shard $shard "${set_of[@]}" | targets
done >"$dir/shards"
same "$dir/order" "$dir/shards" "shards do not add up"

dry -e 5 -n 100 "${set_of[@]}" | targets >"$dir/part"
dry -e 5 --start 100 "${set_of[@]}" | targets >>"$dir/part"
same "$dir/order" "$dir/part" "-n 100 and --start 100 do not add up"
[ "$(dry -e 5 -n 10% "${set_of[@]}" | wc -l)" -eq 146 ] ||
	fail "-n 10% does not give a tenth"
[ "$(dry -e 5 -n 100 --start 60 "${set_of[@]}" | wc -l)" -eq 40 ] ||
	fail "-n does not count from the beginning"

# A hash that is none is told from that of other targets.
dry -p 80 --targets-hash xyz 10.1.0.0/24 2>&1 |
	grep -q "'xyz' is no hash" || fail "--targets-hash xyz"
dry -p 80 --targets-hash 0123456789abcdef 10.1.0.0/24 2>&1 |
	grep -q "is of other targets" || fail "--targets-hash of others"

# Ports that are given twice add up.
dry -e 5 -p 80-81 -p 443 --exclude 10.1.0.0-10.1.0.11 10.1.0.0-10.1.1.243 |
	targets >"$dir/again"
same "$dir/order" "$dir/again" "-p 80-81 -p 443 is not -p 80-81,443"

# The same from files, standard input and a configuration file.
grep -vE '^10\.1\.0\.([0-9]|10|11)$' "$dir/addresses" >"$dir/list"
dry -e 5 -p 80-81,443 -w "$dir/list" | targets >"$dir/again"
same "$dir/order" "$dir/again" "a file gives other targets"
dry -e 5 -p 80-81,443 - <"$dir/list" | targets >"$dir/again"
same "$dir/order" "$dir/again" "standard input gives other targets"
# What block files name is left out, of arguments and of lists.
printf '# not these\n10.1.0.0/30\n10.1.0.4-10.1.0.8\n' >"$dir/block1"
printf '10.1.0.9 # nor this\n10.1.0.10/31\n' >"$dir/block2"
block=(-p 80-81,443 -b "$dir/block1" -b "$dir/block2")
dry -e 5 "${block[@]}" 10.1.0.0-10.1.1.243 | targets >"$dir/again"
same "$dir/order" "$dir/again" "block files leave other targets"
dry -e 5 "${block[@]}" -w "$dir/addresses" | targets >"$dir/again"
same "$dir/order" "$dir/again" "block files leave other targets of a list"
printf 'target-port = 80-81,443\nseed 5\ntarget = %s\nexclude = "%s"\n' \
	10.1.0.0-10.1.1.243 10.1.0.0-10.1.0.11 >"$dir/config"
dry -C "$dir/config" | targets >"$dir/again"
same "$dir/order" "$dir/again" "a configuration file gives other targets"
IRL_WORLD=10.2.0.0/24 dry -p 80 | targets | sort -u | wc -l >"$dir/count"
[ "$(cat "$dir/count")" -eq 256 ] || fail "IRL_WORLD is not the default"

# What a probe looks like; its MSS is the link's.
dry -e 5 -n 1 -p 80 --probe-ttl 64 --tcp-options mss 10.1.0.1 >"$dir/line"
grep -Eq '^10\.9\.9\.9:500[0-9][0-9] -> 10\.1\.0\.1:80 SYN seq [0-9]+ win [0-9]+ ttl 64 id [0-9]+ options 0204[0-9a-f]{4} via 02:00:00:00:00:01 length 60$' \
	"$dir/line" || fail "a probe reads: $(cat "$dir/line")"
[ "$(dry -p 80 --tcp-options none 10.1.0.1 | grep -c ' options none ')" -eq 1 ] ||
	fail "options none"

# What the scan itself would refuse is, and no file is made or emptied.
refuses() { # CODE TEXT OPTION...
	local code=$1 text=$2
	shift 2
	dry -p 80 "$@" 10.1.0.1 >"$dir/out" 2>"$dir/err"
	[ $? -eq "$code" ] || fail "exit code of: $*"
	grep -qF -- "$text" "$dir/err" || fail "$*: $(cat "$dir/err")"
	[ -s "$dir/out" ] && fail "$*: probes all the same"
}
echo kept >"$dir/old"
echo 10.1.0.1 >"$dir/one"
refuses 2 "'nothing'" -f nothing -o "$dir/new"
refuses 2 "irl scan: filter" --output-filter "success =" -o "$dir/new"
for option in -o -m -u --resume; do
	refuses 1 "cannot write /nope/x" $option /nope/x
done
refuses 2 "is the file of --output-file, too" -o "$dir/new" -u "$dir/new"
refuses 2 "is the file of --allowlist-file, too" -o "$dir/one" -w "$dir/one"
# What is written beside a file that is replaced, too.
cp "$dir/one" "$dir/state.new"
cp "$dir/one" "$dir/state.irl-lock"
ln -s "$dir/state" "$dir/link0"
for option in -m --resume; do
	refuses 2 "--output-file: $dir/new.new would be overwritten while --" \
		$option "$dir/new" -o "$dir/new.new"
	for other in -o -u -w; do
		refuses 2 "state.new would be overwritten while --" \
			$option "$dir/link0" $other "$dir/state.new"
		refuses 2 "state.irl-lock would be overwritten while --" \
			$option "$dir/state" $other "$dir/state.irl-lock"
	done
done
cmp -s "$dir/one" "$dir/state.new" && cmp -s "$dir/one" "$dir/state.irl-lock" ||
	fail "a file beside another is not as it was"
rm "$dir"/state.*
dry -p 80 -o "$dir/new" -u "$dir/new.new" 10.1.0.1 >"$dir/out" ||
	fail "a file that is not replaced"
dry -p 80 -f saddr,ttl -o "$dir/old" -m "$dir/new" -u "$dir/new2" 10.1.0.1 \
	>"$dir/out" || fail "outputs that can be written"
[ "$(cat "$dir/old" "$dir/one")" = "kept
10.1.0.1" ] || fail "a dry run has emptied a file"
ls "$dir" | grep -q new && fail "a dry run has made a file"

# Links that lead to nothing yet are where a file will be, as open has it.
ln -s "$dir/new3" "$dir/link1"
ln -s link1 "$dir/link2"
ln -s /nope/x "$dir/link3"
ln -s link4 "$dir/link4"
dry -p 80 -o "$dir/link2" 10.1.0.1 >"$dir/out" || fail "a link to nothing"
refuses 2 "is the file of --output-file, too" -o "$dir/link2" -u "$dir/new3"
refuses 1 "cannot write $dir/link3" -o "$dir/link3"
refuses 1 "cannot write $dir/link4" -o "$dir/link4"
[ -L "$dir/link1" ] && [ -L "$dir/link2" ] && [ ! -e "$dir/new3" ] ||
	fail "links to nothing are not as they were"

# A failed write is told; a reader that goes away ends it quietly.
# The failed write may leave something to flush or not: one seed in fifteen did
# not, and was not told.
for seed in {1..60}; do
	dry -p 80 -e $seed -n 9000 10.0.0.0/16 >/dev/full 2>"$dir/err" &&
		fail "/dev/full passes with seed $seed"
	grep -q 'No space left' "$dir/err" || fail "/dev/full: $(cat "$dir/err")"
done
dry -p 80 10.0.0.0/12 2>"$dir/err" | head -n 1 >/dev/null
[ -s "$dir/err" ] && fail "head: $(cat "$dir/err")"

[ $failures -eq 0 ] || { echo "$failures failed"; exit 1; }
