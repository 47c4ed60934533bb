#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# world.sh IRL: the command irl world, as its user meets it.
set -u
irl=$1
[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 77; }
name=irl-t-$$
work=$(mktemp -d)
. "$(dirname "$0")/lib.bash"

clean() {
	local n
	for n in "$name" "$name-b"; do
		"$irl" world down -n "$n" 2>/dev/null
	done
	ip netns del "$name-f" 2>/dev/null
	rm -rf "$work"
}
trap clean EXIT

# Nothing holds the namespace "net:[N]": no process, no descriptor, no mount.
is_gone() {
	! readlink /proc/[0-9]*/ns/net /proc/[0-9]*/fd/* 2>/dev/null |
		grep -qxF "$1" && ! grep -qF "$1" /proc/self/mountinfo
}

has_text() {
	[ -s "$1" ]
}

# ---- run ---------------------------------------------------------------------

exits 0 "$irl" world run -- true
exits 1 "$irl" world run -- false
exits 42 "$irl" world run sh -c 'exit 42'
exits 137 "$irl" world run -- sh -c 'kill -9 $$'
exits 127 "$irl" world run -- "$name-nowhere"
says "$name-nowhere"
exits 126 "$irl" world run -- /etc/passwd
says "Permission denied"
exits 2 "$irl" world run
exits 2 "$irl" world run --range 192.0.2.0/24 -- true
says "inside 10.0.0.0/8"
exits 0 setpriv --reuid 65534 "$irl" world truth 10.1.0.0/24
exits 1 setpriv --reuid 65534 --clear-groups "$irl" world run -- true
says "sudo"

exits 0 "$irl" world run --range 10.4.0.0/14 -- \
	sh -c 'echo $IRL_WORLD $(command -v irl); ls /sys/class/net; echo /proc/[0-9]*'
printf '%s\n' "10.4.0.0/14 $(dirname "$(readlink -f "$irl")")/irl" irl0 lo |
	cmp -s - <(head -n 3 "$work/out") || fail "inside: $(cat "$work/out")"
# Init, the shell, perhaps a helper of it: no process of the host is seen.
[ "$(tail -n 1 "$work/out" | wc -w)" -le 3 ] || fail "saw $(tail -n 1 "$work/out")"

# Queues: one for each core and one more, which XPS gives to the host's stack.
exits 0 "$irl" world run --queues 3 -- sh -c \
	'ls -d /sys/class/net/irl0/queues/*x-* | wc -l; cat /sys/class/net/irl0/queues/tx-?/xps_cpus | tr -d ,0'
printf '%s\n' 6 '' '' 3 | cmp -s - "$work/out" || fail "queues: $(cat "$work/out")"

# A signal to us reaches the command; its end is ours.
# (bash has INT and QUIT ignored in what it puts in the background.)
for signal in TERM:7 USR1:9 HUP:8; do
	"$irl" world run -- sh -c "trap 'exit ${signal#*:}' ${signal%:*}
		echo up >$work/up; while :; do sleep 0.05; done" &
	pid=$!
	until_true has_text "$work/up" || fail "run does not start"
	kill -"${signal%:*}" "$pid"
	wait "$pid"
	[ $? = "${signal#*:}" ] || fail "${signal%:*} was not handed on"
	rm -f "$work/up"
done

# What the command leaves behind ends with it.
exits 3 "$irl" world run -- sh -c 'readlink /proc/self/ns/net
	setsid sleep 1000 >/dev/null 2>&1 & exit 3'
until_true is_gone "$(cat "$work/out")" || fail "a daemon keeps the world"

# Nor do the names of what is made inside, by us or by ip.
exits 0 "$irl" world run -- sh -c "irl world up -n $name &&
	ip netns add $name-f && ip netns exec $name ip link show irl0 &&
	irl world status -n $name"
ls /run/netns | grep -E "^$name" && fail "run leaves names"
rm -f "/run/netns/$name"{,-world,-f}

# kill -9: no process, no namespace, no descriptor stays.
"$irl" world run -- sh -c "setsid sleep 1000 & trap '' TERM INT HUP
	readlink /proc/self/ns/net >$work/net; sleep 1000" &
pid=$!
until_true has_text "$work/net" || fail "run does not start"
is_gone "$(cat "$work/net")" && fail "the check for leftovers sees nothing"
kill -9 "$pid"
wait "$pid" 2>/dev/null
until_true is_gone "$(cat "$work/net")" || fail "kill -9 leaves something"

# ---- up, down, status ----------------------------------------------------------

exits 1 "$irl" world status -n "$name"
says "irl world up"
exits 0 "$irl" world up -n "$name" --seed 5
exits 0 "$irl" world up -n "$name" --seed 5
exits 1 "$irl" world up -n "$name" --seed 6
says "irl world down"
exits 0 "$irl" world up -n "$name-b" --seed 6
exits 0 "$irl" world status -n "$name"
grep -q '^{"seed": 5, "range": "10.0.0.0/8", "alive": 0.01, "unreachable": 0.002, ' "$work/out" ||
	fail "status: $(cat "$work/out")"
exits 0 "$irl" world status -n "$name-b"
grep -q '^{"seed": 6, ' "$work/out" || fail "status: $(cat "$work/out")"
program=$(ip -n "$name-world" link show world0 | sed -n 's/.*xdp id \([0-9]*\).*/\1/p')
[ -n "$program" ] || fail "no XDP program on world0"
exits 0 "$irl" world down -n "$name"
exits 0 "$irl" world down -n "$name"
ls /run/netns | grep -E "^$name(-world)?\$" && fail "down leaves names"
# The last reference is dropped by the kernel in its own time.
program_gone() {
	! bpftool prog show id "$program" >/dev/null 2>&1
}
until_true program_gone || fail "the responder stays loaded"
exits 0 "$irl" world down -n "$name-b"
exits 2 "$irl" world up -n ../x
exits 2 "$irl" world up -n ''
exits 2 "$irl" world --seed 3 up
says "behind 'up'"
exits 1 setpriv --reuid 65534 --clear-groups "$irl" world up -n "$name"
says "sudo"

# Leftovers of any kind: up makes it whole, down takes it away.
for verb in up down; do
	for break in 'ip -n NAME link del irl0' 'ip netns del NAME-world' \
		'ip netns del NAME' 'ip -n NAME-world link set world0 xdp off' \
		'umount /run/netns/NAME' 'umount /run/netns/NAME-world'; do
		exits 0 "$irl" world up -n "$name"
		sh -c "${break//NAME/$name}" || fail "cannot ${break//NAME/$name}"
		exits 0 "$irl" world "$verb" -n "$name"
		if [ "$verb" = up ]; then
			exits 0 "$irl" world status -n "$name"
			exits 0 ip netns exec "$name" ping -c 1 -W 9 10.0.0.2
		fi
		exits 0 "$irl" world down -n "$name"
		ls /run/netns | grep -E "^$name(-world)?\$" &&
			fail "$verb after '$break' leaves names"
	done
done

# Not ours: left alone.
ip netns add "$name-f"
exits 1 "$irl" world up -n "$name-f"
says "no world made"
exits 1 "$irl" world down -n "$name-f"
says "no world made"
ip netns exec "$name-f" true || fail "a foreign namespace was removed"

# With mounts of one's own a name would be left that leads nowhere.
exits 1 ip netns exec "$name-f" "$irl" world up -n "$name"
says "bring it up outside"
ls /run/netns | grep -E "^$name(-world)?\$" && fail "refused, up leaves names"
rm -f "/run/netns/$name"{,-world}

# ---- truth ------------------------------------------------------------------------

exits 0 "$irl" world truth -p 80,443 10.9.0.0/16
cp "$work/out" "$work/open"
[ "$(head -n 1 "$work/open")" = saddr,sport,classification ] || fail "no header"
tail -n +2 "$work/open" | grep -qv ',synack$' && fail "more than SYN-ACKs"
tail -n +2 "$work/open" | sort -s -t . -k 3,3n -k 4,4n |
	cmp -s - <(tail -n +2 "$work/open") || fail "truth is not in order"
exits 0 "$irl" world truth -p 80 -p 443 10.9.0.0/16
cmp -s "$work/out" "$work/open" || fail "-p 80 -p 443 is not -p 80,443"
exits 0 "$irl" world truth 10.9.0.0/16
grep -e saddr -e ,80, "$work/open" | cmp -s - "$work/out" ||
	fail "without ports it is not 80"
exits 0 "$irl" world truth --all -p 80,443 10.9.0.0/16
grep -e synack -e saddr "$work/out" | cmp -s - "$work/open" || fail "--all differs"
grep -q ',rst$' "$work/out" && grep -q ',icmp$' "$work/out" || fail "--all lacks kinds"
exits 0 "$irl" world truth --format jsonl -p 80,443 10.9.0.0/16
sed 's/{"saddr":"\([0-9.]*\)","sport":\([0-9]*\),"classification":"\([a-z]*\)","ttl":[0-9]*,"window":[0-9]*}/\1,\2,\3/' \
	"$work/out" | cmp -s - <(tail -n +2 "$work/open") || fail "jsonl differs"
exits 0 "$irl" world truth --range 10.9.0.0/16 -p 80,443
cmp -s "$work/out" "$work/open" || fail "--range differs from the target"
exits 1 sh -c "exec '$irl' world truth >/dev/full"
says "cannot write"
exits 2 "$irl" world truth -p 80,x

# ---- an independent judge of the bytes ----------------------------------------------

if command -v tshark >/dev/null && command -v tcpdump >/dev/null; then
	exits 0 "$irl" world run --alive 0.7 --unreachable 0.2 -- sh -c "
		tcpdump -U -Q in -i irl0 -w $work/pcap 2>$work/tcpdump &
		p=\$!
		until grep -q listening $work/tcpdump; do sleep 0.05; done
		for a in \$(seq 1 80); do
			ping -c 1 -W 2 10.77.1.\$a >/dev/null 2>&1 &
			all=\"\$all \$!\"
			timeout 2 bash -c \": </dev/tcp/10.77.1.\$a/80\" 2>/dev/null &
			all=\"\$all \$!\"
		done
		wait \$all
		kill \$p
		wait \$p"
	judge() {
		tshark -n -r "$work/pcap" -o tcp.check_checksum:TRUE \
			-o ip.check_checksum:TRUE -Y "$1" 2>/dev/null | wc -l
	}
	for kind in tcp.flags==0x12 tcp.flags==0x14 icmp.type==3 icmp.type==0; do
		[ "$(judge "$kind")" -ge 5 ] || fail "no $kind among the answers"
	done
	[ "$(judge 'ip.checksum.status==Bad || tcp.checksum.status==Bad ||
		icmp.checksum.status==Bad || _ws.malformed')" = 0 ] ||
		fail "tshark finds bad checksums"
else
	echo "skipped: the bytes' judge: needs tshark and tcpdump"
fi
[ "$failed" = 0 ] && echo "ok"
exit "$failed"
