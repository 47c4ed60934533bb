/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our ports as contenders, through the public interface.  What they send is the
 * system's: send_port_linux.c, send_port_windows.c.
 */
#ifndef IRL_BENCH_SEND_PORT_H
#define IRL_BENCH_SEND_PORT_H

#include <irl/port.h>
#include "bench/sender.h"

/* ---- of each system ------------------------------------------------------
 */

/* To be freed by free(); NULL: out of memory. */
void *bench_port_frames(const struct bench_sender_options *options);
/* Write the next @count. */
void bench_port_frames_write(void *frames, const struct irl_frame to[],
			     unsigned count);

/* ---- send_port.c ---------------------------------------------------------
 */

int bench_port_open(void **out, const struct bench_sender_options *options,
		    struct irl_error *err);
int bench_port_send(void *sender);
int bench_port_finish(void *sender);
void bench_port_close(void *sender);

/* The contender @called over ports of @port_kind. */
#define BENCH_PORT_SENDER(called, port_kind)                                   \
	{                                                                      \
		.name = called, .kind = port_kind, .batch_max = IRL_BATCH_MAX, \
		.open = bench_port_open, .send = bench_port_send,              \
		.finish = bench_port_finish, .close = bench_port_close,        \
	}

#endif
