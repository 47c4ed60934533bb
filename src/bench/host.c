// SPDX-License-Identifier: BSD-2-Clause
/*
 * The host's own traffic beside a scan at full rate: an echo every 10 ms and a
 * bulk flow over the kernel's TCP, on the same veth, in a queue of their own.
 *
 *   scanner's side: scan (one core), echo and bulk clients (the other)
 *   far side:       counts and drops probes, passes 10.0.0.0/24 to its kernel
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench/bench.h"
#include "bench/cost.h"
#include "bench/flow.h"
#include "bench/segments.h"

#define PORT 7777
#define ECHO_BYTES 64
#define ECHO_NS 10000000ull
#define ECHO_WAIT_MS 5000
#define ECHOES_MAX 100000u
#define CHUNK 65536

enum { ECHO, BULK, FLOWS };

struct server {
	int fd;
	unsigned core;
};

struct connection {
	int fd;
	unsigned core;
	uint64_t end_ns;
	/* written by its thread */
	double *rtt_us;
	unsigned echoes, lost;
	uint64_t bytes;
};

/* ---- the far side ---------------------------------------------------------
 */

static void *serve(void *context)
{
	const struct server *s = context;
	int fd = s->fd;
	char *bytes = malloc(CHUNK);
	ssize_t n;

	bench_pin(s->core, NULL);
	/* What begins with E is echoed, the rest is swallowed. */
	while (bytes && (n = read(fd, bytes, CHUNK)) > 0)
		if (bytes[0] == 'E' && write(fd, bytes, (size_t)n) < 0)
			break;
	free(bytes);
	return NULL;
}

static int listen_there(const struct bench_stage *stage, int *out,
			struct irl_error *err)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons(PORT)};
	int r = irl_world_enter(stage->world, IRL_WORLD_SIDE_WORLD, err);

	*out = -1;
	if (r < 0)
		return r;
	*out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*out < 0 || bind(*out, (const void *)&address, sizeof(address)) ||
	    listen(*out, FLOWS))
		r = irl_error_errno(err, errno, "cannot listen");
	if (irl_world_enter(stage->world, IRL_WORLD_SIDE_SCANNER, err) < 0)
		return -IRL_ESYSTEM;
	return r;
}

/* ---- the scanner's side ---------------------------------------------------
 */

static int join(int listener, int *client, int *server, struct irl_error *err)
{
	const struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_port = htons(PORT),
	    .sin_addr.s_addr = htonl(IRL_WORLD_GATEWAY),
	};
	int on = 1;

	*client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*client < 0 ||
	    connect(*client, (const void *)&address, sizeof(address)))
		return irl_error_errno(err, errno, "cannot connect");
	*server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (*server < 0)
		return irl_error_errno(err, errno, "cannot accept");
	setsockopt(*client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(*server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return 0;
}

/* True when all came back. */
static bool echo_once(int fd)
{
	char bytes[ECHO_BYTES] = "E";
	size_t got = 0;

	if (write(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
		return false;
	while (got < sizeof(bytes)) {
		struct pollfd p = {fd, POLLIN, 0};
		ssize_t n;

		if (poll(&p, 1, ECHO_WAIT_MS) <= 0)
			return false;
		n = read(fd, bytes, sizeof(bytes) - got);
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

static void *echo(void *context)
{
	struct connection *c = context;

	bench_pin(c->core, NULL);
	for (uint64_t next = bench_now_ns();
	     next < c->end_ns && c->echoes < ECHOES_MAX; next += ECHO_NS) {
		uint64_t begin = bench_now_ns();

		if (!echo_once(c->fd)) {
			c->lost++;
			break;
		}
		c->rtt_us[c->echoes++] = (double)(bench_now_ns() - begin) / 1e3;
		begin = bench_now_ns();
		if (next + ECHO_NS > begin)
			bench_sleep_ns(next + ECHO_NS - begin);
	}
	return NULL;
}

static void *bulk(void *context)
{
	struct connection *c = context;
	char *bytes = malloc(CHUNK);

	bench_pin(c->core, NULL);
	if (bytes)
		memset(bytes, 'B', CHUNK);
	while (bytes && bench_now_ns() < c->end_ns) {
		ssize_t n = write(c->fd, bytes, CHUNK);

		if (n <= 0)
			break;
		c->bytes += (uint64_t)n;
	}
	free(bytes);
	return NULL;
}

static struct tcp_info info_of(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
	return info;
}

static double lost(const struct tcp_info *info)
{
	return bench_segments_lost(info->tcpi_total_retrans,
				   info->tcpi_dsack_dups);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void note_traffic(struct bench_row *row, struct connection c[FLOWS],
			 double seconds)
{
	const struct tcp_info e = info_of(c[ECHO].fd), b = info_of(c[BULK].fd);
	double *rtt = c[ECHO].rtt_us;
	unsigned n = c[ECHO].echoes;

	qsort(rtt, n, sizeof(*rtt), by_value);
	bench_row_add(row, "retransmits",
		      e.tcpi_total_retrans + b.tcpi_total_retrans);
	bench_row_add(row, "segments_lost", lost(&e) + lost(&b));
	bench_row_add(row, "echoes", n);
	bench_row_add(row, "echoes_lost", c[ECHO].lost);
	bench_row_add(row, "echo_p50_us", n ? rtt[n / 2] : 0);
	bench_row_add(row, "echo_p99_us", n ? rtt[n * 99 / 100] : 0);
	bench_row_add(row, "echo_max_us", n ? rtt[n - 1] : 0);
	bench_row_add(row, "bulk_gbps", (double)c[BULK].bytes * 8e-9 / seconds);
}

/* Both connections for @seconds. */
static int run_traffic(struct connection c[FLOWS], struct server server[FLOWS],
		       double seconds, struct irl_error *err)
{
	static void *(*const client[FLOWS])(void *) = {echo, bulk};
	pthread_t thread[2 * FLOWS];
	unsigned started = 0;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < FLOWS; i++) {
		c[i].end_ns = bench_now_ns() + (uint64_t)(seconds * 1e9);
		r = pthread_create(&thread[started], NULL, serve, &server[i]);
		started += r == 0;
		if (r == 0)
			r = pthread_create(&thread[started], NULL, client[i],
					   &c[i]);
		started += r == 0;
	}
	for (unsigned i = 1; i < started; i += 2)
		pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < FLOWS; i++)
		shutdown(c[i].fd, SHUT_WR); /* the servers read the end */
	for (unsigned i = 0; i < started; i += 2)
		pthread_join(thread[i], NULL);
	return r ? irl_error_errno(err, r, "cannot start a thread") : 0;
}

static int traffic(struct bench_row *row, int listener, unsigned core,
		   double seconds, struct irl_error *err)
{
	struct connection c[FLOWS] = {{.fd = -1, .core = core},
				      {.fd = -1, .core = core}};
	struct server server[FLOWS] = {{-1, core}, {-1, core}};
	struct bench_cost cost;
	int r = 0;

	c[ECHO].rtt_us = calloc(ECHOES_MAX, sizeof(double));
	if (!c[ECHO].rtt_us)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (unsigned i = 0; r == 0 && i < FLOWS; i++)
		r = join(listener, &c[i].fd, &server[i].fd, err);
	bench_cost_begin(&cost);
	if (r == 0)
		r = run_traffic(c, server, seconds, err);
	if (r == 0) {
		bench_row_add(row, "cores",
			      bench_cost_spent(&cost) /
				  bench_cost_seconds(&cost));
		note_traffic(row, c, seconds);
	}
	for (unsigned i = 0; i < FLOWS; i++) {
		if (c[i].fd >= 0)
			close(c[i].fd);
		if (server[i].fd >= 0)
			close(server[i].fd);
	}
	free(c[ECHO].rtt_us);
	return r;
}

/* ---- beside a scan --------------------------------------------------------
 */

static int beside_scan(struct bench_report *report,
		       const struct bench_stage *stage, int listener,
		       const struct bench_options *options,
		       struct irl_error *err)
{
	const struct bench_flow_options start = {.stage = stage,
						 .core = options->core};
	const struct bench_flow *scan = &bench_flow_scan;
	struct bench_row *row =
	    bench_report_row(report, "host_beside_scan", NULL, 0);
	struct bench_seen before = bench_stage_settled(stage), from, to;
	unsigned other = options->core ? 0 : bench_cores() - 1;
	uint64_t begin, arrived;
	int64_t accepted = 0;
	double seconds;
	void *handle;
	int r = scan->start(&handle, &start, err), stopped;

	if (r < 0)
		return r;
	bench_sleep_ns(200000000);
	from = bench_stage_seen(stage);
	begin = bench_now_ns();
	r = traffic(row, listener, other, options->seconds, err);
	to = bench_stage_seen(stage);
	seconds = (double)(bench_now_ns() - begin) * 1e-9;
	stopped = scan->stop(handle, &accepted, r ? NULL : err);
	if (r == 0)
		r = stopped;
	arrived = bench_stage_settled(stage).intact - before.intact;
	bench_row_add(row, "scan_mpps",
		      (double)(to.intact - from.intact) / seconds * 1e-6);
	bench_row_add(row, "scan_lost", (double)accepted - (double)arrived);
	return r;
}

int bench_host(struct bench_report *report, const struct bench_options *options,
	       struct irl_error *err)
{
	unsigned other = options->core ? 0 : bench_cores() - 1;
	struct bench_stage_options where;
	struct bench_stage stage;
	int listener = -1, r;

	bench_report_init(report, "host", options->rounds);
	bench_stage_options_init(&where);
	where.expect = BENCH_SYN;
	where.pass_own = true;
	where.core = BENCH_ANY_CORE;
	r = bench_stage_open(&stage, &where, err);
	if (r < 0)
		return r;
	r = listen_there(&stage, &listener, err);
	for (unsigned i = 1; r == 0 && i <= options->rounds; i++) {
		bench_say(options, "\rround %u of %u\033[K", i,
			  options->rounds);
		r = traffic(bench_report_row(report, "host_alone", NULL, 0),
			    listener, other, options->seconds, err);
		if (r == 0)
			r = beside_scan(report, &stage, listener, options, err);
	}
	bench_say(options, "\r\033[K");
	if (listener >= 0)
		close(listener);
	bench_stage_close(&stage);
	if (r < 0)
		return r;
	bench_report_worst(report, "host: retransmits beside a scan",
			   "retransmits", "host_beside_scan", 0, 0);
	bench_report_worst(report, "host: segments lost beside a scan",
			   "segments_lost", "host_beside_scan", 0, 0);
	bench_report_worst(report, "host: scan frames lost", "scan_lost",
			   "host_beside_scan", 0, 0);
	return 0;
}
