# SPDX-License-Identifier: BSD-2-Clause
# The binaries of driver/windows: built by two compilers without a warning, read
# by their analysers, looked at as files.
set(windows ${CMAKE_CURRENT_LIST_DIR})
set(built ${CMAKE_CURRENT_BINARY_DIR}/windows)
set(drivers ${built}/irlstackp.sys ${built}/irlstackf.sys
  ${built}/arm64/irlstackp.sys ${built}/arm64/irlstackf.sys
  --unguarded ${built}/gcc/irlstackp.sys ${built}/gcc/irlstackf.sys)
if(NOT IRL_SANITIZE)
  add_test(NAME windows.build COMMAND ${scripts}/build-windows-drivers ${built})
  set_tests_properties(windows.build PROPERTIES FIXTURES_SETUP windows_drivers
    TIMEOUT 300)
  add_test(NAME windows.analyze
    COMMAND ${scripts}/build-windows-drivers --analyze ${built})
  set_tests_properties(windows.analyze PROPERTIES TIMEOUT 600)
  add_test(NAME windows.analyze-fail COMMAND ${windows}/analyze-fail.sh
    ${scripts}/build-windows-drivers ${built} ${windows}/faulty.c)
  add_test(NAME windows.pe_lint COMMAND ${windows}/pe_lint ${drivers})
  add_test(NAME windows.pe_lint-fail
    COMMAND ${windows}/pe_lint --prove ${drivers})
  add_test(NAME windows.inf
    COMMAND ${windows}/inf.sh ${PROJECT_SOURCE_DIR} ${built})
  set(infs ${built}/irlstackp.inf ${built}/irlstackf.inf)
  add_test(NAME windows.inf_lint COMMAND ${windows}/inf_lint ${infs})
  add_test(NAME windows.inf_lint-fail
    COMMAND ${windows}/inf_lint --prove ${infs})
  set_tests_properties(windows.pe_lint windows.pe_lint-fail windows.inf
    windows.inf_lint windows.inf_lint-fail PROPERTIES
    FIXTURES_REQUIRED windows_drivers)
endif()
