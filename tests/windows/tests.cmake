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

file(GLOB scenarios CONFIGURE_DEPENDS ${here}/scenarios*.c)
add_executable(windows_scenarios ${scenarios} ${here}/lab.c
  ${here}/entry_native.c)
irl_windows(windows_scenarios)
target_link_libraries(windows_scenarios PRIVATE windows_drivers windows_double
  irl_internal PkgConfig::CMOCKA PkgConfig::LIBBPF PkgConfig::ZLIB
  PkgConfig::CRYPTO m)
add_test(NAME windows.scenarios COMMAND windows_scenarios)
set_tests_properties(windows.scenarios PROPERTIES LABELS unit)

# Do wrong drivers fail?  By night: each mutation is a build.  By day: does each
# still make them wrong?
add_test(NAME windows.mutations-apply
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/mutate -n drivers)
add_test(NAME windows.mutations CONFIGURATIONS nightly
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/mutate drivers)
set_tests_properties(windows.mutations PROPERTIES TIMEOUT 7200)

# The drivers as they ship (clang) and as gcc builds them: their .sys files,
# loaded away from the base they prefer, under the same scenarios.
add_executable(windows_images ${scenarios} ${here}/lab.c
  ${here}/entry_image.c ${here}/image.c ${here}/exports.c)
irl_windows(windows_images)
target_link_libraries(windows_images PRIVATE windows_double irl_internal
  PkgConfig::CMOCKA PkgConfig::LIBBPF PkgConfig::ZLIB PkgConfig::CRYPTO m)
# Built by the fixture of drivers.cmake, which is in no sanitizer's build.
if(NOT IRL_SANITIZE)
  foreach(compiler clang gcc)
    add_test(NAME windows.images-${compiler} COMMAND windows_images)
    set_tests_properties(windows.images-${compiler} PROPERTIES LABELS unit
      ENVIRONMENT
      IRL_WINDOWS_DRIVERS=${CMAKE_CURRENT_BINARY_DIR}/windows/${compiler}
      FIXTURES_REQUIRED windows_drivers)
  endforeach()
endif()

if(NOT IRL_SANITIZE)
  add_test(NAME windows.images-guard COMMAND ${here}/guard-fail.sh
    $<TARGET_FILE:windows_images> ${CMAKE_CURRENT_BINARY_DIR}/windows/clang
    ${here}/pe_lint)
  set_tests_properties(windows.images-guard PROPERTIES LABELS unit
    FIXTURES_REQUIRED windows_drivers)
endif()

add_executable(windows_test_threads ${here}/test_threads.c ${here}/lab.c
  ${here}/entry_native.c)
irl_windows(windows_test_threads)
target_link_libraries(windows_test_threads PRIVATE windows_drivers
  windows_double PkgConfig::CMOCKA)
add_test(NAME windows.threads COMMAND windows_test_threads)
set_tests_properties(windows.threads PROPERTIES LABELS "unit;threads")

# Instructions a frame through the shipped driver.  (valgrind 3.19 does not read
# what clang 14 writes about its code.)
add_executable(windows_count ${here}/count.c ${here}/lab.c
  ${here}/entry_image.c ${here}/image.c ${here}/exports.c)
irl_windows(windows_count)
target_link_libraries(windows_count PRIVATE windows_double)
if(NOT IRL_SANITIZE AND CMAKE_C_COMPILER_ID STREQUAL GNU)
  add_test(NAME windows.instructions COMMAND ${here}/instructions
    $<TARGET_FILE:windows_count> ${CMAKE_CURRENT_BINARY_DIR}/windows/clang 150)
  set_tests_properties(windows.instructions PROPERTIES
    FIXTURES_REQUIRED windows_drivers)
endif()

# The drivers' header once more, beside what the .sys files are compiled with.
if(NOT IRL_SANITIZE)
  add_test(NAME windows.facts COMMAND x86_64-w64-mingw32-gcc -std=gnu11
    -fsyntax-only -I${driver} -I${here}
    -isystem /usr/x86_64-w64-mingw32/include/ddk ${here}/facts_drivers.c)
endif()
add_executable(windows_facts_bits ${here}/facts_bits.c)
irl_windows(windows_facts_bits)
target_link_libraries(windows_facts_bits PRIVATE windows_drivers windows_double)
add_test(NAME windows.facts-bits COMMAND windows_facts_bits)
add_test(NAME windows.facts-all
  COMMAND ${here}/facts_lint ${PROJECT_SOURCE_DIR})
include(${here}/xdp/tests.cmake)
include(${here}/wine/tests.cmake)
