#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sign.sh SOURCE DRIVERS: signed with a throw-away certificate the drivers verify,
# by none other, and nothing but the signature has changed; a changed byte shows.
set -eu
sign=$1/scripts/sign-windows-drivers drivers=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
	echo "sign: $*" >&2
	exit 1
}
"$sign" "$drivers" "$work/a" || exit
"$sign" "$drivers" "$work/b"

verify() {
	osslsigncode verify -CAfile "$1" -in "$2" >"$work/said" 2>&1
}
for name in irlstackp.sys irlstackf.sys; do
	file=$work/a/$name
	verify "$work/a/irlstack-test.pem" "$file" || fail "$name: $(cat "$work/said")"
	! verify "$work/b/irlstack-test.pem" "$file" ||
		fail "$name: another's certificate verifies it"
	python3 - "$drivers/$name" "$file" <<'EOF'
import struct, sys
old, new = (bytearray(open(name, "rb").read()) for name in sys.argv[1:])
pe = struct.unpack_from("<I", old, 60)[0]
checksum, security = pe + 24 + 64, pe + 24 + 112 + 4 * 8
at, size = struct.unpack_from("<II", new, security)
assert at == (len(old) + 7) // 8 * 8 and at + size == len(new), "the table's place"
assert struct.unpack_from("<IHH", new, at)[1:] == (0x200, 2), "not PKCS #7"
for file in old, new:
    file[checksum:checksum + 4] = bytes(4)
    file[security:security + 8] = bytes(8)
assert new[:at] == old.ljust(at, b"\0"), "more than the signature changed"
EOF
	cp "$file" "$work/changed.sys"
	printf '\x90' | dd of="$work/changed.sys" bs=1 seek=1536 conv=notrunc 2>/dev/null
	! cmp -s "$file" "$work/changed.sys" || fail "no byte was changed"
	! verify "$work/a/irlstack-test.pem" "$work/changed.sys" ||
		fail "$name: a changed byte verifies"
done
