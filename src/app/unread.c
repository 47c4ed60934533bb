// SPDX-License-Identifier: BSD-2-Clause
#include "unread.h"

#define MARKS (2 * UNREAD_PARTS)

void unread_note(struct unread *u, uint64_t records, uint64_t bytes,
		 uint64_t room)
{
	const struct unread_mark *last = &u->mark[(u->marks - 1) % MARKS];

	u->bytes = bytes;
	if (!u->marks || bytes - last->bytes >= room / UNREAD_PARTS)
		u->mark[u->marks++ % MARKS] =
		    (struct unread_mark){records, bytes};
}

uint64_t unread_read(const struct unread *u, uint64_t room)
{
	uint64_t least = u->marks > MARKS ? u->marks - MARKS : 0;

	for (uint64_t i = u->marks; i > least; i--) {
		const struct unread_mark *mark = &u->mark[(i - 1) % MARKS];

		if (mark->bytes + room <= u->bytes)
			return mark->records;
	}
	return 0;
}
