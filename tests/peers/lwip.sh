#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# lwip.sh BIN: byte-exact streams from and to lwIP.
. "$(dirname "$0")/lib.sh"
[ -x "$bin/peers_lwip" ] || skip "built without lwIP (liblwip-dev)"
lab
there_bare
bodies_of_bytes
start_peer ip netns exec $there "$bin/peers_lwip" vb "$work/10m"
from_peer "lwIP to us" 9
to_peer_and_back "1 MB to lwIP and back" 7
exit $failed
