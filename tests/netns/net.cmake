# SPDX-License-Identifier: BSD-2-Clause
# The host's network as src/net reads it.
foreach(name net_route net_ports net_resolve)
  irl_test_program(test_${name} netns/test_${name}.c)
  add_test(NAME netns.${name} COMMAND test_${name})
endforeach()
