/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of the way to the targets before a frame is sent: interface,
 * route, source addresses and ports, and the rule to steer by.
 *
 * Reads the host's network and changes nothing; needs no privilege.
 */
#ifndef IRL_ENGINE_PLAN_H
#define IRL_ENGINE_PLAN_H

#include <stdbool.h>
#include <irl/net.h>
#include <irl/probe.h>
#include <irl/scan.h>
#include <irl/steer.h>
#include "engine/next_hops.h"
#include "net/port_range.h"

/* Targets that nobody knows before they are read: of either family, each with
 * its own next hop. */
struct irl_plan_list {
	struct irl_ip first;   /* leads to the interface */
	struct irl_ip source6; /* all zero: as source_addr, the host's */
	double rate_pps;       /* of what is asked of neighbours; 0: 1,000 */
};

struct irl_plan {
	struct irl_scan_options options; /* source and ports filled in */
	struct irl_route route;
	struct irl_interface link;
	struct irl_steer steer;
	bool own_source;          /* not an address of the host */
	bool ports_chosen;        /* by us, as free on an address of the host */
	struct net_ports refused; /* chosen, but another has them */
	/* Of a list; then options.source_addr may be 0: no IPv4. */
	const struct irl_plan_list *list; /* NULL: a set */
	struct irl_ip_route first;        /* to its first target */
	struct irl_ip source6;            /* all zero: no IPv6 */
	bool own_source6;
	struct irl_next_hops *hops; /* its routes; the caller's */
};

/* Of @options, the pace and the part of the targets count for nothing, with a
 * list (else NULL) the targets neither. */
int irl_plan_make(struct irl_plan *plan, const struct irl_scan_options *options,
		  const struct irl_plan_list *list, struct irl_error *err);

/* The same without a route: source_addr is given. */
int irl_plan_nowhere(struct irl_plan *plan,
		     const struct irl_scan_options *options,
		     struct irl_error *err);

/* The ports that we chose (ports_chosen) are another's: choose others, of what
 * is free now. */
int irl_plan_choose_again(struct irl_plan *plan, struct irl_error *err);

/* The probe of it, to @next_hop. */
void irl_plan_probe(const struct irl_plan *plan, const uint8_t next_hop[6],
		    struct irl_probe_options *out);

/* Is the next hop's address given? */
bool irl_plan_has_mac(const struct irl_plan *plan);

/* ---- plan.c, for lists too ------------------------------------------------
 */

/* Source ports on an address that is ours alone: as zmap's. */
#define IRL_PLAN_PORT_FIRST 32768
#define IRL_PLAN_PORT_LAST 61000

/* Interface and next hop are given: no route is needed. */
int irl_plan_by_hand(struct irl_plan *plan, struct irl_error *err);
/* -IRL_ENOROUTE: @targets, as it is said of them, are the host's own. */
int irl_plan_own(struct irl_error *err, const char *targets);
/* Are all of the IPv4 sources ours alone (1), or is it the host's one (0)? */
int irl_plan_whose(const struct irl_plan *plan, struct irl_error *err);
/* Cover [addr, addr + count) by prefixes. */
int irl_plan_cover(struct irl_steer *steer, uint32_t addr, uint32_t count,
		   struct irl_error *err);

/* ---- plan_list.c ----------------------------------------------------------
 */

/* Interface, and what leads to the targets. */
int irl_plan_list_route(struct irl_plan *plan, struct irl_error *err);
/* Source addresses and ports. */
int irl_plan_list_source(struct irl_plan *plan, struct irl_error *err);
/* Ports alone, of the addresses that there are. */
int irl_plan_list_ports(struct irl_plan *plan, struct irl_error *err);

#endif
