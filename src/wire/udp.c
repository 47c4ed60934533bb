// SPDX-License-Identifier: BSD-2-Clause
#include "wire/udp.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"

struct header {
	irl_be16 source, dest, length, checksum;
};
_Static_assert(sizeof(struct header) == IRL_UDP_HEADER, "on the wire");

bool irl_udp_parse(struct irl_bytes *in, struct irl_udp *out)
{
	struct irl_bytes rest = *in;
	const struct header *h = irl_bytes_take(&rest, sizeof(*h));

	if (!h || irl_host16(h->length) < IRL_UDP_HEADER)
		return false;
	*out = (struct irl_udp){
	    .source = irl_host16(h->source),
	    .dest = irl_host16(h->dest),
	    .length = irl_host16(h->length),
	    .checksum = irl_host16(h->checksum),
	};
	if (rest.left > out->length - IRL_UDP_HEADER)
		rest.left = out->length - IRL_UDP_HEADER;
	*in = rest;
	return true;
}

void irl_udp_write(uint8_t to[IRL_UDP_HEADER], const struct irl_udp *udp,
		   uint32_t source, uint32_t dest, const void *data,
		   size_t length)
{
	uint16_t size = (uint16_t)(IRL_UDP_HEADER + length);
	struct header h = {
	    .source = irl_wire16(udp->source),
	    .dest = irl_wire16(udp->dest),
	    .length = irl_wire16(size),
	};
	uint64_t sum = irl_checksum_pseudo(source, dest, IRL_IPV4_UDP, size);
	uint16_t value;

	sum = irl_checksum_add(sum, &h, sizeof(h));
	value = irl_checksum_finish(irl_checksum_add(sum, data, length));
	h.checksum = irl_wire16(value ? value : 0xffff);
	memcpy(to, &h, sizeof(h));
}
