// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"

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
