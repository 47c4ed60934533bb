// SPDX-License-Identifier: BSD-2-Clause
/* On link is what the main table routes so. */
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include "base/netlink.h"
#include "net/on_link.h"

#define ADDRESSES 64

/* First the routes on link alone; then, in the kernel's order, since of equal
 * ones the first is taken, those and whatever lies inside of them. */
struct reading {
	unsigned ifindex;
	const struct net_on_link *inside; /* NULL: the first time */
	struct net_on_link *out;
	unsigned count; /* of out, at the beginning */
	bool full;
};

static void forget(void *context)
{
	struct reading *reading = context;

	reading->out->count = reading->count;
	reading->full = false;
}

static bool is_inside(const struct net_on_link *links, struct irl_prefix4 other)
{
	for (unsigned i = 0; i < links->count; i++)
		if (links->entry[i].prefix.length <= other.length &&
		    net_on_link_holds(&links->entry[i].prefix, other.addr))
			return true;
	return false;
}

static int visit(void *context, const struct nlmsghdr *message)
{
	struct reading *reading = context;
	const struct rtmsg *route = irl_netlink_fixed(message, sizeof(*route));
	const struct nlattr *table[RTA_VIA + 1];
	struct irl_prefix4 dest;
	bool link;

	if (message->nlmsg_type != RTM_NEWROUTE || !route ||
	    route->rtm_family != AF_INET || route->rtm_table != RT_TABLE_MAIN)
		return 0;
	irl_netlink_attributes(message, sizeof(*route), table, RTA_VIA + 1);
	dest.addr = ntohl(irl_netlink_u32(table[RTA_DST]));
	dest.length = route->rtm_dst_len;
	link = route->rtm_type == RTN_UNICAST && !table[RTA_GATEWAY] &&
	       !table[RTA_VIA] && !table[RTA_MULTIPATH] &&
	       irl_netlink_u32(table[RTA_OIF]) == reading->ifindex;
	if (!link && (!reading->inside || !is_inside(reading->inside, dest)))
		return 0;
	if (!net_on_link_add(reading->out, dest,
			     link ? NET_PLACE_ON_LINK : NET_PLACE_FAR))
		reading->full = true;
	return 0;
}

static int read_routes(struct reading *reading, struct irl_error *err)
{
	struct irl_netlink request;
	struct rtmsg *route;
	char name[IF_NAMESIZE] = "?";
	int rc;

	reading->count = reading->out->count;
	route = irl_netlink_init(&request, RTM_GETROUTE, 0, sizeof(*route));
	route->rtm_family = AF_INET;
	rc = irl_netlink_dump(NETLINK_ROUTE, &request, visit, forget, reading);
	if (rc < 0)
		return irl_error_errno(err, -rc, "cannot list the routes");
	if (!reading->full)
		return 0;
	if_indextoname(reading->ifindex, name);
	return irl_error_set(err, IRL_EINVAL,
			     "more than %u routes concern what is on the link "
			     "of %s; give the next hop by --gateway-mac",
			     NET_ON_LINK_MAX, name);
}

/* The host's own addresses: longer than any prefix, and asked before it. */
static int read_addresses(const struct net_on_link *links,
			  struct net_on_link *out, struct irl_error *err)
{
	struct irl_address list[ADDRESSES];
	int n = irl_address_list(0, list, ADDRESSES, err);

	for (int i = 0; i < n && i < ADDRESSES; i++) {
		const struct irl_prefix4 own = {list[i].addr, 32};

		if (is_inside(links, own) && out->count < NET_ON_LINK_MAX / 2)
			net_on_link_add(out, own, NET_PLACE_NOBODY);
	}
	return n < 0 ? n : 0;
}

int net_on_link_read(unsigned ifindex, struct net_on_link *out,
		     struct irl_error *err)
{
	struct net_on_link links = {0};
	struct reading first = {.ifindex = ifindex, .out = &links};
	struct reading second = {
	    .ifindex = ifindex, .out = out, .inside = &links};
	int rc = read_routes(&first, err);

	out->count = 0;
	if (!rc)
		rc = read_addresses(&links, out, err);
	if (!rc)
		rc = read_routes(&second, err);
	return rc;
}
