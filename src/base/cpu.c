// SPDX-License-Identifier: BSD-2-Clause
#include "base/cpu.h"
#include "base/os.h"

void irl_cpu_read(struct irl_cpu_reading *out)
{
	struct irl_os_cpu now;

	irl_os_cpu(&now);
	*out = (struct irl_cpu_reading){.user_s = now.user_s,
					.system_s = now.system_s,
					.busy_s = now.busy_s,
					.softirq_s = now.softirq_s};
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
