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
#include "bench/tcp_server.h"

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

static int server(struct bench_row *row, const struct run *run,
		  uint32_t outstanding, struct irl_error *err)
{
	struct bench_near near;

	(void)outstanding;
	bench_near_of(run->stage, &near);
	return bench_tcp_flood(row, &near, run->stage->world,
			       run->options->seconds, err);
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

/* How many are outstanding when the server is timed. */
#define SERVER_TCP 1024
#define SERVER_SOCKETS 256

/* Rows are told apart by how many connections there are at once. */
static const struct contender {
	const char *name;
	measure_fn *measure;
	uint32_t outstanding;
	bool asks_world; /* the server in its XDP program */
	bool watched;    /* what that costs alone */
} contenders[] = {
    {"sockets_one", sockets_one, 256, true, false},
    {"sockets", sockets, 64, true, false},
    {"sockets", sockets, 256, true, false},
    {"sockets", sockets, 1024, true, false},
    {"tcp", port, 256, true, false},
    {"tcp", port, 1024, true, false},
    {"tcp", port, 4096, true, false},
    {"tcp", port, 16384, true, false},
    {"server", server, 256, true, false},
    {"server_of_sockets", sockets, SERVER_SOCKETS, true, true},
    {"server_of_tcp", port, SERVER_TCP, true, true},
    {"memory", memory, 1000, false, false},
    {"memory", memory, 10000, false, false},
    {"memory", memory, 100000, false, false},
    {"bulk_sockets", bulk_sockets, 1, false, false},
    {"bulk", bulk, 1, false, false},
    {"bulk_sockets", bulk_sockets, 1000, false, false},
    {"bulk", bulk, 1000, false, false},
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

/* Who may not have programs timed does without. */
static int measure_server(struct bench_report *report,
			  const struct contender *c, struct bench_row *row,
			  const struct run *run, struct irl_error *err)
{
	struct bench_server server;
	double ns;
	int cost, r = bench_server_watch(&server, run->stage, err);

	if (r == -IRL_EPERM)
		bench_report_absent(report, c->name, err->text);
	if (r < 0)
		return r == -IRL_EPERM ? 0 : r;
	r = c->measure(NULL, run, c->outstanding, err);
	cost = bench_server_cost(&server, &ns, r < 0 ? NULL : err);
	if (r == 0 && cost == 0)
		bench_row_add(row, "server_ns_per_connection", ns);
	return r < 0 ? r : cost;
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
		struct bench_row *row;

		if (!bench_wanted(options->contenders, c->name))
			continue;
		bench_say(options, "\rtcp: round %u of %u, %s %u\033[K", round,
			  options->rounds, c->name, c->outstanding);
		row = round ? bench_report_row(report, c->name, "outstanding",
					       c->outstanding)
			    : NULL;
		r = c->watched ? measure_server(report, c, row, run, err)
			       : measure(c, row, run, err);
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

/* A row without what its server cost, round by round. */
static void add_client(struct bench_report *report, const char *name,
		       const char *whole, unsigned key, const char *server,
		       unsigned server_key)
{
	const struct bench_samples *all, *part;
	struct bench_row *row;

	all = bench_row_get(bench_report_row(report, whole, "outstanding", key),
			    "cpu_ns_per_connection");
	part = bench_row_get(
	    bench_report_row(report, server, "outstanding", server_key),
	    "server_ns_per_connection");
	row = bench_report_row(report, name, "outstanding", key);
	for (unsigned i = 0; all && part && i < all->count && i < part->count;
	     i++)
		bench_row_add(row, "cpu_ns_per_connection",
			      all->value[i] - part->value[i]);
}

static void conclude(struct bench_report *report)
{
	unsigned ours = best(report, "tcp");
	unsigned theirs = best(report, "sockets");

	bench_report_ratio(report, "tcp/sockets", "tcp", ours, "sockets",
			   theirs, 20);
	if (ours && theirs) {
		add_client(report, "client_of_tcp", "tcp", ours,
			   "server_of_tcp", SERVER_TCP);
		add_client(report, "client_of_sockets", "sockets", theirs,
			   "server_of_sockets", SERVER_SOCKETS);
	}
	bench_report_thrift(report, "tcp/sockets: processor time, no server",
			    "client_of_tcp", ours, "client_of_sockets", theirs,
			    20);
	bench_report_ratio(report, "tcp/sockets_one", "tcp", ours,
			   "sockets_one", 256, 0);
	bench_report_ratio(report, "tcp/server", "tcp", ours, "server", 256, 0);
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
	    "sockets_one", "sockets",           "tcp",
	    "server",      "server_of_sockets", "server_of_tcp",
	    "memory",      "bulk_sockets",      "bulk",
	    "outstanding"};
	struct bench_stage_options where;
	struct bench_stage stage;
	const struct run run = {&stage, options};
	int r = bench_check_list(options->contenders, names,
				 sizeof(names) / sizeof(names[0]), "contender",
				 err);

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
