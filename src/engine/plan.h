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

struct irl_plan {
	struct irl_scan_options options; /* source and ports filled in */
	struct irl_route route;
	struct irl_interface interface;
	struct irl_steer steer;
	bool own_source;   /* not an address of the host */
	bool ports_chosen; /* the source ports, by us */
};

/* Of @options, the pace and the part of the targets count for nothing. */
int irl_plan_make(struct irl_plan *plan, const struct irl_scan_options *options,
		  struct irl_error *err);

/* The same without a route: source_addr is given. */
int irl_plan_nowhere(struct irl_plan *plan,
		     const struct irl_scan_options *options,
		     struct irl_error *err);

/* Others who open at the same moment may have taken the ports that we chose:
 * look again.  Returns whether there are others to be had. */
bool irl_plan_choose_again(struct irl_plan *plan);

/* The probe of it, to @next_hop. */
void irl_plan_probe(const struct irl_plan *plan, const uint8_t next_hop[6],
		    struct irl_probe_options *out);

/* Is the next hop's address given? */
bool irl_plan_has_mac(const struct irl_plan *plan);

#endif
