/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbour solicitations for own IPv6 addresses are multicast, and a card
 * lets through only the groups that it is told.  A port of such addresses
 * joins their solicited-node groups (RFC 4291, 2.7.1), and that of all nodes:
 * at the card, and the former by MLD (RFC 2710) in the host's name, so that
 * switches that snoop pass them on, where the host speaks IPv6 on the
 * interface.  Where they are too many to name, the card passes every group. The
 * kernel forgets all with the sockets, however the process ends.
 */
#ifndef IRL_PORT_GROUPS_H
#define IRL_PORT_GROUPS_H

#include <irl/steer.h>

struct irl_groups {
	int card, host; /* sockets, -1: none */
};

#define IRL_GROUPS_MAX 64u /* named one by one */

/* @steer may be NULL.  Needs CAP_NET_RAW where there are own6 addresses. */
int irl_groups_join(struct irl_groups *out, const struct irl_steer *steer,
		    unsigned ifindex, struct irl_error *err);
/* Also of one that could not be joined, or {-1, -1}. */
void irl_groups_leave(struct irl_groups *groups);

#endif
