// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whole exchanges, connect, request, answer, RST, with the far end of a cable:
 * by Winsock to one address and to many (the paper's Table 2), and by ours
 * through a port.
 */
#include <string.h>
#include "bench/peer_windows.h"
#include "bench/tcp.h"
#include "bench/tcp_link.h"
#include "bench/tcp_winsock_windows.h"

/* Of the range, the first addresses are this end's when ours connects. */
#define OWN_ADDRESSES 256u

struct run {
	struct bench_peer *peer;
	const struct bench_options *options;
};

struct contender;
typedef int measure_fn(struct bench_row *row, const struct run *run,
		       const struct contender *c, struct irl_error *err);

struct contender {
	const char *name;
	measure_fn *measure;
	uint32_t outstanding;
	const char *kind; /* of ours: of the port */
};

static int winsock_one(struct bench_row *row, const struct run *run,
		       const struct contender *c, struct irl_error *err)
{
	const struct bench_range one = {run->peer->far_addr, 1};
	uint64_t done;

	return bench_tcp_winsock(row, run->peer, &one, c->outstanding,
				 run->options->seconds, &done, err);
}

static int winsock(struct bench_row *row, const struct run *run,
		   const struct contender *c, struct irl_error *err)
{
	int r = bench_peer_need_route(run->peer, err);
	uint64_t done;

	return r < 0 ? r
		     : bench_tcp_winsock(row, run->peer, &run->peer->range,
					 c->outstanding, run->options->seconds,
					 &done, err);
}

static int ours(struct bench_row *row, const struct run *run,
		const struct contender *c, struct irl_error *err)
{
	const struct bench_peer *peer = run->peer;
	struct bench_near near = {
	    .ifname = peer->ifname,
	    .kind = c->kind,
	    .addr = peer->range.first + 1,
	    .servers = peer->range.first + OWN_ADDRESSES,
	    .server_count = peer->range.count - OWN_ADDRESSES,
	    .port = BENCH_FAR_GOAL,
	};

	if (peer->range.count <= OWN_ADDRESSES)
		return irl_error_set(err, IRL_EINVAL,
				     "the far end's range is too small: give "
				     "a /23 or larger");
	memcpy(near.mac, peer->near_mac, 6);
	memcpy(near.gateway_mac, peer->far_mac, 6);
	return bench_tcp_port(row, &near, c->outstanding, run->options->seconds,
			      err);
}

static const struct contender contenders[] = {
    {"connectex_one", winsock_one, 256, NULL},
    {"connectex", winsock, 64, NULL},
    {"connectex", winsock, 256, NULL},
    {"connectex", winsock, 1024, NULL},
    {"tcp", ours, 256, "windows"},
    {"tcp", ours, 1024, "windows"},
    {"tcp", ours, 4096, "windows"},
    {"tcp", ours, 16384, "windows"},
    {"tcp_xdpwin", ours, 256, "xdpwin"},
    {"tcp_xdpwin", ours, 1024, "xdpwin"},
    {"tcp_xdpwin", ours, 4096, "xdpwin"},
    {"tcp_xdpwin", ours, 16384, "xdpwin"},
};
#define CONTENDERS (sizeof(contenders) / sizeof(contenders[0]))

static int round_of(struct bench_report *report, const struct run *run,
		    unsigned round, struct irl_error *err)
{
	const struct bench_options *options = run->options;

	for (size_t i = 0; i < CONTENDERS; i++) {
		const struct contender *c = &contenders[i];
		struct bench_row *row = NULL;
		int r;

		if (!bench_wanted(options->contenders, c->name) ||
		    bench_report_is_absent(report, c->name))
			continue;
		bench_say(options, "\rtcp: round %u of %u, %s %u\033[K", round,
			  options->rounds, c->name, c->outstanding);
		if (round)
			row = bench_report_row(report, c->name, "outstanding",
					       c->outstanding);
		r = c->measure(row, run, c, err);
		if (r == -IRL_ENOTSUP && !options->contenders)
			bench_report_absent(report, c->name, err->text);
		else if (r < 0)
			return r;
	}
	return 0;
}

static void conclude(struct bench_report *report)
{
	bench_report_ratio(report, "tcp/connectex", "tcp", 1024, "connectex",
			   1024, 0);
	bench_report_ratio(report, "tcp/connectex_one", "tcp", 1024,
			   "connectex_one", 256, 0);
	bench_report_ratio(report, "tcp_xdpwin/connectex", "tcp_xdpwin", 1024,
			   "connectex", 1024, 0);
}

int bench_tcp(struct bench_report *report, const struct bench_options *options,
	      struct irl_error *err)
{
	static const char *const names[] = {"connectex_one", "connectex", "tcp",
					    "tcp_xdpwin"};
	struct bench_peer peer;
	const struct run run = {&peer, options};
	int r =
	    bench_check_list(options->contenders, names, 4, "contender", err);

	if (r < 0)
		return r;
	bench_report_init(report, "tcp", options->rounds);
	r = bench_pin(options->core, err);
	if (r == 0)
		r = bench_peer_open(&peer, options->peer, err);
	if (r < 0)
		return r;
	for (unsigned round = 0; r == 0 && round <= options->rounds; round++)
		r = round_of(report, &run, round, err);
	bench_say(options, "\r\033[K");
	bench_peer_close(&peer);
	conclude(report);
	return r;
}
