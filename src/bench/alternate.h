/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Senders by turns: each at each size of batch, round by round, counted where
 * the frames arrive.
 */
#ifndef IRL_BENCH_ALTERNATE_H
#define IRL_BENCH_ALTERNATE_H

#include "bench/bench.h"
#include "../driver/linux/bench.h"
#include "bench/sender.h"

/* One contender at one size of batch. */
struct bench_slot {
	const struct bench_sender *sender;
	unsigned batch;
	bool absent; /* not to be had here */
};

struct bench_turns {
	struct bench_slot slot[BENCH_ROWS_MAX];
	unsigned count;
	struct bench_sender_options
	    open; /* batch, length and kind are filled in */
	/* What has arrived so far, once that is @expected or nothing more
	 * does; negative: the far end does not say. */
	int (*settled)(void *context, uint64_t expected,
		       struct bench_seen *out);
	void *context;
};

/* The slots that @options want, or -IRL_EINVAL where a name is none. */
int bench_turns_init(struct bench_turns *turns,
		     const struct bench_sender *const senders[], unsigned count,
		     const struct bench_options *options,
		     struct irl_error *err);

/* Round 0 warms up and is not noted.  A contender that is not to be had here
 * (-IRL_ENOTSUP) is told as such in the report; any other error ends it. */
int bench_turns_run(struct bench_turns *turns, struct bench_report *report,
		    const struct bench_options *options, struct irl_error *err);

#endif
