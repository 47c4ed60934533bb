/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The next hops of a list's targets, which nobody knows before the list is
 * read: each target's own, found by the host's routes and then by ARP or
 * neighbour discovery, while the fetch runs.
 *
 *   main thread --wanted--> worker 0: requests, replies --table--> all read
 *
 * The main thread holds a target back until its next hop is settled; worker 0
 * asks, since what has no port of ours, ARP and the like, comes to its queue.
 */
#ifndef IRL_ENGINE_NEXT_HOPS_H
#define IRL_ENGINE_NEXT_HOPS_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/ip.h>
#include <irl/port.h>
#include <irl/steer.h>
#include "net/hops.h"
#include "net/neighbours.h"

struct irl_next_hops;

/* Routes by way of @ifindex are read, @alone as by net_hops_read. */
int irl_next_hops_new(struct irl_next_hops **out, unsigned ifindex, bool alone,
		      struct irl_error *err);
/* As net_hops_check: to be asked before it is got ready. */
int irl_next_hops_check(const struct irl_next_hops *hops,
			struct irl_error *err);
void irl_next_hops_free(struct irl_next_hops *hops);

/* A route besides the host's. */
void irl_next_hops_add(struct irl_next_hops *hops,
		       const struct net_route *route);
/* Where the main table does not lead to @dest by this interface, it and what
 * that table does not lead to at all go to @gateway then: the kernel knows a
 * way that is in another table. */
void irl_next_hops_fall_back(struct irl_next_hops *hops,
			     const struct irl_ip *dest,
			     const struct irl_ip *gateway);
/* As net_hops_sample. */
bool irl_next_hops_sample(const struct irl_next_hops *hops, bool ipv6,
			  struct irl_ip *dest);

/*
 * Get ready to ask.  Replies to addresses that only we own come by the port
 * that steers them, to irl_next_hops_feed; those to the host's go to its stack,
 * so another port listens to them beside it.
 *
 * @source, source6  who asks; 0: no target of that family
 * @host, host6      these are the host's, and listened to
 */
struct irl_next_hops_options {
	const char *ifname;
	uint8_t mac[6];
	uint32_t source;
	struct irl_ip source6;
	bool host, host6;
	double rate_pps; /* requests a second, > 0 */
};
int irl_next_hops_ready(struct irl_next_hops *hops,
			const struct irl_next_hops_options *options,
			struct irl_error *err);
/* Before any thread asks: a hop that is known already. */
void irl_next_hops_learn(struct irl_next_hops *hops, const struct irl_ip *hop,
			 const uint8_t mac[6]);

enum irl_next_hop {
	IRL_NEXT_HOP_KNOWN,   /* @mac is written */
	IRL_NEXT_HOP_ASKED,   /* later */
	IRL_NEXT_HOP_ABSENT,  /* nobody answers for it */
	IRL_NEXT_HOP_NOWHERE, /* no route by this interface, or no source */
	IRL_NEXT_HOP_FULL,    /* too many have been asked for */
};

/* From any thread; never ASKED but for what was wanted before. */
enum irl_next_hop irl_next_hops_find(const struct irl_next_hops *hops,
				     const struct irl_ip *dest, uint8_t mac[6]);
/* The main thread: the same, and have it asked for. */
enum irl_next_hop irl_next_hops_want(struct irl_next_hops *hops,
				     const struct irl_ip *dest);

/* Worker 0: what was wanted, and the replies that the host got. */
void irl_next_hops_attend(struct irl_next_hops *hops);
/* The next request; its length, 0: none now. */
uint32_t irl_next_hops_request(struct irl_next_hops *hops, uint64_t now_ns,
			       uint8_t frame[NET_NEIGHBOURS_FRAME]);
/* A frame received; true: a reply. */
bool irl_next_hops_feed(struct irl_next_hops *hops, const uint8_t *frame,
			uint32_t length);

#endif
