# SPDX-License-Identifier: BSD-2-Clause
# Whole scans against a world.
irl_test_program(test_scan_world netns/test_scan.c)
add_test(NAME netns.scan COMMAND test_scan_world)
irl_test_program(test_scan_own netns/test_scan_own.c)
add_test(NAME netns.scan_own COMMAND test_scan_own)
set_tests_properties(netns.scan netns.scan_own PROPERTIES LABELS threads)
