/* SPDX-License-Identifier: BSD-2-Clause */
/* Rank tables of a normalised set; internal to src/target. */
#ifndef IRL_TARGET_RANK_H
#define IRL_TARGET_RANK_H

#include "target/ranges.h"
#include "target/tables.h"

/* Tables in both directions. */
struct irl_rank {
	uint64_t *rank;
	uint32_t *guide;
	uint32_t range_count, guide_count, guide_shift;
	uint32_t *by_high; /* 65,537: first range that ends in or behind
			      address high << 16 */
};

/** @ranges has 1 .. 2^24 entries.  False when out of memory. */
bool irl_rank_init(struct irl_rank *rank, const struct irl_ranges *ranges);
void irl_rank_fini(struct irl_rank *rank);
/** The rank of @addr; false if it is not in @ranges.  About 10 ns. */
bool irl_rank_of(const struct irl_rank *rank, const struct irl_ranges *ranges,
		 uint32_t addr, uint64_t *out);

#endif
