// SPDX-License-Identifier: BSD-2-Clause
#include "port/wrap.h"

struct trace {
	struct irl_wrap wrap;
	FILE *file;
};

static void tell(struct trace *t, uint64_t time_ns, char direction,
		 const struct irl_frame *frame, enum irl_tx_status status)
{
	char text[200];

	irl_frame_text(frame->data, frame->length, text, sizeof(text));
	fprintf(t->file, "%llu.%09llu %c %4u %s%s%s\n",
		(unsigned long long)(time_ns / 1000000000),
		(unsigned long long)(time_ns % 1000000000), direction,
		frame->length, text, status ? " ! " : "",
		status ? irl_tx_status_name(status) : "");
}

static int trace_send(struct irl_port *port, unsigned queue,
		      const struct irl_frame frames[], unsigned count,
		      enum irl_tx_status status[])
{
	struct trace *t = (struct trace *)port;
	uint64_t now = irl_wrap_now(&t->wrap);
	int n = irl_port_send(t->wrap.inside, queue, frames, count, status);

	for (unsigned i = 0; n >= 0 && i < count; i++)
		tell(t, now, '>', &frames[i], status[i]);
	return n;
}

static int trace_recv(struct irl_port *port, unsigned queue,
		      struct irl_frame frames[], unsigned max)
{
	struct trace *t = (struct trace *)port;
	uint64_t offset = irl_wrap_offset(&t->wrap);
	int n = irl_port_recv(t->wrap.inside, queue, frames, max);

	for (int i = 0; i < n; i++)
		tell(t, frames[i].time_ns + offset, '<', &frames[i],
		     IRL_TX_ACCEPTED);
	return n;
}

static const struct irl_port_ops trace_ops = {
    .close = irl_wrap_close,
    .send = trace_send,
    .recv = trace_recv,
    .wait = irl_wrap_wait,
    .stats = irl_wrap_stats,
    .end_rx = irl_wrap_end_rx,
};

int irl_port_trace(struct irl_port **out, struct irl_port *inside, FILE *file,
		   const struct irl_wrap_clock *clock, struct irl_error *err)
{
	struct trace *t = irl_wrap_new(sizeof(*t), &trace_ops, inside, clock);

	*out = NULL;
	if (!t)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	t->file = file;
	*out = &t->wrap.port;
	return 0;
}
