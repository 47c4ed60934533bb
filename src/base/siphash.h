/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-1-3 (Aumasson and Bernstein, 2012) of whole 64-bit words: a keyed
 * hash whose values an outsider cannot steer. */
#ifndef IRL_BASE_SIPHASH_H
#define IRL_BASE_SIPHASH_H

#include <stdint.h>

struct irl_siphash {
	uint64_t key[2];
};

static inline uint64_t irl_siphash_rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void irl_siphash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = irl_siphash_rotate(v[1], 13) ^ v[0];
	v[0] = irl_siphash_rotate(v[0], 32);
	v[2] += v[3];
	v[3] = irl_siphash_rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = irl_siphash_rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = irl_siphash_rotate(v[1], 17) ^ v[2];
	v[2] = irl_siphash_rotate(v[2], 32);
}

static inline uint64_t irl_siphash(const struct irl_siphash *s,
				   const uint64_t word[], unsigned count)
{
	const uint64_t end = (uint64_t)count << 59; /* bytes mod 256 on top */
	uint64_t v[4] = {s->key[0] ^ 0x736f6d6570736575ull,
			 s->key[1] ^ 0x646f72616e646f6dull,
			 s->key[0] ^ 0x6c7967656e657261ull,
			 s->key[1] ^ 0x7465646279746573ull};

	for (unsigned i = 0; i < count; i++) {
		v[3] ^= word[i];
		irl_siphash_round(v);
		v[0] ^= word[i];
	}
	v[3] ^= end;
	irl_siphash_round(v);
	v[0] ^= end;
	v[2] ^= 0xff;
	irl_siphash_round(v);
	irl_siphash_round(v);
	irl_siphash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
