# SPDX-License-Identifier: BSD-2-Clause
# For tests of irl fetch in worlds of its own.  Sourced with $irl set; needs root
# and python3, exit 77 otherwise.
PATH=/usr/sbin:/sbin:/usr/bin:/bin:$PATH
if [ "$(id -u)" -ne 0 ] || ! command -v python3 >/dev/null; then
	echo "skipped: needs root and python3"
	exit 77
fi
"$irl" world run -- true 2>/dev/null || {
	echo "skipped: no world can be made here"
	exit 77
}
