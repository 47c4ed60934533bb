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

#define NET_HOPS_MAX 128u       /* by this interface, of a family */
#define NET_HOPS_ELSEWHERE 896u /* and others */

struct net_hop {
	uint64_t prefix[2], mask[2]; /* as loaded, not in host byte order */
	struct net_route route;
	bool here; /* by this interface; else nowhere that we could send to */
};

/* Of one family, the longest prefixes first. */
struct net_hop_list {
	struct net_hop hop[NET_HOPS_MAX + NET_HOPS_ELSEWHERE];
	unsigned count, here; /* all, and those by this interface */
	bool full;            /* there was no room for all */
};

struct net_hops {
	unsigned ifindex;
	bool alone; /* what leads to other interfaces counts for nothing */
	struct net_hop_list four, six;
};

/* Where there is no room for all, the widest by this interface are kept.  With
 * @alone as with an interface that the user chose, the kernel does likewise. */
int net_hops_read(unsigned ifindex, bool alone, struct net_hops *out,
		  struct irl_error *err);
/* -IRL_EINVAL: there was no room for all. */
int net_hops_check(const struct net_hops *hops, struct irl_error *err);

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
