#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# lint.sh SOURCE-DIR BUILD-DIR: each checker of style and defects refuses
# tests/lint/bad.c, for the reason that it is there for.
set -u
cd "$1" || exit 1
bad=tests/lint/bad.c
status=0

# finds PATTERN COMMAND...
finds() {
	pattern=$1
	shift
	if said=$("$@" 2>&1) || ! echo "$said" | grep -q "$pattern"; then
		echo "$1 does not find '$pattern'; it says: $said"
		status=1
	fi
}
finds clang-format-violations scripts/check-format $bad
finds clang-analyzer-core.NullDereference scripts/check-tidy "$2" $bad
finds nullPointer scripts/check-cppcheck --template=gcc $bad
finds arrayIndexOutOfBounds scripts/check-cppcheck --template=gcc $bad
exit $status
