// SPDX-License-Identifier: BSD-2-Clause
/*
 * The world's server at its limit.  What a client of some connections sends,
 * SYNs, requests in the handshake's ACKs, RSTs, is kept, and sent again and
 * again as fast as the port goes.  The server has no state: it answers each
 * time.  Nobody reads the answers, so after the first ones they end in the
 * port's full ring.
 */
#include <stdlib.h>
#include <string.h>
#include <irl/world.h>
#include "base/os.h"
#include "bench/tcp.h"
#include "bench/tcp_client.h"
#include "bench/tcp_link.h"
#include "bench/tcp_server.h"

#define CONNECTIONS 256u
#define FRAMES (3 * CONNECTIONS)
#define ROOM 1600u
#define PATIENCE_NS 5000000000ull

struct flood {
	struct bench_link link;
	struct bench_client client;
	unsigned count;
	struct irl_frame frame[FRAMES];
	enum irl_tx_status status[FRAMES];
	uint8_t bytes[FRAMES][ROOM];
};

/* One exchange of each connection; its frames are kept. */
static int keep(struct flood *f, struct irl_error *err)
{
	uint64_t now = irl_os_clock_ns(), end = now + PATIENCE_NS;

	while ((f->client.done < CONNECTIONS || f->client.open) && now < end) {
		unsigned n;

		bench_link_receive(&f->link, now);
		bench_client_answer(&f->client);
		bench_client_connect(
		    &f->client, CONNECTIONS - (unsigned)f->client.opened, now);
		n = irl_tcp_output(f->client.stack, f->frame + f->count,
				   FRAMES - f->count, now);
		if (n)
			irl_port_send(f->link.port, 0, f->frame + f->count, n,
				      f->status);
		f->count += n;
		now = irl_os_clock_ns();
	}
	return f->client.done == CONNECTIONS && f->count == FRAMES
		   ? 0
		   : irl_error_set(err, IRL_EIO,
				   "of %u exchanges with the world's server "
				   "%llu were done, in %u frames",
				   CONNECTIONS,
				   (unsigned long long)f->client.done,
				   f->count);
}

static int send_again(struct flood *f, struct irl_world *world,
		      struct bench_row *row, double seconds,
		      struct irl_error *err)
{
	struct bench_cost cost;
	uint64_t asked = 0, before = 0, answered = 0;
	int r = bench_server_answered(world, &before, err);

	if (r < 0)
		return r;
	bench_cost_begin(&cost);
	while (r >= 0 && bench_cost_seconds(&cost) < seconds) {
		r = irl_port_send(f->link.port, 0, f->frame, f->count,
				  f->status);
		asked += CONNECTIONS;
	}
	if (r < 0)
		return irl_error_set(err, -r, "the port failed");
	r = bench_server_answered(world, &answered, err);
	if (r < 0)
		return r;
	answered -= before;
	bench_cost_note(&cost, row, answered,
			asked > answered ? asked - answered : 0);
	return 0;
}

int bench_tcp_flood(struct bench_row *row, const struct bench_near *near,
		    struct irl_world *world, double seconds,
		    struct irl_error *err)
{
	struct bench_client_options options = {
	    .limit = CONNECTIONS, .locals = 1, .addr = near->addr};
	struct flood *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (unsigned i = 0; i < FRAMES; i++)
		f->frame[i].data = f->bytes[i];
	memcpy(options.mac, near->mac, 6);
	memcpy(options.gateway_mac, near->gateway_mac, 6);
	r = bench_client_open(&f->client, &options, err);
	if (r == 0)
		r = bench_link_open(&f->link, near, f->client.stack, 1u << 20,
				    err);
	if (r == 0)
		r = keep(f, err);
	if (r == 0)
		r = send_again(f, world, row, seconds, err);
	bench_link_close(&f->link);
	bench_client_close(&f->client);
	free(f);
	return r;
}
