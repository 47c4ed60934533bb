// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whole exchanges, connect, request in the handshake's ACK, answer, RST: by the
 * host's sockets to one and to many servers (the paper's Table 2), by ours
 * through the port, and by ours on the memory port; and bulk.
 */
#include <string.h>
#include "bench/bench.h"
#include "bench/stage.h"
#include "bench/tcp.h"
#include "bench/tcp_client.h"
#include "bench/tcp_link.h"

void bench_near_of(const struct bench_stage *stage, struct bench_near *out)
{
	*out = (struct bench_near){
	    .ifname = IRL_WORLD_SCANNER_LINK,
	    .kind = "live",
	    .addr = BENCH_CLIENT_ADDR,
	};
	memcpy(out->mac, stage->near_mac, 6);
	memcpy(out->gateway_mac, stage->far_mac, 6);
}

/* ---- contenders -----------------------------------------------------------
 */

struct run {
	const struct bench_stage *stage;
	const struct bench_options *options;
};

typedef int measure_fn(struct bench_row *row, const struct run *run,
		       uint32_t connections, struct irl_error *err);

static int sockets_one(struct bench_row *row, const struct run *run,
		       uint32_t outstanding, struct irl_error *err)
{
	return bench_tcp_sockets(row, false, outstanding, run->options->seconds,
				 err);
}

static int sockets(struct bench_row *row, const struct run *run,
		   uint32_t outstanding, struct irl_error *err)
{
	return bench_tcp_sockets(row, true, outstanding, run->options->seconds,
				 err);
}

static int port(struct bench_row *row, const struct run *run,
		uint32_t outstanding, struct irl_error *err)
{
	struct bench_near near;

	bench_near_of(run->stage, &near);
	return bench_tcp_port(row, &near, outstanding, run->options->seconds,
			      err);
}

static int memory(struct bench_row *row, const struct run *run,
		  uint32_t outstanding, struct irl_error *err)
{
	return bench_tcp_memory(row, outstanding, run->options->seconds, err);
}

static int bulk_sockets(struct bench_row *row, const struct run *run,
			uint32_t connections, struct irl_error *err)
{
	return bench_bulk(row, run->stage, false, connections,
			  run->options->core, run->options->seconds, err);
}

static int bulk(struct bench_row *row, const struct run *run,
		uint32_t connections, struct irl_error *err)
{
	return bench_bulk(row, run->stage, true, connections,
			  run->options->core, run->options->seconds, err);
}

/* Rows are told apart by how many connections there are at once. */
static const struct contender {
	const char *name;
	measure_fn *measure;
	uint32_t outstanding;
	bool asks_world; /* the server in its XDP program */
} contenders[] = {
    {"sockets_one", sockets_one, 256, true},
    {"sockets", sockets, 64, true},
    {"sockets", sockets, 256, true},
    {"sockets", sockets, 1024, true},
    {"tcp", port, 256, true},
    {"tcp", port, 1024, true},
    {"tcp", port, 4096, true},
    {"tcp", port, 16384, true},
    {"memory", memory, 1000, false},
    {"memory", memory, 10000, false},
    {"memory", memory, 100000, false},
    {"bulk_sockets", bulk_sockets, 1, false},
    {"bulk", bulk, 1, false},
    {"bulk_sockets", bulk_sockets, 1000, false},
    {"bulk", bulk, 1000, false},
};

#define CONTENDERS (sizeof(contenders) / sizeof(contenders[0]))

/* Segments that the world's server has swallowed so far, for want of room. */
static uint64_t swallowed(const struct run *run)
{
	uint64_t n[IRL_WORLD_COUNTS];

	if (irl_world_counts(run->stage->world, n, NULL) < 0)
		return 0;
	return n[IRL_WORLD_N_OTHER] + n[IRL_WORLD_N_MALFORMED];
}

static int measure(const struct contender *c, struct bench_row *row,
		   const struct run *run, struct irl_error *err)
{
	uint64_t before = swallowed(run);
	int r = c->measure(row, run, c->outstanding, err);

	if (r == 0 && c->asks_world)
		bench_row_add(row, "unanswered",
			      (double)(swallowed(run) - before));
	return r;
}

/* One round of all; the first warms up and does not count. */
static int round_of(struct bench_report *report, const struct run *run,
		    unsigned round, struct irl_error *err)
{
	const struct bench_options *options = run->options;
	int r = 0;

	for (size_t i = 0; r == 0 && i < CONTENDERS; i++) {
		const struct contender *c = &contenders[i];

		if (!bench_wanted(options->contenders, c->name))
			continue;
		bench_say(options, "\rtcp: round %u of %u, %s %u\033[K", round,
			  options->rounds, c->name, c->outstanding);
		r = measure(c,
			    round ? bench_report_row(report, c->name,
						     "outstanding",
						     c->outstanding)
				  : NULL,
			    run, err);
	}
	return r;
}

/* ---- the whole ------------------------------------------------------------
 */

static const uint32_t at_once[] = {10000, 100000, 1000000, 10000000};

/* The best of a contender's rows. */
static unsigned best(const struct bench_report *report, const char *name)
{
	double most = 0;
	unsigned key = 0;

	for (unsigned i = 0; i < report->rows; i++) {
		const struct bench_row *row = &report->row[i];
		double rate = strcmp(row->name, name)
				  ? 0
				  : bench_median(&row->metric[0].samples);

		if (rate > most) {
			most = rate;
			key = row->key;
		}
	}
	return key;
}

static void conclude(struct bench_report *report)
{
	unsigned ours = best(report, "tcp");
	unsigned theirs = best(report, "sockets");

	bench_report_ratio(report, "tcp/sockets", "tcp", ours, "sockets",
			   theirs, 20);
	bench_report_ratio(report, "tcp/sockets_one", "tcp", ours,
			   "sockets_one", 256, 0);
	bench_report_ratio(report, "tcp/memory", "tcp", ours, "memory", 10000,
			   0);
	bench_report_figure(report, "tcp: connections/s", "connections_per_s",
			    "tcp", ours, 0, 0);
	bench_report_figure(report,
			    "memory, 100,000 outstanding: "
			    "connections/s",
			    "connections_per_s", "memory", 100000, 2e6, 0);
	bench_report_ratio(report, "bulk/sockets", "bulk", 1, "bulk_sockets", 1,
			   0.8);
	bench_report_ratio(report, "bulk1000/sockets", "bulk", 1000,
			   "bulk_sockets", 1000, 0);
	bench_report_thrift(report, "bulk1000/sockets: processor time", "bulk",
			    1000, "bulk_sockets", 1000, 1);
	bench_report_figure(report, "10 M outstanding: MiB", "memory_mib",
			    "outstanding", 10000000, 0, 2048);
	bench_report_worst(report, "10 M outstanding: lost", "lost",
			   "outstanding", 10000000, 0);
	bench_report_ratio(report, "outstanding 10 M/10 K", "outstanding",
			   10000000, "outstanding", 10000, 1 / 1.5);
}

int bench_tcp(struct bench_report *report, const struct bench_options *options,
	      struct irl_error *err)
{
	static const char *const names[] = {
	    "sockets_one",  "sockets", "tcp",        "memory",
	    "bulk_sockets", "bulk",    "outstanding"};
	struct bench_stage_options where;
	struct bench_stage stage;
	const struct run run = {&stage, options};
	int r =
	    bench_check_list(options->contenders, names, 7, "contender", err);

	if (r < 0)
		return r;
	bench_report_init(report, "tcp", options->rounds);
	bench_stage_options_init(&where);
	where.no_sink = true;
	where.core = options->core;
	where.model.alive = irl_world_share(1);
	where.model.unreachable = 0;
	where.model.open = irl_world_share(1);
	where.model.closed = 0;
	/* Every port has a server that speaks HTTP, at line rate; what it says
	 * fits the frame of the request. */
	where.model.services.serve = IRL_WORLD_SERVE_SHORT;
	where.model.services.body_max = BENCH_CLIENT_BODY_MAX;
	where.model.services.banner = 0;
	where.model.services.tarpit = 0;
	where.model.services.mute = 0;
	where.model.services.middlebox = 0;
	r = bench_stage_open(&stage, &where, err);
	if (r < 0)
		return r;
	for (unsigned round = 0; r == 0 && round <= options->rounds; round++)
		r = round_of(report, &run, round, err);
	for (size_t i = 0; r == 0 && i < 4; i++)
		if (bench_wanted(options->contenders, "outstanding")) {
			bench_say(options, "\rtcp: %u outstanding\033[K",
				  at_once[i]);
			r = bench_tcp_outstanding(
			    bench_report_row(report, "outstanding",
					     "connections", at_once[i]),
			    at_once[i], err);
		}
	bench_say(options, "\r\033[K");
	conclude(report);
	bench_stage_close(&stage);
	return r;
}
