/* SPDX-License-Identifier: BSD-2-Clause */
/* ARP for IPv4 over Ethernet (RFC 826); other hardware is not parsed. */
#ifndef IRL_WIRE_ARP_H
#define IRL_WIRE_ARP_H

#include "wire/bytes.h"

#define IRL_ARP_HEADER 28u
#define IRL_ARP_REQUEST 1
#define IRL_ARP_REPLY 2

struct irl_arp {
	uint16_t operation;
	uint8_t sender_mac[6], target_mac[6];
	uint32_t sender, target; /* host order */
};

bool irl_arp_parse(struct irl_bytes *in, struct irl_arp *out);
void irl_arp_write(uint8_t to[IRL_ARP_HEADER], const struct irl_arp *arp);

#endif
