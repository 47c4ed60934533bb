// SPDX-License-Identifier: BSD-2-Clause
/* What is asked for in IPv4 alone, by what knows both families. */
#include <string.h>
#include <irl/net.h>
#include "net/route.h"

static uint32_t addr4(const struct irl_ip *ip)
{
	return irl_ip_is4(ip) ? irl_ip_addr4(ip) : 0;
}

void net_route_narrow(const struct irl_ip_route *route, struct irl_route *out)
{
	out->ifindex = route->ifindex;
	memcpy(out->ifname, route->ifname, sizeof(out->ifname));
	out->source = addr4(&route->source);
	out->gateway = addr4(&route->gateway);
	out->local = route->local;
}

int irl_route_get(uint32_t dest, const char *interface, struct irl_route *out,
		  struct irl_error *err)
{
	const struct irl_ip ip = irl_ip4(dest);
	struct irl_ip_route route;
	int result = irl_ip_route_get(&ip, interface, &route, err);

	net_route_narrow(&route, out);
	return result;
}

int irl_address_is_host(uint32_t addr, struct irl_error *err)
{
	const struct irl_ip ip = irl_ip4(addr);

	return irl_ip_is_host(&ip, err);
}

/* ---- neighbours -------------------------------------------------------- */

const char *irl_neighbour_state_name(enum irl_neighbour_state state)
{
	switch (state) {
	case IRL_NEIGHBOUR_ASKING:
		return "being resolved";
	case IRL_NEIGHBOUR_FAILED:
		return "failed";
	case IRL_NEIGHBOUR_OLD:
		return "stale";
	case IRL_NEIGHBOUR_GOOD:
		return "reachable";
	default:
		return "unknown";
	}
}

int irl_neighbour_get(unsigned ifindex, uint32_t addr,
		      struct irl_neighbour *out, struct irl_error *err)
{
	const struct irl_ip ip = irl_ip4(addr);

	return irl_ip_neighbour_get(ifindex, &ip, out, err);
}

int irl_neighbour_resolve(unsigned ifindex, uint32_t addr, unsigned timeout_ms,
			  uint8_t mac[6], struct irl_error *err)
{
	const struct irl_ip ip = irl_ip4(addr);

	return irl_ip_neighbour_resolve(ifindex, &ip, timeout_ms, mac, err);
}
