#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# locks_fail.sh SOURCE-DIR: a lock in any of the rooms is found, and a room that
# is gone is missed.
set -eu
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fails() {
	if "$source/tests/static/locks.sh" "$work" >"$work/said" 2>&1; then
		echo "not found: $1"
		exit 1
	fi
	grep -q "$2" "$work/said" || {
		echo "not told: $1; it says: $(cat "$work/said")"
		exit 1
	}
}
for room in wire frame steer target probe proto tcp engine; do
	mkdir -p "$work/src/$room"
	: >"$work/src/$room/a.c"
done
"$source/tests/static/locks.sh" "$work"
for call in 'pthread_mutex_lock(&x);' 'sem_wait(&x);' 'mtx_lock(&x);' \
	'syscall(SYS_futex, &x);' 'AcquireSRWLockShared(&x);' \
	'__atomic_test_and_set(&x, 0);'; do
	echo "$call" >"$work/src/tcp/a.c"
	fails "$call" 'src/tcp/a.c:1:'
done
: >"$work/src/tcp/a.c"
rm -r "$work/src/engine"
fails "a room that is gone" 'no src/engine'
