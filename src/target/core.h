/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core of targets: permutation and rank as inline functions without memory
 * of their own, for the library and for the kernel program.  Whoever includes
 * it defines, before,
 *
 *   IRL_CORE_RANK(i)   uint64_t entry i of the rank table
 *   IRL_CORE_GUIDE(i)  uint32_t entry i of the guide table
 *   IRL_CORE_PORT(i)   uint16_t i-th port
 *
 * because array access differs; they may use `tables`, a pointer to the
 * includer's own struct irl_core_tables.  It may also define
 *
 *   IRL_CORE_SEARCH(low, high, rank)   default: irl_core_search, inline
 *
 * Tables (made by rank.c):
 *   rank[i] = (uint64_t)cum << 32 | base: range i holds the ranks from cum on,
 *             and rank r of it is the address base + r (modulo 2^32);
 *             IRL_RANK_AHEAD entries behind the last have a cum beyond every
 *             rank (unless the one range is the whole space);
 *   guide[k] = the range that holds rank k << guide_shift; one entry behind
 *             the last repeats the last range.
 */
#ifndef IRL_TARGET_CORE_H
#define IRL_TARGET_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/target.h>
#include "target/shape.h"

#define IRL_INLINE static inline __attribute__((always_inline))
#define IRL_WALK_MAX 32
#define IRL_RANK_AHEAD 3
#define IRL_RANGE_STEPS 24 /* halvings: enough for 2^24 ranges a bucket */

struct irl_core_tables; /* the includer's, for its macros */

/* Keeps clang from recomputing a value, or from making it a branch. */
#ifdef __bpf__
#define IRL_KEEP(v) __asm__ volatile("" : "+r"(v))
#else
#define IRL_KEEP(v) ((void)(v))
#endif

/* ---- permutation ------------------------------------------------------ */

/* A keyed hash of @x; the upper 32 bits are the good ones. */
IRL_INLINE uint64_t irl_round(uint32_t x, uint64_t key)
{
	uint64_t h = (x ^ key) * 0x9E3779B97F4A7C15ull;

	h ^= h >> 32;
	h *= 0xD6E8FEB86659FD93ull;
	return h >> 32;
}

/* x mod n for x < 2n, without a branch that would be mispredicted. */
IRL_INLINE uint32_t irl_fold_mod(uint64_t x, uint32_t n)
{
	int64_t d = (int64_t)(x - n);
	int64_t borrow = d >> 63;

	IRL_KEEP(borrow);
	return (uint32_t)((uint64_t)d + ((uint64_t)borrow & n));
}

/* l + or - a hash scaled to 0 .. a - 1, in Z_a */
IRL_INLINE uint32_t irl_round_add(uint32_t l, uint64_t h, uint32_t a)
{
	return irl_fold_mod(l + ((h * a) >> 32), a);
}

IRL_INLINE uint32_t irl_round_sub(uint32_t l, uint64_t h, uint32_t a)
{
	return irl_fold_mod((uint64_t)l + a - ((h * a) >> 32), a);
}

IRL_INLINE uint64_t irl_feistel(const struct irl_permutation *p, uint64_t x)
{
	uint32_t mask = (uint32_t)((1ull << p->bits) - 1);
	uint32_t l = (uint32_t)(x >> p->bits), r = (uint32_t)x & mask;

	l = irl_round_add(l, irl_round(r, p->key[0]), p->a);
	r = (uint32_t)(r + irl_round(l, p->key[1])) & mask;
	l = irl_round_add(l, irl_round(r, p->key[2]), p->a);
	return (uint64_t)l << p->bits | r;
}

IRL_INLINE uint64_t irl_feistel_inverse(const struct irl_permutation *p,
					uint64_t x)
{
	uint32_t mask = (uint32_t)((1ull << p->bits) - 1);
	uint32_t l = (uint32_t)(x >> p->bits), r = (uint32_t)x & mask;

	l = irl_round_sub(l, irl_round(r, p->key[2]), p->a);
	r = (uint32_t)(r - irl_round(l, p->key[1])) & mask;
	l = irl_round_sub(l, irl_round(r, p->key[0]), p->a);
	return (uint64_t)l << p->bits | r;
}

/* At most @steps on from @x, until in the set. */
IRL_INLINE bool irl_core_walk(const struct irl_permutation *p, uint64_t x,
			      const int steps, uint64_t *index)
{
	for (int i = 0; i < steps; i++) {
		x = irl_feistel(p, x);
		if (x < p->count) {
			*index = x;
			return true;
		}
	}
	return false;
}

/* Position -> index; false when the bounded walk failed. */
IRL_INLINE bool irl_core_order(const struct irl_permutation *p, uint64_t x,
			       uint64_t *index)
{
	return irl_core_walk(p, x, IRL_WALK_MAX, index);
}

/* Index -> position, the same walk backwards. */
IRL_INLINE bool irl_core_inverse(const struct irl_permutation *p, uint64_t x,
				 uint64_t *position)
{
	for (int i = 0; i < IRL_WALK_MAX; i++) {
		x = irl_feistel_inverse(p, x);
		if (x < p->count) {
			*position = x;
			return true;
		}
	}
	return false;
}

/* ---- rank ------------------------------------------------------------- */

/* The range of low .. high that holds @rank. */
IRL_INLINE uint32_t irl_core_search(const struct irl_core_tables *tables,
				    uint32_t low, uint32_t high, uint64_t rank)
{
	(void)tables;
	for (int i = 0; i < IRL_RANGE_STEPS && low < high; i++) {
		uint32_t middle = (low + high + 1) >> 1;

		if (IRL_CORE_RANK(middle) >> 32 <= rank)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

#ifndef IRL_CORE_SEARCH
#define IRL_CORE_SEARCH(low, high, rank)                                       \
	irl_core_search(tables, (low), (high), (rank))
#endif

/* 1 if range @i begins at @rank or before, without a branch.  (Differences of
 * numbers below 2^33: the top bit is their sign.) */
IRL_INLINE uint32_t irl_core_begins(const struct irl_core_tables *tables,
				    uint32_t i, uint64_t rank)
{
	uint64_t before = rank - (IRL_CORE_RANK(i) >> 32);

	(void)tables;
	return 1 - (uint32_t)(before >> 63);
}

/*
 * The range that holds @rank.  Most buckets have at most three ranges behind
 * their first: those are counted, because a search would be mispredicted once
 * or twice; more are halved.
 */
IRL_INLINE uint32_t irl_core_range(const struct irl_core_tables *tables,
				   uint32_t guide_shift, uint64_t rank)
{
	uint32_t bucket = (uint32_t)(rank >> guide_shift);
	uint32_t low = IRL_CORE_GUIDE(bucket);
	uint32_t more = irl_core_begins(tables, low + 1, rank) +
			irl_core_begins(tables, low + 2, rank) +
			irl_core_begins(tables, low + 3, rank);

	low += more;
	if (more == IRL_RANK_AHEAD)
		low = IRL_CORE_SEARCH(low, IRL_CORE_GUIDE(bucket + 1), rank);
	return low;
}

/*
 * index / port_count, as two multiplications by its reciprocal: the first is
 * short by five at most (index < 2^32 * port_count is cut to 32 bits, and so
 * is the reciprocal), the second by one.  A division of 64 bits takes longer
 * than all else here.
 */
IRL_INLINE uint32_t irl_core_divide(const struct irl_core_shape *shape,
				    uint64_t index, uint32_t *rest)
{
	uint64_t magic = shape->port_magic, count = shape->port_count;
	uint64_t q = ((index >> shape->port_shift) * magic) >> 31;
	uint64_t left = index - q * count;
	uint64_t more = (left * magic) >> (31 + shape->port_shift);
	int64_t over, is_less;

	over = (int64_t)(left - (more + 1) * count);
	is_less = over >> 63;
	IRL_KEEP(is_less);
	*rest = (uint32_t)((uint64_t)over + ((uint64_t)is_less & count));
	return (uint32_t)(q + more + 1 + (uint64_t)is_less);
}

/* Index 0 .. count - 1 -> the target.  A single range needs no search, a
 * single port no division, and ports in a row no table. */
IRL_INLINE void irl_core_rank(const struct irl_core_shape *shape,
			      const struct irl_core_tables *tables,
			      uint64_t index, uint32_t *addr, uint16_t *port)
{
	uint32_t rank = (uint32_t)index, at = 0;

	(void)tables;
	if (shape->port_count > 1)
		rank = irl_core_divide(shape, index, &at);
	if (shape->port_first == IRL_SCATTERED)
		*port = IRL_CORE_PORT(at);
	else
		*port = (uint16_t)(shape->port_first + at);
	if (shape->range_count > 1)
		*addr = (uint32_t)IRL_CORE_RANK(
			    irl_core_range(tables, shape->guide_shift, rank)) +
			rank;
	else
		*addr = shape->base + rank;
}

#endif
