// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/genetlink.h>
#include "base/netlink.h"
#include "base/xdp_features.h"

/* The family "netdev", Documentation/netlink/specs/netdev.yaml; Debian 12's
 * headers are older than it. */
enum {
	NETDEV_DEV_GET = 1,
	NETDEV_IFINDEX = 1,
	NETDEV_XDP_FEATURES = 3,
};

static int visit_family(void *context, const struct nlmsghdr *message)
{
	const struct nlattr *table[CTRL_ATTR_FAMILY_ID + 1];

	irl_netlink_attributes(message, sizeof(struct genlmsghdr), table,
			       CTRL_ATTR_FAMILY_ID + 1);
	*(uint16_t *)context = irl_netlink_u16(table[CTRL_ATTR_FAMILY_ID]);
	return 0;
}

static int visit_features(void *context, const struct nlmsghdr *message)
{
	const struct nlattr *table[NETDEV_XDP_FEATURES + 1];

	irl_netlink_attributes(message, sizeof(struct genlmsghdr), table,
			       NETDEV_XDP_FEATURES + 1);
	*(uint64_t *)context = irl_netlink_u64(table[NETDEV_XDP_FEATURES]);
	return 0;
}

int irl_xdp_features(unsigned ifindex, uint64_t *features)
{
	struct irl_netlink request;
	struct genlmsghdr *head;
	uint16_t family = 0;
	int result;

	*features = 0;
	head = irl_netlink_init(&request, GENL_ID_CTRL, 0, sizeof(*head));
	head->cmd = CTRL_CMD_GETFAMILY;
	head->version = 1;
	irl_netlink_put(&request, CTRL_ATTR_FAMILY_NAME, "netdev", 7);
	result =
	    irl_netlink_call(NETLINK_GENERIC, &request, visit_family, &family);
	if (result < 0)
		return result == -ENOENT ? -EOPNOTSUPP : result;
	head = irl_netlink_init(&request, family, 0, sizeof(*head));
	head->cmd = NETDEV_DEV_GET;
	head->version = 1;
	irl_netlink_put(&request, NETDEV_IFINDEX, &ifindex, sizeof(ifindex));
	return irl_netlink_call(NETLINK_GENERIC, &request, visit_features,
				features);
}
