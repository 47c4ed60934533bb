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

/* The next option but NOP; false at the end of the list, or of its sense. */
static bool next_option(struct irl_bytes *in, uint8_t *kind,
			struct irl_bytes *value)
{
	while (in->left && in->at[0] == 1)
		irl_bytes_take(in, 1);
	if (in->left < 2 || in->at[0] == 0 || in->at[1] < 2 ||
	    in->at[1] > in->left)
		return false;
	*kind = in->at[0];
	*value = irl_bytes(in->at + 2, (size_t)(in->at[1] - 2));
	irl_bytes_take(in, in->at[1]);
	return true;
}

uint16_t irl_tcp_mss(struct irl_bytes options)
{
	struct irl_bytes value;
	uint8_t kind;

	while (next_option(&options, &kind, &value))
		if (kind == 2 && value.left == 2)
			return (uint16_t)(value.at[0] << 8 | value.at[1]);
	return 0;
}

static uint32_t word(const uint8_t *at)
{
	irl_be32 wire;

	memcpy(&wire, at, sizeof(wire));
	return irl_host32(wire);
}

static void see_sack(struct irl_bytes value, struct irl_tcp_seen *out)
{
	if (value.left % 8)
		return;
	while (value.left && out->sack_count < IRL_TCP_SACK_BLOCKS) {
		out->sack[out->sack_count].begin = word(value.at);
		out->sack[out->sack_count++].end = word(value.at + 4);
		irl_bytes_take(&value, 8);
	}
}

static void see_option(uint8_t kind, struct irl_bytes value,
		       struct irl_tcp_seen *out)
{
	if (kind == 2 && value.left == 2 && !out->mss) {
		out->mss = (uint16_t)(value.at[0] << 8 | value.at[1]);
	} else if (kind == 3 && value.left == 1) {
		out->scale = value.at[0] > 14 ? 14 : (int8_t)value.at[0];
	} else if (kind == 4 && value.left == 0) {
		out->sack_permitted = true;
	} else if (kind == 5) {
		see_sack(value, out);
	} else if (kind == 8 && value.left == 8) {
		out->timestamps = true;
		out->ts_value = word(value.at);
		out->ts_echo = word(value.at + 4);
	}
}

void irl_tcp_see(struct irl_bytes options, struct irl_tcp_seen *out)
{
	struct irl_bytes value;
	uint8_t kind;

	out->mss = 0;
	out->scale = -1;
	out->sack_permitted = out->timestamps = false;
	out->sack_count = 0;
	while (next_option(&options, &kind, &value))
		see_option(kind, value, out);
}

size_t irl_tcp_write(uint8_t *to, const struct irl_tcp *tcp, uint32_t source,
		     uint32_t dest, const void *data, size_t length)
{
	size_t size = IRL_TCP_HEADER + tcp->options.left + length;

	return irl_tcp_write_over(
	    to, tcp,
	    irl_checksum_pseudo(source, dest, IRL_IPV4_TCP, (uint16_t)size),
	    data, length);
}

size_t irl_tcp_write_over(uint8_t *to, const struct irl_tcp *tcp,
			  uint64_t pseudo, const void *data, size_t length)
{
	size_t size = IRL_TCP_HEADER + tcp->options.left;
	struct header *h = (struct header *)to;
	uint8_t offset = (uint8_t)(size / 4 << 4);
	/* From the fields: to read back what was just stored in other pieces
	 * would stall. */
	uint64_t sum = pseudo + tcp->source + tcp->dest + tcp->window;

	sum += tcp->urgent + ((uint32_t)offset << 8 | tcp->flags);
	sum = irl_checksum_word32(sum, tcp->seq);
	sum = irl_checksum_word32(sum, tcp->ack);
	h->source = irl_wire16(tcp->source);
	h->dest = irl_wire16(tcp->dest);
	h->seq = irl_wire32(tcp->seq);
	h->ack = irl_wire32(tcp->ack);
	h->offset = offset;
	h->flags = tcp->flags;
	h->window = irl_wire16(tcp->window);
	h->urgent = irl_wire16(tcp->urgent);
	if (tcp->options.left) {
		sum = irl_checksum_add(sum, tcp->options.at, tcp->options.left);
		memcpy(h + 1, tcp->options.at, tcp->options.left);
	}
	if (length)
		sum = irl_checksum_add(sum, data, length);
	h->checksum = irl_wire16(irl_checksum_finish(sum));
	return size;
}
