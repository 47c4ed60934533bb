/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IRL_NET_INTRODUCE_H
#define IRL_NET_INTRODUCE_H

#include <irl/port.h>

#define NET_INTRODUCE_MAX 1024u /* addresses; more would fill its table */

/**
 * Make addresses that only we own known to a neighbour before it has frames
 * for them: who is asked by ARP learns the asker (RFC 826, "Packet
 * Reception").  Else it asks when the first answer comes, and keeps few
 * frames meanwhile.  A neighbour that does not answer, because it has a route
 * to these addresses, say, is no error; that takes three seconds.
 *
 * @port    idle, and steers the addresses to us
 * Returns  the frames that it took from the port
 */
uint64_t net_introduce(struct irl_port *port, uint32_t first, uint32_t count,
		       uint32_t neighbour);

#endif
