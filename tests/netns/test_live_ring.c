// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the live port receives: rings that wrap, frames too long for it, cards
 * of many queues.
 *
 *   here: live port on va ---- veth ---- there: a sender on vb
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <irl/port.h>
#include "netns/net_lab.h"

#define OWN ADDR(10, 77, 0, 1)
#define HOST ADDR(10, 9, 0, 1)
#define LONGEST 9014

static struct lab lab;
static int sender;

static struct irl_port *open_port(uint32_t ring_bytes)
{
	static const struct irl_steer steer = {.own = {{OWN, 32}},
					       .own_count = 1};
	struct irl_port_options options = {
	    .ifname = "va",
	    .kind = "live",
	    .steer = &steer,
	    .rx_ring_bytes = ring_bytes,
	};
	struct irl_error err = {0};
	struct irl_port *port;

	if (irl_port_open(&port, &options, &err))
		fail_msg("%s", err.text);
	return port;
}

static int open_packet(int space, const char *interface, int type)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons((uint16_t)type)};
	int room = 8 << 20, fd;

	lab_enter(space);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	at.sll_ifindex = (int)if_nametoindex(interface);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)), 0);
	lab_enter(lab.here);
	return fd;
}

/* A frame of @length bytes to @dest; every byte depends on @number. */
static void make(uint8_t *frame, uint32_t dest, uint32_t length,
		 uint32_t number)
{
	const uint32_t to = htonl(dest);

	for (uint32_t i = 0; i < length; i++)
		frame[i] = (uint8_t)(i * 31 + number * 7 + (number >> 8));
	memcpy(frame, "\x02\0\0\0\0\x0a\x02\0\0\0\0\x0b\x08\0\x45", 15);
	memcpy(frame + 30, &to, 4);
}

static void send_one(uint32_t dest, uint32_t length, uint32_t number)
{
	uint8_t frame[LONGEST];

	make(frame, dest, length, number);
	assert_int_equal(send(sender, frame, length, 0), length);
}

/* Takes @count frames, numbered from @first on. */
static void expect(struct irl_port *port, unsigned count, uint32_t first,
		   uint32_t (*length_of)(uint32_t))
{
	struct irl_frame got[32];
	uint8_t wanted[LONGEST];
	unsigned done = 0;
	int n;

	while (done < count) {
		assert_true(
		    LAB_AWAIT((n = irl_port_recv(port, 0, got, 32)) > 0));
		for (int i = 0; i < n; i++, done++) {
			uint32_t number = first + done;

			make(wanted, OWN, length_of(number), number);
			assert_int_equal(got[i].length, length_of(number));
			assert_memory_equal(got[i].data, wanted, got[i].length);
		}
	}
	assert_int_equal(done, count);
}

/* 34 ... 1514, in a sequence that meets the ring's end at every distance. */
static uint32_t varied(uint32_t number)
{
	return 34 + number * 613 % 1481;
}

static void test_ring_wraps(void **state)
{
	struct irl_port *port = open_port(64 << 10);
	struct irl_port_stats s;
	uint32_t number = 0;

	(void)state;
	while (number < 12000) { /* 9 MB: the ring's end 140 times */
		unsigned count = 1 + number % 30;

		for (unsigned i = 0; i < count; i++)
			send_one(OWN, varied(number + i), number + i);
		expect(port, count, number, varied);
		number += count;
	}
	irl_port_stats(port, &s);
	assert_int_equal(s.rx_delivered, number);
	assert_int_equal(s.rx_full, 0);
	irl_port_close(port);
}

/* As long as our frames get, and the host's: the latter pass unharmed. */
static void test_long_frames(void **state)
{
	static const uint32_t lengths[] = {1515, 1518, 1519, 2047, 2048,   2062,
					   2148, 3500, 4096, 5000, LONGEST};
	enum { COUNT = sizeof(lengths) / sizeof(lengths[0]) };
	uint8_t got[LONGEST + 1], wanted[LONGEST];
	struct irl_port_stats s;
	struct irl_port *port;
	int tap;

	(void)state;
	assert_int_equal(lab_run("ip link set va mtu 9000"), 0);
	lab_enter(lab.there);
	assert_int_equal(lab_run("ip link set vb mtu 9000"), 0);
	lab_enter(lab.here);
	port = open_port(0);
	tap = open_packet(lab.here, "va", 0x0800);
	assert_int_equal(irl_port_info(port)->mtu, 1500);
	for (unsigned i = 0; i < COUNT; i++) {
		send_one(OWN, lengths[i], i);
		send_one(HOST, lengths[i], i);
		make(wanted, HOST, lengths[i], i);
		assert_true(
		    LAB_AWAIT(recv(tap, got, sizeof(got), 0) == lengths[i]));
		assert_memory_equal(got, wanted, lengths[i]);
	}
	send_one(OWN, varied(1480), 1480);
	expect(port, 1, 1480, varied); /* and nothing else before it */
	irl_port_stats(port, &s);
	assert_int_equal(s.rx_too_long, COUNT);
	assert_int_equal(s.rx_delivered, 1);
	assert_int_equal(s.rx_ours, COUNT + 1);
	assert_true(s.rx_host >= COUNT);
	assert_int_equal(s.rx_frames, s.rx_host + s.rx_ours);
	irl_port_close(port);
	close(tap);
	assert_int_equal(lab_run("ip link set va mtu 1500"), 0);
	lab_enter(lab.there);
	assert_int_equal(lab_run("ip link set vb mtu 1500"), 0);
	lab_enter(lab.here);
}

static void test_largest_ring(void **state)
{
	struct irl_port *port = open_port(256u << 20);

	(void)state;
	send_one(OWN, varied(3), 3);
	expect(port, 1, 3, varied);
	irl_port_close(port);
}

static long mapped_mib(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = -1;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld", &pages), 1);
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE) >> 20;
}

/* The veth anew, of so many queues. */
static void set_queues(unsigned count)
{
	assert_int_equal(
	    lab_run("ip link del va && ip link add va address "
		    "02:00:00:00:00:0a numrxqueues %u numtxqueues %u type veth "
		    "peer name vb numrxqueues %u numtxqueues %u netns "
		    "/proc/%d/fd/%d && ip link set va up && "
		    "ethtool -K va gro on",
		    count, count, count, count, getpid(), lab.there),
	    0);
	lab_enter(lab.there);
	assert_int_equal(lab_run("ip link set vb up && ethtool -K vb gro on"),
			 0);
	lab_enter(lab.here);
	close(sender);
	sender = open_packet(lab.there, "vb", 0);
}

/* The rings of a card of 128 queues share what is there. */
static void test_many_queues(void **state)
{
	struct irl_port *port;
	long before;

	(void)state;
	set_queues(128);
	before = mapped_mib();
	port = open_port(0);
	assert_in_range(mapped_mib() - before, 1, 400);
	send_one(OWN, varied(3), 3);
	expect(port, 1, 3, varied);
	irl_port_close(port);
}

/* Frames wait in several rings, and one is taken at a time: the second ring
 * has its turn before the first is empty, so the numbers go back and forth. */
static void test_rings_take_turns(void **state)
{
	enum { COUNT = 250, LEAST = 8 };
	struct irl_port *port;
	unsigned taken = 0, backwards = 0, last = 0;
	struct irl_frame got;

	(void)state;
	set_queues(2);
	port = open_port(0);
	for (unsigned i = 0; i < COUNT; i++)
		send_one(OWN, 60, i);
	while (taken < COUNT) {
		unsigned number;

		assert_true(LAB_AWAIT(irl_port_recv(port, 0, &got, 1) == 1));
		/* make() inverted: 7 * 183 = 1 modulo 256 */
		number = (uint8_t)((got.data[34] - 34 * 31) * 183);
		assert_in_range(number, 0, COUNT - 1);
		backwards += taken++ && number < last;
		last = number;
	}
	assert_in_range(backwards, LEAST, COUNT);
	irl_port_close(port);
}

static void set_up(void)
{
	struct irl_port_options options = {.ifname = "va", .kind = "live"};
	struct irl_error err = {0};
	struct irl_port *port;

	lab = lab_new();
	lab_run("ip link set va address 02:00:00:00:00:0a");
	lab_enter(lab.there);
	if (lab_run("ethtool -K vb gro on"))
		exit(LAB_SKIPPED);
	lab_enter(lab.here);
	if (irl_port_open(&port, &options, &err)) {
		fprintf(stderr, "skipped: %s\n", err.text);
		exit(LAB_SKIPPED);
	}
	irl_port_close(port);
	sender = open_packet(lab.there, "vb", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ring_wraps),
	    cmocka_unit_test(test_long_frames),
	    cmocka_unit_test(test_largest_ring),
	    cmocka_unit_test(test_many_queues),
	    cmocka_unit_test(test_rings_take_turns),
	};

	set_up();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
