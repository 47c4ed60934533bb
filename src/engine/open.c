// SPDX-License-Identifier: BSD-2-Clause
/*
 * Opening a scan or a fetch: route, source, neighbours, gateway, probe,
 * steering, port, in this order, because each needs those before.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <irl/net.h>
#include "base/clock.h"
#include "engine/elsewhere.h"
#include "engine/nearby.h"
#include "engine/scan.h"
#include "engine/way.h"
#include "net/introduce.h"

/* Source ports on an address that is ours alone: as zmap's. */
#define PORT_FIRST 32768
#define PORT_LAST 61000
#define SAMPLES 16u     /* targets whose routes are asked for */
#define ARP_RATE 1000.0 /* requests a second, at most */
/* One of so many targets on link: then the whole scan is made in user space. */
#define NEARBY_SHARE 256u
#define SHARE_TRIES 8 /* as many as can share an interface */

/* What irl_way_open finds out. */
struct plan {
	struct irl_scan_options options; /* source and ports filled in */
	enum irl_way_probe kind;
	struct irl_route route;
	struct irl_interface interface;
	struct irl_steer steer;
	bool own_source;           /* not an address of the host */
	struct irl_nearby *nearby; /* NULL: all go to gateway_mac */
	uint8_t gateway_mac[6];
};

static int check_options(const struct irl_scan_options *o,
			 struct irl_error *err)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (o->workers > IRL_QUEUES_MAX || (long)o->workers > cores)
		return irl_error_set(err, IRL_EINVAL,
				     "%u workers: there are %ld cores, and a "
				     "scan uses at most %u",
				     o->workers, cores, IRL_QUEUES_MAX);
	if (o->passes > UINT16_MAX)
		return irl_error_set(err, IRL_EINVAL, "%u passes: at most %u",
				     o->passes, UINT16_MAX);
	if (!(o->rate_pps >= 0) || !(o->cooldown_s >= 0) ||
	    !(o->max_runtime_s >= 0))
		return irl_error_set(err, IRL_EINVAL,
				     "rate, cooldown and runtime cannot be "
				     "negative");
	return 0;
}

/* ---- route ----------------------------------------------------------------
 */

static bool has_gateway_mac(const struct irl_scan_options *o)
{
	static const uint8_t none[6];

	return memcmp(o->gateway_mac, none, sizeof(none)) != 0;
}

/* Interface and next hop are given: no route is needed. */
static int go_by_hand(struct plan *plan, struct irl_error *err)
{
	struct irl_address address = {0};
	int rc =
	    irl_interface_get(plan->options.interface, &plan->interface, err);

	if (rc)
		return rc;
	rc = irl_address_list(plan->interface.ifindex, &address, 1, err);
	if (rc < 0)
		return rc;
	plan->route = (struct irl_route){.ifindex = plan->interface.ifindex,
					 .source = rc ? address.addr : 0};
	memcpy(plan->route.interface, plan->interface.name,
	       sizeof(plan->route.interface));
	return 0;
}

static int two_gateways(uint32_t dest, const struct irl_route *a,
			uint32_t other_dest, const struct irl_route *b,
			struct irl_error *err)
{
	char text[4][IRL_ADDR_TEXT];

	return irl_error_set(
	    err, IRL_ENOTSUP,
	    "the targets are behind two gateways, %s by way of %s on %s and %s "
	    "by way of %s on %s: scan them apart, or choose by --interface or "
	    "--gateway-mac",
	    irl_addr_text(dest, text[0]), irl_addr_text(a->gateway, text[1]),
	    a->interface, irl_addr_text(other_dest, text[2]),
	    irl_addr_text(b->gateway, text[3]), b->interface);
}

/* What the samples have shown so far. */
struct sampled {
	bool found;
	uint32_t dest; /* of the plan's route */
};

/* One gateway takes all probes that are not for neighbours. */
static int take_route(struct plan *plan, struct sampled *sampled, uint32_t dest,
		      const struct irl_route *route, struct irl_error *err)
{
	const struct irl_route *known = &plan->route;

	if (sampled->found && known->gateway && route->gateway &&
	    (known->gateway != route->gateway ||
	     known->ifindex != route->ifindex) &&
	    !has_gateway_mac(&plan->options))
		return two_gateways(sampled->dest, known, dest, route, err);
	if (sampled->found && (known->gateway || !route->gateway))
		return 0;
	plan->route = *route;
	*sampled = (struct sampled){.found = true, .dest = dest};
	return 0;
}

/* The samples may have missed what leaves by another interface. */
static int settle_route(struct plan *plan, struct irl_error *err)
{
	const struct irl_scan_options *o = &plan->options;
	int rc = 0;

	if (!o->interface && !has_gateway_mac(o))
		rc = irl_elsewhere_check(o->targets, &plan->route, err);
	return rc ? rc
		  : irl_interface_get(plan->route.interface, &plan->interface,
				      err);
}

/* Asked for a few targets; a set that is all on link has no gateway. */
static int find_route(struct plan *plan, struct irl_error *err)
{
	const struct irl_targets *targets = plan->options.targets;
	uint64_t last = irl_targets_count(targets) - 1;
	struct sampled sampled = {0};
	struct irl_route route;
	int rc = 0;

	for (unsigned i = 0; i < SAMPLES; i++) {
		uint64_t at = last * i / (SAMPLES - 1);
		uint32_t dest = irl_targets_at(targets, at).addr;

		rc = irl_route_get(dest, plan->options.interface, &route,
				   sampled.found ? NULL : err);
		if (rc == -IRL_ENODEV && !sampled.found)
			return rc;
		if (rc || route.local)
			continue;
		rc = take_route(plan, &sampled, dest, &route, err);
		if (rc)
			return rc;
	}
	if (sampled.found)
		return settle_route(plan, err);
	if (rc && plan->options.interface && has_gateway_mac(&plan->options))
		return go_by_hand(plan, err);
	if (rc)
		return rc;
	return irl_error_set(err, IRL_ENOROUTE,
			     "the targets are addresses of this host itself: "
			     "a scan needs targets on a network");
}

static int check_interface(const struct plan *plan, struct irl_error *err)
{
	const struct irl_interface *link = &plan->interface;

	if (!link->ethernet)
		return irl_error_set(err, IRL_ENOTSUP,
				     "%s is no Ethernet interface; choose one "
				     "with --interface",
				     link->name);
	if (!link->up || !link->carrier)
		return irl_error_set(
		    err, IRL_ELINK, "%s is %s; %s%s%s", link->name,
		    link->up ? "without a link" : "down",
		    link->up ? "check the cable or the other end"
			     : "bring it up: ip link set ",
		    link->up ? "" : link->name, link->up ? "" : " up");
	return 0;
}

/* ---- source ---------------------------------------------------------------
 */

/* Cover [addr, addr + count) by prefixes. */
static int cover(struct irl_steer *steer, uint32_t addr, uint32_t count,
		 struct irl_error *err)
{
	uint64_t at = addr, end = at + count;

	if (end > 1ull << 32)
		return irl_error_set(err, IRL_EINVAL,
				     "the source addresses run past "
				     "255.255.255.255");
	while (at < end) {
		uint32_t bits = 0;

		if (steer->own_count == IRL_STEER_PREFIXES)
			return irl_error_set(
			    err, IRL_EINVAL,
			    "%u source addresses take more than %u prefixes; "
			    "choose a range that begins at a round address",
			    count, IRL_STEER_PREFIXES);
		while (bits < 32 && !(at & (1ull << bits)) &&
		       at + (2ull << bits) <= end)
			bits++;
		steer->own[steer->own_count++] = (struct irl_prefix4){
		    .addr = (uint32_t)at, .length = 32 - bits};
		at += 1ull << bits;
	}
	return 0;
}

/* Are all of them ours alone (1), or is it the host's one (0)? */
static int whose(const struct plan *plan, struct irl_error *err)
{
	const struct irl_scan_options *o = &plan->options;
	char text[IRL_ADDR_TEXT];

	if (!o->source_addr)
		return 0;
	for (uint32_t i = 0; i < o->source_count; i++) {
		int host = irl_address_is_host(o->source_addr + i, err);

		if (host < 0)
			return host;
		if (!host)
			continue;
		if (o->source_count == 1)
			return 0;
		return irl_error_set(err, IRL_EINVAL,
				     "%s of the source range is this host's "
				     "own; a range must be unused addresses",
				     irl_addr_text(o->source_addr + i, text));
	}
	return 1;
}

static int choose_own(struct plan *plan, struct irl_error *err)
{
	struct irl_scan_options *o = &plan->options;

	if (!o->port_first) {
		o->port_first = PORT_FIRST;
		o->port_last = PORT_LAST;
	}
	/* Not to steer by, but to part among the queues. */
	plan->steer.port_first = o->port_first;
	plan->steer.port_last = o->port_last;
	return cover(&plan->steer, o->source_addr, o->source_count, err);
}

static int choose_host(struct plan *plan, struct irl_error *err)
{
	struct irl_scan_options *o = &plan->options;
	int rc;

	if (!o->source_addr)
		o->source_addr = plan->route.source;
	if (!o->source_addr)
		return irl_error_set(err, IRL_EINVAL,
				     "%s has no address to send from; give an "
				     "unused one of its network by --source-ip",
				     plan->interface.name);
	rc = o->port_first
		 ? irl_port_range_check(o->source_addr, o->port_first,
					o->port_last, err)
		 : irl_port_range_choose(o->source_addr, 0, &o->port_first,
					 &o->port_last, err);
	plan->steer.host_addr = o->source_addr;
	plan->steer.port_first = o->port_first;
	plan->steer.port_last = o->port_last;
	return rc;
}

static int choose_source(struct plan *plan, struct irl_error *err)
{
	struct irl_scan_options *o = &plan->options;
	int rc;

	if (!o->source_count)
		o->source_count = 1;
	if (o->port_first && !o->port_last)
		o->port_last = o->port_first;
	if (o->port_first > o->port_last)
		return irl_error_set(
		    err, IRL_EINVAL,
		    "source ports %u-%u: the range is reversed "
		    "or begins at 0",
		    o->port_first, o->port_last);
	rc = whose(plan, err);
	if (rc < 0)
		return rc;
	plan->own_source = rc;
	return rc ? choose_own(plan, err) : choose_host(plan, err);
}

/* ---- neighbours -----------------------------------------------------------
 */

/* For a while a port that needs no BPF, to ask by ARP.  It takes nothing from
 * the host: where we ask in its name, both see the replies. */
static int open_to_ask(const struct plan *plan, struct irl_port **port,
		       struct irl_error *err)
{
	const struct irl_steer both = {.own = {{plan->options.source_addr, 32}},
				       .own_count = 1};
	const struct irl_port_options options = {
	    .interface = plan->interface.name,
	    .kind = "packet",
	    .steer = plan->own_source ? &plan->steer : &both};

	return irl_port_open(port, &options, err);
}

static int ask_neighbours(struct plan *plan, struct irl_error *err)
{
	const struct irl_scan_options *o = &plan->options;
	struct irl_nearby_question question = {
	    .own = plan->steer.own,
	    .own_count = plan->steer.own_count,
	    .source = o->source_addr,
	    .source_count = o->source_count,
	    .rate_pps = o->rate_pps > 0 && o->rate_pps < ARP_RATE ? o->rate_pps
								  : ARP_RATE,
	};
	int rc = open_to_ask(plan, &question.port, err);

	if (rc)
		return rc;
	rc = irl_nearby_ask(plan->nearby, &question, err);
	irl_port_close(question.port);
	return rc;
}

/* No sample was behind a gateway, but there are targets that are. */
static int find_far_route(struct plan *plan, struct irl_error *err)
{
	struct irl_route route;
	uint32_t addr;
	int rc;

	if (plan->route.gateway || !irl_nearby_far(plan->nearby, &addr))
		return 0;
	rc = irl_route_get(addr, plan->interface.name, &route, err);
	if (!rc)
		plan->route.gateway = route.gateway;
	return rc;
}

/* A single target on link is everybody's next hop: no table is needed. */
static int find_neighbours(struct plan *plan, struct irl_error *err)
{
	const struct irl_targets *targets = plan->options.targets;
	int rc;

	if (has_gateway_mac(&plan->options) ||
	    irl_targets_addresses(targets) == 1)
		return 0;
	rc = irl_nearby_new(&plan->nearby, targets, plan->interface.ifindex,
			    err);
	if (rc || !plan->nearby)
		return rc;
	rc = find_far_route(plan, err);
	return rc ? rc : ask_neighbours(plan, err);
}

/* ---- gateway --------------------------------------------------------------
 */

static int ask_ourselves(struct plan *plan, uint32_t addr,
			 struct irl_error *err)
{
	struct irl_port *port;
	int rc = open_to_ask(plan, &port, err);

	if (rc)
		return rc;
	rc = irl_resolve(port, plan->options.source_addr, plan->interface.mac,
			 addr, plan->gateway_mac, err);
	irl_port_close(port);
	return rc;
}

static int find_gateway(struct plan *plan, struct irl_error *err)
{
	const struct irl_scan_options *o = &plan->options;
	uint32_t addr = plan->route.gateway, far;

	memcpy(plan->gateway_mac, o->gateway_mac, sizeof(plan->gateway_mac));
	if (has_gateway_mac(o))
		return 0;
	if (!addr && plan->nearby && !irl_nearby_far(plan->nearby, &far))
		return 0;
	if (!addr && irl_targets_addresses(o->targets) > 1)
		return irl_error_set(
		    err, IRL_ENEIGH,
		    "there are targets without a gateway that no route of the "
		    "main table has on the link of %s; give the next hop's "
		    "address by --gateway-mac",
		    plan->interface.name);
	if (!addr)
		addr = irl_targets_at(o->targets, 0).addr;
	/* The host's stack knows its gateway, or finds it in the host's name;
	 * without an address of its own it cannot ask. */
	if (!plan->own_source || plan->route.source)
		return irl_neighbour_resolve(plan->interface.ifindex, addr, 0,
					     plan->gateway_mac, err);
	return ask_ourselves(plan, addr, err);
}

/* ---- probe and port -------------------------------------------------------
 */

/* Probes of neighbours are made one by one, beside those in the kernel: where
 * they are many it is better to make all here. */
static int choose_residence(struct plan *plan, const struct irl_probe *probe,
			    struct irl_error *err)
{
	enum irl_residence *residence = &plan->options.residence;
	uint64_t near;

	if (!plan->nearby || *residence == IRL_RESIDENCE_USER)
		return 0;
	near = irl_nearby_targets(plan->nearby);
	if (*residence == IRL_RESIDENCE_AUTO &&
	    (near > IRL_NEARBY_LIST_MAX ||
	     near > irl_targets_count(plan->options.targets) / NEARBY_SHARE)) {
		*residence = IRL_RESIDENCE_USER;
		return 0;
	}
	return irl_nearby_list(plan->nearby, probe, err);
}

static int make_probe(const struct plan *plan, struct irl_probe **probe,
		      struct irl_error *err)
{
	const struct irl_scan_options *o = &plan->options;
	struct irl_probe_options options = {
	    .seed = o->seed,
	    .targets = o->targets,
	    .source_addr = o->source_addr,
	    .source_count = o->source_count,
	    .port_first = o->port_first,
	    .port_last = o->port_last,
	    .options = o->tcp_options,
	    .ttl = o->ttl,
	};

	memcpy(options.source_mac, plan->interface.mac, 6);
	memcpy(options.gateway_mac, plan->gateway_mac, 6);
	return irl_probe_new(probe, &options, err);
}

/* Answers to addresses of ours come by a neighbour that must know us.  Returns
 * the frames taken from the port. */
static uint64_t introduce(const struct plan *plan, struct irl_port *port)
{
	const struct irl_scan_options *o = &plan->options;
	uint32_t addr = plan->route.gateway;

	if (!addr && irl_targets_addresses(o->targets) == 1)
		addr = irl_targets_at(o->targets, 0).addr;
	if (!plan->own_source || !addr)
		return 0;
	return net_introduce(port, o->source_addr, o->source_count, addr);
}

/* Does the port fit what was asked for? */
static int check_port(const struct plan *plan, const struct irl_port *port,
		      struct irl_error *err)
{
	const struct irl_port_info *info = irl_port_info(port);
	char text[IRL_ADDR_TEXT];

	if (plan->options.residence == IRL_RESIDENCE_KERNEL &&
	    plan->kind != IRL_WAY_PLAIN && !(info->caps & IRL_PORT_PROBE))
		return irl_error_set(
		    err, IRL_ENOTSUP,
		    "port %s cannot probe inside the kernel%s%s", info->kind,
		    *info->refused ? ": " : "", info->refused);
	if (!plan->steer.host_addr || info->caps & IRL_PORT_EXCLUSIVE)
		return 0;
	irl_addr_text(plan->steer.host_addr, text);
	if (!*info->refused)
		return irl_error_set(
		    err, IRL_ENOTSUP,
		    "port %s on %s cannot keep the kernel from resetting "
		    "answers to its own address %s; give an unused address by "
		    "--source-ip, or use --port live",
		    info->kind, info->interface, text);
	/* Why there is no better port is what can be mended. */
	return irl_error_set(
	    err, IRL_ENOTSUP,
	    "%s; that needs an unused address by --source-ip: port %s cannot "
	    "keep the kernel from resetting answers to its own address %s",
	    info->refused, info->kind, text);
}

static int open_port(const struct plan *plan, const struct irl_probe *probe,
		     struct irl_port **port, struct irl_error *err)
{
	const struct irl_scan_options *o = &plan->options;
	const struct irl_port_options options = {
	    .interface = plan->interface.name,
	    .kind = o->port_kind,
	    .queues = o->workers,
	    .steer = &plan->steer,
	    .probe = o->residence == IRL_RESIDENCE_USER ? NULL : probe,
	    .deliver_answers = plan->kind == IRL_WAY_DELIVER,
	};
	int rc = irl_port_open(port, &options, err);

	if (rc)
		return rc;
	rc = check_port(plan, *port, err);
	if (rc)
		irl_port_close(*port);
	return rc;
}

static int prepare(struct plan *plan, struct irl_error *err)
{
	int rc = check_options(&plan->options, err);

	if (!rc)
		rc = find_route(plan, err);
	if (!rc)
		rc = check_interface(plan, err);
	if (!rc)
		rc = choose_source(plan, err);
	if (!rc)
		rc = irl_privilege_check(IRL_PRIVILEGE_NET_RAW, err);
	if (!rc)
		rc = find_neighbours(plan, err);
	if (!rc)
		rc = find_gateway(plan, err);
	return rc;
}

/* Probe and port; the probe is made for source and gateway as planned. */
static int open_planned(struct plan *plan, struct irl_way *out,
			struct irl_error *err)
{
	int rc = 0;

	out->probe = NULL;
	if (plan->kind != IRL_WAY_PLAIN)
		rc = make_probe(plan, &out->probe, err);
	if (rc)
		return rc;
	if (out->probe)
		rc = choose_residence(plan, out->probe, err);
	if (!rc)
		rc = open_port(plan, out->probe, &out->port, err);
	if (rc)
		irl_probe_free(out->probe);
	return rc;
}

/* Others who open at the same moment may have taken the ports that we chose:
 * look again.  Returns whether there are others to be had. */
static bool choose_again(struct plan *plan, bool chosen)
{
	uint16_t first = plan->options.port_first;

	if (!chosen || plan->own_source)
		return false;
	plan->options.port_first = plan->options.port_last = 0;
	return !choose_host(plan, NULL) && plan->options.port_first != first;
}

/* The probe, then the port that it may live in; none where it fails. */
static int make_ready(struct plan *plan, struct irl_way *out,
		      struct irl_error *err)
{
	const bool chosen = !plan->options.port_first;
	int rc = prepare(plan, err);

	if (rc)
		return rc;
	for (int tries = 0;; tries++) {
		rc = open_planned(plan, out, err);
		if (rc != -IRL_EBUSY || tries == SHARE_TRIES ||
		    !choose_again(plan, chosen))
			return rc;
	}
}

static void fill_way(struct irl_way *way, const struct plan *plan)
{
	const struct irl_port_info *info = irl_port_info(way->port);

	way->options = plan->options;
	way->steer = plan->steer;
	way->nearby = plan->nearby;
	way->gateway = plan->route.gateway;
	memcpy(way->mac, plan->interface.mac, sizeof(way->mac));
	memcpy(way->gateway_mac, plan->gateway_mac, sizeof(way->gateway_mac));
	way->in_kernel = way->probe &&
			 plan->options.residence != IRL_RESIDENCE_USER &&
			 info->caps & IRL_PORT_PROBE;
}

int irl_way_open(struct irl_way *out, const struct irl_scan_options *options,
		 enum irl_way_probe kind, struct irl_error *err)
{
	struct plan plan = {.options = *options, .kind = kind};
	int rc;

	*out = (struct irl_way){0};
	rc = make_ready(&plan, out, err);
	if (rc) {
		irl_nearby_free(plan.nearby);
		return rc;
	}
	out->opened_ns = irl_clock_ns();
	out->taken = introduce(&plan, out->port);
	fill_way(out, &plan);
	return 0;
}

int irl_scan_open(struct irl_scan **out, const struct irl_scan_options *options,
		  struct irl_error *err)
{
	struct irl_way way;
	int rc;

	*out = NULL;
	rc = irl_way_open(&way, options, IRL_WAY_PROBE, err);
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
