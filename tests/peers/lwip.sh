#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# lwip.sh BIN: byte-exact streams from and to lwIP, which knows no SACK: on a
# clean path, and on some that do not keep all.
. "$(dirname "$0")/lib.sh" || exit
need ethtool
[ -x "$bin/peers_lwip" ] || skip "built without lwIP (liblwip-dev)"
lab_relay
there_bare
bodies_of_bytes
relay 1 0 0 0 100 0
start_peer ip netns exec $there "$bin/peers_lwip" vb "$work/10m"
from_peer "lwIP to us" 9
to_peer_and_back "1 MB to lwIP and back" 7
path=lossy timeouts=-l
# Its timer counts half seconds.
head -c 200000 "$work/10m" >"$work/200k"
relay 1 10 0 0 100 0
to_peer_and_back "200 KB to lwIP and back, 1 % lost" 7 200k
relay 1 0 20 50 100 400
to_peer_and_back "1 MB to lwIP and back, 2 % doubled, 5 % reordered" 7
from_peer "lwIP to us, 2 % doubled, 5 % reordered" 9
exit $failed
