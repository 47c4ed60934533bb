#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# package.sh SOURCE TREE: the package has all that its README names and no path of
# this machine; packing twice gives the same bytes; from what it has, the examples
# build and run on its DLL.
set -euo pipefail
source=$1 tree=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
	echo "package: $*" >&2
	exit 1
}
zip=$("$source/scripts/package-windows" "$tree")
cp "$zip" "$work/first.zip"
sleep 2 # of which a zip would keep one
"$source/scripts/package-windows" "$tree" >/dev/null
cmp "$zip" "$work/first.zip" || fail "packing twice gives two packages"

python3 -m zipfile -e "$zip" "$work"
at=$work/$(basename "$zip" .zip)
[ -d "$at" ] || fail "the folder in the package is not called as the package"
for file in bin/irl.exe bin/irlstack.dll lib/libirlstack.dll.a include/irl/abi/windows.h \
	driver/irlstack{p/irlstackp,f/irlstackf}.{sys,inf} README.md LICENSE.txt \
	driver/{install,uninstall,common,sign}.ps1 driver/attestation.ddf \
	symbols/irlstack{p,f}.pdb symbols/{irl.exe,irlstack.dll}.debug \
	licences/{libz-mingw-w64-dev,mingw-w64-x86-64-dev,gcc-mingw-w64-base}.txt \
	docs/{windows,windows-signing,ledger,proto}.md; do
	[ -s "$at/$file" ] || fail "no $file"
done
# Options that the README gives, of each command.
options() {
	tr -d '\r' <"$at/README.md" | grep -o "irl\.exe $1 [^|]*" | grep -o -- '--[a-z-]*'
}
grep -q "^# irlstack [0-9.]* for Windows" "$at/README.md" || fail "README: version"
tr -d '\r' <"$at/driver/attestation.ddf" | grep -v '^[.;]' | tr '\\' / |
	while read -r file; do
		case $file in *.cat) continue ;; esac # made on Windows
		[ -e "$at/driver/$file" ] || fail "attestation.ddf names $file"
	done
for file in "$at"/driver/*.ps1 "$at"/driver/*/*.inf "$at"/*.*; do
	[ -z "$(grep -v $'\r$' "$file" || :)" ] || fail "$file: line ends"
done
found=$(grep -rlaF "$(realpath "$source")" "$at" || :)
[ -z "$found" ] || fail "a path of this machine in: $found"

# A line for a debugger: main() is in src/cli/main.c.
address=$(x86_64-w64-mingw32-nm "$at/symbols/irl.exe.debug" |
	awk '$3 == "main" { print $1 }')
x86_64-w64-mingw32-addr2line -e "$at/symbols/irl.exe.debug" "$address" |
	grep -q 'src/cli/main.c:[1-9]' || fail "irl.exe.debug knows no line of main"
[ -z "$(x86_64-w64-mingw32-nm "$at/bin/irl.exe" 2>/dev/null)" ] ||
	fail "bin/irl.exe still has its symbols"

# A driver's PDB is of that very file (by its GUID), and knows its functions.
belongs() { # SYS PDB FUNCTION
	python3 - "$@" <<-'PY'
		import sys
		sys_, pdb = (open(name, "rb").read() for name in sys.argv[1:3])
		at = sys_.index(b"RSDS") + 4
		found = sys_[at:at + 16] in pdb and sys.argv[3].encode() + b"\0" in pdb
		sys.exit(not found)
	PY
}
p=irlstackp f=irlstackf
belongs "$at/driver/$p/$p.sys" "$at/symbols/$p.pdb" IrlpTransmit || fail "$p.pdb"
belongs "$at/driver/$f/$f.sys" "$at/symbols/$f.pdb" IrlfReceive || fail "$f.pdb"
! belongs "$at/driver/$f/$f.sys" "$at/symbols/$p.pdb" IrlpTransmit ||
	fail "any PDB would do"

export WINEPREFIX=$tree/wine
wine() {
	"$source/scripts/wine" "$@" </dev/null
}
wine "$at/bin/irl.exe" --version | tr -d '\r' >"$work/said"
grep -qF "$(basename "$at" | cut -d- -f2)" "$work/said" || fail "irl.exe --version"
for command in scan fetch; do
	wine "$at/bin/irl.exe" $command --help | tr -d '\r' >"$work/help"
	for option in $(options $command); do
		grep -q -- "$option\\>" "$work/help" ||
			fail "README: irl $command has no $option"
	done
done
for name in sender scanner; do
	x86_64-w64-mingw32-gcc-win32 -std=c11 -Wall -Wextra -Wconversion -Werror \
		"$at/examples/$name.c" -I"$at/include" "$at/lib/libirlstack.dll.a" \
		-o "$at/bin/$name.exe"
	status=0
	wine "$at/bin/$name.exe" >"$work/said" 2>&1 || status=$?
	[ $status -eq 1 ] && grep -q "^$name " "$work/said" ||
		fail "$name.exe without arguments: $status, $(cat "$work/said")"
done
# An answer from within the DLL.
wine "$at/bin/scanner.exe" 10.0.0.0/33 80 1 >"$work/said" 2>&1 || :
grep -q '10.0.0.0/33' "$work/said" || fail "scanner.exe: $(cat "$work/said")"
mv "$at/bin/irlstack.dll" "$work"
! wine "$at/bin/scanner.exe" 10.0.0.0/33 80 1 2>&1 | grep '10.0.0.0/33' ||
	fail "scanner.exe does not use the DLL"
