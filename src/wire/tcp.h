/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP headers (RFC 9293). */
#ifndef IRL_WIRE_TCP_H
#define IRL_WIRE_TCP_H

#include "wire/bytes.h"

#define IRL_TCP_HEADER 20u /* without options */
#define IRL_TCP_FIN 0x01
#define IRL_TCP_SYN 0x02
#define IRL_TCP_RST 0x04
#define IRL_TCP_PSH 0x08
#define IRL_TCP_ACK 0x10
#define IRL_TCP_URG 0x20

struct irl_tcp {
	uint32_t seq, ack;
	uint16_t source, dest; /* ports, host order */
	uint16_t window, checksum, urgent;
	uint8_t flags;            /* IRL_TCP_... */
	uint8_t header_length;    /* bytes, 20 .. 60 */
	struct irl_bytes options; /* point into the segment */
};

/* Afterwards @in is the payload. */
bool irl_tcp_parse(struct irl_bytes *in, struct irl_tcp *out);

/* The MSS option's value, or 0 (RFC 9293, 3.7.1). */
uint16_t irl_tcp_mss(struct irl_bytes options);

/*
 * 20 bytes and tcp->options (a multiple of 4, at most 40) at @to; the checksum
 * covers them and @length bytes of @data between @source and @dest.  Returns
 * the header's length.
 */
size_t irl_tcp_write(uint8_t *to, const struct irl_tcp *tcp, uint32_t source,
		     uint32_t dest, const void *data, size_t length);

#endif
