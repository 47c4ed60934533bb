// SPDX-License-Identifier: BSD-2-Clause
#include "wire/ipv6.h"
#include "wire/checksum.h"

struct header {
	irl_be32 version_class_flow;
	irl_be16 payload_length;
	uint8_t next_header, hop_limit;
	uint8_t source[16], dest[16];
};
_Static_assert(sizeof(struct header) == IRL_IPV6_HEADER, "on the wire");

#define HOP_BY_HOP 0
#define ROUTING 43
#define FRAGMENT 44
#define DESTINATION 60

/* Pass over the header at @in; false: there is none of it, or half of it. */
static bool extension(struct irl_bytes *in, struct irl_ipv6 *out)
{
	const uint8_t *h = irl_bytes_take(in, 8);

	if (!h)
		return false;
	if (out->next_header == FRAGMENT) {
		/* RFC 8200, 4.5: offset 0 and no more is the whole packet. */
		if ((h[2] << 8 | h[3]) & 0xfff9) {
			out->fragment = true;
			return true;
		}
	} else if (!irl_bytes_take(in, (size_t)h[1] * 8)) {
		return false;
	}
	out->next_header = h[0];
	return true;
}

static bool is_extension(uint8_t type)
{
	return type == HOP_BY_HOP || type == ROUTING || type == FRAGMENT ||
	       type == DESTINATION;
}

bool irl_ipv6_parse(struct irl_bytes *in, struct irl_ipv6 *out)
{
	struct irl_bytes rest = *in;
	const struct header *h = irl_bytes_take(&rest, sizeof(*h));
	uint32_t word;

	if (!h || h->version_class_flow.byte[0] >> 4 != 6)
		return false;
	word = irl_host32(h->version_class_flow);
	*out = (struct irl_ipv6){
	    .payload_length = irl_host16(h->payload_length),
	    .next_header = h->next_header,
	    .traffic_class = (uint8_t)(word >> 20),
	    .hop_limit = h->hop_limit,
	};
	memcpy(out->source, h->source, 16);
	memcpy(out->dest, h->dest, 16);
	out->cut = out->payload_length > rest.left;
	if (!out->cut)
		rest.left = out->payload_length;
	while (!out->fragment && is_extension(out->next_header))
		if (!extension(&rest, out))
			return false;
	*in = rest;
	return true;
}

void irl_ipv6_write(uint8_t to[IRL_IPV6_HEADER], const struct irl_ipv6 *ip)
{
	struct header h = {
	    .version_class_flow =
		irl_wire32(6u << 28 | (uint32_t)ip->traffic_class << 20),
	    .payload_length = irl_wire16(ip->payload_length),
	    .next_header = ip->next_header,
	    .hop_limit = ip->hop_limit,
	};

	memcpy(h.source, ip->source, 16);
	memcpy(h.dest, ip->dest, 16);
	memcpy(to, &h, sizeof(h));
}

uint64_t irl_ipv6_pseudo(const uint8_t source[16], const uint8_t dest[16],
			 uint8_t protocol, uint32_t length)
{
	uint64_t sum = irl_checksum_add(0, source, 16);

	return irl_checksum_add(sum, dest, 16) + (length >> 16) +
	       (length & 0xffff) + protocol;
}
