#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# testing.sh SOURCE BUILD: every test that docs/testing.md names exists, night
# tests included, and the fuzzers', which have a build of their own; so do those
# of docs/windows.md that this build has.
set -euo pipefail
page=$1/docs/testing.md
names=$(ctest --test-dir "$2" -C nightly -N | sed -n 's/^ *Test *#[0-9]*: //p')
fuzz=$1/tests/fuzz
names+=$'\n'$(cd "$fuzz" && ls fuzz_*.c | sed 's/^fuzz_\(.*\)\.c$/fuzz.\1/')
names+=$'\n'$(sed -n 's/^ *irl_fuzz(\([a-z]*\) .*/fuzz.\1/p' "$fuzz/CMakeLists.txt")
here='`(windows|static|fuzz)\.[a-z0-9_-]*[a-z0-9]`'
missing=0
while read -r name; do
	grep -qxF -- "$name" <<<"$names" || {
		echo "the pages name $name, which is no test"
		missing=1
	}
done < <({
	grep -o '`[a-z]*\.[a-z0-9_-]*`' "$page"
	grep -oE "$here" "$1/docs/windows.md" | grep -v '\.c`'
} | tr -d '`' | sort -u)
exit $missing
