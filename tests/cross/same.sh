#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# same.sh LINUX-PROGRAM WINDOWS-PROGRAM [ARGUMENT...]: both write the same bytes
# to standard output, some, and end with the same code.
PATH=$PATH:/usr/lib/wine command -v wine64 >/dev/null || exit 77
set -u
linux=$1
windows=$2
shift 2
[ -x "$linux" ] || {
	echo "skipped: no $linux to compare with (build the preset release)"
	exit 77
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$linux" "$@" >"$dir/linux" 2>"$dir/linux.err" </dev/null
linux_code=$?
"$(dirname "$0")/../../scripts/wine" "$windows" "$@" >"$dir/windows" \
	2>"$dir/windows.err" </dev/null
windows_code=$?
if ! cmp "$dir/linux" "$dir/windows" || [ ! -s "$dir/linux" ] ||
	[ $linux_code -ne $windows_code ]; then
	echo "exit codes: Linux $linux_code, Windows $windows_code"
	diff "$dir/linux" "$dir/windows" | cat -A | head -n 10
	cat "$dir/linux.err" "$dir/windows.err"
	exit 1
fi
