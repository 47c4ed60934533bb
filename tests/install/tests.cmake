# SPDX-License-Identifier: BSD-2-Clause
# The installed library is what users build against.
add_test(NAME install.examples COMMAND ${CMAKE_CURRENT_LIST_DIR}/examples.sh
  ${PROJECT_SOURCE_DIR} ${CMAKE_BINARY_DIR} ${CMAKE_C_COMPILER})
set_tests_properties(install.examples PROPERTIES LABELS static
  FIXTURES_SETUP installed)
