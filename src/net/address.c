// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <net/if_arp.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <irl/net.h>
#include "base/netlink.h"
#include "net/route.h"

/* ---- interfaces -------------------------------------------------------- */

struct interfaces {
	struct irl_interface *list;
	unsigned max, count;
};

static void forget_interfaces(void *context)
{
	((struct interfaces *)context)->count = 0;
}

static int visit_interface(void *context, const struct nlmsghdr *message)
{
	struct interfaces *found = context;
	const struct ifinfomsg *link =
	    irl_netlink_fixed(message, sizeof(*link));
	const struct nlattr *table[IFLA_MTU + 1];
	struct irl_interface *out;

	if (message->nlmsg_type != RTM_NEWLINK || !link)
		return 0;
	if (found->count++ >= found->max)
		return 0;
	out = &found->list[found->count - 1];
	memset(out, 0, sizeof(*out));
	irl_netlink_attributes(message, sizeof(*link), table, IFLA_MTU + 1);
	irl_netlink_string(table[IFLA_IFNAME], out->name, sizeof(out->name));
	out->ifindex = (unsigned)link->ifi_index;
	out->mtu = irl_netlink_u32(table[IFLA_MTU]);
	out->loopback = link->ifi_type == ARPHRD_LOOPBACK;
	out->ethernet = link->ifi_type == ARPHRD_ETHER;
	out->up = link->ifi_flags & IFF_UP;
	out->carrier = out->up && (link->ifi_flags & IFF_RUNNING);
	if (out->ethernet && table[IFLA_ADDRESS] &&
	    irl_netlink_size(table[IFLA_ADDRESS]) == sizeof(out->mac))
		memcpy(out->mac, irl_netlink_data(table[IFLA_ADDRESS]),
		       sizeof(out->mac));
	return 0;
}

int irl_interface_list(struct irl_interface list[], unsigned max,
		       struct irl_error *err)
{
	struct interfaces found = {.list = list, .max = max};
	struct irl_netlink request;
	struct ifinfomsg *link;
	int result;

	link = irl_netlink_init(&request, RTM_GETLINK, 0, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	result = irl_netlink_dump(NETLINK_ROUTE, &request, visit_interface,
				  forget_interfaces, &found);
	if (result < 0)
		return irl_error_errno(err, -result,
				       "cannot list the interfaces");
	return (int)found.count;
}

static int no_such_interface(const char *name, struct irl_error *err)
{
	struct irl_interface list[32];
	char names[sizeof(err->text) / 2] = "";
	int n = irl_interface_list(list, 32, NULL);
	size_t at = 0;

	for (int i = 0; i < n && i < 32 && at < sizeof(names) - 20; i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
				       at ? ", " : "", list[i].name);
	return irl_error_set(err, IRL_ENODEV,
			     "no interface named %.32s; there are: %s", name,
			     at ? names : "none");
}

int irl_interface_get(const char *name, struct irl_interface *out,
		      struct irl_error *err)
{
	struct interfaces found = {.list = out, .max = 1};
	struct irl_netlink request;
	struct ifinfomsg *link;
	int result;

	memset(out, 0, sizeof(*out));
	if (strlen(name) == 0 || strlen(name) >= IFNAMSIZ)
		return no_such_interface(name, err);
	link = irl_netlink_init(&request, RTM_GETLINK, 0, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	irl_netlink_put(&request, IFLA_IFNAME, name, strlen(name) + 1);
	result =
	    irl_netlink_call(NETLINK_ROUTE, &request, visit_interface, &found);
	if (result == -ENODEV)
		return no_such_interface(name, err);
	if (result < 0 || found.count != 1)
		return irl_error_errno(err, result < 0 ? -result : EPROTO,
				       "cannot read interface %s", name);
	return 0;
}

/* ---- addresses --------------------------------------------------------- */

struct addresses {
	struct irl_address *list;
	unsigned ifindex, max, count;
};

static void forget_addresses(void *context)
{
	((struct addresses *)context)->count = 0;
}

static int visit_address(void *context, const struct nlmsghdr *message)
{
	struct addresses *found = context;
	const struct ifaddrmsg *address =
	    irl_netlink_fixed(message, sizeof(*address));
	const struct nlattr *table[IFA_LOCAL + 1];
	const struct nlattr *local;
	struct irl_address *out;

	if (message->nlmsg_type != RTM_NEWADDR || !address ||
	    address->ifa_family != AF_INET)
		return 0;
	if (found->ifindex && address->ifa_index != found->ifindex)
		return 0;
	irl_netlink_attributes(message, sizeof(*address), table, IFA_LOCAL + 1);
	/* on a point-to-point link IFA_ADDRESS is the other end */
	local = table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS];
	if (!local || found->count++ >= found->max)
		return 0;
	out = &found->list[found->count - 1];
	out->addr = ntohl(irl_netlink_u32(local));
	out->length = address->ifa_prefixlen;
	out->ifindex = address->ifa_index;
	return 0;
}

int irl_address_list(unsigned ifindex, struct irl_address list[], unsigned max,
		     struct irl_error *err)
{
	struct addresses found = {.list = list, .ifindex = ifindex, .max = max};
	struct irl_netlink request;
	struct ifaddrmsg *address;
	int result;

	address = irl_netlink_init(&request, RTM_GETADDR, 0, sizeof(*address));
	address->ifa_family = AF_INET;
	address->ifa_index = ifindex;
	result = irl_netlink_dump(NETLINK_ROUTE, &request, visit_address,
				  forget_addresses, &found);
	if (result < 0)
		return irl_error_errno(err, -result,
				       "cannot list the IPv4 addresses");
	return (int)found.count;
}

int irl_ip_is_host(const struct irl_ip *addr, struct irl_error *err)
{
	struct irl_ip_route route;
	struct irl_error reason = {0};
	int result = irl_ip_route_get(addr, NULL, &route, &reason);

	if (result == 0)
		return route.local;
	if (result == -IRL_ENOROUTE || result == -IRL_ENOTSUP)
		return 0;
	if (err)
		*err = reason;
	return result;
}

const char *net_interface_name(unsigned ifindex, char name[16])
{
	if (!if_indextoname(ifindex, name))
		strcpy(name, "?");
	return name;
}
