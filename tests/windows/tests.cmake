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

