#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# guard-fail.sh PROGRAM DRIVERS LINT: with targets taken out of the drivers' guard
# tables the loader stops at an indirect call.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for driver in irlstackp irlstackf; do
	"$3" --spoil "guard's table lacks" "$2/$driver.sys" "$work/$driver.sys"
done
if IRL_WINDOWS_DRIVERS=$work "$1" >"$work/log" 2>&1; then
	echo "every scenario passed"
	exit 1
fi
grep "indirect call to .* unlisted" "$work/log" && exit
cat "$work/log"
exit 1
