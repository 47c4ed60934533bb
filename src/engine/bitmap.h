/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One bit a position, in memory that is taken page by page as bits are set.
 * One thread sets; any thread reads at the same time.
 */
#ifndef IRL_ENGINE_BITMAP_H
#define IRL_ENGINE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/memory.h"

struct irl_bitmap {
	uint64_t *word;
	size_t bytes;
};

/* @count bits, all 0.  False when the address space does not suffice. */
static inline bool irl_bitmap_init(struct irl_bitmap *map, uint64_t count)
{
	map->bytes = (size_t)((count + 63) / 64 * 8);
	if (!map->bytes)
		map->bytes = 8;
	map->word = irl_memory_reserve(map->bytes);
	return map->word;
}

static inline void irl_bitmap_fini(struct irl_bitmap *map)
{
	irl_memory_give(map->word, map->bytes);
	map->word = NULL;
}

static inline uint64_t irl_bitmap_word(const struct irl_bitmap *map,
				       uint64_t index)
{
	return __atomic_load_n(&map->word[index], __ATOMIC_RELAXED);
}

static inline bool irl_bitmap_get(const struct irl_bitmap *map, uint64_t bit)
{
	return irl_bitmap_word(map, bit / 64) >> (bit % 64) & 1;
}

/* Returns whether the bit was set before. */
static inline bool irl_bitmap_set(struct irl_bitmap *map, uint64_t bit)
{
	uint64_t word = irl_bitmap_word(map, bit / 64);
	uint64_t mask = 1ull << (bit % 64);

	if (word & mask)
		return true;
	__atomic_store_n(&map->word[bit / 64], word | mask, __ATOMIC_RELAXED);
	return false;
}

#endif
