# SPDX-License-Identifier: BSD-2-Clause
# The portable part's tests, cross-built and run under Wine.
# cmocka and jansson are not packaged for Windows.
add_library(irl_shim INTERFACE)
target_include_directories(irl_shim INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/shim)
target_compile_options(irl_shim INTERFACE -include shim/posix.h)

# irl_test_wraps(NAME FUNCTION...): it has its own __wrap_FUNCTION.
function(irl_test_wraps name)
  list(TRANSFORM ARGN PREPEND -Wl,--wrap=)
  target_link_options(${name} PRIVATE ${ARGN})
endfunction()

function(irl_test_program name)
  add_executable(${name} ${ARGN})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE irl_warnings irl_internal irl_shim)
endfunction()

# Those that speak to Linux, or to libraries that only Linux has here.
set(IRL_LINUX_TESTS test_cpu test_doctor_kernel test_output test_port_wrap
  test_quiet test_text)

file(GLOB unit CONFIGURE_DEPENDS unit/test_*.c)
foreach(source ${unit})
  get_filename_component(name ${source} NAME_WE)
  if(NOT name IN_LIST IRL_LINUX_TESTS)
    irl_test_program(${name} ${source})
    add_test(NAME unit.${name} COMMAND ${name})
  endif()
endforeach()

irl_test_wraps(test_scan_ledger irl_device_read)
irl_test_wraps(test_lines irl_os_write)
irl_test_wraps(test_tcp_memory irl_memory_take)
irl_test_wraps(test_fetch_memory malloc calloc irl_aligned_take
  irl_fetch_worker_start)

# The same scripts, cells and bytes as on Linux.
irl_test_program(packet_runner packet/runner.c packet/script.c packet/header.c
  packet/steps.c packet/segment.c packet/frame.c packet/bed.c packet/rules.c)
file(GLOB scripts CONFIGURE_DEPENDS packet/*.pkt)
# All in one: to begin a process costs more here than a script.
add_test(NAME packet.all COMMAND packet_runner ${scripts})

# irl_test_same(NAME PROGRAM ARGUMENT...): the program here and that of the
# tree for Linux, at the same place, write the same.
set(IRL_LINUX_TREE ${PROJECT_SOURCE_DIR}/build/release CACHE PATH
  "a tree of the same sources for Linux")
function(irl_test_same name program)
  file(RELATIVE_PATH folder ${CMAKE_BINARY_DIR}
    ${CMAKE_CURRENT_BINARY_DIR})
  if(program STREQUAL irl)
    set(folder .)
  endif()
  add_test(NAME same.${name}
    COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cross/same.sh
      ${IRL_LINUX_TREE}/${folder}/${program} $<TARGET_FILE:${program}> ${ARGN})
endfunction()
irl_test_program(tcp_sim sim/sim.c sim/cell.c sim/model.c)
irl_test_program(tcp_upload sim/upload.c)
irl_test_program(records cross/records.c)
irl_test_same(sim tcp_sim 300)
irl_test_same(upload tcp_upload)
irl_test_program(fetch cross/fetch.c)
foreach(what records frames)
  irl_test_same(fetch-${what} fetch ${what})
endforeach()
foreach(format csv json text pcapng)
  irl_test_same(records-${format} records ${format})
endforeach()

irl_test_program(conformance_memory port/conformance.c port/cases_send.c
  port/cases_receive.c port/numbered.c port/bed_any.c port/bed_memory.c)
add_test(NAME port.memory-memory COMMAND conformance_memory memory memory)
set_tests_properties(port.memory-memory PROPERTIES
  ENVIRONMENT IRL_SOAK_FRAMES=1000000)

# The program.
add_test(NAME same.dry-run
  COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cross/dry_run.sh
    ${IRL_LINUX_TREE}/irl $<TARGET_FILE:irl>)
irl_test_program(interrupt cross/interrupt.c
  ${PROJECT_SOURCE_DIR}/src/app/interrupt.c)
target_include_directories(interrupt PRIVATE ${PROJECT_SOURCE_DIR}/src/app)
add_test(NAME cli.interrupt COMMAND bash
  ${CMAKE_CURRENT_SOURCE_DIR}/cross/interrupt.sh $<TARGET_FILE:interrupt>)

foreach(name test_net_windows test_doctor_windows test_inquire_windows)
  irl_test_program(${name} cross/${name}.c)
  add_test(NAME net.${name} COMMAND ${name})
endforeach()
irl_test_program(test_links_windows cross/test_links_windows.c)
add_test(NAME unit.test_links_windows COMMAND test_links_windows)

# A contender of irl bench that Wine has not, over a table of the test's own.
irl_test_program(test_bench_rio cross/test_bench_rio.c
  ${PROJECT_SOURCE_DIR}/src/bench/send_rio_windows.c
  ${PROJECT_SOURCE_DIR}/src/bench/peer_windows.c
  ${PROJECT_SOURCE_DIR}/src/bench/channel.c
  ${PROJECT_SOURCE_DIR}/src/bench/channel_windows.c
  ${PROJECT_SOURCE_DIR}/src/bench/far_take.c)
add_test(NAME bench.test_bench_rio COMMAND test_bench_rio)

# The kit for a real Windows, made and read.
set(kit ${CMAKE_CURRENT_BINARY_DIR}/bringup)
set(kit_arguments ${kit} ${PROJECT_SOURCE_DIR}/docs/windows.md
  ${PROJECT_SOURCE_DIR}/scripts/wine ${CMAKE_BINARY_DIR}/irl.exe)
add_test(NAME bringup.build
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/build-bringup ${CMAKE_BINARY_DIR} ${kit})
set_tests_properties(bringup.build PROPERTIES FIXTURES_SETUP kit)
add_test(NAME bringup.kit COMMAND python3
  ${CMAKE_CURRENT_SOURCE_DIR}/cross/bringup.py ${kit_arguments})
add_test(NAME bringup.kit-fail COMMAND bash
  ${CMAKE_CURRENT_SOURCE_DIR}/cross/bringup_fail.sh ${kit_arguments})
set_tests_properties(bringup.kit bringup.kit-fail PROPERTIES
  FIXTURES_REQUIRED kit)

include(windows_package.cmake)
get_property(tests DIRECTORY PROPERTY TESTS)
set_tests_properties(${tests} PROPERTIES LABELS windows SKIP_RETURN_CODE 77
  TIMEOUT 300)
