/* SPDX-License-Identifier: BSD-2-Clause */
/* What a stretch of a benchmark costs, from its beginning to now: wall clock,
 * and processor time of all cores. */
#ifndef IRL_BENCH_COST_H
#define IRL_BENCH_COST_H

#include <stdint.h>
#include <irl/cpu.h>

struct bench_cost {
	struct irl_cpu_reading from;
	uint64_t begin_ns;
};

void bench_cost_begin(struct bench_cost *cost);
double bench_cost_seconds(const struct bench_cost *cost);
/* Seconds of processor time, of all cores. */
double bench_cost_spent(const struct bench_cost *cost);

#endif
