#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# slirp.sh BIN: byte-exact streams from and to libslirp's TCP, by slirp4netns.
#
#   here: tap0 10.9.0.100 ---- slirp4netns, 10.9.0.2 ---- lo, servers: there
. "$(dirname "$0")/lib.sh" || exit
need slirp4netns
[ -c /dev/net/tun ] || skip "no /dev/net/tun"
namespaces
bodies_of_bytes
serve 7 "$bin/peers_serve" 7
serve 9 "$bin/peers_serve" 9 "$work/10m"
ip netns exec $there slirp4netns --configure --mtu=1500 --cidr=10.9.0.0/24 \
	--netns-type=path /run/netns/$here tap0 >"$work/slirp" 2>&1 &
pids="$pids $!"
has_address() { [ -n "$(ip -n $here -4 addr show tap0 2>/dev/null)" ]; }
until_true has_address || skip "no slirp4netns: $(cat "$work/slirp")"
via=tap0 ours=10.9.0.100
from_peer "libslirp to us" 9
to_peer_and_back "1 MB to libslirp and back" 7
exit $failed
