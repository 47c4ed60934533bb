// SPDX-License-Identifier: BSD-2-Clause
#include <irl/target.h>
#include "target/user.h"

/* splitmix64's finalizer (Steele, Lea and Flood, 2014): a bijection under
 * which neighbouring seeds give unrelated keys. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ull;
	x = (x ^ x >> 27) * 0x94D049BB133111EBull;
	return x ^ x >> 31;
}

void irl_permutation_init(struct irl_permutation *permutation, uint64_t count,
			  uint64_t seed)
{
	uint32_t bits = 0;

	while (1ull << (2 * bits + 2) <= count)
		bits++;
	permutation->count = count;
	permutation->bits = bits;
	permutation->a = (uint32_t)((count + (1ull << bits) - 1) >> bits);
	for (uint64_t i = 0; i < IRL_PERMUTATION_ROUNDS; i++)
		permutation->key[i] =
		    mix(seed + (i + 1) * 0x9E3779B97F4A7C15ull);
}

bool irl_permutation_at(const struct irl_permutation *permutation,
			uint64_t position, uint64_t *index)
{
	return position < permutation->count &&
	       irl_core_order(permutation, position, index);
}

bool irl_permutation_inverse(const struct irl_permutation *permutation,
			     uint64_t index, uint64_t *position)
{
	return index < permutation->count &&
	       irl_core_inverse(permutation, index, position);
}

/* floor(count * shard / shards): the slices' boundaries. */
static uint64_t boundary(uint64_t count, uint32_t shards, uint32_t shard)
{
	uint64_t whole = count / shards, rest = count % shards;

	return whole * shard + rest * shard / shards;
}

void irl_shard(uint64_t count, uint32_t shards, uint32_t shard, uint64_t *first,
	       uint64_t *shard_count)
{
	uint64_t next;

	if (shards == 0)
		shards = 1;
	if (shard >= shards) {
		*first = count;
		*shard_count = 0;
		return;
	}
	*first = boundary(count, shards, shard);
	next = shard + 1 == shards ? count : boundary(count, shards, shard + 1);
	*shard_count = next - *first;
}
