// SPDX-License-Identifier: BSD-2-Clause
/*
 * The world's servers against truth: the kernel's, frame by frame in test runs
 * of its program; then both as the host's own TCP sees them.
 *
 *   scanner: socket from 10.0.0.1 ==== irl0/world0 ==== XDP -- AF_PACKET,
 * server
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <cmocka.h>
#include "unit/world_client.h"
#include "world/service.h"
#include "world.skel.h"

#define SKIPPED 77
#define FIRST 0x0a400000u
#define NO_QUEUE 9999u
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define FOR_EVER 20000 /* ms */
#define A_WHILE 300
#define FETCHES 150

static struct irl_world_model model_of(enum irl_world_serve serve)
{
	struct irl_world_model m;

	irl_world_model_init(&m);
	m.seed = 17;
	m.alive = IRL_WORLD_ONE;
	m.unreachable = 0;
	m.open = IRL_WORLD_ONE;
	m.closed = 0;
	m.services.serve = serve;
	return m;
}

/* ---- frame by frame
 * -------------------------------------------------------------
 */

struct bench {
	struct world *program;
	struct irl_world_model model;
	struct world_fetcher f;
	struct irl_tcp tcp;
	struct irl_bytes data;
	uint8_t out[2048];
	uint32_t length;
};

static const struct world_request request = {.text = GET, .options = true};

static void load(struct bench *b, enum irl_world_serve serve)
{
	memset(b, 0, sizeof(*b));
	b->model = model_of(serve);
	b->f.request = &request;
	b->f.port = 40000;
	b->f.server_port = 80;
	b->program = world__open();
	assert_non_null(b->program);
	b->program->rodata->model = b->model;
	memcpy((void *)b->program->rodata->mac, world_server_mac, 6);
	b->program->rodata->host_queue = NO_QUEUE;
	assert_int_equal(world__load(b->program), 0);
}

/* The verdict; of XDP_TX also what goes out, which must be sound. */
static uint32_t run_frame(struct bench *b, const uint8_t *in, uint32_t length)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in,
		    .data_size_in = length, .data_out = b->out,
		    .data_size_out = sizeof(b->out));
	struct irl_ipv4 ip;

	assert_int_equal(
	    bpf_prog_test_run_opts(bpf_program__fd(b->program->progs.irl_world),
				   &opts),
	    0);
	b->length = opts.data_size_out;
	if (opts.retval != XDP_TX)
		return opts.retval;
	assert_true(b->length >= 60);
	assert_true(
	    world_client_read(b->out, b->length, &ip, &b->tcp, &b->data));
	assert_memory_equal(b->out, world_client_mac, 6);
	assert_memory_equal(b->out + 6, world_server_mac, 6);
	assert_int_equal(ip.source, b->f.server);
	assert_int_equal(b->tcp.dest, b->f.port);
	for (uint32_t i = 14u + ip.total_length; i < b->length; i++)
		assert_int_equal(b->out[i], 0);
	return opts.retval;
}

static uint32_t run_data(struct bench *b, uint8_t flags, uint32_t seq,
			 const char *data)
{
	uint8_t frame[IRL_FRAME_MAX];
	uint32_t n = world_client_frame(&b->f, flags, seq, data,
					(uint32_t)strlen(data), frame);

	if (n < 60) { /* what a recycled page may hold */
		memset(frame + n, 0xee, 60 - n);
		n = 60;
	}
	return run_frame(b, frame, n);
}

static void aim(struct bench *b, uint32_t addr)
{
	b->f.server = addr;
	b->f.service = irl_world_service(&b->model, addr, 80);
	b->f.timed = false;
	b->f.got = b->f.their_end = 0;
}

static void shake(struct bench *b)
{
	assert_int_equal(run_data(b, IRL_TCP_SYN, 1000, ""), XDP_TX);
	assert_int_equal(b->tcp.flags, IRL_TCP_SYN | IRL_TCP_ACK);
	assert_int_equal(b->tcp.ack, 1001);
	b->f.theirs = b->tcp.seq + 1;
	world_client_options(&b->f, b->tcp.options);
}

/* All of the stream in one segment, the clock's option if it was agreed on. */
static void assert_answered(struct bench *b, uint32_t ack)
{
	uint8_t wanted[2048];
	const uint32_t n = b->f.service.stream;
	const uint8_t fin = b->f.service.closes ? IRL_TCP_FIN : 0;

	assert_int_equal(b->tcp.seq, b->f.theirs);
	assert_int_equal(b->tcp.ack, ack);
	assert_int_equal(b->tcp.flags, IRL_TCP_ACK | IRL_TCP_PSH | fin);
	assert_int_equal(b->data.left, n);
	assert_int_equal(irl_world_stream(&b->f.service, 0, wanted, n), n);
	assert_memory_equal(b->data.at, wanted, n);
	assert_int_equal(b->tcp.options.left, b->f.timed ? 12 : 0);
	if (b->f.timed)
		assert_memory_equal(b->tcp.options.at + 8, "\0\0\0\x0a", 4);
}

static void fetch_short(struct bench *b)
{
	const uint8_t kind = b->f.service.kind;
	const uint32_t next = 1001 + sizeof(GET) - 1;
	uint32_t verdict;

	shake(b);
	verdict = run_data(b, IRL_TCP_ACK, 1001, "");
	assert_int_equal(verdict, kind == IRL_WORLD_BANNER ? XDP_TX : XDP_DROP);
	if (kind == IRL_WORLD_BANNER)
		assert_answered(b, 1001);
	assert_int_equal(run_data(b, IRL_TCP_ACK, 1001, GET), XDP_TX);
	if (kind == IRL_WORLD_MUTE)
		assert_int_equal(b->data.left, 0);
	else
		assert_answered(b, next);
	assert_int_equal(b->tcp.ack, next);
	b->f.got = b->f.service.stream;
	b->f.their_end = b->f.service.closes;
	assert_int_equal(run_data(b, IRL_TCP_ACK, next, ""), XDP_DROP);
	assert_int_equal(run_data(b, IRL_TCP_FIN | IRL_TCP_ACK, next, ""),
			 XDP_TX);
	assert_int_equal(b->tcp.flags,
			 IRL_TCP_ACK | (b->f.their_end ? 0 : IRL_TCP_FIN));
	assert_int_equal(b->tcp.ack, next + 1);
	assert_int_equal(b->tcp.seq, b->f.theirs + b->f.got + b->f.their_end);
	assert_int_equal(run_data(b, IRL_TCP_RST, next + 1, ""), XDP_DROP);
}

static void test_kernel_serves_the_truth(void **state)
{
	struct bench b;
	unsigned kinds[5] = {0}, framing[3] = {0};

	(void)state;
	load(&b, IRL_WORLD_SERVE_SHORT);
	for (uint32_t i = 0; i < 1000; i++) {
		aim(&b, FIRST + i);
		kinds[b.f.service.kind]++;
		framing[b.f.service.framing]++;
		fetch_short(&b);
	}
	assert_true(kinds[IRL_WORLD_HTTP] > 500 &&
		    kinds[IRL_WORLD_BANNER] > 50 && kinds[IRL_WORLD_MUTE] > 20);
	assert_true(framing[1] > 50 && framing[2] > 50);
	world__destroy(b.program);
}

/* One HTTP server, by hand: wrong numbers, halves, wrong sums. */
static void test_kernel_refuses_what_is_wrong(void **state)
{
	uint8_t frame[IRL_FRAME_MAX];
	uint32_t theirs, addr = FIRST, n;
	struct bench b;

	(void)state;
	load(&b, IRL_WORLD_SERVE_SHORT);
	do
		aim(&b, addr++);
	while (b.f.service.kind != IRL_WORLD_HTTP);
	shake(&b);
	theirs = b.f.theirs;
	b.f.theirs = theirs - 1;
	assert_int_equal(run_data(&b, IRL_TCP_ACK, 1001, GET), XDP_TX);
	assert_int_equal(b.tcp.flags, IRL_TCP_RST);
	assert_int_equal(b.tcp.seq, theirs - 1);
	b.f.theirs = theirs + b.f.service.stream + 2;
	assert_int_equal(run_data(&b, IRL_TCP_FIN | IRL_TCP_ACK, 1001, ""),
			 XDP_TX);
	assert_int_equal(b.tcp.flags, IRL_TCP_RST);
	b.f.theirs = theirs;
	assert_int_equal(run_data(&b, IRL_TCP_ACK, 1001, "GET / HT"), XDP_TX);
	assert_int_equal(b.tcp.flags, IRL_TCP_ACK);
	assert_int_equal(b.tcp.ack, 1009);
	assert_int_equal(run_data(&b, IRL_TCP_PSH, 1001, GET), XDP_DROP);
	assert_int_equal(run_data(&b, IRL_TCP_SYN | IRL_TCP_ACK, 1, ""),
			 XDP_DROP);
	n = world_client_frame(&b.f, IRL_TCP_ACK, 1001, GET, sizeof(GET) - 1,
			       frame);
	for (uint32_t at = 34; at < n; at++) {
		/* 50 and 51 are the checksum: one bit is wrong as well. */
		frame[at] ^= 0x10;
		assert_true(at == 46 || run_frame(&b, frame, n) == XDP_DROP);
		frame[at] ^= 0x10;
	}
	assert_int_equal(run_frame(&b, frame, n), XDP_TX);
	world__destroy(b.program);
}

/* Whatever comes: nothing but sound frames goes out. */
static void test_kernel_bears_anything(void **state)
{
	uint64_t random = 5;
	struct bench b;

	(void)state;
	load(&b, IRL_WORLD_SERVE_SHORT);
	for (uint32_t i = 0; i < 4000; i++) {
		uint8_t frame[IRL_FRAME_MAX];
		char data[1200] = "";
		uint32_t n, size;

		random = irl_world_mix(random + i);
		size = (uint32_t)(random % 1100);
		memset(data, 'x', size);
		if (random >> 33 & 1)
			strcpy(data + size, "\r\n\r\n");
		aim(&b, FIRST + (uint32_t)(random >> 40) % 64);
		b.f.theirs = (uint32_t)(random >> 13);
		if (random >> 34 & 1)
			shake(&b);
		b.f.timed = random >> 35 & 1;
		n = world_client_frame(&b.f, (uint8_t)(random >> 36), 7, data,
				       (uint32_t)strlen(data), frame);
		if (random >> 45 & 1) {
			frame[14 + (random >> 46) % (n - 14)] ^=
			    (uint8_t)(random >> 56);
			irl_checksum_fill(frame, n);
		}
		if (random >> 55 & 1)
			n -= (uint32_t)(random >> 48 & 127) % (n - 14);
		memcpy(b.out, frame, 34);
		/* An answer to another address than the aim's is fine too. */
		b.f.server = (uint32_t)frame[30] << 24 |
			     (uint32_t)frame[31] << 16 |
			     (uint32_t)frame[32] << 8 | frame[33];
		b.f.port = (uint16_t)(frame[34] << 8 | frame[35]);
		run_frame(&b, frame, n);
		b.f.port = 40000;
	}
	world__destroy(b.program);
}

/* What needs state goes up; the rest does not. */
static void test_kernel_passes_up(void **state)
{
	static const struct world_request narrow = {.text = GET, .mss = 200};
	unsigned up = 0, stays = 0;
	struct bench b;

	(void)state;
	load(&b, IRL_WORLD_SERVE_ALL);
	for (uint32_t i = 0; i < 500; i++) {
		bool less;

		aim(&b, FIRST + i);
		less = irl_world_stateless(&b.model, &b.f.service);
		b.f.request = &request;
		assert_int_equal(run_data(&b, IRL_TCP_SYN, 1000, ""),
				 less ? XDP_TX : XDP_PASS);
		up += !less;
		stays += less;
		b.f.request = &narrow;
		assert_int_equal(run_data(&b, IRL_TCP_SYN, 1000, ""),
				 less && b.f.service.stream <= 188 ? XDP_TX
								   : XDP_PASS);
		b.f.theirs = 77; /* nobody's number */
		assert_int_equal(run_data(&b, IRL_TCP_ACK, 1001, GET),
				 XDP_PASS);
	}
	assert_true(up > 100 && stays > 100);
	world__destroy(b.program);
	load(&b, IRL_WORLD_SERVE_USER);
	aim(&b, FIRST);
	assert_int_equal(run_data(&b, IRL_TCP_SYN, 1000, ""), XDP_PASS);
	world__destroy(b.program);
}

/* ---- the host's own TCP
 * ----------------------------------------------------------
 */

struct stage {
	struct irl_world_options options;
	struct irl_world *world;
	pthread_t thread;
	volatile int stop;
	sem_t ready;
	uint64_t counts[IRL_WORLD_S_COUNTS];
	int result;
};

static void be_ready(void *context)
{
	sem_post(context);
}

static void *serve_main(void *context)
{
	struct stage *s = context;
	struct irl_world_serving serving = {
	    .stop = &s->stop, .ready = be_ready, .context = &s->ready};
	struct irl_error err = {0};

	s->result =
	    irl_world_serve_private(s->world, &serving, s->counts, &err);
	if (s->result < 0)
		fprintf(stderr, "server: %s\n", err.text);
	sem_post(&s->ready);
	return NULL;
}

static void open_stage(struct stage *s, const struct irl_world_model *m)
{
	struct irl_error err = {0};

	memset(s, 0, sizeof(*s));
	s->options.model = *m;
	if (irl_world_new(&s->world, &s->options, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(
	    irl_world_enter(s->world, IRL_WORLD_SIDE_SCANNER, NULL), 0);
	sem_init(&s->ready, 0, 0);
	if (m->services.serve < IRL_WORLD_SERVE_ALL)
		return;
	assert_int_equal(pthread_create(&s->thread, NULL, serve_main, s), 0);
	sem_wait(&s->ready);
	assert_int_equal(s->result, 0);
}

static void close_stage(struct stage *s)
{
	s->stop = 1;
	if (s->options.model.services.serve >= IRL_WORLD_SERVE_ALL) {
		pthread_join(s->thread, NULL);
		assert_int_equal(s->result, 0);
	}
	irl_world_free(s->world);
	sem_destroy(&s->ready);
}

static int open_socket(uint32_t addr, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(addr)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void reset(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* All of the stream, and its end where it has one, compared. */
static void read_all(int fd, const struct irl_world_service *s)
{
	static uint8_t got[65536], wanted[65536];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint32_t at = 0;
	ssize_t n = 1;

	while (n && (at < s->stream || s->closes)) {
		assert_int_equal(poll(&p, 1, FOR_EVER), 1);
		n = recv(fd, got, sizeof(got), 0);
		assert_true(n >= 0);
		assert_int_equal(irl_world_stream(s, at, wanted, (uint32_t)n),
				 n);
		assert_memory_equal(got, wanted, (size_t)n);
		at += (uint32_t)n;
	}
	assert_int_equal(at, s->stream);
	assert_int_equal(n == 0, s->closes);
}

/* Connections that stay: nothing more comes by any of them. */
struct kept {
	struct pollfd fd[FETCHES];
	unsigned count;
};

static void let_go(struct kept *kept)
{
	assert_int_equal(poll(kept->fd, kept->count, A_WHILE), 0);
	while (kept->count)
		reset(kept->fd[--kept->count].fd);
}

/* A request as long as the answer leaves room for it in its own frame. */
static void send_request(int fd, size_t padding)
{
	char text[2048];
	int n =
	    snprintf(text, sizeof(text),
		     "GET / HTTP/1.1\r\nX-Pad: %0*d\r\n\r\n", (int)padding, 0);

	assert_int_equal(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
}

/* Returns whether there was an answer, all of which is acknowledged then. */
static bool fetch_by_socket(const struct irl_world_model *m, uint32_t addr,
			    size_t padding, struct kept *kept)
{
	struct irl_world_service s = irl_world_service(m, addr, 80);
	int fd = open_socket(addr, 80), now = 1;

	send_request(fd, padding);
	if (s.kind != IRL_WORLD_MUTE) {
		read_all(fd, &s);
		setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof(now));
	}
	if (s.kind != IRL_WORLD_MUTE && s.closes) {
		shutdown(fd, SHUT_WR);
		reset(fd);
		return true;
	}
	assert_true(kept->count < FETCHES);
	kept->fd[kept->count++] =
	    (struct pollfd){.fd = fd, .events = POLLIN | POLLRDHUP};
	return s.kind != IRL_WORLD_MUTE;
}

static void test_sockets_and_the_kernels_server(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_SHORT);
	uint64_t n[IRL_WORLD_COUNTS];
	struct kept kept = {.count = 0};
	struct stage s;

	(void)state;
	m.services.banner = 0; /* no room: a bare ACK is too short for it */
	open_stage(&s, &m);
	/* The request must come in one segment. */
	for (uint32_t i = 0; i < FETCHES; i++)
		if (irl_world_answer(&m, FIRST + i, 80).mss > 1400)
			fetch_by_socket(&m, FIRST + i, 1330, &kept);
	let_go(&kept);
	assert_int_equal(irl_world_counts(s.world, n, NULL), 0);
	assert_true(n[IRL_WORLD_N_SERVED] > 100);
	assert_int_equal(n[IRL_WORLD_N_MALFORMED], 0);
	assert_int_equal(n[IRL_WORLD_N_USER], 0);
	close_stage(&s);
}

/* Pages so short that they fit the frame of a request of 140 bytes. */
static void test_sockets_need_no_long_request(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_SHORT);
	uint64_t n[IRL_WORLD_COUNTS];
	struct kept kept = {.count = 0};
	struct stage s;

	(void)state;
	m.services.banner = m.services.mute = 0;
	m.services.body_max = 120;
	open_stage(&s, &m);
	for (uint32_t i = 0; i < 150; i++)
		fetch_by_socket(&m, FIRST + i, 113, &kept);
	let_go(&kept);
	assert_int_equal(irl_world_counts(s.world, n, NULL), 0);
	assert_int_equal(n[IRL_WORLD_N_SERVED], 150);
	assert_int_equal(n[IRL_WORLD_N_OTHER], 0);
	close_stage(&s);
}

static void test_sockets_and_both_servers(void **state)
{
	static const enum irl_world_serve serve[] = {IRL_WORLD_SERVE_ALL,
						     IRL_WORLD_SERVE_USER};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct irl_world_model m = model_of(serve[i]);
		uint64_t n[IRL_WORLD_COUNTS];
		struct kept kept = {.count = 0};
		unsigned answers = 0;
		struct stage s;

		m.services.large = irl_world_share(0.1);
		open_stage(&s, &m);
		for (uint32_t a = 0; a < 120; a++)
			answers += fetch_by_socket(&m, FIRST + a,
						   a % 2 ? 1 : 1330, &kept);
		let_go(&kept);
		assert_int_equal(irl_world_counts(s.world, n, NULL), 0);
		assert_true(n[IRL_WORLD_N_USER] > 500);
		assert_int_equal(n[IRL_WORLD_N_MALFORMED], 0);
		assert_true((n[IRL_WORLD_N_SERVED] > 0) == (i == 0));
		close_stage(&s);
		assert_true(s.counts[IRL_WORLD_S_OPENED] > 20);
		/* All but the mute ones, which the kernel keeps if it may. */
		assert_int_equal(s.counts[IRL_WORLD_S_SERVED],
				 i ? answers : s.counts[IRL_WORLD_S_OPENED]);
		assert_int_equal(s.counts[IRL_WORLD_S_MALFORMED], 0);
	}
}

/* Loss, order and copies: the host's TCP gets over them, byte by byte. */
static void test_sockets_over_a_bad_way(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct kept kept = {.count = 0};
	struct stage s;

	(void)state;
	m.loss = irl_world_share(0.02);
	m.services.reorder = m.services.duplicate = irl_world_share(0.05);
	m.services.rtt_min_us = 1000;
	m.services.rtt_max_us = 20000;
	m.services.deaf = 0;
	m.services.mute = 0;
	/* Thousands of segments: some are lost, for certain. */
	m.services.large = irl_world_share(0.1);
	open_stage(&s, &m);
	for (uint32_t a = 0; a < 25; a++)
		fetch_by_socket(&m, FIRST + a, 1, &kept);
	let_go(&kept);
	close_stage(&s);
	assert_true(s.counts[IRL_WORLD_S_LOST_OUT] > 0);
	assert_true(s.counts[IRL_WORLD_S_REORDERED] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kernel_serves_the_truth),
	    cmocka_unit_test(test_kernel_refuses_what_is_wrong),
	    cmocka_unit_test(test_kernel_bears_anything),
	    cmocka_unit_test(test_kernel_passes_up),
	    cmocka_unit_test(test_sockets_and_the_kernels_server),
	    cmocka_unit_test(test_sockets_need_no_long_request),
	    cmocka_unit_test(test_sockets_and_both_servers),
	    cmocka_unit_test(test_sockets_over_a_bad_way),
	};

	if (geteuid() != 0) {
		fprintf(stderr, "skipped: needs root\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
