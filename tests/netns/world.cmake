# SPDX-License-Identifier: BSD-2-Clause
# The world: its responder frame by frame, its namespaces from outside.
irl_test_program(test_world_responder netns/test_world_responder.c)
add_test(NAME netns.world_responder COMMAND test_world_responder)
