// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "net/hops.h"

static void load(const struct irl_ip *ip, uint64_t word[2])
{
	memcpy(word, ip->byte, sizeof(*ip));
}

static void set_match(struct net_hop *hop)
{
	struct irl_ip mask = {{0}};

	for (unsigned i = 0; i < hop->route.length && i < 128; i++)
		mask.byte[i / 8] |= (uint8_t)(0x80 >> i % 8);
	load(&mask, hop->mask);
	load(&hop->route.dest, hop->prefix);
}

static bool is_here(const struct net_hops *hops, const struct net_route *route)
{
	return route->usable && route->ifindex == hops->ifindex &&
	       (irl_ip_is_none(&route->gateway) ||
		irl_ip_is4(&route->gateway) == irl_ip_is4(&route->dest));
}

/* A route that refuses is no interface's, so it counts for all. */
static bool is_elsewhere(const struct net_hops *hops,
			 const struct net_route *route)
{
	return route->ifindex != hops->ifindex &&
	       (route->ifindex || route->usable);
}

static void drop(struct net_hop_list *list, unsigned at)
{
	list->here -= list->hop[at].here;
	list->count--;
	memmove(&list->hop[at], &list->hop[at + 1],
		(list->count - at) * sizeof(*list->hop));
}

/* For one that is @here or not; false: there is none. */
static bool make_room(struct net_hop_list *list, bool here, unsigned length)
{
	unsigned longest = 0;

	if (here ? list->here < NET_HOPS_MAX
		 : list->count - list->here < NET_HOPS_ELSEWHERE)
		return true;
	list->full = true;
	if (!here)
		return false;
	while (!list->hop[longest].here)
		longest++;
	if (list->hop[longest].route.length <= length)
		return false;
	drop(list, longest);
	return true;
}

void net_hops_add(struct net_hops *hops, const struct net_route *route)
{
	struct net_hop_list *list =
	    irl_ip_is4(&route->dest) ? &hops->four : &hops->six;
	bool here = is_here(hops, route);
	unsigned at = 0;

	if ((hops->alone && is_elsewhere(hops, route)) ||
	    !make_room(list, here, route->length))
		return;
	while (at < list->count && list->hop[at].route.length >= route->length)
		at++;
	memmove(&list->hop[at + 1], &list->hop[at],
		(list->count++ - at) * sizeof(*list->hop));
	list->here += here;
	list->hop[at] = (struct net_hop){.route = *route, .here = here};
	set_match(&list->hop[at]);
}

static const struct net_hop *match(const struct net_hops *hops,
				   const struct irl_ip *dest)
{
	const struct net_hop_list *list =
	    irl_ip_is4(dest) ? &hops->four : &hops->six;
	uint64_t word[2];

	load(dest, word);
	for (unsigned i = 0; i < list->count; i++) {
		const struct net_hop *hop = &list->hop[i];

		if (!((hop->prefix[0] ^ word[0]) & hop->mask[0]) &&
		    !((hop->prefix[1] ^ word[1]) & hop->mask[1]))
			return hop;
	}
	return NULL;
}

bool net_hops_find(const struct net_hops *hops, const struct irl_ip *dest,
		   struct irl_ip *next)
{
	const struct net_hop *hop = match(hops, dest);

	if (!hop || !hop->here)
		return false;
	*next =
	    irl_ip_is_none(&hop->route.gateway) ? *dest : hop->route.gateway;
	return true;
}

static bool is_link_local(const struct irl_ip *ip)
{
	return ip->byte[0] == 0xfe && (ip->byte[1] & 0xc0) == 0x80;
}

bool net_hops_sample(const struct net_hops *hops, bool ipv6,
		     struct irl_ip *dest)
{
	const struct net_hop_list *list = ipv6 ? &hops->six : &hops->four;

	for (unsigned i = list->count; i-- > 0;) {
		const struct net_hop *hop = &list->hop[i];

		if (!hop->here || is_link_local(&hop->route.dest))
			continue;
		*dest = hop->route.dest;
		if (hop->route.length < 128)
			dest->byte[15] |= 1;
		/* of a default route one that hosts may have */
		if (hop->route.length == (ipv6 ? 0 : 96))
			dest->byte[ipv6 ? 0 : 12] = ipv6 ? 0x20 : 1;
		return true;
	}
	return false;
}

/* ---- reading --------------------------------------------------------------
 */

struct reading {
	struct net_hops *out;
	struct net_hop_list *list; /* of the family that is read */
};

static void visit(void *context, const struct net_route *route)
{
	struct reading *reading = context;

	net_hops_add(reading->out, route);
}

static void forget(void *context)
{
	struct reading *reading = context;

	reading->list->count = reading->list->here = 0;
	reading->list->full = false;
}

int net_hops_read(unsigned ifindex, bool alone, struct net_hops *out,
		  struct irl_error *err)
{
	struct reading four = {out, &out->four}, six = {out, &out->six};
	int rc;

	memset(out, 0, sizeof(*out));
	out->ifindex = ifindex;
	out->alone = alone;
	rc = net_route_each(false, ifindex, visit, forget, &four, err);
	if (!rc)
		rc = net_route_each(true, ifindex, visit, forget, &six, err);
	return rc;
}

int net_hops_check(const struct net_hops *hops, struct irl_error *err)
{
	char name[16];

	if (!hops->four.full && !hops->six.full)
		return 0;
	net_interface_name(hops->ifindex, name);
	return irl_error_set(
	    err, IRL_EINVAL,
	    "more than %u routes by way of %s, or %u by "
	    "others%s: give one next hop for all on %s by "
	    "--gateway-mac",
	    NET_HOPS_MAX, name, NET_HOPS_ELSEWHERE,
	    hops->alone ? "" : ", which --interface leaves out", name);
}
