/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum: RFC 1071; incremental update: RFC 1624. */
#ifndef IRL_WIRE_CHECKSUM_H
#define IRL_WIRE_CHECKSUM_H

#include "wire/bytes.h"

/*
 * Ones' complement sum, not yet folded, of big-endian 16-bit words; an odd
 * last byte counts as its word's high byte, so only the last piece of a sum
 * may be odd.  Begin with @sum 0.
 */
uint64_t irl_checksum_add(uint64_t sum, const void *data, size_t length);

/* Add a 16-bit word in host order. */
static inline uint64_t irl_checksum_word(uint64_t sum, uint16_t word)
{
	return sum + word;
}

/* Add a 32-bit one. */
static inline uint64_t irl_checksum_word32(uint64_t sum, uint32_t word)
{
	return sum + (word >> 16) + (word & 0xffff);
}

/* The pseudo-header of TCP and UDP over IPv4 (RFC 9293, 3.1). */
static inline uint64_t irl_checksum_pseudo(uint32_t source, uint32_t dest,
					   uint8_t protocol, uint16_t length)
{
	return (uint64_t)(source >> 16) + (source & 0xffff) + (dest >> 16) +
	       (dest & 0xffff) + protocol + length;
}

/* Fold and complement: the value of the checksum field, host order. */
uint16_t irl_checksum_finish(uint64_t sum);

/* A checksum after a 16-bit word under it changed (RFC 1624, equation 3). */
uint16_t irl_checksum_update(uint16_t checksum, uint16_t before,
			     uint16_t after);
uint16_t irl_checksum_update32(uint16_t checksum, uint32_t before,
			       uint32_t after);

/*
 * Make an Ethernet frame's checksums right: of the IPv4 header, and of TCP,
 * UDP, ICMP or ICMPv6 where the frame holds the whole packet.  What is not such
 * a frame, or lies about its lengths, is left as it is.  Doing it twice is as
 * doing it once.  Cost: one pass over the packet.
 */
void irl_checksum_fill(uint8_t *frame, size_t length);

/* Whether irl_checksum_fill would change nothing. */
bool irl_checksum_valid(const uint8_t *frame, size_t length);

#endif
