/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments to frames and back, by code of its own: the library's is on trial.
 */
#ifndef IRL_TESTS_PACKET_FRAME_H
#define IRL_TESTS_PACKET_FRAME_H

#include <irl/ip.h>
#include "segment.h"

#define FRAME_ROOM 2048

/* One end's view of the wire, and where numbers count from. */
struct flow {
	bool v6;
	struct irl_ip ours, peer;
	uint8_t our_mac[6], peer_mac[6];
	uint16_t our_port, peer_port;
	uint32_t our_isn, peer_isn;
};

/* A byte of each stream, by its offset. */
static inline uint8_t our_byte(uint32_t offset)
{
	return (uint8_t)(offset * 7 + (offset >> 8) * 13 + 1);
}

static inline uint8_t peer_byte(uint32_t offset)
{
	return (uint8_t)(offset * 11 + (offset >> 8) * 29 + 5);
}

/* A segment of the peer; all numbers are exact.  Returns the length. */
uint32_t frame_write(uint8_t *frame, const struct flow *flow,
		     const struct segment *segment);

/*
 * A frame of ours.  Whatever no segment may have (a wrong checksum, length,
 * address or padding, data that is not the stream's) is told: NULL if all is
 * right.  ISN and port are learnt from a SYN if @learn.
 */
const char *frame_read(struct segment *out, struct flow *flow, bool learn,
		       const uint8_t *frame, uint32_t length);

/* An ICMP error by the peer, or a router if @other. */
struct icmp_error {
	uint8_t type, code;
	uint32_t mtu;
	uint32_t seq;   /* quoted, relative to ours */
	unsigned bytes; /* of the quoted TCP segment; 0: 8 */
	bool other_port, other_host, bad_checksum;
};
uint32_t frame_write_icmp(uint8_t *frame, const struct flow *flow,
			  const struct icmp_error *error);

#endif
