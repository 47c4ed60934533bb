/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Benchmarks: contenders side by side in one run, alternating round by round
 * after a round of warming up, counted at the receiver.
 *
 * Each makes a stage of its own and fills a report.  They need root, print
 * progress to stderr if @progress, and leave nothing behind however they end.
 */
#ifndef IRL_BENCH_BENCH_H
#define IRL_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include "bench/report.h"

struct bench_options {
	double seconds;  /* per contender and round */
	unsigned rounds; /* that count, 1 .. BENCH_ROUNDS_MAX */
	uint32_t frame_bytes;
	unsigned core;          /* of the contender */
	const char *batches;    /* "1,4,16"; NULL: all */
	const char *contenders; /* "live,sendmmsg"; NULL: all */
	uint32_t ring_bytes;    /* of the receiving ports; 0: their default */
	unsigned workers;       /* of huge; 0: one a core */
	const char *range;      /* of whole scans; NULL: 10.0.0.0/8 */
	const char *ifname;     /* of the far end */
	const char *listen;     /* its address */
	const char *peer;       /* that address, for who asks it */
	const char *port;       /* the kind, of soak; NULL: windows */
	bool progress;
};

int bench_answers(struct bench_report *report,
		  const struct bench_options *options, struct irl_error *err);
int bench_huge(struct bench_report *report, const struct bench_options *options,
	       struct irl_error *err);
/* Serves until it is killed, or its port fails. */
int bench_far(struct bench_report *report, const struct bench_options *options,
	      struct irl_error *err);
int bench_host(struct bench_report *report, const struct bench_options *options,
	       struct irl_error *err);
int bench_pace(struct bench_report *report, const struct bench_options *options,
	       struct irl_error *err);
int bench_rx(struct bench_report *report, const struct bench_options *options,
	     struct irl_error *err);
int bench_scan(struct bench_report *report, const struct bench_options *options,
	       struct irl_error *err);
/* Windows only; @seconds in all. */
int bench_soak(struct bench_report *report, const struct bench_options *options,
	       struct irl_error *err);
int bench_tcp(struct bench_report *report, const struct bench_options *options,
	      struct irl_error *err);
int bench_tx(struct bench_report *report, const struct bench_options *options,
	     struct irl_error *err);

/* Is @word one of those in the comma-separated @list?  NULL has every word. */
bool bench_wanted(const char *list, const char *word);
/* -IRL_EINVAL, naming it, if a word of @list is none of @names. */
int bench_check_list(const char *list, const char *const names[],
		     unsigned count, const char *what, struct irl_error *err);
void bench_say(const struct bench_options *options, const char *fmt, ...)
    IRL_PRINTF(2, 3);

#endif
