#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# locks.sh TREE: no lock stands between workers: nothing that works on segments,
# connections, targets or probes takes one, waits for another thread or has one
# woken.  (Records go through rings; a sample of frames is written under the
# lock of its file, in output.)
set -eu
cd "$1"
set -- src/wire src/frame src/steer src/target src/probe src/proto src/tcp \
	src/engine
for room; do
	[ -d "$room" ] || {
		echo "no $room"
		exit 1
	}
done
words='pthread_(mutex|rwlock|spin|cond|barrier)|\bsem_(wait|timedwait|post)|\b(mtx|cnd)_'
words="$words|futex|SRWLock|CriticalSection|WaitOnAddress|atomic_flag|test_and_set"
if grep -rnE "$words" "$@"; then
	echo "a lock between workers"
	exit 1
fi
