#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# nginx.sh BIN: 10 MB from nginx on a clean path, for each MTU of its side, with
# segmentation left to its device or not and merging to ours or not.
. "$(dirname "$0")/lib.sh" || exit
need nginx ethtool
lab
patient_peer
. "$(dirname "$0")/nginx.lib.sh"
start_nginx

# fetch NAME ARGUMENT...: the whole body, and nothing odd in the capture.
fetch() {
	local name=$1
	shift
	pull -w "$work/pcap" "$@" 10.9.0.2 80 || fail "$name: $(state)"
	ends_with "$work/www/10m" || fail "$name: the body differs: $(state)"
	row "$name"
	judge_clean "$name" "$work/pcap" "$from"
	no_kernel_reset "$name"
}

# Frames that no XDP program takes come in order if one core takes them all.
here sh -c 'echo 1 >/sys/class/net/va/queues/rx-0/rps_cpus' || skip "no RPS"
close='GET /10m HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
keep='GET /10m HTTP/1.1\r\nHost: a\r\n\r\n'
for mtu in 576 1400 1500 9000; do
	ip -n $there link set vb mtu $mtu
	# What is under way shall fit into the 256 places of the veth.
	window=262144
	[ $mtu != 576 ] || window=100000
	for offload in on off; do
		there ethtool -K vb tso $offload gso $offload 2>/dev/null
		for gro in on off; do
			here ethtool -K va gro $gro
			with="MTU $mtu, TSO $offload, GRO $gro"
			from=10.9.0.1
			fetch "nginx live, $with" -b $window -r "$close"
			from=10.9.0.7
			fetch "nginx packet, own address, $with" \
				-k packet -s $from -b $window -r "$close"
		done
	done
done
# Jumbo frames on both sides: ours never says that it takes them.
ip -n $here link set va mtu 9000
from=10.9.0.1
fetch "nginx live, MTU 9000 of both" -r "$close"
from=10.9.0.7
fetch "nginx packet, MTU 9000 of both" -k packet -s $from -r "$close"
ip -n $here link set va mtu 1500
ip -n $there link set vb mtu 1500
# Two answers on one connection; the FIN is ours or the server's.
fetch "nginx keep-alive" -s $from -r "$keep$close"
[ "$(json .received)" -gt 20000000 ] || fail "keep-alive: $(state)"
fetch "nginx, closed by FIN" -s $from -r "$close" -x fin
[ "$(json .outcome)" = finished ] || fail "FIN: $(state)"
exit $failed
