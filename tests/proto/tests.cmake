# SPDX-License-Identifier: BSD-2-Clause
# Parsers over the responses that the fuzz targets keep.
set(here ${CMAKE_CURRENT_LIST_DIR})
set(kept ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/fuzz_proto_http)
irl_test_program(proto_answer ${here}/answer.c)
add_test(NAME proto.split COMMAND proto_answer split ${kept})
add_test(NAME proto.node COMMAND ${here}/node.sh $<TARGET_FILE:proto_answer>
  ${kept})
set_tests_properties(proto.split PROPERTIES LABELS unit)
