/* SPDX-License-Identifier: BSD-2-Clause */
/* What every wrapper has: a port inside, and calls that only pass through. */
#ifndef IRL_PORT_WRAP_H
#define IRL_PORT_WRAP_H

#include <irl/wrap.h>
#include "port/port.h"

struct irl_wrap {
	struct irl_port port;
	struct irl_port *inside;
	struct irl_wrap_clock clock; /* now_ns NULL: the wall clock */
};

/* A zeroed wrapper of @size bytes around @inside, or NULL: out of memory. */
void *irl_wrap_new(size_t size, const struct irl_port_ops *ops,
		   struct irl_port *inside, const struct irl_wrap_clock *clock);

void irl_wrap_close(struct irl_port *port); /* free()s the wrapper */
int irl_wrap_wait(struct irl_port *port, unsigned queue, int64_t timeout_ns);
void irl_wrap_stats(struct irl_port *port, struct irl_port_stats *out);
void irl_wrap_end_rx(struct irl_port *port);

/* The time of a frame sent now. */
uint64_t irl_wrap_now(const struct irl_wrap *wrap);
/* What to add to the time of a received frame. */
uint64_t irl_wrap_offset(const struct irl_wrap *wrap);

#endif
