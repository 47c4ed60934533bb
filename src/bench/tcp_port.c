// SPDX-License-Identifier: BSD-2-Clause
/* The client on a port, against servers at its other end; one thread. */
#include <stdlib.h>
#include <string.h>
#include "base/os.h"
#include "bench/tcp.h"
#include "bench/tcp_client.h"
#include "bench/tcp_link.h"

#define CONNECTS 1024u /* a turn */

/* All answers at once fit, and few outstanding stay in the cache. */
static uint32_t ring_for(uint32_t outstanding)
{
	uint32_t bytes = 65536;

	while (bytes < outstanding * 1024)
		bytes *= 2;
	return bytes;
}

static int turn(struct bench_link *link, struct bench_client *client)
{
	uint64_t now = irl_os_clock_ns();
	int r = bench_link_receive(link, now);

	if (r < 0)
		return r;
	bench_client_answer(client);
	bench_client_connect(client, CONNECTS, now);
	return bench_link_send(link, now);
}

static int run(struct bench_link *link, struct bench_client *client,
	       struct bench_row *row, double seconds, struct irl_error *err)
{
	struct bench_cost cost;
	int r = 0;

	bench_cost_begin(&cost);
	while (r == 0 && bench_cost_seconds(&cost) < seconds)
		r = turn(link, client);
	if (r < 0)
		return irl_error_set(err, -r, "the port failed");
	bench_cost_note(&cost, row, client->done, client->failed);
	return 0;
}

int bench_tcp_port(struct bench_row *row, const struct bench_near *near,
		   uint32_t outstanding, double seconds, struct irl_error *err)
{
	struct bench_client_options options = {
	    .limit = outstanding,
	    .locals = 1,
	    .addr = near->addr,
	    .servers = near->servers,
	    .server_count = near->server_count,
	    .port = near->port,
	};
	struct bench_link *link = calloc(1, sizeof(*link));
	struct bench_client client = {0};
	int r;

	if (!link)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	memcpy(options.mac, near->mac, 6);
	memcpy(options.gateway_mac, near->gateway_mac, 6);
	r = bench_client_open(&client, &options, err);
	if (r == 0)
		r = bench_link_open(link, near, client.stack,
				    ring_for(outstanding), err);
	if (r == 0)
		r = run(link, &client, row, seconds, err);
	bench_link_close(link);
	bench_client_close(&client);
	free(link);
	return r;
}
