#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# irl fetch in worlds of its own: what it finds is the truth, target by target
# and byte by byte.  Needs root and python3; exit 77 otherwise.
set -u
irl=$(realpath "$1")
. "$(dirname "$0")/fetch_worlds.bash"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
fail() {
	echo "$*"
	failures=$((failures + 1))
}

cat >"$dir/compare" <<'END'
import csv, calendar, json, sys, time

def fnv(data):
    h = 0xcbf29ce484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return h

truth = {}
for row in csv.DictReader(open(sys.argv[1])):
    truth[row["saddr"], int(row["sport"])] = row
bad = 0
def complain(key, what):
    global bad
    bad += 1
    if bad <= 5:
        print(key, what)

# zgrab2's names (zgrab2_schemas/zgrab2, lib/http/response.go), and ours.
names = {
    "record": "ip domain data error / port tag tcp",
    "service": "status protocol port result timestamp error",
    "result": "response / banner length",
    "response": "status_line status_code protocol headers body body_sha256 "
        "content_length transfer_encoding trailers / body_length body_total "
        "body_received body_end body_truncated headers_truncated body_coded "
        "interim_responses bad_header_lines",
}
def named(key, what, members):
    other = set(members) - set(names[what].split())
    if other:
        complain(key, (what, "has", other))

redirects = 0
timed_out = [0]
for line in open(sys.argv[2]):
    r = json.loads(line)
    key = r["ip"], r["port"]
    named(key, "record", r)
    named(key, "service", r["data"]["http"])
    named(key, "result", r["data"]["http"].get("result", {}))
    t = truth.pop(key, None)
    if t is None:
        complain(key, "is not open, or told twice")
        continue
    http, tcp = r["data"]["http"], r["tcp"]
    state = ("service" if t["spoke"] == "1" else
             "acked" if t["acknowledged"] == "1" else "synack")
    # A banner is there before we have said anything.
    if tcp["state"] != state:
        complain(key, (tcp["state"], "is not", state))
    if t["service"] == "banner" and http["status"] == "success":
        complain(key, "a banner is no page")
    if t["service"] not in ("http", "banner"):
        if http["status"] != "io-timeout":
            complain(key, http["status"])
        timed_out.append(calendar.timegm(
            time.strptime(http["timestamp"], "%Y-%m-%dT%H:%M:%SZ")))
    if t["service"] != "http":
        continue
    answer = http.get("result", {}).get("response", {})
    named(key, "response", answer)
    redirects += answer.get("status_code") == 301
    body = answer.get("body", "").encode("latin-1", "replace")
    if http["status"] != "success":
        complain(key, (http["status"], http.get("error")))
    elif answer["status_code"] != int(t["status"]):
        complain(key, (answer["status_code"], "is not", t["status"]))
    elif answer["body_total" if "body_total" in answer else "body_length"] != int(t["body_length"]):
        complain(key, ("length", answer.get("body_length"), t["body_length"]))
    elif len(body) == int(t["body_length"]) and \
            fnv(body) != int(t["body_fnv1a64"], 16):
        complain(key, "the body's bytes")
for key in truth:
    complain(key, "was not found")
meta = json.load(open(sys.argv[3]))
if meta["counts"]["redirects"] != redirects:
    complain("redirects", (meta["counts"]["redirects"], "of", redirects))
# The time is that of the beginning, two seconds of silence before the end.
if max(timed_out) > int(sys.argv[4]) - 2:
    complain("timestamp", (max(timed_out), "ended by", sys.argv[4]))
sys.exit(bad != 0)
END

# world MODEL... -- FETCH...: one fetch in one world, against the truth.
try() {
	local model=()
	while [ "$1" != -- ]; do
		model+=("$1")
		shift
	done
	shift
	"$irl" world truth "${model[@]}" -p 80 --fetch 10.1.0.0/17 >"$dir/truth"
	[ "$(wc -l <"$dir/truth")" -gt 100 ] || fail "the world is empty"
	"$irl" world run "${model[@]}" -- "$irl" fetch -p 80 --idle 2 \
		--max-body 2M -o "$dir/out" -m "$dir/meta" "$@" 10.1.0.0/17 ||
		fail "exit code $?: ${model[*]} -- $*"
	python3 "$dir/compare" "$dir/truth" "$dir/out" "$dir/meta" \
		"$(date +%s)" || fail "not the truth: ${model[*]} -- $*"
	grep -q '"balances": true' "$dir/meta" || fail "no ledger: $*"
}

probe="--scan --scan-rate 100k --cooldown 0.5"
try --serve short -- $probe
try --serve all -- $probe --residence user
try --serve all -- $probe --request-after
try --serve all -- $probe -T 2
try --serve all --middlebox 0.4 -- $probe --sha256
try --serve all --banner 0.2 --mute 0.1 --deaf 0.2 -- -r 0 -c 50000
# A way of 5 to 80 ms with copies and wrong order.
try --serve user --rtt-min 5ms --rtt-max 80ms --duplicate 0.05 \
	--reorder 0.05 -- $probe

# Ended by the clock or interrupted, and gone on with where it says: all that is
# open has a record that tells its end.
parts() {
	local how=$1 say=$2 code=$3 onward
	"$irl" world truth -p 80 10.1.0.0/16 | sed 1d | cut -d, -f1 |
		sort -u >"$dir/truth"
	rm -f "$dir/out"
	"$irl" world run -- bash -c "$how '$irl' fetch --scan -p 80 -v 1 -q \
		--scan-rate 15k --cooldown 1 --idle 2 -o '$dir/out' \
		-m '$dir/meta' $4 10.1.0.0/16" 2>"$dir/err"
	grep -q "\"exit_code\": $code" "$dir/meta" || fail "exit code: $how $4"
	onward=$(sed -n "s/^irl fetch: $say; continue with the same options and \
\(--seed=[0-9]* --start=[0-9]*\)$/\1/p" "$dir/err")
	[ -n "$onward" ] || fail "does not say how to go on: $(cat "$dir/err")"
	"$irl" world run -- "$irl" fetch --scan -p 80 --scan-rate 50k \
		--cooldown 1 --idle 2 -o "$dir/out" $onward 10.1.0.0/16 ||
		fail "the rest: exit code $?"
	grep -v '"error":"stopped"' "$dir/out" |
		sed 's/^{"ip":"\([^"]*\).*/\1/' | sort -u |
		cmp -s - "$dir/truth" || fail "a hole after: $how $4"
}
parts "" "ended by --max-runtime after [0-9]* of 65536 targets" 0 "-t 1"
grep -q '"ended_by": "max-runtime"' "$dir/meta" || fail "the limit in metadata"
parts "timeout -s INT 1" interrupted 75 ""

# With --resume the same command goes on, until all is done; then it changes
# nothing any more.
resumed() {
	"$irl" world run -- $1 "$irl" fetch --scan -p 80 -v 1 -q \
		--scan-rate 20k --cooldown 1 --idle 1 --resume "$dir/state" \
		-o "$dir/out" --pcap "$dir/pcap" "${@:2}" 2>"$dir/err"
	code=$?
}
rm -f "$dir/out"
for part in 1 2 3 4 5 6 7 8 9; do
	case $part in
	1) resumed "timeout -s INT --preserve-status 2" -t 4 10.1.0.0/16 ;;
	2) resumed "" -t 0.5 10.1.0.0/16 ;;
	*) resumed "" -t 9 ;;
	esac
	[ $code = 75 ] || break
	grep -q "continue with: irl fetch --resume $dir/state" "$dir/err" ||
		fail "part $part: $(cat "$dir/err")"
done
[ $part -gt 2 ] && [ $code = 0 ] ||
	fail "part $part: exit code $code: $(cat "$dir/err")"
sed 's/^{"ip":"\([^"]*\).*/\1/' "$dir/out" | sort |
	cmp -s - "$dir/truth" || fail "a hole, or two records, with --resume"
sum=$(cat "$dir/out" "$dir/pcap" | cksum)
resumed "" -t 4 10.1.0.0/16
[ $code = 0 ] && grep -q "done already, as $dir/state says" "$dir/err" ||
	fail "repeated: exit code $code: $(cat "$dir/err")"
[ "$sum" = "$(cat "$dir/out" "$dir/pcap" | cksum)" ] ||
	fail "repeated, it overwrites the output"
resumed "" --exclude 10.1.2.3
[ $code = 2 ] || fail "other targets: exit code $code"
echo 10.1.0.1 | "$irl" fetch --resume "$dir/new" 2>"$dir/err"
[ $? = 2 ] && grep -q -- "--resume reads the list again" "$dir/err" ||
	fail "a list by pipe with --resume: $(cat "$dir/err")"
sed 's/irl fetch/irl scan/' "$dir/state" >"$dir/other"
"$irl" fetch --resume "$dir/other" 2>"$dir/err"
[ $? = 2 ] && grep -q "no resume file of this version of irl fetch" "$dir/err" ||
	fail "a scan's file: $(cat "$dir/err")"

# A limit that ends it, and a rate that was missed, are told in the summary.
"$irl" world run -- "$irl" fetch --scan -p 80 -v 4 --scan-rate 1000M -n 60k \
	-T 1 --cooldown 0.2 --idle 0.5 -e 7 -m "$dir/meta" -o "$dir/out" \
	10.1.0.0/16 2>"$dir/err" || fail "a limit: exit code $?"
grep -q '^ended     by --max-targets after 60000 of 65536 targets; continue with a larger --max-targets, else the same options and --seed=7 --start=60000$' \
	"$dir/err" || fail "--max-targets is not told: $(cat "$dir/err")"
grep -q '"ended_by": "max-targets"' "$dir/meta" || fail "metadata: no limit"
grep -q '"targets": 60000,' "$dir/meta" ||
	fail "metadata: $(grep '"targets"' "$dir/meta")"

# A list says which records tell that it is done with.
printf '10.1.%d.0\n' {0..255} >"$dir/list"
"$irl" world run -- bash -c "timeout -s INT 1 '$irl' fetch -f '$dir/list' -r 50 \
	-o '$dir/out'" 2>"$dir/err"
grep -q 'interrupted; done are those .* whose error is not "stopped"$' \
	"$dir/err" || fail "a list interrupted: $(cat "$dir/err")"

# A list whose columns name no port may be that of a scan of another.
for list in 'saddr\n10.1.0.0' 'saddr,sport\n10.1.0.0,80' '10.1.0.0'; do
	printf "$list\n" | "$irl" world run -- "$irl" fetch -q >/dev/null \
		2>"$dir/err" || fail "$list: exit code $?"
	grep -q 'no column sport or port: port 80 is taken' "$dir/err" &&
		told=yes || told=no
	[ "$list" = 'saddr\n10.1.0.0' ] && expected=yes || expected=no
	[ $told = $expected ] || fail "$list: $(cat "$dir/err")"
done

# A scan by pipe, both on one interface.
"$irl" world truth --serve all -p 80 --fetch 10.1.0.0/17 >"$dir/truth"
"$irl" world run --serve all -- bash -c "'$irl' scan -p 80 -r 20k -c 0.5 \
	-f saddr,sport 10.1.0.0/17 | '$irl' fetch --idle 2 --max-body 2M \
	-o '$dir/out' -m '$dir/meta'" || fail "scan | fetch: exit code $?"
python3 "$dir/compare" "$dir/truth" "$dir/out" "$dir/meta" "$(date +%s)" ||
	fail "scan | fetch"

[ $failures -eq 0 ] || exit 1
