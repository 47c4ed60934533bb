#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# interrupt.sh INTERRUPT.EXE: Ctrl-C on a console of its own ends a run well the
# first time, and at once, with the code of Ctrl-C, the second.
PATH=$PATH:/usr/lib/wine command -v wine64 >/dev/null || exit 77
set -u
wine=$(dirname "$(realpath "$0")")/../../scripts/wine
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkfifo "$dir/keys"
script -qefc "'$wine' '$1'; echo code \$?" "$dir/screen" \
	<"$dir/keys" >/dev/null 2>&1 &
child=$!
exec 3>"$dir/keys"

shows() { # WORD: within half a minute
	for _ in {1..300}; do
		# Wine paints a character at a time.
		sed -E 's/\x1b\[[?0-9;]*[a-zA-Z]//g' "$dir/screen" 2>/dev/null |
			grep -q "$1" && return
		sleep 0.1
	done
	echo "the console does not show '$1' but:"
	cat -A "$dir/screen"
	kill $child
	exit 1
}
shows ready
printf '\003' >&3
shows stopped
sleep 0.7
printf '\003' >&3
shows 'code 58' # 0xC000013A, of which Linux keeps the last byte
exec 3>&-
wait $child
