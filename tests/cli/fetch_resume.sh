#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# irl fetch --resume in worlds of its own: however a fetch ends, and however
# often, a last complete part makes the truth whole: each target once, after
# kill -9 at least once.  Needs root and python3; exit 77 otherwise.
set -u
irl=$(realpath "$1")
. "$(dirname "$0")/fetch_worlds.bash"
all=$(mktemp -d)
trap 'rm -rf "$all"' EXIT

# TRUTH RECORDS ONCE [NAMES]: each target of the truth has its final record, one
# where ONCE is 1; no other has one.
cat >"$all/whole" <<'END2'
import collections, csv, json, sys
truth = {(r["saddr"], int(r["sport"])) for r in csv.DictReader(open(sys.argv[1]))}
once = sys.argv[3] == "1"
names = collections.defaultdict(set)
for line in open(sys.argv[4]) if len(sys.argv) > 4 else []:
    ip, domain, tag, port = line.rstrip("\n").split(",")
    names[ip, int(port)].add((domain, tag))
want = {t + n for t in truth for n in names.get(t, set() if names else {("", "")})}
seen = collections.Counter()
for line in open(sys.argv[2]):
    r = json.loads(line)
    talk = list(r["data"].values())[0]
    if talk.get("error") == "stopped":
        sys.exit("a record of one that was cut off: " + r["ip"])
    seen[r["ip"], r["port"], r.get("domain", ""), r.get("tag", "")] += 1
lost, alien = want - set(seen), set(seen) - want
twice = [t for t in seen if seen[t] > 1]
if lost or alien or (once and twice):
    sys.exit("%d lost %s, %d alien %s, %d twice %s" % (len(lost), list(lost)[:2],
        len(alien), list(alien)[:2], len(twice), twice[:2]))
if not once:
    print(len(twice), "of", len(seen), "twice")
END2
# Of one scenario, which has a directory and a world of its own.
fail() {
	echo "$scenario: $*"
	failures=$((failures + 1))
}
# ONCE [NAMES]
whole() {
	python3 "$all/whole" "$dir/truth" "$dir/out" "$@" >"$dir/said" 2>&1 ||
		fail "$(cat "$dir/said")"
}
model=(--serve all --mute 0.2 --alive 0.05)
range=10.1.0.0/20
talk=(-v 1 -q --idle 3 --connect-timeout 0.3 --syn-retries 0)
probing=(--scan --cooldown 0.5)
truth() {
	"$irl" world truth "${model[@]}" -p "$1" --fetch $range >"$dir/truth"
	[ "$(wc -l <"$dir/truth")" -gt 50 ] || fail "the world is empty"
}
# COMMAND... in the world of the scenario.
in_world() { "$irl" world run "${model[@]}" -- "$@"; }
# One part; its exit code is in $code.
part() {
	in_world "$irl" fetch --resume "$dir/state" "${talk[@]}" "$@" 2>"$dir/err"
	code=$?
}
# All that is left.
finish() {
	part "$@"
	[ $code = 0 ] || fail "the last part: exit code $code: $(cat "$dir/err")"
	[ ! -e "$dir/state.new" ] || fail "a draft is left"
	part "$@"
	[ $code = 0 ] && grep -q "is done already" "$dir/err" ||
		fail "done, and then: exit code $code: $(cat "$dir/err")"
}
goes_on() { grep -q "$1; continue with: irl fetch --resume $dir/state" "$dir/err"; }

# ---- scenarios

# Parts that are shorter than what they wait for get on all the same.
clock() {
	for n in {1..20}; do
		part -o "$dir/out" -t 0.8 "$@"
		[ $code = 75 ] || break
		goes_on "ended by --max-runtime.*" || fail "$(cat "$dir/err")"
	done
	[ -z "${times-}" ] || echo "$scenario: $n parts"
	[ $code = 0 ] && [ $n -gt 1 ] ||
		fail "exit code $code in part $n: $(cat "$dir/err")"
}
set_by_clock() { truth 80; clock -r 3k $range; whole 1; }
probed_by_clock() {
	truth 80,8080
	clock "${probing[@]}" -p 80,8080 --scan-rate 4k -T 2 --shards 2 --shard 0 --seed 5 $range
	rm "$dir/state"
	clock "${probing[@]}" -p 80,8080 --scan-rate 4k --shards 2 --shard 1 --seed 5 $range \
		-o "$dir/more"
	cat "$dir/more" >>"$dir/out"
	whole 1
}
# Names of one address, duplicates, another port, a line that is no target.
list_of() {
	truth 80
	sed 1d "$dir/truth" | shuf --random-source="$irl" | awk -F, '{
		print $1 ",a.test,tag" NR ",80"
		print $1 ",b.test,tag" NR ",80"
	}' >"$dir/names"
	cat "$dir/names" "$dir/names" >"$dir/list"
}
list_by_clock() {
	list_of
	clock -r 120 -T 2 -f "$dir/list"
	whole 1 "$dir/names"
	echo 10.1.0.1 >"$dir/list"
	rm "$dir/out"
	part -o "$dir/out"
	[ $code = 2 ] && grep -q "are not those that $dir/.* is of; give" "$dir/err" ||
		fail "another list: exit code $code: $(cat "$dir/err")"
}
# A part that ends while it reads again what one before it has read leaves the
# file as it was.
list_reread() {
	list_of
	{
		yes 10.1.0.1 | head -n 2000000
		cat "$dir/names"
	} >"$dir/list"
	part -o "$dir/out" -t 10 -r 10 -T 1 -f "$dir/list"
	[ $code = 75 ] || fail "exit code $code: $(cat "$dir/err")"
	grep -v ^max-runtime "$dir/state" >"$dir/state.first"
	part -t 0.1
	[ $code = 75 ] || fail "exit code $code: $(cat "$dir/err")"
	grep -v ^max-runtime "$dir/state" | diff "$dir/state.first" - >&2 ||
		fail "the file is another"
	part -t 0 -r 0
	[ $code = 0 ] || fail "the last part: exit code $code: $(cat "$dir/err")"
	# 10.1.0.1 is no name.
	whole 1 "$dir/names"
}
probed_list_by_clock() {
	list_of
	clock "${probing[@]}" --scan-rate 150 -f "$dir/list"
	whole 1 "$dir/names"
}
# SIGNAL once it has written where it stands; AGAIN half a second after it was
# heard to be told so, in which a busy machine gives it no time to end.
signalled() {
	in_world bash -c '"${@:5}" & fetch=$!
		is_there() { until "$@"; do kill -0 $fetch && sleep 0.05 || exit 9; done; }
		is_there [ -s "$3" ]
		sleep 0.5
		kill -$1 $fetch
		if [ "$2" ]; then
			is_there grep -q "gives open connections" "$4"
			kill -STOP $fetch && sleep 0.6
			kill -$2 $fetch
			kill -CONT $fetch
		fi
		wait $fetch' - "$1" "$2" "$dir/state" "$dir/err" "$irl" fetch \
		--resume "$dir/state" --resume-every 0.1 "${talk[@]}" \
		-o "$dir/out" "${@:3}" 2>"$dir/err"
	code=$?
}
interrupted() {
	truth 80
	for n in 1 2; do
		signalled INT "" -m "$dir/meta" -r 1k $range
		[ $code = 75 ] && goes_on interrupted ||
			fail "exit code $code: $(cat "$dir/err")"
		[ $n = 2 ] || cp "$dir/meta" "$dir/meta.first"
	done
	finish -o "$dir/out" -r 0
	whole 1
	cmp -s "$dir/meta.1" "$dir/meta.first" ||
		fail "the metadata of the first part are not kept"
	grep -q '"exit_code": 0' "$dir/meta" || fail "metadata of the last part"
}
# At most the records of --resume-every are there twice.
killed() {
	truth 80
	signalled "$1" "$2" -r 1k $range
	# Beside much load it may have ended before it could be held.
	[ $code != 75 ] || signalled "$1" "$2" -r 1k $range
	[ $code = "$3" ] || fail "exit code $code: $(cat "$dir/err")"
	grep -q ^start "$dir/state" || fail "no resume file"
	finish -o "$dir/out" -r 0
	whole 0
}
at_once() { killed KILL "" 137; }
twice() { killed INT INT 130; }
probed_at_once() {
	truth 80
	signalled KILL "" "${probing[@]}" --scan-rate 1k -T 2 $range
	grep -q ^start "$dir/state" || fail "no resume file"
	finish -o "$dir/out"
	whole 0
}
# The second run with the file is refused, and touches nothing.
locked() {
	truth 80
	in_world bash -c '"$@" & fetch=$!
		until [ -s "$0/state" ] && [ -s "$0/out" ]; do
			kill -0 $fetch && sleep 0.05 || exit 9
		done
		"$@" -o "$0/other" 2>"$0/err2"
		echo $? >"$0/code"
		kill -KILL $fetch
		wait $fetch' "$dir" "$irl" fetch --resume "$dir/state" \
		--resume-every 0.1 "${talk[@]}" -o "$dir/out" -r 1k $range \
		2>"$dir/err"
	[ "$(cat "$dir/code")" = 1 ] &&
		grep -q "another irl fetch is at work with $dir/state" "$dir/err2" ||
		fail "exit code $(cat "$dir/code"): $(cat "$dir/err2")"
	[ ! -e "$dir/other" ] || fail "it has begun"
	finish -o "$dir/out" -r 0
	whole 0
	[ ! -e "$dir/state.irl-lock" ] || fail "a lock is left"
}
full() {
	truth 80
	mkdir "$dir/small"
	export dir irl
	in_world unshare -m bash -c '
		mount -t tmpfs -o size=200k none "$dir/small" || exit 9
		"$irl" fetch "$@" 2>"$dir/err"
		echo $? >"$dir/code"
		mount -o remount,size=100m "$dir/small"
		"$irl" fetch "$@" 2>"$dir/err2" || echo "cannot go on"
		cp "$dir/small/out" "$dir/out"' - --resume "$dir/state" "${talk[@]}" \
		-o "$dir/small/out" -r 1500 $range
	[ "$(cat "$dir/code")" = 1 ] && goes_on "No space left on device.*" ||
		fail "exit code $(cat "$dir/code"): $(cat "$dir/err")"
	whole 1
}
# What a reader has not read when it goes comes again.
closed() {
	truth 80
	in_world bash -c '"$@" | head -n 40 >'"$dir/head"'
		exit ${PIPESTATUS[0]}' - "$irl" fetch --resume "$dir/state" \
		"${talk[@]}" -r 1500 $range 2>"$dir/err"
	code=$?
	[ $code = 75 ] && goes_on "the reader of the results has gone.*" ||
		fail "exit code $code: $(cat "$dir/err")"
	part -r 0 >"$dir/rest"
	[ $code = 0 ] || fail "the last part: exit code $code: $(cat "$dir/err")"
	cat "$dir/head" "$dir/rest" >"$dir/out"
	whole 0
}
# Likewise of a pipe with a name, however much that holds.
cat >"$all/leave" <<'END2'
import fcntl, os, sys, time
pipe = os.open(sys.argv[1], os.O_RDONLY)
fcntl.fcntl(pipe, 1031, 1 << 20) # F_SETPIPE_SZ
read = b""
while read.count(b"\n") < 5:
    read += os.read(pipe, 512)
open(sys.argv[2], "wb").write(read[:read.rindex(b"\n") + 1])
time.sleep(3)
END2
closed_named() {
	truth 80
	mkfifo "$dir/pipe"
	in_world bash -c 'python3 "$0/../leave" "$0/pipe" "$0/head" & "$@"' \
		"$dir" "$irl" fetch --resume "$dir/state" "${talk[@]}" -r 1k \
		-o "$dir/pipe" $range 2>"$dir/err"
	code=$?
	[ $code = 75 ] && goes_on "the reader of the results has gone.*" ||
		fail "exit code $code: $(cat "$dir/err")"
	finish -o "$dir/rest" -r 0
	cat "$dir/head" "$dir/rest" >"$dir/out"
	whole 0
}

run() {
	scenario=$1 dir=$all/$1 failures=0
	mkdir "$dir"
	$1
	[ -z "${times-}" ] || echo "$1: $SECONDS s"
	exit $failures
}
scenarios=${2:-set_by_clock probed_by_clock list_by_clock list_reread
	probed_list_by_clock interrupted at_once twice probed_at_once locked
	full closed closed_named}
failures=0
for scenario in $scenarios; do
	{ run $scenario; } &
done
for pid in $(jobs -p); do
	wait $pid || failures=$((failures + 1))
done
[ $failures -eq 0 ] || exit 1
