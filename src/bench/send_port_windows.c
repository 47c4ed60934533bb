// SPDX-License-Identifier: BSD-2-Clause
/* Ours: the two drivers, through the public interface of the library. */
#include <stdlib.h>
#include <irl/port.h>
#include "bench/peer_windows.h"
#include "bench/senders_windows.h"

struct port_sender {
	struct irl_port *port;
	unsigned batch;
	struct bench_datagrams frames;
	struct irl_frame frame[IRL_BATCH_MAX];
	enum irl_tx_status status[IRL_BATCH_MAX];
	uint8_t bytes[];
};

static void close_port(void *sender)
{
	struct port_sender *s = sender;

	irl_port_close(s->port);
	free(s);
}

static int open_port(void **out, const struct bench_sender_options *options,
		     struct irl_error *err)
{
	const struct bench_peer *peer = options->peer;
	const struct irl_port_options port = {.ifname = peer->ifname,
					      .kind = "windows"};
	size_t stride = (options->length + 63) & ~63u;
	struct port_sender *s = calloc(1, sizeof(*s) + options->batch * stride);
	int r;

	*out = NULL;
	if (!s)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	s->batch = options->batch;
	bench_datagrams_init(&s->frames, options->length, peer->near_mac,
			     peer->far_mac, peer->near_addr, &peer->range);
	for (unsigned i = 0; i < s->batch; i++) {
		s->frame[i].data = s->bytes + i * stride;
		s->frame[i].length = options->length;
	}
	r = irl_port_open(&s->port, &port, err);
	if (r < 0) {
		free(s);
		return r;
	}
	*out = s;
	return 0;
}

static int send_port(void *sender)
{
	struct port_sender *s = sender;

	for (unsigned i = 0; i < s->batch; i++)
		bench_datagrams_write(&s->frames, s->frame[i].data);
	return irl_port_send(s->port, 0, s->frame, s->batch, s->status);
}

/* Each call waits for the adapter. */
static int finish(void *sender)
{
	(void)sender;
	return 0;
}

const struct bench_sender bench_irlstack = {
    .name = "irlstack",
    .batch_max = IRL_BATCH_MAX,
    .open = open_port,
    .send = send_port,
    .finish = finish,
    .close = close_port,
};
