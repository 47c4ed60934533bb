// SPDX-License-Identifier: BSD-2-Clause
#include "net/port_range.h"

/* The dynamic ports of every Windows since Vista (RFC 6335, 6).  No documented
 * call tells other settings, but nobody loses by it: sockets are asked for. */
#define DYNAMIC_FIRST 49152u

int net_port_policy_read(struct net_port_policy *policy, struct irl_error *err)
{
	(void)err;
	*policy = (struct net_port_policy){
	    .low = DYNAMIC_FIRST,
	    .high = 65535,
	    .where = "its dynamic ports",
	    .narrow = "its dynamic ports (netsh int ipv4 set dynamicport)",
	    .reserve = "netsh int ipv4 add excludedportrange for ",
	};
	return 0;
}

/* The driver knows who has claimed what, and refuses a second claim: then
 * others are chosen. */
void net_ports_mark_claimed(const struct irl_ip *addr, struct net_ports *used)
{
	(void)addr;
	(void)used;
}
