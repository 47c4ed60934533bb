#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# coexist.sh IRL: a scan beside its host and beside other scans, in a world:
# no reset by the kernel; however a scan ends, nothing of it stays.
set -u
irl=$(realpath "$1")
[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 77; }
name=irl-t-$$
work=$(mktemp -d)
. "$(dirname "$0")/lib.bash"
pids=

clean() {
	local pid
	for pid in $pids; do
		kill -9 "$pid" 2>/dev/null
	done
	"$irl" world down -n "$name" 2>/dev/null
	rm -rf "$work"
}
trap clean EXIT
inside() { ip netns exec "$name" env IRL_WORLD=10.0.0.0/8 "$@"; }
# Frames that the world's end of the link has had.
arrived() {
	ip netns exec "$name-world" cat /sys/class/net/world0/statistics/rx_packets
}
count() {
	"$irl" world status -n "$name" | grep -o "\"$1\": [0-9]*" | cut -d' ' -f2
}
attached() { ip -n "$name" link show "${1:-irl0}" | grep -q 'prog/xdp'; }

"$irl" world up -n "$name" --seed 5 --alive 0.05 2>"$work/err" || {
	echo "skipped: no world can be made here: $(cat "$work/err")"
	exit 77
}
inside "$irl" scan -c 0 -p 80 --port live -o /dev/null 10.1.0.0/24 \
	2>"$work/err" || {
	echo "skipped: no live port here: $(cat "$work/err")"
	exit 77
}
range=10.1.0.0/16
"$irl" world truth --seed 5 --alive 0.05 -p 80,443 $range | tail -n +2 |
	cut -d, -f1,2 | sort >"$work/truth"
[ "$(wc -l <"$work/truth")" -gt 500 ] || fail "too little is open"

# whole WHAT: a scan at once finds the truth.
whole() {
	inside "$irl" scan -c 0.1 -p 80,443 --port live --no-header-row \
		-o "$work/out" $range 2>"$work/err" ||
		fail "$1: scan: $(cat "$work/err")"
	sort "$work/out" | cmp -s - "$work/truth" ||
		fail "$1: results are not the truth"
}

# ---- no reset -------------------------------------------------------------------

# What the kernel itself sends or is given passes the capture; XDP's does not.
resets=$(count received_rst)
ip netns exec "$name" tcpdump -n -U -i irl0 -w "$work/pcap" 2>"$work/tcpdump" &
capture=$!
pids=$capture
until_true grep -q listening "$work/tcpdump" || fail "no capture"
whole "under capture"
# One frame of the kernel's own, as proof that the capture sees such.
inside bash -c ': </dev/tcp/10.0.0.2/9' 2>/dev/null
heard() {
	tcpdump -nr "$work/pcap" 'tcp port 9' 2>/dev/null >"$work/heard"
	[ "$(wc -l <"$work/heard")" -ge 2 ]
}
until_true heard || fail "the capture sees nothing"
kill "$capture"
wait "$capture" 2>/dev/null
tcpdump -nr "$work/pcap" 'not arp and not port 9' 2>/dev/null >"$work/seen"
[ -s "$work/seen" ] && fail "the kernel took part: $(head -3 "$work/seen")"
[ "$(count received_rst)" = "$resets" ] || fail "the world was reset"
[ "$(count sent_synack)" -ge "$(wc -l <"$work/truth")" ] || fail "no SYN-ACKs"
if command -v nft >/dev/null; then
	[ -z "$(inside nft list ruleset 2>/dev/null)" ] || fail "nft rules"
fi

# ---- however it ends -------------------------------------------------------------

# What a process holds of BPF: "prog 12", "map 13", "link 14".
holds() {
	cat /proc/"$1"/fdinfo/* 2>/dev/null |
		sed -n 's/^\(prog\|map\|link\)_id:[[:space:]]*/\1 /p' | sort -u
}
gone() {
	local kind id
	while read -r kind id; do
		bpftool "$kind" show id "$id" >/dev/null 2>&1 && return 1
	done <"$work/holds"
	return 0
}
flying() { [ "$(arrived)" -ge $((begun + 200000)) ]; }
# in_flight OPTIONS...: a scan that will not end by itself; $scan is its pid.
in_flight() {
	begun=$(arrived)
	ip netns exec "$name" env IRL_WORLD=10.0.0.0/8 "$irl" scan -p 1-60000 \
		--port live -c 0.2 -o "$work/found" "$@" 2>"$work/err_scan" &
	scan=$!
	pids=$scan
	until_true flying || fail "no scan: $(cat "$work/err_scan")"
	attached || fail "nothing attached in full flight"
	holds "$scan" >"$work/holds"
	grep -q link "$work/holds" || fail "no link is held: $(cat "$work/holds")"
}
# nothing_stays WHAT
nothing_stays() {
	local before
	before=$(arrived)
	attached && fail "$1: a program is still attached"
	whole "$1: the next scan"
	until_true gone || fail "$1: still loaded: $(cat "$work/holds")"
	before=$(arrived)
	sleep 0.2
	[ "$(arrived)" = "$before" ] || fail "$1: frames follow"
}
# ends CODE WHAT: how it ended, and that nothing stays.
ends() {
	local got=0
	wait "$scan" 2>/dev/null || got=$?
	pids=
	[ "$got" = "$1" ] || fail "$2: exit code $got, not $1: $(cat "$work/err_scan")"
	nothing_stays "$2"
}
waits() { grep -q "interrupted: waits" "$work/err_scan"; }
# One right after the first is the same wish.
interrupted_again() {
	kill -INT "$scan" 2>/dev/null
	! kill -0 "$scan" 2>/dev/null
}

for residence in kernel user; do
	in_flight --residence $residence
	kill -9 "$scan"
	ends 137 "kill -9, $residence"
done
in_flight -T 2
kill -9 "$scan"
ends 137 "kill -9, two workers"
for signal in TERM INT HUP; do
	in_flight
	kill -$signal "$scan"
	ends 75 "kill -$signal"
	[ "$(tail -c 1 "$work/found" | od -An -c | tr -d ' ')" = '\n' ] ||
		fail "kill -$signal: the last record is broken"
	grep -q -- '--seed=[0-9]* --start=[0-9]*$' "$work/err_scan" ||
		fail "kill -$signal: not told how to continue: $(cat "$work/err_scan")"
done
in_flight -c 60
kill -INT "$scan"
until_true waits || fail "the first interrupt: $(cat "$work/err_scan")"
until_true interrupted_again || fail "waits on when interrupted again"
ends 130 "kill -INT twice"
# nohup: who ignores the hangup wants the scan to go on.
begun=$(arrived)
(trap '' HUP
	exec ip netns exec "$name" env IRL_WORLD=10.0.0.0/8 "$irl" scan \
		-p 1-60000 --port live -c 0.2 -o /dev/null 2>"$work/err_scan") &
scan=$!
pids=$scan
until_true flying || fail "no scan under nohup: $(cat "$work/err_scan")"
holds "$scan" >"$work/holds"
kill -HUP "$scan"
begun=$(arrived)
until_true flying || fail "nohup does not keep it"
kill -TERM "$scan"
ends 75 "TERM after nohup"
# A terminal that is closed.
if command -v script >/dev/null; then
	begun=$(arrived)
	setsid script -qec "ip netns exec $name env IRL_WORLD=10.0.0.0/8 \
		sh -c 'echo \$\$ >$work/pid; exec $irl scan -p 1-60000 --port \
		live -c 0.2 -o $work/found'" /dev/null </dev/null >/dev/null 2>&1 &
	terminal=$!
	pids=$terminal
	until_true flying || fail "no scan on a terminal"
	scan=$(cat "$work/pid")
	holds "$scan" >"$work/holds"
	kill -9 "$terminal"
	wait "$terminal" 2>/dev/null
	no_scan() { ! kill -0 "$scan" 2>/dev/null; }
	until_true no_scan || {
		fail "the scan outlives its terminal"
		kill -9 "$scan"
	}
	nothing_stays "closed terminal"
fi

# ---- a second scan --------------------------------------------------------------

# refused PATTERN COMMAND...: exit 1 and one line.
refused() {
	local pattern=$1 got=0
	shift
	inside "$@" >"$work/out2" 2>"$work/err2" || got=$?
	[ "$got" = 1 ] || fail "$*: exit code $got: $(cat "$work/err2")"
	[ "$(wc -l <"$work/err2")" = 1 ] && [ ! -s "$work/out2" ] ||
		fail "$*: not one line: $(cat "$work/err2")"
	grep -Eq -- "$pattern" "$work/err2" || fail "$*: $(cat "$work/err2")"
}
in_flight -r 200k -s 61000-61999
# It shares the interface, with other ports, and finds the truth.
whole "beside a scan"
attached || fail "the second scan took the first one's program away"
refused "process $scan on irl0 receives ports 61000-61999 of .*--source-port" \
	"$irl" scan -p 80 --port live -s 61999-62999 $range
inside "$irl" doctor irl0 >"$work/doctor" 2>&1 || true
grep -q "live ports of process $scan hold the interface" "$work/doctor" ||
	fail "doctor: $(cat "$work/doctor")"
# Three more at once: by the host's address twice, and by one of ours.
for i in 1 2 3; do
	own=
	[ "$i" = 3 ] && own="-S 10.0.0.3"
	# shellcheck disable=SC2086 # words
	inside "$irl" scan -c 0.5 -p 80,443 --port live --no-header-row $own \
		-o "$work/out$i" $range 2>"$work/err$i" &
	pids="$pids $!"
	eval "other$i=\$!"
done
for i in 1 2 3; do
	eval "wait \$other$i" || fail "scan $i of three: $(cat "$work/err$i")"
	sort "$work/out$i" | cmp -s - "$work/truth" ||
		fail "scan $i of three: results are not the truth"
done
# On another interface it runs.
ip -n "$name" link add va type veth peer name vb
ip -n "$name" addr add 10.0.1.1/24 dev va
ip netns exec "$name" ethtool -K vb gro on
ip -n "$name" link set va up
ip -n "$name" link set vb up
inside "$irl" scan -p 80 -i va --port live -c 0 -G 02:00:00:00:00:09 -m - \
	-o /dev/null 10.77.0.0/20 >"$work/out" 2>"$work/err2" ||
	fail "on another interface: $(cat "$work/err2")"
before=$(arrived)
kill -0 "$scan" 2>/dev/null || fail "the first scan has ended"
begun=$((before - 199000))
until_true flying || fail "the first scan does not go on"
kill -TERM "$scan"
ends 75 "beside another"
ip -n "$name" link del va

# ---- the way --------------------------------------------------------------------

ip -n "$name" route replace default via 10.0.0.1 dev irl0 onlink 2>/dev/null
ip -n "$name" addr add 10.0.0.1/24 dev irl0
ip -n "$name" route replace default via 10.0.0.99 dev irl0
# Three requests, but not a second apart.
ip netns exec "$name" sh -c \
	'echo 200 >/proc/sys/net/ipv4/neigh/irl0/retrans_time_ms'
refused '10\.0\.0\.99.*--gateway-mac' "$irl" scan -p 80 $range
refused '10\.0\.0\.99.*--gateway-mac' "$irl" scan -p 80 -S 10.0.0.3 $range
mac=$(ip netns exec "$name-world" cat /sys/class/net/world0/address)
inside "$irl" scan -p 80,443 -c 0.3 -G "$mac" --no-header-row -o "$work/out" \
	$range 2>"$work/err" || fail "--gateway-mac: $(cat "$work/err")"
sort "$work/out" | cmp -s - "$work/truth" || fail "--gateway-mac: results"
ip -n "$name" route replace default via 10.0.0.2 dev irl0
whole "gateway by its route"

[ "$failed" = 0 ] && echo "ok"
exit "$failed"
