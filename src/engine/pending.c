// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <irl/error.h>
#include "base/memory.h"
#include "engine/pending.h"

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

void irl_pending_put(struct irl_pending *p, const struct irl_item *item,
		     bool rides, uint64_t now_ns)
{
	uint32_t *bucket = bucket_of(p, &item->addr, item->port);
	uint32_t at = (uint32_t)p->next++ & p->mask;

	p->slot[at] = (struct irl_pending_slot){.addr = item->addr,
						.since_ns = now_ns,
						.names = item->names,
						.older = *bucket,
						.port = item->port,
						.rides = rides};
	*bucket = at + 1;
	p->bytes += bytes_of(item->names);
}

static bool is_of(const struct irl_pending_slot *slot,
		  const struct irl_ip *addr, uint16_t port)
{
	return slot->port == port && irl_ip_equal(&slot->addr, addr);
}

bool irl_pending_has(const struct irl_pending *p, const struct irl_ip *addr,
		     uint16_t port)
{
	uint32_t i = *bucket_of(p, addr, port);

	while (i && !is_of(&p->slot[i - 1], addr, port))
		i = p->slot[i - 1].older;
	return i != 0;
}

/* The link that leads to the oldest of that address and port; NULL: none. */
static uint32_t *find(struct irl_pending *p, const struct irl_ip *addr,
		      uint16_t port)
{
	uint32_t *found = NULL;

	for (uint32_t *link = bucket_of(p, addr, port); *link;
	     link = &p->slot[*link - 1].older)
		if (is_of(&p->slot[*link - 1], addr, port))
			found = link;
	return found;
}

static void take(struct irl_pending *p, uint32_t *link, struct irl_item *item,
		 bool *rides)
{
	struct irl_pending_slot *slot = &p->slot[*link - 1];

	*link = slot->older;
	item->names = slot->names;
	*rides = slot->rides;
	slot->names = NULL;
	slot->gone = true;
	p->bytes -= bytes_of(item->names);
}

bool irl_pending_take(struct irl_pending *p, struct irl_item *item, bool *rides)
{
	uint32_t *link = find(p, &item->addr, item->port);

	if (link)
		take(p, link, item, rides);
	return link;
}

bool irl_pending_expire(struct irl_pending *p, uint64_t now_ns,
			struct irl_item *item, bool *rides)
{
	for (; p->first < p->next; p->first++) {
		const struct irl_pending_slot *slot =
		    &p->slot[p->first & p->mask];

		if (slot->gone)
			continue;
		if (slot->since_ns + p->keep_ns > now_ns)
			return false;
		/* The oldest of all is the oldest of its target. */
		*item = (struct irl_item){.addr = slot->addr,
					  .port = slot->port,
					  .position = UINT64_MAX};
		p->first++;
		return irl_pending_take(p, item, rides);
	}
	return false;
}
