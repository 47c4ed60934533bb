// SPDX-License-Identifier: BSD-2-Clause
/* The plan for a list: targets of either family, not known yet. */
#include <string.h>
#include "engine/plan.h"

/* ---- route ----------------------------------------------------------------
 */

static void narrow(const struct irl_ip_route *route, struct irl_route *out)
{
	*out = (struct irl_route){.ifindex = route->ifindex};
	memcpy(out->ifname, route->ifname, sizeof(out->ifname));
	if (irl_ip_is4(&route->source))
		out->source = irl_ip_addr4(&route->source);
	if (irl_ip_is4(&route->gateway))
		out->gateway = irl_ip_addr4(&route->gateway);
}

static int find_first(struct irl_plan *plan, struct irl_error *err)
{
	const struct irl_ip *first = &plan->list->first;
	const char *interface = plan->options.ifname;
	int rc = irl_ip_route_get(first, interface, &plan->first, err);

	if (rc && rc != -IRL_ENODEV && interface && irl_plan_has_mac(plan)) {
		rc = irl_plan_by_hand(plan, err);
		if (!rc && plan->route.source && irl_ip_is4(first))
			plan->first.source = irl_ip4(plan->route.source);
		return rc;
	}
	if (rc)
		return rc;
	if (plan->first.local)
		return irl_plan_own(err, "the first target is an address");
	narrow(&plan->first, &plan->route);
	return 0;
}

int irl_plan_list_route(struct irl_plan *plan, struct irl_error *err)
{
	/* With the MAC given they tell what to send from, and no more. */
	bool has_mac = irl_plan_has_mac(plan);
	bool alone = plan->options.ifname || has_mac;
	int rc = find_first(plan, err);

	if (!rc)
		rc = irl_interface_get(plan->route.ifname, &plan->link, err);
	if (!rc)
		rc = irl_next_hops_new(&plan->hops, plan->route.ifindex, alone,
				       err);
	if (!rc && !irl_ip_is_none(&plan->first.gateway))
		irl_next_hops_fall_back(plan->hops, &plan->list->first,
					&plan->first.gateway);
	if (!rc && !has_mac)
		rc = irl_next_hops_check(plan->hops, err);
	return rc;
}

/* ---- source ---------------------------------------------------------------
 */

/* What the host would send from to targets of a family; all zero: nothing. */
static struct irl_ip usual_source(const struct irl_plan *plan, bool ipv6)
{
	static const struct irl_ip none;
	struct irl_ip_route route;
	struct irl_ip dest;

	if (irl_ip_is4(&plan->list->first) != ipv6)
		return plan->first.source;
	if (!irl_next_hops_sample(plan->hops, ipv6, &dest) ||
	    irl_ip_route_get(&dest, plan->link.name, &route, NULL))
		return none;
	return route.local ? dest : route.source;
}

/* Sources that are named are all that there are. */
static int name_sources(struct irl_plan *plan, struct irl_error *err)
{
	struct irl_scan_options *o = &plan->options;
	bool ipv6 = !irl_ip_is4(&plan->list->first);
	struct irl_ip four;

	plan->source6 = plan->list->source6;
	if (!o->source_addr && irl_ip_is_none(&plan->source6)) {
		four = usual_source(plan, false);
		if (irl_ip_is4(&four))
			o->source_addr = irl_ip_addr4(&four);
		plan->source6 = usual_source(plan, true);
	}
	if (ipv6 ? !irl_ip_is_none(&plan->source6) : o->source_addr != 0)
		return 0;
	return irl_error_set(err, IRL_EINVAL,
			     "the first target is %s, and there is no such "
			     "address to send from on %s; give one of its "
			     "network that is unused by --source-ip",
			     ipv6 ? "IPv6" : "IPv4", plan->link.name);
}

static int find_owners(struct irl_plan *plan, struct irl_error *err)
{
	int rc = plan->options.source_addr ? irl_plan_whose(plan, err) : 0;

	if (rc < 0)
		return rc;
	plan->own_source = rc;
	plan->own_source6 = false;
	if (irl_ip_is_none(&plan->source6))
		return 0;
	rc = irl_ip_is_host(&plan->source6, err);
	plan->own_source6 = rc == 0;
	return rc < 0 ? rc : 0;
}

/* Free on each address that is the host's. */
static int choose_ports(struct irl_plan *plan, struct irl_error *err)
{
	struct irl_scan_options *o = &plan->options;
	struct irl_ip shared[2];
	unsigned count = 0;

	if (o->source_addr && !plan->own_source)
		shared[count++] = irl_ip4(o->source_addr);
	if (!irl_ip_is_none(&plan->source6) && !plan->own_source6)
		shared[count++] = plan->source6;
	plan->ports_chosen = count && !o->port_first;
	if (count && o->port_first)
		return irl_ip_port_range_check(shared, count, o->port_first,
					       o->port_last, err);
	if (count)
		return net_ports_choose(shared, count, 0, &plan->refused,
					&o->port_first, &o->port_last, err);
	if (!o->port_first) {
		o->port_first = IRL_PLAN_PORT_FIRST;
		o->port_last = IRL_PLAN_PORT_LAST;
	}
	return 0;
}

static int steer(struct irl_plan *plan, struct irl_error *err)
{
	const struct irl_scan_options *o = &plan->options;
	struct irl_steer *s = &plan->steer;

	*s = (struct irl_steer){.port_first = o->port_first,
				.port_last = o->port_last};
	if (plan->own_source6)
		s->own6[s->own6_count++] =
		    (struct irl_prefix6){plan->source6, 128};
	else
		s->host_addr6 = plan->source6;
	if (plan->own_source)
		return irl_plan_cover(s, o->source_addr, o->source_count, err);
	s->host_addr = o->source_addr;
	return 0;
}

int irl_plan_list_ports(struct irl_plan *plan, struct irl_error *err)
{
	int rc = choose_ports(plan, err);

	return rc ? rc : steer(plan, err);
}

int irl_plan_list_source(struct irl_plan *plan, struct irl_error *err)
{
	int rc = name_sources(plan, err);

	if (!rc)
		rc = find_owners(plan, err);
	return rc ? rc : irl_plan_list_ports(plan, err);
}
