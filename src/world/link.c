// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include "base/netlink.h"
#include "world/link.h"

static int ask(struct irl_netlink *r)
{
	r->head.nlmsg_flags |= NLM_F_ACK;
	return irl_netlink_call(NETLINK_ROUTE, r, NULL, NULL);
}

static void put_u32(struct irl_netlink *r, uint16_t type, uint32_t value)
{
	irl_netlink_put(r, type, &value, sizeof(value));
}

/* An attribute that holds others: open with its own fixed part, put what is
 * inside, close with what open returned. */
static uint32_t nest(struct irl_netlink *r, uint16_t type, const void *fixed,
		     size_t size)
{
	uint32_t at = (uint32_t)irl_netlink_align(r->head.nlmsg_len);

	irl_netlink_put(r, type, fixed, size);
	return at;
}

static void unnest(struct irl_netlink *r, uint32_t at)
{
	uint16_t length = (uint16_t)(r->head.nlmsg_len - at);

	memcpy((uint8_t *)r + at + offsetof(struct nlattr, nla_len), &length,
	       sizeof(length));
}

static void put_end(struct irl_netlink *r, const struct world_link_end *end,
		    uint32_t queues)
{
	irl_netlink_put(r, IFLA_IFNAME, end->name, strlen(end->name) + 1);
	irl_netlink_put(r, IFLA_ADDRESS, end->mac, sizeof(end->mac));
	put_u32(r, IFLA_NUM_TX_QUEUES, queues);
	put_u32(r, IFLA_NUM_RX_QUEUES, queues);
	if (end->space >= 0)
		put_u32(r, IFLA_NET_NS_FD, (uint32_t)end->space);
}

int world_link_veth(const struct world_link_end *near,
		    const struct world_link_end *far, uint32_t queues)
{
	const struct ifinfomsg other = {0};
	struct irl_netlink r;
	uint32_t info, data, peer;

	irl_netlink_init(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
			 sizeof(struct ifinfomsg));
	put_end(&r, near, queues);
	info = nest(&r, IFLA_LINKINFO, NULL, 0);
	irl_netlink_put(&r, IFLA_INFO_KIND, "veth", 4);
	data = nest(&r, IFLA_INFO_DATA, NULL, 0);
	peer = nest(&r, VETH_INFO_PEER, &other, sizeof(other));
	put_end(&r, far, queues);
	unnest(&r, peer);
	unnest(&r, data);
	unnest(&r, info);
	return ask(&r);
}

static struct ifinfomsg *link_init(struct irl_netlink *r, uint16_t type,
				   unsigned ifindex)
{
	struct ifinfomsg *link = irl_netlink_init(r, type, 0, sizeof(*link));

	link->ifi_index = (int)ifindex;
	return link;
}

int world_link_delete(unsigned ifindex)
{
	struct irl_netlink r;

	link_init(&r, RTM_DELLINK, ifindex);
	return ask(&r);
}

int world_link_up(unsigned ifindex)
{
	struct irl_netlink r;
	struct ifinfomsg *link = link_init(&r, RTM_NEWLINK, ifindex);

	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	return ask(&r);
}

static int read_running(void *context, const struct nlmsghdr *message)
{
	const struct ifinfomsg *link =
	    irl_netlink_fixed(message, sizeof(*link));

	if (link)
		*(bool *)context = link->ifi_flags & IFF_RUNNING;
	return 1;
}

int world_link_runs(unsigned ifindex)
{
	struct irl_netlink r;
	bool running = false;
	int result;

	link_init(&r, RTM_GETLINK, ifindex);
	result = irl_netlink_call(NETLINK_ROUTE, &r, read_running, &running);
	return result < 0 ? result : running;
}

int world_link_set_alias(unsigned ifindex, const char *alias)
{
	struct irl_netlink r;

	link_init(&r, RTM_NEWLINK, ifindex);
	irl_netlink_put(&r, IFLA_IFALIAS, alias, strlen(alias));
	return ask(&r);
}

struct alias {
	char *text;
	size_t size;
};

static int read_alias(void *context, const struct nlmsghdr *message)
{
	const struct nlattr *table[IFLA_IFALIAS + 1] = {0};
	struct alias *alias = context;

	irl_netlink_attributes(message, sizeof(struct ifinfomsg), table,
			       IFLA_IFALIAS + 1);
	if (table[IFLA_IFALIAS])
		irl_netlink_string(table[IFLA_IFALIAS], alias->text,
				   alias->size);
	return 1;
}

int world_link_get_alias(unsigned ifindex, char *text, size_t size)
{
	struct alias alias = {text, size};
	struct irl_netlink r;
	int result;

	text[0] = '\0';
	link_init(&r, RTM_GETLINK, ifindex);
	result = irl_netlink_call(NETLINK_ROUTE, &r, read_alias, &alias);
	return result < 0 ? result : 0;
}

int world_link_address(unsigned ifindex, uint32_t addr, uint8_t length)
{
	struct ifaddrmsg *address;
	struct irl_netlink r;

	address = irl_netlink_init(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
				   sizeof(*address));
	address->ifa_family = AF_INET;
	address->ifa_prefixlen = length;
	address->ifa_index = ifindex;
	put_u32(&r, IFA_LOCAL, htonl(addr));
	put_u32(&r, IFA_ADDRESS, htonl(addr));
	return ask(&r);
}

int world_link_default_route(unsigned ifindex, uint32_t gateway)
{
	struct irl_netlink r;
	struct rtmsg *route;

	route = irl_netlink_init(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
				 sizeof(*route));
	route->rtm_family = AF_INET;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_BOOT;
	route->rtm_scope = RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	put_u32(&r, RTA_GATEWAY, htonl(gateway));
	put_u32(&r, RTA_OIF, ifindex);
	return ask(&r);
}

int world_link_queue(unsigned ifindex, uint32_t packets)
{
	const struct tc_fifo_qopt options = {.limit = packets};
	struct irl_netlink r;
	struct tcmsg *queue;

	queue = irl_netlink_init(&r, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE,
				 sizeof(*queue));
	queue->tcm_ifindex = (int)ifindex;
	queue->tcm_parent = TC_H_ROOT;
	irl_netlink_put(&r, TCA_KIND, "pfifo", sizeof("pfifo"));
	irl_netlink_put(&r, TCA_OPTIONS, &options, sizeof(options));
	return ask(&r);
}
