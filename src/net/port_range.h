/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which ports may be ours: the pure part, so that it can be tested.
 */
#ifndef IRL_NET_PORT_RANGE_H
#define IRL_NET_PORT_RANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/ip.h>

#define NET_PORT_WORDS (65536 / 64)

struct net_ports {
	uint64_t bits[NET_PORT_WORDS];
};

/* What the kernel hands out by itself, and what it has been told not to. */
struct net_port_policy {
	unsigned low, high;        /* ip_local_port_range */
	struct net_ports reserved; /* ip_local_reserved_ports */
	/* For messages: the setting's name, how to change it, and how to have
	 * the ports that follow left out of it. */
	const char *where, *narrow, *reserve;
};

/* port_policy_linux.c, port_policy_windows.c */
int net_port_policy_read(struct net_port_policy *policy, struct irl_error *err);
/* Ports on @addr that other processes of ours receive at. */
void net_ports_mark_claimed(const struct irl_ip *addr, struct net_ports *used);

void net_ports_set(struct net_ports *ports, unsigned first, unsigned last);

/* "8080,9148-9160\n" as the kernel prints it; -1 if it is not that. */
int net_ports_parse(struct net_ports *ports, const char *text);

/* The first of @want ports outside policy and @used, 0 if there are none;
 * *longest is then the longest run there is. */
unsigned net_ports_pick(const struct net_port_policy *policy,
			const struct net_ports *used, unsigned want,
			unsigned *longest);

/* irl_ip_port_range_choose, but none of @avoid. */
int net_ports_choose(const struct irl_ip addrs[], unsigned count, unsigned want,
		     const struct net_ports *avoid, uint16_t *first,
		     uint16_t *last, struct irl_error *err);

/* Does the kernel hand out ports of [*first, *last]?  Narrows them to that
 * part. */
bool net_ports_handed_out(const struct net_port_policy *policy, unsigned *first,
			  unsigned *last);

#endif
