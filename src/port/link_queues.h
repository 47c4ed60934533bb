/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IRL_PORT_LINK_QUEUES_H
#define IRL_PORT_LINK_QUEUES_H

#include <irl/error.h>

/* Number of receive queues of an interface of this network namespace, by
 * rtnetlink (sysfs may show another namespace). */
int irl_link_rx_queues(unsigned ifindex, unsigned *count,
		       struct irl_error *err);

#endif
