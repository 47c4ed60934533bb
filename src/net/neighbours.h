/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours that we resolve ourselves, many at once: a table from address to
 * Ethernet address, filled by requests of ours, by ARP (RFC 826) or by
 * neighbour discovery (RFC 4861).
 *
 *   ask --> waiting --request()--> asked --feed()--> known
 *                      ^  a second  |
 *                      +--later-----+--3rd silence--> absent
 *
 * No port, no clock, nothing allocated after net_neighbours_new: whoever owns
 * the table puts the requests on the wire, feeds it what is received, and
 * passes the time in.  One thread does; any number may look up meanwhile.
 * Only replies to what was asked are taken, the first of each neighbour:
 * gratuitous ARP, requests, and replies that nobody asked for change nothing,
 * but for claims to an address that nobody has asked for (source6).
 */
#ifndef IRL_NET_NEIGHBOURS_H
#define IRL_NET_NEIGHBOURS_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/ip.h>
#include "net/arp.h"
#include "net/ndp.h"

#define NET_NEIGHBOURS_MAX 65536u            /* addresses in one table */
#define NET_NEIGHBOURS_TRIES 3u              /* requests for one address */
#define NET_NEIGHBOURS_WAIT_NS 1000000000ull /* for a reply, usually */
#define NET_NEIGHBOURS_FRAME NET_NDP_FRAME

struct net_neighbours;

struct net_neighbours_options {
	/* Who asks: addresses that replies to us come to. */
	uint32_t source;
	/* All zero: nobody; then whoever claims an address of that family has
	 * it (RFC 4862, 5.4). */
	struct irl_ip source6;
	uint8_t mac[6]; /* ours */
	unsigned room;  /* addresses, 1 .. NET_NEIGHBOURS_MAX */
	/* Asked and not yet known, at once; 0: 1,024. */
	unsigned in_flight;
	uint64_t wait_ns; /* for a reply; 0: NET_NEIGHBOURS_WAIT_NS */
	double rate_pps;  /* requests a second, > 0 */
};

enum net_neighbour_state {
	NET_NEIGHBOUR_UNKNOWN, /* never asked for */
	NET_NEIGHBOUR_WAITING, /* to be asked */
	NET_NEIGHBOUR_ASKED,
	NET_NEIGHBOUR_KNOWN,
	NET_NEIGHBOUR_ABSENT, /* silent; a late reply still makes it known */
};

/* NULL when out of memory: 112 bytes an address, at most. */
struct net_neighbours *
net_neighbours_new(const struct net_neighbours_options *options);
void net_neighbours_free(struct net_neighbours *table);

/* Have @addr asked for; does not wait.  Asking again changes nothing.  Returns
 * its state, UNKNOWN when the table is full.  O(1). */
enum net_neighbour_state net_neighbours_ask(struct net_neighbours *table,
					    const struct irl_ip *addr);

/* @mac is written for KNOWN alone, and stays as it is then.  From any thread.
 * O(1). */
enum net_neighbour_state net_neighbours_find(const struct net_neighbours *table,
					     const struct irl_ip *addr,
					     uint8_t mac[6]);

/* Of @addr the MAC is known from elsewhere; false: the table is full. */
bool net_neighbours_learn(struct net_neighbours *table,
			  const struct irl_ip *addr, const uint8_t mac[6]);

/* A frame of @length bytes, of any content; true if it was a reply that made a
 * neighbour known. */
bool net_neighbours_feed(struct net_neighbours *table, const uint8_t *frame,
			 uint32_t length);

/* The next request that may go at @now_ns, which never falls, into @frame.
 * Returns its length, 0: none now.  To be called until then. */
uint32_t net_neighbours_request(struct net_neighbours *table, uint64_t now_ns,
				uint8_t frame[NET_NEIGHBOURS_FRAME]);

/* When to call net_neighbours_request again; UINT64_MAX: all is settled. */
uint64_t net_neighbours_next_ns(const struct net_neighbours *table,
				uint64_t now_ns);

/* Addresses known, and those neither known nor absent. */
unsigned net_neighbours_known(const struct net_neighbours *table);
unsigned net_neighbours_open(const struct net_neighbours *table);
/* No more can be asked for.  From any thread. */
bool net_neighbours_full(const struct net_neighbours *table);

#endif
