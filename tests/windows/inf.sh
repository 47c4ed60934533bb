#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# inf.sh SOURCE DIRECTORY: the INFs that were built say what the drivers say.
set -eu
source=$1/driver/windows
fail() {
	echo "$1" >&2
	exit 1
}

for name in irlstackp irlstackf; do
	inf=$2/$name.inf
	! grep -q '@' "$inf" || fail "$inf: a @...@ that is not filled in"
	! grep -qv $'\r$' "$inf" || fail "$inf: lines that do not end as Windows'"
	text=$(tr -d '\r' <"$inf")
	for line in "AddService = $name,, Service" \
		"ServiceBinary  *= %12%.$name.sys" "CatalogFile = $name.cat" \
		"HKR, Ndi, Service,, \"$name\""; do
		grep -q "^$line" <<<"$text" || fail "$inf lacks: $line"
	done
done

# NDIS finds a filter by this name in both places.
unique=$(sed -n 's/.*UNIQUE_NAME L"\({.*}\)".*/\1/p' "$source/filter.c")
[ ${#unique} -eq 38 ] || fail "no UNIQUE_NAME in filter.c"
grep -q "^NetCfgInstanceId = \"$unique\"" "$2/irlstackf.inf" ||
	fail "NetCfgInstanceId is not $unique"
grep -q 'ServiceName, L"irlstackf"' "$source/filter.c" ||
	fail "filter.c names another service"
