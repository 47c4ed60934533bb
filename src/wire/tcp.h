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

#define IRL_TCP_SACK_BLOCKS 4u

/* Options of a segment; what is not there, or is malformed, is 0 or -1. */
struct irl_tcp_seen {
	uint16_t mss;
	int8_t scale; /* RFC 7323, 2.2; as found, up to 255 read as 14 */
	bool sack_permitted, timestamps;
	uint8_t sack_count;
	uint32_t ts_value, ts_echo;
	struct {
		uint32_t begin, end;
	} sack[IRL_TCP_SACK_BLOCKS];
};

/* Unknown options are passed over; an illegal length ends the list.  Of several
 * MSS options the first counts, as in irl_tcp_mss. */
void irl_tcp_see(struct irl_bytes options, struct irl_tcp_seen *out);

/*
 * 20 bytes and tcp->options (a multiple of 4, at most 40) at @to; the checksum
 * covers them and @length bytes of @data between @source and @dest.  Returns
 * the header's length.
 */
size_t irl_tcp_write(uint8_t *to, const struct irl_tcp *tcp, uint32_t source,
		     uint32_t dest, const void *data, size_t length);

/* The same over any pseudo-header: @pseudo is its sum. */
size_t irl_tcp_write_over(uint8_t *to, const struct irl_tcp *tcp,
			  uint64_t pseudo, const void *data, size_t length);

#endif
