// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/cpu.h"

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

/* The first line of /proc/stat sums all cores; see proc(5). */
static void read_cores(struct irl_cpu_reading *out)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq;
	double hz = (double)sysconf(_SC_CLK_TCK);
	FILE *file = fopen("/proc/stat", "re");

	if (!file)
		return;
	if (fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
		   &system, &idle, &iowait, &irq, &softirq) == 7) {
		out->busy_s =
		    (double)(user + nice + system + irq + softirq) / hz;
		out->softirq_s = (double)softirq / hz;
	}
	fclose(file);
}

void irl_cpu_read(struct irl_cpu_reading *out)
{
	struct rusage usage;

	*out = (struct irl_cpu_reading){0};
	getrusage(RUSAGE_SELF, &usage);
	out->user_s = seconds(usage.ru_utime);
	out->system_s = seconds(usage.ru_stime);
	read_cores(out);
}

void irl_cpu_between(const struct irl_cpu_reading *from,
		     const struct irl_cpu_reading *to, struct irl_cpu *out)
{
	double beyond;

	out->user_s = to->user_s - from->user_s;
	out->system_s = to->system_s - from->system_s;
	out->softirq_s = to->softirq_s - from->softirq_s;
	beyond = to->busy_s - from->busy_s - out->user_s - out->system_s;
	if (out->softirq_s > beyond)
		out->softirq_s = beyond;
	if (out->softirq_s < 0)
		out->softirq_s = 0;
}
