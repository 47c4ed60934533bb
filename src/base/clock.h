/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: nanoseconds in 64 bits, and a sleep that wakes when it is told to.
 * All functions may be called from any thread.
 */
#ifndef IRL_BASE_CLOCK_H
#define IRL_BASE_CLOCK_H

#include <stdint.h>
#include "base/os.h"

#define IRL_NS_PER_S 1000000000ull
#define IRL_NS_PER_MS 1000000ull
#define IRL_NS_PER_US 1000ull

/* CLOCK_MONOTONIC. */
static inline uint64_t irl_clock_ns(void)
{
	return irl_os_clock_ns();
}

/* CLOCK_REALTIME. */
static inline uint64_t irl_clock_wall_ns(void)
{
	return irl_os_wall_ns();
}

/*
 * CLOCK_REALTIME - CLOCK_MONOTONIC.  A thread may lose the processor between
 * the two readings; the closest of a few pairs is taken, and what is left of
 * the error makes a wall clock's time translated to the monotonic one too late,
 * never too early: an answer must not seem to come before its probe.
 */
int64_t irl_clock_wall_offset_ns(void);

/*
 * Let the sleeps of the calling thread end when they should: the kernel's
 * default slack is 50 us, half of a tick of the pacer's.
 */
static inline void irl_clock_precise(void)
{
	irl_os_sleep_precisely();
}

/* Sleep until CLOCK_MONOTONIC shows @ns; a signal ends it early. */
static inline void irl_clock_sleep_until(uint64_t ns)
{
	irl_os_sleep_until(ns);
}

#endif
