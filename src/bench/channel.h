/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the two ends of a cable talk about a benchmark: lines over TCP, between
 * addresses that a person has named.  channel_linux.c, channel_windows.c.
 *
 * One thread.  Nothing waits, but for connecting.
 */
#ifndef IRL_BENCH_CHANNEL_H
#define IRL_BENCH_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>

#define BENCH_LINE 256u

struct bench_channel {
	intptr_t listener, socket; /* -1: none */
	char line[BENCH_LINE];     /* the beginning of one */
	unsigned length;
};

/* All zero but the sockets, which there are none of. */
void bench_channel_init(struct bench_channel *channel);
/* Listen at @addr (host byte order) and no other. */
int bench_channel_listen(struct bench_channel *channel, uint32_t addr,
			 uint16_t port, struct irl_error *err);
/* Whoever waits; 1, or 0: nobody does. */
int bench_channel_accept(struct bench_channel *channel);
/* Hang up, but go on listening. */
void bench_channel_hang_up(struct bench_channel *channel);
void bench_channel_close(struct bench_channel *channel);

/* Bytes; 0: none now, -IRL_EPIPE: the other has gone. */
int bench_channel_receive(struct bench_channel *channel, char *to,
			  unsigned size);
int bench_channel_send(struct bench_channel *channel, const char *text);

/* ---- for both systems ----------------------------------------------------
 */

/* A line, without its end: 1; 0: none yet; -IRL_EPIPE. */
int bench_channel_line(struct bench_channel *channel, char line[BENCH_LINE]);

/* ---- of Windows only, where who asks runs ---------------------------------
 */

/* @local: the address that the system sends from. */
int bench_channel_connect(struct bench_channel *channel, uint32_t addr,
			  uint16_t port, uint32_t *local,
			  struct irl_error *err);

#endif
