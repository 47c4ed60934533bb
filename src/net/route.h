/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IRL_NET_ROUTE_H
#define IRL_NET_ROUTE_H

#include <stdbool.h>
#include <irl/net.h>

/* Of the main table's routes through @interface the one with the shortest
 * prefix (the default route where there is one), or -IRL_ENOROUTE. */
int net_route_widest(const char *interface, struct irl_prefix4 *dest,
		     struct irl_route *out, struct irl_error *err);

/* Visit the main table's unicast routes that do not leave by @ifindex alone, in
 * the kernel's order, some perhaps twice.  Returns 1 where the visitor, having
 * seen enough, returned true; 0 or -IRL_E... .  It may ask for routes. */
int net_route_elsewhere(unsigned ifindex,
			bool (*visit)(void *context, struct irl_prefix4 dest),
			void *context, struct irl_error *err);

/* Its name, or "?" where it has gone; also returned. */
const char *net_interface_name(unsigned ifindex, char name[16]);

/* An IPv4 route out of one of either family. */
void net_route_narrow(const struct irl_ip_route *route, struct irl_route *out);

/* A route of the main table as the kernel lists it. */
struct net_route {
	struct irl_ip dest;    /* of IPv4 mapped, and so in length */
	unsigned length;       /* 0 .. 128 */
	unsigned ifindex;      /* 0: refused, or not by one interface alone */
	struct irl_ip gateway; /* all zero: on link */
	bool usable;           /* no blackhole or the like */
};

/* Visit those of a family in the kernel's order: of equal prefixes the first
 * is taken.  Of several next hops it is the first through @ifindex.  @forget:
 * all begins anew. */
int net_route_each(bool ipv6, unsigned ifindex,
		   void (*visit)(void *context, const struct net_route *route),
		   void (*forget)(void *context), void *context,
		   struct irl_error *err);

#endif
