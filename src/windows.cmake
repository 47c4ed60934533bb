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
  PUBLIC ZLIB::ZLIB Threads::Threads bcrypt iphlpapi ntdll ws2_32)
# For tests, which call internal functions too.
add_library(irl_internal ALIAS irlstack_static)

enable_language(RC)
configure_file(cli/irl.manifest ${CMAKE_CURRENT_BINARY_DIR}/irl.manifest @ONLY)
configure_file(cli/irl.rc.in ${CMAKE_CURRENT_BINARY_DIR}/irl.rc @ONLY)

# The program, but for the world, which lives in namespaces of Linux.
file(GLOB program_sources CONFIGURE_DEPENDS app/*.c cli/*.c bench/*_windows.c)
list(FILTER program_sources EXCLUDE REGEX "/app/(world|bench_linux)\\.c$")
set(IRL_BENCH_COMMON bench/alternate.c bench/bench.c
  bench/channel.c bench/datagrams.c bench/far.c bench/far_take.c
  bench/report.c bench/report_out.c bench/send_port.c bench/tcp_client.c bench/tcp_link.c
  bench/tcp_note.c bench/tcp_port.c)
add_executable(irl ${program_sources} ${IRL_BENCH_COMMON}
  ${CMAKE_CURRENT_BINARY_DIR}/irl.rc)
target_include_directories(irl PRIVATE app cli ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(irl PRIVATE irl_warnings irlstack_static)
target_compile_definitions(irl PRIVATE IRL_VERSION="${PROJECT_VERSION}")
set_target_properties(irl PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
include(windows_shared.cmake)
