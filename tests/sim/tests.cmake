# SPDX-License-Identifier: BSD-2-Clause
# Loss x RTT x window in virtual time; 10^6 connections a cell by night.
add_executable(tcp_sim sim/sim.c sim/cell.c sim/model.c
  $<TARGET_OBJECTS:irl_objects>)
target_include_directories(tcp_sim PRIVATE ${PROJECT_SOURCE_DIR}/include
  ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(tcp_sim PRIVATE irl_warnings PkgConfig::LIBBPF
  Threads::Threads m)
add_test(NAME sim.table COMMAND tcp_sim)
add_test(NAME sim.nightly CONFIGURATIONS nightly COMMAND tcp_sim)
set_tests_properties(sim.nightly PROPERTIES TIMEOUT 14400
  ENVIRONMENT IRL_NIGHTLY=1)
