#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# exports.sh SOURCE TREE: irlstack.dll exports what include/irl/*.h declare, but
# for what src/abi/windows.absent names; irl.exe exports nothing; both tell the
# version of CMakeLists.txt.
set -euo pipefail
source=$1 tree=$2
export LC_ALL=C
dump=x86_64-w64-mingw32-objdump
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
	echo "exports: $*" >&2
	exit 1
}

names() {
	$dump -p "$1" | awk '/^\[Ordinal\/Name Pointer\] Table/ { on = 1; next }
		NF == 0 { on = 0 }
		on && $NF ~ /^[A-Za-z_]/ { print $NF }' | sort -u
}

cat "$source"/include/irl/*.h | tr '\n' ' ' |
	sed 's|/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/||g' |
	grep -o 'IRL_API [^;(]*irl_[a-z0-9_]* *(' |
	sed 's/ *($//; s/.*[ *]//' | sort -u >"$work/declared"
grep '^irl_' "$source/src/abi/windows.absent" | sort -u >"$work/absent"
unknown=$(comm -13 "$work/declared" "$work/absent")
[ -z "$unknown" ] || fail "windows.absent names what no header has: $unknown"
comm -23 "$work/declared" "$work/absent" >"$work/public"
[ "$(wc -l <"$work/public")" -gt 100 ] || fail "the headers were not understood"

names "$tree/irlstack.dll" >"$work/exported"
diff -u "$work/public" "$work/exported" ||
	fail "'-' is declared and not exported, '+' is exported and not declared"
x86_64-w64-mingw32-nm "$tree/src/libirlstack.dll.a" 2>/dev/null |
	awk '$2 == "T" { print $3 }' | sort -u | diff -u "$work/public" - ||
	fail "the import library has other names"

# Absent is what cannot be linked, not what was forgotten.
while read -r name; do
	! x86_64-w64-mingw32-gcc-win32 -shared -static -o "$work/with.dll" \
		"-Wl,--require-defined=$name" "$tree/src/libirlstack.a" -lz -lpthread -lbcrypt \
		-liphlpapi -lntdll -lws2_32 2>/dev/null ||
		fail "$name is there by now: delete it from windows.absent"
done <"$work/absent"

[ -z "$(names "$tree/irl.exe")" ] || fail "irl.exe has exports"
allowed='^(ADVAPI32|bcrypt|IPHLPAPI|KERNEL32|msvcrt|ntdll|SHELL32|WS2_32)\.dll$'
for file in irl.exe irlstack.dll; do
	others=$($dump -p "$tree/$file" | sed -n 's/.*DLL Name: //p' |
		grep -Evi "$allowed" || :)
	[ -z "$others" ] || fail "$file needs $others"
	version=$(sed -n 's/^project(irlstack VERSION \([0-9.]*\).*/\1/p' \
		"$source/CMakeLists.txt")
	python3 - "$tree/$file" "$file" "$version" <<'EOF' || fail "$file: version"
import struct, sys
data = open(sys.argv[1], "rb").read()
def string(text):
    return text.encode("utf-16-le")
at = data.index(struct.pack("<II", 0xFEEF04BD, 0x10000))
high, low = struct.unpack_from("<II", data, at + 8)
told = f"{high >> 16}.{high & 0xffff}.{low >> 16}"
assert told == sys.argv[3], told
for key, value in ("OriginalFilename", sys.argv[2]), ("ProductVersion", told):
    key = string(key)
    assert string(value) in data[data.index(key):][:len(key) + 64], (key, value)
EOF
done
