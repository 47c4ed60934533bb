/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of a sealed set in ascending order, by rank.  Pure. */
#ifndef IRL_ENGINE_SET_RANK_H
#define IRL_ENGINE_SET_RANK_H

#include <irl/target.h>

static inline uint32_t irl_addr_at(const struct irl_targets *targets,
				   uint64_t rank)
{
	return irl_targets_at(targets, rank * irl_targets_port_count(targets))
	    .addr;
}

/* The first rank whose address is @addr or above. */
static inline uint64_t irl_rank_from(const struct irl_targets *targets,
				     uint64_t addr)
{
	uint64_t low = 0, high = irl_targets_addresses(targets);

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (irl_addr_at(targets, middle) < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

#endif
