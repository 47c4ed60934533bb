// SPDX-License-Identifier: BSD-2-Clause
#include "wire/ipv4.h"
#include "wire/checksum.h"

struct header {
	uint8_t version_length, tos;
	irl_be16 total_length, id, fragment;
	uint8_t ttl, protocol;
	irl_be16 checksum;
	irl_be32 source, dest;
};
_Static_assert(sizeof(struct header) == IRL_IPV4_HEADER, "on the wire");

#define DONT_FRAGMENT 0x4000
#define MORE_FRAGMENTS 0x2000

static void decode(const struct header *h, struct irl_ipv4 *out)
{
	uint16_t fragment = irl_host16(h->fragment);

	*out = (struct irl_ipv4){
	    .source = irl_host32(h->source),
	    .dest = irl_host32(h->dest),
	    .total_length = irl_host16(h->total_length),
	    .id = irl_host16(h->id),
	    .fragment_offset = (uint16_t)((fragment & 0x1fff) << 3),
	    .checksum = irl_host16(h->checksum),
	    .header_length = (uint8_t)((h->version_length & 15) * 4),
	    .tos = h->tos,
	    .ttl = h->ttl,
	    .protocol = h->protocol,
	    .dont_fragment = fragment & DONT_FRAGMENT,
	    .more_fragments = fragment & MORE_FRAGMENTS,
	};
}

bool irl_ipv4_parse(struct irl_bytes *in, struct irl_ipv4 *out)
{
	struct irl_bytes rest = *in;
	const struct header *h = irl_bytes_take(&rest, sizeof(*h));
	size_t payload;

	if (!h || h->version_length >> 4 != 4)
		return false;
	decode(h, out);
	if (out->header_length < IRL_IPV4_HEADER ||
	    out->total_length < out->header_length ||
	    !irl_bytes_take(&rest, out->header_length - IRL_IPV4_HEADER))
		return false;
	payload = (size_t)(out->total_length - out->header_length);
	out->cut = payload > rest.left;
	if (!out->cut)
		rest.left = payload;
	*in = rest;
	return true;
}

bool irl_ipv4_sound(struct irl_bytes in)
{
	struct irl_bytes rest = in;
	struct irl_ipv4 ip;

	return irl_ipv4_parse(&rest, &ip) &&
	       !irl_checksum_finish(
		   irl_checksum_add(0, in.at, ip.header_length));
}

void irl_ipv4_write(uint8_t to[IRL_IPV4_HEADER], const struct irl_ipv4 *ip)
{
	uint16_t fragment =
	    (uint16_t)(ip->fragment_offset >> 3 |
		       (ip->dont_fragment ? DONT_FRAGMENT : 0) |
		       (ip->more_fragments ? MORE_FRAGMENTS : 0));
	struct header *h = (struct header *)to;
	/* From the fields: to read back what was just stored in other pieces
	 * would stall. */
	uint64_t sum = 0x4500u + ip->tos + ip->total_length + ip->id + fragment;

	sum += (uint32_t)ip->ttl << 8 | ip->protocol;
	sum = irl_checksum_word32(sum, ip->source);
	sum = irl_checksum_word32(sum, ip->dest);
	h->version_length = 0x45;
	h->tos = ip->tos;
	h->total_length = irl_wire16(ip->total_length);
	h->id = irl_wire16(ip->id);
	h->fragment = irl_wire16(fragment);
	h->ttl = ip->ttl;
	h->protocol = ip->protocol;
	h->checksum = irl_wire16(irl_checksum_finish(sum));
	h->source = irl_wire32(ip->source);
	h->dest = irl_wire32(ip->dest);
}
