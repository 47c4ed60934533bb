// SPDX-License-Identifier: BSD-2-Clause
/* The client on the port live, against the world's servers; one thread. */
#include <stdlib.h>
#include <string.h>
#include <irl/port.h>
#include "bench/tcp.h"
#include "bench/tcp_client.h"

#define FRAMES 1024u
#define ROOM 1600u

struct link {
	struct irl_port *port;
	struct bench_client client;
	struct irl_frame in[FRAMES], out[FRAMES];
	enum irl_tx_status status[FRAMES];
	uint8_t *bytes;
	uint64_t refused;
};

static int open_port(struct link *l, const struct bench_stage *stage,
		     struct irl_error *err)
{
	const struct irl_steer steer = {
	    .own = {{BENCH_CLIENT_ADDR, 32}},
	    .own_count = 1,
	};
	const struct irl_port_options options = {
	    .interface = IRL_WORLD_SCANNER_LINK,
	    .kind = "live",
	    .steer = &steer,
	};

	(void)stage;
	return irl_port_open(&l->port, &options, err);
}

static int link_open(struct link *l, const struct bench_stage *stage,
		     uint32_t outstanding, struct irl_error *err)
{
	struct bench_client_options options = {.limit = outstanding,
					       .locals = 1};
	int r = open_port(l, stage, err);

	memcpy(options.mac, stage->near_mac, 6);
	memcpy(options.gateway_mac, stage->far_mac, 6);
	if (r == 0)
		r = bench_client_open(&l->client, &options, err);
	l->bytes = calloc(FRAMES, ROOM);
	if (r == 0 && !l->bytes)
		r = irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (unsigned i = 0; l->bytes && i < FRAMES; i++)
		l->out[i].data = l->bytes + (size_t)i * ROOM;
	return r;
}

static void link_close(struct link *l)
{
	irl_port_close(l->port);
	bench_client_close(&l->client);
	free(l->bytes);
}

/* A frame that is refused is a lost segment, which TCP mends. */
static int send_all(struct link *l, uint64_t now)
{
	unsigned n;

	do {
		int sent;

		n = irl_tcp_output(l->client.stack, l->out, FRAMES, now);
		sent = n ? irl_port_send(l->port, 0, l->out, n, l->status) : 0;
		if (sent < 0)
			return sent;
		l->refused += n - (unsigned)sent;
	} while (n == FRAMES);
	return 0;
}

static int turn(struct link *l)
{
	int n = irl_port_recv(l->port, 0, l->in, FRAMES);
	uint64_t now = bench_now_ns();

	if (n < 0)
		return n;
	irl_tcp_input(l->client.stack, l->in, (unsigned)n, now, NULL);
	irl_tcp_advance(l->client.stack, now);
	bench_client_answer(&l->client);
	bench_client_connect(&l->client, FRAMES, now);
	return send_all(l, now);
}

int bench_tcp_port(struct bench_row *row, const struct bench_stage *stage,
		   uint32_t outstanding, double seconds, struct irl_error *err)
{
	struct link *l = calloc(1, sizeof(*l));
	struct bench_cost cost;
	int r;

	if (!l)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	r = link_open(l, stage, outstanding, err);
	if (r == 0) {
		bench_cost_begin(&cost);
		while (r == 0 && bench_cost_seconds(&cost) < seconds)
			r = turn(l);
		if (r == 0)
			bench_cost_note(&cost, row, l->client.done,
					l->client.failed);
		else
			irl_error_set(err, -r, "the port failed");
	}
	link_close(l);
	free(l);
	return r;
}
