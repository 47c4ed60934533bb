// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "proto/store.h"

#define FIRST_BYTES 1024u /* most heads, and small answers whole */

bool irl_store_reserve(struct irl_store *s, struct irl_proto_budget *budget,
		       uint32_t bytes)
{
	uint8_t *grown;

	if (s->refused)
		return false;
	if (bytes <= s->room)
		return true;
	if (!irl_budget_take(budget, bytes - s->room)) {
		s->refused = true;
		return false;
	}
	grown = realloc(s->bytes, bytes);
	if (!grown) {
		irl_budget_give(budget, bytes - s->room);
		s->refused = true;
		return false;
	}
	s->bytes = grown;
	s->room = bytes;
	return true;
}

bool irl_store_put(struct irl_store *s, struct irl_proto_budget *budget,
		   const void *bytes, uint32_t count)
{
	uint32_t need = s->length + count, room = s->room;

	if (need > room) {
		room = need > 2 * room ? need : 2 * room;
		if (room < FIRST_BYTES)
			room = FIRST_BYTES;
	}
	if (!irl_store_reserve(s, budget, room))
		return false;
	memcpy(s->bytes + s->length, bytes, count);
	s->length = need;
	return true;
}

void irl_store_fini(struct irl_store *s, struct irl_proto_budget *budget)
{
	irl_budget_give(budget, s->room);
	free(s->bytes);
	*s = (struct irl_store){0};
}
