/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An index from keyed hashes to slots.  A bucket is a cache line of 15 cells; a
 * cell is a slot and a byte of the hash, its tag.  What finds its home bucket
 * full stands in one of the next, and those that it passed count it, by three
 * more bits of its hash, so that a search knows where to stop.  Nothing is ever
 * moved.  At the load that irl_index_size makes, 11 of 15, nine searches in ten
 * look at one line, also of what is not in.
 *
 * Whoever looks up compares the keys; one tag in 256 is another's:
 *
 *     struct irl_index_walk w = irl_index_at(index, hash);
 *     while ((slot = irl_index_next(index, &w)) != IRL_INDEX_NONE)
 *             ...
 */
#ifndef IRL_TCP_TABLE_H
#define IRL_TCP_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define IRL_INDEX_NONE UINT32_MAX
#define IRL_INDEX_CELLS 15u /* of a bucket */
#define IRL_INDEX_RUN 64u   /* buckets that a search looks at, at most */

struct irl_bucket {
	uint8_t tag[IRL_INDEX_CELLS]; /* 0: empty */
	uint8_t high[IRL_INDEX_CELLS];
	uint16_t low[IRL_INDEX_CELLS];
	uint32_t passed; /* eight counters of what stands further on; 15: of so
			    many that it knows no more, for good */
};
_Static_assert(sizeof(struct irl_bucket) == 64, "one cache line");

struct irl_index {
	struct irl_bucket *bucket;
	uint32_t size; /* in buckets */
	uint32_t count;
};

struct irl_index_walk {
	uint32_t at, looked; /* looked: at so many before */
	uint32_t match;      /* cells of this one that are left */
	uint32_t counter;    /* the mask of what counts such hashes */
	uint8_t tag;
};

/* Buckets for @slots entries; bucket is the caller's, all 0. */
uint32_t irl_index_size(uint32_t slots);

/* False if it is too full around the hash's home. */
bool irl_index_insert(struct irl_index *index, uint64_t hash, uint32_t slot);
/* Nothing happens if it is not in. */
void irl_index_remove(struct irl_index *index, uint64_t hash, uint32_t slot);

static inline uint32_t irl_index_home(const struct irl_index *index,
				      uint64_t hash)
{
	return (uint32_t)((hash & UINT32_MAX) * index->size >> 32);
}

static inline uint32_t irl_index_after(const struct irl_index *index,
				       uint32_t at)
{
	return at + 1 == index->size ? 0 : at + 1;
}

static inline uint8_t irl_index_tag(uint64_t hash)
{
	uint8_t tag = (uint8_t)(hash >> 32);

	return tag ? tag : 1;
}

static inline unsigned irl_index_counter(uint64_t hash)
{
	return (unsigned)(hash & 7) * 4;
}

/* A bit for each of eight bytes that is the tag. */
static inline uint32_t irl_index_match8(const uint8_t *byte, uint8_t tag)
{
	const uint64_t low7 = 0x7f7f7f7f7f7f7f7full;
	uint64_t x;

	memcpy(&x, byte, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	x ^= tag * 0x0101010101010101ull;
	x = ~(((x & low7) + low7) | x | low7); /* 0x80 where it is 0 */
	return (uint32_t)((x >> 7) * 0x0102040810204080ull >> 56);
}

/* The cells of a bucket with the tag. */
static inline uint32_t irl_bucket_match(const struct irl_bucket *b, uint8_t tag)
{
	const uint8_t *byte = (const uint8_t *)b;
	uint32_t match =
	    irl_index_match8(byte, tag) | irl_index_match8(byte + 8, tag) << 8;

	return match & ((1u << IRL_INDEX_CELLS) - 1);
}

static inline uint32_t irl_bucket_slot(const struct irl_bucket *b, unsigned i)
{
	return b->low[i] | (uint32_t)b->high[i] << 16;
}

static inline struct irl_index_walk irl_index_at(const struct irl_index *index,
						 uint64_t hash)
{
	struct irl_index_walk walk = {
	    .at = irl_index_home(index, hash),
	    .counter = 15u << irl_index_counter(hash),
	    .tag = irl_index_tag(hash),
	};

	walk.match = irl_bucket_match(&index->bucket[walk.at], walk.tag);
	return walk;
}

static inline void irl_index_prefetch(const struct irl_index *index,
				      uint64_t hash)
{
	__builtin_prefetch(&index->bucket[irl_index_home(index, hash)], 1);
}

/* The next slot with the hash's tag, or IRL_INDEX_NONE. */
static inline uint32_t irl_index_next(const struct irl_index *index,
				      struct irl_index_walk *walk)
{
	const struct irl_bucket *b = &index->bucket[walk->at];
	unsigned i;

	while (!walk->match) {
		if (!(b->passed & walk->counter) ||
		    ++walk->looked == IRL_INDEX_RUN)
			return IRL_INDEX_NONE;
		walk->at = irl_index_after(index, walk->at);
		b = &index->bucket[walk->at];
		walk->match = irl_bucket_match(b, walk->tag);
	}
	i = (unsigned)__builtin_ctz(walk->match);
	walk->match &= walk->match - 1;
	return irl_bucket_slot(b, i);
}

#endif
