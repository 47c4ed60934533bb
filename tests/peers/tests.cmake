# SPDX-License-Identifier: BSD-2-Clause
# The client stack against TCP that we did not write.
set(here ${CMAKE_CURRENT_LIST_DIR})
irl_test_program(peers_pull ${here}/pull.c)
foreach(name serve relay)
  add_executable(peers_${name} ${here}/${name}.c)
  target_link_libraries(peers_${name} PRIVATE irl_warnings)
endforeach()

add_test(NAME peers.banners
  COMMAND ${here}/banners.sh $<TARGET_FILE_DIR:peers_pull> $<TARGET_FILE:irl>)
foreach(name nginx loss)
  add_test(NAME peers.${name} COMMAND ${here}/${name}.sh $<TARGET_FILE_DIR:peers_pull>)
endforeach()
