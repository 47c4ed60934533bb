#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# loss.sh BIN IRL: 10 MB from the host's TCP and from nginx, and a body to the
# host's and back, over a path that loses, doubles and reorders, the same for a
# seed; by the port live, from nginx by the port packet, and over IPv6 by irl
# fetch where 5 % are lost.  With IRL_NIGHTLY=1 each of them on every path, by
# both ports.
#
#   here: va ---- ra [relay] rb ---- vb: there
. "$(dirname "$0")/lib.sh" || exit
irl=$(realpath "$2") nightly=${IRL_NIGHTLY:-}
need nginx ethtool
lab_relay
lab_ipv6
. "$(dirname "$0")/nginx.lib.sh"
start_nginx
serve 7 "$bin/peers_serve" 7
serve 9 "$bin/peers_serve" 9 "$work/www/10m"
digest=$(sha256sum <"$work/www/10m" | cut -c -64)
head -c 1000000 "$work/www/10m" >"$work/1m"
head -c 300000 "$work/www/10m" >"$work/300k"
head -c 100000 "$work/www/10m" >"$work/100k"

# as_the_path NAME OUR-ADDRESS RETRANSMISSIONS: so is the capture, and each of
# our retransmissions has its cause.
as_the_path() {
	if [ "$harm" = "0 0 0" ]; then
		judge_clean "$1" "$work/pcap" "$2"
		no_kernel_reset "$1"
	else
		judge_lossy "$1" "$work/pcap" "$2"
	fi
	[ "$3" -le $((lost + reordered)) ] ||
		fail "$1: $3 retransmissions of ours for" \
			"$lost frames lost and $reordered out of order"
}
# over PORT NAME BODY ARGUMENT...: pull over the path; what came ends with BODY.
over() {
	local kind=$1 name="$2, $1" body=$3 from=10.9.0.1 own=
	shift 3
	[ $kind = live ] || from=10.9.0.7 own="-s 10.9.0.7"
	relay 1 $harm 500 2000
	pull $timeouts -k $kind $own -w "$work/pcap" "$@" ||
		fail "$name: $(state)"
	ends_with "$body" || fail "$name: the body differs: $(state)"
	row "$name"
	relay_ends
	as_the_path "$name" $from "$(json .retransmits)"
}
# over_ipv6 PORT NAME: nginx's 10 MB by irl fetch.
over_ipv6() {
	local name="$2, IPv6, $1" from=fd09::1 own=
	[ $1 = live ] || from=fd09::7 own="-S fd09::7"
	relay 1 $harm 500 2000
	echo fd09::2 | here "$irl" fetch -i va --allow-special all --port $1 $own \
		--http-path /10m --sha256 --max-body 64 --pcap "$work/pcap" \
		--pcap-sample 1 >"$work/json" 2>"$work/err" ||
		fail "$name: $(state)"
	[ "$(json .data.http.result.response.body_sha256)" = "$digest" ] ||
		fail "$name: the body differs: $(state)"
	relay_ends
	as_the_path "$name" $from "$(json .tcp.retransmits)"
	[ "$harm" = "0 0 0" ] || [ "$lost" != 0 ] || [ "$reordered" != 0 ] ||
		fail "$name: the relay harmed nothing"
	echo "ROW | $name | $(json '"\(.tcp.received) | \(.tcp.out_of_order) | \(
		.tcp.retransmits)"') |"
}
# The path and its timeouts: LOSS DUPLICATE REORDER.
path() {
	harm=$* timeouts=-l
	quick_peer
	[ "$harm" = "0 0 0" ] || return 0
	timeouts=
	patient_peer
}
ask='GET /10m HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
# Of one body each: PORT.
host_to_us() {
	over $1 "host to us, $name" "$work/www/10m" -r 'x\n' 10.9.0.2 9
}
nginx_to_us() {
	over $1 "nginx to us, $name" "$work/www/10m" -r "$ask" 10.9.0.2 80
}
there_and_back() {
	over $1 "$echoed to the host and back, $name" "$work/$echoed" \
		-f "$work/$echoed" -x shut 10.9.0.2 7
	[ "$(json .bytes)" = "$(stat -c %s "$work/$echoed")" ] ||
		fail "$name: $(json .bytes) bytes came back"
}
# Three bodies over one kind of path: NAME ECHOED LOSS DUPLICATE REORDER.
bodies() {
	local name=$1 echoed=$2
	shift 2
	path "$@"
	host_to_us live
	nginx_to_us packet
	there_and_back live
	[ -n "$nightly" ] || return 0
	host_to_us packet
	nginx_to_us live
	there_and_back packet
	over_ipv6 live "nginx to us, $name"
	over_ipv6 packet "nginx to us, $name"
}
bodies "clean" 1m 0 0 0
bodies "1 % lost" 1m 10 0 0
bodies "5 % lost" 300k 50 0 0
bodies "20 % lost" 100k 200 0 0
bodies "2 % doubled, 5 % reordered" 1m 0 20 50
bodies "5 % lost, 2 % doubled, 5 % reordered" 300k 50 20 50
# IPv6 goes away with a link of less than 1280, so that comes last.
path 50 0 0
ip -n $there link set vb mtu 1400
over_ipv6 live "nginx to us, MTU 1400, 5 % lost"
[ -z "$nightly" ] || name="MTU 1400, 5 % lost" nginx_to_us live
ip -n $there link set vb mtu 576
name="MTU 576, 5 % lost" nginx_to_us live
exit $failed
