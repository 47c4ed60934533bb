# SPDX-License-Identifier: BSD-2-Clause
# One list of cases for every port over every kind of link.  What a machine
# cannot do is skipped (77) with the reason.  IRL_SOAK_FRAMES sets the length
# of the long run (10^7, under sanitizers a tenth of that).
# The nightly configuration (ctest -C nightly) adds one of 10^8 frames.
irl_bpf(sink ${CMAKE_CURRENT_SOURCE_DIR}/port)

set(suite port/conformance.c port/cases_send.c port/cases_receive.c
  port/numbered.c port/bed_any.c)
add_executable(conformance ${suite} port/bed.c)
add_dependencies(conformance bpf_sink)
target_include_directories(conformance PRIVATE ${PROJECT_SOURCE_DIR}/include
  ${PROJECT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR}/port)
target_include_directories(conformance SYSTEM PRIVATE ${IRL_BPF_DIR})
target_link_libraries(conformance PRIVATE irl_warnings irl_internal
  PkgConfig::LIBBPF PkgConfig::ZLIB PkgConfig::CRYPTO Threads::Threads m)

irl_test_program(conformance_memory ${suite} port/bed_memory.c)

foreach(pair packet-veth packet-tap memory-memory live-veth live-tap)
  string(REPLACE "-" ";" words ${pair})
  set(program conformance)
  if(pair STREQUAL memory-memory)
    set(program conformance_memory)
  endif()
  add_test(NAME port.${pair} COMMAND ${program} ${words})
  set_tests_properties(port.${pair} PROPERTIES TIMEOUT 600 LABELS threads)
  add_test(NAME port.${pair}-soak CONFIGURATIONS nightly
    COMMAND ${program} ${words} soak)
  set_tests_properties(port.${pair}-soak PROPERTIES TIMEOUT 7200
    ENVIRONMENT IRL_SOAK_FRAMES=100000000)
endforeach()
