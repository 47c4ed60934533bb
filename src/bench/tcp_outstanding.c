// SPDX-License-Identifier: BSD-2-Clause
/*
 * As many connections as there can be, all at once: round trips of 1 to 10 s,
 * in virtual time.  A stateless server in this process answers each segment
 * when its address's round trip is over, so answers come in an order of their
 * own.  When all are under way, each that ends is followed by another, and half
 * of them are half-open, the others wait for the answer to their request.
 * After as many again the cost of the next as many is measured, when all memory
 * has been used before; then the rest come to their ends.
 *
 * Only the client's part is timed, by this thread's processor time.  What waits
 * in the network is not the client's memory.
 */
#include <math.h>
#include <stdlib.h>
#include "bench/stage.h"
#include "bench/tcp.h"
#include "bench/tcp_client.h"
#include "bench/tcp_peer.h"

#define FRAMES 256u
#define FRAME_ROOM 1600u
#define RTT_MIN_NS 1e9
#define RTT_MAX_NS 10e9
#define RTT_MEAN_NS 3.9e9 /* on a logarithmic scale all are as likely */
#define SECOND 1000000000ull

/* Segments on their way, by the step of time at which they arrive. */
struct network {
	struct bench_peer_segment *segment;
	uint32_t *next; /* of segments: index + 1 */
	uint32_t *due;  /* of steps: the first, index + 1 */
	uint32_t free, steps;
	uint64_t step_ns, now; /* now: in steps */
};

struct crowd {
	struct bench_client client;
	struct network net;
	struct irl_frame frame[FRAMES];
	uint8_t *bytes;
	double busy_s; /* of the client */
	double measured, measured_s;
	uint32_t most;        /* open at once */
	uint32_t half, whole; /* half-open when all were, established at most */
	uint64_t memory_bytes; /* of the stack */
};

/* ---- the network ----------------------------------------------------------
 */

static uint64_t rtt_of(uint32_t server)
{
	uint32_t draw = server * 2654435761u;

	draw = (draw ^ draw >> 15) * 2246822519u;
	return (uint64_t)(RTT_MIN_NS *
			  pow(RTT_MAX_NS / RTT_MIN_NS, draw * 0x1p-32));
}

/* A step of time has about as many arrivals as a batch has frames. */
static int network_open(struct network *net, uint32_t segments)
{
	double step = RTT_MEAN_NS / segments * FRAMES;

	net->step_ns = step < 1e8 ? (uint64_t)step : 100000000;
	net->steps = (uint32_t)(RTT_MAX_NS / (double)net->step_ns) + 2;
	net->segment = calloc(segments, sizeof(*net->segment));
	net->next = calloc(segments, sizeof(*net->next));
	net->due = calloc(net->steps, sizeof(*net->due));
	if (!net->segment || !net->next || !net->due)
		return -IRL_ENOMEM;
	for (uint32_t i = 0; i < segments; i++)
		net->next[i] = i + 1 < segments ? i + 2 : 0;
	net->free = 1;
	return 0;
}

static void network_close(struct network *net)
{
	free(net->segment);
	free(net->next);
	free(net->due);
}

static void serve(struct network *net, const struct irl_frame *frame)
{
	uint32_t at = net->free, *due;
	struct bench_peer_segment *segment;
	uint64_t delay;

	if (!at)
		return; /* cannot be: one for each connection */
	segment = &net->segment[at - 1];
	if (!bench_peer_take(frame->data, frame->length, segment))
		return;
	delay = rtt_of(segment->server) / net->step_ns + 1;
	net->free = net->next[at - 1];
	due = &net->due[(net->now + delay) % net->steps];
	net->next[at - 1] = *due;
	*due = at;
}

/* Some of those that are due now, as frames. */
static unsigned arrive(struct network *net, struct irl_frame frame[FRAMES])
{
	uint32_t *due = &net->due[net->now % net->steps], at;
	unsigned n = 0;

	for (; n < FRAMES && (at = *due) != 0; n++) {
		frame[n].length =
		    bench_peer_make(&net->segment[at - 1], frame[n].data);
		*due = net->next[at - 1];
		net->next[at - 1] = net->free;
		net->free = at;
	}
	return n;
}

/* ---- the client -----------------------------------------------------------
 */

static int crowd_open(struct crowd *c, uint32_t outstanding,
		      struct irl_error *err)
{
	/* Half of them have had a SYN-ACK, but for chance; each of these keeps
	 * 64 bytes of what it asked until it is acknowledged. */
	uint32_t established = outstanding / 10 * 6 + FRAMES;
	const struct bench_client_options options = {
	    .limit = outstanding,
	    .locals = outstanding / 60000 + 1,
	    .syn_timeout_ns = 12 * SECOND, /* above any round trip */
	    .established = established,
	    .buffer_bytes = established * 80ull + (1u << 20),
	};
	struct irl_tcp_stats stats;
	int r = bench_client_open(&c->client, &options, err);

	if (r < 0)
		return r;
	irl_tcp_stats(c->client.stack, &stats);
	c->memory_bytes = stats.memory_bytes;
	c->bytes = calloc(FRAMES, FRAME_ROOM);
	if (network_open(&c->net, outstanding + 1) < 0 || !c->bytes)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (unsigned i = 0; i < FRAMES; i++)
		c->frame[i].data = c->bytes + (size_t)i * FRAME_ROOM;
	return 0;
}

static void crowd_close(struct crowd *c)
{
	bench_client_close(&c->client);
	network_close(&c->net);
	free(c->bytes);
}

/* @count frames have come; what the client sends is served. */
static void take_turn(struct crowd *c, unsigned count, uint32_t connects)
{
	uint64_t now_ns = (c->net.now + 1) * c->net.step_ns;
	struct irl_tcp_stack *stack = c->client.stack;
	uint64_t begin = bench_thread_ns();
	unsigned n;

	irl_tcp_input(stack, c->frame, count, now_ns, NULL);
	irl_tcp_advance(stack, now_ns);
	bench_client_answer(&c->client);
	bench_client_connect(&c->client, connects, now_ns);
	do {
		n = irl_tcp_output(stack, c->frame, FRAMES, now_ns);
		c->busy_s += (double)(bench_thread_ns() - begin) * 1e-9;
		for (unsigned i = 0; i < n; i++)
			serve(&c->net, &c->frame[i]);
		begin = bench_thread_ns();
	} while (n == FRAMES);
	c->most = c->client.open > c->most ? c->client.open : c->most;
}

static void note_stats(struct crowd *c)
{
	struct irl_tcp_stats stats;

	irl_tcp_stats(c->client.stack, &stats);
	c->half = stats.half_open > c->half ? stats.half_open : c->half;
	c->whole = stats.open > c->whole ? stats.open : c->whole;
}

/* One step of time: all that arrives in it, and as many new ones. */
static void step(struct crowd *c, uint64_t most)
{
	unsigned n;

	c->net.now++;
	do {
		uint64_t left = most - c->client.opened;

		n = arrive(&c->net, c->frame);
		take_turn(c, n, left < FRAMES ? (uint32_t)left : FRAMES);
	} while (n == FRAMES);
	if (c->net.now % 64 == 0)
		note_stats(c);
}

static void note(const struct crowd *c, struct bench_row *row,
		 uint32_t outstanding)
{
	const struct bench_client *client = &c->client;
	double done = (double)client->done;

	bench_row_add(row, "connections_per_s", c->measured / c->measured_s);
	bench_row_add(row, "cpu_ns_per_connection",
		      c->measured_s * 1e9 / c->measured);
	bench_row_add(row, "at_once", c->most);
	bench_row_add(row, "half_open", c->half);
	bench_row_add(row, "established", c->whole);
	bench_row_add(row, "lost", (double)client->opened - done);
	bench_row_add(row, "memory_mib", (double)c->memory_bytes / 1048576);
	bench_row_add(row, "bytes_per_connection",
		      (double)c->memory_bytes / outstanding);
}

static void go_on(struct crowd *c, uint64_t most)
{
	while (c->client.opened < most)
		step(c, most);
}

static void run(struct crowd *c, uint64_t outstanding)
{
	uint64_t end;

	/* All within the shortest round trip. */
	while (c->client.opened < outstanding)
		take_turn(c, 0, FRAMES);
	note_stats(c);
	go_on(c, 2 * outstanding);
	c->measured = -(double)c->client.done;
	c->measured_s = -c->busy_s;
	go_on(c, 3 * outstanding);
	c->measured += (double)c->client.done;
	c->measured_s += c->busy_s;
	/* What has not ended in three of the longest round trips is lost. */
	end = c->net.now + 3ull * c->net.steps;
	while (c->client.open && c->net.now < end)
		step(c, 3 * outstanding);
}

int bench_tcp_outstanding(struct bench_row *row, uint32_t outstanding,
			  struct irl_error *err)
{
	struct crowd c = {0};
	int r = crowd_open(&c, outstanding, err);

	if (r == 0) {
		run(&c, outstanding);
		note(&c, row, outstanding);
	}
	crowd_close(&c);
	return r;
}
