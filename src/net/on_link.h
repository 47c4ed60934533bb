/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which addresses are on an interface's link: the main table's routes without
 * a gateway (scope link), less what more specific routes take out of them.
 */
#ifndef IRL_NET_ON_LINK_H
#define IRL_NET_ON_LINK_H

#include <irl/net.h>

#define NET_ON_LINK_MAX 64u

enum net_place {
	NET_PLACE_FAR,     /* behind a gateway, or nowhere */
	NET_PLACE_ON_LINK, /* a neighbour may have it */
	/* On link, but no neighbour's: the network or broadcast address of its
	 * prefix (RFC 1122, 3.2.1.3; not of a /31, RFC 3021), or an address of
	 * the host itself. */
	NET_PLACE_NOBODY,
};

struct net_on_link {
	struct {
		struct irl_prefix4 prefix;
		enum net_place place;
	} entry[NET_ON_LINK_MAX]; /* of equal prefixes the first is right */
	unsigned count;
};

/* -IRL_EINVAL where the interface has more than NET_ON_LINK_MAX of them. */
int net_on_link_read(unsigned ifindex, struct net_on_link *out,
		     struct irl_error *err);

/* Add a prefix; false: no room.  Reading does, and tests. */
bool net_on_link_add(struct net_on_link *out, struct irl_prefix4 prefix,
		     enum net_place place);

bool net_on_link_holds(const struct irl_prefix4 *prefix, uint32_t addr);

/* The entry with the longest prefix that holds @addr, or -1. */
int net_on_link_match(const struct net_on_link *on_link, uint32_t addr);

/* By that.  Pure; a few ns a prefix. */
enum net_place net_on_link_place(const struct net_on_link *on_link,
				 uint32_t addr);

#endif
