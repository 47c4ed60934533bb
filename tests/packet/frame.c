// SPDX-License-Identifier: BSD-2-Clause
#include "frame.h"
#include "octets.h"
#include <string.h>

#define ETH 14u

/* ---- checksums ---------------------------------------------------------- */

static uint32_t sum(uint32_t so_far, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		so_far += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	return so_far;
}

static uint16_t folded(uint32_t value)
{
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return (uint16_t)value;
}

static uint32_t pseudo(const struct flow *flow, uint8_t protocol, size_t length)
{
	size_t skip = flow->v6 ? 0 : 12;
	uint32_t value = sum(0, flow->ours.byte + skip, 16 - skip);

	value = sum(value, flow->peer.byte + skip, 16 - skip);
	return value + protocol + (uint32_t)length;
}

/* ---- IP ----------------------------------------------------------------- */

static const struct irl_ip stranger4 = {
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 9, 9}};
static const struct irl_ip stranger6 = {{0xfd, [15] = 0x99}};
static const struct irl_ip group4 = {
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 224, 0, 0, 1}};
static const struct irl_ip group6 = {{0xff, 0x02, [15] = 1}};

static void put_ip4(uint8_t *ip, const struct flow *flow, uint32_t header,
		    uint32_t payload, const struct oddity *odd)
{
	memset(ip, 0, header);
	ip[0] = (uint8_t)(0x40 | header / 4);
	ip[1] = (uint8_t)odd->tos;
	put16(ip + 2, header + payload);
	put16(ip + 4, 0x1234);
	put16(ip + 6, odd->fragment ? 0x2000 : odd->later ? 3 : 0);
	ip[8] = odd->ttl ? (uint8_t)odd->ttl : 64;
	ip[9] = 6;
	memcpy(ip + 12, flow->peer.byte + 12, 4);
	memcpy(ip + 16, flow->ours.byte + 12, 4);
	if (odd->ip_options) { /* NOPs and an end */
		memset(ip + 20, 1, header - 20);
		ip[header - 1] = 0;
	}
	put16(ip + 10,
	      (uint32_t)~folded(sum(0, ip, header)) + odd->bad_ip_checksum);
}

static void put_ip6(uint8_t *ip, const struct flow *flow, uint32_t header,
		    uint32_t payload, const struct oddity *odd)
{
	memset(ip, 0, header);
	put32(ip, 6u << 28 | odd->tos << 20);
	put16(ip + 4, payload + header - 40);
	ip[6] = odd->ip_options ? 0 : odd->fragment || odd->later ? 44 : 6;
	ip[7] = odd->ttl ? (uint8_t)odd->ttl : 64;
	memcpy(ip + 8, flow->peer.byte, 16);
	memcpy(ip + 24, flow->ours.byte, 16);
	if (ip[6] == 6)
		return;
	ip[40] = 6;
	if (odd->ip_options)
		ip[42] = 1, ip[43] = 4; /* PadN */
	else
		put16(ip + 42, odd->later ? 24 : 1);
}

/* Ethernet and IP in front of @payload bytes; returns the headers' length. */
static uint32_t put_headers(uint8_t *frame, const struct flow *flow,
			    uint32_t payload, const struct oddity *odd)
{
	bool more =
	    odd->ip_options || (flow->v6 && (odd->fragment || odd->later));
	uint32_t header = (flow->v6 ? 40u : 20u) + (more ? 8 : 0);
	uint8_t inner[FRAME_ROOM];

	memcpy(inner, frame, payload);
	memcpy(frame + ETH + header, inner, payload);
	memcpy(frame, flow->our_mac, 6);
	memcpy(frame + 6, flow->peer_mac, 6);
	put16(frame + 12, flow->v6 ? 0x86dd : 0x0800);
	(flow->v6 ? put_ip6 : put_ip4)(frame + ETH, flow, header, payload, odd);
	return ETH + header;
}

/* ---- options ------------------------------------------------------------ */

static unsigned put_sack(uint8_t *to, const struct option *option, uint32_t isn)
{
	to[0] = OPT_SACK;
	to[1] = (uint8_t)(2 + 8 * option->blocks);
	for (unsigned i = 0; i < option->blocks; i++) {
		put32(to + 2 + 8 * i, option->block[i][0] + isn);
		put32(to + 6 + 8 * i, option->block[i][1] + isn);
	}
	return to[1];
}

static unsigned put_option(uint8_t *to, const struct option *option,
			   uint32_t isn)
{
	to[0] = option->kind;
	switch (option->kind) {
	case OPT_MSS:
		to[1] = 4;
		put16(to + 2, option->value[0].value);
		return 4;
	case OPT_SCALE:
		to[1] = 3;
		to[2] = (uint8_t)option->value[0].value;
		return 3;
	case OPT_SACK_OK:
		to[1] = 2;
		return 2;
	case OPT_SACK:
		return put_sack(to, option, isn);
	case OPT_TS:
		to[1] = 10;
		put32(to + 2, option->value[0].value);
		put32(to + 6, option->value[1].value);
		return 10;
	case OPT_RAW:
		memcpy(to, option->raw, option->raw_length);
		return option->raw_length;
	default:
		return 1;
	}
}

static uint32_t put_options(uint8_t *to, const struct flow *flow,
			    const struct segment *segment)
{
	uint32_t length = 0;

	for (unsigned i = 0; i < segment->options; i++)
		length +=
		    put_option(to + length, &segment->option[i], flow->our_isn);
	while (length % 4)
		to[length++] = 0;
	return length;
}

/* ---- to the stack ------------------------------------------------------- */

static void put_data(uint8_t *to, const struct segment *segment)
{
	uint32_t offset = segment->seq.value - !(segment->flags & SYN);

	for (uint32_t i = 0; i < segment->length; i++)
		to[i] = segment->odd.junk ? 0xee : peer_byte(offset + i);
}

static uint32_t put_tcp(uint8_t *tcp, const struct flow *flow,
			const struct segment *segment)
{
	const struct oddity *odd = &segment->odd;
	uint32_t header = 20 + put_options(tcp + 20, flow, segment);
	uint32_t length = header + segment->length;
	uint32_t words = odd->offset ? odd->offset : header / 4;

	put16(tcp, odd->sport ? odd->sport : flow->peer_port);
	put16(tcp + 2, odd->dport ? odd->dport : flow->our_port);
	put32(tcp + 4, segment->seq.value + flow->peer_isn);
	put32(tcp + 8, segment->flags & ACK ? segment->ack.value + flow->our_isn
					    : segment->ack.value);
	tcp[12] = (uint8_t)(words << 4 | odd->reserved);
	tcp[13] = segment->flags;
	put16(tcp + 14, segment->win.value);
	put16(tcp + 16, 0);
	put16(tcp + 18, segment->urg.kind == EXACT ? segment->urg.value : 0);
	put_data(tcp + header, segment);
	if (odd->partial_checksum)
		put16(tcp + 16, folded(pseudo(flow, 6, length)));
	else
		put16(tcp + 16, (uint32_t)~folded(
				    sum(pseudo(flow, 6, length), tcp, length)) +
				    odd->bad_checksum);
	return length;
}

uint32_t frame_write(uint8_t *frame, const struct flow *flow,
		     const struct segment *segment)
{
	const struct oddity *odd = &segment->odd;
	struct flow from = *flow;
	uint32_t tcp, length;

	if (odd->other_host)
		from.peer = flow->v6 ? stranger6 : stranger4;
	if (odd->group)
		from.peer = flow->v6 ? group6 : group4;
	if (odd->to_group)
		from.ours = flow->v6 ? group6 : group4;
	tcp = put_tcp(frame, &from, segment);
	length = put_headers(frame, &from, tcp, odd) + tcp;
	for (; odd->pad && length < 80; length++)
		frame[length] = 0xaa;
	return length - odd->cut;
}

/* ---- from the stack ----------------------------------------------------- */

static void read_sack(struct option *out, const uint8_t *at, uint32_t isn)
{
	out->blocks = (at[1] - 2u) / 8;
	for (unsigned i = 0; i < out->blocks && i < 4; i++) {
		out->block[i][0] = get32(at + 2 + 8 * i) - isn;
		out->block[i][1] = get32(at + 6 + 8 * i) - isn;
	}
}

/* @length bytes at most; returns the option's length or 0. */
static unsigned read_option(struct option *out, const uint8_t *at,
			    unsigned length, uint32_t isn)
{
	static const uint8_t sizes[] = {
	    [OPT_MSS] = 4, [OPT_SCALE] = 3, [OPT_SACK_OK] = 2, [OPT_TS] = 10};

	out->kind = at[0];
	if (at[0] == OPT_NOP || at[0] == OPT_EOL)
		return 1;
	if (length < 2 || at[1] < 2 || at[1] > length || at[0] > OPT_TS)
		return 0;
	if (at[0] == OPT_SACK) {
		if (at[1] < 10 || (at[1] - 2) % 8)
			return 0;
		read_sack(out, at, isn);
		return at[1];
	}
	if (at[1] != sizes[at[0]])
		return 0;
	if (at[0] == OPT_MSS)
		out->value[0].value = get16(at + 2);
	if (at[0] == OPT_SCALE)
		out->value[0].value = at[2];
	if (at[0] == OPT_TS) {
		out->value[0].value = get32(at + 2);
		out->value[1].value = get32(at + 6);
	}
	return at[1];
}

static const char *read_options(struct segment *out, const uint8_t *at,
				unsigned length, uint32_t isn)
{
	out->options_given = true;
	while (length) {
		struct option *option = &out->option[out->options];
		unsigned used;

		if (out->options == 16)
			return "too many options";
		used = read_option(option, at, length, isn);
		if (!used)
			return "a malformed option";
		if (option->kind == OPT_EOL) {
			while (length && !*at)
				at++, length--;
			return length ? "padding that is not zero (MUST-69)"
				      : NULL;
		}
		out->options++;
		at += used;
		length -= used;
	}
	return NULL;
}

static const char *check_data(const struct segment *segment,
			      const uint8_t *data)
{
	for (uint32_t i = 0; i < segment->length; i++)
		if (data[i] != our_byte(segment->seq.value - 1 + i))
			return "data that was never sent";
	return NULL;
}

static const char *read_tcp(struct segment *out, struct flow *flow, bool learn,
			    const uint8_t *tcp, uint32_t length)
{
	uint32_t header = (tcp[12] >> 4) * 4u;
	const char *wrong;

	if (length < 20 || header < 20 || header > length)
		return "a wrong data offset";
	if (folded(sum(pseudo(flow, 6, length), tcp, length)) != 0xffff)
		return "a wrong checksum (MUST-2)";
	if (tcp[12] & 0xf)
		return "reserved bits that are set";
	if (learn && tcp[13] == SYN) {
		flow->our_port = (uint16_t)get16(tcp);
		flow->our_isn = get32(tcp + 4);
	}
	out->flags = tcp[13];
	out->seq.value = get32(tcp + 4) - flow->our_isn;
	out->ack.value =
	    out->flags & ACK ? get32(tcp + 8) - flow->peer_isn : get32(tcp + 8);
	out->win.value = get16(tcp + 14);
	out->urg.value = get16(tcp + 18);
	out->length = length - header;
	if (get16(tcp) != flow->our_port || get16(tcp + 2) != flow->peer_port)
		return "a port of no connection";
	wrong = read_options(out, tcp + 20, header - 20, flow->peer_isn);
	if (wrong)
		return wrong;
	return out->flags & SYN ? NULL : check_data(out, tcp + header);
}

/* Returns the TCP segment, or NULL. */
static const uint8_t *read_ip4(struct segment *out, const struct flow *flow,
			       const uint8_t *ip, uint32_t *length)
{
	if (*length < 40 || ip[0] != 0x45 || get16(ip + 2) != *length ||
	    ip[9] != 6 || folded(sum(0, ip, 20)) != 0xffff ||
	    get16(ip + 6) & 0xbfff ||
	    memcmp(ip + 12, flow->ours.byte + 12, 4) ||
	    memcmp(ip + 16, flow->peer.byte + 12, 4))
		return NULL;
	out->odd.tos = ip[1];
	out->odd.ttl = ip[8];
	out->odd.df = ip[6] & 0x40;
	*length -= 20;
	return ip + 20;
}

static const uint8_t *read_ip6(struct segment *out, const struct flow *flow,
			       const uint8_t *ip, uint32_t *length)
{
	if (*length < 60 || ip[0] >> 4 != 6 || get16(ip + 4) != *length - 40 ||
	    ip[6] != 6 || memcmp(ip + 8, flow->ours.byte, 16) ||
	    memcmp(ip + 24, flow->peer.byte, 16))
		return NULL;
	out->odd.tos = get16(ip) >> 4 & 0xff;
	out->odd.ttl = ip[7];
	out->odd.df = true;
	*length -= 40;
	return ip + 40;
}

const char *frame_read(struct segment *out, struct flow *flow, bool learn,
		       const uint8_t *frame, uint32_t length)
{
	const uint8_t *tcp;

	*out = (struct segment){0};
	if (length < ETH || memcmp(frame, flow->peer_mac, 6) ||
	    memcmp(frame + 6, flow->our_mac, 6) ||
	    get16(frame + 12) != (flow->v6 ? 0x86ddu : 0x0800u))
		return "a wrong Ethernet header";
	length -= ETH;
	tcp = (flow->v6 ? read_ip6 : read_ip4)(out, flow, frame + ETH, &length);
	if (!tcp)
		return "a wrong IP header";
	return read_tcp(out, flow, learn, tcp, length);
}

/* ---- ICMP --------------------------------------------------------------- */

/* What the router saw: our packet, cut. */
static uint32_t put_quote(uint8_t *to, const struct flow *flow,
			  const struct icmp_error *error)
{
	uint32_t tcp = error->bytes ? error->bytes : 8;
	uint32_t header = flow->v6 ? 40 : 20;
	struct flow turned = *flow;
	uint8_t whole[20] = {0};

	turned.ours = flow->peer;
	turned.peer = flow->ours;
	if (error->other_host)
		turned.ours = flow->v6 ? stranger6 : stranger4;
	(flow->v6 ? put_ip6 : put_ip4)(to, &turned, header, 1000,
				       &(struct oddity){0});
	put16(whole, flow->our_port + error->other_port);
	put16(whole + 2, flow->peer_port);
	put32(whole + 4, error->seq + flow->our_isn);
	whole[12] = 0x50;
	whole[13] = ACK;
	memset(to + header, 0, tcp);
	memcpy(to + header, whole, tcp < 20 ? tcp : 20);
	return header + tcp;
}

uint32_t frame_write_icmp(uint8_t *frame, const struct flow *flow,
			  const struct icmp_error *error)
{
	uint8_t message[FRAME_ROOM] = {error->type, error->code};
	uint32_t length = 8 + put_quote(message + 8, flow, error), headers;
	uint8_t protocol = flow->v6 ? 58 : 1;
	uint32_t value = flow->v6 ? pseudo(flow, protocol, length) : 0;

	put32(message + 4, error->mtu);
	put16(message + 2, (uint32_t)~folded(sum(value, message, length)) +
			       error->bad_checksum);
	memcpy(frame, message, length);
	headers = put_headers(frame, flow, length, &(struct oddity){0});
	if (flow->v6) {
		frame[ETH + 6] = protocol;
		return headers + length;
	}
	frame[ETH + 9] = protocol;
	put16(frame + ETH + 10, 0);
	put16(frame + ETH + 10, (uint16_t)~folded(sum(0, frame + ETH, 20)));
	return headers + length;
}
