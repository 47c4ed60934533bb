/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Targets of a list that have been probed, with their names, and those that
 * ride on such a probe because they are of the same address and port: kept
 * until that probe is answered, or the time for it is over.  Riders of an
 * answered probe stay until they are asked for.
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

/* Slots are linked by their place + 1; 0: none. */
struct irl_pending_list {
	uint32_t first, last;
};

struct irl_pending_slot {
	struct irl_ip addr;
	uint64_t since_ns;
	char *names;                    /* as of an item */
	struct irl_pending_list riders; /* of a probe, oldest first */
	uint64_t position;
	uint32_t link; /* in its bucket or list */
	uint16_t port;
	bool again : 1;
	bool probe : 1; /* else it rides, or did */
	bool gone : 1;
};

struct irl_pending {
	struct irl_pending_slot *slot;
	uint32_t *bucket; /* probes */
	uint32_t mask;
	uint64_t first, next; /* ordinals, of the oldest and of one more */
	uint64_t due;         /* no probe is older */
	struct irl_pending_list ready, late;
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

/* There is room; the names are the table's then.  True: it rides on a probe
 * that is there; false: it is one. */
bool irl_pending_put(struct irl_pending *pending, const struct irl_item *item,
		     uint64_t now_ns);
/* The probe of @item's address and port is answered: its names are written, and
 * the caller's, and its riders are ready.  False: there is none. */
bool irl_pending_take(struct irl_pending *pending, struct irl_item *item);
/* It is, by another way: it is ready itself, before its riders. */
bool irl_pending_release(struct irl_pending *pending,
			 const struct irl_item *item);
/* Take the oldest that is ready, in the order of answers. */
bool irl_pending_ready(struct irl_pending *pending, struct irl_item *item);
/* Take one whose time is over: a probe, then those that rode on it. */
bool irl_pending_expire(struct irl_pending *pending, uint64_t now_ns,
			struct irl_item *item, bool *rides);

#endif
