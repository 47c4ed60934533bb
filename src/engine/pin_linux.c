// SPDX-License-Identifier: BSD-2-Clause
#include <sched.h>
#include "engine/pin.h"

int irl_pin_choose(unsigned n, unsigned workers)
{
	cpu_set_t set;
	unsigned skip;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -1;
	skip = n + ((unsigned)CPU_COUNT(&set) > workers);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set) && !skip--)
			return (int)cpu;
	return -1;
}

void irl_pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	/* Only for speed: a refusal changes nothing else. */
	sched_setaffinity(0, sizeof(set), &set);
}
