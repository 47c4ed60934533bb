# SPDX-License-Identifier: BSD-2-Clause
# The installed library is what users build against.
add_test(NAME install.examples COMMAND ${CMAKE_CURRENT_LIST_DIR}/examples.sh
  ${PROJECT_SOURCE_DIR} ${CMAKE_BINARY_DIR} ${CMAKE_C_COMPILER})
add_test(NAME install.run COMMAND ${CMAKE_CURRENT_LIST_DIR}/run.sh
  ${CMAKE_BINARY_DIR})
set_tests_properties(install.examples PROPERTIES LABELS static
  FIXTURES_SETUP installed)
set_tests_properties(install.run PROPERTIES LABELS netns RESOURCE_LOCK net
  FIXTURES_REQUIRED installed)
