/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of steer/core.h, which includes it, for IPv6. */
#ifndef IRL_STEER_CORE6_H
#define IRL_STEER_CORE6_H

#ifndef IRL_STEER_CORE_H
#error "include steer/core.h"
#endif

#define IRL_STEER_HEADER6 40
#define IRL_STEER_ICMP6 58
#define IRL_STEER_SOLICIT 135
#define IRL_STEER_ADVERT 136

IRL_STEER_INLINE uint64_t irl_steer_be64(const uint8_t *p)
{
	return (uint64_t)irl_steer_be32(p) << 32 | irl_steer_be32(p + 4);
}

/* The first @length bits of 64. */
IRL_STEER_INLINE uint64_t irl_steer_mask(uint32_t length)
{
	return length >= 64 ? ~0ull : ~(~0ull >> length);
}

IRL_STEER_INLINE bool irl_steer_is_own6(const struct irl_steer *steer,
					const uint8_t *addr)
{
	uint64_t high = irl_steer_be64(addr), low = irl_steer_be64(addr + 8);

	for (uint32_t i = 0; i < IRL_STEER_PREFIXES6; i++) {
		const struct irl_prefix6 *own = &steer->own6[i];
		uint32_t beyond;

		if (i >= steer->own6_count)
			return false;
		beyond = own->length > 64 ? own->length - 64 : 0;
		if (((high ^ irl_steer_be64(own->addr.byte)) &
		     irl_steer_mask(own->length)) == 0 &&
		    ((low ^ irl_steer_be64(own->addr.byte + 8)) &
		     irl_steer_mask(beyond)) == 0)
			return true;
	}
	return false;
}

IRL_STEER_INLINE bool irl_steer_is_host6(const struct irl_steer *steer,
					 const uint8_t *addr)
{
	uint64_t high = irl_steer_be64(steer->host_addr6.byte);
	uint64_t low = irl_steer_be64(steer->host_addr6.byte + 8);

	return (high | low) != 0 && high == irl_steer_be64(addr) &&
	       low == irl_steer_be64(addr + 8);
}

/* Past hop-by-hop and destination options, to the header of type *@type;
 * 59, "no next header", where there is too little of them. */
IRL_STEER_INLINE const uint8_t *
irl_steer_upper6(const uint8_t *next, const uint8_t *end, uint8_t *type)
{
	for (uint32_t i = 0; i < IRL_STEER_EXTENSIONS; i++) {
		if (*type != 0 && *type != 60)
			break;
		if (next + 8 > end) {
			*type = 59;
			break;
		}
		*type = next[0];
		next += ((uint32_t)next[1] + 1) * 8;
		IRL_STEER_KEEP(next);
	}
	return next;
}

/* The source port of the TCP or UDP packet that an error (RFC 4443, 2.1)
 * quotes, if host_addr6 of @steer sent it or @steer is NULL.  We send without
 * extension headers. */
IRL_STEER_INLINE uint32_t irl_steer_quoted6(const uint8_t *icmp,
					    const uint8_t *end,
					    const struct irl_steer *steer)
{
	const uint8_t *ip = icmp + 8;

	if (icmp + 8 + IRL_STEER_HEADER6 + 2 > end)
		return IRL_STEER_NO_PORT;
	if (icmp[0] < 1 || icmp[0] > 4 || ip[0] >> 4 != 6 ||
	    !irl_steer_has_ports(ip[6]) ||
	    (steer && !irl_steer_is_host6(steer, ip + 8)))
		return IRL_STEER_NO_PORT;
	return irl_steer_be16(ip + IRL_STEER_HEADER6);
}

/* The local port of a packet, its first header being whole; @steer as above. */
IRL_STEER_INLINE uint32_t irl_steer_port6(const uint8_t *ip, const uint8_t *end,
					  const struct irl_steer *steer)
{
	uint8_t type = ip[6];
	const uint8_t *next =
	    irl_steer_upper6(ip + IRL_STEER_HEADER6, end, &type);

	if (type == IRL_STEER_ICMP6)
		return irl_steer_quoted6(next, end, steer);
	return irl_steer_has_ports(type) && next + 4 <= end
		   ? irl_steer_be16(next + 2)
		   : IRL_STEER_NO_PORT;
}

/* The lower half of the group, in ff02::/64, that neighbour discovery about
 * @target goes to: who asks, to that of the address (RFC 4291, 2.7.1), who says
 * to have it, to all nodes.  0: it is something else. */
IRL_STEER_INLINE uint64_t irl_steer_group(uint8_t type, const uint8_t *target)
{
	if (type == IRL_STEER_ADVERT)
		return 1;
	if (type != IRL_STEER_SOLICIT)
		return 0;
	return 1ull << 32 | 0xff000000 | irl_steer_be32(target + 12);
}

/* Neighbour discovery (RFC 4861) about an address of `own6`, to a group. */
IRL_STEER_INLINE bool irl_steer_discovers(const struct irl_steer *steer,
					  const uint8_t *ip, const uint8_t *end)
{
	const uint8_t *to = ip + 24, *icmp = ip + IRL_STEER_HEADER6;
	uint64_t group;

	if (icmp + 24 > end || ip[6] != IRL_STEER_ICMP6)
		return false;
	group = irl_steer_group(icmp[0], icmp + 8);
	return group && irl_steer_be64(to) == 0xff02ull << 48 &&
	       irl_steer_be64(to + 8) == group &&
	       irl_steer_is_own6(steer, icmp + 8);
}

IRL_STEER_INLINE bool irl_steer_ipv6(const struct irl_steer *steer,
				     const uint8_t *ip, const uint8_t *end)
{
	if (ip + IRL_STEER_HEADER6 > end || ip[0] >> 4 != 6)
		return false;
	if (ip[24] == 0xff)
		return irl_steer_discovers(steer, ip, end);
	if (irl_steer_is_own6(steer, ip + 24))
		return true;
	return irl_steer_is_host6(steer, ip + 24) &&
	       irl_steer_is_port(steer, irl_steer_port6(ip, end, steer));
}

#endif
