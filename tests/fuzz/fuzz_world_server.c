// SPDX-License-Identifier: BSD-2-Clause
/*
 * The world's server under any frames at any times: what goes out is sound and
 * goes to whoever sent, and time always leads on.
 * Input: one byte that chooses the model, then records: a byte of time, a byte
 * of length, and so many bytes.  Below 128 the time's step is small and the
 * bytes change a segment of a flow (the numbers that the server gave are put
 * in), else they are a frame as they stand.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <irl/frame.h>
#include <irl/world.h>
#include "wire/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(truth)                                                            \
	do {                                                                   \
		if (!(truth))                                                  \
			abort();                                               \
	} while (0)

static const uint8_t us[6] = {2, 0, 0, 0, 0, 1};

struct run {
	struct irl_world_server *server;
	uint64_t now_ns;
	uint8_t ack[4], seq[4]; /* what the last segment out asks for */
};

static struct irl_world_server *new_server(uint8_t choice)
{
	struct irl_world_server_options options = {.connections = 3};
	struct irl_world_server *server;
	struct irl_world_model m;

	irl_world_model_init(&m);
	m.alive = IRL_WORLD_ONE;
	m.unreachable = 0;
	m.open = irl_world_share(0.9);
	m.closed = irl_world_share(0.1);
	m.services.serve =
	    choice & 1 ? IRL_WORLD_SERVE_ALL : IRL_WORLD_SERVE_USER;
	m.services.tarpit = irl_world_share(choice & 2 ? 0.5 : 0);
	m.services.middlebox = irl_world_share(choice & 4 ? 0.5 : 0);
	if (choice & 8 && !(choice & 1)) {
		m.loss = m.services.reorder = irl_world_share(0.1);
		m.services.duplicate = m.services.burst = irl_world_share(0.1);
		m.services.rtt_max_us = 100000;
	}
	memcpy(options.mac, us, 6);
	MUST(irl_world_server_new(&server, &m, &options, NULL) == 0);
	return server;
}

static void take_all(struct run *r)
{
	uint8_t out[IRL_FRAME_MAX];
	uint32_t length;

	while ((length = irl_world_server_output(r->server, r->now_ns, out))) {
		MUST(length >= 60 && length <= IRL_FRAME_MAX);
		MUST(memcmp(out + 6, us, 6) == 0);
		MUST(irl_checksum_valid(out, length));
		if (out[23] == 6) {
			memcpy(r->ack, out + 38, 4);
			memcpy(r->seq, out + 42, 4);
			r->ack[3]++; /* of a SYN-ACK */
		}
	}
	MUST(irl_world_server_next(r->server) > r->now_ns);
}

/* A sound segment of a flow, changed by @change from byte 34 on. */
static uint32_t make_segment(const struct run *r, const uint8_t *change,
			     uint32_t n, uint8_t *frame)
{
	static const uint8_t head[54] = {
	    2,    0, 0,  0,  0,    1,    2,    0,    0,  0,  0, 9, 8,  0,
	    0x45, 0, 0,  40, 0,    0,    0,    0,    64, 6,  0, 0, 10, 0,
	    0,    3, 10, 64, 0,    1,    0x9c, 0x40, 0,  80, 0, 0, 0,  0,
	    0,    0, 0,  0,  0x50, 0x10, 1,    0,    0,  0,  0, 0};
	uint32_t length = 54;

	memcpy(frame, head, sizeof(head));
	memcpy(frame + 38, r->seq, 4);
	memcpy(frame + 42, r->ack, 4);
	if (n > 0)
		frame[47] = change[0]; /* flags */
	if (n > 1)
		frame[33] = change[1] & 7; /* the server */
	if (n > 2)
		frame[49] = change[2]; /* window */
	if (n > 3) {
		memcpy(frame + 54, change + 3, n - 3);
		length += n - 3;
		frame[46] = change[1] & 0x80 && n - 3 >= 12 ? 0x80 : 0x50;
	}
	frame[17] = (uint8_t)(length - 14);
	frame[16] = (uint8_t)((length - 14) >> 8);
	irl_checksum_fill(frame, length);
	return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = {.now_ns = 1};
	uint8_t frame[IRL_FRAME_MAX];

	if (size < 1)
		return 0;
	r.server = new_server(*data++);
	size--;
	while (size >= 2) {
		uint8_t time = data[0];
		uint32_t n = data[1] < size - 2 ? data[1] : (uint32_t)size - 2;

		r.now_ns += (uint64_t)(time & 127) * (time & 127) * 1000000;
		take_all(&r);
		if (time < 128) {
			n = make_segment(&r, data + 2, n, frame);
			irl_world_server_input(r.server, r.now_ns, frame, n);
			n = data[1] < size - 2 ? data[1] : (uint32_t)size - 2;
		} else {
			uint8_t *copy = malloc(n ? n : 1); /* exact */

			MUST(copy);
			memcpy(copy, data + 2, n);
			irl_world_server_input(r.server, r.now_ns, copy, n);
			free(copy);
		}
		take_all(&r);
		MUST(irl_world_server_connections(r.server) <= 3);
		data += 2 + n;
		size -= 2 + n;
	}
	irl_world_server_free(r.server);
	return 0;
}
