#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# includes.sh SOURCE-DIR: each kind of wrong include is found, right ones pass.
set -eu
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# verdict FILE LINE: what the check says of a tree with this one line.
verdict() {
	rm -rf "$work/src" "$work/driver"
	mkdir -p "$work/$(dirname "$1")"
	echo "$2" >"$work/$1"
	"$source/scripts/check-includes" "$work" 2>"$work/said"
}
good() {
	verdict "$@" || {
		echo "refused: $1: $2"
		cat "$work/said"
		exit 1
	}
}
bad() {
	if verdict "$@"; then
		echo "not found: $1: $2"
		exit 1
	fi
	grep -q "^$1:1: " "$work/said" || {
		echo "no file and line in: $(cat "$work/said")"
		exit 1
	}
}

good src/engine/a.c '#include "port/port.h"'
good src/port/a.c '#include "port.h"'
good src/port/a.c '#include "probe/core.h"'
good src/port/live.c '#include "live.skel.h"'
good src/app/a.c '#include <irl/scan.h>'
good src/app/a.c '#include "option.h"'
good src/app/a.c '#include "base/os.h"'
good src/app/a.c '#include "base/text.h"'
good src/base/a.c '#include <stdio.h>'
good driver/linux/a.bpf.c '#include "probe/core.h"'
good driver/linux/a.bpf.c '#include "steer.bpf.h"'
bad src/base/a.c '#include "port/port.h"'
bad src/port/a.c '#include "../engine/scan.h"'
bad src/port/a.c '  #  include <irl/scan.h>'
bad src/wire/a.c '#include "frame/pool.h"'
bad src/target/a.c '#include "probe/probe.h"'
bad src/app/a.c '#include "port/port.h"'
bad src/app/a.c '#include "base/clock.h"'
bad src/app/a.c '#include "live.skel.h"'
bad src/cli/a.c '#include "app/scan.h"'
bad src/base/a.c '#include <irl/unheard.h>'
bad src/attic/a.c '#include <stdio.h>'
bad driver/linux/a.bpf.c '#include "port/port.h"'
