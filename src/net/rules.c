// SPDX-License-Identifier: BSD-2-Clause
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include "base/netlink.h"
#include "net/rules.h"

static int visit_rule(void *context, const struct nlmsghdr *message)
{
	const struct fib_rule_hdr *rule =
	    irl_netlink_fixed(message, sizeof(*rule));
	const struct nlattr *attribute[FRA_TABLE + 1];
	uint32_t table;
	int *count = context;

	if (message->nlmsg_type != RTM_NEWRULE || !rule)
		return 0;
	irl_netlink_attributes(message, sizeof(*rule), attribute,
			       FRA_TABLE + 1);
	table = attribute[FRA_TABLE] ? irl_netlink_u32(attribute[FRA_TABLE])
				     : rule->table;
	*count += table != RT_TABLE_LOCAL && table != RT_TABLE_MAIN &&
		  table != RT_TABLE_DEFAULT;
	return 0;
}

static void none_yet(void *context)
{
	*(int *)context = 0;
}

int net_rules_count(bool ipv6, struct irl_error *err)
{
	struct irl_netlink request;
	struct fib_rule_hdr *rule;
	int count = 0, result;

	rule = irl_netlink_init(&request, RTM_GETRULE, 0, sizeof(*rule));
	rule->family = ipv6 ? AF_INET6 : AF_INET;
	result = irl_netlink_dump(NETLINK_ROUTE, &request, visit_rule, none_yet,
				  &count);
	if (result < 0)
		return irl_error_errno(err, -result,
				       "cannot list the routing rules");
	return count;
}
