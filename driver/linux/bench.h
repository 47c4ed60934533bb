/* SPDX-License-Identifier: BSD-2-Clause */
/* What the benchmark's programs and its user side (src/bench) share. */
#ifndef IRL_DRIVER_BENCH_H
#define IRL_DRIVER_BENCH_H

#include <stdint.h>

#define BENCH_QUEUES 64u       /* receive queues that are told apart */
#define BENCH_SLOTS 32768u     /* milliseconds, as a ring */
#define BENCH_STEP 2654435761u /* odd: a bijection of 24 bits */
#define BENCH_SAMPLE 64u       /* of so many, one has its TCP checksum summed */
#define BENCH_NET 0x0a000000u  /* 10.0.0.0/8, where everything goes */
#define BENCH_OWN 0x0a0000u    /* 10.0.0.0/24 >> 8: the kernel's */

/* Which frames the sink counts as intact. */
enum bench_expect {
	BENCH_MARKED = 0, /* as src/bench/frames.c makes them */
	BENCH_SYN = 1,    /* any valid TCP SYN to 10.0.0.0/8 */
};

/* One receive queue of the sink; frames of one never run concurrently. */
struct bench_seen {
	uint64_t intact, damaged, passed;
	uint64_t pad[5];
};

/* The destination of frame @n: all different for 2^24 frames. */
static inline uint32_t bench_address(uint32_t n)
{
	return BENCH_NET | ((n * BENCH_STEP) & 0xffffff);
}

#endif
