// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/netlink.h"
#include "port/link_queues.h"

static int visit(void *context, const struct nlmsghdr *message)
{
	const struct nlattr *table[IFLA_NUM_RX_QUEUES + 1];

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	irl_netlink_attributes(message, sizeof(struct ifinfomsg), table,
			       IFLA_NUM_RX_QUEUES + 1);
	*(unsigned *)context = irl_netlink_u32(table[IFLA_NUM_RX_QUEUES]);
	return 0;
}

int irl_link_rx_queues(unsigned ifindex, unsigned *count, struct irl_error *err)
{
	struct irl_netlink request;
	struct ifinfomsg *link;
	int result;

	*count = 0;
	link = irl_netlink_init(&request, RTM_GETLINK, 0, sizeof(*link));
	link->ifi_index = (int)ifindex;
	result = irl_netlink_call(NETLINK_ROUTE, &request, visit, count);
	if (!result && !*count)
		result = -ENODEV;
	return result < 0 ? irl_error_errno(err, -result,
					    "queues of interface %u", ifindex)
			  : 0;
}
