#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# table.sh DOC SCRIPTS: does DOC name every script in the folder SCRIPTS, no
# other, and every MUST of RFC 9293; and does each script name an RFC or say
# what it is about in its first line?
set -eu
doc=$1
scripts=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk -F'|' '/^\|/ { print $(NF - 1) }' "$doc" | grep -o '`[a-z0-9-]*`' |
	tr -d '`' | sort -u >"$work/named"
for script in "$scripts"/*.pkt; do
	read -r first <"$script"
	case $first in
	'# '?*) ;;
	*)
		echo "$script: no word on what it shows" >&2
		exit 1
		;;
	esac
	name=${script##*/}
	echo "${name%.pkt}"
done | sort >"$work/there"
if ! diff "$work/named" "$work/there" >"$work/said"; then
	echo "$doc: '<' is named and does not exist, '>' is not named:"
	cat "$work/said"
	exit 1
fi
grep '^|' "$doc" | grep -o 'MUST-[0-9]*' | sort -u >"$work/musts"
for id in $(seq 69); do
	grep -qx "MUST-$id" "$work/musts" || {
		echo "$doc: MUST-$id is missing"
		exit 1
	}
done
