# SPDX-License-Identifier: BSD-2-Clause
# A scan beside the host's own traffic and beside other scans.
add_test(NAME netns.coexist
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/coexist.sh $<TARGET_FILE:irl>)
