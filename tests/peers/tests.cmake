# SPDX-License-Identifier: BSD-2-Clause
# The client stack against TCP that we did not write.
set(here ${CMAKE_CURRENT_LIST_DIR})
irl_test_program(peers_pull ${here}/pull.c)
foreach(name serve relay)
  add_executable(peers_${name} ${here}/${name}.c)
  target_link_libraries(peers_${name} PRIVATE irl_warnings)
endforeach()

# Optional peers: what cannot be built is skipped with a word.
pkg_check_modules(LWIP IMPORTED_TARGET lwip)
if(LWIP_FOUND)
  add_executable(peers_lwip ${here}/lwip.c)
  target_link_libraries(peers_lwip PRIVATE irl_warnings PkgConfig::LWIP)
endif()

foreach(name banners loss world)
  add_test(NAME peers.${name}
    COMMAND ${here}/${name}.sh $<TARGET_FILE_DIR:peers_pull> $<TARGET_FILE:irl>)
  add_test(NAME peers.${name}-nightly CONFIGURATIONS nightly
    COMMAND ${here}/${name}.sh $<TARGET_FILE_DIR:peers_pull> $<TARGET_FILE:irl>)
  set_tests_properties(peers.${name}-nightly PROPERTIES TIMEOUT 3600
    ENVIRONMENT IRL_NIGHTLY=1)
endforeach()
foreach(name nginx lwip slirp gvisor)
  add_test(NAME peers.${name} COMMAND ${here}/${name}.sh $<TARGET_FILE_DIR:peers_pull>)
endforeach()
