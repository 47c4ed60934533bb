// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fetch a page by TCP in user space, from a server of the simulated Internet,
 * in this process alone: no port, no privilege, no packet, no waiting.
 *
 *   cc tcp.c $(pkg-config --cflags --libs irlstack)
 *   ./a.out ADDRESS PORT
 *
 * Every port of every address in 10.0.0.0/8 but 10.0.0.0/24 has a page.  The
 * stack has neither clock nor port of its own, so time goes as far as somebody
 * has something to do.  On a network irl_port_recv and irl_port_send stand
 * where the server does, irl_port_wait where time goes on, and irl/net.h knows
 * the addresses.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <irl/net.h>
#include <irl/tcp.h>
#include <irl/world.h>

struct fetch {
	struct irl_tcp_stack *stack;
	struct irl_world_server *server;
	uint64_t now_ns, id;
	enum irl_tcp_outcome outcome;
};

static void take(struct fetch *f, const struct irl_tcp_event *event)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: example\r\n\r\n";
	char bytes[4096];
	int n;

	switch ((enum irl_tcp_event_kind)event->kind) {
	case IRL_TCP_ESTABLISHED:
		irl_tcp_send(f->stack, event->id, request, sizeof(request) - 1,
			     IRL_TCP_STATIC);
		irl_tcp_shut(f->stack, event->id); /* one request is all */
		break;
	case IRL_TCP_READABLE:
		while ((n = irl_tcp_read(f->stack, event->id, bytes,
					 sizeof(bytes))) > 0)
			fwrite(bytes, 1, (size_t)n, stdout);
		break;
	case IRL_TCP_CLOSED:
		f->outcome = (enum irl_tcp_outcome)event->outcome;
		break;
	default:
		break;
	}
}

/* All that is to be done now: frames in, events, frames out. */
static void turn(struct fetch *f)
{
	uint8_t bytes[IRL_FRAME_MAX];
	struct irl_frame frame = {.data = bytes};
	struct irl_tcp_event event;

	while ((frame.length =
		    irl_world_server_output(f->server, f->now_ns, bytes)))
		irl_tcp_input(f->stack, &frame, 1, f->now_ns, NULL);
	irl_tcp_advance(f->stack, f->now_ns);
	while (irl_tcp_poll(f->stack, &event, 1))
		take(f, &event);
	while (irl_tcp_output(f->stack, &frame, 1, f->now_ns))
		irl_world_server_input(f->server, f->now_ns, bytes,
				       frame.length);
}

/* Until the connection has ended. */
static void run(struct fetch *f)
{
	for (turn(f); !f->outcome; turn(f)) {
		uint64_t stack = irl_tcp_next_ns(f->stack);
		uint64_t server = irl_world_server_next(f->server);
		uint64_t next = stack < server ? stack : server;

		f->now_ns = next > f->now_ns ? next : f->now_ns + 1000;
	}
}

static int make(struct fetch *f, struct irl_error *err)
{
	const struct irl_tcp_local local = {irl_ip4(0xc0000201), 1024, 65535};
	const struct irl_tcp_stack_options options = {
	    .locals = &local,
	    .local_count = 1,
	    .mac = {2, 0, 0, 0, 0, 1},
	    .gateway_mac = {2, 0, 0, 0, 0, 2},
	};
	const struct irl_world_server_options its = {.mac = {2, 0, 0, 0, 0, 2}};
	struct irl_world_model model;
	int code;

	irl_world_model_init(&model);
	model.alive = model.open = irl_world_share(1);
	model.unreachable = model.closed = 0;
	model.services.banner = model.services.mute = 0;
	model.services.serve = IRL_WORLD_SERVE_USER;
	model.services.rtt_min_us = model.services.rtt_max_us = 30000;
	code = irl_world_server_new(&f->server, &model, &its, err);
	return code < 0 ? code : irl_tcp_new(&f->stack, &options, err);
}

int main(int argc, char **argv)
{
	struct irl_error err = {.text = "tcp ADDRESS PORT"};
	struct irl_tcp_connect to = {0};
	struct fetch f = {0};

	if (argc != 3 || !irl_ip_read(argv[1], &to.remote) ||
	    make(&f, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	to.port = (uint16_t)atoi(argv[2]);
	if (irl_tcp_connect(f.stack, &to, 1, &f.id, 0)) {
		run(&f);
		fprintf(stderr, "%s after %" PRIu64 " ms\n",
			irl_tcp_outcome_name(f.outcome), f.now_ns / 1000000);
	} else {
		fprintf(stderr, "%s: no such host can be\n", argv[1]);
	}
	irl_tcp_free(f.stack);
	irl_world_server_free(f.server);
	return f.outcome == IRL_TCP_FINISHED ? 0 : 1;
}
