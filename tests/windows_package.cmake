# SPDX-License-Identifier: BSD-2-Clause
# What users of Windows get: the library, the package, its signatures and scripts.
set(cross ${CMAKE_CURRENT_SOURCE_DIR}/cross)
add_test(NAME package.exports COMMAND ${cross}/exports.sh ${PROJECT_SOURCE_DIR}
  ${CMAKE_BINARY_DIR})
