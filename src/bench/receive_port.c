// SPDX-License-Identifier: BSD-2-Clause
/* Our ports, through the public interface. */
#include <stdlib.h>
#include <irl/port.h>
#include "bench/receiver.h"

#define BATCH 1024u
#define WAIT_NS 2000000
/* A reader that takes too little: its ring must overflow, at any offer. */
#define SLOW_RING_BYTES 65536u
#define SLOW_PAUSE_NS 5000000ull

struct port_receiver {
	struct irl_port *port;
	struct irl_frame frame[BATCH];
};

static void close_port(void *receiver)
{
	struct port_receiver *p = receiver;

	irl_port_close(p->port);
	free(p);
}

static int open_port(void **out, const char *kind, uint32_t ring_bytes,
		     struct irl_error *err)
{
	const struct irl_steer steer = {.own = {{BENCH_READER, 32}},
					.own_count = 1};
	const struct irl_port_options port = {
	    .ifname = IRL_WORLD_SCANNER_LINK,
	    .kind = kind,
	    .steer = &steer,
	    .rx_ring_bytes = ring_bytes,
	};
	struct port_receiver *p = calloc(1, sizeof(*p));
	int r;

	*out = NULL;
	if (!p)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	r = irl_port_open(&p->port, &port, err);
	if (r < 0) {
		free(p);
		return r;
	}
	*out = p;
	return 0;
}

static int open_live(void **out, const struct bench_receiver_options *options,
		     struct irl_error *err)
{
	return open_port(out, "live", options->ring_bytes, err);
}

static int open_slow(void **out, const struct bench_receiver_options *options,
		     struct irl_error *err)
{
	(void)options;
	return open_port(out, "live", SLOW_RING_BYTES, err);
}

static int open_packet(void **out, const struct bench_receiver_options *options,
		       struct irl_error *err)
{
	return open_port(out, "packet", options->ring_bytes, err);
}

static int receive_port(void *receiver, struct bench_order *order)
{
	struct port_receiver *p = receiver;
	int n = irl_port_recv(p->port, 0, p->frame, BATCH);

	for (int i = 0; i < n; i++)
		bench_order_note(order, p->frame[i].data);
	if (n == 0)
		irl_port_wait(p->port, 0, WAIT_NS);
	return n;
}

static int receive_slowly(void *receiver, struct bench_order *order)
{
	int n = receive_port(receiver, order);

	if (n > 0)
		bench_sleep_ns(SLOW_PAUSE_NS);
	return n;
}

static uint64_t dropped(void *receiver)
{
	struct port_receiver *p = receiver;
	struct irl_port_stats stats;

	irl_port_stats(p->port, &stats);
	return stats.rx_full;
}

const struct bench_receiver bench_receive_live = {
    .name = "live",
    .open = open_live,
    .receive = receive_port,
    .dropped = dropped,
    .close = close_port,
};

const struct bench_receiver bench_receive_live_slow = {
    .name = "live_slow",
    .open = open_slow,
    .receive = receive_slowly,
    .dropped = dropped,
    .close = close_port,
};

const struct bench_receiver bench_receive_packet = {
    .name = "packet",
    .open = open_packet,
    .receive = receive_port,
    .dropped = dropped,
    .close = close_port,
};
