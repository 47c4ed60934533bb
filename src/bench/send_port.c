// SPDX-License-Identifier: BSD-2-Clause
/* Our ports, through the public interface. */
#include <stdlib.h>
#include <irl/port.h>
#include "bench/frames.h"
#include "bench/sender.h"
#include "bench/stage.h"

struct port_sender {
	struct irl_port *port;
	unsigned batch;
	struct bench_frames frames;
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
		     const char *kind, struct irl_error *err)
{
	const struct irl_port_options port = {.ifname = options->ifname,
					      .kind = kind};
	size_t stride = (options->length + 63) & ~63u;
	struct port_sender *s = calloc(1, sizeof(*s) + options->batch * stride);
	int r;

	*out = NULL;
	if (!s)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	s->batch = options->batch;
	bench_frames_init(&s->frames, options->length, options->stage->near_mac,
			  options->stage->far_mac);
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

static int open_live(void **out, const struct bench_sender_options *options,
		     struct irl_error *err)
{
	return open_port(out, options, "live", err);
}

static int open_packet(void **out, const struct bench_sender_options *options,
		       struct irl_error *err)
{
	return open_port(out, options, "packet", err);
}

static int send_port(void *sender)
{
	struct port_sender *s = sender;

	for (unsigned i = 0; i < s->batch; i++)
		bench_frames_write(&s->frames, s->frame[i].data);
	return irl_port_send(s->port, 0, s->frame, s->batch, s->status);
}

static int finish(void *sender)
{
	(void)sender;
	return 0;
}

const struct bench_sender bench_live = {
    .name = "live",
    .batch_max = IRL_BATCH_MAX,
    .open = open_live,
    .send = send_port,
    .finish = finish,
    .close = close_port,
};

const struct bench_sender bench_packet = {
    .name = "packet",
    .batch_max = IRL_BATCH_MAX,
    .open = open_packet,
    .send = send_port,
    .finish = finish,
    .close = close_port,
};
