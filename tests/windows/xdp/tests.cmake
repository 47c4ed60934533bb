# SPDX-License-Identifier: BSD-2-Clause
# The port "xdpwin" on Linux: its sources over a stand-in for xdp.sys, by the
# conformance suite and by tests of its own.
set(xdp ${CMAKE_CURRENT_LIST_DIR})
set(room ${PROJECT_SOURCE_DIR}/src)
file(GLOB sources CONFIGURE_DEPENDS ${room}/wire/*.c ${room}/steer/*.c)
add_library(xdpwin STATIC ${sources} ${room}/base/error.c
  ${room}/base/os_linux.c ${room}/port/counters.c ${room}/port/port.c
  ${room}/port/xdp_rules_windows.c ${room}/port/xdp_socket_windows.c
  ${room}/port/xdp_windows.c ${xdp}/double.c
  ${xdp}/facts.c ${xdp}/native.c)
target_include_directories(xdpwin PUBLIC ${PROJECT_SOURCE_DIR}/include ${room}
  ${xdp} ${here}/wine ${PROJECT_SOURCE_DIR}/tests
  ${PROJECT_SOURCE_DIR}/tests/port)
target_link_libraries(xdpwin PRIVATE irl_warnings PUBLIC Threads::Threads)

set(suite ${PROJECT_SOURCE_DIR}/tests/port)
add_executable(xdpwin_conformance ${suite}/conformance.c ${suite}/cases_send.c
  ${suite}/cases_receive.c ${suite}/numbered.c ${suite}/bed_any.c
  ${here}/wine/bed.c)
target_link_libraries(xdpwin_conformance PRIVATE irl_warnings xdpwin)
add_test(NAME windows.xdpwin COMMAND xdpwin_conformance xdpwin double)
set_tests_properties(windows.xdpwin PROPERTIES TIMEOUT 600
  LABELS "unit;threads")

add_executable(test_xdpwin ${xdp}/test_xdpwin.c)
target_link_libraries(test_xdpwin PRIVATE irl_warnings xdpwin
  PkgConfig::CMOCKA)
add_test(NAME windows.test_xdpwin COMMAND test_xdpwin)
set_tests_properties(windows.test_xdpwin PROPERTIES LABELS "unit;threads")
