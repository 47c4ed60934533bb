# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the scripts that try a command; they have made the directory $work
# and end with "exit $failed".
failed=0

fail() {
	echo "FAILED: $*"
	failed=1
}

# exits CODE COMMAND...: it must end with that code; output in $work/out.
exits() {
	local wanted=$1 got=0
	shift
	"$@" >"$work/out" 2>"$work/err" || got=$?
	[ "$got" = "$wanted" ] ||
		fail "'$*' gave $got, not $wanted: $(cat "$work/err")"
}

# says TEXT: the last complaint is one line and holds TEXT.
says() {
	[ "$(wc -l <"$work/err")" = 1 ] || fail "not one line: $(cat "$work/err")"
	grep -qF -- "$1" "$work/err" || fail "no '$1' in: $(cat "$work/err")"
}

# until_true COMMAND...: within 20 s.
until_true() {
	local end=$((SECONDS + 20))
	while ! "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}
