// SPDX-License-Identifier: BSD-2-Clause
/*
 * The client on a port "memory", in virtual time; at the link's other end a
 * server without state, in this process.  Only the client's part is timed, by
 * this thread's processor time: what it receives, its TCP, what it sends.  The
 * server and the way of the frames between cost a core of their own elsewhere.
 */
#include <stdlib.h>
#include <irl/link.h>
#include <irl/port.h>
#include "bench/stage.h"
#include "bench/tcp.h"
#include "bench/tcp_client.h"
#include "bench/tcp_peer.h"

#define FRAMES 256u
#define TURN_NS 25600u /* virtual */
/* An exchange passes the link four times: so long, and as many as are
 * outstanding are begun meanwhile. */
#define PASSES 4u

struct side {
	struct irl_port *port;
	struct irl_frame frame[FRAMES];
	enum irl_tx_status status[FRAMES];
	uint8_t *bytes;
};

struct memory {
	struct bench_client client;
	struct irl_link *link;
	struct irl_frame received[FRAMES];
	struct side near, far; /* what each sends, and how */
	uint64_t now_ns, refused;
	double busy_s; /* of the client */
};

static int side_open(struct side *side, struct irl_error *err)
{
	side->bytes = calloc(FRAMES, IRL_FRAME_MAX);
	if (!side->bytes)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (unsigned i = 0; i < FRAMES; i++)
		side->frame[i].data = side->bytes + (size_t)i * IRL_FRAME_MAX;
	return 0;
}

static void side_close(struct side *side)
{
	if (side->port)
		irl_port_close(side->port);
	free(side->bytes);
}

static int memory_open(struct memory *m, uint32_t outstanding,
		       struct irl_error *err)
{
	const struct bench_client_options client = {
	    .limit = outstanding,
	    .locals = outstanding / 60000 + 1,
	    .syn_timeout_ns = 60000000000ull,
	};
	const struct irl_link_options link = {
	    .delay_ns = (uint64_t)outstanding * TURN_NS / FRAMES / PASSES,
	    /* all at once, as when the first have not come back, and RSTs */
	    .frames = 2 * outstanding + 16 * FRAMES,
	};
	int r;

	*m = (struct memory){.now_ns = 1};
	r = bench_client_open(&m->client, &client, err);
	if (r == 0)
		r = irl_link_new(&m->link, &link, &m->near.port, &m->far.port,
				 err);
	if (r == 0)
		r = side_open(&m->near, err);
	if (r == 0)
		r = side_open(&m->far, err);
	return r;
}

static void memory_close(struct memory *m)
{
	side_close(&m->near);
	side_close(&m->far);
	irl_link_free(m->link);
	bench_client_close(&m->client);
}

static void send(struct memory *m, struct side *side, unsigned count)
{
	int sent =
	    irl_port_send(side->port, 0, side->frame, count, side->status);

	m->refused += count - (unsigned)(sent < 0 ? 0 : sent);
}

/* ---- the server -----------------------------------------------------------
 */

/* Answers to @count frames, as frames. */
static unsigned serve(struct memory *m, int count)
{
	struct bench_peer_segment answer;
	unsigned n = 0;

	for (int i = 0; i < count; i++) {
		const struct irl_frame *asked = &m->received[i];

		if (!bench_peer_take(asked->data, asked->length, &answer))
			continue;
		m->far.frame[n].length =
		    bench_peer_make(&answer, m->far.frame[n].data);
		n++;
	}
	return n;
}

/* All that have arrived by now. */
static void serve_turn(struct memory *m)
{
	int n;

	irl_link_advance(m->link, m->now_ns);
	while ((n = irl_port_recv(m->far.port, 0, m->received, FRAMES)) > 0)
		send(m, &m->far, serve(m, n));
}

/* ---- the client -----------------------------------------------------------
 */

static void send_all(struct memory *m)
{
	unsigned n;

	do {
		n = irl_tcp_output(m->client.stack, m->near.frame, FRAMES,
				   m->now_ns);
		send(m, &m->near, n);
	} while (n == FRAMES);
}

static void client_turn(struct memory *m)
{
	struct bench_client *client = &m->client;
	int n;

	while ((n = irl_port_recv(m->near.port, 0, m->received, FRAMES)) > 0) {
		irl_tcp_input(client->stack, m->received, (unsigned)n,
			      m->now_ns, NULL);
		irl_tcp_advance(client->stack, m->now_ns);
		bench_client_answer(client);
	}
	bench_client_connect(client, FRAMES, m->now_ns);
	send_all(m);
}

static void turn(struct memory *m)
{
	uint64_t begin;

	m->now_ns += TURN_NS;
	serve_turn(m);
	begin = bench_thread_ns();
	client_turn(m);
	m->busy_s += (double)(bench_thread_ns() - begin) * 1e-9;
}

static void note(const struct memory *m, struct bench_row *row)
{
	const struct bench_client *c = &m->client;

	bench_row_add(row, "connections_per_s", (double)c->done / m->busy_s);
	bench_row_add(row, "cpu_ns_per_connection",
		      m->busy_s * 1e9 / (double)c->done);
	bench_row_add(row, "failed", (double)(c->failed + m->refused));
	bench_row_add(row, "at_once", (double)c->open);
}

int bench_tcp_memory(struct bench_row *row, uint32_t outstanding,
		     double seconds, struct irl_error *err)
{
	struct memory m;
	int r = memory_open(&m, outstanding, err);
	struct bench_client *c = &m.client;

	/* Until all are under way and the first have ended, nothing counts. */
	while (r == 0 && (c->open < c->limit || !(c->done + c->failed)))
		turn(&m);
	m.busy_s = 0;
	c->done = c->failed = 0;
	/* However short the time: until one has ended, for none tells no rate.
	 */
	while (r == 0 && (m.busy_s < seconds || !(c->done + c->failed)))
		turn(&m);
	if (r == 0 && !c->done)
		r = irl_error_set(err, IRL_EIO,
				  "no exchange was done, %llu failed",
				  (unsigned long long)c->failed);
	if (r == 0)
		note(&m, row);
	memory_close(&m);
	return r;
}
