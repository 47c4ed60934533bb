#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# irl scan as a program, in a world of its own (namespaces without uplink):
# results, outputs that fail, interruption and resumption, privileges.
# Needs root; exit 77 otherwise.
set -u
irl=$(realpath "$1")
if [ "$(id -u)" -ne 0 ]; then
	echo "skipped: needs root"
	exit 77
fi
if [ -z "${IRL_WORLD:-}" ]; then
	"$irl" world run -- true 2>/dev/null || {
		echo "skipped: no world can be made here"
		exit 77
	}
	exec "$irl" world run -- bash "$0" "$irl"
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
fail() {
	echo "$*"
	failures=$((failures + 1))
}
same() { cmp -s "$1" "$2" || { fail "$3"; diff "$1" "$2" | head -3; }; }
same_text() { [ "$1" = "$2" ] || fail "$3: '$1', expected '$2'"; }
scan() { "$irl" scan -c 100ms "$@"; }
# The number that follows a key in the metadata.
number() { sed -n "s/^ *\"$1\": \([0-9.]*\),*$/\1/p" "$dir/meta" | head -1; }
# wait_for COMMAND...: until it holds, ten seconds at most.
wait_for() {
	local end=$((SECONDS + 10))
	until "$@" 2>/dev/null; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}
truth() {
	"$irl" world truth "$@" | tail -n +2 | sort
}

# Results are the truth; the metadata say so in numbers.
range=10.1.0.0/16
truth -p 80,443 $range | cut -d, -f1,2 >"$dir/truth"
scan -p 80,443 -e 3 -m "$dir/meta" -u "$dir/status" $range >"$dir/out" ||
	fail "scan fails"
same_text "$(head -1 "$dir/out")" "saddr,sport" "header"
tail -n +2 "$dir/out" | sort >"$dir/sorted"
same "$dir/sorted" "$dir/truth" "results are not the truth"
grep -q '"seed": "3"' "$dir/meta" || fail "metadata seed"
same_text "$(number accepted)" 131072 "metadata accepted"
same_text "$(number successes)" "$(wc -l <"$dir/truth")" "metadata successes"
same_text "$(number records_written)" "$(wc -l <"$dir/truth")" "metadata records"
grep -q '"balances": true' "$dir/meta" || fail "metadata: no ledger"
grep -q '"complete": true' "$dir/meta" || fail "metadata: not complete"
[ "$(wc -l <"$dir/status")" -ge 2 ] || fail "no status updates"

# Progress: not into a file unless asked for, on a terminal unless told not to.
scan -p 80 $range >/dev/null 2>"$dir/err"
[ -s "$dir/err" ] && fail "not a terminal, but: $(cat "$dir/err")"
scan -p 80 --status-updates $range >/dev/null 2>"$dir/err"
grep -Eq '^0:0[0-9] 100%.*; sent: 65\.5 K, .*p/s avg\); recv: .*; drops: 0; hits: ' \
	"$dir/err" || fail "status line: $(cat "$dir/err")"
if command -v script >/dev/null; then
	script -qec "$irl scan -c 0.1 -p 80 -o /dev/null $range" /dev/null \
		>"$dir/out" </dev/null
	grep -q '; sent: ' "$dir/out" && grep -q '^ledger    balances' "$dir/out" ||
		fail "on a terminal: $(cat "$dir/out")"
	script -qec "$irl scan -q -c 0.1 -p 80 -o /dev/null $range" /dev/null \
		>"$dir/out" </dev/null
	[ -s "$dir/out" ] && fail "quiet, but: $(cat "$dir/out")"
else
	echo "skipped: progress on a terminal: needs script(1)"
fi
scan -p 80 -v 4 $range 2>&1 >/dev/null | grep -q '^ledger    balances' ||
	fail "no summary with -v 4"
# No veth carries that, and the summary says so.
scan -p 80-89 -v 4 -r 1000M -t 1500ms -c 0.1 10.0.0.0/8 2>&1 >/dev/null |
	grep -Eq '^rate      [0-9]+/s of 1000000000/s asked for: [a-z]' ||
	fail "a rate that is missed is not told"

# Every answer, of every class.
truth --all -p 80 $range >"$dir/truth_all"
scan -p 80 -f saddr,sport,classification --output-filter 'repeat = 0' \
	--no-header-row $range | sort >"$dir/sorted"
same "$dir/sorted" "$dir/truth_all" "answers are not the truth"
scan -p 80 -O json -f saddr,classification --output-filter \
	'classification = rst' $range | sort >"$dir/rst"
awk -F, '$3 == "rst" { printf "{\"saddr\":\"%s\",\"classification\":\"rst\"}\n",
	$1 }' "$dir/truth_all" | sort >"$dir/sorted"
same "$dir/rst" "$dir/sorted" "JSON of the closed ones"

# A kernel that shows no BTF: another port, the same results.
if [ -e /sys/kernel/btf/vmlinux ]; then
	truth -p 80,443 10.1.0.0/20 | cut -d, -f1,2 >"$dir/truth_small"
	unshare -m bash -c 'mount --bind /dev/null /sys/kernel/btf/vmlinux &&
		exec "$@"' - "$irl" scan -c 0.3 -r 100k -p 80,443 -S 10.0.0.3 \
		--no-header-row -m "$dir/meta" 10.1.0.0/20 |
		sort >"$dir/sorted"
	same "$dir/sorted" "$dir/truth_small" "without BTF it is not the truth"
	grep -q '"port": "packet"' "$dir/meta" || fail "without BTF: not packet"
else
	echo "skipped: without BTF: there is none"
fi

# Shards, from several processes, are the whole.
for shard in 0 1 2; do
	scan -p 80,443 -e 3 --shards 3 --shard $shard --no-header-row $range
done | sort >"$dir/sorted"
same "$dir/sorted" "$dir/truth" "shards are not the whole"

# Limits.
records=$(scan -p 80,443 -r 10k --no-header-row -N 5 $range | wc -l)
[ "$records" -ge 5 ] && [ "$records" -lt 200 ] ||
	fail "records with -N 5: $records"
scan -p 80 -n 1000 -m "$dir/meta" $range >/dev/null
same_text "$(number accepted)" 1000 "probes with -n 1000"
scan -p 80 -r 2k -t 0.5 -m "$dir/meta" $range >/dev/null ||
	fail "max-runtime is no failure"
[ "$(number accepted)" -lt 3000 ] || fail "max-runtime does not stop it"
scan -p 80 -r 2k -t 0.5 $range 2>&1 >/dev/null | grep -q \
	'^irl scan: ended by --max-runtime after [0-9]* of 65536 targets; continue' ||
	fail "max-runtime is not told where there is no summary"
# The summary says which limit ended it and how to go on; the metadata, which.
# What the clock leaves out nobody asked for: that is a warning.
ends_by() {
	local limit=$1 begin='ended    '
	[ "$limit" = max-runtime ] && begin='irl scan: ended'
	local line="^$begin by --$1 after $2 of $3 targets; continue with $4$"
	shift 4
	scan -v 4 -e 3 -p 80,443 -m "$dir/meta" "$@" >"$dir/out" 2>"$dir/err"
	same_text $? 0 "exit code of: $*"
	grep -Eq "$line" "$dir/err" || fail "$*: no '$line': $(cat "$dir/err")"
	grep -q "\"ended_by\": \"$limit\"" "$dir/meta" ||
		fail "$*: metadata: $(grep ended_by "$dir/meta")"
}
onwards='the same options and --seed=3 --start='
ends_by max-runtime '[0-9]+' 131072 "${onwards}[0-9]+" -r 10k -t 0.4 $range
ends_by max-results '[0-9]+' 131072 "${onwards}[0-9]+" -r 10k -N 5 $range
ends_by max-targets 1000 131072 "a larger --max-targets, else ${onwards}1000" \
	-n 1000 $range
ends_by max-targets 1000 65536 "a larger --max-targets, else ${onwards}66536" \
	-n 1000 --shards 2 --shard 1 $range
scan -v 4 -p 80 -m "$dir/meta" $range 2>&1 >/dev/null | grep '^ended' &&
	fail "ended by a limit, but there is none"
grep -q '"ended_by": null' "$dir/meta" || fail "metadata: no end"
# In a later pass there is nowhere to go on from.
scan -v 4 -p 80 -n 1000 -r 4k -t 0.4 -P 3 $range 2>&1 >/dev/null | grep -q \
	'^irl scan: ended by --max-runtime in pass 2 of 3, which cannot be' ||
	fail "a limit in the second pass"
# With --resume a limit is a pause: repeated until 0, nothing is missing.
in_parts() {
	local part code
	rm -f "$dir/parts" "$dir/state"
	for part in 1 2 3 4 5 6 7 8 9 last; do
		scan -p 80,443 --resume "$dir/state" -o "$dir/parts" "$@" \
			$range 2>"$dir/err"
		code=$?
		[ $code = 75 ] || break
		grep -q "stopped by a limit; continue with: irl scan --resume" \
			"$dir/err" || fail "a limit: $(cat "$dir/err")"
		[ -s "$dir/state" ] || fail "a limit leaves no resume file"
	done
	same_text "$code" 0 "exit code of the last part: $*"
	[ $part = 1 ] && fail "no parts: $*"
	tail -n +2 "$dir/parts" | sort >"$dir/sorted"
	same "$dir/sorted" "$dir/truth" "parts by a limit are not the whole: $*"
	rm -f "$dir/parts"
}
in_parts -r 150k -t 0.4
in_parts -r 100k -N 200

# Answers that found a full buffer: the scan works, the ledger balances, and it
# is told.  The one that sleeps hears the answers to the other, too.
rm -f "$dir/status"
"$irl" scan -c 0.3 -p 80 --port packet -S 10.0.0.3 -r 1k -t 2 -m "$dir/meta" \
	-u "$dir/status" 10.0.0.0/8 >/dev/null 2>"$dir/err" &
first=$!
begun() { [ "$(wc -l <"$dir/status")" -ge 2 ]; }
wait_for begun || fail "no scan that could lose"
kill -STOP $first
scan -p 80-90 --port packet -S 10.0.0.3 -n 700k -o /dev/null 10.0.0.0/8
kill -CONT $first
wait $first
same_text $? 0 "exit code with lost answers"
[ "$(number lost)" -gt 0 ] || fail "nothing was lost by the one that slept"
grep -q '"balances": true' "$dir/meta" || fail "lost: no ledger"
grep -Eq "^irl scan: $(number lost) frames .* lost.*--rate.*--passes" \
	"$dir/err" || fail "lost, but: $(cat "$dir/err")"

# A reader that goes away ends it quietly, soon, and well.
timeout 20 "$irl" scan -p 80,443 -r 50k -c 60 10.0.0.0/8 2>"$dir/err" |
	head -n 3 >"$dir/out"
same_text "${PIPESTATUS[*]}" "0 0" "exit code with head"
same_text "$(wc -l <"$dir/out")" 3 "lines for head"
[ -s "$dir/err" ] && fail "with head: $(cat "$dir/err")"

# Ctrl-C ends a whole pipeline, maybe the reader first: no quiet end.
mkfifo "$dir/pipe"
"$irl" scan -p 80,443 -r 50k -c 1 10.0.0.0/8 2>"$dir/err" >"$dir/pipe" &
scan=$!
{ read -r line && kill -INT $scan; } <"$dir/pipe"
wait $scan
same_text $? 75 "exit code when interrupted after its reader"
grep -q interrupted "$dir/err" || fail "interrupted, but: $(cat "$dir/err")"

# What a newcomer tries: the answer says what to write instead.
says() {
	local text=$1 code=$2
	shift 2
	scan "$@" >/dev/null 2>"$dir/err"
	same_text $? "$code" "exit code of: $*"
	grep -qF -- "$text" "$dir/err" || fail "$*: $(cat "$dir/err")"
}
echo $range >"$dir/list"
says "$dir/list is a file; to scan what it lists: -w $dir/list" 2 \
	-p 80 "$dir/list"
says "by --allow-special" 2 -p 80 192.168.1.0/24
says "cannot write /dev/full: No space left" 1 -p 80 -u /dev/full $range
# Files that are written at the end are tried at the beginning,
for option in -m --resume; do
	says "cannot write /nope/x" 1 -p 80 $option /nope/x -o "$dir/none" $range
	[ -e "$dir/none" ] && fail "$option: the scan has begun"
done
# and none is written over another.
says "--metadata-file: $dir/f is the file of --output-file, too" 2 \
	-p 80 -o "$dir/f" -m "$dir/f" $range
ln -s list "$dir/link"
says "--output-file: $dir/link is the file of --allowlist-file, too" 2 \
	-p 80 -o "$dir/link" -w "$dir/list"
says "is the file of --blocklist-file, too" 2 \
	-p 80 -u "$dir/list" -b "$dir/list" 10.0.0.0/15
same_text "$(cat "$dir/list")" $range "the list"
scan -p 80 -n 9 -o /dev/null -m /dev/null -u /dev/null $range ||
	fail "/dev/null cannot be shared"
"$irl" scan -p 80 -c 0 -r 5k -s 61000-61009 $range >/dev/null 2>&1 &
first=$!
wait_for sh -c 'ip link show irl0 | grep -q xdp' || fail "no first scan"
says "on irl0 receives ports 61000-61009 of" 1 -p 80 -s 61009-61099 $range
grep -q "port packet" "$dir/err" && fail "no way out: $(cat "$dir/err")"
kill -INT $first
wait $first
same_text $? 75 "exit code of the first scan"

# Sources that no host can have, that another has, or that are the target.
for address in 127.0.0.1 224.0.0.1 255.255.255.255 0.0.0.1 126.255.255.0-127.0.0.9; do
	says "no host can have the address" 2 -p 80 -S $address 10.1.0.0/24
done
gateway=$(ip route show default | sed 's/.*via \([0-9.]*\).*/\1/')
says "$gateway is the address of another host on the link of irl0 (" 2 \
	-p 80 -S "$gateway" 10.1.0.0/24
says "another host" 2 -p 80 -S "$gateway-10.0.0.3" 10.1.0.0/24
says "the only target is --source-ip itself" 2 -p 80 -S 10.1.0.39 10.1.0.39
# Shards that are sent from different addresses are parts of one set.
for shard in 0 1; do
	scan -d -p 80 -e 7 --shards 2 --shard $shard -S 10.1.1.$((shard * 200 + 1)) \
		10.1.0.0/22 2>"$dir/err"
done | sed -n 's/.* -> \([0-9.]*\):80 .*/\1/p' | sort -u >"$dir/sorted"
same_text "$(wc -l <"$dir/sorted")" 1024 "targets of shards from two addresses"

# A full disk: told once, and the file holds whole records.
scan -p 80 -o /dev/full $range 2>"$dir/err"
same_text $? 1 "exit code with /dev/full"
grep -q 'irl scan: cannot write /dev/full.*No space left' "$dir/err" ||
	fail "/dev/full: $(cat "$dir/err")"
mkdir "$dir/small"
unshare -m bash -c '
	mount -t tmpfs -o size=8k none "$1/small" || exit 9
	"$2" scan -c 100ms -p 80-90 -f "*" -o "$1/small/out" "$3" 2>"$1/err"
	echo $? >"$1/code"
	cp "$1/small/out" "$1/out"' - "$dir" "$irl" $range
same_text "$(cat "$dir/code")" 1 "exit code with a full disk"
same_text "$(wc -l <"$dir/err")" 1 "lines about a full disk"
same_text "$(tail -c 1 "$dir/out" | od -An -c | tr -d ' ')" '\n' \
	"end of the file on a full disk"
same_text "$(awk -F, 'NF != 24' "$dir/out" | wc -l)" 0 "broken records"
[ "$(wc -l <"$dir/out")" -gt 10 ] || fail "nothing was kept on a full disk"

# With room again it goes on before the first record that was lost.
unshare -m bash -c '
	mount -t tmpfs -o size=24k none "$1/small" || exit 9
	"$2" scan -c 0.3 -r 30k -p 80,443 -e 3 -f "*" --resume "$1/full" \
		-m "$1/meta" -o "$1/small/out" "$3" 2>"$1/err"
	echo $? >"$1/code"
	cp "$1/full" "$1/state_full"
	mount -o remount,size=4m "$1/small"
	"$2" scan --resume "$1/full" -r 0 || echo "cannot go on"
	cp "$1/small/out" "$1/out"' - "$dir" "$irl" $range
same_text "$(cat "$dir/code")" 1 "exit code with a full disk and --resume"
grep -q "No space left on device; continue with: irl scan --resume" "$dir/err" ||
	fail "a full disk with --resume: $(cat "$dir/err")"
grep -Eq '^start = [1-9]' "$dir/state_full" || fail "a full disk: all is done anew"
grep -q "\"next\": $(sed -n 's/^start = //p' "$dir/state_full")," "$dir/meta.1" ||
	fail "next of a full disk: $(grep next "$dir/meta.1")"
grep -q '"complete": false' "$dir/meta.1" || fail "a full disk, but complete"
awk -F, '$12 == "synack" { print $1 "," $7 }' "$dir/out" | sort -u >"$dir/sorted"
same "$dir/sorted" "$dir/truth" "after a full disk results are missing"

# A reader that goes: quietly, but what is to be resumed can be.
"$irl" scan -c 0.2 -p 80,443 -e 3 -r 20k -m "$dir/meta" $range 2>"$dir/err" |
	head -3 >"$dir/out"
same_text "${PIPESTATUS[0]}" 0 "exit code when the reader goes"
[ -s "$dir/err" ] && fail "the reader goes, and it says $(cat "$dir/err")"
grep -q '"ended_by": "closed-pipe"' "$dir/meta" || fail "metadata: no closed-pipe"
"$irl" scan -c 0.2 -p 80,443 -e 3 -r 20k --resume "$dir/unread" $range \
	2>"$dir/err" | head -3 >"$dir/out"
same_text "${PIPESTATUS[0]}" 75 "exit code when the reader goes, with --resume"
grep -q "reader.*gone.*continue with: irl scan --resume $dir/unread" "$dir/err" ||
	fail "the reader goes, with --resume: $(cat "$dir/err")"
[ -s "$dir/unread" ] || fail "the reader goes: no resume file"

# Records bear the time at which their answers came.
before=$(date +%s)
scan -p 80 -f timestamp_ts --no-header-row 10.1.0.0/22 >"$dir/times"
after=$(date +%s)
awk -v a="$before" -v b="$after" '$1 < a || $1 > b { bad = 1 }
	END { exit bad || !NR }' "$dir/times" ||
	fail "times beyond $before to $after: $(head -3 "$dir/times")"

# Interrupted, twice, and resumed: nothing missing, nothing twice.
state=$dir/state
rm -f "$state"
resumable=(-p 80,443 -e 9 -r 30k --resume "$state" -o "$dir/parts" $range)
parts=0
for end in 1 2; do
	lines=$(cat "$dir/parts" 2>/dev/null | wc -l)
	"$irl" scan -c 100ms "${resumable[@]}" 2>"$dir/err" &
	scan=$!
	more() { [ "$(wc -l <"$dir/parts")" -gt $((lines + 20)) ]; }
	wait_for more || fail "part $end does not begin"
	kill -INT $scan
	wait $scan
	same_text $? 75 "exit code when interrupted"
	grep -q "continue with: irl scan --resume $state" "$dir/err" ||
		fail "interrupted: $(cat "$dir/err")"
	[ -s "$state" ] || fail "no resume file"
done
# The file alone says all; in the end also that nothing is left, and whoever
# repeats a command then, the first one too, loses nothing.
"$irl" scan --resume "$state" || fail "resumed scan fails"
for repeated in "--resume $state" "${resumable[*]}"; do
	# shellcheck disable=SC2086
	says "done already, as $state says" 0 $repeated
done
tail -n +2 "$dir/parts" | sort >"$dir/sorted"
same "$dir/sorted" "$dir/truth" "parts are not the whole"

# Killed: what the file says, written meanwhile, leaves nothing out.
rm -f "$dir/parts" "$state"
"$irl" scan -c 100ms -p 80,443 -r 3k --resume "$state" --resume-every 0.5 \
	-o "$dir/parts" $range 2>/dev/null &
scan=$!
wait_for test -s "$dir/parts"
wait_for grep -Eq '^start = [1-9]' "$state"
kill -KILL $scan
wait $scan 2>/dev/null
grep -Eq '^start = [1-9]' "$state" || fail "no resume file when killed"
"$irl" scan --resume "$state" -r 0 || fail "does not continue when killed"
tail -n +2 "$dir/parts" | sort -u >"$dir/sorted"
same "$dir/sorted" "$dir/truth" "parts of a killed scan are not the whole"

# Other targets than those of the resume file are refused.
rm "$dir/parts" "$state"
"$irl" scan -c 100ms "${resumable[@]}" -r 10k 2>/dev/null &
scan=$!
wait_for test -s "$dir/parts"
kill -INT $scan
wait $scan
"$irl" scan --resume "$state" --exclude 10.1.2.3 2>"$dir/err"
same_text $? 2 "exit code with other targets"
grep -q "resume: $state is of other targets than those given now" "$dir/err" ||
	fail "other targets: $(cat "$dir/err")"

# So is what would begin elsewhere, and a file of another version.
for other in "--seed 5" "--shards 3" "--shards 2 --shard 1" "--start 7"; do
	# shellcheck disable=SC2086
	says "${other%% *}" 2 --resume "$state" $other
	grep -q "is not that of $state, " "$dir/err" ||
		fail "$other: $(cat "$dir/err")"
done
sed 's/version [0-9]*/version 0/' "$state" >"$dir/old"
says "no resume file of this version" 2 --resume "$dir/old"
scan --resume "$state" --seed 9 -d >/dev/null ||
	fail "the same seed is refused"

# A resume file is good from any directory; a resumed part adds to the status
# file and keeps the metadata of the part before.
mkdir "$dir/there"
echo $range >"$dir/there/list"
(cd "$dir/there" && "$irl" scan -c 100ms -p 80,443 -w list -N 100 -r 100k \
	--resume state -o out -m meta -u status) 2>/dev/null
same_text $? 75 "exit code of a part in another directory"
cp "$dir/there/meta" "$dir/meta.first"
lines=$(wc -l <"$dir/there/status")
(cd / && "$irl" scan --resume "$dir/there/state" -N 0) ||
	fail "does not continue from another directory"
tail -n +2 "$dir/there/out" | sort >"$dir/sorted"
same "$dir/sorted" "$dir/truth" "parts in two directories"
same "$dir/there/meta.1" "$dir/meta.first" "metadata of the first part"
grep -q '"exit_code": 0' "$dir/there/meta" || fail "metadata of the last part"
[ "$(wc -l <"$dir/there/status")" -gt "$lines" ] || fail "status starts anew"
same_text "$(grep -c '^timestamp' "$dir/there/status")" 1 "headers of the status"

# Interrupted by timeout, which signals its child and then the whole group: one
# wish, not two.
rm -f "$dir/out"
timeout -s INT --preserve-status 1 "$irl" scan -p 80 -r 10k -c 0.2 -e 4 \
	--resume "$dir/twice" -o "$dir/out" $range 2>"$dir/err"
same_text $? 75 "exit code when signalled twice at once: $(cat "$dir/err")"
[ -s "$dir/twice" ] || fail "no resume file when signalled twice at once"

# Without --resume it tells what to add; an interrupt while it waits for late
# answers quits at once.
rm "$dir/out"
"$irl" scan -p 80 -r 10k -c 60 -e 4 -o "$dir/out" $range 2>"$dir/err" &
scan=$!
wait_for test -s "$dir/out"
kill -TERM $scan
wait_for grep -q "interrupted: waits 60 s for late answers" "$dir/err" ||
	fail "the first signal is not handled: $(cat "$dir/err")"
interrupted_again() {
	kill -INT $scan
	! kill -0 $scan
}
wait_for interrupted_again || fail "waits on when interrupted again"
wait $scan
same_text $? 130 "exit code when interrupted twice"
more=$(sed -n 's/.*same options and \(--seed=4 --start=[0-9]*\)$/\1/p' "$dir/err")
[ "$more" ] || fail "interrupted twice, nothing to continue with: $(cat "$dir/err")"
scan -p 80 -o "$dir/out" $more $range || fail "does not continue by '$more'"
truth -p 80 $range | cut -d, -f1 >"$dir/truth_80"
sort -u "$dir/out" | grep -v saddr >"$dir/sorted"
same "$dir/sorted" "$dir/truth_80" "interrupted twice: halves are not the whole"
rm "$dir/out"
"$irl" scan -p 80 -r 10k -c 60 -e 4 --resume "$dir/again" -o "$dir/out" $range \
	2>"$dir/err" &
scan=$!
wait_for test -s "$dir/out"
kill -TERM $scan
wait_for grep -q "waits 60 s" "$dir/err"
wait_for interrupted_again
wait $scan
same_text $? 130 "exit code when interrupted twice, with --resume"
"$irl" scan --resume "$dir/again" -c 0.2 -r 0 ||
	fail "interrupted twice it cannot be resumed"
sort -u "$dir/out" | grep -v saddr >"$dir/sorted"
same "$dir/sorted" "$dir/truth_80" "interrupted twice: parts are not the whole"
rm "$dir/out"
"$irl" scan -p 80 -r 10k -c 0.2 -e 4 -o "$dir/out" $range 2>"$dir/err" &
scan=$!
wait_for test -s "$dir/out"
kill -INT $scan
wait $scan
same_text $? 75 "exit code when interrupted without --resume"
more=$(sed -n 's/.*same options and \(--seed=4 --start=[0-9]*\)$/\1/p' "$dir/err" | tail -n 1)
scan -p 80 -o "$dir/out" $more $range || fail "does not continue by '$more'"
sort "$dir/out" >"$dir/sorted"
same "$dir/sorted" "$dir/truth_80" "halves are not the whole"

# Interrupted in a later pass it has not done what was asked.
"$irl" scan -p 80 -n 5000 -r 5k -P 2 -c 0.1 -e 4 -u "$dir/status" $range \
	>/dev/null 2>"$dir/err" &
scan=$!
wait_for awk -F, '$5 == 2 { found = 1 } END { exit !found }' "$dir/status" ||
	fail "no second pass"
kill -INT $scan
wait $scan
same_text $? 75 "exit code when interrupted in the second pass"
grep -q "in pass 2, which cannot be resumed" "$dir/err" ||
	fail "in the second pass: $(cat "$dir/err")"

# The interface goes in mid-scan: an error, and the place to go on from.
rm -f "$dir/out"
"$irl" world run -- bash -c '
	"$1" scan -p 80 -r 10k -c 0.1 --resume "$2/gone" -o "$2/out" "$3" \
		2>"$2/err" &
	scan=$!
	end=$((SECONDS + 10))
	until [ -s "$2/out" ] || [ $SECONDS -ge $end ]; do sleep 0.02; done
	ip link del irl0
	wait $scan
	echo $? >"$2/code"' - "$irl" "$dir" $range 2>/dev/null
same_text "$(cat "$dir/code")" 1 "exit code when the interface goes"
grep -q "irl0 has gone.*continue with: irl scan --resume $dir/gone" \
	"$dir/err" || fail "interface gone: $(cat "$dir/err")"
grep -Eq '^start = [1-9]' "$dir/gone" || fail "interface gone: no position"

# The link goes down: the scan waits and says so; stopped meanwhile it can be
# resumed; when the link is back it goes on, and nothing is missing.
rm -f "$dir/out"
"$irl" world run -- bash -c '
	until_said() {
		end=$((SECONDS + 10))
		until grep -q "$1" "$2/err" || [ $SECONDS -ge $end ]; do
			sleep 0.02
		done
	}
	up() {
		ip link set irl0 up && ip route add default via 10.0.0.2
		# Linux 6.1 tells of the carrier up to a second later.
		end=$((SECONDS + 10))
		until [ "$(cat /sys/class/net/irl0/carrier)" = 1 ] ||
			[ $SECONDS -ge $end ]; do sleep 0.02; done
	}
	"$1" scan -p 80 -r 20k -c 0.1 --resume "$2/down" -m "$2/meta" \
		-o "$2/out" "$3" 2>"$2/err" &
	scan=$!
	end=$((SECONDS + 10))
	until [ -s "$2/out" ] || [ $SECONDS -ge $end ]; do sleep 0.02; done
	ip link set irl0 down
	until_said "link is down" "$2"
	kill -INT $scan
	wait $scan
	echo $? >"$2/code"
	up
	"$1" scan --resume "$2/down" 2>"$2/err" &
	scan=$!
	sleep 0.5
	ip link set irl0 down
	until_said "link is down" "$2"
	up
	wait $scan
	echo $? >>"$2/code"' - "$irl" "$dir" $range 2>/dev/null
same_text "$(tr '\n' ' ' <"$dir/code")" "75 0 " "exit codes with the link down"
grep -q "link is back" "$dir/err" || fail "link back: $(cat "$dir/err")"
same_text "$(number unsent)" 0 "targets unsent when the link was back"
grep -q '"complete": true' "$dir/meta" || fail "link back: not complete"
grep -q '^# \([0-9]*\) of \1 targets' "$dir/down" ||
	fail "link back: the resume file does not say that all is done"

# What is amiss is told in one line, with its mend.
mistake() {
	local code=$1 pattern=$2
	shift 2
	"$@" >"$dir/out" 2>"$dir/err"
	same_text $? "$code" "exit code of: $*"
	grep -Eq "$pattern" "$dir/err" || fail "$*: $(cat "$dir/err")"
	same_text "$(cat "$dir/out" "$dir/err" | wc -l)" 1 "lines from: $*"
}
mistake 1 "nosuch0" "$irl" scan -p 80 -i nosuch0 $range
mistake 1 "cap_" setpriv --bounding-set=-all --inh-caps=-all \
	"$irl" scan -p 80 $range
ip route del default
mistake 1 "route" "$irl" scan -p 80 $range
ip route add default via 10.0.0.2 dev irl0
ip link show irl0 | grep -q xdp && fail "an XDP program is left behind"

[ $failures -eq 0 ] || { echo "$failures failed"; exit 1; }
