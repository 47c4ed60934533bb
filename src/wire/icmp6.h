/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMPv6 (RFC 4443).  Headers are ICMP's: struct irl_icmp, irl_icmp_parse. */
#ifndef IRL_WIRE_ICMP6_H
#define IRL_WIRE_ICMP6_H

#include "wire/icmp.h"
#include "wire/ipv6.h"

#define IRL_ICMP6_UNREACHABLE 1
#define IRL_ICMP6_TOO_BIG 2
#define IRL_ICMP6_TIME_EXCEEDED 3
#define IRL_ICMP6_PARAMETER 4
#define IRL_ICMP6_ECHO 128
#define IRL_ICMP6_ECHO_REPLY 129
#define IRL_ICMP6_SOLICIT 135 /* of a neighbour: wire/ndp.h */
#define IRL_ICMP6_ADVERT 136

/* Whether the whole message, @in at its first byte, has a right checksum
 * between the addresses of @ip. */
bool irl_icmp6_sound(const struct irl_ipv6 *ip, struct irl_bytes in);

/* Whether messages of this type quote a packet. */
bool irl_icmp6_is_error(uint8_t type);

/* As irl_icmp_error_name (RFC 4443, 3). */
const char *irl_icmp6_error_name(uint8_t type, uint8_t code);

/* As irl_icmp_write, between @source and @dest. */
void irl_icmp6_write(uint8_t to[IRL_ICMP_HEADER], const struct irl_icmp *icmp,
		     const uint8_t source[16], const uint8_t dest[16],
		     const void *data, size_t length);

#endif
