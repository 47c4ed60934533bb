// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "engine/nearby.h"
#include "engine/set_rank.h"
#include "net/inquire.h"
#include "net/on_link.h"

struct irl_nearby {
	const struct irl_targets *targets;
	struct net_on_link on_link;
	uint32_t *addr; /* on link; distinct */
	uint32_t addresses;
	struct net_neighbours *table;
	uint64_t *position; /* ascending */
	size_t positions;
	bool listed;  /* a few positions, found one by one */
	uint64_t all; /* targets that they are among */
};

/* ---- which: by prefix -----------------------------------------------------
 */

static int too_many(struct irl_error *err)
{
	return irl_error_set(err, IRL_EINVAL,
			     "more than %u target addresses are on link: scan "
			     "them in parts, or give one next hop for all by "
			     "--gateway-mac",
			     NET_NEIGHBOURS_MAX);
}

/* Those that the @n-th prefix holds, and none longer. */
static int add_prefix(struct irl_nearby *nearby, unsigned n,
		      struct irl_error *err)
{
	const struct irl_prefix4 *prefix = &nearby->on_link.entry[n].prefix;
	uint64_t end = prefix->addr + (1ull << (32 - prefix->length));
	uint64_t rank = irl_rank_from(nearby->targets, prefix->addr);
	uint64_t last = irl_rank_from(nearby->targets, end);

	for (; rank < last; rank++) {
		uint32_t addr = irl_addr_at(nearby->targets, rank);

		if (net_on_link_match(&nearby->on_link, addr) != (int)n)
			continue;
		if (nearby->addresses == NET_NEIGHBOURS_MAX)
			return too_many(err);
		nearby->addr[nearby->addresses++] = addr;
	}
	return 0;
}

static void find_far(const struct irl_nearby *nearby, struct irl_far *far)
{
	uint64_t all = irl_targets_addresses(nearby->targets);

	for (uint64_t rank = 0; rank < all && !far->any; rank++) {
		far->addr = irl_addr_at(nearby->targets, rank);
		far->any = net_on_link_place(&nearby->on_link, far->addr) ==
			   NET_PLACE_FAR;
	}
}

static int find_in_set(struct irl_nearby *nearby, struct irl_far *far,
		       struct irl_error *err)
{
	int rc = 0;

	for (unsigned i = 0; i < nearby->on_link.count && !rc; i++)
		if (nearby->on_link.entry[i].place != NET_PLACE_FAR)
			rc = add_prefix(nearby, i, err);
	if (!rc)
		find_far(nearby, far);
	return rc;
}

/* ---- which: by position ---------------------------------------------------
 */

static int compare_addr(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static void keep_distinct(struct irl_nearby *nearby)
{
	uint32_t kept = 0;

	qsort(nearby->addr, nearby->addresses, sizeof(*nearby->addr),
	      compare_addr);
	for (uint32_t i = 0; i < nearby->addresses; i++)
		if (!i || nearby->addr[i] != nearby->addr[i - 1])
			nearby->addr[kept++] = nearby->addr[i];
	nearby->addresses = kept;
}

static int find_in_part(struct irl_nearby *nearby,
			const struct irl_nearby_part *part, struct irl_far *far,
			struct irl_error *err)
{
	struct irl_permutation order;
	uint64_t index;

	nearby->position =
	    calloc(IRL_NEARBY_PART_MAX, sizeof(*nearby->position));
	if (!nearby->position)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	irl_permutation_init(&order, irl_targets_count(part->targets),
			     part->seed);
	for (uint64_t at = part->first; at < part->end; at++) {
		uint32_t addr;

		if (!irl_permutation_at(&order, at, &index))
			continue;
		addr = irl_targets_at(part->targets, index).addr;
		if (net_on_link_place(&nearby->on_link, addr) ==
		    NET_PLACE_FAR) {
			*far = (struct irl_far){.any = true, .addr = addr};
			continue;
		}
		nearby->position[nearby->positions++] = at;
		nearby->addr[nearby->addresses++] = addr;
	}
	keep_distinct(nearby);
	return 0;
}

/* ---- making ---------------------------------------------------------------
 */

static int find(struct irl_nearby *nearby, const struct irl_nearby_part *part,
		struct irl_far *far, struct irl_error *err)
{
	return nearby->listed ? find_in_part(nearby, part, far, err)
			      : find_in_set(nearby, far, err);
}

int irl_nearby_new(struct irl_nearby **out, const struct irl_nearby_part *part,
		   unsigned ifindex, struct irl_far *far, struct irl_error *err)
{
	struct irl_nearby *nearby = calloc(1, sizeof(*nearby));
	int rc;

	*out = NULL;
	*far = (struct irl_far){0};
	if (nearby)
		nearby->addr =
		    calloc(NET_NEIGHBOURS_MAX, sizeof(*nearby->addr));
	if (!nearby || !nearby->addr) {
		irl_nearby_free(nearby);
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	}
	nearby->targets = part->targets;
	nearby->listed = part->end - part->first <= IRL_NEARBY_PART_MAX;
	nearby->all = nearby->listed ? part->end - part->first
				     : irl_targets_count(part->targets);
	rc = net_on_link_read(ifindex, &nearby->on_link, err);
	if (!rc)
		rc = find(nearby, part, far, err);
	if (rc || !nearby->addresses) {
		irl_nearby_free(nearby);
		return rc;
	}
	*out = nearby;
	return 0;
}

void irl_nearby_free(struct irl_nearby *nearby)
{
	if (!nearby)
		return;
	net_neighbours_free(nearby->table);
	free(nearby->addr);
	free(nearby->position);
	free(nearby);
}

void irl_nearby_count(const struct irl_nearby *nearby, uint32_t *addresses,
		      uint32_t *known)
{
	*addresses = nearby ? nearby->addresses : 0;
	*known = nearby ? net_neighbours_known(nearby->table) : 0;
}

uint64_t irl_nearby_targets(const struct irl_nearby *nearby, uint64_t *all)
{
	*all = nearby->all;
	if (nearby->listed)
		return nearby->positions;
	return (uint64_t)nearby->addresses *
	       irl_targets_port_count(nearby->targets);
}

/* ---- where ----------------------------------------------------------------
 */

struct asker {
	const struct irl_nearby *nearby;
	const struct irl_nearby_question *question;
	uint64_t begin_ns;
};

static int tick(void *context, const struct net_neighbours *table)
{
	const struct asker *asker = context;
	const struct irl_scan_asking asking = {
	    .elapsed_s = (double)(irl_clock_ns() - asker->begin_ns) / 1e9,
	    .addresses = asker->nearby->addresses,
	    .known = net_neighbours_known(table),
	    .open = net_neighbours_open(table),
	};

	return asker->question->asking(asker->question->asking_context,
				       &asking);
}

int irl_nearby_ask(struct irl_nearby *nearby,
		   const struct irl_nearby_question *question,
		   struct irl_error *err)
{
	struct net_neighbours_options options = {
	    .source = question->source,
	    .room = nearby->addresses,
	    .rate_pps = question->rate_pps,
	};
	struct asker asker = {nearby, question, irl_clock_ns()};
	const struct net_inquire_watch watch = {tick, &asker};

	memcpy(options.mac, irl_port_info(question->port)->mac, 6);
	nearby->table = net_neighbours_new(&options);
	if (!nearby->table)
		return irl_error_set(err, IRL_ENOMEM,
				     "out of memory for %u neighbours",
				     nearby->addresses);
	for (uint32_t i = 0; i < nearby->addresses; i++) {
		uint32_t addr = nearby->addr[i];
		const struct irl_ip ip = irl_ip4(addr);

		if (addr - question->source < question->source_count ||
		    net_on_link_place(&nearby->on_link, addr) !=
			NET_PLACE_ON_LINK)
			continue;
		net_neighbours_ask(nearby->table, &ip);
	}
	return net_inquire(question->port, nearby->table, question->own,
			   question->own_count,
			   question->asking ? &watch : NULL, err);
}

enum irl_hop irl_nearby_hop(const struct irl_nearby *nearby, uint32_t addr,
			    uint8_t mac[6])
{
	const struct irl_ip ip = irl_ip4(addr);

	if (net_on_link_place(&nearby->on_link, addr) == NET_PLACE_FAR)
		return IRL_HOP_GATEWAY;
	return net_neighbours_find(nearby->table, &ip, mac) ==
		       NET_NEIGHBOUR_KNOWN
		   ? IRL_HOP_NEIGHBOUR
		   : IRL_HOP_NONE;
}

/* ---- positions ------------------------------------------------------------
 */

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

int irl_nearby_list(struct irl_nearby *nearby, const struct irl_probe *probe,
		    struct irl_error *err)
{
	uint32_t ports = irl_targets_port_count(nearby->targets);
	uint64_t all, count = irl_nearby_targets(nearby, &all), position;

	if (nearby->listed)
		return 0;
	if (count > IRL_NEARBY_LIST_MAX)
		return irl_error_set(err, IRL_ENOTSUP,
				     "%llu targets are on link, and a scan in "
				     "the kernel takes at most %u of them; use "
				     "--residence user",
				     (unsigned long long)count,
				     IRL_NEARBY_LIST_MAX);
	free(nearby->position); /* asked once more */
	nearby->positions = 0;
	nearby->position = calloc(count, sizeof(*nearby->position));
	if (!nearby->position)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (uint32_t i = 0; i < nearby->addresses; i++)
		for (uint32_t port = 0; port < ports; port++) {
			/* All addresses have the same ports. */
			struct irl_target target =
			    irl_targets_at(nearby->targets, port);

			target.addr = nearby->addr[i];
			if (irl_probe_position(probe, target, &position))
				nearby->position[nearby->positions++] =
				    position;
		}
	qsort(nearby->position, nearby->positions, sizeof(*nearby->position),
	      compare);
	return 0;
}

uint64_t irl_nearby_next(const struct irl_nearby *nearby, uint64_t position)
{
	size_t low = 0, high = nearby->positions;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (nearby->position[middle] < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low < nearby->positions ? nearby->position[low] : UINT64_MAX;
}
