#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# irl fetch sends each target of a list to its own next hop, and tells of those
# that have none.  Needs root; the lab is drawn in fetch_lab.bash.  Whoever gets
# a frame for another's MAC does not see it, so a page shows the way was right.
set -u
irl=$(realpath "$1")
. "$(dirname "$0")/fetch_lab.bash"

# A second gateway, one's, for a network of its own.
ip -n $one addr add 10.6.0.2/32 dev lo
ip -n $one addr add fd06::2/128 dev lo nodad
ip -n $here route add 10.6.0.0/16 via 10.9.0.20
ip -n $here route add fd06::/64 via fd09::20

all='10.9.0.2 10.9.0.20 10.9.0.60 10.7.0.2 10.6.0.2 fd09::2 fd09::20 fd09::60
	fd07::2 fd06::2'
pages_of_all='10.6.0.2 one 4 10.6.0.2
10.7.0.2 far 4 10.7.0.2
10.9.0.2 gate 4 10.9.0.2
10.9.0.20 one 4 10.9.0.20
10.9.0.60 two 4 10.9.0.60
fd06::2 one 6 [fd06::2]
fd07::2 far 6 [fd07::2]
fd09::20 one 6 [fd09::20]
fd09::2 gate 6 [fd09::2]
fd09::60 two 6 [fd09::60]'
pages_of_all=$(sort <<<"$pages_of_all")

for how in '--port live' '--port live -S 10.9.0.9,fd09::9' \
	'--port packet -S 10.9.0.9-10.9.0.12,fd09::9'; do
	printf '%s\n' $all | fetch $how -o "$dir/out" -m "$dir/meta" ||
		fail "$how: exit code $?"
	same_text "$(pages "$dir/out" | sort)" "$pages_of_all" "pages, $how"
	grep -q '"balances": true' "$dir/meta" || fail "$how: no ledger"
done

# Neighbours that are not there hold nobody up, and are told.
{
	for i in $(seq 100 199); do
		echo 10.9.0.$i,,absent
		echo fd09::$i
	done
	printf '%s\n' $all 10.9.0.255
} >"$dir/list"
fetch --all -f "$dir/list" -o "$dir/out" -m "$dir/meta" ||
	fail "absent neighbours: exit code $?"
same_text "$(pages "$dir/out" | grep -v no_neighbour | sort)" \
	"$pages_of_all" "pages beside absent neighbours"
same_text "$(pages "$dir/out" | grep -c no_neighbour)" 201 \
	"records of absent neighbours"
same_text "$(grep -c '"tag":"absent".*"outcome":"no_neighbour"' "$dir/out")" \
	100 "their tags"
same_text "$(number targets),$(number connected),$(number no_neighbour)" \
	211,10,201 "the ledger of absent neighbours"
grep -q '"balances": true' "$dir/meta" || fail "absent: no ledger"
# The first ten records came before any neighbour was found absent.
same_text "$(head -10 "$dir/out" | grep -c no_neighbour)" 0 \
	"absent neighbours told first"
# Without --all they are counted.
fetch -f "$dir/list" -o "$dir/out" -m "$dir/meta" || fail "absent: $?"
same_text "$(wc -l <"$dir/out"),$(number untold)" 10,201 "absent, untold"
# Of a set as well.
fetch --all -o "$dir/out" -m "$dir/meta" 10.9.0.60,10.9.0.77,10.7.0.2 ||
	fail "a set: exit code $?"
same_text "$(pages "$dir/out")" \
	$'10.7.0.2 far 4 10.7.0.2\n10.9.0.60 two 4 10.9.0.60\n10.9.0.77 no_neighbour' \
	"a set with an absent neighbour"

# Interrupted while neighbours are being asked for: nothing is lost.
rm -f "$dir/out"
mkfifo "$dir/pipe"
ip netns exec $here "$irl" fetch --allow-special all -f "$dir/pipe" \
	-o "$dir/out" -m "$dir/meta" 2>"$dir/err" &
pid=$!
exec 3>"$dir/pipe"
printf '%s\n' 10.9.0.60 10.9.0.101 10.9.0.102 >&3
end=$((SECONDS + 20))
until [ -s "$dir/out" ] || [ $SECONDS -ge $end ]; do sleep 0.05; done
# To hear the replies to the host no large ring is held.
rings=$(awk '/socket:/ { split($1, at, "-"); print at[1], at[2] }' \
	/proc/$pid/maps | while read -r from to; do
		echo $((0x$to - 0x$from))
	done | sort -n)
same_text "$(grep -cx 1048576 <<<"$rings"),$(grep -cx 33554432 <<<"$rings")" \
	1,0 "rings ($rings)"
kill -INT $pid
wait $pid
same_text "$?" 75 "exit code when interrupted"
exec 3>&-
same_text "$(number targets),$(number connected)" 3,1 "interrupted"
same_text "$(($(number stopped) + $(number no_neighbour)))" 2 \
	"not connected when interrupted"
grep -q '"balances": true' "$dir/meta" || fail "interrupted: no ledger"

# One next hop for all, by hand; a gateway that is not there.
mac=$(ip -n $gate -br link show vb | awk '{print $3}')
printf '%s\n' 10.7.0.2 fd07::2 10.9.0.2 | fetch -G "$mac" -o "$dir/out" ||
	fail "-G: exit code $?"
same_text "$(wc -l <"$dir/out")" 3 "pages with -G"
ip -n $here route add 10.5.0.0/16 via 10.9.0.99
echo 10.5.0.1 | fetch 2>"$dir/err"
same_text "$?" 1 "exit code without a gateway"
grep -q 10.9.0.99 "$dir/err" || fail "no gateway: $(cat "$dir/err")"
# Later in the list it is as with any neighbour.
printf '%s\n' 10.7.0.2 10.5.0.1 | fetch --all -o "$dir/out" || fail "later: $?"
same_text "$(pages "$dir/out")" $'10.5.0.1 no_neighbour\n10.7.0.2 far 4 10.7.0.2' \
	"a gateway that is not there, later"

# With the MAC given, as many routes as there may be.
(for i in $(seq 1 140); do echo route add 10.64.$i.0/24 via 10.9.0.99; done) |
	ip -n $here -batch -
(for i in $(seq 1 1000); do echo route add fd0c:$i::/32 dev lo; done) |
	ip -n $here -6 -batch -
printf '%s\n' 10.7.0.2 fd07::2 | fetch -o "$dir/out" 2>"$dir/err"
same_text "$?" 2 "exit code with many routes"
grep -q -e --gateway-mac "$dir/err" || fail "many routes: $(cat "$dir/err")"
printf '%s\n' 10.7.0.2 fd07::2 | fetch -G "$mac" -o "$dir/out" ||
	fail "many routes, -G: exit code $?"
same_text "$(wc -l <"$dir/out")" 2 "pages with many routes and -G"
(for i in $(seq 1 140); do echo route del 10.64.$i.0/24; done) |
	ip -n $here -batch -
# Those by other interfaces are not counted where one is chosen.
printf '%s\n' 10.7.0.2 fd07::2 | fetch -o "$dir/out" 2>"$dir/err"
same_text "$?" 2 "exit code with many routes elsewhere"
printf '%s\n' 10.7.0.2 fd07::2 | fetch --interface va -o "$dir/out" ||
	fail "many routes elsewhere: exit code $?"
same_text "$(wc -l <"$dir/out")" 2 "pages with many routes elsewhere"
(for i in $(seq 1 1000); do echo route del fd0c:$i::/32 dev lo; done) |
	ip -n $here -6 -batch -

# The second of two default routes, where its interface is chosen.
ip link add other netns $here type veth peer name beyond netns $gate
ip -n $gate link set beyond up
ip -n $here addr add 10.8.0.1/24 dev other
ip -n $here link set other up
ip -n $here route add default via 10.8.0.2 metric 100
ip -n $here route add default via 10.9.0.20 metric 200
ip -n $one addr add 10.4.0.2/32 dev lo
echo 10.4.0.2 | fetch --interface va --port packet -S 10.9.0.9 -o "$dir/out" ||
	fail "second default route: exit code $?"
same_text "$(pages "$dir/out")" "10.4.0.2 one 4 10.4.0.2" "second default route"
# Where none is, what leaves by another is not reached, nor by the first's way.
printf '%s\n' 10.9.0.2 10.4.0.2,,blue | fetch -o "$dir/out" -m "$dir/meta" ||
	fail "default route elsewhere: exit code $?"
same_text "$(pages "$dir/out"),$(number no_route),$(number untold)" \
	"10.9.0.2 gate 4 10.9.0.2,1,1" "default route elsewhere"
# That is told, as zgrab2 tells of a connect that fails, and why.
printf '%s\n' 10.9.0.2 10.4.0.2,,blue 224.0.0.9 |
	fetch --all -o "$dir/out" -m "$dir/meta" || fail "no route, told: $?"
same_text "$(pages "$dir/out")" $'10.4.0.2 no_route\n10.9.0.2 gate 4 10.9.0.2
224.0.0.9 no_address' "no route, told"
grep '"ip":"10.4.0.2"' "$dir/out" >"$dir/line"
for want in '"status":"connection-timeout"' '"error":"no route to it"' \
	'"tag":"blue"' '"state":"unopened"'; do
	grep -qF "$want" "$dir/line" || fail "no route: no $want: $(cat "$dir/line")"
done
same_text "$(number no_route),$(number no_address),$(number told)" 1,1,3 \
	"no route, counted"
grep -q '"balances": true' "$dir/meta" || fail "no route: no ledger"
# Our own address is one that a host has.
printf '%s\n' 10.9.0.2 10.9.0.1 fd09::1 127.0.0.1 224.0.0.9 |
	fetch --all -o "$dir/out" || fail "our own: exit code $?"
same_text "$(sed -n 's/^{"ip":"\([^"]*\)".*"error":"\([^"]*\)".*/\1 \2/p' \
	"$dir/out" | sort)" '10.9.0.1 it is an address of this host itself
127.0.0.1 it is an address of this host itself
224.0.0.9 no host has this address
fd09::1 it is an address of this host itself' "our own"
# The first is, if a rule says so.
ip -n $here route add default via 10.9.0.20 table 100
ip -n $here rule add to 10.4.0.0/16 lookup 100
printf '%s\n' 10.4.0.2 10.3.0.2 | fetch -o "$dir/out" -m "$dir/meta" ||
	fail "a rule: exit code $?"
same_text "$(pages "$dir/out"),$(number no_route)" \
	"10.4.0.2 one 4 10.4.0.2,1" "a way by a rule"

# Nothing that could be connected to.
echo 224.0.0.9 | fetch --interface va -G "$mac" --all -o "$dir/out" \
	-m "$dir/meta" 2>"$dir/err"
same_text "$?" 1 "exit code where no target has an address"
grep -q 'no target .*no_address' "$dir/err" ||
	fail "no address: $(cat "$dir/err")"
same_text "$(number targets),$(number no_address)" 1,1 "no address"
same_text "$(pages "$dir/out")" '224.0.0.9 no_address' "no address, told"
# Nor is that done: once there is a way it is resumed.
echo 224.0.0.9 >"$dir/list"
for part in 1 2; do
	fetch --interface va -G "$mac" --all -o "$dir/out" -f "$dir/list" \
		--resume "$dir/state" 2>"$dir/err"
	same_text "$?" 1 "exit code of part $part where no target has an address"
done
# A family without a source, with one next hop for all.
printf '%s\n' 10.9.0.2 fd09::2 | fetch -S 10.9.0.9 --port packet -G "$mac" --all \
	-o "$dir/out" -m "$dir/meta" || fail "no source: exit code $?"
same_text "$(pages "$dir/out"),$(number no_route)" \
	$'10.9.0.2 gate 4 10.9.0.2\nfd09::2 no_route,1' "no source"

# Killed while next hops are asked for, and again, it loses none of those that
# nobody has: each has its record.
for i in {100..180}; do echo 10.9.0.$i; done >"$dir/unheard"
sed 'a10.9.0.2' "$dir/unheard" | awk '{ print $0 ",h" NR ",,80" }' >"$dir/list"
parts=(--all -f "$dir/list" --resume "$dir/killed" --resume-every 0.1 -o "$dir/all")
for part in 1 2; do
	ip netns exec $here "$irl" fetch --allow-special all "${parts[@]}" -r 40 &
	pid=$!
	until [ -s "$dir/killed" ] && [ "$(wc -l <"$dir/all")" -gt $((part * 30)) ]; do
		kill -0 $pid || break
		sleep 0.05
	done
	kill -KILL $pid && wait $pid 2>/dev/null
	same_text $? 137 "exit code of part $part, killed"
done
fetch "${parts[@]}" -r 0 || fail "after kill -9: exit code $?"
same_text "$(sed -n 's/^{"ip":"\([^"]*\)".*"outcome":"no_neighbour".*/\1/p' \
	"$dir/all" | sort -u)" "$(sort "$dir/unheard")" "without neighbour, killed"
same_text "$(grep -o '"domain":"h[0-9]*"' "$dir/all" | sort -u | wc -l)" 162 \
	"with names, killed"

[ $failures -eq 0 ] || exit 1
