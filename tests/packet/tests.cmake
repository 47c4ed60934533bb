# SPDX-License-Identifier: BSD-2-Clause
# Each script *.pkt is a test of its file's name: see packet/README.md.
irl_test_program(packet_runner packet/runner.c packet/script.c packet/header.c
  packet/steps.c packet/segment.c packet/frame.c packet/bed.c packet/rules.c)

file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.pkt)
foreach(script ${scripts})
  get_filename_component(name ${script} NAME_WE)
  add_test(NAME packet.${name} COMMAND packet_runner ${script})
endforeach()
add_test(NAME packet.runner-fail COMMAND ${CMAKE_CURRENT_LIST_DIR}/runner_fail.sh
  $<TARGET_FILE:packet_runner> ${CMAKE_CURRENT_LIST_DIR})

# docs/tcp.md is the table of contents.
set(doc ${PROJECT_SOURCE_DIR}/docs/tcp.md)
add_test(NAME packet.table
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/table.sh ${doc} ${CMAKE_CURRENT_LIST_DIR})
add_test(NAME packet.table-fail COMMAND ${CMAKE_CURRENT_LIST_DIR}/table_fail.sh
  ${CMAKE_CURRENT_LIST_DIR} ${doc})

# Does a wrong stack fail?  By night: each mutation is a build.  By day: does
# each still make it wrong?
add_test(NAME packet.mutations-apply
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/mutate -n)
add_test(NAME packet.mutations CONFIGURATIONS nightly
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/mutate)
set_tests_properties(packet.mutations PROPERTIES TIMEOUT 7200)

# What a segment of an attack costs, in instructions: twice what was measured
# in a build without optimisation.  Valgrind does not read what clang tells of it.
if(NOT IRL_SANITIZE AND CMAKE_C_COMPILER_ID STREQUAL GNU)
  irl_test_program(tcp_work packet/work.c)
  add_test(NAME packet.work
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/work.sh $<TARGET_FILE:tcp_work>
    sack 43000 10 gap 35000 1 reset 9200 1 window 23000 1 byte 17000 1)
  add_test(NAME packet.work-fail
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/work.sh $<TARGET_FILE:tcp_work>
    grows 100000000 64)
  set_tests_properties(packet.work-fail PROPERTIES
    PASS_REGULAR_EXPRESSION "it grows with the number")
endif()
