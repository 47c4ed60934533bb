// SPDX-License-Identifier: BSD-2-Clause
/*
 * The port "xdpwin" where it differs from others: what no rule can say, what is
 * given back to the host, what is said when XDP for Windows is not there.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <irl/port.h>
#include "base/os.h"
#include "double.h"
#include "port/port.h"
#include "port/xdp_device.h"
#include "wire.h"

#define HOST_ADDR 0x0a010001u
#define OWN_ADDR 0x0a020000u
#define PATIENCE_NS UINT64_C(10000000000)

static const struct irl_steer steer = {
    .own = {{OWN_ADDR, 24}},
    .own_count = 1,
    .own6 = {{{{0xfd, 1, 0xff}}, 21}},
    .own6_count = 1,
    .host_addr = HOST_ADDR,
    .host_addr6 = {{0xfd, 2, [15] = 1}},
    .port_first = 40000,
    .port_last = 50000,
};

struct bed {
	struct irl_port *port;
	struct wire *wire;
};

static struct bed open_bed(unsigned queues)
{
	struct irl_port_options o = {.ifname = "va",
				     .kind = "xdpwin",
				     .queues = queues,
				     .steer = &steer};
	struct bed bed = {.wire = wire_map()};
	struct irl_error err = {0};

	if (irl_port_open(&bed.port, &o, &err))
		fail_msg("%s", err.text);
	return bed;
}

static void close_bed(struct bed *bed)
{
	irl_port_close(bed->port);
	wire_unmap(bed->wire);
	assert_int_equal(xdp_double.open, 0);
}

static bool is_late(uint64_t *since)
{
	if (!*since)
		*since = irl_os_clock_ns();
	sched_yield();
	return irl_os_clock_ns() - *since > PATIENCE_NS;
}

static void inject(struct bed *bed, const uint8_t *frame, uint32_t length)
{
	struct wire_slot *slot = wire_room(&bed->wire->in);

	assert_non_null(slot);
	slot->length = length;
	memcpy(slot->frame, frame, length);
	wire_put(&bed->wire->in);
}

/* Ethernet, IPv4 from nobody, 20 bytes more. */
static uint32_t packet(uint8_t *to, uint32_t dest, uint8_t protocol,
		       uint16_t port)
{
	memset(to, 0, 64);
	to[5] = 1;
	to[12] = 8;
	to[14] = 0x45;
	to[17] = 50;
	to[23] = protocol;
	for (unsigned i = 0; i < 4; i++)
		to[30 + i] = (uint8_t)(dest >> (24 - 8 * i));
	to[36] = (uint8_t)(port >> 8);
	to[37] = (uint8_t)port;
	to[46] = 0x50; /* of TCP: no options */
	return 64;
}

/* What became of a frame: 1 it came up to us, 0 it went on to the host. */
static bool is_ours(struct bed *bed, const uint8_t *frame, uint32_t length)
{
	const struct wire_slot *up = wire_next(&bed->wire->up, 0);
	struct irl_frame got;
	uint64_t since = 0;

	inject(bed, frame, length);
	for (;;) {
		if (irl_port_recv(bed->port, 0, &got, 1) == 1) {
			assert_int_equal(got.length, length);
			assert_memory_equal(got.data, frame, length);
			return true;
		}
		if (wire_waiting(&bed->wire->up)) {
			assert_int_equal(up->length, length);
			assert_memory_equal(up->frame, frame, length);
			wire_took(&bed->wire->up, 1);
			return false;
		}
		assert_false(is_late(&since));
	}
}

static void test_steering(void **state)
{
	static const struct {
		uint32_t dest;
		uint8_t protocol;
		uint16_t port;
		bool ours;
	} cases[] = {
	    {HOST_ADDR, 6, 40000, true},      {HOST_ADDR, 6, 50000, true},
	    {HOST_ADDR, 17, 44444, true},     {HOST_ADDR, 6, 39999, false},
	    {HOST_ADDR, 17, 50001, false},    {HOST_ADDR, 6, 0x409c, false},
	    {HOST_ADDR, 1, 44444, false},     {HOST_ADDR, 47, 44444, false},
	    {HOST_ADDR + 1, 6, 44444, false}, {OWN_ADDR, 6, 1, true},
	    {OWN_ADDR + 255, 1, 0, true},     {OWN_ADDR + 256, 6, 44444, false},
	    {OWN_ADDR - 1, 6, 44444, false},
	};
	struct bed bed = open_bed(1);
	uint8_t frame[64];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		packet(frame, cases[i].dest, cases[i].protocol, cases[i].port);
		if (is_ours(&bed, frame, 64) != cases[i].ours)
			fail_msg("case %u", i);
	}
	close_bed(&bed);
}

/* A prefix that ends within a byte; ports behind 40 bytes of header. */
static void test_steering6(void **state)
{
	struct bed bed = open_bed(1);
	uint8_t frame[80] = {[5] = 1, [12] = 0x86, [13] = 0xdd, [14] = 0x60};

	(void)state;
	frame[20] = 6;
	frame[38] = 0xfd;
	frame[39] = 1;
	frame[40] = 0xf8;
	frame[66] = 0x50;
	assert_true(is_ours(&bed, frame, 80));
	frame[40] = 0xf7;
	assert_false(is_ours(&bed, frame, 80));
	memcpy(frame + 38, steer.host_addr6.byte, 16);
	frame[56] = 45000 >> 8;
	frame[57] = 45000 & 255;
	assert_true(is_ours(&bed, frame, 80));
	frame[20] = 17;
	assert_true(is_ours(&bed, frame, 80));
	frame[20] = 44; /* a fragment */
	assert_false(is_ours(&bed, frame, 80));
	close_bed(&bed);
}

/* To a rule a later fragment's bytes are ports: it is taken, and given back,
 * again and again in the same memory. */
static void test_fragments(void **state)
{
	struct bed bed = open_bed(1);
	struct irl_port_stats s;
	uint8_t frame[64];

	(void)state;
	xdp_double.given_back = 0;
	for (unsigned i = 0; i < 20000; i++) {
		packet(frame, HOST_ADDR, 17, 44444);
		frame[20] = i % 2 ? 0x20 : 0;
		frame[21] = (uint8_t)(i % 2 ? 0 : 100);
		frame[50] = (uint8_t)i;
		assert_false(is_ours(&bed, frame, 64));
		/* ours among them */
		packet(frame, HOST_ADDR, 17, 44444);
		assert_true(is_ours(&bed, frame, 64));
	}
	irl_port_stats(bed.port, &s);
	assert_int_equal(xdp_double.given_back, 20000);
	assert_int_equal(s.rx_host, 20000);
	assert_int_equal(s.rx_delivered, 20000);
	assert_int_equal(s.rx_frames, 40000);
	close_bed(&bed);
}

/* The host has its own also while we receive no more. */
static void test_fragments_after_end(void **state)
{
	struct bed bed = open_bed(1);
	struct irl_port_stats s;
	uint8_t frame[64];

	(void)state;
	irl_port_end_rx(bed.port);
	packet(frame, HOST_ADDR, 17, 44444);
	frame[21] = 100;
	assert_false(is_ours(&bed, frame, 64));
	irl_port_stats(bed.port, &s);
	assert_int_equal(s.rx_frames, 0);
	close_bed(&bed);
}

/* What nobody has looked at when the port is closed may be the host's. */
static void test_fragments_at_close(void **state)
{
	struct wire *wire = wire_map();
	struct bed bed = open_bed(1);
	uint64_t since = 0;
	uint8_t frame[64];

	(void)state;
	packet(frame, HOST_ADDR, 17, 44444);
	frame[21] = 100;
	for (unsigned i = 0; i < 200; i++)
		inject(&bed, frame, 64);
	while (wire_waiting(&wire->in))
		assert_false(is_late(&since));
	assert_int_equal(wire_waiting(&wire->up), 0);
	close_bed(&bed);
	assert_int_equal(wire_waiting(&wire->up), 200);
	wire_unmap(wire);
}

/* Longer than any frame: an adapter joined it, and nobody gets a part. */
static void test_joined(void **state)
{
	struct bed bed = open_bed(1);
	uint8_t frame[3000];
	struct irl_port_stats s;
	struct irl_frame got;
	uint64_t since = 0;

	(void)state;
	memset(frame, 0, sizeof(frame));
	packet(frame, HOST_ADDR, 6, 44444);
	inject(&bed, frame, sizeof(frame));
	packet(frame, OWN_ADDR, 6, 44444);
	inject(&bed, frame, 1600);
	do {
		assert_int_equal(irl_port_recv(bed.port, 0, &got, 1), 0);
		irl_port_stats(bed.port, &s);
		assert_false(is_late(&since));
	} while (s.rx_too_long < 2);
	assert_int_equal(wire_waiting(&bed.wire->up), 0);
	close_bed(&bed);
}

static void fill(struct irl_frame frames[], unsigned count)
{
	static uint8_t data[60] = {2};

	for (unsigned i = 0; i < count; i++)
		frames[i] = (struct irl_frame){.data = data, .length = 60};
}

/* A batch is one request, and none where the driver is at work anyway. */
static void test_notifies(void **state)
{
	static struct irl_frame frames[IRL_BATCH_MAX];
	static enum irl_tx_status status[IRL_BATCH_MAX];
	struct bed bed = open_bed(1);
	int accepted = 0;
	uint64_t before;

	(void)state;
	fill(frames, IRL_BATCH_MAX);
	before = xdp_double.notifies;
	for (unsigned i = 0; i < 50; i++) {
		int n = irl_port_send(bed.port, 0, frames, 4096, status);

		assert_true(n >= 0);
		accepted += n;
		assert_true(xdp_double.notifies - before <= i + 1);
		wire_took(&bed.wire->out, wire_waiting(&bed.wire->out));
	}
	assert_true(accepted > 4096);
	close_bed(&bed);
}

/* The card is stuck: what the rings do not take is told; what they took leaves
 * before the port is closed. */
static void test_flush(void **state)
{
	static struct irl_frame frames[IRL_BATCH_MAX];
	static enum irl_tx_status status[IRL_BATCH_MAX];
	struct bed bed = open_bed(1);
	struct wire *wire = wire_map();

	(void)state;
	fill(frames, IRL_BATCH_MAX);
	wire_took(&wire->out, wire_waiting(&wire->out));
	__atomic_store_n(&xdp_double.stalled, true, __ATOMIC_RELEASE);
	assert_int_equal(irl_port_send(bed.port, 0, frames, 4096, status),
			 4096);
	assert_int_equal(irl_port_send(bed.port, 0, frames, 4000, status),
			 4000);
	assert_int_equal(irl_port_send(bed.port, 0, frames, 100, status), 96);
	assert_int_equal(status[95], IRL_TX_ACCEPTED);
	assert_int_equal(status[96], IRL_TX_FULL);
	assert_int_equal(irl_port_send(bed.port, 0, frames, 1, status), 0);
	__atomic_store_n(&xdp_double.stalled, false, __ATOMIC_RELEASE);
	close_bed(&bed);
	assert_int_equal(wire_waiting(&wire->out), 8192);
	wire_unmap(wire);
}

struct reader {
	struct irl_port *port;
	unsigned queue;
	uint32_t *got; /* of all */
	uint32_t due;
};

static void *read_queue(void *context)
{
	struct reader *r = context;
	struct irl_frame frames[16];

	while (__atomic_load_n(r->got, __ATOMIC_ACQUIRE) < r->due) {
		int n = irl_port_recv(r->port, r->queue, frames, 16);

		for (int i = 0; i < n; i++)
			if (irl_steer_queue(&steer, 3, frames[i].data,
					    frames[i].length) != r->queue)
				abort();
		if (n > 0)
			__atomic_fetch_add(r->got, (uint32_t)n,
					   __ATOMIC_RELEASE);
		else
			irl_port_wait(r->port, r->queue, 20000000);
	}
	return NULL;
}

/* Three threads: whoever finds frames of another's wakes it. */
static void test_threads(void **state)
{
	struct bed bed = open_bed(3);
	struct reader readers[3];
	pthread_t threads[3];
	uint32_t got = 0;
	struct irl_port_stats s;
	uint64_t since = 0;
	uint8_t frame[64];

	(void)state;
	for (unsigned q = 0; q < 3; q++) {
		readers[q] = (struct reader){bed.port, q, &got, 30000};
		assert_false(
		    pthread_create(&threads[q], NULL, read_queue, &readers[q]));
	}
	for (uint32_t i = 0; i < 30000; i++) {
		packet(frame, i % 2 ? HOST_ADDR : OWN_ADDR + i % 256, 6,
		       (uint16_t)(40000 + i % 10001));
		since = 0; /* no more under way than there is room for */
		while (i - __atomic_load_n(&got, __ATOMIC_ACQUIRE) > 500)
			assert_false(is_late(&since));
		inject(&bed, frame, 64);
		if (i % 1000 == 0) /* let them wait, too */
			irl_os_sleep_until(irl_os_clock_ns() + 2000000);
	}
	for (unsigned q = 0; q < 3; q++)
		pthread_join(threads[q], NULL);
	irl_port_stats(bed.port, &s);
	assert_int_equal(got, 30000);
	assert_int_equal(s.rx_full, 0);
	close_bed(&bed);
}

/* ---- errors -------------------------------------------------------------- */

static void expect_error(int code, const char *word, const char *mend)
{
	struct irl_port_options o = {
	    .ifname = "va", .kind = "xdpwin", .steer = &steer};
	struct irl_error err = {0};
	struct irl_port *port;

	assert_int_equal(irl_port_open(&port, &o, &err), -code);
	assert_null(port);
	if (!strstr(err.text, word) || !strstr(err.text, mend))
		fail_msg("\"%s\" has not \"%s\", \"%s\"", err.text, word, mend);
	assert_int_equal(xdp_double.open, 0);
}

static void test_errors(void **state)
{
	(void)state;
	xdp_double.refuse_open = XDP_NO_FILE;
	expect_error(IRL_ENOTSUP, "does not run", "docs/windows.md");
	xdp_double.refuse_open = XDP_DENIED;
	expect_error(IRL_EPERM, "administrators", "Run as administrator");
	xdp_double.refuse_open = XDP_NO_RESOURCES;
	expect_error(IRL_ENOMEM, "opening a socket", "1450");
	xdp_double.refuse_open = 0;
	xdp_double.refuse_bind = XDP_NOT_FOUND;
	expect_error(IRL_ENODEV, "not bound to va", "ms_xdp");
	xdp_double.refuse_bind = 0;
	xdp_double.on_link = true;
	expect_error(IRL_ENOTSUP, "10.2.0.0 is on the link of va",
		     "--port windows");
	xdp_double.on_link = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_steering),
	    cmocka_unit_test(test_steering6),
	    cmocka_unit_test(test_fragments),
	    cmocka_unit_test(test_fragments_after_end),
	    cmocka_unit_test(test_fragments_at_close),
	    cmocka_unit_test(test_joined),
	    cmocka_unit_test(test_notifies),
	    cmocka_unit_test(test_flush),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
