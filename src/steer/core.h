/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steering rule of include/irl/steer.h as inline functions, for the library
 * and for the kernel program.  Bounds are written as the verifier wants them:
 * no loop without a constant bound, every access behind a comparison with the
 * frame's end.
 */
#ifndef IRL_STEER_CORE_H
#define IRL_STEER_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/steer.h>

#define IRL_STEER_INLINE static inline __attribute__((always_inline))

/* Big-endian fields, byte by byte: any alignment, any machine. */
IRL_STEER_INLINE uint32_t irl_steer_be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

IRL_STEER_INLINE uint32_t irl_steer_be32(const uint8_t *p)
{
	return irl_steer_be16(p) << 16 | irl_steer_be16(p + 2);
}

/* Keeps clang from computing a header's address a second time, which the
 * verifier would not connect with the first one's check. */
#ifdef __bpf__
#define IRL_STEER_KEEP(p) __asm__ volatile("" : "+r"(p))
#else
#define IRL_STEER_KEEP(p) ((void)(p))
#endif

IRL_STEER_INLINE bool irl_steer_is_own(const struct irl_steer *steer,
				       uint32_t addr)
{
	for (uint32_t i = 0; i < IRL_STEER_PREFIXES; i++) {
		uint32_t host;

		if (i >= steer->own_count)
			return false;
		host = (uint32_t)(0xffffffffull >> (steer->own[i].length & 63));
		if (((addr ^ steer->own[i].addr) & ~host) == 0)
			return true;
	}
	return false;
}

IRL_STEER_INLINE bool irl_steer_is_port(const struct irl_steer *steer,
					uint32_t port)
{
	return port >= steer->port_first && port <= steer->port_last;
}

/* The protocols that have ports: TCP and UDP. */
IRL_STEER_INLINE bool irl_steer_has_ports(uint8_t protocol)
{
	return protocol == 6 || protocol == 17;
}

#define IRL_STEER_NO_PORT 0x10000u

/* The source port of the TCP or UDP packet that an ICMP error (RFC 792) quotes,
 * if @addr sent it or is 0.  The quoted packet is a first fragment or whole. */
IRL_STEER_INLINE uint32_t irl_steer_quoted(const uint8_t *icmp,
					   const uint8_t *end, uint32_t addr)
{
	const uint8_t *ip = icmp + 8, *ports;
	uint32_t header;

	if (icmp + 28 > end)
		return IRL_STEER_NO_PORT;
	if (icmp[0] != 3 && icmp[0] != 4 && icmp[0] != 5 && icmp[0] != 11 &&
	    icmp[0] != 12)
		return IRL_STEER_NO_PORT;
	header = (uint32_t)(ip[0] & 15) * 4;
	if (ip[0] >> 4 != 4 || header < 20 || !irl_steer_has_ports(ip[9]) ||
	    (irl_steer_be16(ip + 6) & 0x1fff) != 0 ||
	    (addr && irl_steer_be32(ip + 12) != addr))
		return IRL_STEER_NO_PORT;
	ports = ip + header;
	IRL_STEER_KEEP(ports);
	return ports + 2 <= end ? irl_steer_be16(ports) : IRL_STEER_NO_PORT;
}

IRL_STEER_INLINE bool irl_steer_ipv4(const struct irl_steer *steer,
				     const uint8_t *ip, const uint8_t *end)
{
	const uint8_t *next;
	uint32_t local, header;

	if (ip + 20 > end || ip[0] >> 4 != 4)
		return false;
	local = irl_steer_be32(ip + 16);
	if (irl_steer_is_own(steer, local))
		return true;
	header = (uint32_t)(ip[0] & 15) * 4;
	if (local != steer->host_addr || local == 0 || header < 20)
		return false;
	/* More fragments or an offset: the host reassembles. */
	if ((irl_steer_be16(ip + 6) & 0x3fff) != 0)
		return false;
	next = ip + header;
	IRL_STEER_KEEP(next);
	if (ip[9] == 1)
		return irl_steer_is_port(
		    steer, irl_steer_quoted(next, end, steer->host_addr));
	return irl_steer_has_ports(ip[9]) && next + 4 <= end &&
	       irl_steer_is_port(steer, irl_steer_be16(next + 2));
}

/* Request or answer (RFC 826) whose target protocol address is of `own`. */
IRL_STEER_INLINE bool irl_steer_arp(const struct irl_steer *steer,
				    const uint8_t *arp, const uint8_t *end)
{
	if (arp + 28 > end)
		return false;
	/* Ethernet, IPv4, lengths 6 and 4 */
	if (irl_steer_be32(arp) != 0x00010800 ||
	    irl_steer_be16(arp + 4) != 0x0604)
		return false;
	return irl_steer_is_own(steer, irl_steer_be32(arp + 24));
}

#include "steer/core6.h"

IRL_STEER_INLINE enum irl_steer_verdict
irl_steer_core(const struct irl_steer *steer, const void *data, const void *end)
{
	const uint8_t *frame = (const uint8_t *)data;
	const uint8_t *limit = (const uint8_t *)end;
	uint32_t type;
	bool ours = false;

	if (frame + 14 > limit)
		return IRL_STEER_HOST;
	type = irl_steer_be16(frame + 12);
	if (type == 0x0800)
		ours = irl_steer_ipv4(steer, frame + 14, limit);
	else if (type == 0x0806)
		ours = irl_steer_arp(steer, frame + 14, limit);
	else if (type == 0x86dd)
		ours = irl_steer_ipv6(steer, frame + 14, limit);
	return ours ? IRL_STEER_OURS : IRL_STEER_HOST;
}

/* ---- which queue --------------------------------------------------------- */

/* The destination port, of an ICMP error the quoted source port. */
IRL_STEER_INLINE uint32_t irl_steer_local_port(const uint8_t *frame,
					       const uint8_t *end)
{
	const uint8_t *ip = frame + 14, *next;
	uint32_t header, type;

	if (ip + 20 > end)
		return IRL_STEER_NO_PORT;
	type = irl_steer_be16(frame + 12);
	if (type == 0x86dd && ip + IRL_STEER_HEADER6 <= end && ip[0] >> 4 == 6)
		return irl_steer_port6(ip, end, 0);
	if (type != 0x0800 || ip[0] >> 4 != 4)
		return IRL_STEER_NO_PORT;
	header = (uint32_t)(ip[0] & 15) * 4;
	/* fragments stay together, and only the first has ports */
	if (header < 20 || (irl_steer_be16(ip + 6) & 0x3fff) != 0)
		return IRL_STEER_NO_PORT;
	next = ip + header;
	IRL_STEER_KEEP(next);
	if (ip[9] == 1)
		return irl_steer_quoted(next, end, 0);
	return irl_steer_has_ports(ip[9]) && next + 4 <= end
		   ? irl_steer_be16(next + 2)
		   : IRL_STEER_NO_PORT;
}

/* Ports first .. first + count - 1 in equal parts; no rule of ports is a rule
 * of all.  A division is dear, so by a reciprocal: exact for 16 bits. */
struct irl_steer_parts {
	uint32_t first, count;
	uint64_t scale; /* 2^32 * queues / count, rounded up */
};

IRL_STEER_INLINE uint32_t irl_steer_part_of(const struct irl_steer_parts *parts,
					    uint32_t port)
{
	uint32_t at = port - parts->first;

	if (port >= IRL_STEER_NO_PORT || at >= parts->count)
		return 0;
	return (uint32_t)(at * parts->scale >> 32);
}

#endif
