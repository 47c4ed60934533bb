/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP (RFC 792). */
#ifndef IRL_WIRE_ICMP_H
#define IRL_WIRE_ICMP_H

#include "wire/bytes.h"

#define IRL_ICMP_HEADER 8u
#define IRL_ICMP_ECHO_REPLY 0
#define IRL_ICMP_UNREACHABLE 3
#define IRL_ICMP_SOURCE_QUENCH 4
#define IRL_ICMP_REDIRECT 5
#define IRL_ICMP_ECHO 8
#define IRL_ICMP_TIME_EXCEEDED 11
#define IRL_ICMP_PARAMETER 12

struct irl_icmp {
	uint8_t type, code;
	uint16_t checksum;
	uint16_t id, sequence; /* echo; of errors: the unused word's halves */
};

/* Afterwards @in is what follows: echo data, or the quoted packet. */
bool irl_icmp_parse(struct irl_bytes *in, struct irl_icmp *out);

/* Whether the whole message, @in at its first byte, has a right checksum. */
bool irl_icmp_sound(struct irl_bytes in);

/* Whether messages of this type quote a packet (RFC 1122, 3.2.2). */
bool irl_icmp_is_error(uint8_t type);

/* Codes of destination unreachable in words (RFC 792, 1122, 1812). */
#define IRL_ICMP_UNREACHABLE_CODES 16u
extern const char *const irl_icmp_unreachable[IRL_ICMP_UNREACHABLE_CODES];
/* An error that stopped a packet, in words; NULL: it is none. */
const char *irl_icmp_error_name(uint8_t type, uint8_t code);

/* 8 bytes; the checksum covers them and @length bytes of @data. */
void irl_icmp_write(uint8_t to[IRL_ICMP_HEADER], const struct irl_icmp *icmp,
		    const void *data, size_t length);

/* The same with a pseudo-header under the checksum: @pseudo is its sum. */
void irl_icmp_write_over(uint8_t to[IRL_ICMP_HEADER],
			 const struct irl_icmp *icmp, uint64_t pseudo,
			 const void *data, size_t length);

#endif
