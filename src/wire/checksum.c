// SPDX-License-Identifier: BSD-2-Clause
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

uint64_t irl_checksum_add(uint64_t sum, const void *data, size_t length)
{
	const uint8_t *p = data;
	uint64_t wide = 0;

	/* Ones' complement sums do not care about byte order (RFC 1071, 2B):
	 * add 32 bits at a time as they come, turn the result round at the end.
	 */
	for (; length >= 4; length -= 4, p += 4) {
		uint32_t w;

		memcpy(&w, p, sizeof(w));
		wide += w;
	}
	if (length >= 2) {
		uint16_t w;

		memcpy(&w, p, sizeof(w));
		wide += w;
		p += 2;
		length -= 2;
	}
	if (length) {
		const uint8_t last[2] = {*p, 0};
		uint16_t w;

		memcpy(&w, last, sizeof(w));
		wide += w;
	}
	while (wide >> 16)
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

static bool transport_field(const uint8_t *frame, const struct irl_ipv4 *ip,
			    const uint8_t *start, size_t length,
			    struct field *out)
{
	uint64_t pseudo = 0;
	size_t at, least;

	switch (ip->protocol) {
	case IRL_IPV4_ICMP:
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
	if (length < least)
		return false;
	if (ip->protocol == IRL_IPV4_UDP) {
		irl_be16 stated;

		memcpy(&stated, start + 4, sizeof(stated));
		if (irl_host16(stated) < 8 || irl_host16(stated) > length)
			return false;
		length = irl_host16(stated);
	}
	if (ip->protocol != IRL_IPV4_ICMP)
		pseudo = irl_checksum_pseudo(ip->source, ip->dest, ip->protocol,
					     (uint16_t)length);
	out->offset = (size_t)(start - frame) + at;
	out->value = sum_without(pseudo, start, length, at);
	if (ip->protocol == IRL_IPV4_UDP && !out->value)
		out->value = 0xffff; /* RFC 768: zero says "none" */
	return true;
}

/* Up to two fields; returns how many. */
static unsigned fields(const uint8_t *frame, size_t length, struct field out[2])
{
	struct irl_bytes in = irl_bytes(frame, length);
	struct irl_eth eth;
	struct irl_ipv4 ip;
	const uint8_t *header;

	if (!irl_eth_parse(&in, &eth) || eth.type != IRL_ETH_IPV4)
		return 0;
	header = in.at;
	if (!irl_ipv4_parse(&in, &ip))
		return 0;
	out[0].offset = (size_t)(header - frame) + 10;
	out[0].value = sum_without(0, header, ip.header_length, 10);
	if (ip.cut || ip.more_fragments || ip.fragment_offset)
		return 1;
	return 1 + transport_field(frame, &ip, in.at, in.left, &out[1]);
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
