# SPDX-License-Identifier: BSD-2-Clause
# The Windows drivers without Windows: their sources, and their binaries,
# against a double of NT and NDIS in a Linux process.  See README.md here.
if(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
  return() # the drivers' calling convention is that of x64
endif()
set(here ${CMAKE_CURRENT_LIST_DIR})

include(${here}/libraries.cmake)

add_executable(windows_test_double ${here}/test_double.c)
irl_windows(windows_test_double)
target_link_libraries(windows_test_double PRIVATE windows_double
  PkgConfig::CMOCKA)
add_test(NAME windows.double COMMAND windows_test_double)
set_tests_properties(windows.double PROPERTIES LABELS unit)

add_executable(windows_scenarios ${here}/scenarios.c ${here}/lab.c
  ${here}/entry_native.c)
irl_windows(windows_scenarios)
target_link_libraries(windows_scenarios PRIVATE windows_drivers windows_double
  irl_internal PkgConfig::CMOCKA PkgConfig::LIBBPF PkgConfig::ZLIB
  PkgConfig::CRYPTO m)
add_test(NAME windows.scenarios COMMAND windows_scenarios)
set_tests_properties(windows.scenarios PROPERTIES LABELS unit)

