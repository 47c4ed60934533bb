/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways to take received frames into user space.  Each looks at every frame:
 * its number, which tells what is missing and whether the order is kept.
 *
 * One thread, on the scanner's side of a stage whose far side generates.
 */
#ifndef IRL_BENCH_RECEIVER_H
#define IRL_BENCH_RECEIVER_H

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <irl/error.h>
#include "bench/stage.h"

/* What the frames themselves tell. */
struct bench_order {
	uint32_t next; /* number of the frame that should come */
	uint64_t count, missing, disorder;
};

static inline void bench_order_note(struct bench_order *order,
				    const uint8_t *frame)
{
	uint32_t n, ahead;

	memcpy(&n, frame + 38, 4);
	ahead = ntohl(n) - order->next;
	order->count++;
	if (ahead > UINT32_MAX / 2) {
		order->disorder++;
		return;
	}
	order->missing += ahead;
	order->next += ahead + 1;
}

struct bench_receiver_options {
	const struct bench_stage *stage;
	uint32_t ring_bytes; /* 0: the usual */
	unsigned queue;      /* where the generator's frames arrive */
};

struct bench_receiver {
	const char *name;
	int (*open)(void **out, const struct bench_receiver_options *options,
		    struct irl_error *err);
	/* Take what is there; if nothing is, wait a little.  Returns the number
	 * of frames or -IRL_E... . */
	int (*receive)(void *receiver, struct bench_order *order);
	/* Frames that were dropped for want of room, as the receiver counts
	 * them itself. */
	uint64_t (*dropped)(void *receiver);
	void (*close)(void *receiver);
};

extern const struct bench_receiver bench_receive_live, bench_receive_live_slow,
    bench_receive_packet, bench_receive_af_xdp;

#endif
