// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <irl/net.h>
#include "net/route.h"
#include "net/shell.h"
#include "net/windows.h"

static int cannot_list(ULONG error, struct irl_error *err)
{
	return irl_error_set(err, IRL_ESYSTEM,
			     "cannot list the routes: Windows error %lu",
			     error);
}

static int no_route(const struct irl_ip *dest, const char *ifname,
		    const char *why, struct irl_error *err)
{
	char text[IRL_IP_TEXT];

	return irl_error_set(
	    err, IRL_ENOROUTE,
	    "no route to %s%s%s%s: add one (New-NetRoute), or give "
	    "--interface and --gateway-mac",
	    irl_ip_text(dest, text), ifname ? " through " : "",
	    ifname ? ifname : "", why);
}

/* RFC 5771 and RFC 919: routed, but not to one host. */
static bool is_group(const struct irl_ip *ip)
{
	if (irl_ip_is4(ip))
		return ip->byte[12] >= 224 &&
		       (ip->byte[12] < 240 || irl_ip_addr4(ip) == UINT32_MAX);
	return ip->byte[0] == 0xff;
}

static int ask(const struct irl_ip *dest, unsigned ifindex,
	       struct irl_ip_route *out)
{
	const SOCKADDR_INET to = net_to_windows(dest);
	MIB_IPFORWARD_ROW2 row;
	SOCKADDR_INET source;

	if (GetBestRoute2(NULL, ifindex, NULL, &to, 0, &row, &source))
		return -IRL_ENOROUTE;
	out->ifindex = row.InterfaceIndex;
	out->gateway = net_hop_from_windows(&row.NextHop);
	out->source = net_hop_from_windows(&source);
	return 0;
}

int irl_ip_route_get(const struct irl_ip *dest, const char *ifname,
		     struct irl_ip_route *out, struct irl_error *err)
{
	struct irl_interface through = {0};
	char up[NET_SHELL_TEXT];
	int rc = 0;

	*out = (struct irl_ip_route){0};
	if (ifname)
		rc = irl_interface_get(ifname, &through, err);
	if (rc)
		return rc;
	if (ifname && !through.up)
		return irl_error_set(err, IRL_ENOROUTE,
				     "interface %s is down: %s", ifname,
				     net_shell_up(ifname, through.ifindex, up));
	if (is_group(dest))
		return no_route(dest, ifname,
				" (a multicast or broadcast address)", err);
	if (ask(dest, through.ifindex, out))
		return no_route(dest, ifname, "", err);
	net_interface_name(out->ifindex, out->ifname);
	rc = irl_ip_is_host(dest, err);
	out->local = rc > 0;
	return rc < 0 ? rc : 0;
}

/* ---- routes listed ------------------------------------------------------ */

static struct net_route listed(const MIB_IPFORWARD_ROW2 *row)
{
	const IP_ADDRESS_PREFIX *prefix = &row->DestinationPrefix;
	struct net_route out = {
	    .dest = net_from_windows(&prefix->Prefix),
	    .length = prefix->PrefixLength,
	    .ifindex = row->InterfaceIndex,
	    .gateway = net_hop_from_windows(&row->NextHop),
	    .usable = true,
	};

	if (irl_ip_is4(&out.dest))
		out.length += 96;
	return out;
}

/* ---- in the order of their metrics -------------------------------------- */

struct table {
	MIB_IPFORWARD_TABLE2 *routes;
	ULONG *metric; /* of each */
};

static void free_table(struct table *table)
{
	FreeMibTable(table->routes);
	free(table->metric);
}

/* Adds what each interface's own metric adds to its routes. */
static void add_interfaces(struct table *table, bool ipv6)
{
	ULONG bytes = 256 << 10;
	IP_ADAPTER_ADDRESSES *all = malloc(bytes), *a;
	const ULONG flags = GAA_FLAG_SKIP_UNICAST | GAA_FLAG_SKIP_ANYCAST |
			    GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;

	if (!all || GetAdaptersAddresses(AF_UNSPEC, flags, NULL, all, &bytes)) {
		free(all);
		return;
	}
	for (a = all; a; a = a->Next)
		for (ULONG i = 0; i < table->routes->NumEntries; i++)
			if (table->routes->Table[i].InterfaceLuid.Value ==
			    a->Luid.Value)
				table->metric[i] +=
				    ipv6 ? a->Ipv6Metric : a->Ipv4Metric;
	free(all);
}

static int take_table(struct table *table, bool ipv6, struct irl_error *err)
{
	ULONG error =
	    GetIpForwardTable2(ipv6 ? AF_INET6 : AF_INET, &table->routes);

	if (error)
		return cannot_list(error, err);
	table->metric =
	    calloc(table->routes->NumEntries + 1, sizeof(*table->metric));
	if (!table->metric) {
		FreeMibTable(table->routes);
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	}
	for (ULONG i = 0; i < table->routes->NumEntries; i++)
		table->metric[i] = table->routes->Table[i].Metric;
	add_interfaces(table, ipv6);
	return 0;
}

/* The next at or behind (@metric, @at), that of the lowest metric first, since
 * of equal prefixes it is used; false: there is none. */
static bool next_route(const struct table *table, ULONG *metric, ULONG *at)
{
	ULONG count = table->routes->NumEntries, best = count, lowest = 0;

	for (ULONG i = 0; i < count; i++) {
		ULONG this = table->metric[i];

		if (this < *metric || (this == *metric && i < *at))
			continue;
		if (best == count || this < lowest) {
			best = i;
			lowest = this;
		}
	}
	*metric = lowest;
	*at = best;
	return best < count;
}

int net_route_each(bool ipv6, unsigned ifindex,
		   void (*visit)(void *context, const struct net_route *route),
		   void (*forget)(void *context), void *context,
		   struct irl_error *err)
{
	ULONG metric = 0, at = 0;
	struct table table;
	int rc = take_table(&table, ipv6, err);

	(void)ifindex;
	(void)forget; /* the table does not change while it is read */
	if (rc)
		return rc;
	for (; next_route(&table, &metric, &at); at++) {
		const struct net_route route = listed(&table.routes->Table[at]);

		visit(context, &route);
	}
	free_table(&table);
	return 0;
}

int net_route_elsewhere(unsigned ifindex,
			bool (*visit)(void *context, struct irl_prefix4 dest),
			void *context, struct irl_error *err)
{
	MIB_IPFORWARD_TABLE2 *table;
	ULONG error = GetIpForwardTable2(AF_INET, &table);
	int seen = 0;

	if (error)
		return cannot_list(error, err);
	for (ULONG i = 0; !seen && i < table->NumEntries; i++) {
		const struct net_route route = listed(&table->Table[i]);

		/* The table has the groups and the host's own, too. */
		if (route.ifindex != ifindex && !is_group(&route.dest) &&
		    irl_ip_is_host(&route.dest, NULL) <= 0)
			seen = visit(context, (struct irl_prefix4){
						  irl_ip_addr4(&route.dest),
						  route.length - 96});
	}
	FreeMibTable(table);
	return seen;
}

static int widest(const char *ifname, bool defaults_only, struct net_route *out,
		  struct irl_error *err)
{
	struct irl_interface through = {0};
	ULONG metric = 0, at = 0;
	struct table table;
	int rc = ifname ? irl_interface_get(ifname, &through, err) : 0;

	*out = (struct net_route){.length = 129};
	if (!rc)
		rc = take_table(&table, false, err);
	if (rc)
		return rc;
	for (; next_route(&table, &metric, &at); at++) {
		const struct net_route route = listed(&table.routes->Table[at]);

		if ((!ifname || route.ifindex == through.ifindex) &&
		    (!defaults_only || route.length == 96) &&
		    route.length < out->length)
			*out = route;
	}
	free_table(&table);
	if (out->length <= 128)
		return 0;
	return irl_error_set(err, IRL_ENOROUTE, "no %s%s%s",
			     defaults_only ? "default route" : "route",
			     ifname ? " through " : "", ifname ? ifname : "");
}

/* @route's own answer for an address in it. */
static int finish(const struct net_route *route, struct irl_route *out,
		  struct irl_error *err)
{
	char name[16];
	struct irl_route through;
	uint32_t gateway =
	    irl_ip_is_none(&route->gateway) ? 0 : irl_ip_addr4(&route->gateway);
	uint32_t ask_for = gateway ? gateway : irl_ip_addr4(&route->dest) | 1;
	int rc = irl_route_get(
	    ask_for, net_interface_name(route->ifindex, name), &through, err);

	*out = through;
	out->gateway = gateway;
	out->local = false;
	return rc;
}

int irl_route_default(const char *ifname, struct irl_route *out,
		      struct irl_error *err)
{
	struct net_route route;
	int rc = widest(ifname, true, &route, err);

	*out = (struct irl_route){0};
	return rc ? rc : finish(&route, out, err);
}

int net_route_widest(const char *ifname, struct irl_prefix4 *dest,
		     struct irl_route *out, struct irl_error *err)
{
	struct net_route route;
	int rc = widest(ifname, false, &route, err);

	*out = (struct irl_route){0};
	if (rc)
		return rc;
	*dest =
	    (struct irl_prefix4){irl_ip_addr4(&route.dest), route.length - 96};
	return finish(&route, out, err);
}
