/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 (RFC 791). */
#ifndef IRL_WIRE_IPV4_H
#define IRL_WIRE_IPV4_H

#include "wire/bytes.h"

#define IRL_IPV4_HEADER 20u /* without options */
#define IRL_IPV4_ICMP 1
#define IRL_IPV4_TCP 6
#define IRL_IPV4_UDP 17

struct irl_ipv4 {
	uint32_t source, dest; /* host order */
	uint16_t total_length; /* of header and payload */
	uint16_t id;
	uint16_t fragment_offset; /* bytes */
	uint16_t checksum;        /* as found; written by irl_ipv4_write */
	uint8_t header_length;    /* bytes, 20 .. 60; 0 when writing: 20 */
	uint8_t tos, ttl, protocol;
	bool dont_fragment, more_fragments;
	bool cut; /* fewer bytes at hand than total_length says */
};

/*
 * Afterwards @in is the payload: what total_length leaves of it (padding of
 * the frame is gone), or what is there if that is less (@out->cut).  The header
 * checksum is not judged: irl_ipv4_sound does that.
 */
bool irl_ipv4_parse(struct irl_bytes *in, struct irl_ipv4 *out);

/* Whether the checksum of the header at @in holds. */
bool irl_ipv4_sound(struct irl_bytes in);

/* 20 bytes, no options, checksum included. */
void irl_ipv4_write(uint8_t to[IRL_IPV4_HEADER], const struct irl_ipv4 *ip);

#endif
