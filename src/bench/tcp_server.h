/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the world's server costs: the receiving side of a veth runs on its
 * sender's core, so the client's core pays for it.  The kernel takes the time
 * around each run of its XDP program (BPF_STATS_RUN_TIME), which slows all
 * down: for rounds of its own.
 */
#ifndef IRL_BENCH_TCP_SERVER_H
#define IRL_BENCH_TCP_SERVER_H

#include <stdint.h>
#include <irl/error.h>

struct bench_stage;
struct irl_world;

/* Exchanges that the world has answered so far. */
int bench_server_answered(const struct irl_world *world, uint64_t *out,
			  struct irl_error *err);

struct bench_server {
	const struct bench_stage *stage;
	int program, statistics;         /* descriptors; < 0: none */
	uint64_t spent_ns, runs, served; /* when it began */
};

/* From now on.  The caller's thread is on the scanner's side, before and
 * after. */
int bench_server_watch(struct bench_server *server,
		       const struct bench_stage *stage, struct irl_error *err);
/* Nanoseconds for each connection that was answered since, without what it
 * takes to read the clock; in any case the watch is over. */
int bench_server_cost(struct bench_server *server, double *out,
		      struct irl_error *err);

#endif
