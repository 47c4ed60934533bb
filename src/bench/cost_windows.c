// SPDX-License-Identifier: BSD-2-Clause
/*
 * Processor time on Windows: that of all cores, whoever spent it.  DPCs and
 * interrupts are charged to no process there; on a machine that does nothing
 * else, all that is busy is ours.
 */
#include "base/os.h"
#include "bench/cost.h"

static double busy(void)
{
	struct irl_os_cpu cpu;

	irl_os_cpu(&cpu);
	return cpu.busy_s;
}

void bench_cost_begin(struct bench_cost *cost)
{
	cost->from = (struct irl_cpu_reading){.busy_s = busy()};
	cost->begin_ns = irl_os_clock_ns();
}

double bench_cost_seconds(const struct bench_cost *cost)
{
	return (double)(irl_os_clock_ns() - cost->begin_ns) * 1e-9;
}

double bench_cost_spent(const struct bench_cost *cost)
{
	return busy() - cost->from.busy_s;
}
