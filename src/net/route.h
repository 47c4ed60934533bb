/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IRL_NET_ROUTE_H
#define IRL_NET_ROUTE_H

#include <irl/net.h>

/* Of the main table's routes through @interface the one with the shortest
 * prefix (the default route where there is one), or -IRL_ENOROUTE. */
int net_route_widest(const char *interface, struct irl_prefix4 *dest,
		     struct irl_route *out, struct irl_error *err);

#endif
