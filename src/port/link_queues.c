// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/rtnetlink.h>

#include "port/link_queues.h"

struct request {
	struct nlmsghdr header;
	struct ifinfomsg link;
};

static int ask(int fd, unsigned ifindex, char *reply, size_t room)
{
	struct request request = {
	    .header = {.nlmsg_len = sizeof(request),
		       .nlmsg_type = RTM_GETLINK,
		       .nlmsg_flags = NLM_F_REQUEST},
	    .link = {.ifi_index = (int)ifindex},
	};
	ssize_t n;

	if (send(fd, &request, sizeof(request), 0) < 0)
		return -errno;
	n = recv(fd, reply, room, 0);
	return n < 0 ? -errno : (int)n;
}

static int find(struct nlmsghdr *header, int length, unsigned *count)
{
	struct ifinfomsg *link = NLMSG_DATA(header);
	const char *at = (const char *)IFLA_RTA(link), *end;

	if (!NLMSG_OK(header, (unsigned)length) ||
	    header->nlmsg_type != RTM_NEWLINK)
		return -ENODEV;
	end = (const char *)header + header->nlmsg_len;
	while (end - at >= (ptrdiff_t)sizeof(struct rtattr)) {
		const struct rtattr *attribute = (const void *)at;

		if (attribute->rta_len < sizeof(*attribute) ||
		    attribute->rta_len > end - at)
			break;
		if (attribute->rta_type == IFLA_NUM_RX_QUEUES) {
			memcpy(count, attribute + 1, sizeof(*count));
			return *count ? 0 : -ENODEV;
		}
		at += RTA_ALIGN(attribute->rta_len);
	}
	return -ENODEV;
}

int irl_link_rx_queues(unsigned ifindex, unsigned *count, struct irl_error *err)
{
	_Alignas(struct nlmsghdr) char reply[16384] = {0};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int n;

	if (fd < 0)
		return irl_error_errno(err, errno, "netlink socket");
	n = ask(fd, ifindex, reply, sizeof(reply));
	close(fd);
	if (n >= 0)
		n = find((struct nlmsghdr *)(void *)reply, n, count);
	return n < 0
		   ? irl_error_errno(err, -n, "queues of interface %u", ifindex)
		   : 0;
}
