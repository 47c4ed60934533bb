// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <irl/net.h>
#include <irl/port.h>
#include "base/os.h"
#include "bench/bench.h"
#include "bench/channel.h"
#include "bench/cost.h"
#include "bench/far.h"

#define BATCH 1024u
#define REPLY_BYTES 128u
#define LOOK_NS 1000000u /* at the channel, at least */
#define RING_BYTES (32u << 20)

/* What came in a second, and what that cost; this end's own figures. */
struct second {
	struct bench_cost cost; /* since its beginning */
	uint64_t frames, full;  /* at its beginning; of the best: in it */
	double rate, cores;
};

struct far {
	struct irl_port *port;
	struct bench_channel channel;
	struct bench_range range;
	bool greeted;
	struct bench_far_count count;
	uint64_t looked_ns;
	struct second now, best;
	struct irl_frame in[BATCH], out[BATCH];
	enum irl_tx_status status[BATCH];
	uint8_t bytes[BATCH][REPLY_BYTES];
};

/* ---- figures -------------------------------------------------------------
 */

static void begin_second(struct far *far, uint64_t full)
{
	far->now = (struct second){.frames = far->count.frames, .full = full};
	bench_cost_begin(&far->now.cost);
}

/* Keep it, if it is over and had more than any other. */
static void end_second(struct far *far)
{
	double seconds = bench_cost_seconds(&far->now.cost);
	struct irl_port_stats stats;
	struct second *now = &far->now;

	if (seconds < 1)
		return;
	irl_port_stats(far->port, &stats);
	now->rate = (double)(far->count.frames - now->frames) / seconds;
	now->cores = bench_cost_spent(&now->cost) / seconds;
	if (now->rate > far->best.rate) {
		far->best = *now;
		far->best.full = stats.rx_full - now->full;
	}
	begin_second(far, stats.rx_full);
}

static void say_figures(const struct far *far)
{
	fprintf(stderr,
		"counted %" PRIu64 " datagrams, answered %" PRIu64
		" requests; most in one second: %.0f datagrams, %" PRIu64
		" without room, %.2f cores busy\n",
		far->count.frames, far->count.answered, far->best.rate,
		far->best.full, far->best.cores);
}

/* ---- who asks ------------------------------------------------------------
 */

static int greet(struct far *far)
{
	const uint8_t *m = irl_port_info(far->port)->mac;
	struct irl_port_stats stats;
	char line[BENCH_LINE];

	far->greeted = true;
	far->count = (struct bench_far_count){0};
	far->best = (struct second){0};
	irl_port_stats(far->port, &stats);
	begin_second(far, stats.rx_full);
	snprintf(line, sizeof(line),
		 BENCH_FAR_HELLO " %02x:%02x:%02x:%02x:%02x:%02x %" PRIu32
				 " %" PRIu32 "\n",
		 m[0], m[1], m[2], m[3], m[4], m[5], far->range.first,
		 far->range.count);
	return bench_channel_send(&far->channel, line);
}

static int tell(struct far *far)
{
	struct irl_port_stats stats;
	char line[BENCH_LINE];

	irl_port_stats(far->port, &stats);
	snprintf(line, sizeof(line),
		 "counted %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		 far->count.frames, stats.rx_full, far->count.damaged,
		 far->count.answered);
	return bench_channel_send(&far->channel, line);
}

static int answer(struct far *far, const char *line)
{
	if (!strcmp(line, BENCH_FAR_HELLO))
		return greet(far);
	if (far->greeted && !strcmp(line, "count"))
		return tell(far);
	return -IRL_EPIPE;
}

static void attend(struct far *far)
{
	char line[BENCH_LINE];
	int r;

	if (far->channel.socket < 0) {
		far->greeted = false;
		if (!bench_channel_accept(&far->channel))
			return;
	}
	if (far->greeted)
		end_second(far);
	r = bench_channel_line(&far->channel, line);
	if (r > 0)
		r = answer(far, line);
	if (r == 0)
		return;
	bench_channel_hang_up(&far->channel);
	if (far->greeted)
		say_figures(far);
}

/* ---- frames --------------------------------------------------------------
 */

static int take(struct far *far)
{
	int n = irl_port_recv(far->port, 0, far->in, BATCH);
	unsigned replies = 0;

	for (int i = 0; i < n; i++) {
		uint32_t length = bench_far_take(&far->count, &far->in[i],
						 far->bytes[replies]);

		if (length)
			far->out[replies++].length = length;
	}
	if (replies) {
		int r =
		    irl_port_send(far->port, 0, far->out, replies, far->status);

		if (r < 0)
			return r;
	}
	return n;
}

static int serve(struct far *far)
{
	for (;;) {
		int n = take(far);
		uint64_t now = irl_os_clock_ns();

		if (n < 0)
			return n;
		if (!n)
			irl_port_wait(far->port, 0, LOOK_NS);
		if (n && now - far->looked_ns < LOOK_NS)
			continue;
		far->looked_ns = now;
		attend(far);
	}
}

/* ---- beginning -----------------------------------------------------------
 */

static int open_port(struct far *far, const char *interface, uint32_t addr,
		     struct irl_error *err)
{
	uint32_t bits = 0;
	struct irl_steer steer = {.own_count = 1,
				  .host_addr = addr,
				  .port_first = BENCH_FAR_GOAL,
				  .port_last = BENCH_FAR_GOAL};
	struct irl_port_options options = {
	    .ifname = interface, .steer = &steer, .rx_ring_bytes = RING_BYTES};

	while (far->range.count >> bits > 1)
		bits++;
	steer.own[0] = (struct irl_prefix4){far->range.first, 32 - bits};
	for (unsigned i = 0; i < BATCH; i++)
		far->out[i].data = far->bytes[i];
	return irl_port_open(&far->port, &options, err);
}

/* A host that sees our frames as well answers them, by RST. */
static int check_port(const struct far *far, struct irl_error *err)
{
	const struct irl_port_info *info = irl_port_info(far->port);

	if (info->caps & IRL_PORT_EXCLUSIVE)
		return 0;
	return irl_error_set(err, IRL_ENOTSUP,
			     "the port %s does not keep frames from the host: "
			     "%s",
			     info->kind, info->refused);
}

static int read_address(const char *text, uint32_t *out, struct irl_error *err)
{
	struct bench_range one = {.count = 1};
	struct irl_ip ip;

	if (!text || !irl_ip_read(text, &ip) || !irl_ip_is4(&ip))
		return irl_error_set(err, IRL_EINVAL,
				     "give --listen, the IPv4 address of this "
				     "end of the cable");
	*out = one.first = irl_ip_addr4(&ip);
	if (!bench_is_nobodys(&one))
		return irl_error_set(err, IRL_EINVAL,
				     "--listen: %s is no private address; a "
				     "benchmark needs a cable of its own",
				     text);
	return 0;
}

int bench_far(struct bench_report *report, const struct bench_options *options,
	      struct irl_error *err)
{
	const char *range = options->range ? options->range : BENCH_FAR_RANGE;
	struct far *far = calloc(1, sizeof(*far));
	uint32_t addr = 0;
	int r;

	bench_report_init(report, "far", options->rounds);
	if (!far)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	bench_channel_init(&far->channel);
	r = options->ifname
		? read_address(options->listen, &addr, err)
		: irl_error_set(err, IRL_EINVAL,
				"give --interface, this end of the cable");
	if (r == 0)
		r = bench_range_read(range, &far->range, err);
	if (r == 0)
		r = open_port(far, options->ifname, addr, err);
	if (r == 0)
		r = check_port(far, err);
	if (r == 0)
		r = bench_channel_listen(&far->channel, addr, BENCH_FAR_PORT,
					 err);
	if (r == 0) {
		fprintf(stderr,
			"far end of %s, port %s: asked at %s, owns %s; ends "
			"with Ctrl-C\n",
			options->ifname, irl_port_info(far->port)->kind,
			options->listen, range);
		r = serve(far);
		irl_error_set(err, -r, "the port failed");
	}
	bench_channel_close(&far->channel);
	irl_port_close(far->port);
	free(far);
	return r;
}
