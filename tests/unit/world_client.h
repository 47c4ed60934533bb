/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TCP client of a few lines, to try the world's server with: it takes data in
 * order only, acknowledges each segment, and sends again what is not answered
 * within a second.  It shares src/wire with the server, no more.
 */
#ifndef IRL_TESTS_WORLD_CLIENT_H
#define IRL_TESTS_WORLD_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <irl/frame.h>
#include <irl/world.h>
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#define WORLD_CLIENT 0x0a000003u
#define WORLD_AGAIN_NS 1000000000ull

static const uint8_t world_client_mac[6] = {2, 'i', 'r', 'l', 0, 1};
static const uint8_t world_server_mac[6] = {2, 'i', 'r', 'l', 0, 2};

struct world_request {
	const char *text;
	bool early;      /* in the handshake's ACK */
	bool options;    /* offer scale, SACK, timestamps */
	bool reset;      /* end by RST as soon as all is there */
	uint16_t window; /* 0: 65,535 */
	uint16_t mss;    /* 0: 1,460 */
};

enum world_stage {
	WORLD_CONNECTING,
	WORLD_ASKING, /* the request is not acknowledged as a whole */
	WORLD_READING,
	WORLD_ENDING, /* our FIN is sent */
	WORLD_ENDED,
	WORLD_REFUSED, /* by RST */
};

struct world_fetcher {
	const struct world_request *request;
	struct irl_world_service service;
	uint32_t server;
	uint16_t server_port, port;
	enum world_stage stage;
	uint32_t seq, isn;    /* next to send; ours */
	uint32_t theirs, got; /* their first data's number; bytes in order */
	uint32_t time;        /* their last timestamp */
	uint32_t acked;       /* bytes of the request */
	uint32_t credit;      /* that their window takes */
	uint64_t hash;        /* FNV of the stream so far */
	uint64_t again_ns;
	bool timed, their_end, wrong;
	uint8_t tries;
};

/* A frame of the fetcher's; returns its length. */
static inline uint32_t world_client_frame(const struct world_fetcher *f,
					  uint8_t flags, uint32_t seq,
					  const void *data, uint32_t length,
					  uint8_t *to)
{
	static const uint8_t syn_options[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
					      0, 9, 0, 0,    0, 0, 1, 3,  3, 0};
	uint8_t options[40] = {0};
	struct irl_eth eth = {.type = IRL_ETH_IPV4};
	struct irl_ipv4 ip = {.source = WORLD_CLIENT,
			      .dest = f->server,
			      .ttl = 64,
			      .protocol = IRL_IPV4_TCP};
	struct irl_tcp tcp = {.seq = seq,
			      .ack = f->theirs + f->got + f->their_end,
			      .source = f->port,
			      .dest = f->server_port,
			      .window = f->request->window,
			      .flags = flags};
	size_t size = 0;

	if (!tcp.window)
		tcp.window = 65535;
	if (flags & IRL_TCP_SYN) {
		tcp.ack = 0;
		memcpy(options, syn_options, sizeof(syn_options));
		size = f->request->options ? sizeof(syn_options) : 4;
		if (f->request->mss) {
			options[2] = (uint8_t)(f->request->mss >> 8);
			options[3] = (uint8_t)f->request->mss;
		}
	} else if (f->timed) {
		irl_be32 echo = irl_wire32(f->time);

		memcpy(options, "\x01\x01\x08\x0a\0\0\0\x0a", 8);
		memcpy(options + 8, &echo, 4);
		size = 12;
	}
	tcp.options = irl_bytes(options, size);
	memcpy(eth.dest, world_server_mac, 6);
	memcpy(eth.source, world_client_mac, 6);
	ip.total_length = (uint16_t)(40 + size + length);
	irl_eth_write(to, &eth);
	irl_ipv4_write(to + 14, &ip);
	irl_tcp_write(to + 34, &tcp, ip.source, ip.dest, data, length);
	if (length)
		memcpy(to + 54 + size, data, length);
	return (uint32_t)(54 + size + length);
}

/* Where frames go. */
typedef void (*world_send)(void *context, const uint8_t *frame,
			   uint32_t length);

static inline void world_client_send(struct world_fetcher *f, uint8_t flags,
				     uint32_t seq, const void *data,
				     uint32_t length, world_send send,
				     void *context)
{
	uint8_t frame[IRL_FRAME_MAX];

	send(context, frame,
	     world_client_frame(f, flags, seq, data, length, frame));
}

static inline void world_client_ask(struct world_fetcher *f, world_send send,
				    void *context)
{
	uint32_t left = (uint32_t)strlen(f->request->text) - f->acked;

	if (left > f->credit)
		left = f->credit;
	world_client_send(f, IRL_TCP_ACK | IRL_TCP_PSH, f->isn + 1 + f->acked,
			  f->request->text + f->acked, left, send, context);
}

static inline void world_client_ack(struct world_fetcher *f, world_send send,
				    void *context)
{
	world_client_send(f, IRL_TCP_ACK, f->seq, NULL, 0, send, context);
}

static inline void world_client_begin(struct world_fetcher *f, uint64_t now_ns,
				      world_send send, void *context)
{
	f->stage = WORLD_CONNECTING;
	f->isn = f->server * 2654435761u + f->port * 40503u + f->server_port;
	f->hash = IRL_WORLD_FNV;
	f->again_ns = now_ns + WORLD_AGAIN_NS;
	f->got = f->theirs = 0;
	world_client_send(f, IRL_TCP_SYN, f->isn, NULL, 0, send, context);
	f->seq = f->isn + 1;
}

/* Nothing came for a second: once more. */
static inline void world_client_again(struct world_fetcher *f, uint64_t now_ns,
				      world_send send, void *context)
{
	f->again_ns = now_ns + WORLD_AGAIN_NS;
	f->tries++;
	if (f->stage == WORLD_CONNECTING)
		world_client_send(f, IRL_TCP_SYN, f->isn, NULL, 0, send,
				  context);
	else if (f->stage == WORLD_ASKING)
		world_client_ask(f, send, context);
	else if (f->stage == WORLD_ENDING)
		world_client_send(f, IRL_TCP_FIN | IRL_TCP_ACK, f->seq - 1,
				  NULL, 0, send, context);
	else if (f->stage == WORLD_READING)
		world_client_ack(f, send, context);
}

static inline void world_client_end(struct world_fetcher *f, world_send send,
				    void *context)
{
	if (f->request->reset) {
		world_client_send(f, IRL_TCP_RST, f->seq, NULL, 0, send,
				  context);
		f->stage = WORLD_ENDED;
		return;
	}
	world_client_send(f, IRL_TCP_FIN | IRL_TCP_ACK, f->seq, NULL, 0, send,
			  context);
	f->seq++;
	f->stage = WORLD_ENDING;
}

static inline void world_client_options(struct world_fetcher *f,
					struct irl_bytes o)
{
	while (o.left > 1 && o.at[0] != 0) {
		uint8_t size = o.at[0] == 1 ? 1 : o.at[1];
		irl_be32 time;

		if (o.at[0] == 8) {
			memcpy(&time, o.at + 2, 4);
			f->time = irl_host32(time);
			f->timed = true;
		}
		if (size == 0 || size > o.left)
			return;
		o.at += size;
		o.left -= size;
	}
}

/* In order only; each byte must be that of the truth. */
static inline void world_client_data(struct world_fetcher *f, uint32_t seq,
				     struct irl_bytes data)
{
	uint8_t wanted[IRL_FRAME_MAX];
	uint32_t old = f->theirs + f->got - seq;

	if (old > data.left)
		return;
	data.at += old;
	data.left -= old;
	if (irl_world_stream(&f->service, f->got, wanted,
			     (uint32_t)data.left) != data.left ||
	    memcmp(wanted, data.at, data.left) != 0)
		f->wrong = true;
	f->got += (uint32_t)data.left;
}

static inline void world_client_open(struct world_fetcher *f,
				     const struct irl_tcp *tcp, world_send send,
				     void *context)
{
	f->theirs = tcp->seq + 1;
	f->stage = WORLD_ASKING;
	f->credit = tcp->window;
	if (!f->request->early)
		world_client_ack(f, send, context);
	f->seq = f->isn + 1;
	if (*f->request->text)
		world_client_ask(f, send, context);
	else
		f->stage = WORLD_READING;
}

static inline void world_client_answered(struct world_fetcher *f,
					 const struct irl_tcp *tcp,
					 world_send send, void *context)
{
	uint32_t all = (uint32_t)strlen(f->request->text);
	uint32_t acked = tcp->ack - (f->isn + 1);

	f->credit = tcp->window;
	if (f->stage != WORLD_ASKING || acked <= f->acked || acked > all)
		return;
	f->acked = acked;
	f->seq = f->isn + 1 + acked;
	if (acked == all)
		f->stage = WORLD_READING;
	else
		world_client_ask(f, send, context);
}

/* A segment of this flow. */
static inline void world_client_take(struct world_fetcher *f,
				     const struct irl_tcp *tcp,
				     struct irl_bytes data, uint64_t now_ns,
				     world_send send, void *context)
{
	bool end = tcp->flags & IRL_TCP_FIN;

	if (f->stage >= WORLD_ENDED)
		return;
	if (tcp->flags & IRL_TCP_RST) {
		f->stage =
		    f->stage == WORLD_ENDING ? WORLD_ENDED : WORLD_REFUSED;
		return;
	}
	f->again_ns = now_ns + WORLD_AGAIN_NS;
	world_client_options(f, tcp->options);
	if (tcp->flags & IRL_TCP_SYN) {
		if (f->stage == WORLD_CONNECTING)
			world_client_open(f, tcp, send, context);
		else
			world_client_ack(f, send, context);
		return;
	}
	if (f->stage == WORLD_CONNECTING)
		return;
	world_client_answered(f, tcp, send, context);
	if (data.left)
		world_client_data(f, tcp->seq, data);
	if (end && tcp->seq + data.left == f->theirs + f->got)
		f->their_end = true;
	if (f->stage == WORLD_ENDING && tcp->ack == f->seq && f->their_end) {
		world_client_ack(f, send, context);
		f->stage = WORLD_ENDED;
		return;
	}
	if (f->stage == WORLD_READING && f->service.stream &&
	    f->got == f->service.stream &&
	    (f->their_end || !f->service.closes)) {
		world_client_end(f, send, context);
		return;
	}
	if (data.left || end)
		world_client_ack(f, send, context);
}

/* A frame to the client; false: not a sound segment of the world. */
static inline bool world_client_read(const uint8_t *frame, uint32_t length,
				     struct irl_ipv4 *ip, struct irl_tcp *tcp,
				     struct irl_bytes *data)
{
	struct irl_bytes in = irl_bytes(frame, length);
	struct irl_eth eth;

	if (!irl_checksum_valid(frame, length) || !irl_eth_parse(&in, &eth) ||
	    eth.type != IRL_ETH_IPV4 || !irl_ipv4_parse(&in, ip) ||
	    ip->protocol != IRL_IPV4_TCP || !irl_tcp_parse(&in, tcp))
		return false;
	*data = in;
	return true;
}

#endif
