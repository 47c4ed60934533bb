// SPDX-License-Identifier: BSD-2-Clause
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include "engine/device.h"
#include "base/netlink.h"

static int visit(void *context, const struct nlmsghdr *message)
{
	const struct nlattr *table[IFLA_STATS64 + 1];
	const struct nlattr *nested[IFLA_INFO_KIND + 1];
	struct rtnl_link_stats64 stats;
	struct irl_device *out = context;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	irl_netlink_attributes(message, sizeof(struct ifinfomsg), table,
			       IFLA_STATS64 + 1);
	out->queue_length = irl_netlink_u32(table[IFLA_TXQLEN]);
	if (table[IFLA_LINKINFO]) {
		irl_netlink_nested(table[IFLA_LINKINFO], nested,
				   IFLA_INFO_KIND + 1);
		irl_netlink_string(nested[IFLA_INFO_KIND], out->kind,
				   sizeof(out->kind));
	}
	/* Older kernels know a shorter struct; what we read comes first. */
	if (!table[IFLA_STATS64] ||
	    irl_netlink_size(table[IFLA_STATS64]) <
		offsetof(struct rtnl_link_stats64, multicast))
		return 0;
	memcpy(&stats, irl_netlink_data(table[IFLA_STATS64]),
	       offsetof(struct rtnl_link_stats64, multicast));
	out->tx_frames = stats.tx_packets;
	out->tx_dropped = stats.tx_dropped;
	out->rx_frames = stats.rx_packets;
	out->rx_dropped = stats.rx_dropped;
	return 1;
}

bool irl_device_read(unsigned ifindex, struct irl_device *out)
{
	struct irl_netlink request;
	struct ifinfomsg *link;

	memset(out, 0, sizeof(*out));
	link = irl_netlink_init(&request, RTM_GETLINK, 0, sizeof(*link));
	link->ifi_index = (int)ifindex;
	return irl_netlink_call(NETLINK_ROUTE, &request, visit, out) == 1;
}
