// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include "target/rank.h"
#include "target/user.h"

#define HIGHS 65536u

/* The largest bucket for which there are no more ranges than buckets. */
static uint32_t choose_shift(uint64_t addresses, size_t ranges)
{
	uint32_t shift = 32;

	if (ranges == 1)
		return shift;
	while (shift > 0 && (addresses >> shift) < ranges)
		shift--;
	return shift;
}

static void fill_rank(struct irl_rank *rank, const struct irl_ranges *ranges)
{
	uint64_t cum = 0;

	for (size_t i = 0; i < ranges->count; i++) {
		struct irl_range r = ranges->range[i];

		rank->rank[i] = cum << 32 | (uint32_t)(r.first - cum);
		cum += (uint64_t)r.last - r.first + 1;
	}
	for (size_t i = 0; i < IRL_RANK_AHEAD; i++)
		rank->rank[ranges->count + i] = 0xffffffffull << 32;
}

static void fill_guide(struct irl_rank *rank)
{
	uint32_t at = 0, last = rank->range_count - 1;

	for (uint32_t k = 0; k < rank->guide_count; k++) {
		uint64_t first = (uint64_t)k << rank->guide_shift;

		while (at < last && rank->rank[at + 1] >> 32 <= first)
			at++;
		rank->guide[k] = at;
	}
}

static void fill_by_high(struct irl_rank *rank, const struct irl_ranges *ranges)
{
	uint32_t at = 0;

	for (uint32_t high = 0; high < HIGHS; high++) {
		while (at < rank->range_count &&
		       ranges->range[at].last < high << 16)
			at++;
		rank->by_high[high] = at;
	}
	rank->by_high[HIGHS] = rank->range_count;
}

bool irl_rank_init(struct irl_rank *rank, const struct irl_ranges *ranges)
{
	uint64_t addresses = irl_ranges_addresses(ranges);

	rank->range_count = (uint32_t)ranges->count;
	rank->guide_shift = choose_shift(addresses, ranges->count);
	rank->guide_count =
	    (uint32_t)((addresses - 1) >> rank->guide_shift) + 2;
	rank->rank =
	    calloc(ranges->count + IRL_RANK_AHEAD, sizeof(*rank->rank));
	rank->guide = calloc(rank->guide_count, sizeof(*rank->guide));
	rank->by_high = calloc(HIGHS + 1, sizeof(*rank->by_high));
	if (!rank->rank || !rank->guide || !rank->by_high) {
		irl_rank_fini(rank);
		return false;
	}
	fill_rank(rank, ranges);
	fill_guide(rank);
	fill_by_high(rank, ranges);
	return true;
}

void irl_rank_fini(struct irl_rank *rank)
{
	free(rank->rank);
	free(rank->guide);
	free(rank->by_high);
	*rank = (struct irl_rank){0};
}

bool irl_rank_of(const struct irl_rank *rank, const struct irl_ranges *ranges,
		 uint32_t addr, uint64_t *out)
{
	/* The first range that does not end before addr. */
	uint32_t low = rank->by_high[addr >> 16];
	uint32_t high = rank->by_high[(addr >> 16) + 1];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ranges->range[middle].last < addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == rank->range_count || ranges->range[low].first > addr)
		return false;
	*out = (uint32_t)(addr - (uint32_t)rank->rank[low]);
	return true;
}
