/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The targets that are on link: each is probed at its own Ethernet address,
 * all others at the gateway's.
 *
 * Made while a scan is being opened, by one thread; then read by all workers.
 */
#ifndef IRL_ENGINE_NEARBY_H
#define IRL_ENGINE_NEARBY_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/net.h>
#include <irl/probe.h>
#include <irl/scan.h>
#include <irl/target.h>

/* Positions kept for a scan in the kernel: 32 MiB. */
#define IRL_NEARBY_LIST_MAX (4u << 20)

/* Of so few targets each is looked at; of more, all addresses of the set that
 * are on link count as targets. */
#define IRL_NEARBY_PART_MAX 65536u

struct irl_nearby;

/* What is to be scanned. */
struct irl_nearby_part {
	const struct irl_targets *targets; /* must outlive the neighbours */
	uint64_t seed;
	uint64_t first, end; /* positions */
};

/* A target that is not on link, if there is any. */
struct irl_far {
	bool any;
	uint32_t addr;
};

/* *@out is NULL where no target is on link of that interface.  -IRL_EINVAL:
 * more than 65,536 addresses are. */
int irl_nearby_new(struct irl_nearby **out, const struct irl_nearby_part *part,
		   unsigned ifindex, struct irl_far *far,
		   struct irl_error *err);
void irl_nearby_free(struct irl_nearby *nearby);

/*
 * Ask for all of them by ARP; takes seconds (irl_scan_open).
 *
 * @port      of one queue; @own, own_count as in net_inquire
 * @source    asks; @source_count addresses from it on are ours, nobody's else
 * @rate_pps  requests a second, > 0
 * @asking    as in struct irl_scan_options
 */
struct irl_nearby_question {
	struct irl_port *port;
	const struct irl_prefix4 *own;
	unsigned own_count;
	uint32_t source, source_count;
	double rate_pps;
	int (*asking)(void *context, const struct irl_scan_asking *asking);
	void *asking_context;
};
int irl_nearby_ask(struct irl_nearby *nearby,
		   const struct irl_nearby_question *question,
		   struct irl_error *err);

enum irl_hop {
	IRL_HOP_GATEWAY,
	IRL_HOP_NEIGHBOUR, /* @mac is written */
	IRL_HOP_NONE,      /* on link, where nobody has the address */
};
enum irl_hop irl_nearby_hop(const struct irl_nearby *nearby, uint32_t addr,
			    uint8_t mac[6]);

/* Addresses on link, and how many of them have answered; 0 for NULL. */
void irl_nearby_count(const struct irl_nearby *nearby, uint32_t *addresses,
		      uint32_t *known);

/* Targets, all ports counted; *@all: those that they are among. */
uint64_t irl_nearby_targets(const struct irl_nearby *nearby, uint64_t *all);

/* List their positions, for irl_nearby_next; at most IRL_NEARBY_LIST_MAX. */
int irl_nearby_list(struct irl_nearby *nearby, const struct irl_probe *probe,
		    struct irl_error *err);

/* The lowest listed position that is not below @position, or UINT64_MAX. */
uint64_t irl_nearby_next(const struct irl_nearby *nearby, uint64_t position);

#endif
