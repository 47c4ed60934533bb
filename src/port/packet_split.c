// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "port/packet_split.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#define IP 14u
#define FLAG_CWR 0x80 /* RFC 3168: of the first segment only */

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* Where TCP begins, or 0: no other header may be between. */
static uint32_t find_tcp(const uint8_t *frame, uint32_t have)
{
	uint32_t header;

	if (have < IP + 20)
		return 0;
	if (get16(frame + 12) == 0x86dd)
		return frame[IP + 6] == IRL_IPV4_TCP ? IP + 40 : 0;
	header = (frame[IP] & 15u) * 4;
	if (get16(frame + 12) != 0x0800 || header < 20 ||
	    frame[IP + 9] != IRL_IPV4_TCP || get16(frame + IP + 6) & 0x3fff)
		return 0;
	return IP + header;
}

/* Where the packet ends; what is behind is padding. */
static uint32_t find_end(const uint8_t *frame)
{
	if (get16(frame + 12) == 0x86dd)
		return IP + 40 + get16(frame + IP + 4);
	return IP + get16(frame + IP + 2);
}

bool irl_split_begin(struct irl_split *split, const uint8_t *frame,
		     uint32_t have, uint32_t length)
{
	uint32_t tcp = find_tcp(frame, have), data, end;

	if (!tcp || have < tcp + IRL_TCP_HEADER)
		return false;
	end = find_end(frame);
	if (end > length)
		return false;
	have = have < end ? have : end;
	data = tcp + (frame[tcp + 12] >> 4) * 4u;
	if (data < tcp + IRL_TCP_HEADER || data >= have ||
	    frame[tcp + 13] & (IRL_TCP_SYN | IRL_TCP_RST | IRL_TCP_URG))
		return false;
	*split = (struct irl_split){.frame = frame,
				    .tcp = tcp,
				    .data = data,
				    .at = data,
				    .end = have,
				    .whole = have == end};
	return true;
}

static void set_lengths(const struct irl_split *split, uint8_t *to,
			uint32_t length)
{
	uint32_t nth =
	    (split->at - split->data) / (IRL_FRAME_MAX - split->data);

	if (get16(to + 12) == 0x86dd) {
		put16(to + IP + 4, length - IP - 40);
	} else {
		put16(to + IP + 2, length - IP);
		put16(to + IP + 4, get16(to + IP + 4) + nth);
	}
}

static void set_tcp(const struct irl_split *split, uint8_t *tcp, bool last)
{
	uint32_t ahead = split->at - split->data;
	uint32_t seq = (get16(tcp + 4) << 16 | get16(tcp + 6)) + ahead;

	put16(tcp + 4, seq >> 16);
	put16(tcp + 6, seq);
	if (!last)
		tcp[13] &= (uint8_t) ~(IRL_TCP_FIN | IRL_TCP_PSH);
	if (ahead)
		tcp[13] &= (uint8_t)~FLAG_CWR;
}

uint32_t irl_split_next(struct irl_split *split, uint8_t to[IRL_FRAME_MAX])
{
	uint32_t most = IRL_FRAME_MAX - split->data;
	uint32_t left = split->end - split->at;
	uint32_t size = left < most ? left : most, length = split->data + size;

	memcpy(to, split->frame, split->data);
	memcpy(to + split->data, split->frame + split->at, size);
	set_lengths(split, to, length);
	set_tcp(split, to + split->tcp, split->whole && size == left);
	irl_checksum_fill(to, length);
	split->at += size;
	return length;
}
