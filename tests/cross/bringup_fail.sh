#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bringup_fail.sh KIT DOCS WINE IRL: the checker of the kit finds each fault.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kit=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fault WORDS COMMAND...: the kit after COMMAND, run inside it, is refused with
# WORDS.
fault() {
	rm -rf "$work/kit"
	cp -r "$kit" "$work/kit"
	(cd "$work/kit" && "${@:2}")
	if python3 "$here/bringup.py" "$work/kit" "${docs:-$DOCS}" "$WINE" \
		"$IRL" >"$work/said"; then
		echo "FAIL: not found: $1"
		exit 1
	fi
	grep -qF -- "$1" "$work/said" || {
		cat "$work/said"
		echo "FAIL: not said: $1"
		exit 1
	}
}
DOCS=$1 IRL=$3
# Each program's help once, not once a fault.
WINE=$work/wine
for command in bench scan fetch; do
	"$2" "$IRL" $command --help >"$work/$command" 2>"$work/$command.err" || :
done
cat >"$WINE" <<END
#!/bin/sh
cat "$work/\$2"
cat "$work/\$2.err" >&2
END
chmod +x "$WINE"
fault "there is no facts.ps1" rm facts.ps1
fault "there is no irl.exe" rm irl.exe
fault "irl bench has no --round" sed -i 's/--rounds/--round/' bench.ps1
fault "irl bench has no --secs" sed -i "s/'--seconds'/'--secs'/" soak.ps1
fault "irl scan has no --pace" sed -i 's/--rate/--pace/' CHECKLIST.md
fault "soak.ps1: line" sed -i 's/^}/)/' soak.ps1
fault "a string without an end" sed -i 's/"made/made/' collect.ps1
fault "not of 5.1" sed -i 's/^\$irl = /$a = 1 \&\& /' bench.ps1
fault "bytes beyond ASCII" sed -i '1s/$/ é/' facts.ps1
fault "new.ps1 is not in it" cp bench.ps1 new.ps1
fault "facts.txt:" sed -i 's/^ndis NET_BUFFER_LIST .*/ndis/' facts.txt
fault "programs are missing" rm -r tests
docs=$work/docs
sed 's/^- Driver Verifier/- The weather, Driver Verifier/' "$DOCS" >"$docs"
fault "no row for: The weather" true
