#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# headers.sh SOURCE: each public header compiles behind <windows.h> and the names
# that COM makes macros of.
set -euo pipefail
source=$1
status=0
for header in "$source"/include/irl/*.h; do
	printf '#include <%s>\n' winsock2.h windows.h objbase.h \
		"irl/$(basename "$header")" |
		x86_64-w64-mingw32-gcc-win32 -std=c11 -Wall -Wextra -Werror \
			-I"$source/include" -fsyntax-only -x c - || status=1
done
exit $status
