// SPDX-License-Identifier: BSD-2-Clause
/*
 * The client without any port: a stateless server in this process answers, in
 * virtual time.  Only the client's part is timed, by this thread's processor
 * time before and after some hundred frames: the server and the network cost
 * a core of their own elsewhere.
 */
#include <stdlib.h>
#include <time.h>
#include "bench/stage.h"
#include "bench/tcp.h"
#include "bench/tcp_client.h"
#include "bench/tcp_peer.h"

#define FRAMES 256u
#define STEP_NS 100u /* virtual, per connection and phase */
#define FRAME_ROOM 1600u

/* Segments on their way to the client, in order. */
struct network {
	struct bench_peer_segment *segment;
	uint64_t head, tail, mask;
};

struct memory {
	struct bench_client client;
	struct network network;
	struct irl_frame frame[FRAMES];
	uint8_t *bytes;
	uint64_t now_ns;
	double busy_s; /* of the client */
};

static uint64_t thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int memory_open(struct memory *m, uint32_t outstanding,
		       struct irl_error *err)
{
	const struct bench_client_options options = {
	    .limit = outstanding,
	    .locals = outstanding / 60000 + 1,
	    .syn_timeout_ns = 60000000000ull,
	};
	uint64_t room = 1;
	int r;

	*m = (struct memory){.now_ns = 1};
	r = bench_client_open(&m->client, &options, err);
	if (r < 0)
		return r;
	while (room < outstanding + 2ull * FRAMES)
		room *= 2;
	m->network.mask = room - 1;
	m->network.segment = calloc(room, sizeof(*m->network.segment));
	m->bytes = calloc(FRAMES, FRAME_ROOM);
	if (!m->network.segment || !m->bytes)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (unsigned i = 0; i < FRAMES; i++)
		m->frame[i].data = m->bytes + (size_t)i * FRAME_ROOM;
	return 0;
}

static void memory_close(struct memory *m)
{
	bench_client_close(&m->client);
	free(m->network.segment);
	free(m->bytes);
}

static void serve(struct memory *m, unsigned count)
{
	struct network *net = &m->network;

	for (unsigned i = 0; i < count; i++)
		net->tail += (uint64_t)bench_peer_take(
		    m->frame[i].data, m->frame[i].length,
		    &net->segment[net->tail & net->mask]);
}

/* Segments before @end, as frames. */
static unsigned arrive(struct memory *m, uint64_t end)
{
	struct network *net = &m->network;
	unsigned n = 0;

	for (; n < FRAMES && net->head < end; n++, net->head++)
		m->frame[n].length = bench_peer_make(
		    &net->segment[net->head & net->mask], m->frame[n].data);
	return n;
}

/* The client's turn: @count frames have come; what it sends is served. */
static void take_turn(struct memory *m, unsigned count, uint32_t connects)
{
	struct bench_client *client = &m->client;
	uint64_t begin = thread_ns();
	unsigned n;

	m->now_ns += FRAMES * STEP_NS;
	irl_tcp_input(client->stack, m->frame, count, m->now_ns, NULL);
	irl_tcp_advance(client->stack, m->now_ns);
	bench_client_answer(client);
	bench_client_connect(client, connects, m->now_ns);
	do {
		n = irl_tcp_output(client->stack, m->frame, FRAMES, m->now_ns);
		m->busy_s += (double)(thread_ns() - begin) * 1e-9;
		serve(m, n);
		begin = thread_ns();
	} while (n == FRAMES);
}

int bench_tcp_memory(struct bench_row *row, uint32_t outstanding,
		     double seconds, struct irl_error *err)
{
	struct memory m;
	int r = memory_open(&m, outstanding, err);

	while (r == 0 && m.client.open < m.client.limit)
		take_turn(&m, 0, FRAMES);
	m.busy_s = 0;
	/* However short the time: until one has ended, for none tells no rate.
	 */
	while (r == 0 &&
	       (m.busy_s < seconds || !(m.client.done + m.client.failed))) {
		/* The first answer comes when all are under way. */
		bool full = m.client.open == m.client.limit;

		take_turn(&m, full ? arrive(&m, m.network.tail) : 0, FRAMES);
	}
	if (r == 0) {
		bench_row_add(row, "connections_per_s",
			      (double)m.client.done / m.busy_s);
		bench_row_add(row, "cpu_ns_per_connection",
			      m.busy_s * 1e9 / (double)m.client.done);
		bench_row_add(row, "failed", (double)m.client.failed);
	}
	memory_close(&m);
	return r;
}
