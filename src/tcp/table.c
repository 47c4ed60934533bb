// SPDX-License-Identifier: BSD-2-Clause
#include "tcp/table.h"

#define LOAD 11u /* entries a bucket, on average, when all slots are taken */

uint32_t irl_index_size(uint32_t slots)
{
	return slots / LOAD + 1;
}

/* One more or less has passed the buckets from its home to before @end. */
static void pass(struct irl_index *index, uint64_t hash, uint32_t end,
		 bool more)
{
	unsigned shift = irl_index_counter(hash);

	for (uint32_t at = irl_index_home(index, hash); at != end;
	     at = irl_index_after(index, at)) {
		uint32_t *passed = &index->bucket[at].passed;

		if ((*passed >> shift & 15) == 15)
			continue;
		*passed += more ? 1u << shift : -(1u << shift);
	}
}

bool irl_index_insert(struct irl_index *index, uint64_t hash, uint32_t slot)
{
	uint32_t at = irl_index_home(index, hash), empty;
	struct irl_bucket *b;
	unsigned i, looked = 0;

	while (!(empty = irl_bucket_match(&index->bucket[at], 0))) {
		if (++looked == IRL_INDEX_RUN)
			return false;
		at = irl_index_after(index, at);
	}
	i = (unsigned)__builtin_ctz(empty);
	b = &index->bucket[at];
	b->tag[i] = irl_index_tag(hash);
	b->low[i] = (uint16_t)slot;
	b->high[i] = (uint8_t)(slot >> 16);
	pass(index, hash, at, true);
	index->count++;
	return true;
}

/* Of the cells that match, the one with the slot. */
static bool is_there(const struct irl_bucket *b, uint32_t match, uint32_t slot,
		     unsigned *cell)
{
	for (; match; match &= match - 1) {
		*cell = (unsigned)__builtin_ctz(match);
		if (irl_bucket_slot(b, *cell) == slot)
			return true;
	}
	return false;
}

void irl_index_remove(struct irl_index *index, uint64_t hash, uint32_t slot)
{
	uint32_t at = irl_index_home(index, hash);
	uint32_t counter = 15u << irl_index_counter(hash);
	uint8_t tag = irl_index_tag(hash);
	unsigned cell;

	for (unsigned looked = 0; looked < IRL_INDEX_RUN; looked++) {
		struct irl_bucket *b = &index->bucket[at];

		if (is_there(b, irl_bucket_match(b, tag), slot, &cell)) {
			b->tag[cell] = 0;
			pass(index, hash, at, false);
			index->count--;
			return;
		}
		if (!(b->passed & counter))
			return;
		at = irl_index_after(index, at);
	}
}
