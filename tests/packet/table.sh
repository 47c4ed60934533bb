#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# table.sh DOC SCRIPTS: does DOC name every script in the folder SCRIPTS, no
# other, and every MUST of RFC 9293; and does each script begin with the section
# that it holds the stack to: "# RFC NUMBER, SECTION", or "# DOC, HEADING" where
# that is our own decision?
set -eu
doc=$1
scripts=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk -F'|' '/^\|/ { print $(NF - 1) }' "$doc" | grep -o '`[a-z0-9-]*`' |
	tr -d '`' | sort -u >"$work/named"
# What the first line may begin with.
sed -n "s|^##* \(.*\)|# docs/${doc##*/}, \1:|p" "$doc" >"$work/headings"
awk '
	NR == FNR { heading[$0]; next }
	FNR > 1 { nextfile }
	/^# RFC [0-9]+, ([0-9]+(\.[0-9]+)*|[A-Z][A-Za-z ]+)([:;,]| )/ { next }
	{
		first = $0
		sub(/:.*/, ":", first)
		if (!(first in heading))
			print FILENAME ": its first line names no section"
	}' "$work/headings" "$scripts"/*.pkt >"$work/said"
if [ -s "$work/said" ]; then
	cat "$work/said"
	exit 1
fi
for script in "$scripts"/*.pkt; do
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
