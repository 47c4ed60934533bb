# SPDX-License-Identifier: BSD-2-Clause
# The tree itself, and proof that each checker can fail.
set(here ${CMAKE_CURRENT_LIST_DIR})
set(scripts ${PROJECT_SOURCE_DIR}/scripts)
add_test(NAME static.includes COMMAND ${scripts}/check-includes)
add_test(NAME static.includes-fail
  COMMAND ${here}/includes.sh ${PROJECT_SOURCE_DIR})
add_test(NAME static.systems COMMAND ${scripts}/check-systems)
add_test(NAME static.systems-fail
  COMMAND ${here}/systems.sh ${PROJECT_SOURCE_DIR})
if(NOT IRL_SANITIZE) # their runtimes add symbols of their own
  add_test(NAME static.abi COMMAND ${scripts}/check-abi ${CMAKE_BINARY_DIR})
  add_test(NAME static.abi-fail
    COMMAND ${here}/abi.sh ${PROJECT_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_tests_properties(static.abi static.abi-fail PROPERTIES
    RESOURCE_LOCK abi)
endif()
add_test(NAME static.locks COMMAND ${here}/locks.sh ${PROJECT_SOURCE_DIR})
add_test(NAME static.locks-fail
  COMMAND ${here}/locks_fail.sh ${PROJECT_SOURCE_DIR})
add_test(NAME static.lint-fail
  COMMAND ${here}/lint.sh ${PROJECT_SOURCE_DIR} ${CMAKE_BINARY_DIR})
add_test(NAME static.results
  COMMAND ${here}/results.sh ${PROJECT_SOURCE_DIR})
add_test(NAME static.repeated
  COMMAND ${here}/repeated.sh ${PROJECT_SOURCE_DIR})
if(NOT IRL_SANITIZE) # there are fewer tests then
  add_test(NAME static.testing
    COMMAND ${here}/testing.sh ${PROJECT_SOURCE_DIR} ${CMAKE_BINARY_DIR})
endif()
include(${here}/../windows/drivers.cmake)
