/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contenders that run by themselves until they are stopped: scans, of ours and
 * of others.  They are measured from outside, while they flow.
 */
#ifndef IRL_BENCH_FLOW_H
#define IRL_BENCH_FLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include "bench/stage.h"

struct bench_flow_options {
	const struct bench_stage *stage;
	unsigned core; /* where a flow with one thread runs */
};

struct bench_flow {
	const char *name;
	const char *program; /* of somebody else; NULL: ours */
	/* From the scanner's side of the stage. */
	int (*start)(void **out, const struct bench_flow_options *options,
		     struct irl_error *err);
	/* Processor time of another process so far; NULL: it runs in ours. */
	double (*cpu_s)(void *flow);
	/* Stop and free.  @accepted: by the driver in its whole life, -1 when
	 * it cannot tell. */
	int (*stop)(void *flow, int64_t *accepted, struct irl_error *err);
};

extern const struct bench_flow bench_flow_limit, bench_flow_scan,
    bench_flow_scan2, bench_flow_zmap, bench_flow_masscan;

#endif
