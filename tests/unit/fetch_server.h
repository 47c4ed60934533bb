/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other end of a fetch in one process: servers without state, whose kind
 * the address tells.
 *
 *   fetch --frames--> [ memory link a ==== b --these servers--> b ] --> fetch
 */
#ifndef IRL_TESTS_FETCH_SERVER_H
#define IRL_TESTS_FETCH_SERVER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <irl/link.h>

enum server_kind {
	SERVER_SILENT,
	SERVER_CLOSED,  /* RST */
	SERVER_MUTE,    /* SYN-ACK, and no more */
	SERVER_DEAF,    /* acknowledges data, says nothing */
	SERVER_PAGE,    /* HTTP, with a length */
	SERVER_PAGE_IN, /* HTTP, until its FIN */
	SERVER_OTHER,   /* speaks, but no HTTP */
	SERVER_RESETS,  /* at the request */
	SERVER_KINDS,
};

static inline enum server_kind server_kind(uint32_t addr)
{
	return (enum server_kind)((addr * 2654435761u >> 13) % SERVER_KINDS);
}

static inline uint32_t server_body(uint32_t addr)
{
	return 20 + addr * 40503u % 5000;
}

/* What becomes of a client's FIN. */
enum server_fin {
	SERVER_FIN_LOST,
	SERVER_FIN_ACKED, /* and its own side stays open */
	SERVER_FIN_RETURNED,
};

/* A SYN that is answered later. */
struct server_late {
	uint64_t due_ns;
	unsigned queue;
	uint8_t syn[80];
};

struct server {
	struct irl_port *port;
	uint64_t now_ns;
	/* So long do hosts with pages take for a SYN-ACK; 0: they do not. */
	uint64_t late_ns;
	struct server_late late[4096];
	unsigned late_first, late_count;
	unsigned queues;
	enum server_fin fin;
	uint8_t router; /* for the silent: type 3, this code less 1; 0: none */
	uint64_t syns, resets, frames;
	uint64_t syn_ns[65536]; /* the first, by those 16 bits of the address */
	unsigned from[4]; /* SYNs, by the last two bits of who sent them */
	/* Connections now, by the last 16 bits of the address. */
	unsigned open_host[65536], open_net[256];
	unsigned most_host, most_net;
};

static inline uint32_t server_get(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

static inline void server_put(uint8_t *p, uint32_t v, unsigned bytes)
{
	while (bytes--) {
		p[bytes] = (uint8_t)v;
		v >>= 8;
	}
}

static inline uint32_t server_sum(const uint8_t *p, uint32_t n, uint32_t sum)
{
	for (uint32_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* An answer to the frame @in: flags, numbers, data. */
static inline void server_reply(struct server *s, unsigned queue,
				const uint8_t *in, uint8_t flags, uint32_t seq,
				uint32_t ack, const void *data, uint32_t size)
{
	uint8_t f[1514] = {0};
	struct irl_frame frame = {.data = f, .length = 54 + size};
	enum irl_tx_status status;
	uint32_t sum;

	memcpy(f, in + 6, 6);
	memcpy(f + 6, in, 6);
	memcpy(f + 12, "\x08\x00\x45\x00", 4);
	server_put(f + 16, 40 + size, 2);
	memcpy(f + 22, "\x40\x06", 2);
	memcpy(f + 26, in + 30, 4);
	memcpy(f + 30, in + 26, 4);
	server_put(f + 24, ~server_sum(f + 14, 20, 0), 2);
	memcpy(f + 34, in + 36, 2);
	memcpy(f + 36, in + 34, 2);
	server_put(f + 38, seq, 4);
	server_put(f + 42, ack, 4);
	f[46] = 0x50;
	f[47] = flags;
	server_put(f + 48, 60000, 2);
	if (size)
		memcpy(f + 54, data, size);
	sum = server_sum(f + 26, 8, 6 + 20 + size);
	server_put(f + 50, ~server_sum(f + 34, 20 + size, sum), 2);
	irl_port_send(s->port, queue, &frame, 1, &status);
}

/* A router's word about the frame @in. */
static inline void server_unreachable(struct server *s, unsigned queue,
				      const uint8_t *in, uint8_t code)
{
	uint8_t f[70] = {0};
	struct irl_frame frame = {.data = f, .length = sizeof(f)};
	enum irl_tx_status status;

	memcpy(f, in + 6, 6);
	memcpy(f + 6, in, 6);
	memcpy(f + 12, "\x08\x00\x45\x00\x00\x38", 6);
	memcpy(f + 22, "\x40\x01", 2);
	server_put(f + 26, 0x0a0000fe, 4);
	memcpy(f + 30, in + 26, 4);
	server_put(f + 24, ~server_sum(f + 14, 20, 0), 2);
	f[34] = 3;
	f[35] = code;
	memcpy(f + 42, in + 14, 28);
	server_put(f + 36, ~server_sum(f + 34, 36, 0), 2);
	irl_port_send(s->port, queue, &frame, 1, &status);
}

/* What is said in answer to a request. */
static inline uint32_t server_text(uint32_t addr, char *text, bool *fin)
{
	enum server_kind kind = server_kind(addr);
	uint32_t body = server_body(addr), n = 0;

	*fin = kind == SERVER_PAGE_IN || kind == SERVER_OTHER;
	if (kind == SERVER_OTHER)
		return (uint32_t)sprintf(text, "220 ready\r\n");
	n = (uint32_t)sprintf(text, "HTTP/1.1 200 OK\r\nServer: test\r\n");
	if (kind == SERVER_PAGE)
		n +=
		    (uint32_t)sprintf(text + n, "Content-Length: %u\r\n", body);
	n += (uint32_t)sprintf(text + n, "\r\n");
	memset(text + n, 'b', body);
	return n + body;
}

static inline void server_say(struct server *s, unsigned queue,
			      const uint8_t *in, uint32_t addr, uint32_t first,
			      uint32_t ack)
{
	char text[8192];
	bool fin;
	uint32_t all = server_text(addr, text, &fin), n;

	for (uint32_t at = 0; at < all; at += n) {
		n = all - at < 1460 ? all - at : 1460;
		server_reply(s, queue, in,
			     (uint8_t)(0x10 | (fin && at + n == all)),
			     first + at, ack, text + at, n);
	}
}

static inline void server_count(struct server *s, uint32_t addr, int by)
{
	unsigned *host = &s->open_host[addr & 0xffff];
	unsigned *net = &s->open_net[addr >> 8 & 0xff];

	if (by < 0 && !*host)
		return;
	*host += (unsigned)by;
	*net += (unsigned)by;
	s->most_host = *host > s->most_host ? *host : s->most_host;
	s->most_net = *net > s->most_net ? *net : s->most_net;
}

static inline bool server_is_late(const struct server *s, uint32_t addr)
{
	return s->late_ns && server_kind(addr) == SERVER_PAGE;
}

static inline void server_accept(struct server *s, unsigned queue,
				 const uint8_t *in)
{
	uint32_t addr = server_get(in + 30, 4);

	server_count(s, addr, 1);
	server_reply(s, queue, in, 0x12, addr * 77777u,
		     server_get(in + 38, 4) + 1, NULL, 0);
}

static inline void server_defer(struct server *s, unsigned queue,
				const struct irl_frame *frame)
{
	struct server_late *late =
	    &s->late[(s->late_first + s->late_count++) % 4096];

	late->due_ns = s->now_ns + s->late_ns;
	late->queue = queue;
	memcpy(late->syn, frame->data, frame->length < 80 ? frame->length : 80);
}

static inline void server_answer_late(struct server *s)
{
	while (s->late_count && s->late[s->late_first].due_ns <= s->now_ns) {
		const struct server_late *late = &s->late[s->late_first];

		server_accept(s, late->queue, late->syn);
		s->late_first = (s->late_first + 1) % 4096;
		s->late_count--;
	}
}

/* The client's ports are 40000 .. 44095, divided among its queues. */
static inline void server_take(struct server *s, const struct irl_frame *frame)
{
	const uint8_t *in = frame->data;
	uint32_t addr, seq, first, header, size;
	unsigned queue;
	uint8_t flags;

	if (frame->length < 54 || server_get(in + 12, 2) != 0x800 ||
	    in[23] != 6)
		return;
	addr = server_get(in + 30, 4);
	seq = server_get(in + 38, 4);
	flags = in[47];
	header = 34 + (in[46] >> 4) * 4u;
	size = 14 + server_get(in + 16, 2) - header;
	first = addr * 77777u;
	queue = (server_get(in + 34, 2) - 40000) * s->queues / 4096;
	s->frames++;
	if (flags & 4) {
		s->resets++;
		server_count(s, addr, -1);
		return;
	}
	if (flags & 2) {
		s->syns++;
		if (!s->syn_ns[addr & 0xffff])
			s->syn_ns[addr & 0xffff] = s->now_ns;
		s->from[server_get(in + 26, 4) % 4]++;
		if (server_kind(addr) == SERVER_CLOSED)
			server_reply(s, queue, in, 0x14, 0, seq + 1, NULL, 0);
		else if (server_kind(addr) == SERVER_SILENT && s->router)
			server_unreachable(s, queue, in,
					   (uint8_t)(s->router - 1));
		if (server_kind(addr) <= SERVER_CLOSED)
			return;
		if (server_is_late(s, addr))
			server_defer(s, queue, frame);
		else
			server_accept(s, queue, in);
		return;
	}
	if (flags & 1 && s->fin)
		server_reply(s, queue, in,
			     s->fin == SERVER_FIN_RETURNED ? 0x11 : 0x10,
			     server_get(in + 42, 4), seq + size + 1, NULL, 0);
	if (!size || server_kind(addr) == SERVER_MUTE)
		return;
	if (server_kind(addr) == SERVER_DEAF)
		server_reply(s, queue, in, 0x10, first + 1, seq + size, NULL,
			     0);
	else if (server_kind(addr) == SERVER_RESETS) {
		server_count(s, addr, -1);
		server_reply(s, queue, in, 0x14, first + 1, seq + size, NULL,
			     0);
	} else
		server_say(s, queue, in, addr, first + 1, seq + size);
}

/* All that has arrived is answered. */
static inline void server_pump(struct server *s)
{
	struct irl_frame frame[64];
	int n;

	server_answer_late(s);
	for (unsigned q = 0; q < s->queues; q++)
		while ((n = irl_port_recv(s->port, q, frame, 64)) > 0)
			for (int i = 0; i < n; i++)
				server_take(s, &frame[i]);
}

#endif
