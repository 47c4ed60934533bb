// SPDX-License-Identifier: BSD-2-Clause
#include "tcp/table.h"

uint32_t irl_index_size(uint32_t slots)
{
	uint64_t cells = (uint64_t)slots * 4 / 3 + 1;

	return (uint32_t)((cells + 255) & ~255ull);
}

static uint32_t after(const struct irl_index *index, uint32_t at)
{
	return at + 1 == index->size ? 0 : at + 1;
}

static uint32_t distance(uint32_t at, uint32_t cell)
{
	return (at - cell) & 255;
}

bool irl_index_insert(struct irl_index *index, uint64_t hash, uint32_t slot)
{
	uint32_t at = irl_index_home(index, hash), far = 0, end, cell;

	if (index->count >= index->size - 1)
		return false;
	cell = (slot + 1) << 8 | (at & 255);
	/* In the order of home positions, behind those of the same home. */
	while (index->cell[at] && distance(at, index->cell[at]) >= far) {
		at = after(index, at);
		if (++far == 255)
			return false;
	}
	for (end = at; index->cell[end]; end = after(index, end))
		if (distance(end, index->cell[end]) >= 254)
			return false;
	for (;;) {
		uint32_t moved = index->cell[at];

		index->cell[at] = cell;
		if (at == end)
			break;
		cell = moved;
		at = after(index, at);
	}
	index->count++;
	return true;
}

void irl_index_remove(struct irl_index *index, uint64_t hash, uint32_t slot)
{
	uint32_t at = irl_index_home(index, hash), next;
	uint32_t cell = (slot + 1) << 8 | (at & 255);

	for (uint32_t far = 0; index->cell[at] != cell; far++) {
		if (!index->cell[at] || far == 255)
			return;
		at = after(index, at);
	}
	/* Those behind it that are not at home move up by one. */
	for (next = after(index, at);
	     index->cell[next] && distance(next, index->cell[next]);
	     next = after(index, next)) {
		index->cell[at] = index->cell[next];
		at = next;
	}
	index->cell[at] = 0;
	index->count--;
}
