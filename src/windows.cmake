# SPDX-License-Identifier: BSD-2-Clause
# The library and the program for Windows: every source but those of Linux.
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)

include(linux.cmake)
list(REMOVE_ITEM sources ${IRL_LINUX_SOURCES})
add_library(irlstack_static STATIC ${sources})
set_target_properties(irlstack_static PROPERTIES OUTPUT_NAME irlstack)
target_include_directories(irlstack_static
  PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(irlstack_static PRIVATE irl_warnings
  PUBLIC ZLIB::ZLIB Threads::Threads bcrypt iphlpapi ws2_32)
# For tests, which call internal functions too.
add_library(irl_internal ALIAS irlstack_static)
