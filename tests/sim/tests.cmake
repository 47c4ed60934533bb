# SPDX-License-Identifier: BSD-2-Clause
# Loss x RTT x window in virtual time; 10^6 connections a cell by night.
irl_test_program(tcp_sim sim/sim.c sim/cell.c sim/model.c)
irl_test_program(tcp_upload sim/upload.c)
add_test(NAME sim.upload COMMAND tcp_upload)
add_test(NAME sim.table COMMAND tcp_sim)
add_test(NAME sim.nightly CONFIGURATIONS nightly COMMAND tcp_sim)
set_tests_properties(sim.nightly PROPERTIES TIMEOUT 14400
  ENVIRONMENT IRL_NIGHTLY=1)
