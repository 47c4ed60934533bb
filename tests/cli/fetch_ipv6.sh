#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# irl fetch over IPv6, and from lists of both families.  Needs root; the lab is
# drawn in fetch_lab.bash.
set -u
irl=$(realpath "$1")
. "$(dirname "$0")/fetch_lab.bash"

both=$'fd09::20\n10.9.0.20\nfd07::2\n10.7.0.2\n'
pages_of_both='10.7.0.2 far 4 10.7.0.2
10.9.0.20 one 4 10.9.0.20
fd07::2 far 6 [fd07::2]
fd09::20 one 6 [fd09::20]'

# Closed by FIN where the server keeps its side open: that ends, too.  OUT SOURCE
# ROOM...
keep_open() {
	echo fd09::20 | fetch --protocol banner -p 26 --close fin -S $2 \
		-o "$dir/$1" "${@:3}" || fail "a server that does not close, $1: $?"
}
# OUT: how it ended, and whole seconds
end_of() {
	sed -n 's/.*"status":"success".*"220 one.*"outcome":"\([^"]*\)".*"total_us":\(.*\)[0-9]\{6\},"rec.*/\1 \2/p' \
		"$dir/$1"
}
keep_open half fd09::8 --idle 70 --deadline 100 &
half=$!

# PORT-AND-SOURCE...: a page and a banner of both families, on link and behind a
# gateway.
try() {
	printf '%s' "$both" | fetch "$@" -o "$dir/out" -m "$dir/meta" ||
		fail "pages, $*: exit code $?"
	same_text "$(pages "$dir/out")" "$pages_of_both" "pages, $*"
	grep -q '"balances": true' "$dir/meta" || fail "pages, $*: no ledger"
	printf 'fd09::60\nfd07::2\n10.9.0.60\n' |
		fetch "$@" --protocol banner -p 25 -o "$dir/out" ||
		fail "banners, $*: exit code $?"
	same_text "$(pages "$dir/out")" \
		$'10.9.0.60 220 two\nfd07::2 220 far\nfd09::60 220 two' "banners, $*"
}
try --port live
try --port live -S 10.9.0.9,fd09::9
try --port packet -S 10.9.0.9,fd09::9
[ "$(nproc)" -gt 1 ] && try --port live --workers 2

# 2 MB, byte by byte, whatever frames the links take.
head -c 2000000 /dev/urandom >"$dir/large"
chmod 755 "$dir" && chmod 644 "$dir/large"
large=$(sha256sum <"$dir/large" | cut -c -64)
set_mtu() {
	ip -n $gate link set vb mtu $1 && ip -n $one link set m1 mtu $1 &&
		ip -n $here link set va mtu $2 || fail "no MTU of $1 and $2"
}
for mtu in "1280 1280" "1500 1280" "9000 1500" "9000 9000" "1500 1500"; do
	set_mtu $mtu
	for how in "--port live" "--port packet -S fd09::9" \
		"--scan --cooldown 1"; do
		echo fd09::20 | fetch $how --http-path /large --sha256 \
			-o "$dir/out" || fail "MTU $mtu, $how: exit code $?"
		grep -q "$large" "$dir/out" ||
			fail "MTU $mtu, $how: $(cut -c -300 "$dir/out")"
	done
done

# IPv6 alone, from its own list; names and tags come along.
printf 'fd09::20,a.example,blue,80\nfd09::60\n' >"$dir/list"
fetch -f "$dir/list" -S fd09::9 -o "$dir/out" || fail "IPv6 alone: $?"
same_text "$(pages "$dir/out")" \
	$'fd09::20 one 6 a.example\nfd09::60 two 6 [fd09::60]' "IPv6 alone"
grep -q '"tag":"blue"' "$dir/out" || fail "no tag"
# What has no source is told apart.
printf 'fd09::20\n10.9.0.20\n' | fetch -S fd09::9 -o "$dir/out" -m "$dir/meta" ||
	fail "no source: exit code $?"
same_text "$(pages "$dir/out")" 'fd09::20 one 6 [fd09::20]' "no source"
same_text "$(number no_route)" 1 "targets without a source"
# A closed port and a silent one.
echo fd09::20 | fetch --all -p 81 -o "$dir/out" || fail "closed: $?"
same_text "$(pages "$dir/out")" "fd09::20 connection-refused" "a closed port"

keep_open idle fd09::9 --idle 3
same_text "$(end_of idle)" "idle 3" "a server that does not close, for --idle"
keep_open deadline fd09::9 --deadline 3
same_text "$(end_of deadline)" "deadline 3" "and for --deadline"

# Left out: what is set aside, and what is blocked.
count() {
	printf '%s\n' fd09::20 fd09::60 fd07::2 |
		ip netns exec $here "$irl" fetch "$@" -m "$dir/meta" |
		wc -l
}
same_text "$(count 2>/dev/null)" 0 "special addresses"
same_text "$(count --allow-special fd09::/16)" 2 "a special prefix allowed"
printf '\xef\xbb\xbffd09::/64 # a link\n' >"$dir/block"
same_text "$(count --allow-special all -b "$dir/block")" 1 "a file that blocks"
same_text "$(count --allow-special all --exclude fd09::60,fd07::/16)" 1 \
	"addresses excluded"
# What is said of the other family changes nothing.
for four in ::ffff:0:0/96 0.0.0.0/0; do
	same_text "$(count --allow-special all --exclude $four)" 3 \
		"IPv6 alone, excluding $four"
	printf '10.9.0.20\nfd09::20\n' |
		fetch --exclude $four -o "$dir/out" -m "$dir/meta" ||
		fail "excluding $four: exit code $?"
	same_text "$(pages "$dir/out"),$(number excluded)" \
		'fd09::20 one 6 [fd09::20],1' "both, excluding $four"
done
# IPv4 is, too, where it is written as IPv6.
for four in ::ffff:10.9.0.20 ::ffff:10.9.0.20/127 ::ffff:10.9.0.0/120; do
	printf '10.9.0.20\n10.7.0.2\n::ffff:10.9.0.20\n' |
		fetch --exclude $four -o "$dir/out" -m "$dir/meta" ||
		fail "excluding $four: exit code $?"
	same_text "$(pages "$dir/out"),$(number excluded)" \
		'10.7.0.2 far 4 10.7.0.2,2' "excluding $four"
done

# Probed without state first: lists of both families, prefixes of IPv6.
probe() { fetch --scan -f - --cooldown 1 -o "$dir/out" -m "$dir/meta" "$@"; }
probe_both() {
	printf '%s' "$both" | probe "$@" || fail "--scan $*: exit code $?"
	same_text "$(pages "$dir/out")" "$pages_of_both" "pages, --scan $*"
	same_text "$(number probes),$(number adopted),$(number targets)" 4,4,4 \
		"probes, --scan $*"
	same_text "$(number stray)" "$(number others)" "strays, --scan $*"
	grep -q '"balances": true' "$dir/meta" || fail "--scan $*: no ledger"
}
for kind in none mss linux windows; do
	probe_both --tcp-options $kind
done
probe_both --port packet -S 10.9.0.9-10.9.0.12,fd09::9
[ "$(nproc)" -gt 1 ] && probe_both --workers 2
# A list comes by standard input without a word, and by "-".
for input in "" -; do
	printf '%s' "$both" | fetch --scan --cooldown 1 -o "$dir/out" \
		-m "$dir/meta" $input || fail "--scan '$input': exit code $?"
	same_text "$(pages "$dir/out"),$(number probes)" "$pages_of_both,4" \
		"pages, --scan '$input'"
done
# A prefix: who is there is probed, nobody else is sent to.
echo fd09::/121 | probe --all || fail "a prefix: exit code $?"
same_text "$(pages "$dir/out" | grep -v " no_")" \
	$'fd09::2 gate 6 [fd09::2]\nfd09::20 one 6 [fd09::20]
fd09::60 two 6 [fd09::60]' "pages of a prefix"
same_text "$(($(number probes) + $(number no_neighbour))),$(number no_address)" \
	127,1 "a prefix, in which we are"
same_text "$(pages "$dir/out" | sort -u | wc -l)" \
	$(($(number no_neighbour) + 4)) "records of a prefix"
# Closed, unreachable, silent; no SYN is repeated.
printf 'fd09::20\n10.7.0.2\n' | probe -p 81 || fail "closed: exit code $?"
same_text "$(number closed),$(number received)" 2,2 "closed ports"
ip -n $gate route add unreachable fd05::/64
ip -n $here route add fd05::/64 via fd09::2
printf 'fd05::7\nfd07::2\n' | probe || fail "unreachable: exit code $?"
same_text "$(number probes),$(number unreachable),$(number adopted)" 2,1,1 \
	"an unreachable target"
ip -n $gate route replace blackhole fd05::/64
echo fd05::7 | probe --all || fail "silent: exit code $?"
same_text "$(number probes),$(number retransmitted),$(number received)" 1,0,0 \
	"a silent target"
# Names and tags come along, several of one host by one probe.
printf '%s\n' fd09::20,a.example,blue fd09::20,b.example fd09::60 \
	fd05::7,c.example fd05::7,d.example | probe || fail "names: exit code $?"
same_text "$(pages "$dir/out")" $'fd09::20 one 6 a.example
fd09::20 one 6 b.example\nfd09::60 two 6 [fd09::60]' "pages of names"
grep -q '"tag":"blue"' "$dir/out" || fail "no tag of a probed target"
same_text "$(number probes),$(number no_answer)" 3,1 "probes of names"
printf 'fd09::20\n' | probe --residence kernel 2>"$dir/err"
same_text "$?" 1 "exit code of --scan of a list in the kernel"
# Any number that is excluded keeps nobody from what is there, nor from stopping.
{
	echo fd09::20
	for i in $(seq 20000); do printf 'fd08::%x:0/112\n' $i; done
} >"$dir/long"
ip netns exec $here "$irl" fetch --allow-special fd09::/64 -f "$dir/long" \
	-o "$dir/out" -m "$dir/meta" 2>"$dir/err" &
long=$!
servers+=($long)
wait_for() {
	for i in $(seq 200); do
		"$@" && return
		sleep 0.1
	done
	return 1
}
wait_for test -s "$dir/out" || fail "no record beside what is excluded"
kill -INT $long
ended() { ! kill -0 $long 2>/dev/null; }
wait_for ended || {
	fail "what is excluded cannot be interrupted"
	kill -KILL $long
}
wait $long
same_text "$?" 75 "exit code of a long list, interrupted: $(cat "$dir/err")"
# A prefix without probes is a list as well.
echo fd09::20/127 | fetch --all -p 25 --protocol banner -o "$dir/out" ||
	fail "a prefix, connected: $?"
same_text "$(pages "$dir/out")" \
	$'fd09::20 220 one\nfd09::21 no_neighbour' "a prefix, connected"

# What makes no sense says so.
printf 'fd09::20\nfd09::/111\n' | fetch -o "$dir/out" 2>"$dir/err"
same_text "$?" 2 "exit code of a large prefix"
grep -qF 'input:2: a prefix in a list is of IPv6 and has at most 16 host bits' \
	"$dir/err" || fail "a large prefix: $(cat "$dir/err")"
grep -q "left out 1 of the list's lines" "$dir/err" ||
	fail "one bad line: $(cat "$dir/err")"
for bad in 'fd09::/111' 'fd09::/129' '::ffff:10.9.0.0/120' 'fd09::g' 'fd09::20%va'; do
	echo "$bad" | fetch >"$dir/out" 2>"$dir/err"
	same_text "$?" 2 "exit code of '$bad'"
	grep -q 'standard input:1: ' "$dir/err" || fail "$bad: $(cat "$dir/err")"
done
echo fd09::20 | fetch --port packet -S fd09::1 2>"$dir/err"
same_text "$?" 1 "exit code of the host's address on the port packet"
grep -q 'fd09::1' "$dir/err" || fail "packet: $(cat "$dir/err")"
fetch -S fd09::9 10.9.0.20 2>"$dir/err"
same_text "$?" 2 "exit code of an IPv6 source for a set"
for bad in ff02::9 ::1; do
	echo fd09::20 | fetch -S $bad 2>"$dir/err"
	same_text "$?" 2 "exit code from $bad"
	grep -q "no host can have the address $bad" "$dir/err" ||
		fail "$bad: $(cat "$dir/err")"
done
echo fd09::20 | fetch -S 10.9.0.9,fd09::60 >"$dir/out" 2>"$dir/err"
same_text "$?" 2 "exit code from another's address"
grep -q 'fd09::60 is the address of another host on the link of va' "$dir/err" ||
	fail "another's address: $(cat "$dir/err")"
[ -s "$dir/out" ] && fail "from another's address it has fetched all the same"
echo fd55::1 | fetch 2>"$dir/err"
same_text "$?" 1 "exit code without a route"
grep -q 'no route to fd55::1' "$dir/err" || fail "no route: $(cat "$dir/err")"

# The sample has the connections whole.
if command -v tshark >/dev/null; then
	printf '%s' "$both" | fetch --pcap "$dir/x.pcapng" --pcap-sample 1 >"$dir/out" ||
		fail "--pcap: exit code $?"
	tshark -r "$dir/x.pcapng" -Y 'ipv6 && tcp.flags.reset == 1' -T fields \
		-e tcp.stream 2>/dev/null | sort -u | wc -l >"$dir/resets"
	same_text "$(cat "$dir/resets")" 2 "IPv6 connections reset in the sample"
	tshark -o tcp.check_checksum:TRUE -r "$dir/x.pcapng" \
		-Y 'tcp.checksum.status == 0 && ipv6.src == fd09::1' \
		>"$dir/bad" 2>/dev/null
	[ -s "$dir/bad" ] && fail "tshark finds: $(head -3 "$dir/bad")"
	# And what routers say about them.
	ip -n $gate route replace unreachable fd05::/64
	ip -n $gate route add unreachable 10.5.0.0/16
	ip -n $here route add 10.5.0.0/16 via 10.9.0.2
	printf 'fd05::7\n10.5.0.7\n' | fetch --pcap "$dir/x.pcapng" --pcap-sample 1 \
		-m "$dir/meta" >"$dir/out" || fail "--pcap, errors: exit code $?"
	for error in 'icmpv6.type == 1 && ipv6.dst == fd05::7' \
		'icmp.type == 3 && ip.dst == 10.5.0.7'; do
		tshark -r "$dir/x.pcapng" -Y "$error && tcp.dstport == 80" 2>/dev/null |
			tee -a "$dir/errors" | grep -q . || fail "not in the sample: $error"
	done
	same_text "$(wc -l <"$dir/errors")" "$(number received)" "errors in the sample"
fi

wait $half
same_text "$(end_of half)" "half-closed 60" "a server that does not close, for a minute"

[ $failures -eq 0 ] || exit 1
