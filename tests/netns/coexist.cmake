# SPDX-License-Identifier: BSD-2-Clause
# A scan beside the host's own traffic and beside other scans.
add_test(NAME netns.coexist
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/coexist.sh $<TARGET_FILE:irl>)
add_test(NAME netns.coexist_start
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/coexist_start.sh $<TARGET_FILE:irl>)
irl_test_program(test_coexist netns/test_coexist.c)
add_test(NAME netns.coexist_peer COMMAND test_coexist $<TARGET_FILE:irl>)
irl_test_program(test_slow_tap netns/test_slow_tap.c)
add_test(NAME netns.slow_tap COMMAND test_slow_tap $<TARGET_FILE:irl>)
irl_test_program(test_beside netns/test_beside.c)
add_test(NAME netns.beside COMMAND test_beside $<TARGET_FILE:irl>)
