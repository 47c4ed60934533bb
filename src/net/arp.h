/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole ARP frames (RFC 826), as we ask and answer with.
 */
#ifndef IRL_NET_ARP_H
#define IRL_NET_ARP_H

#include "wire/arp.h"
#include "wire/eth.h"

#define NET_FRAME_PADDED 60u /* the shortest Ethernet frame, without FCS */

/* An address that one station can have: not a group's, not zero. */
static inline bool net_mac_is_station(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return !(mac[0] & 1) && memcmp(mac, none, 6) != 0;
}

/* From arp->sender_mac to @to; NET_FRAME_PADDED bytes. */
void net_arp_frame(uint8_t frame[NET_FRAME_PADDED], const uint8_t to[6],
		   const struct irl_arp *arp);

/* The ARP packet of a frame of @length bytes; false if it is something else. */
bool net_arp_read(const uint8_t *frame, uint32_t length, struct irl_eth *eth,
		  struct irl_arp *arp);

#endif
