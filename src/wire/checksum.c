// SPDX-License-Identifier: BSD-2-Clause
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/udp.h"

uint64_t irl_checksum_add(uint64_t sum, const void *data, size_t length)
{
	const uint8_t *p = data;
	uint64_t wide = 0;

	/* Ones' complement sums do not care about byte order (RFC 1071, 2B):
	 * add 32 bits at a time as they come, turn the result round at the end.
	 */
	for (; length >= 8; length -= 8, p += 8) {
		uint64_t w;

		memcpy(&w, p, sizeof(w));
		wide += (w & UINT32_MAX) + (w >> 32);
	}
	if (length & 4) {
		uint32_t w;

		memcpy(&w, p, sizeof(w));
		wide += w;
		p += 4;
	}
	if (length & 2) {
		uint16_t w;

		memcpy(&w, p, sizeof(w));
		wide += w;
		p += 2;
	}
	if (length & 1) {
		const uint8_t last[2] = {*p, 0};
		uint16_t w;

		memcpy(&w, last, sizeof(w));
		wide += w;
	}
	wide = (wide & UINT32_MAX) + (wide >> 32);
	wide = (wide & 0xffff) + (wide >> 16 & 0xffff) + (wide >> 32);
	wide = (wide & 0xffff) + (wide >> 16);
	wide = (wide & 0xffff) + (wide >> 16);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	wide = __builtin_bswap16((uint16_t)wide);
#endif
	return sum + wide;
}

uint16_t irl_checksum_finish(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint16_t irl_checksum_update(uint16_t checksum, uint16_t before, uint16_t after)
{
	return irl_checksum_finish((uint64_t)(uint16_t)~checksum +
				   (uint16_t)~before + after);
}

uint16_t irl_checksum_update32(uint16_t checksum, uint32_t before,
			       uint32_t after)
{
	checksum = irl_checksum_update(checksum, (uint16_t)(before >> 16),
				       (uint16_t)(after >> 16));
	return irl_checksum_update(checksum, (uint16_t)before, (uint16_t)after);
}

/* A place in a frame that holds a checksum, and what it should hold. */
struct field {
	size_t offset;
	uint16_t value;
};

static uint16_t sum_without(uint64_t sum, const uint8_t *from, size_t length,
			    size_t field)
{
	sum = irl_checksum_add(sum, from, field);
	sum = irl_checksum_add(sum, from + field + 2, length - field - 2);
	return irl_checksum_finish(sum);
}

/* Of a whole upper-layer packet; @pseudo is its pseudo-header's sum without the
 * length, 0 where there is none. */
static bool transport_field(const uint8_t *frame, uint8_t protocol,
			    uint64_t pseudo, struct irl_bytes in,
			    struct field *out)
{
	size_t at, least;

	switch (protocol) {
	case IRL_IPV4_ICMP:
	case IRL_IPV6_ICMP:
		at = 2;
		least = 8;
		break;
	case IRL_IPV4_TCP:
		at = 16;
		least = 20;
		break;
	case IRL_IPV4_UDP:
		at = 6;
		least = 8;
		break;
	default:
		return false;
	}
	if (in.left < least)
		return false;
	if (protocol == IRL_IPV4_UDP) {
		irl_be16 stated;

		memcpy(&stated, in.at + 4, sizeof(stated));
		if (irl_host16(stated) < 8 || irl_host16(stated) > in.left)
			return false;
		in.left = irl_host16(stated);
	}
	if (pseudo)
		pseudo += in.left;
	out->offset = (size_t)(in.at - frame) + at;
	out->value = sum_without(pseudo, in.at, in.left, at);
	if (protocol == IRL_IPV4_UDP && !out->value)
		out->value = 0xffff; /* RFC 768: zero says "none" */
	return true;
}

static unsigned ipv4_fields(const uint8_t *frame, struct irl_bytes in,
			    struct field out[2])
{
	const uint8_t *header = in.at;
	uint64_t pseudo = 0;
	struct irl_ipv4 ip;

	if (!irl_ipv4_parse(&in, &ip))
		return 0;
	out[0].offset = (size_t)(header - frame) + 10;
	out[0].value = sum_without(0, header, ip.header_length, 10);
	if (ip.cut || ip.more_fragments || ip.fragment_offset ||
	    ip.protocol == IRL_IPV6_ICMP)
		return 1;
	if (ip.protocol != IRL_IPV4_ICMP)
		pseudo =
		    irl_checksum_pseudo(ip.source, ip.dest, ip.protocol, 0);
	return 1 + transport_field(frame, ip.protocol, pseudo, in, &out[1]);
}

static unsigned ipv6_fields(const uint8_t *frame, struct irl_bytes in,
			    struct field out[1])
{
	struct irl_ipv6 ip;

	if (!irl_ipv6_parse(&in, &ip) || ip.cut || ip.fragment ||
	    ip.next_header == IRL_IPV4_ICMP)
		return 0;
	return transport_field(
	    frame, ip.next_header,
	    irl_ipv6_pseudo(ip.source, ip.dest, ip.next_header, 0), in, out);
}

/* Up to two fields; returns how many. */
static unsigned fields(const uint8_t *frame, size_t length, struct field out[2])
{
	struct irl_bytes in = irl_bytes(frame, length);
	struct irl_eth eth;

	if (!irl_eth_parse(&in, &eth))
		return 0;
	if (eth.type == IRL_ETH_IPV4)
		return ipv4_fields(frame, in, out);
	return eth.type == IRL_ETH_IPV6 ? ipv6_fields(frame, in, out) : 0;
}

void irl_checksum_fill(uint8_t *frame, size_t length)
{
	struct field field[2];
	unsigned n = fields(frame, length, field);

	for (unsigned i = 0; i < n; i++) {
		irl_be16 value = irl_wire16(field[i].value);

		memcpy(frame + field[i].offset, &value, sizeof(value));
	}
}

bool irl_checksum_valid(const uint8_t *frame, size_t length)
{
	struct field field[2];
	unsigned n = fields(frame, length, field);

	for (unsigned i = 0; i < n; i++) {
		irl_be16 value;

		memcpy(&value, frame + field[i].offset, sizeof(value));
		if (irl_host16(value) != field[i].value)
			return false;
	}
	return true;
}
