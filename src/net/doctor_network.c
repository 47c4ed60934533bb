// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>
#include "net/doctor.h"
#include "net/route.h"
#include "net/rules.h"
#include "wire/text.h"

#define ADDRESSES 8

static void addresses(struct irl_doctor_report *r)
{
	struct irl_address list[ADDRESSES];
	char all[200] = "", text[IRL_ADDR_TEXT];
	struct irl_error err = {0};
	int n = irl_address_list(r->link.ifindex, list, ADDRESSES, &err);
	struct irl_doctor_fact *fact;
	size_t used = 0;

	for (int i = 0; i < n && i < ADDRESSES && used < sizeof(all); i++)
		used += (size_t)snprintf(
		    all + used, sizeof(all) - used, "%s%s/%u", i ? ", " : "",
		    irl_addr_text(list[i].addr, text), list[i].length);
	if (n > 0) {
		net_doctor_add(r, IRL_DOCTOR_OK, "addresses", "%s%s", all,
			       n > ADDRESSES ? ", ..." : "");
		return;
	}
	fact = net_doctor_add(r, IRL_DOCTOR_BAD, "addresses", "%s",
			      n < 0 ? err.text : "no IPv4 address");
	if (n == 0)
		net_doctor_mend_address(fact, &r->link);
}

static int find_route(struct irl_doctor_report *r, uint32_t target,
		      struct irl_prefix4 *dest, struct irl_route *route,
		      struct irl_error *err)
{
	if (!target)
		return net_route_widest(r->link.name, dest, route, err);
	*dest = (struct irl_prefix4){target, 32};
	return irl_route_get(target, r->link.name, route, err);
}

/* true: a scan could go there. */
static bool route_to(struct irl_doctor_report *r, uint32_t target,
		     struct irl_route *route)
{
	char dest[IRL_ADDR_TEXT], by[IRL_ADDR_TEXT] = "on link",
				  from[IRL_ADDR_TEXT];
	struct irl_error err = {0};
	struct irl_prefix4 to;
	struct irl_doctor_fact *fact;

	if (find_route(r, target, &to, route, &err) < 0) {
		fact =
		    net_doctor_add(r, IRL_DOCTOR_BAD, "route", "%s", err.text);
		if (!target)
			net_doctor_mend_route(fact, &r->link);
		return false;
	}
	if (route->local) {
		net_doctor_add(r, IRL_DOCTOR_BAD, "route",
			       "%s is this host's own address",
			       irl_addr_text(target, dest));
		return false;
	}
	if (route->gateway)
		irl_addr_text(route->gateway, by);
	net_doctor_add(r, IRL_DOCTOR_OK, "route", "%s/%u %s%s, from %s",
		       irl_addr_text(to.addr, dest), to.length,
		       route->gateway ? "via " : "", by,
		       route->source ? irl_addr_text(route->source, from)
				     : "no address of its own");
	return true;
}

/* The kernel's word and, where that is not enough, its question by ARP. */
static void gateway(struct irl_doctor_report *r, const struct irl_route *route,
		    uint32_t target)
{
	uint32_t hop = route->gateway ? route->gateway : target;
	struct irl_neighbour known;
	struct irl_error err = {0};
	char text[IRL_ADDR_TEXT], mac[IRL_TEXT_MAC];
	uint8_t m[6];
	int result;

	if (!hop) {
		net_doctor_add(r, IRL_DOCTOR_OK, "gateway",
			       "none: targets are on link, and a scan asks for "
			       "each by ARP");
		return;
	}
	irl_addr_text(hop, text);
	result = irl_neighbour_resolve(route->ifindex, hop, 0, m, &err);
	if (result == 0) {
		net_doctor_add(r, IRL_DOCTOR_OK, "gateway",
			       "%s is %s, answers ARP", text,
			       irl_text_mac(m, mac));
		return;
	}
	if (result == -IRL_EPERM &&
	    irl_neighbour_get(route->ifindex, hop, &known, NULL) == 0 &&
	    known.state == IRL_NEIGHBOUR_OLD) {
		net_doctor_add(r, IRL_DOCTOR_WARN, "gateway",
			       "%s was known, but is not confirmed lately (%s)",
			       text, irl_neighbour_state_name(known.state));
		return;
	}
	if (result == -IRL_EPERM)
		net_doctor_mend(
		    net_doctor_add(r, IRL_DOCTOR_BAD, "gateway",
				   "cannot ask for %s: no privilege", text),
		    "see privilege, or give --gateway-mac");
	else
		net_doctor_add(r, IRL_DOCTOR_BAD, "gateway", "%s", err.text);
}

static void source_ports(struct irl_doctor_report *r, uint32_t source)
{
	struct irl_error err = {0};
	uint16_t first, last;
	int result;

	if (!source)
		return;
	result = irl_port_range_choose(source, 0, &first, &last, &err);
	if (result < 0)
		net_doctor_add(r, IRL_DOCTOR_BAD, "source ports", "%s",
			       err.text);
	else
		net_doctor_add(r, IRL_DOCTOR_OK, "source ports",
			       "%u-%u: no socket there, and the kernel hands "
			       "out others",
			       first, last);
}

/* They may lead elsewhere than the main table, which lists are held against. */
static void rules(struct irl_doctor_report *r)
{
	int four = net_rules_count(false, NULL);
	int six = net_rules_count(true, NULL);
	int all = (four > 0 ? four : 0) + (six > 0 ? six : 0);

	if (all)
		net_doctor_mend(
		    net_doctor_add(r, IRL_DOCTOR_WARN, "rules",
				   "%d of policy routing: scans and fetches "
				   "follow the kernel for their first target, "
				   "the main table for all others",
				   all),
		    "--interface, --gateway-mac and --source-ip say by hand "
		    "what the rules would");
}

void net_doctor_network(struct irl_doctor_report *report, uint32_t target)
{
	struct irl_route route;

	addresses(report);
	if (!route_to(report, target, &route))
		return;
	/* a link that is down has been told already */
	if (report->link.carrier)
		gateway(report, &route, target);
	rules(report);
	source_ports(report, route.source);
}
