#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# loss.sh BIN: 10 MB from the host's TCP and from nginx, and a body to the host's
# and back, over a path that loses, doubles and reorders, the same for a seed.
#
#   here: va ---- ra [relay] rb ---- vb: there
. "$(dirname "$0")/lib.sh"
need nginx ethtool
lab_relay
. "$(dirname "$0")/nginx.lib.sh"
start_nginx
serve 7 "$bin/peers_serve" 7
serve 9 "$bin/peers_serve" 9 "$work/www/10m"
head -c 1000000 "$work/www/10m" >"$work/1m"
head -c 300000 "$work/www/10m" >"$work/300k"
head -c 100000 "$work/www/10m" >"$work/100k"

# over NAME BODY ARGUMENT...: pull over the path; what came ends with BODY, the
# capture is as the path, and each of our retransmissions has its cause.
over() {
	local name=$1 body=$2
	shift 2
	relay 1 $harm 500 2000
	pull $timeouts -w "$work/pcap" "$@" || fail "$name: $(state)"
	ends_with "$body" || fail "$name: the body differs: $(state)"
	row "$name"
	relay_ends
	if [ "$harm" = "0 0 0" ]; then
		judge_clean "$name" "$work/pcap" 10.9.0.1
		no_kernel_reset "$name"
	else
		judge_lossy "$name" "$work/pcap" 10.9.0.1
	fi
	[ "$(json .retransmits)" -le $((lost + reordered)) ] ||
		fail "$name: $(json .retransmits) retransmissions of ours for" \
			"$lost frames lost and $reordered out of order"
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
# Three bodies over one kind of path: NAME ECHOED LOSS DUPLICATE REORDER.
bodies() {
	local name=$1 echoed=$2
	shift 2
	path "$@"
	over "host to us, $name" "$work/www/10m" -r 'x\n' 10.9.0.2 9
	over "nginx to us, $name" "$work/www/10m" -r "$ask" 10.9.0.2 80
	over "$echoed to the host and back, $name" "$work/$echoed" \
		-f "$work/$echoed" -x shut 10.9.0.2 7
	[ "$(json .bytes)" = "$(stat -c %s "$work/$echoed")" ] ||
		fail "$name: $(json .bytes) bytes came back"
}
bodies "clean" 1m 0 0 0
bodies "1 % lost" 1m 10 0 0
bodies "5 % lost" 300k 50 0 0
bodies "20 % lost" 100k 200 0 0
bodies "2 % doubled, 5 % reordered" 1m 0 20 50
bodies "5 % lost, 2 % doubled, 5 % reordered" 300k 50 20 50
for mtu in 576 1400; do
	ip -n $there link set vb mtu $mtu
	path 50 0 0
	over "nginx to us, MTU $mtu, 5 % lost" "$work/www/10m" -r "$ask" \
		10.9.0.2 80
done
exit $failed
