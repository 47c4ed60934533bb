/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port that asks for neighbours in the host's name.  No port of ours sees
 * what the host is told, unless it takes all of the host's frames; but Windows
 * asks when it is told to, and says what it has heard.
 *
 *   send: a request --> a thread: Windows resolves --> recv: a reply
 *
 * One thread uses it, queue 0.  Requests for what is being asked for already
 * change nothing; other frames are refused.
 */
#ifndef IRL_NET_HOST_PORT_WINDOWS_H
#define IRL_NET_HOST_PORT_WINDOWS_H

#include <irl/net.h>
#include "port/port.h"

/* As irl_ip_neighbour_resolve; by any thread. */
typedef int net_host_resolve(unsigned ifindex, const struct irl_ip *addr,
			     unsigned timeout_ms, uint8_t mac[6],
			     struct irl_error *err);

/* @info: of the interface, as irl_port_describe tells it. */
int net_host_port(struct irl_port **out, const struct irl_port_info *info,
		  net_host_resolve *resolve, struct irl_error *err);
bool net_is_host_port(const struct irl_port *port);

#endif
