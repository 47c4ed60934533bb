// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "base/os.h"

uint64_t irl_clock_ns(void)
{
	return irl_os_clock_ns();
}

uint64_t irl_clock_wall_ns(void)
{
	return irl_os_wall_ns();
}

int64_t irl_clock_wall_offset_ns(void)
{
	uint64_t gap = UINT64_MAX;
	int64_t offset = 0;

	for (int i = 0; i < 8 && gap > IRL_NS_PER_US; i++) {
		uint64_t before = irl_clock_ns();
		uint64_t wall = irl_clock_wall_ns();
		uint64_t after = irl_clock_ns();

		if (after - before >= gap)
			continue;
		gap = after - before;
		offset = (int64_t)(wall - after);
	}
	return offset;
}

void irl_clock_precise(void)
{
	irl_os_sleep_precisely();
}

void irl_clock_sleep_until(uint64_t ns)
{
	irl_os_sleep_until(ns);
}
