/* SPDX-License-Identifier: BSD-2-Clause */
/* How the packet port's receive sockets part frames among them. */
#ifndef IRL_PORT_PACKET_PARTS_H
#define IRL_PORT_PACKET_PARTS_H

#include <irl/steer.h>

/* Give the fanout group of @fd the rule of irl_steer_queue(), in the socket
 * filters' language, for frames that are ours; others do not matter.  Returns
 * what setsockopt does. */
int irl_packet_parts(int fd, const struct irl_steer *steer, unsigned queues);

#endif
