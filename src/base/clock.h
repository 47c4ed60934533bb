/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: nanoseconds in 64 bits, and a sleep that wakes when it is told to.
 * All functions may be called from any thread.
 */
#ifndef IRL_BASE_CLOCK_H
#define IRL_BASE_CLOCK_H

#include <stdint.h>

#define IRL_NS_PER_S 1000000000ull
#define IRL_NS_PER_MS 1000000ull
#define IRL_NS_PER_US 1000ull

/* CLOCK_MONOTONIC. */
uint64_t irl_clock_ns(void);

/* CLOCK_REALTIME. */
uint64_t irl_clock_wall_ns(void);

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
void irl_clock_precise(void);

/* Sleep until CLOCK_MONOTONIC shows @ns; a signal ends it early. */
void irl_clock_sleep_until(uint64_t ns);

#endif
