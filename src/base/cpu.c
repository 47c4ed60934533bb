// SPDX-License-Identifier: BSD-2-Clause
#include <math.h>
#include "base/cpu.h"
#include "base/os.h"

#define TICKS_PER_S 100 /* USER_HZ, on every architecture that we run on */

void irl_cpu_read(struct irl_cpu_reading *out)
{
	struct irl_os_cpu now;

	irl_os_cpu(&now);
	*out = (struct irl_cpu_reading){.user_s = now.user_s,
					.system_s = now.system_s,
					.busy_s = now.busy_s,
					.softirq_s = now.softirq_s};
}

/* What /proc/stat cannot tell is noise of the subtraction. */
static double whole_ticks(double seconds)
{
	return seconds > 0 ? round(seconds * TICKS_PER_S) / TICKS_PER_S : 0;
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
	out->softirq_s = whole_ticks(out->softirq_s);
}
