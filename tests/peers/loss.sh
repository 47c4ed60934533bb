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

# check NAME BODY: what came ends with it, and the capture is as NAME's path.
check() {
	ends_with "$2" || fail "$1: the body differs: $(state)"
	row "$1"
	if [ "$clean" = 1 ]; then
		judge_clean "$1" "$work/pcap" 10.9.0.1
	else
		judge_lossy "$1" "$work/pcap" 10.9.0.1
	fi
	[ "$clean" = 0 ] || no_kernel_reset "$1"
}
ask='GET /10m HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
# Three bodies over one kind of path: PATH ECHOED LOSS DUPLICATE REORDER.
bodies() {
	local path=$1 echoed=$2
	clean=0 timeouts=-l
	quick_peer
	if [ "$3$4$5" = 000 ]; then
		clean=1 timeouts=
		patient_peer
	fi
	relay 1 "$3" "$4" "$5" 500 2000
	pull $timeouts -w "$work/pcap" -r 'x\n' 10.9.0.2 9 || fail "$path: $(state)"
	check "host to us, $path" "$work/www/10m"
	pull $timeouts -w "$work/pcap" -r "$ask" 10.9.0.2 80 || fail "$path: $(state)"
	check "nginx to us, $path" "$work/www/10m"
	pull $timeouts -w "$work/pcap" -f "$work/$echoed" -x shut 10.9.0.2 7 ||
		fail "$path: $(state)"
	check "$echoed to the host and back, $path" "$work/$echoed"
	[ "$(json .bytes)" = "$(stat -c %s "$work/$echoed")" ] ||
		fail "$path: $(json .bytes) bytes came back"
}
bodies "clean" 1m 0 0 0
bodies "1 % lost" 1m 10 0 0
bodies "5 % lost" 300k 50 0 0
bodies "20 % lost" 100k 200 0 0
bodies "2 % doubled, 5 % reordered" 1m 0 20 50
bodies "5 % lost, 2 % doubled, 5 % reordered" 300k 50 20 50
exit $failed
