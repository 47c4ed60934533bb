// SPDX-License-Identifier: BSD-2-Clause
#include <sys/prctl.h>
#include <time.h>
#include "base/clock.h"

static uint64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * IRL_NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t irl_clock_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t irl_clock_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
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
	prctl(PR_SET_TIMERSLACK, 1ul); /* cannot fail with this argument */
}

void irl_clock_sleep_until(uint64_t ns)
{
	struct timespec t = {.tv_sec = (time_t)(ns / IRL_NS_PER_S),
			     .tv_nsec = (long)(ns % IRL_NS_PER_S)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}
