/* SPDX-License-Identifier: BSD-2-Clause */
/* SplitMix64 (Steele, Lea and Flood, 2014): small, seeded, repeatable. */
#ifndef IRL_PORT_RANDOM_H
#define IRL_PORT_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t irl_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* True in @share of the draws. */
static inline bool irl_random_share(uint64_t *state, double share)
{
	return (double)(irl_random(state) >> 11) * 0x1p-53 < share;
}

#endif
