// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "bench/tcp_client.h"

#define BATCH 256u
#define PORT 80

/* Never copied: the template that all connections share. */
static const char request[] = BENCH_CLIENT_REQUEST;

int bench_client_open(struct bench_client *client,
		      const struct bench_client_options *options,
		      struct irl_error *err)
{
	struct irl_tcp_local local[BENCH_CLIENT_LOCALS];
	uint32_t first = options->addr ? options->addr : BENCH_CLIENT_ADDR;
	struct irl_tcp_stack_options stack = {
	    .locals = local,
	    .local_count = options->locals,
	    .partial_checksums = true,
	    .seed = 1,
	    /* an aborted one keeps its place until its RST is out */
	    .connections = options->limit + 4 * BATCH,
	    .time_waits = 1,
	    .established = options->established,
	    .buffer_bytes = options->buffer_bytes,
	    .syn_timeout_ns = options->syn_timeout_ns,
	};

	*client = (struct bench_client){
	    .limit = options->limit,
	    .servers = BENCH_CLIENT_SERVERS,
	    .server_count = BENCH_CLIENT_SERVER_COUNT,
	    .port = PORT,
	};
	if (options->server_count) {
		client->servers = options->servers;
		client->server_count = options->server_count;
		client->port = options->port;
	}
	for (uint32_t i = 0; i < options->locals; i++)
		local[i] = (struct irl_tcp_local){
		    .addr = irl_ip4(first + i),
		    .port_first = 1024,
		    .port_last = 65535,
		};
	memcpy(stack.mac, options->mac, 6);
	memcpy(stack.gateway_mac, options->gateway_mac, 6);
	return irl_tcp_new(&client->stack, &stack, err);
}

void bench_client_close(struct bench_client *client)
{
	irl_tcp_free(client->stack);
	client->stack = NULL;
}

void bench_client_connect(struct bench_client *client, uint32_t most,
			  uint64_t now_ns)
{
	struct irl_tcp_connect batch[BATCH];
	uint64_t id[BATCH];

	while (most && client->open < client->limit) {
		uint32_t room = client->limit - client->open, n = BATCH, got;

		n = n < room ? n : room;
		n = n < most ? n : most;
		for (uint32_t i = 0; i < n; i++)
			batch[i] = (struct irl_tcp_connect){
			    .remote = irl_ip4(client->servers +
					      (uint32_t)((client->opened + i) %
							 client->server_count)),
			    .port = client->port,
			};
		got = irl_tcp_connect(client->stack, batch, n, id, now_ns);
		client->opened += n;
		client->failed += n - got;
		client->open += got;
		most -= n;
		if (got < n)
			break;
	}
}

static void answer(struct bench_client *client,
		   const struct irl_tcp_event *event)
{
	char bytes[2048];

	switch (event->kind) {
	case IRL_TCP_ESTABLISHED:
		client->established++;
		irl_tcp_send(client->stack, event->id, request,
			     sizeof(request) - 1, IRL_TCP_STATIC);
		break;
	case IRL_TCP_READABLE:
		if (irl_tcp_read(client->stack, event->id, bytes,
				 sizeof(bytes)) <= 0)
			break;
		client->done++;
		irl_tcp_abort(client->stack, event->id);
		break;
	case IRL_TCP_CLOSED:
		client->open--;
		client->failed += event->outcome != IRL_TCP_ABORTED;
		break;
	default:
		break;
	}
}

void bench_client_answer(struct bench_client *client)
{
	struct irl_tcp_event event[BATCH];
	unsigned n;

	while ((n = irl_tcp_poll(client->stack, event, BATCH)) > 0)
		for (unsigned i = 0; i < n; i++)
			answer(client, &event[i]);
}
