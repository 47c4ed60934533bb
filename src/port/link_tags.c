// SPDX-License-Identifier: BSD-2-Clause
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include "base/ethtool.h"
#include "base/netlink.h"
#include "port/link_tags.h"

#define LINK_TABLE (IFLA_LINK_NETNSID + 1)
#define INFO_TABLE (IFLA_INFO_KIND + 1)

struct search {
	unsigned ifindex;
	const char *kind;
	struct irl_link_tags *out;
};

static int visit(void *context, const struct nlmsghdr *message)
{
	const struct search *search = context;
	const struct nlattr *link[LINK_TABLE], *info[INFO_TABLE];
	char kind[16] = "";

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	irl_netlink_attributes(message, sizeof(struct ifinfomsg), link,
			       LINK_TABLE);
	irl_netlink_nested(link[IFLA_LINKINFO], info, INFO_TABLE);
	if (info[IFLA_INFO_KIND])
		irl_netlink_string(info[IFLA_INFO_KIND], kind, sizeof(kind));
	/* with NETNSID the number is that of an interface elsewhere */
	if (strcmp(kind, search->kind) || link[IFLA_LINK_NETNSID] ||
	    irl_netlink_u32(link[IFLA_LINK]) != search->ifindex ||
	    !link[IFLA_IFNAME])
		return 0;
	irl_netlink_string(link[IFLA_IFNAME], search->out->device,
			   sizeof(search->out->device));
	return 0;
}

static void reset(void *context)
{
	const struct search *search = context;

	search->out->device[0] = '\0';
}

void irl_link_tags(const char *interface, unsigned ifindex, const char *kind,
		   struct irl_link_tags *out)
{
	struct search search = {ifindex, kind, out};
	struct irl_ethtool_offloads on = {0};
	struct irl_netlink request;

	*out = (struct irl_link_tags){0};
	out->unknown = irl_ethtool_offloads(interface, &on) < 0;
	out->stripped = on.vlan_strip;
	irl_netlink_init(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	if (irl_netlink_dump(NETLINK_ROUTE, &request, visit, reset, &search) <
	    0)
		out->unknown = true;
}
