/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Addresses of both families in one type: 16 bytes in network order, IPv4 as
 * ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).  Plain data; compare with memcmp.
 */
#ifndef IRL_IP_H
#define IRL_IP_H

#include <stdbool.h>
#include <stdint.h>

struct irl_ip {
	uint8_t byte[16];
};

/** An IPv4 address in host byte order. */
static inline struct irl_ip irl_ip4(uint32_t addr)
{
	return (struct irl_ip){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
				(uint8_t)(addr >> 24), (uint8_t)(addr >> 16),
				(uint8_t)(addr >> 8), (uint8_t)addr}};
}

static inline bool irl_ip_is4(const struct irl_ip *ip)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0,    0,
					   0, 0, 0, 0, 0xff, 0xff};

	return __builtin_memcmp(ip->byte, mapped, sizeof(mapped)) == 0;
}

/** The IPv4 address, host byte order; only where irl_ip_is4. */
static inline uint32_t irl_ip_addr4(const struct irl_ip *ip)
{
	return (uint32_t)ip->byte[12] << 24 | (uint32_t)ip->byte[13] << 16 |
	       (uint32_t)ip->byte[14] << 8 | ip->byte[15];
}

/** The unspecified address of IPv6, all zero: here often "none". */
static inline bool irl_ip_is_none(const struct irl_ip *ip)
{
	static const struct irl_ip none;

	return __builtin_memcmp(ip, &none, sizeof(none)) == 0;
}

/** 127.0.0.0/8 (RFC 1122, 3.2.1.3) and ::1 (RFC 4291, 2.5.3). */
static inline bool irl_ip_is_loopback(const struct irl_ip *ip)
{
	static const struct irl_ip one = {{[15] = 1}};

	return irl_ip_is4(ip) ? ip->byte[12] == 127
			      : __builtin_memcmp(ip, &one, sizeof(one)) == 0;
}

static inline bool irl_ip_equal(const struct irl_ip *a, const struct irl_ip *b)
{
	return __builtin_memcmp(a, b, sizeof(*a)) == 0;
}

#endif
