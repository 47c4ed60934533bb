/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few rtnetlink requests that a world needs.  Each opens its own socket, in
 * the network namespace of the calling thread, and waits for the kernel's
 * acknowledgement.  Return 0 or a negative errno.  IPv4, host byte order.
 */
#ifndef IRL_WORLD_NETLINK_H
#define IRL_WORLD_NETLINK_H

#include <stddef.h>
#include <stdint.h>

struct irl_veth_end {
	const char *name;
	uint8_t mac[6];
	int space; /* descriptor of its namespace; -1: the caller's */
};

int irl_netlink_veth(const struct irl_veth_end *near,
		     const struct irl_veth_end *far, uint32_t queues);
int irl_netlink_delete(unsigned ifindex);
int irl_netlink_link_up(unsigned ifindex);
int irl_netlink_set_alias(unsigned ifindex, const char *alias);
/* "" when it has none. */
int irl_netlink_get_alias(unsigned ifindex, char *alias, size_t size);
int irl_netlink_address(unsigned ifindex, uint32_t addr, uint8_t length);
int irl_netlink_default_route(unsigned ifindex, uint32_t gateway);

#endif
