// SPDX-License-Identifier: BSD-2-Clause
/*
 * A private world as the host's own TCP sees it.
 *
 *   scanner: connect() from 10.0.0.1 ==== irl0/world0 ==== XDP, 10.0.0.2
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <irl/world.h>
#include "wire/checksum.h"

#define SKIPPED 77
#define FOR_EVER 10000 /* ms: more than anything here takes */
#define A_WHILE 300    /* ms: much more than an answer takes */

static struct irl_world_options options_of(uint64_t seed)
{
	struct irl_world_options o = {0};

	irl_world_model_init(&o.model);
	o.model.seed = seed;
	o.model.alive = irl_world_share(0.3);
	o.model.unreachable = irl_world_share(0.3);
	return o;
}

static struct irl_world *new_world(const struct irl_world_options *o)
{
	struct irl_world *w;
	struct irl_error err = {0};

	if (irl_world_new(&w, o, &err) < 0)
		fail_msg("%s", err.text);
	return w;
}

static void enter(const struct irl_world *w, enum irl_world_side side)
{
	assert_int_equal(irl_world_enter(w, side, NULL), 0);
}

/* Begin to connect; the socket. */
static int begin_connect(uint32_t addr, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(addr)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_true(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ||
		    errno == EINPROGRESS);
	return fd;
}

/* What became of it after at most @ms: 0, an errno, or EINPROGRESS. */
static int end_connect(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int error = EINPROGRESS;

	if (poll(&p, 1, ms) > 0)
		assert_int_equal(
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
	return error;
}

/* Close by RST, so that nothing is retransmitted. */
static void reset(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static int try_connect(uint32_t addr, uint16_t port, int ms)
{
	int fd = begin_connect(addr, port), error = end_connect(fd, ms);

	reset(fd);
	return error;
}

static int expected(struct irl_world_answer a)
{
	switch (a.kind) {
	case IRL_WORLD_SYNACK:
		return 0;
	case IRL_WORLD_RST:
		return ECONNREFUSED;
	case IRL_WORLD_ICMP:
		return a.icmp_code == 0 ? ENETUNREACH : EHOSTUNREACH;
	default:
		return EINPROGRESS;
	}
}

/* Every target that answers, of 300; of the silent ones, three. */
static void test_connect_finds_what_the_model_says(void **state)
{
	struct irl_world_options o = options_of(3);
	struct irl_world *w = new_world(&o);
	uint64_t n[IRL_WORLD_COUNTS], kinds[4] = {0};

	(void)state;
	enter(w, IRL_WORLD_SIDE_SCANNER);
	for (uint32_t i = 0; i < 300; i++) {
		uint32_t addr = 0x0a400000 + i;
		struct irl_world_answer a =
		    irl_world_answer(&o.model, addr, (uint16_t)(i % 5 + 80));

		if (a.kind == IRL_WORLD_SILENT && kinds[a.kind] == 3)
			continue;
		kinds[a.kind]++;
		assert_int_equal(try_connect(addr, (uint16_t)(i % 5 + 80),
					     a.kind == IRL_WORLD_SILENT
						 ? A_WHILE
						 : FOR_EVER),
				 expected(a));
	}
	assert_int_equal(irl_world_counts(w, n, NULL), 0);
	assert_int_equal(n[IRL_WORLD_N_SYNACK], kinds[IRL_WORLD_SYNACK]);
	assert_int_equal(n[IRL_WORLD_N_RST], kinds[IRL_WORLD_RST]);
	assert_int_equal(n[IRL_WORLD_N_ICMP], kinds[IRL_WORLD_ICMP]);
	/* Our own kernel reset each connection: the world tells them apart. */
	assert_int_equal(n[IRL_WORLD_N_GOT_RST], kinds[IRL_WORLD_SYNACK]);
	assert_int_equal(n[IRL_WORLD_N_SEGMENT], kinds[IRL_WORLD_SYNACK]);
	assert_int_equal(n[IRL_WORLD_N_MALFORMED], 0);
	assert_true(kinds[1] > 10 && kinds[2] > 10 && kinds[3] > 10);
	irl_world_free(w);
}

/* Frames that reach the scanner's end from now on. */
static int capture(void)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(0x0003)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	at.sll_ifindex = (int)if_nametoindex(IRL_WORLD_SCANNER_LINK);
	assert_true(at.sll_ifindex > 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	/* Linux 6.1 charges 6 KiB for a frame that came by a veth's XDP. */
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE,
				    &(int){4 << 20}, sizeof(int)),
			 0);
	return fd;
}

/* All answers of the world so far; each must have right checksums. */
static unsigned check_captured(int fd)
{
	static const uint8_t other[6] = {2, 'i', 'r', 'l', 0, 2};
	uint8_t frame[2048];
	unsigned answers = 0;
	ssize_t length;

	while ((length = recv(fd, frame, sizeof(frame), MSG_DONTWAIT)) > 0) {
		bool world = memcmp(frame + 6, other, 6) == 0;

		/* 10.0.0.2 itself is a kernel: it leaves sums to offloads. */
		if (!world || frame[12] != 8 || frame[13] != 0 ||
		    (frame[28] == 0 && frame[29] == 2))
			continue;
		answers++;
		assert_true(length >= 60);
		assert_true(irl_checksum_valid(frame, (size_t)length));
	}
	return answers;
}

static void test_checksums_on_the_wire(void **state)
{
	struct irl_world_options o = options_of(4);
	struct irl_world *w = new_world(&o);
	unsigned asked = 0;
	int fd;

	(void)state;
	enter(w, IRL_WORLD_SIDE_SCANNER);
	fd = capture();
	for (uint32_t addr = 0x0a500000; asked < 60; addr++) {
		if (irl_world_answer(&o.model, addr, 443).kind == 0)
			continue;
		asked++;
		try_connect(addr, 443, FOR_EVER);
	}
	assert_int_equal(check_captured(fd), asked);
	close(fd);
	irl_world_free(w);
}

/* A service on the world's side, beside the responder. */
static void test_kernel_of_the_worlds_side(void **state)
{
	struct irl_world_options o = options_of(1);
	struct irl_world *w = new_world(&o);
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(7777)};
	char text[6] = "";
	int server, client, peer;

	(void)state;
	enter(w, IRL_WORLD_SIDE_WORLD);
	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	at.sin_addr.s_addr = htonl(IRL_WORLD_GATEWAY);
	assert_int_equal(bind(server, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(server, 1), 0);
	enter(w, IRL_WORLD_SIDE_SCANNER);
	client = begin_connect(IRL_WORLD_GATEWAY, 7777);
	assert_int_equal(end_connect(client, FOR_EVER), 0);
	peer = accept(server, NULL, NULL);
	assert_int_equal(write(peer, "hello", 5), 5);
	assert_true(poll(&(struct pollfd){client, POLLIN, 0}, 1, FOR_EVER) > 0);
	assert_int_equal(read(client, text, 5), 5);
	assert_string_equal(text, "hello");
	assert_int_equal(try_connect(IRL_WORLD_GATEWAY, 7778, FOR_EVER),
			 ECONNREFUSED);
	reset(client);
	close(peer);
	close(server);
	irl_world_free(w);
}

static void assert_links(const char *only)
{
	struct if_nameindex *all = if_nameindex();

	assert_non_null(all);
	for (int i = 0; all[i].if_name; i++)
		assert_true(strcmp(all[i].if_name, "lo") == 0 ||
			    strcmp(all[i].if_name, only) == 0);
	if_freenameindex(all);
}

static char read_digit(const char *path)
{
	FILE *f = fopen(path, "re");
	int c;

	assert_non_null(f);
	c = fgetc(f);
	fclose(f);
	return (char)c;
}

/* Two interfaces in all, nothing forwarded, and what is not the world's gets
 * no answer, though a route takes it there. */
static void test_nothing_else_can_be_reached(void **state)
{
	struct irl_world_options o = options_of(1);
	uint64_t n[IRL_WORLD_COUNTS];
	struct irl_world *w;
	int side;

	(void)state;
	assert_int_equal(irl_world_model_range(&o.model, "10.32.0.0/11", NULL),
			 0);
	w = new_world(&o);
	for (side = 0; side < 2; side++) {
		enter(w, (enum irl_world_side)side);
		assert_links(side == IRL_WORLD_SIDE_SCANNER
				 ? IRL_WORLD_SCANNER_LINK
				 : IRL_WORLD_LINK);
		assert_int_equal(read_digit("/proc/sys/net/ipv4/ip_forward"),
				 '0');
	}
	enter(w, IRL_WORLD_SIDE_SCANNER);
	assert_int_equal(try_connect(0xc0000201, 80, A_WHILE), EINPROGRESS);
	assert_int_equal(try_connect(0x0a600000, 80, A_WHILE), EINPROGRESS);
	assert_int_equal(try_connect(0x0a000009, 80, A_WHILE), EINPROGRESS);
	assert_int_equal(irl_world_counts(w, n, NULL), 0);
	assert_true(n[IRL_WORLD_N_OUTSIDE] >= 2);
	assert_true(n[IRL_WORLD_N_PASSED] >= 1);
	assert_int_equal(n[IRL_WORLD_N_SYNACK], 0);
	irl_world_free(w);
}

/* A target that answers otherwise in the other world, both asked at once. */
static void test_two_worlds_side_by_side(void **state)
{
	struct irl_world_options o[2] = {options_of(1), options_of(2)};
	struct irl_world *w[2] = {new_world(&o[0]), new_world(&o[1])};
	int differ = 0;

	(void)state;
	for (uint32_t addr = 0x0a600000; differ < 10; addr++) {
		struct irl_world_answer a[2];

		for (int i = 0; i < 2; i++)
			a[i] = irl_world_answer(&o[i].model, addr, 80);
		if (!a[0].kind || !a[1].kind || a[0].kind == a[1].kind)
			continue;
		differ++;
		for (int i = 0; i < 2; i++) {
			enter(w[i], IRL_WORLD_SIDE_SCANNER);
			assert_int_equal(try_connect(addr, 80, FOR_EVER),
					 expected(a[i]));
		}
	}
	irl_world_free(w[0]);
	irl_world_free(w[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_connect_finds_what_the_model_says),
	    cmocka_unit_test(test_checksums_on_the_wire),
	    cmocka_unit_test(test_kernel_of_the_worlds_side),
	    cmocka_unit_test(test_nothing_else_can_be_reached),
	    cmocka_unit_test(test_two_worlds_side_by_side),
	};

	if (geteuid() != 0) {
		fprintf(stderr, "skipped: needs root\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
