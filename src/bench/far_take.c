// SPDX-License-Identifier: BSD-2-Clause
/*
 * The far end's look at a frame.  Its server keeps nothing: a SYN gets a
 * SYN-ACK, a segment with data (the request) gets the answer, all else nothing.
 */
#include <stdio.h>
#include <string.h>
#include <irl/net.h>
#include "bench/far.h"

#define IP_AT 14u
#define L4_AT 34u
#define TCP_HEADER 20u
#define FIN 1u
#define SYN 2u
#define RST 4u
#define PSH 8u
#define ACK 16u
#define SERVER_SEQ 1000u

static const char page[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

bool bench_is_nobodys(const struct bench_range *range)
{
	static const struct bench_range some[] = {
	    {0x0a000000, 1u << 24}, {0xac100000, 1u << 20},
	    {0xc0a80000, 1u << 16}, {0xc6120000, 1u << 17},
	    {0xa9fe0000, 1u << 16},
	};

	for (unsigned i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		if (range->count <= some[i].count &&
		    range->first >= some[i].first &&
		    range->first - some[i].first <=
			some[i].count - range->count)
			return true;
	return false;
}

int bench_range_read(const char *text, struct bench_range *out,
		     struct irl_error *err)
{
	char address[32], rest;
	unsigned length;
	struct irl_ip ip;

	if (sscanf(text, "%31[0-9.]/%u%c", address, &length, &rest) != 2 ||
	    !irl_ip_read(address, &ip) || length < 8 || length > 24)
		return irl_error_set(err, IRL_EINVAL,
				     "'%s' is no range: give one of /8 to "
				     "/24, such as " BENCH_FAR_RANGE,
				     text);
	out->count = 1u << (32 - length);
	out->first = irl_ip_addr4(&ip) & ~(out->count - 1);
	if (!bench_is_nobodys(out))
		return irl_error_set(err, IRL_EINVAL,
				     "%s belongs to others: give a part of "
				     "10.0.0.0/8, 172.16.0.0/12, "
				     "192.168.0.0/16 or " BENCH_FAR_RANGE,
				     text);
	return 0;
}

/* With the pseudo header; @bytes from the transport header on. */
static uint32_t transport_sum(const uint8_t *f, uint32_t bytes)
{
	uint32_t sum = bench_sum(f + 26, 8) + f[23] + bytes;

	sum += bench_sum(f + L4_AT, bytes);
	if (bytes % 2)
		sum += (uint32_t)f[L4_AT + bytes - 1] << 8;
	return bench_folded(sum);
}

static void take_datagram(struct bench_far_count *count, const uint8_t *f,
			  uint32_t bytes)
{
	if (bytes >= 8 + BENCH_DATAGRAM_MIN && bench_get16(f + 38) == bytes &&
	    !memcmp(f + BENCH_DATAGRAM_HEADERS, BENCH_DATAGRAM_MARK,
		    BENCH_DATAGRAM_MARK_BYTES))
		count->frames++;
	else
		count->damaged++;
}

/* Back to where @f came from. */
static uint32_t reply_to(const uint8_t *f, uint8_t *to, uint32_t seq,
			 uint32_t ack, uint8_t flags, const char *data,
			 uint32_t bytes)
{
	uint32_t total = 40 + bytes, length = IP_AT + total;

	memset(to, 0, 60);
	memcpy(to, f + 6, 6);
	memcpy(to + 6, f, 6);
	bench_put16(to + 12, 0x0800);
	to[IP_AT] = 0x45;
	bench_put16(to + IP_AT + 2, total);
	to[IP_AT + 8] = 64;
	to[IP_AT + 9] = 6;
	memcpy(to + 26, f + 30, 4);
	memcpy(to + 30, f + 26, 4);
	bench_put16(to + 24, ~bench_folded(bench_sum(to + IP_AT, 20)));
	memcpy(to + L4_AT, f + L4_AT + 2, 2);
	memcpy(to + L4_AT + 2, f + L4_AT, 2);
	bench_put32(to + L4_AT + 4, seq);
	bench_put32(to + L4_AT + 8, ack);
	to[L4_AT + 12] = 0x50;
	to[L4_AT + 13] = flags;
	bench_put16(to + L4_AT + 14, 65535);
	memcpy(to + L4_AT + TCP_HEADER, data, bytes);
	bench_put16(to + L4_AT + 16, ~transport_sum(to, TCP_HEADER + bytes));
	return length < 60 ? 60 : length;
}

static uint32_t take_segment(struct bench_far_count *count, const uint8_t *f,
			     uint32_t bytes, uint8_t *reply)
{
	uint32_t seq = bench_get32(f + L4_AT + 4);
	uint32_t header = (uint32_t)(f[L4_AT + 12] >> 4) * 4;
	uint8_t flags = f[L4_AT + 13];

	if (header < TCP_HEADER || header > bytes || (flags & RST))
		return 0;
	if ((flags & (SYN | ACK)) == SYN)
		return reply_to(f, reply, SERVER_SEQ, seq + 1, SYN | ACK, "",
				0);
	if (bytes == header || !(flags & ACK))
		return 0;
	count->answered++;
	return reply_to(f, reply, bench_get32(f + L4_AT + 8),
			seq + bytes - header, PSH | ACK, page,
			sizeof(page) - 1);
}

uint32_t bench_far_take(struct bench_far_count *count,
			const struct irl_frame *frame, uint8_t *reply)
{
	const uint8_t *f = frame->data;
	uint32_t total;

	if (frame->length < 54 || bench_get16(f + 12) != 0x0800 ||
	    f[IP_AT] != 0x45)
		return 0;
	total = bench_get16(f + IP_AT + 2);
	if (total > frame->length - IP_AT || total < 28 ||
	    bench_get16(f + L4_AT + 2) != BENCH_FAR_GOAL)
		return 0;
	if (f[23] == 17)
		take_datagram(count, f, total - 20);
	else if (f[23] == 6 && total >= 40)
		return take_segment(count, f, total - 20, reply);
	return 0;
}
