/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Targets of a list that have been probed, or that wait for the answer to
 * another's probe of the same address and port, with their names: kept until
 * that answer, or until the time for it is over.
 *
 * Of fixed extent, in memory that is taken page by page as it is used.  One
 * thread.
 */
#ifndef IRL_ENGINE_PENDING_H
#define IRL_ENGINE_PENDING_H

#include <stdbool.h>
#include <stdint.h>
#include "base/siphash.h"
#include "engine/fetch_ring.h"

struct irl_pending_slot {
	struct irl_ip addr;
	uint64_t since_ns;
	char *names;    /* as of an item */
	uint32_t older; /* in its bucket: an ordinal + 1; 0: none */
	uint16_t port;
	bool rides; /* on another's probe */
	bool gone;  /* taken */
};

struct irl_pending {
	struct irl_pending_slot *slot;
	uint32_t *bucket; /* its newest: an ordinal + 1; 0: none */
	uint32_t mask;
	uint64_t first, next; /* ordinals, of the oldest and of one more */
	uint64_t bytes, bytes_max;
	uint64_t keep_ns;
	struct irl_siphash key;
};

/* So many slots, a power of two, and bytes of names; 0 or -IRL_ENOMEM. */
int irl_pending_init(struct irl_pending *pending, uint32_t slots,
		     uint64_t bytes_max, uint64_t keep_ns, uint64_t seed);
/* Names that are left are freed. */
void irl_pending_fini(struct irl_pending *pending);

/* For one more. */
static inline bool irl_pending_has_room(const struct irl_pending *pending)
{
	return pending->next - pending->first <= pending->mask &&
	       pending->bytes < pending->bytes_max;
}

/* There is room.  The names are the table's then. */
void irl_pending_put(struct irl_pending *pending, const struct irl_item *item,
		     bool rides, uint64_t now_ns);
/* Is there one of that address and port? */
bool irl_pending_has(const struct irl_pending *pending,
		     const struct irl_ip *addr, uint16_t port);
/* Take the oldest of @item's address and port: its names are written, and the
 * caller's.  False: there is none. */
bool irl_pending_take(struct irl_pending *pending, struct irl_item *item,
		      bool *rides);
/* Take one whose time is over, likewise. */
bool irl_pending_expire(struct irl_pending *pending, uint64_t now_ns,
			struct irl_item *item, bool *rides);

#endif
