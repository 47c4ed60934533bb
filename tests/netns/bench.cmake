# SPDX-License-Identifier: BSD-2-Clause
# Benchmarks run, tell their figures and leave nothing behind; no timing.
irl_test_program(test_bench netns/test_bench.c)
add_test(NAME netns.bench COMMAND test_bench $<TARGET_FILE:irl>)
