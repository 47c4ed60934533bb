/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP (RFC 768). */
#ifndef IRL_WIRE_UDP_H
#define IRL_WIRE_UDP_H

#include "wire/bytes.h"

#define IRL_UDP_HEADER 8u

struct irl_udp {
	uint16_t source, dest; /* ports, host order */
	uint16_t length;       /* of header and data, 8 .. */
	uint16_t checksum;     /* 0: none */
};

/* Afterwards @in is the data: no longer than @out->length says. */
bool irl_udp_parse(struct irl_bytes *in, struct irl_udp *out);

/* 8 bytes for @length bytes of @data from @source to @dest; out->length and
 * checksum of @udp are not looked at. */
void irl_udp_write(uint8_t to[IRL_UDP_HEADER], const struct irl_udp *udp,
		   uint32_t source, uint32_t dest, const void *data,
		   size_t length);

#endif
