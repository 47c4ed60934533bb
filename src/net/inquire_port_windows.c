// SPDX-License-Identifier: BSD-2-Clause
#include "net/host_port_windows.h"
#include "net/inquire.h"

/* 1: some of it is the host's; 0, or an error. */
static int is_hosts(const struct irl_steer *replies, struct irl_error *err)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < replies->own_count; i++)
		rc = irl_address_is_host(replies->own[i].addr, err);
	for (unsigned i = 0; rc == 0 && i < replies->own6_count; i++)
		rc = irl_ip_is_host(&replies->own6[i].addr, err);
	return rc;
}

/* A port takes what it is steered away from the host, so that it may have
 * only what is ours. */
int net_inquire_port(struct irl_port **out, const char *interface,
		     const struct irl_steer *replies, struct irl_error *err)
{
	const struct irl_port_options options = {.ifname = interface,
						 .steer = replies,
						 .rx_ring_bytes =
						     IRL_PORT_RING_ASKING};
	struct irl_port_info info = {0};
	int rc = is_hosts(replies, err);

	*out = NULL;
	if (rc == 0)
		return irl_port_open(out, &options, err);
	if (rc > 0)
		rc = irl_port_describe(&info, interface, err);
	return rc ? rc
		  : net_host_port(out, &info, irl_ip_neighbour_resolve, err);
}

bool net_inquire_by_port(const struct irl_port *port)
{
	return net_is_host_port(port);
}
