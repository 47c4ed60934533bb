// SPDX-License-Identifier: BSD-2-Clause
#include "sim.h"
#include <irl/link.h>
#include <irl/tcp.h>
#include <irl/world.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 256u
#define OUTSTANDING 500u
#define FIRST_TARGET 0x0a010000u
static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
static const uint8_t client_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t server_mac[6] = {2, 0, 0, 0, 0, 2};

struct fetch {
	struct irl_world_service service;
	uint32_t got;
	uint64_t begun_ns;
	bool used;
};

struct sim {
	const struct cell *cell;
	struct result *out;
	struct irl_world_model model;
	struct irl_world_server *server;
	struct irl_tcp_stack *stack;
	struct irl_link *link;
	struct irl_port *a, *b;
	uint64_t now_ns, count, begun, done;
	uint32_t target;
	struct fetch fetch[OUTSTANDING];
	uint32_t free[OUTSTANDING], frees;
	uint8_t room[BATCH][IRL_FRAME_MAX];
};

static void check(int result, const struct irl_error *err)
{
	if (result >= 0)
		return;
	fprintf(stderr, "sim: %s\n", err->text);
	exit(1);
}

/* ---- the parts ----------------------------------------------------------- */

static void make_server(struct sim *s, uint64_t seed)
{
	struct irl_world_server_options options = {.connections = 1u << 17};
	struct irl_error err = {0};

	irl_world_model_init(&s->model);
	s->model.seed = seed;
	s->model.alive = s->model.open = IRL_WORLD_ONE;
	s->model.unreachable = s->model.closed = 0;
	s->model.services.serve = IRL_WORLD_SERVE_USER;
	s->model.services.banner = s->model.services.mute = 0;
	s->model.services.deaf = 0;
	s->model.services.body_max = 256 << 10;
	s->model.services.large = s->cell->large ? IRL_WORLD_ONE : 0;
	if (s->cell->large)
		s->model.services.medium = 0;
	memcpy(options.mac, server_mac, 6);
	check(irl_world_server_new(&s->server, &s->model, &options, &err),
	      &err);
}

static void make_stack(struct sim *s, uint64_t seed)
{
	struct irl_tcp_local local = {irl_ip4(IRL_WORLD_SCANNER), 1024, 65535};
	struct irl_tcp_stack_options options = {
	    .locals = &local,
	    .local_count = 1,
	    .seed = seed,
	    .connections = 2 * OUTSTANDING,
	    .statistics = true,
	    .receive_bytes = s->cell->window,
	    .buffer_bytes = 64u << 20,
	    .total_ns = 300000000000ull,
	};
	struct irl_error err = {0};

	memcpy(options.mac, client_mac, 6);
	memcpy(options.gateway_mac, server_mac, 6);
	check(irl_tcp_new(&s->stack, &options, &err), &err);
}

static void make_link(struct sim *s, uint64_t seed)
{
	struct irl_link_options options = {
	    .seed = seed,
	    .loss = s->cell->loss,
	    .delay_ns = s->cell->rtt_ms * 500000ull,
	    .tx_frames = 1u << 13,
	    .rx_frames = 1u << 13,
	    .frames = 1u << 14,
	};
	struct irl_error err = {0};

	check(irl_link_new(&s->link, &options, &s->a, &s->b, &err), &err);
}

/* ---- the trace ----------------------------------------------------------- */

/* Heads are enough: data is compared byte by byte. */
static void trace(struct sim *s, const struct irl_frame *frame)
{
	uint32_t head = frame->length < 86 ? frame->length : 86;
	struct result *out = s->out;

	out->trace = irl_world_fnv(out->trace, &s->now_ns, sizeof(s->now_ns));
	out->trace = irl_world_fnv(out->trace, frame->data, head);
	out->frames++;
}

/* ---- fetches ------------------------------------------------------------- */

/* One more, of the next page; no room in the stack is no failure. */
static bool begin_one(struct sim *s)
{
	uint32_t slot = s->free[s->frees - 1];
	struct irl_tcp_connect connect = {
	    .remote = irl_ip4(s->target), .port = 80, .user = slot};
	uint64_t id;

	if (irl_tcp_connect(s->stack, &connect, 1, &id, s->now_ns) != 1)
		return false;
	s->frees--;
	s->fetch[slot] = (struct fetch){
	    .service = irl_world_service(&s->model, s->target, 80),
	    .begun_ns = s->now_ns,
	    .used = true};
	s->target++;
	s->begun++;
	return true;
}

static void read_some(struct sim *s, uint64_t id, struct fetch *fetch)
{
	static uint8_t got[65536], want[65536];
	int n;

	while ((n = irl_tcp_read(s->stack, id, got, sizeof(got))) > 0) {
		uint32_t size = irl_world_stream(&fetch->service, fetch->got,
						 want, (uint32_t)n);

		if (size != (uint32_t)n || memcmp(got, want, size) != 0)
			s->out->wrong++;
		fetch->got += (uint32_t)n;
	}
}

static void finish(struct sim *s, uint64_t id, struct fetch *fetch)
{
	struct result *out = s->out;
	struct irl_tcp_info info;
	uint64_t took = s->now_ns - fetch->begun_ns;
	uint32_t bytes = fetch->service.stream;

	if (!fetch->used) /* left at its last byte; the FIN is news no more */
		return;
	if (irl_tcp_info(s->stack, id, &info) == 0)
		out->retransmits += info.retransmits;
	if (fetch->got == bytes) {
		out->completed++;
		out->bytes += bytes;
		out->time_ns += took;
		out->clean_ns += model_most_ns(s->cell, bytes);
		out->hasty += took < model_least_ns(s->cell, bytes);
		out->slow += took > model_most_ns(s->cell, bytes);
	}
	fetch->used = false;
	s->free[s->frees++] = (uint32_t)(fetch - s->fetch);
	s->done++;
}

/* The page is whole, or there is no more of it. */
static void leave(struct sim *s, uint64_t id, struct fetch *fetch)
{
	read_some(s, id, fetch);
	finish(s, id, fetch);
	irl_tcp_abort(s->stack, id);
}

static void take_event(struct sim *s, const struct irl_tcp_event *event)
{
	struct fetch *fetch = &s->fetch[event->user];

	switch (event->kind) {
	case IRL_TCP_ESTABLISHED:
		irl_tcp_send(s->stack, event->id, request, sizeof(request) - 1,
			     IRL_TCP_STATIC);
		break;
	case IRL_TCP_READABLE:
		read_some(s, event->id, fetch);
		if (fetch->got < fetch->service.stream)
			break;
		leave(s, event->id, fetch);
		break;
	case IRL_TCP_ENDED:
		leave(s, event->id, fetch);
		break;
	case IRL_TCP_CLOSED:
		if (event->outcome != IRL_TCP_ABORTED)
			finish(s, event->id, fetch);
		irl_tcp_release(s->stack, event->id);
		break;
	default:
		break;
	}
}

/* ---- the loop ------------------------------------------------------------ */

static void take_frames(struct sim *s)
{
	struct irl_frame frames[BATCH];
	int n;

	while ((n = irl_port_recv(s->a, 0, frames, BATCH)) > 0) {
		for (int i = 0; i < n; i++)
			trace(s, &frames[i]);
		irl_tcp_input(s->stack, frames, (unsigned)n, s->now_ns, NULL);
	}
}

static void take_events(struct sim *s)
{
	struct irl_tcp_event events[BATCH];
	unsigned n;

	while ((n = irl_tcp_poll(s->stack, events, BATCH)) > 0)
		for (unsigned i = 0; i < n; i++)
			take_event(s, &events[i]);
}

static void send_frames(struct sim *s)
{
	enum irl_tx_status status[BATCH];
	struct irl_frame frames[BATCH];
	unsigned n;

	do {
		for (unsigned i = 0; i < BATCH; i++)
			frames[i] = (struct irl_frame){.data = s->room[i]};
		n = irl_tcp_output(s->stack, frames, BATCH, s->now_ns);
		for (unsigned i = 0; i < n; i++)
			trace(s, &frames[i]);
		if (n)
			irl_port_send(s->a, 0, frames, n, status);
	} while (n == BATCH);
}

static void step_time(struct sim *s)
{
	uint64_t next = irl_link_next(s->link);
	uint64_t timer = irl_tcp_next_ns(s->stack);
	uint64_t server = irl_world_server_next(s->server);

	next = timer < next ? timer : next;
	next = server < next ? server : next;
	if (next == UINT64_MAX || next <= s->now_ns)
		next = s->now_ns + 10000;
	s->now_ns = next;
	irl_link_advance(s->link, s->now_ns);
}

static void run(struct sim *s)
{
	while (s->done < s->count) {
		while (s->frees && s->begun < s->count && begin_one(s))
			;
		take_frames(s);
		irl_tcp_advance(s->stack, s->now_ns);
		take_events(s);
		send_frames(s);
		irl_world_server_pump(s->server, s->b, 0, s->now_ns);
		step_time(s);
	}
}

void cell_run(const struct cell *cell, uint64_t seed, uint64_t count,
	      struct result *out)
{
	struct sim *s = calloc(1, sizeof(*s));
	uint64_t counts[IRL_WORLD_S_COUNTS];

	if (!s)
		exit(1);
	*out = (struct result){.connections = count, .trace = IRL_WORLD_FNV};
	s->cell = cell;
	s->out = out;
	s->count = count;
	s->target = FIRST_TARGET;
	for (uint32_t i = 0; i < OUTSTANDING; i++)
		s->free[s->frees++] = i;
	make_server(s, seed);
	make_stack(s, seed);
	make_link(s, seed);
	run(s);
	irl_world_server_counts(s->server, counts);
	out->repeated = counts[IRL_WORLD_S_REPEATED];
	irl_tcp_free(s->stack);
	irl_port_close(s->a);
	irl_port_close(s->b);
	irl_link_free(s->link);
	irl_world_server_free(s->server);
	free(s);
}
