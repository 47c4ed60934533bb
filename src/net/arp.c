// SPDX-License-Identifier: BSD-2-Clause
#include "net/arp.h"

void net_arp_frame(uint8_t frame[NET_FRAME_PADDED], const uint8_t to[6],
		   const struct irl_arp *arp)
{
	struct irl_eth eth = {.type = IRL_ETH_ARP};

	memcpy(eth.dest, to, 6);
	memcpy(eth.source, arp->sender_mac, 6);
	memset(frame, 0, NET_FRAME_PADDED);
	irl_eth_write(frame, &eth);
	irl_arp_write(frame + IRL_ETH_HEADER, arp);
}

bool net_arp_read(const uint8_t *frame, uint32_t length, struct irl_eth *eth,
		  struct irl_arp *arp)
{
	struct irl_bytes in = irl_bytes(frame, length);

	return irl_eth_parse(&in, eth) && eth->type == IRL_ETH_ARP &&
	       irl_arp_parse(&in, arp);
}
