#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# systems.sh SOURCE-DIR: what is of Windows in a wrong place is found.
set -eu
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# verdict FILE LINE: what the check says of a tree with this one line more.
verdict() {
	rm -rf "$work/src" "$work/include" "$work/docs"
	mkdir -p "$work/src/net" "$work/include/irl" "$work/docs"
	printf '| area | files | why |\n|---|---|---|\n| `net` | `route` | |\n' \
		>"$work/docs/windows.md"
	printf 'set(IRL_LINUX_SOURCES\n  base/l.c net/route.c)\n' \
		>"$work/src/linux.cmake"
	echo '#include <windows.h>' >"$work/src/net/route_windows.c"
	echo '#ifdef _WIN32' >"$work/include/irl/error.h"
	echo "$2" >>"$work/$1"
	"$source/scripts/check-systems" "$work" 2>"$work/said"
}
good() {
	verdict "$@" || {
		echo "refused: $1: $2"
		cat "$work/said"
		exit 1
	}
}
bad() { # FILE LINE WORDS
	if verdict "$1" "$2"; then
		echo "not found: $1: $2"
		exit 1
	fi
	grep -q "$3" "$work/said" || {
		echo "not said: $3; but: $(cat "$work/said")"
		exit 1
	}
}

good src/net/a.c '#include <stdio.h>'
good src/net/windows.h '#include <winsock2.h>'
bad src/net/a.c '#ifdef _WIN32' '^src/net/a.c:1: asks'
bad src/net/a.h '#if defined(__linux__)' '^src/net/a.h:1: asks'
bad src/net/route_windows.c '#ifdef _WIN64' '^src/net/route_windows.c:2: asks'
bad src/net/a.c '#include <windows.h>' '^src/net/a.c:1: includes'
bad include/irl/net.h '  # include <ws2tcpip.h>' '^include/irl/net.h:1: includes'
bad src/net/address_windows.c '' '^src/net/address_windows.c:1: is not in'
bad docs/windows.md '| `net` | `gone` | |' 'there is no src/net/gone_windows.c'
good src/net/route.c 'say("down: ip link set %s up", name);'
good src/net/a_linux.c 'say("is it on this link (ip route)?");'
good src/net/route_windows.c 'say("Get-NetAdapter lists them");'
good src/net/a.c ' * as "ip netns" keeps them'
bad src/net/a.c 'say("down; ip link set %s up");' '^src/net/a.c:1: tells'
bad src/net/b.c '	     "not so (ip route)? Or",' '^src/net/b.c:1: tells'
bad src/net/a.c 'say("Get-NetRoute lists them");' '^src/net/a.c:1: tells'
