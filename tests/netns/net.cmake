# SPDX-License-Identifier: BSD-2-Clause
# The host's network as src/net reads it, and irl doctor.
foreach(name net_route net_ports net_resolve net_resolve6 source tcp6
    net_doctor)
  irl_test_program(test_${name} netns/test_${name}.c)
  add_test(NAME netns.${name} COMMAND test_${name})
endforeach()
target_compile_definitions(test_net_doctor PRIVATE
  IRL_PROGRAM="$<TARGET_FILE:irl>")
add_dependencies(test_net_doctor irl)
set_tests_properties(netns.net_resolve netns.net_resolve6 netns.tcp6 PROPERTIES LABELS threads)
# These wait for who is silent: they keep no core busy.
set_tests_properties(netns.net_resolve netns.net_resolve6 netns.source PROPERTIES
  RESOURCE_LOCK quiet)
