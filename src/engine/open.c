// SPDX-License-Identifier: BSD-2-Clause
/*
 * Opening a scan or a fetch: the plan, then neighbours and gateway, then the
 * probe that goes by them, then the port that it may live in.
 *
 * Who asks by ARP may wait for long.  Before, a port is opened for trial, with
 * a probe to nowhere, and closed: what refuses it is told at once.
 */
#include <string.h>
#include <time.h>
#include <irl/net.h>
#include <irl/privilege.h>
#include "base/clock.h"
#include "engine/nearby.h"
#include "engine/plan.h"
#include "engine/scan.h"
#include "engine/source.h"
#include "engine/supply.h"
#include "engine/way.h"
#include "net/inquire.h"
#include "net/introduce.h"
#include "net/resolve.h"
#include "port/live_share.h"

#define ARP_RATE 1000.0 /* requests a second, at most */
/* One of so many targets on link: then the whole scan is made in user space. */
#define NEARBY_SHARE 256u
/* Each other holder may take what we chose, for its trial and for good. */
#define CHOICES (2 * SHARE_HOLDERS)
#define LINK_LOOK_NS 10000000
#define LINK_LOOKS 1000 /* ten seconds of them */

/* What irl_way_open finds out. */
struct opening {
	struct irl_plan plan;
	enum irl_way_probe kind;
	struct irl_nearby *nearby; /* NULL: all go to gateway_mac */
	struct irl_far far;
	uint32_t gateway; /* whose address gateway_mac is to be; 0: nobody's */
	uint8_t gateway_mac[6];
};

/* ---- neighbours -----------------------------------------------------------
 */

/* For a while, to ask by ARP. */
static int open_to_ask(const struct opening *opening, struct irl_port **port,
		       struct irl_error *err)
{
	const struct irl_steer both = {
	    .own = {{opening->plan.options.source_addr, 32}}, .own_count = 1};

	return net_inquire_port(
	    port, opening->plan.link.name,
	    opening->plan.own_source ? &opening->plan.steer : &both, err);
}

/* Requests a second: no more than probes or connections. */
static double ask_rate(double pps)
{
	return pps > 0 && pps < ARP_RATE ? pps : ARP_RATE;
}

static int ask_neighbours(struct opening *opening, struct irl_error *err)
{
	const struct irl_scan_options *o = &opening->plan.options;
	struct irl_nearby_question question = {
	    .own = opening->plan.steer.own,
	    .own_count = opening->plan.steer.own_count,
	    .source = o->source_addr,
	    .source_count = o->source_count,
	    .rate_pps = ask_rate(o->rate_pps),
	    .asking = o->asking,
	    .asking_context = o->asking_context,
	};
	int rc = open_to_ask(opening, &question.port, err);

	if (rc)
		return rc;
	rc = irl_nearby_ask(opening->nearby, &question, err);
	irl_port_close(question.port);
	return rc;
}

/* No sample was behind a gateway, but there are targets that are. */
static int find_far_route(struct opening *opening, struct irl_error *err)
{
	struct irl_plan *plan = &opening->plan;
	struct irl_route route;
	int rc;

	if (plan->route.gateway || !opening->far.any)
		return 0;
	rc = irl_route_get(opening->far.addr, plan->link.name, &route, err);
	if (!rc)
		plan->route.gateway = route.gateway;
	return rc;
}

/* A single target on link is everybody's next hop: no table is needed. */
static int find_neighbours(struct opening *opening, struct irl_error *err)
{
	const struct irl_scan_options *o = &opening->plan.options;
	struct irl_nearby_part part = {.targets = o->targets, .seed = o->seed};
	struct irl_supply supply;
	int rc;

	if (irl_plan_has_mac(&opening->plan) ||
	    irl_targets_addresses(o->targets) == 1)
		return 0;
	rc = irl_supply_init(&supply, o, err);
	if (rc)
		return rc;
	part.first = supply.first;
	part.end = supply.end;
	rc = irl_nearby_new(&opening->nearby, &part, opening->plan.link.ifindex,
			    &opening->far, err);
	return rc ? rc : find_far_route(opening, err);
}

/* ---- gateway --------------------------------------------------------------
 */

static int find_gateway(struct opening *opening, struct irl_error *err)
{
	const struct irl_scan_options *o = &opening->plan.options;
	uint32_t addr = opening->plan.route.gateway;

	memcpy(opening->gateway_mac, o->gateway_mac,
	       sizeof(opening->gateway_mac));
	if (irl_plan_has_mac(&opening->plan))
		return 0;
	if (!addr && opening->nearby && !opening->far.any)
		return 0;
	if (!addr && irl_targets_addresses(o->targets) > 1)
		return irl_error_set(
		    err, IRL_ENEIGH,
		    "there are targets without a gateway that no route of the "
		    "main table has on the link of %s; give the next hop's "
		    "address by --gateway-mac",
		    opening->plan.link.name);
	opening->gateway = addr ? addr : irl_targets_at(o->targets, 0).addr;
	return 0;
}

static int ask_ourselves(struct opening *opening, struct irl_error *err)
{
	struct irl_port *port;
	int rc = open_to_ask(opening, &port, err);

	if (rc)
		return rc;
	rc = irl_resolve(port, opening->plan.options.source_addr,
			 opening->plan.link.mac, opening->gateway,
			 opening->gateway_mac, err);
	irl_port_close(port);
	return rc;
}

/* The host's stack knows its gateway, or finds it in the host's name; without
 * an address of its own it cannot ask. */
static bool host_asks(const struct opening *opening)
{
	return !opening->plan.own_source || opening->plan.route.source;
}

static int ask_gateway(struct opening *opening, struct irl_error *err)
{
	if (!opening->gateway)
		return 0;
	if (!host_asks(opening))
		return ask_ourselves(opening, err);
	return irl_neighbour_resolve(opening->plan.link.ifindex,
				     opening->gateway, 0, opening->gateway_mac,
				     err);
}

/* Is there anything that is not known yet? */
static bool must_ask(const struct opening *opening)
{
	struct irl_neighbour found = {0};

	if (opening->nearby || irl_source_is_asked(&opening->plan))
		return true;
	if (!opening->gateway)
		return false;
	return !host_asks(opening) ||
	       irl_neighbour_get(opening->plan.link.ifindex, opening->gateway,
				 &found, NULL) ||
	       found.state != IRL_NEIGHBOUR_GOOD;
}

/* ---- probe and port -------------------------------------------------------
 */

/* Probes of neighbours are made one by one, beside those in the kernel: where
 * they are many it is better to make all here. */
static int choose_residence(struct opening *opening,
			    const struct irl_probe *probe,
			    struct irl_error *err)
{
	enum irl_residence *residence = &opening->plan.options.residence;
	uint64_t near, all;

	if (!opening->nearby || *residence == IRL_RESIDENCE_USER)
		return 0;
	near = irl_nearby_targets(opening->nearby, &all);
	if (*residence == IRL_RESIDENCE_AUTO &&
	    (near > IRL_NEARBY_LIST_MAX || near > all / NEARBY_SHARE)) {
		*residence = IRL_RESIDENCE_USER;
		return 0;
	}
	return irl_nearby_list(opening->nearby, probe, err);
}

static int make_probe(const struct opening *opening, struct irl_probe **probe,
		      struct irl_error *err)
{
	struct irl_probe_options options;

	irl_plan_probe(&opening->plan, opening->gateway_mac, &options);
	/* Who connects wants all answers of a network on one queue. */
	if (opening->kind == IRL_WAY_DELIVER)
		options.port_parts = opening->plan.options.workers;
	return irl_probe_new(probe, &options, err);
}

/* Answers to addresses of ours come by a neighbour that must know us.  Returns
 * the frames taken from the port. */
static uint64_t introduce(const struct opening *opening, struct irl_port *port)
{
	const struct irl_scan_options *o = &opening->plan.options;
	uint32_t addr = opening->plan.route.gateway;

	if (!addr && !opening->plan.list &&
	    irl_targets_addresses(o->targets) == 1)
		addr = irl_targets_at(o->targets, 0).addr;
	if (!opening->plan.own_source || !addr)
		return 0;
	return net_introduce(port, o->source_addr, o->source_count, addr);
}

static bool shared_address(const struct irl_steer *steer,
			   char text[IRL_IP_TEXT])
{
	struct irl_ip addr = steer->host_addr6;

	if (steer->host_addr)
		addr = irl_ip4(steer->host_addr);
	irl_ip_text(&addr, text);
	return !irl_ip_is_none(&addr);
}

/* Does the port fit what was asked for? */
static int check_port(const struct opening *opening,
		      const struct irl_port *port, struct irl_error *err)
{
	const struct irl_port_info *info = irl_port_info(port);
	char text[IRL_IP_TEXT];

	if (opening->plan.options.residence == IRL_RESIDENCE_KERNEL &&
	    opening->kind != IRL_WAY_PLAIN && !(info->caps & IRL_PORT_PROBE))
		return irl_error_set(
		    err, IRL_ENOTSUP,
		    "port %s cannot probe inside the kernel%s%s", info->kind,
		    *info->refused ? ": " : "; leave out --residence or --port",
		    info->refused);
	if (!shared_address(&opening->plan.steer, text) ||
	    info->caps & IRL_PORT_EXCLUSIVE)
		return 0;
	if (!*info->refused)
		return irl_error_set(
		    err, IRL_ENOTSUP,
		    "port %s on %s cannot keep the kernel from resetting "
		    "answers to its own address %s; give an unused address by "
		    "--source-ip, or use --port live",
		    info->kind, info->ifname, text);
	/* Why there is no better port is what can be mended. */
	return irl_error_set(
	    err, IRL_ENOTSUP,
	    "%s; that needs an unused address by --source-ip: port %s cannot "
	    "keep the kernel from resetting answers to its own address %s",
	    info->refused, info->kind, text);
}

static int open_port(const struct opening *opening,
		     const struct irl_probe *probe, struct irl_port **port,
		     struct irl_error *err)
{
	const struct irl_scan_options *o = &opening->plan.options;
	const struct irl_port_options options = {
	    .ifname = opening->plan.link.name,
	    .kind = o->port_kind,
	    .queues = o->workers,
	    .steer = &opening->plan.steer,
	    .probe = o->residence == IRL_RESIDENCE_USER ? NULL : probe,
	    .deliver_answers = opening->kind == IRL_WAY_DELIVER,
	};
	int rc = irl_port_open(port, &options, err);

	if (rc)
		return rc;
	rc = check_port(opening, *port, err);
	if (rc)
		irl_port_close(*port);
	return rc;
}

/* All that is found out without a packet. */
static int prepare(struct opening *opening,
		   const struct irl_scan_options *options,
		   const struct irl_plan_list *list, struct irl_error *err)
{
	int rc = irl_plan_make(&opening->plan, options, list, err);

	/* A list's are met later. */
	if (!rc && !list)
		rc = find_neighbours(opening, err);
	if (!rc && (!list || irl_plan_has_mac(&opening->plan)))
		rc = find_gateway(opening, err);
	return rc;
}

/* Probe and port; the probe is made for source and gateway as they are. */
static int open_planned(struct opening *opening, struct irl_way *out,
			struct irl_error *err)
{
	int rc = 0;

	out->probe = NULL;
	if (opening->kind != IRL_WAY_PLAIN)
		rc = make_probe(opening, &out->probe, err);
	if (rc)
		return rc;
	if (out->probe)
		rc = choose_residence(opening, out->probe, err);
	if (!rc)
		rc = open_port(opening, out->probe, &out->port, err);
	if (rc)
		irl_probe_free(out->probe);
	return rc;
}

/* Both, or none where it fails.  Others who open at this moment may take the
 * ports that we chose before we do. */
static int open_both(struct opening *opening, struct irl_way *out,
		     struct irl_error *err)
{
	for (unsigned choices = 1;; choices++) {
		int rc = open_planned(opening, out, err);

		if (rc != -IRL_ECLAIM || !opening->plan.ports_chosen ||
		    choices == CHOICES)
			return rc;
		rc = irl_plan_choose_again(&opening->plan, err);
		if (rc)
			return rc;
	}
}

/* Drivers that reset themselves when a program goes lose the link for a while:
 * nobody would hear us.  Where it stays away, asking says so. */
static int await_link(const struct opening *opening, struct irl_error *err)
{
	const char *name = opening->plan.link.name;
	const struct timespec pause = {.tv_nsec = LINK_LOOK_NS};
	struct irl_interface now;

	for (int i = 0; i < LINK_LOOKS; i++) {
		int rc = irl_interface_get(name, &now, err);

		if (rc || now.carrier)
			return rc;
		if (nanosleep(&pause, NULL))
			return irl_error_set(err, IRL_EINTR,
					     "interrupted while waiting for "
					     "the link of %s",
					     name);
	}
	return 0;
}

static int try_port(struct opening *opening, struct irl_error *err)
{
	struct irl_way trial;
	int rc = open_both(opening, &trial, err);

	if (rc)
		return rc;
	irl_port_close(trial.port);
	irl_probe_free(trial.probe);
	return await_link(opening, err);
}

static int ask(struct opening *opening, struct irl_error *err)
{
	int rc;

	if (!must_ask(opening))
		return ask_gateway(opening, err);
	rc = try_port(opening, err);
	if (!rc)
		rc = irl_source_ask(&opening->plan, err);
	if (!rc && opening->nearby)
		rc = ask_neighbours(opening, err);
	return rc ? rc : ask_gateway(opening, err);
}

static int make_ready(struct opening *opening,
		      const struct irl_scan_options *options,
		      const struct irl_plan_list *list, struct irl_way *out,
		      struct irl_error *err)
{
	int rc = prepare(opening, options, list, err);

	if (!rc)
		rc = irl_privilege_check(IRL_PRIVILEGE_NET_RAW, err);
	if (!rc)
		rc = ask(opening, err);
	return rc ? rc : open_both(opening, out, err);
}

static void fill_way(struct irl_way *way, const struct opening *opening)
{
	const struct irl_port_info *info = irl_port_info(way->port);

	way->options = opening->plan.options;
	way->steer = opening->plan.steer;
	way->source6 = opening->plan.source6;
	way->nearby = opening->nearby;
	way->hops = opening->plan.hops;
	way->gateway = opening->plan.route.gateway;
	memcpy(way->mac, opening->plan.link.mac, sizeof(way->mac));
	memcpy(way->gateway_mac, opening->gateway_mac,
	       sizeof(way->gateway_mac));
	way->in_kernel =
	    way->probe &&
	    opening->plan.options.residence != IRL_RESIDENCE_USER &&
	    info->caps & IRL_PORT_PROBE;
}

/* ---- of a list ------------------------------------------------------------
 */

static int find_list_gateway(const struct irl_plan *plan, struct irl_way *way,
			     uint8_t mac[6], struct irl_error *err)
{
	const struct irl_ip *gateway = &plan->first.gateway;
	bool ipv6 = !irl_ip_is4(&plan->list->first);
	struct irl_ip source =
	    ipv6 ? plan->source6 : irl_ip4(plan->options.source_addr);

	if (ipv6 ? plan->own_source6 : plan->own_source)
		return net_resolve(way->port, &source, way->mac, gateway, mac,
				   &way->taken, err);
	return irl_ip_neighbour_resolve(plan->link.ifindex, gateway, 0, mac,
					err);
}

/* A first gateway that is not there is told at once. */
static int meet_list(const struct irl_plan *plan, struct irl_way *way,
		     struct irl_error *err)
{
	struct irl_next_hops_options options = {
	    .ifname = plan->link.name,
	    .source = plan->options.source_addr,
	    .source6 = plan->source6,
	    .host = !plan->own_source,
	    .host6 = !plan->own_source6,
	    .rate_pps = ask_rate(plan->list->rate_pps),
	};
	uint8_t mac[6];
	int rc;

	if (irl_plan_has_mac(plan)) { /* all go there */
		irl_next_hops_free(way->hops);
		way->hops = NULL;
		return 0;
	}
	memcpy(options.mac, way->mac, 6);
	rc = irl_next_hops_ready(way->hops, &options, err);
	if (rc || irl_ip_is_none(&plan->first.gateway))
		return rc;
	rc = find_list_gateway(plan, way, mac, err);
	if (!rc)
		irl_next_hops_learn(way->hops, &plan->first.gateway, mac);
	return rc;
}

/* ---- all ------------------------------------------------------------------
 */

int irl_way_open(struct irl_way *out, const struct irl_scan_options *options,
		 enum irl_way_probe kind, const struct irl_plan_list *list,
		 struct irl_error *err)
{
	struct opening opening = {.kind = kind};
	int rc;

	*out = (struct irl_way){0};
	rc = make_ready(&opening, options, list, out, err);
	if (rc) {
		irl_nearby_free(opening.nearby);
		irl_next_hops_free(opening.plan.hops);
		return rc;
	}
	out->opened_ns = irl_clock_ns();
	out->taken = introduce(&opening, out->port);
	fill_way(out, &opening);
	if (list)
		rc = meet_list(&opening.plan, out, err);
	if (rc)
		irl_way_close(out);
	return rc;
}

void irl_way_close(struct irl_way *way)
{
	irl_port_close(way->port);
	irl_probe_free(way->probe);
	irl_nearby_free(way->nearby);
	irl_next_hops_free(way->hops);
	*way = (struct irl_way){0};
}

/* What the host knows of the next hop, if all go to one. */
static void look_up_gateway(struct opening *opening)
{
	struct irl_neighbour found = {0};

	if (opening->gateway && !opening->nearby &&
	    !irl_neighbour_get(opening->plan.link.ifindex, opening->gateway,
			       &found, NULL))
		memcpy(opening->gateway_mac, found.mac,
		       sizeof(opening->gateway_mac));
}

int irl_scan_plan(const struct irl_scan_options *options,
		  struct irl_probe_options *out, struct irl_error *err)
{
	struct opening opening = {.kind = IRL_WAY_PROBE};
	int rc = prepare(&opening, options, NULL, err);

	if ((rc == -IRL_ENOROUTE || rc == -IRL_ELINK) && options->source_addr &&
	    !options->ifname) {
		memcpy(opening.gateway_mac, options->gateway_mac,
		       sizeof(opening.gateway_mac));
		rc = irl_plan_nowhere(&opening.plan, options, err);
	}
	if (!rc) {
		look_up_gateway(&opening);
		irl_plan_probe(&opening.plan, opening.gateway_mac, out);
	}
	irl_nearby_free(opening.nearby);
	return rc;
}

int irl_scan_open(struct irl_scan **out, const struct irl_scan_options *options,
		  struct irl_error *err)
{
	struct irl_way way;
	int rc;

	*out = NULL;
	rc = irl_way_open(&way, options, IRL_WAY_PROBE, NULL, err);
	if (rc)
		return rc;
	rc = irl_scan_over(out, &way.options, way.port, way.probe, &way.steer,
			   way.nearby, way.in_kernel, err);
	if (!rc) {
		(*out)->gateway = way.gateway;
		(*out)->taken_before = way.taken;
	}
	return rc;
}
