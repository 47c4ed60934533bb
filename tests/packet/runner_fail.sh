#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# runner_fail.sh RUNNER TESTS/PACKET: the runner refuses scripts that the stack
# does not keep, for the right reason and at the right line.
set -eu
runner=$1
here=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/*.inc "$work"

# refused LINE REASON: open-plain.inc and the line on standard input.
refused() {
	{ echo "include open-plain.inc" && cat; } >"$work/x.pkt"
	if "$runner" -4 "$work/x.pkt" >"$work/said" 2>&1; then
		echo "passed: $(cat "$work/x.pkt")"
		exit 1
	fi
	grep -q "x.pkt:$1 " "$work/said" && grep -q "$2" "$work/said" || {
		echo "wrong reason: not line $1, '$2' but: $(cat "$work/said")"
		exit 1
	}
}
echo '1.0 > . 1:1(0) ack 1' | refused 2 'nothing was sent'
echo '1.0 event closed reset' | refused 2 'no such event'
echo '1.0 < R 1:1(0)' | refused 3 'closed unforeseen'
echo '1.0 < R 2:2(0)' | refused 3 'nobody expected'
printf '1.0 send 10\n1.0 > P. 1:12(11) ack 1\n' | refused 3 'but got'
printf '1.0 send 10\n1.0 > P. 1:11(10) ack 2\n' | refused 3 'but got'
printf '1.0 send 10\n1.0 > P. 2:12(10) ack 1\n' | refused 3 'but got'
printf '1.0 send 10\n1.0 > FP. 1:11(10) ack 1\n' | refused 3 'but got'
printf '1.0 send 10\n1.0 > P. 1:11(10) ack 1 win 1\n' | refused 3 'but got'
printf '1.0 send 10\n1.0 > P. 1:11(10) ack 1 <sackOK>\n' | refused 3 'but got'
printf '1.0 send 10\n1.5 > P. 1:11(10) ack 1\n' | refused 3 'another time'
printf '1.0 send 10\n1.5 nothing\n' | refused 3 'nobody expected'
printf '1.0 send 10\n1.0 > P. 1:11(10) ack 1 {ttl 7}\n' | refused 3 'but got'
printf '1.0 < P. 1:2(1) ack 1 {junk}\n1.0 read 1\n' | refused 3 'byte 0'
printf '1.0 < P. 1:2(1) ack 1\n1.0 read 2\n' | refused 3 'returned 1'
printf '1.0 count challenge 1\n' | refused 2 'it is 0'
printf '1.0 < P. 1:2(1) ack 1\n1.0 verdict stray\n' | refused 3 'was taken'
printf '1.0 sing\n' | refused 2 'no such step'
printf '1.0 < Q 1:1(0)\n' | refused 2 'not a segment'
printf '1.0 < . 1:3(1)\n' | refused 2 'not a segment'
printf '0.001 nothing\n' | refused 2 'in the past'
