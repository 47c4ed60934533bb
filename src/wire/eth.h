/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet II. */
#ifndef IRL_WIRE_ETH_H
#define IRL_WIRE_ETH_H

#include "wire/bytes.h"

#define IRL_ETH_HEADER 14u
#define IRL_ETH_IPV4 0x0800
#define IRL_ETH_ARP 0x0806
#define IRL_ETH_VLAN 0x8100
#define IRL_ETH_IPV6 0x86dd

struct irl_eth {
	uint8_t dest[6], source[6];
	uint16_t type; /* host order; below 1,536 it is a length (802.3) */
};

bool irl_eth_parse(struct irl_bytes *in, struct irl_eth *out);
void irl_eth_write(uint8_t to[IRL_ETH_HEADER], const struct irl_eth *eth);

#endif
