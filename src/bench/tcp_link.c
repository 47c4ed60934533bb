// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include <irl/net.h>
#include "bench/tcp_link.h"

#define ROOM 1600u

int bench_link_open(struct bench_link *link, const struct bench_near *near,
		    struct irl_tcp_stack *stack, uint32_t ring_bytes,
		    struct irl_error *err)
{
	const struct irl_port_options options = {
	    .ifname = near->ifname,
	    .kind = near->kind,
	    .steer = &link->steer,
	    .rx_ring_bytes = ring_bytes,
	};
	int r;

	link->steer =
	    (struct irl_steer){.own = {{near->addr, 32}}, .own_count = 1};
	r = irl_port_open(&link->port, &options, err);
	if (r < 0)
		return r;
	memcpy(link->mac, near->mac, 6);
	link->stack = stack;
	link->bytes = calloc(BENCH_LINK_FRAMES, ROOM);
	if (!link->bytes)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (unsigned i = 0; i < BENCH_LINK_FRAMES; i++)
		link->out[i].data = link->bytes + (size_t)i * ROOM;
	return 0;
}

void bench_link_close(struct bench_link *link)
{
	if (link->port)
		irl_port_close(link->port);
	free(link->bytes);
}

static void answer(struct bench_link *link, const struct irl_frame *frame)
{
	uint8_t bytes[IRL_FRAME_MAX];
	struct irl_frame reply = {.data = bytes};
	enum irl_tx_status status;

	reply.length = irl_answer(link->steer.own, link->steer.own_count,
				  link->mac, frame->data, frame->length, bytes);
	if (reply.length)
		irl_port_send(link->port, 0, &reply, 1, &status);
}

int bench_link_receive(struct bench_link *link, uint64_t now_ns)
{
	int n = irl_port_recv(link->port, 0, link->in, BENCH_LINK_FRAMES);

	if (n < 0)
		return n;
	irl_tcp_input(link->stack, link->in, (unsigned)n, now_ns,
		      link->verdict);
	for (int i = 0; i < n; i++)
		if (link->verdict[i] == IRL_TCP_FOREIGN)
			answer(link, &link->in[i]);
	irl_tcp_advance(link->stack, now_ns);
	return n;
}

int bench_link_send(struct bench_link *link, uint64_t now_ns)
{
	unsigned n;
	int sent = 0;

	do {
		n = irl_tcp_output(link->stack, link->out, BENCH_LINK_FRAMES,
				   now_ns);
		if (n)
			sent = irl_port_send(link->port, 0, link->out, n,
					     link->status);
	} while (n == BENCH_LINK_FRAMES && sent >= 0);
	return sent < 0 ? sent : 0;
}
