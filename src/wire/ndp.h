/* SPDX-License-Identifier: BSD-2-Clause */
/* Neighbour discovery (RFC 4861): solicitations and advertisements. */
#ifndef IRL_WIRE_NDP_H
#define IRL_WIRE_NDP_H

#include "wire/icmp6.h"

#define IRL_NDP_MAX 32u /* bytes that irl_ndp_write writes, at most */
#define IRL_NDP_HOPS 255

/* Flags of an advertisement: RFC 4861, 4.4. */
#define IRL_NDP_ROUTER 0x80
#define IRL_NDP_SOLICITED 0x40
#define IRL_NDP_OVERRIDE 0x20

struct irl_ndp {
	uint8_t type;  /* IRL_ICMP6_SOLICIT or IRL_ICMP6_ADVERT */
	uint8_t flags; /* IRL_NDP_..., of an advertisement */
	bool has_mac;  /* there is the option that tells it */
	uint8_t target[16];
	uint8_t mac[6]; /* the sender's, or the advertised target's */
};

/*
 * A whole message.  Refused is what RFC 4861, 7.1.1 and 7.1.2, tells to drop:
 * a code, a multicast target, an option of length 0 or cut; and of what the IP
 * header says: hop limits, a wrong checksum, a solicitation from nobody that
 * names its sender or goes elsewhere than to a solicited-node group, an
 * advertisement to a group that claims to be solicited.
 */
bool irl_ndp_parse(const struct irl_ipv6 *ip, struct irl_bytes *in,
		   struct irl_ndp *out);

/* 24 bytes, and 8 with a MAC; returns how many. */
size_t irl_ndp_write(uint8_t to[IRL_NDP_MAX], const struct irl_ndp *ndp,
		     const uint8_t source[16], const uint8_t dest[16]);

/* The solicited-node group of an address: RFC 4291, 2.7.1. */
void irl_ndp_group(const uint8_t addr[16], uint8_t group[16]);
bool irl_ndp_is_group(const uint8_t addr[16]);
/* All zero: who asks for an address that is not its own yet. */
bool irl_ndp_is_unspecified(const uint8_t addr[16]);
/* Where Ethernet sends a group's packets: RFC 2464, 7. */
void irl_ndp_group_mac(const uint8_t group[16], uint8_t mac[6]);

#endif
