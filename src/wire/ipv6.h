/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 (RFC 8200). */
#ifndef IRL_WIRE_IPV6_H
#define IRL_WIRE_IPV6_H

#include "wire/bytes.h"

#define IRL_IPV6_HEADER 40u
#define IRL_IPV6_TCP 6
#define IRL_IPV6_ICMP 58

struct irl_ipv6 {
	uint8_t source[16], dest[16];
	uint16_t payload_length; /* extension headers included */
	uint8_t next_header;     /* of the upper layer, past extensions */
	uint8_t traffic_class, hop_limit;
	bool fragment; /* one of several; next_header is then 44 */
	bool cut;      /* fewer bytes at hand than payload_length says */
};

/*
 * Afterwards @in is what follows the last extension header.  Hop-by-hop,
 * routing and destination options are passed over unread; whatever else is not
 * known stays in next_header.
 */
bool irl_ipv6_parse(struct irl_bytes *in, struct irl_ipv6 *out);

/* 40 bytes, no extension headers. */
void irl_ipv6_write(uint8_t to[IRL_IPV6_HEADER], const struct irl_ipv6 *ip);

/* The pseudo-header of upper layers (RFC 8200, 8.1). */
uint64_t irl_ipv6_pseudo(const uint8_t source[16], const uint8_t dest[16],
			 uint8_t protocol, uint32_t length);

#endif
