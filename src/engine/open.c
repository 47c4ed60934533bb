// SPDX-License-Identifier: BSD-2-Clause
/*
 * Opening a scan: route, source, gateway, probe, steering, port, in this order,
 * because each needs those before.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <irl/net.h>
#include "engine/scan.h"
#include "net/introduce.h"

/* Source ports on an address that is ours alone: as zmap's. */
#define PORT_FIRST 32768
#define PORT_LAST 61000

/* What irl_scan_open finds out. */
struct plan {
	struct irl_scan_options options; /* source and ports filled in */
	struct irl_route route;
	struct irl_interface interface;
	struct irl_steer steer;
	bool own_source; /* not an address of the host */
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

/*
 * One gateway takes all probes.  Asked for a few targets, the first route by a
 * gateway is it; a set that is all on link has none.
 */
static int find_route(struct plan *plan, struct irl_error *err)
{
	const struct irl_targets *targets = plan->options.targets;
	uint64_t last = irl_targets_count(targets) - 1;
	const uint64_t sample[] = {last / 2, last, 0, last / 4, last / 4 * 3};
	const unsigned samples = sizeof(sample) / sizeof(sample[0]);
	struct irl_route route;
	int rc = 0, found = 0;

	for (unsigned i = 0; i < samples; i++) {
		uint32_t dest = irl_targets_at(targets, sample[i]).addr;

		rc = irl_route_get(dest, plan->options.interface, &route,
				   found ? NULL : err);
		if (rc == -IRL_ENODEV && !found)
			return rc;
		if (rc || route.local)
			continue;
		if (!found || route.gateway)
			plan->route = route;
		found = 1;
		if (route.gateway)
			break;
	}
	if (found)
		return irl_interface_get(plan->route.interface,
					 &plan->interface, err);
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

/* ---- gateway --------------------------------------------------------------
 */

/* For a while a port that needs no BPF, to ask from an address of ours. */
static int ask_ourselves(struct plan *plan, uint32_t addr,
			 struct irl_error *err)
{
	const struct irl_port_options options = {.interface =
						     plan->interface.name,
						 .kind = "packet",
						 .steer = &plan->steer};
	struct irl_port *port;
	int rc = irl_port_open(&port, &options, err);

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
	uint32_t addr = plan->route.gateway;

	memcpy(plan->gateway_mac, o->gateway_mac, sizeof(plan->gateway_mac));
	if (has_gateway_mac(o))
		return 0;
	if (!addr && irl_targets_addresses(o->targets) > 1)
		return irl_error_set(
		    err, IRL_ENEIGH,
		    "the targets are on the link of %s, without a gateway; "
		    "give the next hop's address by --gateway-mac",
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
	    !(info->caps & IRL_PORT_PROBE))
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
		rc = find_gateway(plan, err);
	return rc;
}

int irl_scan_open(struct irl_scan **out, const struct irl_scan_options *options,
		  struct irl_error *err)
{
	struct plan plan = {.options = *options};
	struct irl_probe *probe;
	struct irl_port *port;
	uint64_t taken;
	bool in_kernel;
	int rc;

	*out = NULL;
	rc = prepare(&plan, err);
	if (!rc)
		rc = make_probe(&plan, &probe, err);
	if (rc)
		return rc;
	rc = open_port(&plan, probe, &port, err);
	if (rc) {
		irl_probe_free(probe);
		return rc;
	}
	taken = introduce(&plan, port);
	in_kernel = options->residence != IRL_RESIDENCE_USER &&
		    irl_port_info(port)->caps & IRL_PORT_PROBE;
	rc = irl_scan_over(out, &plan.options, port, probe, &plan.steer,
			   in_kernel, err);
	if (!rc) {
		(*out)->gateway = plan.route.gateway;
		(*out)->taken_before = taken;
	}
	return rc;
}
