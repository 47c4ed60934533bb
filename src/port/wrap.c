// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include "base/clock.h"
#include "port/wrap.h"

void *irl_wrap_new(size_t size, const struct irl_port_ops *ops,
		   struct irl_port *inside, const struct irl_wrap_clock *clock)
{
	struct irl_wrap *w = calloc(1, size);

	if (!w)
		return NULL;
	w->port.ops = ops;
	w->port.info = inside->info;
	w->port.info.caps &= ~IRL_PORT_PROBE;
	w->inside = inside;
	if (clock)
		w->clock = *clock;
	return w;
}

void irl_wrap_close(struct irl_port *port)
{
	irl_port_close(((struct irl_wrap *)port)->inside);
	free(port);
}

int irl_wrap_wait(struct irl_port *port, unsigned queue, int64_t timeout_ns)
{
	return irl_port_wait(((struct irl_wrap *)port)->inside, queue,
			     timeout_ns);
}

void irl_wrap_stats(struct irl_port *port, struct irl_port_stats *out)
{
	irl_port_stats(((struct irl_wrap *)port)->inside, out);
}

void irl_wrap_end_rx(struct irl_port *port)
{
	irl_port_end_rx(((struct irl_wrap *)port)->inside);
}

uint64_t irl_wrap_now(const struct irl_wrap *wrap)
{
	if (wrap->clock.now_ns)
		return wrap->clock.now_ns(wrap->clock.context);
	return irl_clock_wall_ns();
}

uint64_t irl_wrap_offset(const struct irl_wrap *wrap)
{
	if (wrap->clock.now_ns)
		return 0;
	return irl_clock_wall_ns() - irl_clock_ns();
}
