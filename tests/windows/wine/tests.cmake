# SPDX-License-Identifier: BSD-2-Clause
# The shipped drivers under Wine's own I/O manager, from the service manager to
# a program's handle and back.  See README.md beside this folder.
if(IRL_SANITIZE)
  return() # nothing of it is compiled with sanitizers
endif()
set(wine ${CMAKE_CURRENT_LIST_DIR})
set(out ${CMAKE_CURRENT_BINARY_DIR}/wine)
add_test(NAME windows.wine-build
  COMMAND ${wine}/build ${out} ${CMAKE_CURRENT_BINARY_DIR}/windows)
set_tests_properties(windows.wine-build PROPERTIES FIXTURES_SETUP wine
  FIXTURES_REQUIRED windows_drivers)

add_test(NAME windows.wine-port
  COMMAND ${wine}/run ${out} conformance.exe windows wine)
add_test(NAME windows.wine-kill COMMAND ${wine}/run ${out} client.exe die)
add_test(NAME windows.wine-joined COMMAND ${wine}/run ${out} client.exe joined)
add_test(NAME windows.wine-claims COMMAND ${wine}/run ${out} client.exe claims)
add_test(NAME windows.wine-bridge COMMAND ${wine}/resolve ${out})
add_test(NAME windows.wine-scan
  COMMAND ${wine}/scan ${out} $<TARGET_FILE:irl> windows)
# The same over the port "xdpwin", its stand-in in the program.
add_test(NAME windows.wine-xdpwin
  COMMAND ${wine}/run ${out} conformance-xdp.exe xdpwin double)
add_test(NAME windows.wine-xdpwin-scan
  COMMAND ${wine}/scan ${out} $<TARGET_FILE:irl> xdpwin)
add_test(NAME windows.wine-without COMMAND ${wine}/without ${out})
set_tests_properties(windows.wine-xdpwin windows.wine-xdpwin-scan
  windows.wine-without PROPERTIES
  FIXTURES_REQUIRED wine RESOURCE_LOCK quiet TIMEOUT 300
  ENVIRONMENT "IRL_SOAK_FRAMES=1000000;IRL_WINE_DRIVERS=none")
add_test(NAME windows.wine-doctor COMMAND ${wine}/doctor ${out})
set(fetch ${wine}/fetch ${out} $<TARGET_FILE:irl>)
add_test(NAME windows.wine-fetch COMMAND ${fetch} set)
add_test(NAME windows.wine-fetch-scan COMMAND ${fetch} scan)
add_test(NAME windows.wine-fetch-list COMMAND ${fetch} list)
add_test(NAME windows.wine-fetch-pipe COMMAND ${fetch} pipe)
# Two minutes, for what no user of Wine has.
add_test(NAME windows.wine-bench CONFIGURATIONS nightly
  COMMAND ${wine}/bench ${out} $<TARGET_FILE:irl>)
set_tests_properties(windows.wine-port windows.wine-kill windows.wine-joined
  windows.wine-claims windows.wine-bridge windows.wine-scan windows.wine-doctor
  windows.wine-fetch windows.wine-fetch-scan windows.wine-fetch-list
  windows.wine-fetch-pipe windows.wine-bench PROPERTIES
  FIXTURES_REQUIRED wine RESOURCE_LOCK quiet TIMEOUT 300
  ENVIRONMENT IRL_SOAK_FRAMES=1000000)
set_tests_properties(windows.wine-bench PROPERTIES TIMEOUT 600)
