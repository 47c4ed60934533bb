/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An index from keyed hashes to slots: open addressing, Robin Hood order, no
 * tombstones.  A cell is a slot and the low byte of its home position.  The
 * byte gives the distance from home, so that neither a miss nor a removal looks
 * at what the slots hold, and a hit looks at those of the same home only.
 *
 * Whoever looks up compares the keys:
 *
 *     struct irl_index_walk w = irl_index_at(index, hash);
 *     while ((slot = irl_index_next(index, &w)) != IRL_INDEX_NONE)
 *             ...
 */
#ifndef IRL_TCP_TABLE_H
#define IRL_TCP_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define IRL_INDEX_NONE UINT32_MAX
#define IRL_INDEX_SLOTS 0xffffffu /* 0 .. this - 1 */

struct irl_index {
	uint32_t *cell; /* 0: empty; (slot + 1) << 8 | home & 255 */
	uint32_t size;  /* a multiple of 256 */
	uint32_t count;
};

struct irl_index_walk {
	uint32_t at, distance;
};

/* Cells for @slots entries at 3/4 load; cell is the caller's, all 0. */
uint32_t irl_index_size(uint32_t slots);

/* False if it is too full; cost: the length of a run of cells. */
bool irl_index_insert(struct irl_index *index, uint64_t hash, uint32_t slot);
/* Nothing happens if it is not in. */
void irl_index_remove(struct irl_index *index, uint64_t hash, uint32_t slot);

static inline uint32_t irl_index_home(const struct irl_index *index,
				      uint64_t hash)
{
	return (uint32_t)((hash & UINT32_MAX) * index->size >> 32);
}

static inline struct irl_index_walk irl_index_at(const struct irl_index *index,
						 uint64_t hash)
{
	return (struct irl_index_walk){irl_index_home(index, hash), 0};
}

static inline void irl_index_prefetch(const struct irl_index *index,
				      uint64_t hash)
{
	__builtin_prefetch(&index->cell[irl_index_home(index, hash)]);
}

/* The next slot of the same home, or IRL_INDEX_NONE. */
static inline uint32_t irl_index_next(const struct irl_index *index,
				      struct irl_index_walk *walk)
{
	while (walk->distance < 255) {
		uint32_t cell = index->cell[walk->at];
		uint32_t distance = (walk->at - cell) & 255;

		if (!cell || distance < walk->distance)
			break;
		walk->at = walk->at + 1 == index->size ? 0 : walk->at + 1;
		if (distance == walk->distance++)
			return (cell >> 8) - 1;
	}
	return IRL_INDEX_NONE;
}

#endif
