// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <irl/error.h>
#include "base/memory.h"
#include "engine/pending.h"

/* There are four million. */
_Static_assert(sizeof(struct irl_pending_slot) == 56, "no room is wasted");

int irl_pending_init(struct irl_pending *p, uint32_t slots, uint64_t bytes_max,
		     uint64_t keep_ns, uint64_t seed)
{
	*p = (struct irl_pending){
	    .slot = irl_memory_reserve(slots * sizeof(*p->slot)),
	    .bucket = irl_memory_reserve(slots * sizeof(*p->bucket)),
	    .mask = slots - 1,
	    .bytes_max = bytes_max,
	    .keep_ns = keep_ns,
	    .key = {{seed, 0x70656e64696e67ull}},
	};
	return p->slot && p->bucket ? 0 : -IRL_ENOMEM;
}

void irl_pending_fini(struct irl_pending *p)
{
	size_t slots = (size_t)p->mask + 1;

	for (; p->first < p->next; p->first++)
		free(p->slot[p->first & p->mask].names);
	irl_memory_give(p->slot, slots * sizeof(*p->slot));
	irl_memory_give(p->bucket, slots * sizeof(*p->bucket));
}

static uint32_t *bucket_of(const struct irl_pending *p,
			   const struct irl_ip *addr, uint16_t port)
{
	uint64_t word[3] = {0, 0, port};

	memcpy(word, addr->byte, sizeof(addr->byte));
	return &p->bucket[irl_siphash(&p->key, word, 3) & p->mask];
}

/* What an item of these names costs; without, it costs its slot. */
static uint64_t bytes_of(const char *names)
{
	size_t n;

	if (!names)
		return 0;
	n = strlen(names) + 1;
	return n + strlen(names + n) + 1;
}

/* ---- lists --------------------------------------------------------------- */

static void append(struct irl_pending *p, struct irl_pending_list *list,
		   struct irl_pending_list more)
{
	if (!more.first)
		return;
	if (list->first)
		p->slot[list->last - 1].link = more.first;
	else
		list->first = more.first;
	list->last = more.last;
}

static void append_one(struct irl_pending *p, struct irl_pending_list *list,
		       uint32_t place)
{
	p->slot[place - 1].link = 0;
	append(p, list, (struct irl_pending_list){place, place});
}

/* ---- probes -------------------------------------------------------------- */

/* The link that leads to the probe of that address and port, or to 0. */
static uint32_t *find(struct irl_pending *p, const struct irl_item *item)
{
	uint32_t *link = bucket_of(p, &item->addr, item->port);

	while (*link) {
		struct irl_pending_slot *slot = &p->slot[*link - 1];

		if (slot->port == item->port &&
		    irl_ip_equal(&slot->addr, &item->addr))
			break;
		link = &slot->link;
	}
	return link;
}

bool irl_pending_put(struct irl_pending *p, const struct irl_item *item,
		     uint64_t now_ns)
{
	uint32_t *link = find(p, item);
	uint32_t place = ((uint32_t)p->next++ & p->mask) + 1;

	p->slot[place - 1] =
	    (struct irl_pending_slot){.addr = item->addr,
				      .since_ns = now_ns,
				      .names = item->names,
				      .position = item->position,
				      .again = item->again,
				      .port = item->port,
				      .probe = !*link};
	p->bytes += bytes_of(item->names);
	if (*link) {
		append_one(p, &p->slot[*link - 1].riders, place);
		return true;
	}
	*link = place;
	return false;
}

/* ---- taking -------------------------------------------------------------- */

/* What it holds is the caller's; places are free from the oldest on. */
static void vacate(struct irl_pending *p, struct irl_pending_slot *slot,
		   struct irl_item *item)
{
	*item = (struct irl_item){.addr = slot->addr,
				  .port = slot->port,
				  .names = slot->names,
				  .position = slot->position,
				  .again = slot->again};
	p->bytes -= bytes_of(slot->names);
	slot->names = NULL;
	slot->gone = true;
	while (p->first < p->next && p->slot[p->first & p->mask].gone)
		p->first++;
}

static bool take_first(struct irl_pending *p, struct irl_pending_list *list,
		       struct irl_item *item)
{
	struct irl_pending_slot *slot;

	if (!list->first)
		return false;
	slot = &p->slot[list->first - 1];
	list->first = slot->link;
	vacate(p, slot, item);
	return true;
}

/* A probe, whose riders go to that list. */
static void take(struct irl_pending *p, uint32_t *link,
		 struct irl_pending_list *list, struct irl_item *item)
{
	struct irl_pending_slot *slot = &p->slot[*link - 1];

	*link = slot->link;
	append(p, list, slot->riders);
	vacate(p, slot, item);
}

bool irl_pending_take(struct irl_pending *p, struct irl_item *item)
{
	uint32_t *link = find(p, item);

	if (!*link)
		return false;
	take(p, link, &p->ready, item);
	return true;
}

bool irl_pending_release(struct irl_pending *p, const struct irl_item *item)
{
	uint32_t *link = find(p, item), place = *link;
	struct irl_pending_slot *slot;

	if (!place)
		return false;
	slot = &p->slot[place - 1];
	*link = slot->link;
	slot->probe = false;
	append_one(p, &p->ready, place);
	append(p, &p->ready, slot->riders);
	return true;
}

bool irl_pending_ready(struct irl_pending *p, struct irl_item *item)
{
	return take_first(p, &p->ready, item);
}

/* Who rides is younger than the probe, and over or ready when that is. */
bool irl_pending_expire(struct irl_pending *p, uint64_t now_ns,
			struct irl_item *item, bool *rides)
{
	*rides = take_first(p, &p->late, item);
	if (*rides)
		return true;
	if (p->due < p->first)
		p->due = p->first;
	for (; p->due < p->next; p->due++) {
		const struct irl_pending_slot *slot =
		    &p->slot[p->due & p->mask];

		if (slot->gone || !slot->probe)
			continue;
		if (slot->since_ns + p->keep_ns > now_ns)
			return false;
		p->due++;
		*item =
		    (struct irl_item){.addr = slot->addr, .port = slot->port};
		take(p, find(p, item), &p->late, item);
		return true;
	}
	return false;
}
