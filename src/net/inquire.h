/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IRL_NET_INQUIRE_H
#define IRL_NET_INQUIRE_H

#include <irl/net.h>
#include "net/neighbours.h"

/* A port for that: it needs no BPF and takes nothing from the host; where we
 * ask in the host's name, both see the @replies.  inquire_port_linux.c,
 * inquire_port_windows.c. */
int net_inquire_port(struct irl_port **out, const char *interface,
		     const struct irl_steer *replies, struct irl_error *err);
/* Must requests in the host's name go by it to be replied to there? */
bool net_inquire_by_port(const struct irl_port *port);

/* Whoever wants to know how it goes, @tick once a second and when a signal has
 * ended a wait: returns 0 to go on, or -IRL_E... to give up. */
struct net_inquire_watch {
	int (*tick)(void *context, const struct net_neighbours *table);
	void *context;
};

/**
 * Ask over @port for what @table wants, until all of it is settled: known, or
 * absent after three requests a second apart.  Uses queue 0 of a port of one
 * queue, which must be idle; what arrives for @own meanwhile (ARP, echo) is
 * answered, other frames are dropped.
 *
 * @own     own_count prefixes that only we own; none where the source is the
 *          host's address, whose stack answers for it
 * @watch   may be NULL: then a signal gives up
 * Returns  0, or -IRL_ELINK, -IRL_ENODEV, -IRL_EINTR (a signal), ...
 */
int net_inquire(struct irl_port *port, struct net_neighbours *table,
		const struct irl_prefix4 own[], unsigned own_count,
		const struct net_inquire_watch *watch, struct irl_error *err);

#endif
