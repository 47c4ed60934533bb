/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to the targets: interface, source, next hop and port, found and
 * checked in this order.  A scan and a fetch open it alike.
 */
#ifndef IRL_ENGINE_WAY_H
#define IRL_ENGINE_WAY_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/port.h>
#include <irl/probe.h>
#include <irl/scan.h>
#include <irl/steer.h>
#include "engine/nearby.h"
#include "engine/next_hops.h"
#include "engine/plan.h"

/* What the port does with probes of options->targets. */
enum irl_way_probe {
	IRL_WAY_PROBE,   /* makes them and judges the answers, where it can */
	IRL_WAY_DELIVER, /* makes them, and delivers the answers */
	IRL_WAY_PLAIN,   /* there is no probe */
};

struct irl_way {
	/* Source and ports filled in; of a list source_addr 0: no IPv4. */
	struct irl_scan_options options;
	struct irl_ip source6; /* of a list; all zero: no IPv6 */
	struct irl_steer steer;
	uint32_t gateway; /* 0: on link */
	uint8_t mac[6], gateway_mac[6];
	struct irl_nearby *nearby;  /* of a set; NULL: all go to gateway_mac */
	struct irl_next_hops *hops; /* of a list, likewise */
	struct irl_port *port;
	struct irl_probe *probe; /* NULL: IRL_WAY_PLAIN */
	bool in_kernel;          /* where probes are made */
	uint64_t opened_ns;
	uint64_t taken; /* frames, from the port, meanwhile */
};

/* Of @options, all but the pace counts; with @list, which is NULL else, the
 * targets neither, and there are no probes.  Port, probe and neighbours are the
 * caller's then. */
int irl_way_open(struct irl_way *out, const struct irl_scan_options *options,
		 enum irl_way_probe kind, const struct irl_plan_list *list,
		 struct irl_error *err);
/* Port, probe and neighbours. */
void irl_way_close(struct irl_way *way);

#endif
