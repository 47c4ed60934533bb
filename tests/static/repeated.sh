#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# repeated.sh SOURCE: are those named that passed at the second try, and no
# others?
set -eu
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cat >"$log" <<'END'
1/3 Test  #1: a.late .....................***Failed    2.38 sec
        what it said
    Test  #1: a.late .....................   Passed    4.38 sec
2/3 Test  #2: a.good .....................   Passed    4.38 sec
    Test  #3: a.bad ......................***Timeout 120.01 sec
3/3 Test  #3: a.bad ......................***Failed    1.00 sec
END
named=$("$1/scripts/repeated-tests" "$log")
[ "$named" = "  a.late (2.38 s)" ] || {
	printf 'named are:\n%s\n' "$named"
	exit 1
}
