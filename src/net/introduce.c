// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include <irl/net.h>
#include "net/arp.h"
#include "net/introduce.h"
#include "net/resolve.h"

#define BATCH 64u

/* Requests are handled in order: the answer to the last says that all were. */
static void ask(struct irl_port *port, uint32_t first, uint32_t count,
		uint32_t neighbour)
{
	static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
	uint8_t bytes[BATCH][NET_FRAME_PADDED];
	struct irl_frame frames[BATCH];
	enum irl_tx_status status[BATCH];
	struct irl_arp arp = {.operation = IRL_ARP_REQUEST,
			      .target = neighbour};

	memcpy(arp.sender_mac, irl_port_info(port)->mac, 6);
	for (uint32_t i = 0; i < count; i++) {
		arp.sender = first + i;
		net_arp_frame(bytes[i], everybody, &arp);
		frames[i] = (struct irl_frame){.data = bytes[i],
					       .length = NET_FRAME_PADDED};
	}
	irl_port_send(port, 0, frames, count, status);
}

uint64_t net_introduce(struct irl_port *port, uint32_t first, uint32_t count,
		       uint32_t neighbour)
{
	uint32_t last =
	    (count < NET_INTRODUCE_MAX ? count : NET_INTRODUCE_MAX) - 1;
	const struct irl_ip from = irl_ip4(first + last),
			    to = irl_ip4(neighbour);
	uint64_t taken = 0;
	uint8_t mac[6];

	for (uint32_t i = 0; i < last; i += BATCH)
		ask(port, first + i, last - i < BATCH ? last - i : BATCH,
		    neighbour);
	net_resolve(port, &from, irl_port_info(port)->mac, &to, mac, &taken,
		    NULL);
	return taken;
}
