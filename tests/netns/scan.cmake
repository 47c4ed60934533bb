# SPDX-License-Identifier: BSD-2-Clause
# Whole scans against a world.
irl_test_program(test_scan_world netns/test_scan.c)
add_test(NAME netns.scan COMMAND test_scan_world)
irl_test_program(test_scan_own netns/test_scan_own.c)
add_test(NAME netns.scan_own COMMAND test_scan_own)
irl_test_program(test_scan_on_link netns/test_scan_on_link.c)
add_test(NAME netns.scan_on_link COMMAND test_scan_on_link)
target_compile_definitions(test_scan_on_link PRIVATE
  IRL_PROGRAM="$<TARGET_FILE:irl>")
add_dependencies(test_scan_on_link irl)
irl_test_wraps(test_scan_on_link net_neighbours_new irl_port_open
  irl_port_close)
set_tests_properties(netns.scan_on_link PROPERTIES RESOURCE_LOCK quiet)
set_tests_properties(netns.scan netns.scan_own netns.scan_on_link
  PROPERTIES LABELS threads)
