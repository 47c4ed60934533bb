/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of `irl bench tcp`; each adds a sample to rows of the report. */
#ifndef IRL_BENCH_TCP_H
#define IRL_BENCH_TCP_H

#include <stdbool.h>
#include <stdint.h>
#include "bench/cost.h"
#include "bench/report.h"

struct bench_near; /* bench/tcp_link.h */
struct bench_stage;
struct irl_world;

/* connections_per_s, cpu_ns_per_connection, cores, failed */
void bench_cost_note(const struct bench_cost *cost, struct bench_row *row,
		     uint64_t done, uint64_t failed);

/* The scanner's side of a stage. */
void bench_near_of(const struct bench_stage *stage, struct bench_near *out);

/* @outstanding connections at once, round trips of 1 to 10 s; in memory, in
 * virtual time. */
int bench_tcp_outstanding(struct bench_row *row, uint32_t outstanding,
			  struct irl_error *err);
/* One after another with @outstanding on their way; on the port "memory", in
 * virtual time. */
int bench_tcp_memory(struct bench_row *row, uint32_t outstanding,
		     double seconds, struct irl_error *err);
/* Through a port. */
int bench_tcp_port(struct bench_row *row, const struct bench_near *near,
		   uint32_t outstanding, double seconds, struct irl_error *err);
/* The world's server alone: requests as fast as a port sends them. */
int bench_tcp_flood(struct bench_row *row, const struct bench_near *near,
		    struct irl_world *world, double seconds,
		    struct irl_error *err);
/* The host's sockets and epoll; @unique: each to another address. */
int bench_tcp_sockets(struct bench_row *row, bool unique, uint32_t outstanding,
		      double seconds, struct irl_error *err);

/* Bytes of @connections that a server of the far side's kernel sends without
 * end, to our stack or to the host's sockets; the client runs on @core. */
int bench_bulk(struct bench_row *row, const struct bench_stage *stage,
	       bool ours, unsigned connections, unsigned core, double seconds,
	       struct irl_error *err);

#endif
