// SPDX-License-Identifier: BSD-2-Clause
#include "net/on_link.h"

static uint32_t mask_of(uint32_t length)
{
	return length ? ~0u << (32 - length) : 0;
}

bool net_on_link_holds(const struct irl_prefix4 *prefix, uint32_t addr)
{
	return ((addr ^ prefix->addr) & mask_of(prefix->length)) == 0;
}

bool net_on_link_add(struct net_on_link *out, struct irl_prefix4 prefix,
		     enum net_place place)
{
	if (out->count == NET_ON_LINK_MAX)
		return false;
	out->entry[out->count].prefix = prefix;
	out->entry[out->count++].place = place;
	return true;
}

int net_on_link_match(const struct net_on_link *on_link, uint32_t addr)
{
	int best = -1;

	for (unsigned i = 0; i < on_link->count; i++)
		if (net_on_link_holds(&on_link->entry[i].prefix, addr) &&
		    (best < 0 || on_link->entry[i].prefix.length >
				     on_link->entry[best].prefix.length))
			best = (int)i;
	return best;
}

enum net_place net_on_link_place(const struct net_on_link *on_link,
				 uint32_t addr)
{
	int i = net_on_link_match(on_link, addr);
	uint32_t host;

	if (i < 0)
		return NET_PLACE_FAR;
	host = ~mask_of(on_link->entry[i].prefix.length);
	if (on_link->entry[i].place == NET_PLACE_ON_LINK && host > 1 &&
	    ((addr & host) == 0 || (addr & host) == host))
		return NET_PLACE_NOBODY;
	return on_link->entry[i].place;
}
