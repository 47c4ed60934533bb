/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few changes of interfaces that a world needs.  Each opens its own socket,
 * in the network namespace of the calling thread, and waits for the kernel's
 * acknowledgement.  Return 0 or a negative errno.  IPv4, host byte order.
 */
#ifndef IRL_WORLD_LINK_H
#define IRL_WORLD_LINK_H

#include <stddef.h>
#include <stdint.h>

struct world_link_end {
	const char *name;
	uint8_t mac[6];
	int space; /* descriptor of its namespace; -1: the caller's */
};

int world_link_veth(const struct world_link_end *near,
		    const struct world_link_end *far, uint32_t queues);
int world_link_delete(unsigned ifindex);
int world_link_up(unsigned ifindex);
/* 1: the host can send by it; 0: not yet. */
int world_link_runs(unsigned ifindex);
int world_link_set_alias(unsigned ifindex, const char *alias);
/* "" when it has none. */
int world_link_get_alias(unsigned ifindex, char *alias, size_t size);
int world_link_address(unsigned ifindex, uint32_t addr, uint8_t length);
/* The host's frames wait when the driver's ring is full; without this a veth
 * drops them.  XDP's pass it by. */
int world_link_queue(unsigned ifindex, uint32_t packets);
int world_link_default_route(unsigned ifindex, uint32_t gateway);

#endif
