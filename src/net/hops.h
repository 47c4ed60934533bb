/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Next hops by way of one interface, of both families, as the main table has
 * them: read once, then a pure function.
 */
#ifndef IRL_NET_HOPS_H
#define IRL_NET_HOPS_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/ip.h>
#include "net/route.h"

#define NET_HOPS_MAX 128u

struct net_hop {
	uint64_t prefix[2], mask[2]; /* as loaded, not in host byte order */
	struct net_route route;
	bool here; /* by this interface; else nowhere that we could send to */
};

/* Of one family, the longest prefixes first. */
struct net_hop_list {
	struct net_hop hop[NET_HOPS_MAX];
	unsigned count;
	bool full; /* there was no room for all */
};

struct net_hops {
	unsigned ifindex;
	struct net_hop_list four, six;
};

/* -IRL_EINVAL: there are more than NET_HOPS_MAX routes of a family. */
int net_hops_read(unsigned ifindex, struct net_hops *out,
		  struct irl_error *err);

/* Add one; of equal prefixes the first is right.  Reading does, and tests. */
void net_hops_add(struct net_hops *hops, const struct net_route *route);

/* Whom frames for @dest go to: a gateway, or @dest itself, into @next; false:
 * it is not reached by this interface.  A few ns a prefix. */
bool net_hops_find(const struct net_hops *hops, const struct irl_ip *dest,
		   struct irl_ip *next);

/* Some destination of the family that is reached, by the widest prefix, no
 * link-local one: its route tells what the host would send from. */
bool net_hops_sample(const struct net_hops *hops, bool ipv6,
		     struct irl_ip *dest);

#endif
