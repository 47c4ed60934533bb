/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours that we resolve ourselves, many at once: a table from address to
 * Ethernet address, filled by ARP requests of ours (RFC 826).
 *
 *   ask --> waiting --request()--> asked --feed()--> known
 *                      ^  a second  |
 *                      +--later-----+--3rd silence--> absent
 *
 * No port, no clock, nothing allocated after net_neighbours_new: whoever owns
 * the table puts the requests on the wire, feeds it what is received, and
 * passes the time in.  One thread; once settled, any number may look up.
 * Only replies to what was asked are taken, the first of each neighbour:
 * gratuitous ARP, requests, and replies that nobody asked for change nothing.
 */
#ifndef IRL_NET_NEIGHBOURS_H
#define IRL_NET_NEIGHBOURS_H

#include <stdbool.h>
#include <stdint.h>
#include "net/arp.h"

#define NET_NEIGHBOURS_MAX 65536u /* addresses in one table */
#define NET_NEIGHBOURS_TRIES 3u   /* requests for one address */
#define NET_NEIGHBOURS_WAIT_NS                                                 \
	1000000000ull /* usual, for the reply to each                          \
		       */

struct net_neighbours;

struct net_neighbours_options {
	uint32_t source; /* asks: an address that replies to us come to */
	uint8_t mac[6];  /* ours */
	unsigned room;   /* addresses, 1 .. NET_NEIGHBOURS_MAX */
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

/* NULL when out of memory: 36 bytes an address, at most. */
struct net_neighbours *
net_neighbours_new(const struct net_neighbours_options *options);
void net_neighbours_free(struct net_neighbours *table);

/* Have @addr asked for; does not wait.  Asking again changes nothing.  Returns
 * its state, UNKNOWN when the table is full.  O(1). */
enum net_neighbour_state net_neighbours_ask(struct net_neighbours *table,
					    uint32_t addr);

/* @mac is written for KNOWN alone.  O(1). */
enum net_neighbour_state net_neighbours_find(const struct net_neighbours *table,
					     uint32_t addr, uint8_t mac[6]);

/* A frame of @length bytes, of any content; true if it was a reply that made a
 * neighbour known. */
bool net_neighbours_feed(struct net_neighbours *table, const uint8_t *frame,
			 uint32_t length);

/* The next request that may go at @now_ns, which never falls, into @frame;
 * false: none now.  To be called until then. */
bool net_neighbours_request(struct net_neighbours *table, uint64_t now_ns,
			    uint8_t frame[NET_FRAME_PADDED]);

/* When to call net_neighbours_request again; UINT64_MAX: all is settled. */
uint64_t net_neighbours_next_ns(const struct net_neighbours *table,
				uint64_t now_ns);

/* Addresses known, and those neither known nor absent. */
unsigned net_neighbours_known(const struct net_neighbours *table);
unsigned net_neighbours_open(const struct net_neighbours *table);

#endif
