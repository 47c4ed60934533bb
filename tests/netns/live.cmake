# SPDX-License-Identifier: BSD-2-Clause
# The live port's own: what no other port has.
irl_test_program(test_live_probe netns/test_live_probe.c)
add_test(NAME netns.live_probe COMMAND test_live_probe)
