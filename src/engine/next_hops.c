// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "engine/next_hops.h"
#include "net/inquire.h"

#define WANTED 1024u /* not taken by worker 0 yet, a power of two */
#define FRAMES 64u

struct irl_next_hops {
	struct net_hops routes;
	struct net_neighbours *table;
	bool four, six;   /* there is a source address to that family */
	bool host, host6; /* which is the host's */
	struct irl_port
	    *beside; /* hears what the host is told; NULL: nothing */
	_Alignas(64) uint32_t head; /* the main thread's */
	_Alignas(64) uint32_t tail; /* worker 0's */
	struct irl_ip wanted[WANTED];
};

int irl_next_hops_new(struct irl_next_hops **out, unsigned ifindex, bool alone,
		      struct irl_error *err)
{
	size_t bytes = (sizeof(**out) + 63) & ~(size_t)63;
	struct irl_next_hops *hops = irl_aligned_take(bytes);
	int rc;

	*out = NULL;
	if (!hops)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	memset(hops, 0, bytes);
	rc = net_hops_read(ifindex, alone, &hops->routes, err);
	if (rc)
		irl_aligned_give(hops);
	else
		*out = hops;
	return rc;
}

int irl_next_hops_check(const struct irl_next_hops *hops, struct irl_error *err)
{
	return net_hops_check(&hops->routes, err);
}

void irl_next_hops_free(struct irl_next_hops *hops)
{
	if (!hops)
		return;
	net_neighbours_free(hops->table);
	irl_port_close(hops->beside);
	irl_aligned_give(hops);
}

void irl_next_hops_add(struct irl_next_hops *hops,
		       const struct net_route *route)
{
	net_hops_add(&hops->routes, route);
}

void irl_next_hops_fall_back(struct irl_next_hops *hops,
			     const struct irl_ip *dest,
			     const struct irl_ip *gateway)
{
	struct net_route route = {.dest = *dest,
				  .length = 128,
				  .ifindex = hops->routes.ifindex,
				  .gateway = *gateway,
				  .usable = true};
	struct irl_ip next;

	if (net_hops_find(&hops->routes, dest, &next))
		return;
	irl_next_hops_add(hops, &route);
	/* behind the table's own default route, if it has one */
	route.dest = irl_ip_is4(dest) ? irl_ip4(0) : (struct irl_ip){{0}};
	route.length = irl_ip_is4(dest) ? 96 : 0;
	irl_next_hops_add(hops, &route);
}

bool irl_next_hops_sample(const struct irl_next_hops *hops, bool ipv6,
			  struct irl_ip *dest)
{
	return net_hops_sample(&hops->routes, ipv6, dest);
}

/* ---- asking ---------------------------------------------------------------
 */

/* It takes nothing from the host: both see the replies. */
static int listen_beside(struct irl_next_hops *hops,
			 const struct irl_next_hops_options *o,
			 struct irl_error *err)
{
	struct irl_steer both = {0};

	if (o->source && o->host)
		both.own[both.own_count++] =
		    (struct irl_prefix4){o->source, 32};
	if (!irl_ip_is_none(&o->source6) && o->host6)
		both.own6[both.own6_count++] =
		    (struct irl_prefix6){o->source6, 128};
	if (!both.own_count && !both.own6_count)
		return 0;
	return net_inquire_port(&hops->beside, o->ifname, &both, err);
}

int irl_next_hops_ready(struct irl_next_hops *hops,
			const struct irl_next_hops_options *o,
			struct irl_error *err)
{
	struct net_neighbours_options options = {
	    .source = o->source,
	    .source6 = o->source6,
	    .room = NET_NEIGHBOURS_MAX,
	    .rate_pps = o->rate_pps,
	};

	hops->four = o->source != 0;
	hops->six = !irl_ip_is_none(&o->source6);
	hops->host = o->host;
	hops->host6 = o->host6;
	memcpy(options.mac, o->mac, 6);
	hops->table = net_neighbours_new(&options);
	if (!hops->table)
		return irl_error_set(err, IRL_ENOMEM,
				     "out of memory for %u neighbours",
				     NET_NEIGHBOURS_MAX);
	return listen_beside(hops, o, err);
}

void irl_next_hops_learn(struct irl_next_hops *hops, const struct irl_ip *hop,
			 const uint8_t mac[6])
{
	net_neighbours_learn(hops->table, hop, mac);
}

/* ---- looking up -----------------------------------------------------------
 */

static enum irl_next_hop look(const struct irl_next_hops *hops,
			      const struct irl_ip *dest, struct irl_ip *next,
			      uint8_t mac[6])
{
	if (!(irl_ip_is4(dest) ? hops->four : hops->six) ||
	    !net_hops_find(&hops->routes, dest, next))
		return IRL_NEXT_HOP_NOWHERE;
	switch (net_neighbours_find(hops->table, next, mac)) {
	case NET_NEIGHBOUR_KNOWN:
		return IRL_NEXT_HOP_KNOWN;
	case NET_NEIGHBOUR_ABSENT:
		return IRL_NEXT_HOP_ABSENT;
	case NET_NEIGHBOUR_UNKNOWN:
		return IRL_NEXT_HOP_FULL;
	default:
		return IRL_NEXT_HOP_ASKED;
	}
}

enum irl_next_hop irl_next_hops_find(const struct irl_next_hops *hops,
				     const struct irl_ip *dest, uint8_t mac[6])
{
	struct irl_ip next;

	return look(hops, dest, &next, mac);
}

enum irl_next_hop irl_next_hops_want(struct irl_next_hops *hops,
				     const struct irl_ip *dest)
{
	struct irl_ip next;
	uint8_t mac[6];
	enum irl_next_hop found = look(hops, dest, &next, mac);

	if (found != IRL_NEXT_HOP_FULL || net_neighbours_full(hops->table))
		return found;
	/* Perhaps for the second time, which changes nothing. */
	if (hops->head - __atomic_load_n(&hops->tail, __ATOMIC_ACQUIRE) <
	    WANTED) {
		hops->wanted[hops->head % WANTED] = next;
		__atomic_store_n(&hops->head, hops->head + 1, __ATOMIC_RELEASE);
	}
	return IRL_NEXT_HOP_ASKED;
}

/* ---- worker 0 -------------------------------------------------------------
 */

static void hear(struct irl_next_hops *hops)
{
	struct irl_frame frame[FRAMES];
	int n;

	do {
		n = irl_port_recv(hops->beside, 0, frame, FRAMES);
		for (int i = 0; i < n; i++)
			net_neighbours_feed(hops->table, frame[i].data,
					    frame[i].length);
	} while (n == (int)FRAMES);
}

void irl_next_hops_attend(struct irl_next_hops *hops)
{
	while (hops->tail != __atomic_load_n(&hops->head, __ATOMIC_ACQUIRE)) {
		net_neighbours_ask(hops->table,
				   &hops->wanted[hops->tail % WANTED]);
		__atomic_store_n(&hops->tail, hops->tail + 1, __ATOMIC_RELEASE);
	}
	if (hops->beside)
		hear(hops);
}

/* What does not go is one try of three that failed. */
static bool ask_beside(struct irl_next_hops *hops, uint8_t *bytes,
		       uint32_t length)
{
	struct irl_frame frame = {.data = bytes, .length = length};
	enum irl_tx_status status;
	struct irl_eth eth;
	struct irl_arp arp;

	if (!hops->beside || !net_inquire_by_port(hops->beside) ||
	    !(net_arp_read(bytes, length, &eth, &arp) ? hops->host
						      : hops->host6))
		return false;
	irl_port_send(hops->beside, 0, &frame, 1, &status);
	return true;
}

uint32_t irl_next_hops_request(struct irl_next_hops *hops, uint64_t now_ns,
			       uint8_t frame[NET_NEIGHBOURS_FRAME])
{
	uint32_t length;

	do {
		length = net_neighbours_request(hops->table, now_ns, frame);
	} while (length && ask_beside(hops, frame, length));
	return length;
}

bool irl_next_hops_feed(struct irl_next_hops *hops, const uint8_t *frame,
			uint32_t length)
{
	return net_neighbours_feed(hops->table, frame, length);
}
