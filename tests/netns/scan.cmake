# SPDX-License-Identifier: BSD-2-Clause
# Whole scans against a world.
irl_test_program(test_scan_world netns/test_scan.c)
add_test(NAME netns.scan COMMAND test_scan_world)
