# SPDX-License-Identifier: BSD-2-Clause
# What users of Windows get: the library, the package, its signatures and scripts.
set(cross ${CMAKE_CURRENT_SOURCE_DIR}/cross)
add_test(NAME package.exports COMMAND ${cross}/exports.sh ${PROJECT_SOURCE_DIR}
  ${CMAKE_BINARY_DIR})
add_test(NAME package.headers COMMAND ${cross}/headers.sh ${PROJECT_SOURCE_DIR})

add_test(NAME package.drivers COMMAND
  ${PROJECT_SOURCE_DIR}/scripts/build-windows-drivers ${CMAKE_BINARY_DIR}/driver)
set_tests_properties(package.drivers PROPERTIES FIXTURES_SETUP package)
add_test(NAME package.whole COMMAND ${cross}/package.sh ${PROJECT_SOURCE_DIR}
  ${CMAKE_BINARY_DIR})
add_test(NAME package.sign COMMAND ${cross}/sign.sh ${PROJECT_SOURCE_DIR}
  ${CMAKE_BINARY_DIR}/driver)
set_tests_properties(package.whole package.sign PROPERTIES
  FIXTURES_REQUIRED package)
add_test(NAME package.scripts COMMAND python3 ${cross}/powershell.py --prove
  ${PROJECT_SOURCE_DIR}/driver/windows/package
  ${PROJECT_SOURCE_DIR}/driver/windows/bringup)
