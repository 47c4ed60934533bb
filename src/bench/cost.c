// SPDX-License-Identifier: BSD-2-Clause
#include "base/os.h"
#include "bench/cost.h"

void bench_cost_begin(struct bench_cost *cost)
{
	irl_cpu_read(&cost->from);
	cost->begin_ns = irl_os_clock_ns();
}

double bench_cost_seconds(const struct bench_cost *cost)
{
	return (double)(irl_os_clock_ns() - cost->begin_ns) * 1e-9;
}

double bench_cost_spent(const struct bench_cost *cost)
{
	struct irl_cpu_reading to;
	struct irl_cpu cpu;

	irl_cpu_read(&to);
	irl_cpu_between(&cost->from, &to, &cpu);
	return cpu.user_s + cpu.system_s + cpu.softirq_s;
}
