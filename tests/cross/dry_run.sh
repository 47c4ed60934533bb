#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# dry_run.sh LINUX-IRL IRL.EXE: both plan the same probes, byte for byte but for
# the clock in the sequence numbers, refuse the same with the same words and
# codes, and write files of the same bytes under names beyond ASCII.
PATH=$PATH:/usr/lib/wine command -v wine64 >/dev/null || exit 77
set -u
linux=$1
wine=$(dirname "$(realpath "$0")")/../../scripts/wine
windows=$(realpath "$2")
[ -x "$linux" ] || {
	echo "skipped: no $linux to compare with (build the preset release)"
	exit 77
}
linux=$(realpath "$linux")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit
failures=0
fail() {
	echo "$*"
	failures=$((failures + 1))
}

run() { # WHICH PROGRAM... : its output, its complaint, its code
	local which=$1
	shift
	"$@" >"$which.out" 2>"$which.err" </dev/null
	echo "$?" >"$which.code"
	# Both clocks, that in the cookie and that of the timestamp option; and
	# the MSS, which is of this machine's link where there is a route.
	sed -i -E 's/ seq [0-9]+//; s/ options 0204[0-9a-f]{4}/ options MSS /
		s/(MSS 0402080a)[0-9a-f]{8}/\1/' "$which.out"
}
same() { # ARGUMENT...
	run linux "$linux" "$@"
	run windows "$wine" "$windows" "$@"
	for part in out err code; do
		cmp -s linux.$part windows.$part || {
			fail "another $part: irl $*"
			diff linux.$part windows.$part | cat -A | head -n 5
		}
	done
}
dry() {
	same scan -d --allow-special 10.0.0.0/8 -S 10.9.9.9 -s 50000-50099 \
		-G 02:00:00:00:00:01 "$@"
}
some() { [ "$(wc -l <linux.out)" -ge "$1" ] || fail "only $(wc -l <linux.out)"; }

# Names in three scripts; lists with the line ends of either system.
list='Liste Ä 列表.txt'
printf '# ours\r\n10.1.0.0/25\r\n10.2.3.4\r\n' >"$list"
printf '10.1.0.0/30\n' >'исключить'
printf 'target-port = 80,443\nseed = 5\n' >'config Ω'

dry -e 5 -p 80 10.1.0.0/20 && some 4096
dry -e 6 -p 80-85,443 --tcp-options linux -n 1000 10.0.0.0/8 && some 1000
dry -e 7 --shards 3 --shard 1 -p 80 10.1.0.0/24 && some 80
dry -C 'config Ω' -w "$list" -b 'исключить' && some 200
same help scan && some 100
same help fetch && some 100
same help doctor && some 20
same doctor one two
same doctor --target nonsense
same --version && some 1
# What is wrong is said in the same words.
dry -p 80 nonsense
dry -p 80 --frobnicate 10.1.0.1
dry -p 0-99999 10.1.0.1
dry -p 80 -w 'nicht da Ö' 10.1.0.1
dry -p 80 -f nothing 10.1.0.1
dry -p 80 -o "$list" -w "$list"
dry -p 80 -o "$list" -m "./$list" 10.1.0.1
ln "$list" hart
ln -s "$list" weich
dry -p 80 -o "$list" -m hart 10.1.0.1
grep -q 'is the file of' linux.err || fail "a hard link: $(cat linux.err)"
dry -p 80 -o weich -m hart 10.1.0.1
grep -q 'is the file of' linux.err || fail "a link: $(cat linux.err)"
same frobnicate
# Refused before a port is opened.
same fetch -p 80 nonsense
same fetch -p 80 -f "$list" -o "./$list"
same fetch -p 80 --protocol raw 10.1.0.1
same fetch -p 80 -f 'nicht da Ö'
same fetch -p 80 -b 'nicht da Ö' -f "$list"
same fetch -p 80 -f "$list" --exclude 10.0.0.0/8
printf '10.1.0.0/33\r\n' >"$list.bad"
same fetch -p 80 -f "$list" -b "$list.bad"
printf 'saddr,sport\r\nname,80\r\n' >"$list.csv"
same fetch -f "$list.csv"
grep -q 10.1.0.0/25 "$list" || fail "a dry run has emptied a list"

# On Windows there are two more ways to name a file.
"$wine" "$windows" scan -d -S 10.9.9.9 -p 80 -o "$list" -w ".\\$list" \
	--allow-special 10.0.0.0/8 >out 2>err </dev/null
grep -q 'is the file of' err || fail "'.\\$list' is not seen to be '$list'"
# Of what is not there yet, the case of letters and dots at the end tell nothing.
for names in 'neu NEU' 'Ärger äRGER' 'neu neu.' 'neu .\\Neu'; do
	"$wine" "$windows" scan -d -S 10.9.9.9 -p 80 -o "${names% *}" \
		-m "${names#* }" --allow-special 10.0.0.0/8 10.1.0.1 >out 2>err \
		</dev/null
	grep -q 'is the file of' err || fail "'$names' are not seen to be one file"
	[ ! -e "${names% *}" ] || fail "${names% *} was made"
done
# What cannot be there says so in one line.
"$wine" "$windows" world >out 2>err </dev/null && fail "world runs"
[ "$(wc -l <err)" -eq 1 ] && grep -q 'needs Linux' err || fail "$(cat err)"
# A reader that has seen enough ends it quietly.
"$wine" "$windows" scan -d -S 10.9.9.9 -p 80 --allow-special 10.0.0.0/8 \
	-s 50000 -G 02:00:00:00:00:01 10.0.0.0/12 2>err </dev/null |
	head -n 1 >/dev/null
[ -s err ] && fail "head: $(cat err)"

[ $failures -eq 0 ] || {
	echo "$failures failed"
	exit 1
}
