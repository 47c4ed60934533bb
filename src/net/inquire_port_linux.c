// SPDX-License-Identifier: BSD-2-Clause
#include "net/inquire.h"
#include "port/port.h"

int net_inquire_port(struct irl_port **out, const char *interface,
		     const struct irl_steer *replies, struct irl_error *err)
{
	const struct irl_port_options options = {.ifname = interface,
						 .kind = "packet",
						 .steer = replies,
						 .rx_ring_bytes =
						     IRL_PORT_RING_ASKING};

	return irl_port_open(out, &options, err);
}

/* The host's frames are copied: whoever asks, the replies are seen. */
bool net_inquire_by_port(const struct irl_port *port)
{
	(void)port;
	return false;
}
