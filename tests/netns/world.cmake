# SPDX-License-Identifier: BSD-2-Clause
# The world: its responder frame by frame, as the host's TCP sees it, and the
# command from outside.
foreach(name world_responder world_kernel world_serve)
  irl_test_program(test_${name} netns/test_${name}.c)
  add_test(NAME netns.${name} COMMAND test_${name})
endforeach()
add_test(NAME netns.world_command
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/world.sh $<TARGET_FILE:irl>)
add_test(NAME netns.world_fetch
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/world_fetch.sh $<TARGET_FILE:irl>)
add_test(NAME netns.live_length
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/live_length.sh $<TARGET_FILE:irl>)
