// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "bench/tcp_peer.h"

#define IP 14u
#define TCP 34u
#define SYN 0x02
#define RST 0x04
#define PSH_ACK 0x18
#define SYN_ACK 0x12

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

int bench_peer_take(const uint8_t *frame, uint32_t length,
		    struct bench_peer_segment *answer)
{
	const uint8_t *tcp = frame + TCP;
	uint32_t header, body;

	if (length < 54 || frame[IP] != 0x45 || tcp[13] & RST)
		return 0;
	header = (uint32_t)(tcp[12] >> 4) * 4;
	body = get16(frame + IP + 2) - 20u - header;
	if (!(tcp[13] & SYN) && body == 0)
		return 0;
	*answer = (struct bench_peer_segment){
	    .client = get32(frame + IP + 12),
	    .server = get32(frame + IP + 16),
	    .client_port = get16(tcp),
	    .server_port = get16(tcp + 2),
	    .seq = tcp[13] & SYN ? 0x1000 : get32(tcp + 8),
	    .ack = get32(tcp + 4) + (tcp[13] & SYN ? 1 : body),
	    .body = tcp[13] & SYN ? 0 : BENCH_PEER_BODY,
	};
	memcpy(answer->macs, frame + 6, 6);
	memcpy(answer->macs + 6, frame, 6);
	return 1;
}

static uint32_t sum(const uint8_t *p, uint32_t length)
{
	uint32_t s = 0;

	for (uint32_t i = 0; i < length; i += 2)
		s += get16(p + i);
	return s;
}

static uint16_t fold(uint32_t s)
{
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

/* MSS 1,460 (RFC 9293, 3.7.1) in a SYN-ACK; the body is all 'x'. */
uint32_t bench_peer_make(const struct bench_peer_segment *answer,
			 uint8_t *frame)
{
	static const uint8_t mss[4] = {2, 4, 1460 >> 8, 1460 & 255};
	uint32_t header = answer->body ? 20 : 24;
	uint32_t segment = header + answer->body, length = TCP + segment;
	uint8_t *ip = frame + IP, *tcp = frame + TCP;

	memset(frame, 0, TCP + header);
	memcpy(frame, answer->macs, 12);
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 20 + segment);
	put16(ip + 6, 0x4000);
	ip[8] = 64;
	ip[9] = 6;
	put32(ip + 12, answer->server);
	put32(ip + 16, answer->client);
	put16(ip + 10, fold(sum(ip, 20)));
	put16(tcp, answer->server_port);
	put16(tcp + 2, answer->client_port);
	put32(tcp + 4, answer->seq);
	put32(tcp + 8, answer->ack);
	tcp[12] = (uint8_t)(header / 4 << 4);
	tcp[13] = answer->body ? PSH_ACK : SYN_ACK;
	put16(tcp + 14, 65535);
	if (!answer->body)
		memcpy(tcp + 20, mss, sizeof(mss));
	memset(tcp + header, 'x', answer->body);
	put16(tcp + 16,
	      fold(sum(tcp, segment) + sum(ip + 12, 8) + 6 + segment));
	if (length < 60)
		memset(frame + length, 0, 60 - length);
	return length < 60 ? 60 : length;
}
