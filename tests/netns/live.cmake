# SPDX-License-Identifier: BSD-2-Clause
# The live port's own: what no other port has.
foreach(name live_probe live_steer live_ring live_failing live_vlan live_share)
  irl_test_program(test_${name} netns/test_${name}.c)
  add_test(NAME netns.${name} COMMAND test_${name})
  set_tests_properties(netns.${name} PROPERTIES LABELS threads)
endforeach()
# Forked children open ports, which start threads: TSan takes no such child.
set_tests_properties(netns.live_share PROPERTIES LABELS "" TIMEOUT 300)
