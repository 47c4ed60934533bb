/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IRL_NET_INQUIRE_H
#define IRL_NET_INQUIRE_H

#include <irl/net.h>
#include "net/neighbours.h"

/**
 * Ask over @port for what @table wants, until all of it is settled: known, or
 * absent after three requests a second apart.  Uses queue 0 of a port of one
 * queue, which must be idle; what arrives for @own meanwhile (ARP, echo) is
 * answered, other frames are dropped.
 *
 * @own     own_count prefixes that only we own; none where the source is the
 *          host's address, whose stack answers for it
 * Returns  0, or -IRL_ELINK, -IRL_ENODEV, -IRL_EINTR (a signal), ...
 */
int net_inquire(struct irl_port *port, struct net_neighbours *table,
		const struct irl_prefix4 own[], unsigned own_count,
		struct irl_error *err);

#endif
