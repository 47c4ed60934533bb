// SPDX-License-Identifier: BSD-2-Clause
/*
 * The plan of a way: options checked, then route, interface and source.
 */
#include <string.h>
#include "base/os.h"
#include "engine/elsewhere.h"
#include "engine/plan.h"
#include "engine/source.h"
#include "net/shell.h"

#define SAMPLES 16u /* targets whose routes are asked for */

static int check_options(const struct irl_scan_options *o,
			 struct irl_error *err)
{
	unsigned cores = irl_os_cores();

	if (o->workers > IRL_QUEUES_MAX || o->workers > cores)
		return irl_error_set(err, IRL_EINVAL,
				     "--workers %u: there are %u cores; give "
				     "fewer, %u at most",
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

int irl_plan_by_hand(struct irl_plan *plan, struct irl_error *err)
{
	struct irl_address address = {0};
	int rc = irl_interface_get(plan->options.ifname, &plan->link, err);

	if (rc)
		return rc;
	rc = irl_address_list(plan->link.ifindex, &address, 1, err);
	if (rc < 0)
		return rc;
	plan->route = (struct irl_route){.ifindex = plan->link.ifindex,
					 .source = rc ? address.addr : 0};
	memcpy(plan->route.ifname, plan->link.name, sizeof(plan->route.ifname));
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
	    a->ifname, irl_addr_text(other_dest, text[2]),
	    irl_addr_text(b->gateway, text[3]), b->ifname);
}

/* What the samples have shown so far. */
struct sampled {
	bool found;
	uint32_t dest; /* of the plan's route */
};

/* One gateway takes all probes that are not for neighbours. */
static int take_route(struct irl_plan *plan, struct sampled *sampled,
		      uint32_t dest, const struct irl_route *route,
		      struct irl_error *err)
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
static int settle_route(struct irl_plan *plan, struct irl_error *err)
{
	const struct irl_scan_options *o = &plan->options;
	int rc = 0;

	if (!o->ifname && !has_gateway_mac(o))
		rc = irl_elsewhere_check(o->targets, &plan->route, err);
	return rc ? rc
		  : irl_interface_get(plan->route.ifname, &plan->link, err);
}

int irl_plan_own(struct irl_error *err, const char *targets)
{
	return irl_error_set(err, IRL_ENOROUTE,
			     "%s of this host itself, which no network leads "
			     "to; name other hosts' addresses, or ask this "
			     "host's from another one",
			     targets);
}

/* Asked for a few targets; a set that is all on link has no gateway. */
static int find_route(struct irl_plan *plan, struct irl_error *err)
{
	const struct irl_targets *targets = plan->options.targets;
	uint64_t last = irl_targets_count(targets) - 1;
	struct sampled sampled = {0};
	struct irl_route route;
	int rc = 0;

	for (unsigned i = 0; i < SAMPLES; i++) {
		uint64_t at = last * i / (SAMPLES - 1);
		uint32_t dest = irl_targets_at(targets, at).addr;

		rc = irl_route_get(dest, plan->options.ifname, &route,
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
	if (rc && plan->options.ifname && has_gateway_mac(&plan->options))
		return irl_plan_by_hand(plan, err);
	if (rc)
		return rc;
	return irl_plan_own(err, "the targets are addresses");
}

static int check_interface(const struct irl_plan *plan, struct irl_error *err)
{
	const struct irl_interface *link = &plan->link;
	char up[NET_SHELL_TEXT];

	if (!link->ethernet)
		return irl_error_set(err, IRL_ENOTSUP,
				     "%s is no Ethernet interface; choose one "
				     "with --interface",
				     link->name);
	if (!link->up)
		return irl_error_set(
		    err, IRL_ELINK, "%s is down; bring it up: %s", link->name,
		    net_shell_up(link->name, link->ifindex, up));
	if (!link->carrier)
		return irl_error_set(err, IRL_ELINK,
				     "%s is without a link; check the cable or "
				     "the other end",
				     link->name);
	return 0;
}

/* ---- source ---------------------------------------------------------------
 */

int irl_plan_cover(struct irl_steer *steer, uint32_t addr, uint32_t count,
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

int irl_plan_whose(const struct irl_plan *plan, struct irl_error *err)
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

static int choose_own(struct irl_plan *plan, struct irl_error *err)
{
	struct irl_scan_options *o = &plan->options;

	if (!o->port_first) {
		o->port_first = IRL_PLAN_PORT_FIRST;
		o->port_last = IRL_PLAN_PORT_LAST;
	}
	/* Not to steer by, but to part among the queues. */
	plan->steer.port_first = o->port_first;
	plan->steer.port_last = o->port_last;
	return irl_plan_cover(&plan->steer, o->source_addr, o->source_count,
			      err);
}

static int choose_host(struct irl_plan *plan, struct irl_error *err)
{
	struct irl_scan_options *o = &plan->options;
	struct irl_ip addr;
	int rc;

	if (!o->source_addr)
		o->source_addr = plan->route.source;
	if (!o->source_addr)
		return irl_error_set(err, IRL_EINVAL,
				     "%s has no address to send from; give an "
				     "unused one of its network by --source-ip",
				     plan->link.name);
	plan->ports_chosen = !o->port_first;
	addr = irl_ip4(o->source_addr);
	rc = o->port_first
		 ? irl_ip_port_range_check(&addr, 1, o->port_first,
					   o->port_last, err)
		 : net_ports_choose(&addr, 1, 0, &plan->refused, &o->port_first,
				    &o->port_last, err);
	plan->steer.host_addr = o->source_addr;
	plan->steer.port_first = o->port_first;
	plan->steer.port_last = o->port_last;
	return rc;
}

static int choose_source(struct irl_plan *plan, struct irl_error *err)
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
	rc = irl_source_check(plan, err);
	if (rc)
		return rc;
	if (plan->list)
		return irl_plan_list_source(plan, err);
	rc = irl_plan_whose(plan, err);
	if (rc < 0)
		return rc;
	plan->own_source = rc;
	return rc ? choose_own(plan, err) : choose_host(plan, err);
}

/* ---- all ------------------------------------------------------------------
 */

bool irl_plan_has_mac(const struct irl_plan *plan)
{
	return has_gateway_mac(&plan->options);
}

int irl_plan_choose_again(struct irl_plan *plan, struct irl_error *err)
{
	struct irl_scan_options *o = &plan->options;

	net_ports_set(&plan->refused, o->port_first, o->port_last);
	o->port_first = o->port_last = 0;
	return plan->list ? irl_plan_list_ports(plan, err)
			  : choose_host(plan, err);
}

static void begin(struct irl_plan *plan, const struct irl_scan_options *options)
{
	*plan = (struct irl_plan){.options = *options};
}

int irl_plan_nowhere(struct irl_plan *plan,
		     const struct irl_scan_options *options,
		     struct irl_error *err)
{
	int rc;

	begin(plan, options);
	rc = check_options(options, err);
	return rc ? rc : choose_source(plan, err);
}

int irl_plan_make(struct irl_plan *plan, const struct irl_scan_options *options,
		  const struct irl_plan_list *list, struct irl_error *err)
{
	int rc;

	begin(plan, options);
	plan->list = list;
	rc = check_options(options, err);
	if (!rc)
		rc = list ? irl_plan_list_route(plan, err)
			  : find_route(plan, err);
	if (!rc)
		rc = check_interface(plan, err);
	if (!rc)
		rc = choose_source(plan, err);
	return rc;
}

void irl_plan_probe(const struct irl_plan *plan, const uint8_t next_hop[6],
		    struct irl_probe_options *out)
{
	const struct irl_scan_options *o = &plan->options;

	*out = (struct irl_probe_options){
	    .seed = o->seed,
	    .targets = o->targets,
	    .source_addr = o->source_addr,
	    .source_count = o->source_count,
	    .port_first = o->port_first,
	    .port_last = o->port_last,
	    .options = o->tcp_options,
	    .ttl = o->ttl,
	    .mtu = plan->link.mtu,
	};
	memcpy(out->source_mac, plan->link.mac, 6);
	memcpy(out->gateway_mac, next_hop, 6);
}
