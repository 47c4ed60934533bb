#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# table_fail.sh TESTS/PACKET DOC: a script more, one less and a requirement
# less, and a script without its section, are each found.
set -eu
here=$1
doc=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

refused() {
	if "$here/table.sh" "$work/tcp.md" "$work/scripts" >"$work/said" 2>&1; then
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
	cp "$doc" "$work/tcp.md"
}
fresh
"$here/table.sh" "$work/tcp.md" "$work/scripts"
echo '# RFC 9293, 3.5: new' >"$work/scripts/new.pkt"
refused "a new script" '> new'
fresh
rm "$work/scripts/open.pkt"
refused "a script that is gone" '< open'
fresh
sed '/MUST-40 /d; s/^# RFC 9293.*MUST-40/# RFC 9293/' "$doc" >"$work/tcp.md"
sed -i 's/`delayed-ack` `delayed-ack-long`/& /' "$work/tcp.md"
printf '| x | x | x | `delayed-ack` `delayed-ack-long` `delayed-ack-data` |\n' \
	>>"$work/tcp.md"
refused "a requirement that is gone" 'MUST-40 is missing'
for first in connect '# what it is about' '# RFC 9293: no section' \
	'# docs/tcp.md, Nowhere: no such heading' '# docs/tcp.md: none'; do
	fresh
	echo "$first" >"$work/scripts/open.pkt"
	refused "a script that begins: $first" 'names no section'
done
