/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole scan of a world into a file, in a process of its own, judged against
 * the truth. */
#ifndef IRL_BENCH_WHOLE_H
#define IRL_BENCH_WHOLE_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/world.h>
#include "bench/stage.h"

struct bench_whole_options {
	const struct bench_stage *stage; /* with its responder */
	const struct irl_world_model *model;
	const char *ports; /* of every address of the model's range */
	unsigned workers;
	double rate_pps;
	uint64_t max_targets; /* 0: all */
	const char *fields;   /* NULL: no file is written, nothing judged */
};

struct bench_whole {
	uint64_t targets, accepted, answers; /* as the scan tells */
	uint64_t begin_ns;                   /* before the first probe */
	double seconds;  /* from the first probe to the last record, without
			    the wait for late answers */
	double cpu_s;    /* of the run, softirqs included */
	double peak_mib; /* of the process */
	uint64_t rows, truth; /* lines of the file, answers there are */
	bool equal;           /* the same targets, each once */
};

int bench_whole_run(const struct bench_whole_options *options,
		    struct bench_whole *out, struct irl_error *err);

#endif
