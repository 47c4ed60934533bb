// SPDX-License-Identifier: BSD-2-Clause
/*
 * Uploads in virtual time: our sender, to whom segments get lost, and our
 * receiver behind the same link.  Both ends connect at once (RFC 9293, 3.5),
 * for neither listens.
 *
 *   sender --> port a [ link: loss, half of RTT each way ] port b --> receiver
 *
 * upload [UPLOADS]: so many in each cell, one after the other.
 */
#include <irl/link.h>
#include <irl/tcp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/os.h"

#define BATCH 256u
#define BYTES 100000u
#define SEGMENT 1448u
#define SEED 20260201u

struct cell {
	double loss; /* of frames, each way */
	uint32_t rtt_ms;
	double least; /* goodput, KB/s */
};

struct result {
	uint64_t uploads, completed;
	uint64_t wrong;   /* bytes that differ */
	uint64_t time_ns; /* from established to the last byte, added up */
	uint64_t retransmits, lost, trace;
};

struct end {
	struct irl_tcp_stack *stack;
	struct irl_port *port;
	uint64_t id;
};

struct upload {
	const struct cell *cell;
	struct result *out;
	struct irl_link *link;
	struct end sender, receiver;
	uint32_t sent, got;
	uint64_t now_ns, begun_ns;
	bool over;
	uint8_t room[BATCH][IRL_FRAME_MAX];
};

static uint8_t byte_at(uint32_t i)
{
	return (uint8_t)(i * 7 + (i >> 9));
}

static void check(int result, const struct irl_error *err)
{
	if (result >= 0)
		return;
	fprintf(stderr, "upload: %s\n", err->text);
	exit(1);
}

static void make_end(struct end *end, uint8_t self, uint8_t other,
		     uint64_t seed)
{
	const struct irl_tcp_local local = {irl_ip4(0x0a000000u + self), 4000,
					    4000};
	const struct irl_tcp_connect to = {
	    .remote = irl_ip4(0x0a000000u + other), .port = 4000};
	struct irl_tcp_stack_options options = {.locals = &local,
						.local_count = 1,
						.mac = {2, [5] = self},
						.gateway_mac = {2, [5] = other},
						.seed = seed + self,
						.connections = 4,
						.statistics = true,
						.time_waits = 4,
						.buffer_bytes = 4u << 20,
						.syn_retries = 8,
						.data_retries = 30};
	struct irl_error err;

	check(irl_tcp_new(&end->stack, &options, &err), &err);
	if (irl_tcp_connect(end->stack, &to, 1, &end->id, 0) != 1)
		exit(1);
}

static void make(struct upload *u, uint64_t seed)
{
	const struct irl_link_options options = {.seed = seed,
						 .loss = u->cell->loss,
						 .delay_ns = u->cell->rtt_ms *
							     500000ull,
						 .frames = 1024};
	struct irl_error err;

	check(irl_link_new(&u->link, &options, &u->sender.port,
			   &u->receiver.port, &err),
	      &err);
	make_end(&u->sender, 1, 2, seed);
	make_end(&u->receiver, 2, 1, seed);
}

static void drop(struct upload *u)
{
	irl_tcp_free(u->sender.stack);
	irl_tcp_free(u->receiver.stack);
	irl_port_close(u->sender.port);
	irl_port_close(u->receiver.port);
	irl_link_free(u->link);
}

/* ---- the loop ------------------------------------------------------------ */

static void say(struct upload *u)
{
	uint8_t bytes[16384];
	int n;

	do {
		uint32_t left = BYTES - u->sent;

		left = left < sizeof(bytes) ? left : sizeof(bytes);
		for (uint32_t i = 0; i < left; i++)
			bytes[i] = byte_at(u->sent + i);
		n = irl_tcp_send(u->sender.stack, u->sender.id, bytes, left, 0);
		u->sent += n > 0 ? (uint32_t)n : 0;
	} while (n > 0);
}

static void hear(struct upload *u)
{
	uint8_t bytes[16384];
	int n;

	while ((n = irl_tcp_read(u->receiver.stack, u->receiver.id, bytes,
				 sizeof(bytes))) > 0)
		for (int i = 0; i < n; i++)
			u->out->wrong += bytes[i] != byte_at(u->got++);
}

static void take_events(struct upload *u, const struct end *end)
{
	struct irl_tcp_event events[8];
	unsigned n = irl_tcp_poll(end->stack, events, 8);

	for (unsigned i = 0; i < n; i++) {
		u->over |= events[i].kind == IRL_TCP_CLOSED;
		if (end == &u->sender && events[i].kind == IRL_TCP_ESTABLISHED)
			u->begun_ns = u->now_ns;
	}
}

static void trace(struct upload *u, const struct irl_frame *frame)
{
	uint64_t hash = u->out->trace ^ u->now_ns;

	for (uint32_t i = 0; i < frame->length && i < 66; i++)
		hash = (hash ^ frame->data[i]) * 0x100000001b3ull;
	u->out->trace = hash;
}

static void turn(struct upload *u, struct end *end)
{
	enum irl_tx_status status[BATCH];
	struct irl_frame frames[BATCH];
	unsigned n;
	int got;

	while ((got = irl_port_recv(end->port, 0, frames, BATCH)) > 0)
		irl_tcp_input(end->stack, frames, (unsigned)got, u->now_ns,
			      NULL);
	irl_tcp_advance(end->stack, u->now_ns);
	take_events(u, end);
	if (end == &u->sender)
		say(u);
	else
		hear(u);
	for (unsigned i = 0; i < BATCH; i++)
		frames[i] = (struct irl_frame){.data = u->room[i]};
	n = irl_tcp_output(end->stack, frames, BATCH, u->now_ns);
	for (unsigned i = 0; i < n; i++)
		trace(u, &frames[i]);
	if (n)
		irl_port_send(end->port, 0, frames, n, status);
}

static void step_time(struct upload *u)
{
	uint64_t next = irl_link_next(u->link);
	uint64_t a = irl_tcp_next_ns(u->sender.stack);
	uint64_t b = irl_tcp_next_ns(u->receiver.stack);

	next = a < next ? a : next;
	next = b < next ? b : next;
	if (next <= u->now_ns)
		next = u->now_ns + 10000;
	u->now_ns = next;
	irl_link_advance(u->link, next);
}

static void run(const struct cell *cell, uint64_t seed, struct result *out)
{
	static struct upload u;
	struct irl_tcp_info info = {0};
	struct irl_link_stats stats;

	u = (struct upload){.cell = cell, .out = out};
	make(&u, seed);
	while (!u.over && u.got < BYTES) {
		turn(&u, &u.sender);
		turn(&u, &u.receiver);
		step_time(&u);
	}
	irl_tcp_info(u.sender.stack, u.sender.id, &info);
	irl_link_stats(u.link, &stats);
	out->uploads++;
	out->retransmits += info.retransmits;
	out->lost += stats.lost;
	if (u.got == BYTES) {
		out->completed++;
		out->time_ns += u.now_ns - u.begun_ns;
	}
	drop(&u);
}

/* ---- the table ----------------------------------------------------------- */

static bool within(const char *what, double least, double got, double most)
{
	if (got >= least && got <= most)
		return true;
	printf("  %s is %g, not %g .. %g\n", what, got, least, most);
	return false;
}

static double rate(const struct result *r)
{
	return (double)r->completed * BYTES / ((double)r->time_ns / 1e9) / 1e3;
}

static void run_cell(const struct cell *cell, uint64_t seed, uint64_t count,
		     struct result *out)
{
	*out = (struct result){0};
	for (uint64_t i = 0; i < count; i++)
		run(cell, seed + i, out);
}

/* Data that was lost is sent again, and little else: the rest are segments
 * whose ACKs were lost.  One SYN of each upload carries a second one's ACK. */
static bool holds(const struct cell *cell, const struct result *r)
{
	double n = (double)r->uploads, p = cell->loss;
	double segments = n * (BYTES / SEGMENT + 1);
	double again = segments * p / (1 - p), spread = 4 * sqrt(again);

	/* Each says what is wrong with it. */
	const bool right[] = {
	    within("completion", n, (double)r->completed, n),
	    within("wrong bytes", 0, (double)r->wrong, 0),
	    within("goodput in KB/s", cell->least, rate(r), INFINITY),
	    within("retransmissions", n + again * 0.9 - spread,
		   (double)r->retransmits, n + again * 1.6 + spread + n * p),
	};

	return right[0] && right[1] && right[2] && right[3];
}

static bool repeats(const struct cell *cell, uint64_t count)
{
	struct result first, second;

	run_cell(cell, SEED, count, &first);
	run_cell(cell, SEED, count, &second);
	if (memcmp(&first, &second, sizeof(first)) == 0)
		return true;
	printf("  a second run gives another trace\n");
	return false;
}

/* KB/s: what was measured less a tenth; without RFC 8985 20 % fails, and 2 ms.
 */
static const struct cell cells[] = {
    {0, 2, 7500},    {0, 50, 315},    {0, 150, 106},  {0.01, 2, 4040},
    {0.01, 50, 205}, {0.01, 150, 69}, {0.05, 2, 810}, {0.05, 50, 93},
    {0.05, 150, 32}, {0.2, 2, 7.7},   {0.2, 50, 6.5}, {0.2, 150, 4.2},
};

static bool try_cell(const struct cell *cell, uint64_t count)
{
	struct result r;

	run_cell(cell, SEED, count, &r);
	printf("%4.0f%% %4u ms: %llu of %llu, %.1f KB/s, repeated %llu, "
	       "lost %llu\n",
	       cell->loss * 100, cell->rtt_ms, (unsigned long long)r.completed,
	       (unsigned long long)r.uploads, rate(&r),
	       (unsigned long long)r.retransmits, (unsigned long long)r.lost);
	return repeats(cell, 5) && holds(cell, &r);
}

int main(int argc, char **argv)
{
	uint64_t count = 300;
	bool good = true;

	if (irl_os_begin(&argc, &argv))
		return 1;
	if (argc > 1)
		count = strtoull(argv[1], NULL, 0);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		good &= try_cell(&cells[i], count);
	return good ? 0 : 1;
}
