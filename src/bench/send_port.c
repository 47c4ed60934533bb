// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include "bench/send_port.h"

struct port_sender {
	struct irl_port *port;
	void *frames;
	unsigned batch;
	struct irl_frame frame[IRL_BATCH_MAX];
	enum irl_tx_status status[IRL_BATCH_MAX];
	uint8_t bytes[];
};

void bench_port_close(void *sender)
{
	struct port_sender *s = sender;

	irl_port_close(s->port);
	free(s->frames);
	free(s);
}

int bench_port_open(void **out, const struct bench_sender_options *options,
		    struct irl_error *err)
{
	const struct irl_port_options port = {.ifname = options->ifname,
					      .kind = options->kind};
	size_t stride = (options->length + 63) & ~63u;
	struct port_sender *s = calloc(1, sizeof(*s) + options->batch * stride);
	int r;

	*out = NULL;
	if (!s)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	s->batch = options->batch;
	for (unsigned i = 0; i < s->batch; i++) {
		s->frame[i].data = s->bytes + i * stride;
		s->frame[i].length = options->length;
	}
	s->frames = bench_port_frames(options);
	r = s->frames ? irl_port_open(&s->port, &port, err)
		      : irl_error_set(err, IRL_ENOMEM, "out of memory");
	if (r < 0)
		bench_port_close(s);
	else
		*out = s;
	return r;
}

int bench_port_send(void *sender)
{
	struct port_sender *s = sender;

	bench_port_frames_write(s->frames, s->frame, s->batch);
	return irl_port_send(s->port, 0, s->frame, s->batch, s->status);
}

/* What is accepted is told by each call. */
int bench_port_finish(void *sender)
{
	(void)sender;
	return 0;
}
