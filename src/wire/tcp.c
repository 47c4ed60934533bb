// SPDX-License-Identifier: BSD-2-Clause
#include "wire/tcp.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"

struct header {
	irl_be16 source, dest;
	irl_be32 seq, ack;
	uint8_t offset, flags;
	irl_be16 window, checksum, urgent;
};
_Static_assert(sizeof(struct header) == IRL_TCP_HEADER, "on the wire");

bool irl_tcp_parse(struct irl_bytes *in, struct irl_tcp *out)
{
	struct irl_bytes rest = *in;
	const struct header *h = irl_bytes_take(&rest, sizeof(*h));
	size_t length, options;

	if (!h)
		return false;
	length = (size_t)(h->offset >> 4) * 4;
	if (length < IRL_TCP_HEADER)
		return false;
	options = length - IRL_TCP_HEADER;
	*out = (struct irl_tcp){
	    .source = irl_host16(h->source),
	    .dest = irl_host16(h->dest),
	    .seq = irl_host32(h->seq),
	    .ack = irl_host32(h->ack),
	    .header_length = (uint8_t)length,
	    .flags = h->flags,
	    .window = irl_host16(h->window),
	    .checksum = irl_host16(h->checksum),
	    .urgent = irl_host16(h->urgent),
	    .options = {rest.at, options},
	};
	if (!irl_bytes_take(&rest, options))
		return false;
	*in = rest;
	return true;
}

uint16_t irl_tcp_mss(struct irl_bytes options)
{
	while (options.left) {
		uint8_t kind = options.at[0], length;

		if (kind == 0)
			return 0;
		if (kind == 1) {
			irl_bytes_take(&options, 1);
			continue;
		}
		if (options.left < 2)
			return 0;
		length = options.at[1];
		if (length < 2 || length > options.left)
			return 0;
		if (kind == 2 && length == 4)
			return (uint16_t)(options.at[2] << 8 | options.at[3]);
		irl_bytes_take(&options, length);
	}
	return 0;
}

size_t irl_tcp_write(uint8_t *to, const struct irl_tcp *tcp, uint32_t source,
		     uint32_t dest, const void *data, size_t length)
{
	size_t size = IRL_TCP_HEADER + tcp->options.left;
	struct header h = {
	    .source = irl_wire16(tcp->source),
	    .dest = irl_wire16(tcp->dest),
	    .seq = irl_wire32(tcp->seq),
	    .ack = irl_wire32(tcp->ack),
	    .offset = (uint8_t)(size / 4 << 4),
	    .flags = tcp->flags,
	    .window = irl_wire16(tcp->window),
	    .urgent = irl_wire16(tcp->urgent),
	};
	uint64_t sum = irl_checksum_pseudo(source, dest, IRL_IPV4_TCP,
					   (uint16_t)(size + length));

	sum = irl_checksum_add(sum, &h, sizeof(h));
	sum = irl_checksum_add(sum, tcp->options.at, tcp->options.left);
	sum = irl_checksum_add(sum, data, length);
	h.checksum = irl_wire16(irl_checksum_finish(sum));
	memcpy(to, &h, sizeof(h));
	if (tcp->options.left)
		memcpy(to + sizeof(h), tcp->options.at, tcp->options.left);
	return size;
}
