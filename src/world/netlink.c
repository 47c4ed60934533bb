// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "world/netlink.h"

/* A request under construction: a message of at most 1 KiB. */
struct request {
	union {
		struct nlmsghdr head;
		char bytes[1024];
	};
};

static void begin(struct request *r, uint16_t type, uint16_t flags)
{
	memset(r, 0, sizeof(*r));
	r->head.nlmsg_len = NLMSG_HDRLEN;
	r->head.nlmsg_type = type;
	r->head.nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST | NLM_F_ACK);
}

/* All requests here fit by far; sizes are bounded by their constants. */
static void *append(struct request *r, size_t size)
{
	void *at = r->bytes + NLMSG_ALIGN(r->head.nlmsg_len);

	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + (uint32_t)size;
	return at;
}

static struct rtattr *put(struct request *r, uint16_t type, const void *data,
			  size_t size)
{
	struct rtattr *a = append(r, RTA_LENGTH(size));

	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(a), data, size);
	return a;
}

static void put_u32(struct request *r, uint16_t type, uint32_t value)
{
	put(r, type, &value, sizeof(value));
}

static struct rtattr *nest(struct request *r, uint16_t type)
{
	return put(r, type, NULL, 0);
}

static void unnest(struct request *r, struct rtattr *a)
{
	a->rta_len =
	    (uint16_t)(r->bytes + NLMSG_ALIGN(r->head.nlmsg_len) - (char *)a);
}

/* Send, and receive one datagram into @reply (at least 4 KiB). */
static ssize_t talk(const struct request *r, void *reply, size_t size)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t n = -1;

	if (fd < 0)
		return -errno;
	if (sendto(fd, r, r->head.nlmsg_len, 0, (struct sockaddr *)&kernel,
		   sizeof(kernel)) >= 0)
		n = recv(fd, reply, size, 0);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

static int transact(const struct request *r)
{
	_Alignas(struct nlmsghdr) char reply[8192];
	ssize_t n = talk(r, reply, sizeof(reply));
	struct nlmsghdr *head = (struct nlmsghdr *)reply;
	const struct nlmsgerr *e = NLMSG_DATA(head);

	if (n < 0)
		return (int)n;
	if (!NLMSG_OK(head, (size_t)n) || head->nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return e->error;
}

static void put_end(struct request *r, const struct irl_veth_end *end,
		    uint32_t queues)
{
	put(r, IFLA_IFNAME, end->name, strlen(end->name) + 1);
	put(r, IFLA_ADDRESS, end->mac, sizeof(end->mac));
	put_u32(r, IFLA_NUM_TX_QUEUES, queues);
	put_u32(r, IFLA_NUM_RX_QUEUES, queues);
	if (end->space >= 0)
		put(r, IFLA_NET_NS_FD, &end->space, sizeof(end->space));
}

int irl_netlink_veth(const struct irl_veth_end *near,
		     const struct irl_veth_end *far, uint32_t queues)
{
	struct rtattr *info, *data, *peer;
	struct request r;

	begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	memset(append(&r, sizeof(struct ifinfomsg)), 0,
	       sizeof(struct ifinfomsg));
	put_end(&r, near, queues);
	info = nest(&r, IFLA_LINKINFO);
	put(&r, IFLA_INFO_KIND, "veth", 4);
	data = nest(&r, IFLA_INFO_DATA);
	peer = nest(&r, VETH_INFO_PEER);
	memset(append(&r, sizeof(struct ifinfomsg)), 0,
	       sizeof(struct ifinfomsg));
	put_end(&r, far, queues);
	unnest(&r, peer);
	unnest(&r, data);
	unnest(&r, info);
	return transact(&r);
}

static struct ifinfomsg *begin_link(struct request *r, uint16_t type,
				    unsigned ifindex)
{
	struct ifinfomsg *link;

	begin(r, type, 0);
	link = append(r, sizeof(*link));
	link->ifi_index = (int)ifindex;
	return link;
}

int irl_netlink_delete(unsigned ifindex)
{
	struct request r;

	begin_link(&r, RTM_DELLINK, ifindex);
	return transact(&r);
}

int irl_netlink_link_up(unsigned ifindex)
{
	struct request r;
	struct ifinfomsg *link = begin_link(&r, RTM_NEWLINK, ifindex);

	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	return transact(&r);
}

int irl_netlink_set_alias(unsigned ifindex, const char *alias)
{
	struct request r;

	begin_link(&r, RTM_NEWLINK, ifindex);
	put(&r, IFLA_IFALIAS, alias, strlen(alias));
	return transact(&r);
}

int irl_netlink_get_alias(unsigned ifindex, char *alias, size_t size)
{
	_Alignas(struct nlmsghdr) char reply[16384];
	struct nlmsghdr *head = (struct nlmsghdr *)reply;
	struct request r;
	struct rtattr *a;
	ssize_t n;
	unsigned left;

	alias[0] = '\0';
	begin_link(&r, RTM_GETLINK, ifindex);
	r.head.nlmsg_flags = NLM_F_REQUEST;
	n = talk(&r, reply, sizeof(reply));
	if (n < 0)
		return (int)n;
	if (!NLMSG_OK(head, (size_t)n) || head->nlmsg_type != RTM_NEWLINK)
		return -EPROTO;
	left = (unsigned)IFLA_PAYLOAD(head);
	a = IFLA_RTA((struct ifinfomsg *)NLMSG_DATA(head));
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		size_t length = RTA_PAYLOAD(a);

		if (a->rta_type != IFLA_IFALIAS || length >= size)
			continue;
		memcpy(alias, RTA_DATA(a), length);
		alias[length] = '\0';
	}
	return 0;
}

int irl_netlink_address(unsigned ifindex, uint32_t addr, uint8_t length)
{
	struct ifaddrmsg *address;
	struct request r;

	begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	address = append(&r, sizeof(*address));
	address->ifa_family = AF_INET;
	address->ifa_prefixlen = length;
	address->ifa_index = ifindex;
	put_u32(&r, IFA_LOCAL, htonl(addr));
	put_u32(&r, IFA_ADDRESS, htonl(addr));
	return transact(&r);
}

int irl_netlink_default_route(unsigned ifindex, uint32_t gateway)
{
	struct request r;
	struct rtmsg *route;

	begin(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	route = append(&r, sizeof(*route));
	route->rtm_family = AF_INET;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_BOOT;
	route->rtm_scope = RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	put_u32(&r, RTA_GATEWAY, htonl(gateway));
	put_u32(&r, RTA_OIF, ifindex);
	return transact(&r);
}
