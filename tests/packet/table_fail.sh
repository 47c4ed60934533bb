#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# table_fail.sh TESTS/PACKET DOC: a script more, one less and a requirement
# less are each found.
set -eu
here=$1
doc=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

refused() {
	if "$here/table.sh" "$work/doc" "$work/scripts" >"$work/said" 2>&1; then
		echo "not found: $1"
		exit 1
	fi
	grep -q "$2" "$work/said" || {
		echo "not told: $1; it says: $(cat "$work/said")"
		exit 1
	}
}
fresh() {
	rm -rf "$work/scripts"
	mkdir "$work/scripts"
	cp "$here"/*.pkt "$work/scripts"
	cp "$doc" "$work/doc"
}
fresh
"$here/table.sh" "$work/doc" "$work/scripts"
echo '# new' >"$work/scripts/new.pkt"
refused "a new script" '> new'
fresh
rm "$work/scripts/open.pkt"
refused "a script that is gone" '< open'
fresh
sed '/MUST-40 /d; s/^# RFC 9293.*MUST-40/# RFC 9293/' "$doc" >"$work/doc"
sed -i 's/`delayed-ack` `delayed-ack-long`/& /' "$work/doc"
printf '| x | x | x | `delayed-ack` `delayed-ack-long` `delayed-ack-data` |\n' \
	>>"$work/doc"
refused "a requirement that is gone" 'MUST-40 is missing'
fresh
echo connect >"$work/scripts/open.pkt"
refused "a script without a word" 'no word'
