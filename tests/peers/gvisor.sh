#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# gvisor.sh BIN: byte-exact streams from and to gVisor's netstack.  The server is
# built here, once for a build tree: 10 s.  Go and gVisor take 500 MB.
. "$(dirname "$0")/lib.sh" || exit
command -v go >/dev/null || skip "no go (scripts/install-deps --nightly)"
sources=$(realpath "$(dirname "$0")")/gvisor
export GOPATH=/usr/share/gocode GO111MODULE=off GOCACHE=$bin/gocache
[ -d $GOPATH/src/gvisor.dev/gvisor/pkg/tcpip ] ||
	skip "no golang-gvisor-gvisor-dev (scripts/install-deps --nightly)"
(cd "$sources" && go build -o "$bin/peers_gvisor" .) >"$work/go" 2>&1 || {
	cat "$work/go"
	exit 1
}
lab
there_bare
bodies_of_bytes
start_peer ip netns exec $there "$bin/peers_gvisor" vb "$work/10m"
# It puts data that overtakes its own handshake out of order, and probes after
# two round trips, which here is less than a switch of threads.
path=lossy
from_peer "gVisor to us" 9
to_peer_and_back "1 MB to gVisor and back" 7
exit $failed
