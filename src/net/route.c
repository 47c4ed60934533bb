// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <irl/net.h>
#include "base/netlink.h"
#include "net/route.h"
#include "net/shell.h"

struct answer {
	unsigned char type; /* RTN_... */
	unsigned ifindex;
	struct irl_ip source, gateway; /* all zero: none */
	struct irl_ip dest;            /* of a listed route */
	uint32_t length;
	uint32_t metric;
	bool via_ipv6;
	bool found;
	unsigned wanted_ifindex; /* of a listed route; 0: any */
	bool defaults_only;
};

/* All zero for an absent attribute. */
static struct irl_ip read_ip(const struct nlattr *attribute)
{
	struct irl_ip ip = {{0}};

	if (attribute && irl_netlink_size(attribute) == sizeof(ip))
		memcpy(&ip, irl_netlink_data(attribute), sizeof(ip));
	else if (attribute)
		ip = irl_ip4(ntohl(irl_netlink_u32(attribute)));
	return ip;
}

/* RTA_MULTIPATH: the first next hop through the wanted interface. */
static const struct rtnexthop *pick_hop(const struct nlattr *multipath,
					unsigned ifindex)
{
	const struct rtnexthop *hop = irl_netlink_data(multipath);
	size_t left = irl_netlink_size(multipath);

	while (left >= sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) &&
	       hop->rtnh_len <= left) {
		size_t step = irl_netlink_align(hop->rtnh_len);

		if (!ifindex || (unsigned)hop->rtnh_ifindex == ifindex)
			return hop;
		if (step >= left)
			break;
		left -= step;
		hop = (const void *)((const uint8_t *)hop + step);
	}
	return NULL;
}

static void read_hop(const struct nlattr *multipath, struct answer *answer)
{
	const struct rtnexthop *hop =
	    pick_hop(multipath, answer->wanted_ifindex);
	const struct nlattr *table[RTA_MAX + 1];
	struct {
		struct nlattr head;
		uint8_t body[256];
	} wrapped = {0};
	size_t size;

	if (!hop)
		return;
	size = hop->rtnh_len - sizeof(*hop);
	if (size > sizeof(wrapped.body))
		size = sizeof(wrapped.body);
	wrapped.head.nla_len = (uint16_t)(IRL_NETLINK_HEADER + size);
	memcpy(wrapped.body, hop + 1, size);
	irl_netlink_nested(&wrapped.head, table, RTA_MAX + 1);
	answer->ifindex = (unsigned)hop->rtnh_ifindex;
	answer->gateway = read_ip(table[RTA_GATEWAY]);
	answer->via_ipv6 = table[RTA_VIA] != NULL;
}

static void read_route(const struct nlmsghdr *message,
		       const struct rtmsg *route, struct answer *answer)
{
	const struct nlattr *table[RTA_MAX + 1];

	irl_netlink_attributes(message, sizeof(*route), table, RTA_MAX + 1);
	answer->type = route->rtm_type;
	answer->ifindex = irl_netlink_u32(table[RTA_OIF]);
	answer->source = read_ip(table[RTA_PREFSRC]);
	answer->gateway = read_ip(table[RTA_GATEWAY]);
	answer->metric = irl_netlink_u32(table[RTA_PRIORITY]);
	answer->dest = read_ip(table[RTA_DST]);
	answer->length = route->rtm_dst_len;
	answer->via_ipv6 = table[RTA_VIA] != NULL;
	if (table[RTA_MULTIPATH])
		read_hop(table[RTA_MULTIPATH], answer);
}

static int visit_route(void *context, const struct nlmsghdr *message)
{
	struct answer *answer = context;
	const struct rtmsg *route = irl_netlink_fixed(message, sizeof(*route));

	if (message->nlmsg_type != RTM_NEWROUTE || !route)
		return 0;
	read_route(message, route, answer);
	answer->found = true;
	return 0;
}

/* 0 or -errno. */
static int ask(const struct irl_ip *dest, unsigned ifindex, uint32_t flags,
	       struct answer *answer)
{
	size_t size = irl_ip_is4(dest) ? 4 : 16;
	struct irl_netlink request;
	struct rtmsg *route;
	int result;

	memset(answer, 0, sizeof(*answer));
	route = irl_netlink_init(&request, RTM_GETROUTE, 0, sizeof(*route));
	route->rtm_family = size == 4 ? AF_INET : AF_INET6;
	route->rtm_dst_len = (uint8_t)(size * 8);
	route->rtm_flags = flags;
	irl_netlink_put(&request, RTA_DST, dest->byte + 16 - size, size);
	if (ifindex)
		irl_netlink_put(&request, RTA_OIF, &ifindex, sizeof(ifindex));
	result = irl_netlink_call(NETLINK_ROUTE, &request, visit_route, answer);
	if (result == 0 && !answer->found)
		result = -EPROTO;
	return result;
}

static int no_route(const struct irl_ip *dest, const char *interface,
		    const char *why, struct irl_error *err)
{
	const char *family = irl_ip_is4(dest) ? "" : "-6 ";
	char text[IRL_IP_TEXT];

	irl_ip_text(dest, text);
	if (interface)
		return irl_error_set(
		    err, IRL_ENOROUTE,
		    "no route to %s through %s%s: add one (ip %sroute add %s "
		    "via GATEWAY dev %s), or give --gateway-mac",
		    text, interface, why, family, text, interface);
	return irl_error_set(
	    err, IRL_ENOROUTE,
	    "no route to %s%s: add one (ip %sroute add %s via GATEWAY dev "
	    "INTERFACE), or give --interface and --gateway-mac",
	    text, why, family, text);
}

static int route_error(int result, const struct irl_ip *dest,
		       const char *interface, struct irl_error *err)
{
	char text[IRL_IP_TEXT];

	switch (-result) {
	case ENETUNREACH:
		return no_route(dest, interface, "", err);
	case EHOSTUNREACH:
		return no_route(dest, interface, " (unreachable)", err);
	case EACCES:
		return no_route(dest, interface, " (prohibited by a route)",
				err);
	case EINVAL:
		return no_route(dest, interface,
				" (a blackhole, or no address)", err);
	default:
		return irl_error_errno(err, -result,
				       "cannot ask for a route "
				       "to %s",
				       irl_ip_text(dest, text));
	}
}

static int finish(const struct answer *answer, const struct irl_ip *dest,
		  struct irl_ip_route *out, struct irl_error *err)
{
	char text[IRL_IP_TEXT];

	irl_ip_text(dest, text);
	if (answer->via_ipv6)
		return irl_error_set(err, IRL_ENOTSUP,
				     "the route to %s has an IPv6 gateway, "
				     "which is not resolved here: give "
				     "--gateway-mac",
				     text);
	out->ifindex = answer->ifindex;
	out->source = answer->source;
	out->gateway = answer->gateway;
	out->local = answer->type == RTN_LOCAL;
	if (!if_indextoname(out->ifindex, out->ifname))
		return irl_error_set(err, IRL_ENODEV,
				     "the interface of the route to %s has "
				     "just gone",
				     text);
	return 0;
}

/* Is there an interface besides loopback, but none that is up?  The first. */
static bool find_all_down(struct irl_interface *first)
{
	struct irl_interface list[32];
	int n = irl_interface_list(list, 32, NULL);
	bool found = false;

	for (int i = n < 32 ? n : 32; i-- > 0;) {
		if (list[i].loopback)
			continue;
		if (list[i].up)
			return false;
		*first = list[i];
		found = true;
	}
	return found;
}

/* Of @interface, if it is given: @link. */
static int no_answer(int result, const struct irl_ip *dest,
		     const char *interface, struct irl_interface *link,
		     struct irl_error *err)
{
	char up[NET_SHELL_TEXT];

	if (interface ? !link->up : find_all_down(link))
		return irl_error_set(
		    err, IRL_ENOROUTE, "interface %s is down: %s", link->name,
		    net_shell_up(link->name, link->ifindex, up));
	if (link->loopback)
		return irl_error_set(err, IRL_ENOROUTE,
				     "interface %s leads to this host alone: "
				     "name another one (--interface)",
				     link->name);
	return route_error(result, dest, interface, err);
}

int irl_ip_route_get(const struct irl_ip *dest, const char *interface,
		     struct irl_ip_route *out, struct irl_error *err)
{
	struct irl_interface through = {0};
	struct answer answer;
	int result = 0;

	memset(out, 0, sizeof(*out));
	if (interface) {
		result = irl_interface_get(interface, &through, err);
		if (result < 0)
			return result;
		/* Where there is no route the kernel takes the destination to
		 * be on link; the match in its table tells. */
		result = ask(dest, through.ifindex, RTM_F_FIB_MATCH, &answer);
	}
	if (result == 0)
		result = ask(dest, through.ifindex, 0, &answer);
	if (result < 0)
		return no_answer(result, dest, interface, &through, err);
	if (answer.type != RTN_UNICAST && answer.type != RTN_LOCAL)
		return no_route(dest, interface,
				answer.type == RTN_BROADCAST
				    ? " (a broadcast address)"
				    : " (a multicast address)",
				err);
	return finish(&answer, dest, out, err);
}

static uint32_t addr4(const struct irl_ip *ip)
{
	return irl_ip_is4(ip) ? irl_ip_addr4(ip) : 0;
}

/* ---- routes listed ------------------------------------------------------ */

static void forget_listed(void *context)
{
	struct answer *best = context;

	best->found = false;
}

/* Wider first, then of lower metric; the kernel lists equal ones in order. */
static bool is_better(const struct answer *this, const struct answer *best)
{
	if (!best->found)
		return true;
	return this->length != best->length ? this->length < best->length
					    : this->metric < best->metric;
}

static int visit_listed(void *context, const struct nlmsghdr *message)
{
	struct answer *best = context;
	struct answer this = {
	    .wanted_ifindex = best->wanted_ifindex,
	    .defaults_only = best->defaults_only,
	    .found = true,
	};
	const struct rtmsg *route = irl_netlink_fixed(message, sizeof(*route));

	if (message->nlmsg_type != RTM_NEWROUTE || !route ||
	    route->rtm_table != RT_TABLE_MAIN || route->rtm_type != RTN_UNICAST)
		return 0;
	read_route(message, route, &this);
	if (!this.ifindex || (this.defaults_only && this.length != 0) ||
	    (this.wanted_ifindex && this.ifindex != this.wanted_ifindex))
		return 0;
	if (is_better(&this, best))
		*best = this;
	return 0;
}

/* The widest route of the main table into @best. */
static int list_routes(const char *interface, struct answer *best,
		       struct irl_error *err)
{
	struct irl_interface through = {0};
	struct irl_netlink request;
	struct rtmsg *route;
	int result = 0;

	if (interface)
		result = irl_interface_get(interface, &through, err);
	if (result < 0)
		return result;
	best->wanted_ifindex = through.ifindex;
	route = irl_netlink_init(&request, RTM_GETROUTE, 0, sizeof(*route));
	route->rtm_family = AF_INET;
	result = irl_netlink_dump(NETLINK_ROUTE, &request, visit_listed,
				  forget_listed, best);
	if (result < 0)
		return irl_error_errno(err, -result, "cannot list the routes");
	if (!best->found)
		return irl_error_set(
		    err, IRL_ENOROUTE, "no %s%s%s",
		    best->defaults_only ? "default route" : "route",
		    interface ? " through " : "", interface ? interface : "");
	return 0;
}

/* The source that the host would use, where the route itself names none. */
static void add_source(struct irl_route *route)
{
	struct irl_route next;

	if (!route->source && route->gateway &&
	    irl_route_get(route->gateway, route->ifname, &next, NULL) == 0)
		route->source = next.source;
}

/* What a list had to say, as an IPv4 route. */
static int finish_listed(const struct answer *best, struct irl_route *out,
			 struct irl_error *err)
{
	const struct irl_ip dest = irl_ip4(addr4(&best->dest));
	struct irl_ip_route route = {0};
	int result = finish(best, &dest, &route, err);

	net_route_narrow(&route, out);
	if (result == 0)
		add_source(out);
	return result;
}

int irl_route_default(const char *interface, struct irl_route *out,
		      struct irl_error *err)
{
	struct answer best = {.defaults_only = true};
	int result;

	memset(out, 0, sizeof(*out));
	result = list_routes(interface, &best, err);
	return result < 0 ? result : finish_listed(&best, out, err);
}

int net_route_widest(const char *interface, struct irl_prefix4 *dest,
		     struct irl_route *out, struct irl_error *err)
{
	struct answer best = {0};
	int result;

	memset(out, 0, sizeof(*out));
	result = list_routes(interface, &best, err);
	if (result < 0)
		return result;
	*dest = (struct irl_prefix4){addr4(&best.dest), best.length};
	return finish_listed(&best, out, err);
}

/* ---- routes by other interfaces ------------------------------------------ */

struct elsewhere {
	unsigned ifindex;
	bool (*visit)(void *context, struct irl_prefix4 dest);
	void *context;
};

static void forget_nothing(void *context)
{
	(void)context;
}

static int visit_elsewhere(void *context, const struct nlmsghdr *message)
{
	const struct elsewhere *elsewhere = context;
	const struct rtmsg *route = irl_netlink_fixed(message, sizeof(*route));
	struct answer this = {0};

	if (message->nlmsg_type != RTM_NEWROUTE || !route ||
	    route->rtm_table != RT_TABLE_MAIN || route->rtm_type != RTN_UNICAST)
		return 0;
	read_route(message, route, &this);
	if (this.ifindex == elsewhere->ifindex)
		return 0;
	return elsewhere->visit(
	    elsewhere->context,
	    (struct irl_prefix4){addr4(&this.dest), this.length});
}

int net_route_elsewhere(unsigned ifindex,
			bool (*visit)(void *context, struct irl_prefix4 dest),
			void *context, struct irl_error *err)
{
	struct elsewhere elsewhere = {ifindex, visit, context};
	struct irl_netlink request;
	struct rtmsg *route;
	int result;

	route = irl_netlink_init(&request, RTM_GETROUTE, 0, sizeof(*route));
	route->rtm_family = AF_INET;
	result = irl_netlink_dump(NETLINK_ROUTE, &request, visit_elsewhere,
				  forget_nothing, &elsewhere);
	if (result < 0)
		return irl_error_errno(err, -result, "cannot list the routes");
	return result;
}

/* ---- all routes -----------------------------------------------------------
 */

struct each {
	unsigned ifindex;
	void (*visit)(void *context, const struct net_route *route);
	void (*forget)(void *context);
	void *context;
};

static int visit_each(void *context, const struct nlmsghdr *message)
{
	const struct each *each = context;
	const struct rtmsg *route = irl_netlink_fixed(message, sizeof(*route));
	struct answer this = {.wanted_ifindex = each->ifindex};
	struct net_route out;
	bool is4;

	if (message->nlmsg_type != RTM_NEWROUTE || !route ||
	    route->rtm_table != RT_TABLE_MAIN)
		return 0;
	is4 = route->rtm_family == AF_INET;
	read_route(message, route, &this);
	if (this.type != RTN_UNICAST)
		this.ifindex = 0; /* of IPv6 it is lo */
	out = (struct net_route){
	    .dest = is4 ? irl_ip4(addr4(&this.dest)) : this.dest,
	    .length = is4 ? 96 + this.length : this.length,
	    .ifindex = this.ifindex,
	    .gateway = this.gateway,
	    /* an IPv6 gateway of an IPv4 route is not known here */
	    .usable = this.type == RTN_UNICAST && !this.via_ipv6,
	};
	each->visit(each->context, &out);
	return 0;
}

static void forget_each(void *context)
{
	const struct each *each = context;

	each->forget(each->context);
}

int net_route_each(bool ipv6, unsigned ifindex,
		   void (*visit)(void *context, const struct net_route *route),
		   void (*forget)(void *context), void *context,
		   struct irl_error *err)
{
	struct each each = {ifindex, visit, forget, context};
	struct irl_netlink request;
	struct rtmsg *route;
	int result;

	route = irl_netlink_init(&request, RTM_GETROUTE, 0, sizeof(*route));
	route->rtm_family = ipv6 ? AF_INET6 : AF_INET;
	result = irl_netlink_dump(NETLINK_ROUTE, &request, visit_each,
				  forget_each, &each);
	if (result < 0)
		return irl_error_errno(err, -result, "cannot list the routes");
	return 0;
}
