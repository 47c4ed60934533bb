// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bulk: a server of the far side's kernel sends without end, to the host's
 * sockets and to ours, over one connection and over a thousand.  An XDP program
 * is attached in both cases, for it changes what a veth does: the port's, or
 * one that passes everything.
 *
 * Both open one connection after the other, since a kernel sends the larger
 * bursts for the rest of a connection the shorter its first round trip was
 * (tcp_tso_rtt_log), and both flow for a while before anything counts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bench.skel.h"
#include "bench/stage.h"
#include "bench/tcp.h"
#include "bench/tcp_client.h"
#include "bench/tcp_link.h"

#define PORT 7778
#define CHUNK 65536
#define EVENTS 256
#define CONNECTIONS_MAX 1024
/* The ring holds what all windows together allow, or frames are dropped: a full
 * segment takes 1,552 bytes of it for its 1,448. */
#define RING_BYTES (128u << 20)
#define WINDOW_ONE (4u << 20)
#define WINDOW_EACH (64u << 10)
/* Of a connection's send buffer, what has not been sent; of each of many
 * sockets, the receive buffer.  A thousand that grew as they like (tcp_wmem,
 * tcp_rmem) take up all memory that the kernel has for TCP (tcp_mem): it prunes
 * queues, windows shrink below a segment, and a byte costs the sockets several
 * times as much, or not, for a whole round. */
#define UNSENT_MAX 131072
#define SOCKET_BUFFER 262144
#define WARM_SECONDS 0.3
#define CONNECT_NS 20000000000ull

/* ---- the server -----------------------------------------------------------
 */

struct server {
	pthread_t thread;
	int listener, poll;
	unsigned core;
	_Atomic bool over;
};

static void take_in(const struct server *s)
{
	struct epoll_event event = {.events = EPOLLOUT};

	while ((event.data.fd = accept4(s->listener, NULL, NULL,
					SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		epoll_ctl(s->poll, EPOLL_CTL_ADD, event.data.fd, &event);
}

static void serve_one(const struct server *s, int fd, const char *bytes)
{
	if (fd == s->listener)
		take_in(s);
	else if (send(fd, bytes, CHUNK, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
		close(fd);
}

static void *serve(void *context)
{
	struct server *s = context;
	struct epoll_event event[EVENTS];
	char *bytes = calloc(1, CHUNK);

	bench_pin(s->core, NULL);
	while (bytes && !atomic_load(&s->over)) {
		int n = epoll_wait(s->poll, event, EVENTS, 10);

		for (int i = 0; i < n; i++)
			serve_one(s, event[i].data.fd, bytes);
	}
	free(bytes);
	return NULL;
}

static int listen_there(struct server *s, struct irl_error *err)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons(PORT)};
	struct epoll_event event = {.events = EPOLLIN};
	int on = 1, unsent = UNSENT_MAX;

	s->listener =
	    socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	s->poll = epoll_create1(EPOLL_CLOEXEC);
	event.data.fd = s->listener;
	if (s->listener < 0 || s->poll < 0 ||
	    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on,
		       sizeof(on)) ||
	    setsockopt(s->listener, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
		       sizeof(unsent)) ||
	    bind(s->listener, (const void *)&address, sizeof(address)) ||
	    listen(s->listener, CONNECTIONS_MAX) ||
	    epoll_ctl(s->poll, EPOLL_CTL_ADD, s->listener, &event))
		return irl_error_errno(err, errno, "cannot listen");
	return 0;
}

static int server_start(struct server *s, const struct bench_stage *stage,
			unsigned core, struct irl_error *err)
{
	int r = irl_world_enter(stage->world, IRL_WORLD_SIDE_WORLD, err), back;

	*s = (struct server){.listener = -1, .poll = -1, .core = core};
	if (r == 0)
		r = listen_there(s, err);
	back = irl_world_enter(stage->world, IRL_WORLD_SIDE_SCANNER, err);
	if (r == 0)
		r = back;
	if (r == 0 && pthread_create(&s->thread, NULL, serve, s))
		r = irl_error_set(err, IRL_ENOMEM, "cannot start a thread");
	return r;
}

/* Its connections are closed by their clients. */
static void server_stop(struct server *s)
{
	atomic_store(&s->over, true);
	pthread_join(s->thread, NULL);
	close(s->listener);
	close(s->poll);
}

static void note(struct bench_row *row, const struct bench_cost *cost,
		 uint64_t bytes)
{
	double seconds = bench_cost_seconds(cost);
	double spent = bench_cost_spent(cost);

	bench_row_add(row, "gbps", (double)bytes * 8e-9 / seconds);
	bench_row_add(row, "cpu_ns_per_kib",
		      spent * 1e9 / ((double)(bytes ? bytes : 1) / 1024));
	bench_row_add(row, "cores", spent / seconds);
}

/* ---- the host's sockets ---------------------------------------------------
 */

struct sockets {
	int fd[CONNECTIONS_MAX];
	unsigned count;
	int poll;
	char *bytes;
};

/* What the kernel is told of each before it connects. */
static int prepare(int fd, unsigned count)
{
	const struct linger reset = {1, 0};
	int room = SOCKET_BUFFER;

	if (count > 1 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)))
		return -1;
	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

static int join(struct sockets *s, unsigned count, struct irl_error *err)
{
	const struct sockaddr_in to = {
	    .sin_family = AF_INET,
	    .sin_port = htons(PORT),
	    .sin_addr.s_addr = htonl(IRL_WORLD_GATEWAY),
	};

	for (; s->count < count; s->count++) {
		struct epoll_event event = {.events = EPOLLIN};
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		s->fd[s->count] = fd;
		event.data.fd = fd;
		if (fd < 0 || prepare(fd, count) ||
		    connect(fd, (const void *)&to, sizeof(to)) ||
		    epoll_ctl(s->poll, EPOLL_CTL_ADD, fd, &event))
			return irl_error_errno(err, errno, "cannot connect");
	}
	return 0;
}

static uint64_t drain(struct sockets *s)
{
	struct epoll_event event[EVENTS];
	int n = epoll_wait(s->poll, event, EVENTS, 10);
	uint64_t bytes = 0;

	for (int i = 0; i < n; i++) {
		ssize_t got =
		    recv(event[i].data.fd, s->bytes, CHUNK, MSG_DONTWAIT);

		bytes += got > 0 ? (uint64_t)got : 0;
	}
	return bytes;
}

static uint64_t drain_for(struct sockets *s, double seconds)
{
	uint64_t end = bench_now_ns() + (uint64_t)(seconds * 1e9), bytes = 0;

	while (bench_now_ns() < end)
		bytes += drain(s);
	return bytes;
}

static int by_sockets(struct bench_row *row, const struct bench_stage *stage,
		      unsigned count, double seconds, struct irl_error *err)
{
	int program = bpf_program__fd(stage->bpf->progs.bench_pass);
	struct sockets s = {.poll = epoll_create1(EPOLL_CLOEXEC),
			    .bytes = malloc(CHUNK)};
	struct bench_cost cost;
	uint64_t bytes;
	int r =
	    bpf_xdp_attach((int)stage->near, program, XDP_FLAGS_DRV_MODE, NULL);

	r = r ? irl_error_errno(err, -r, "cannot attach a program")
	      : join(&s, count, err);
	if (r == 0) {
		drain_for(&s, WARM_SECONDS);
		bench_cost_begin(&cost);
		bytes = drain_for(&s, seconds);
		note(row, &cost, bytes);
	}
	for (unsigned i = 0; i < s.count; i++)
		close(s.fd[i]);
	close(s.poll);
	free(s.bytes);
	bpf_xdp_detach((int)stage->near, XDP_FLAGS_DRV_MODE, NULL);
	return r;
}

/* ---- ours -----------------------------------------------------------------
 */

static uint64_t read_events(struct bench_link *link, char *bytes)
{
	struct irl_tcp_event event[EVENTS];
	uint64_t sum = 0;
	unsigned n;

	while ((n = irl_tcp_poll(link->stack, event, EVENTS)) > 0)
		for (unsigned i = 0; i < n; i++) {
			int got = CHUNK;

			if (event[i].kind != IRL_TCP_READABLE)
				continue;
			while (got == CHUNK) {
				got = irl_tcp_read(link->stack, event[i].id,
						   bytes, CHUNK);
				sum += got > 0 ? (uint64_t)got : 0;
			}
		}
	return sum;
}

/* One turn of the loop; < 0: the port failed. */
static int turn(struct bench_link *link, char *bytes, uint64_t *sum)
{
	uint64_t now = bench_now_ns();
	int r = bench_link_receive(link, now);

	*sum += read_events(link, bytes);
	if (r == 0)
		irl_port_wait(link->port, 0, 100000);
	return r < 0 ? r : bench_link_send(link, now);
}

static int flow_for(struct bench_link *link, char *bytes, double seconds,
		    uint64_t *sum)
{
	uint64_t end = bench_now_ns() + (uint64_t)(seconds * 1e9);
	int r = 0;

	*sum = 0;
	while (r >= 0 && bench_now_ns() < end)
		r = turn(link, bytes, sum);
	return r;
}

static int flow(struct bench_link *link, struct bench_row *row, char *bytes,
		double seconds, struct irl_error *err)
{
	struct irl_port_stats stats;
	struct bench_cost cost;
	uint64_t sum;
	int r = flow_for(link, bytes, WARM_SECONDS, &sum);

	bench_cost_begin(&cost);
	if (r >= 0)
		r = flow_for(link, bytes, seconds, &sum);
	if (r < 0)
		return irl_error_set(err, -r, "the port failed");
	note(row, &cost, sum);
	irl_port_stats(link->port, &stats);
	bench_row_add(row, "dropped",
		      (double)(stats.rx_full + stats.rx_too_long));
	return 0;
}

static int make_stack(struct irl_tcp_stack **out,
		      const struct bench_stage *stage, unsigned count,
		      struct irl_error *err)
{
	const struct irl_tcp_local local = {
	    .addr = irl_ip4(BENCH_CLIENT_ADDR),
	    .port_first = 1024,
	    .port_last = 65535,
	};
	struct irl_tcp_stack_options options = {
	    .locals = &local,
	    .local_count = 1,
	    .partial_checksums = true,
	    .seed = bench_now_ns(), /* other ports than the round before */
	    .connections = count,
	    .buffer_bytes = 256u << 20,
	    .receive_bytes = count == 1 ? WINDOW_ONE : WINDOW_EACH,
	};

	memcpy(options.mac, stage->near_mac, 6);
	memcpy(options.gateway_mac, stage->far_mac, 6);
	return irl_tcp_new(out, &options, err);
}

static bool is_established(const struct bench_link *link, uint64_t id)
{
	struct irl_tcp_info info;

	return irl_tcp_info(link->stack, id, &info) == 0 && info.established;
}

/* One after the other, and nothing is read meanwhile: as the sockets do it. */
static int connect_all(struct bench_link *link, uint64_t id[], unsigned count,
		       struct irl_error *err)
{
	const struct irl_tcp_connect request = {
	    .remote = irl_ip4(IRL_WORLD_GATEWAY),
	    .port = PORT,
	};
	uint64_t end = bench_now_ns() + CONNECT_NS;
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < count; i++) {
		irl_tcp_connect(link->stack, &request, 1, &id[i],
				bench_now_ns());
		r = bench_link_send(link, bench_now_ns());
		while (r >= 0 && !is_established(link, id[i])) {
			r = bench_link_receive(link, bench_now_ns());
			if (r >= 0)
				r = bench_link_send(link, bench_now_ns());
			if (bench_now_ns() > end)
				r = -IRL_ENOCONN;
		}
	}
	return r < 0 ? irl_error_set(err, -r, "cannot connect") : 0;
}

/* So that the server does not go on sending to nobody in the next round. */
static void reset_all(struct bench_link *link, const uint64_t id[],
		      unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		irl_tcp_abort(link->stack, id[i]);
	bench_link_send(link, bench_now_ns());
}

static int by_ours(struct bench_row *row, const struct bench_stage *stage,
		   unsigned count, double seconds, struct irl_error *err)
{
	struct bench_link *link = calloc(1, sizeof(*link));
	struct irl_tcp_stack *stack = NULL;
	char *bytes = malloc(CHUNK);
	uint64_t id[CONNECTIONS_MAX];
	struct bench_near near;
	int r = -IRL_ENOMEM;

	bench_near_of(stage, &near);
	if (link && bytes)
		r = make_stack(&stack, stage, count, err);
	if (r == 0)
		r = bench_link_open(link, &near, stack, RING_BYTES, err);
	if (r == 0)
		r = connect_all(link, id, count, err);
	if (r == 0) {
		r = flow(link, row, bytes, seconds, err);
		reset_all(link, id, count);
	}
	if (link)
		bench_link_close(link);
	irl_tcp_free(stack);
	free(link);
	free(bytes);
	return r;
}

/* ---- both -----------------------------------------------------------------
 */

int bench_bulk(struct bench_row *row, const struct bench_stage *stage,
	       bool ours, unsigned connections, unsigned core, double seconds,
	       struct irl_error *err)
{
	struct server server;
	int r = server_start(&server, stage, core ? 0 : bench_cores() - 1, err);

	if (r < 0)
		return r;
	r = ours ? by_ours(row, stage, connections, seconds, err)
		 : by_sockets(row, stage, connections, seconds, err);
	server_stop(&server);
	return r;
}
