#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# abi.sh SOURCE-DIR BUILD-DIR: a symbol more, one less and a wrong version are
# each found and the mend is named.
set -eu
source=$1
build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kept=$source/src/abi/irlstack.symbols

# refused: the library against the list in $work/symbols.
refused() {
	if IRL_ABI_SYMBOLS=$work/symbols \
		"$source/scripts/check-abi" "$build" >"$work/said" 2>&1; then
		echo "not found: $1"
		exit 1
	fi
	grep -q 'make abi' "$work/said" || {
		echo "no mend in: $(cat "$work/said")"
		exit 1
	}
}
sed 1d "$kept" >"$work/symbols"
refused "a new symbol"
{ cat "$kept" && echo irl_gone@@IRLSTACK_0.1; } >"$work/symbols"
refused "a symbol that is gone"
sed 1s/IRLSTACK_0.1/IRLSTACK_0.0/ "$kept" >"$work/symbols"
refused "a symbol of another version"
