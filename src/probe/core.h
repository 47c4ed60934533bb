/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The probe's core: permutation, rank, cookie, frame and check as inline
 * functions without memory of their own.  Compiled twice: into the library and
 * into the kernel program.  Whoever includes it defines, before,
 *
 *   IRL_CORE_RANK(i)   uint64_t entry i of the rank table
 *   IRL_CORE_GUIDE(i)  uint32_t entry i of the guide table
 *   IRL_CORE_PORT(i)   uint16_t i-th port
 *
 * because array access differs.  Tables (made by src/target/rank.c):
 *   rank[i] = (uint64_t)cum << 32 | base: range i holds the ranks from cum on,
 *             and rank r of it is the address base + r (modulo 2^32);
 *             one entry behind the last has cum = number of addresses;
 *   guide[k] = the range that holds rank k << guide_shift; one entry behind
 *             the last repeats the last range.
 */
#ifndef IRL_PROBE_CORE_H
#define IRL_PROBE_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/probe.h>

#define IRL_INLINE static inline __attribute__((always_inline))
#define IRL_WALK_MAX 32
#define IRL_RANGE_STEPS 24 /* halvings: enough for 2^24 ranges a bucket */
#define IRL_PROBE_FRAME_MAX 80

/* Everything that shapes a probe; plain data, the same bytes in the kernel. */
struct irl_probe_plan {
	struct irl_permutation order;
	uint64_t key[2]; /* SipHash */
	uint32_t port_count;
	uint32_t guide_shift;
	uint32_t range_count;
	uint32_t source_addr, source_count;
	uint32_t source_port, source_ports; /* first, number */
	uint32_t ip_sum, tcp_sum; /* of the template, variable fields zero */
	uint32_t length;          /* of the frame, padding included */
	uint32_t timestamp_at;    /* offset of TSval, 0: none */
	uint32_t pad;
	uint8_t frame[IRL_PROBE_FRAME_MAX]; /* the template */
};

/* What a target fixes of its probe. */
struct irl_probe_fields {
	uint32_t addr;
	uint32_t source;
	uint32_t cookie; /* of the sequence number, before the time is added */
	uint16_t port;
	uint16_t source_port;
	uint16_t ipid;
	uint16_t pad;
};

/* ---- permutation ------------------------------------------------------ */

/* A keyed 32-bit hash of @x scaled to [0, n). */
IRL_INLINE uint32_t irl_round(uint32_t x, uint64_t key, uint32_t n)
{
	uint64_t h = (x ^ key) * 0x9E3779B97F4A7C15ull;

	h ^= h >> 32;
	h *= 0xD6E8FEB86659FD93ull;
	return (uint32_t)(((h >> 32) * n) >> 32);
}

/* x mod n for x < 2n, without a branch that would be mispredicted. */
IRL_INLINE uint32_t irl_fold_mod(uint64_t x, uint32_t n)
{
	int64_t d = (int64_t)(x - n);
	int64_t borrow = d >> 63;

#ifdef __bpf__
	__asm__ volatile("" : "+r"(borrow)); /* keep clang from a branch */
#endif
	return (uint32_t)((uint64_t)d + ((uint64_t)borrow & n));
}

IRL_INLINE uint64_t irl_feistel(const struct irl_permutation *p, uint64_t x)
{
	uint32_t l = (uint32_t)(x / p->b), r = (uint32_t)(x % p->b);

	l = irl_fold_mod((uint64_t)l + irl_round(r, p->key[0], p->a), p->a);
	r = irl_fold_mod((uint64_t)r + irl_round(l, p->key[1], p->b), p->b);
	l = irl_fold_mod((uint64_t)l + irl_round(r, p->key[2], p->a), p->a);
	r = irl_fold_mod((uint64_t)r + irl_round(l, p->key[3], p->b), p->b);
	return (uint64_t)l * p->b + r;
}

/* Position -> index; false when the bounded walk failed. */
IRL_INLINE bool irl_core_order(const struct irl_permutation *p, uint64_t x,
			       uint64_t *index)
{
	for (int i = 0; i < IRL_WALK_MAX; i++) {
		x = irl_feistel(p, x);
		if (x < p->count) {
			*index = x;
			return true;
		}
	}
	return false;
}

/* ---- SipHash-1-3 of one 64-bit word (Aumasson and Bernstein, 2012) ------ */

#define IRL_ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
#define IRL_SIPROUND                                                           \
	do {                                                                   \
		v0 += v1;                                                      \
		v1 = IRL_ROTL(v1, 13) ^ v0;                                    \
		v0 = IRL_ROTL(v0, 32);                                         \
		v2 += v3;                                                      \
		v3 = IRL_ROTL(v3, 16) ^ v2;                                    \
		v0 += v3;                                                      \
		v3 = IRL_ROTL(v3, 21) ^ v0;                                    \
		v2 += v1;                                                      \
		v1 = IRL_ROTL(v1, 17) ^ v2;                                    \
		v2 = IRL_ROTL(v2, 32);                                         \
	} while (0)

IRL_INLINE uint64_t irl_siphash13_u64(const uint64_t key[2], uint64_t m)
{
	uint64_t v0 = key[0] ^ 0x736f6d6570736575ull;
	uint64_t v1 = key[1] ^ 0x646f72616e646f6dull;
	uint64_t v2 = key[0] ^ 0x6c7967656e657261ull;
	uint64_t v3 = key[1] ^ 0x7465646279746573ull;
	const uint64_t end = 8ull << 56; /* length block: 8 bytes */

	v3 ^= m;
	IRL_SIPROUND;
	v0 ^= m;
	v3 ^= end;
	IRL_SIPROUND;
	v0 ^= end;
	v2 ^= 0xff;
	IRL_SIPROUND;
	IRL_SIPROUND;
	IRL_SIPROUND;
	return v0 ^ v1 ^ v2 ^ v3;
}

#endif
