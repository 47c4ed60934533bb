// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <irl/link.h>
#include <irl/pool.h>
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

struct wires {
	struct irl_link *link;
	struct irl_port *a, *b;
};

static void join(struct wires *w, const struct irl_link_options *o)
{
	assert_int_equal(irl_link_new(&w->link, o, &w->a, &w->b, NULL), 0);
}

static void part(struct wires *w)
{
	irl_port_close(w->a);
	irl_link_free(w->link);
	irl_port_close(w->b);
}

static enum irl_tx_status send_number(struct irl_port *port, uint32_t number)
{
	uint8_t data[60] = {0};
	struct irl_frame frame = {.data = data, .length = 60};
	enum irl_tx_status status;
	int rc;

	memcpy(data + 14, &number, 4);
	rc = irl_port_send(port, 0, &frame, 1, &status);
	assert_int_equal(rc, status == IRL_TX_ACCEPTED);
	return status;
}

/* The next number, or UINT32_MAX. */
static uint32_t recv_number(struct irl_port *port, uint64_t *time_ns)
{
	struct irl_frame frame;
	uint32_t number = UINT32_MAX;

	if (irl_port_recv(port, 0, &frame, 1) != 1)
		return UINT32_MAX;
	assert_int_equal(frame.length, 60);
	memcpy(&number, frame.data + 14, 4);
	if (time_ns)
		*time_ns = frame.time_ns;
	return number;
}

static void arrives_after_its_delay(void **state)
{
	struct irl_link_options o = {.delay_ns = 1000};
	struct wires w;
	uint64_t time = 0;

	(void)state;
	join(&w, &o);
	irl_link_advance(w.link, 500);
	send_number(w.a, 7);
	assert_int_equal(irl_link_next(w.link), 1500);
	irl_link_advance(w.link, 1499);
	assert_int_equal(irl_port_wait(w.b, 0, 1000000000), 0);
	assert_int_equal(recv_number(w.b, NULL), UINT32_MAX);
	irl_link_advance(w.link, 1500);
	assert_int_equal(irl_port_wait(w.b, 0, 0), 1);
	assert_int_equal(recv_number(w.b, &time), 7);
	assert_int_equal(time, 1500);
	irl_link_advance(w.link, 3); /* never back */
	assert_int_equal(irl_link_now(w.link), 1500);
	assert_true(irl_link_next(w.link) == UINT64_MAX);
	part(&w);
}

/* A hash of everything that arrives, with its time. */
static uint64_t trace_of(const struct irl_link_options *o,
			 struct irl_link_stats *stats)
{
	uint64_t hash = 14695981039346656037ull, time;
	struct wires w;
	uint32_t got;

	join(&w, o);
	for (uint32_t i = 0; i < 20000; i++) {
		assert_int_equal(send_number(i % 3 ? w.a : w.b, i),
				 IRL_TX_ACCEPTED);
		irl_link_advance(w.link, (uint64_t)i * 1000);
		for (unsigned end = 0; end < 2; end++)
			while ((got = recv_number(end ? w.a : w.b, &time)) !=
			       UINT32_MAX) {
				hash = (hash ^ got) * 1099511628211ull;
				hash = (hash ^ time) * 1099511628211ull;
			}
	}
	irl_link_stats(w.link, stats);
	assert_int_equal(stats->accepted + stats->duplicated,
			 stats->arrived + stats->lost + stats->died +
			     stats->in_flight);
	part(&w);
	return hash;
}

static void same_seed_same_trace(void **state)
{
	struct irl_link_options o = {.seed = 1,
				     .loss = 0.1,
				     .duplicate = 0.05,
				     .reorder = 0.02,
				     .reorder_ns = 50000,
				     .delay_ns = 20000,
				     .jitter_ns = 3000};
	struct irl_link_stats one, two;
	uint64_t hash = trace_of(&o, &one);

	(void)state;
	assert_true(trace_of(&o, &two) == hash);
	assert_memory_equal(&one, &two, sizeof(one));
	/* Shares as asked: 20,000 draws, six deviations */
	assert_in_range(one.lost, 1745, 2255);
	assert_in_range(one.duplicated, 700, 1100);
	assert_in_range(one.reordered, 240, 480);
	o.seed = 2;
	assert_true(trace_of(&o, &two) != hash);
}

static void full_is_told(void **state)
{
	/* 60 bytes at 480 Mbit/s take 1 us */
	struct irl_link_options o = {.bits_per_second = 480000000,
				     .tx_frames = 8};
	struct wires w;
	uint64_t time;

	(void)state;
	join(&w, &o);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(send_number(w.a, i), IRL_TX_ACCEPTED);
	assert_int_equal(send_number(w.a, 8), IRL_TX_FULL);
	irl_link_advance(w.link, 1000);
	assert_int_equal(send_number(w.a, 8), IRL_TX_ACCEPTED);
	assert_int_equal(send_number(w.a, 9), IRL_TX_FULL);
	irl_link_advance(w.link, 100000);
	for (uint32_t i = 0; i < 9; i++) {
		assert_int_equal(recv_number(w.b, &time), i);
		assert_int_equal(time, (i + 1) * 1000);
	}
	assert_int_equal(recv_number(w.b, NULL), UINT32_MAX);
	part(&w);
}

static void no_slot_is_full_too(void **state)
{
	struct irl_link_options o = {.frames = 4, .duplicate = 1};
	struct irl_link_stats s;
	struct wires w;

	(void)state;
	join(&w, &o);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(send_number(w.a, i), IRL_TX_ACCEPTED);
	assert_int_equal(send_number(w.a, 2), IRL_TX_FULL);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(recv_number(w.b, NULL), i / 2);
	assert_int_equal(recv_number(w.b, NULL), UINT32_MAX);
	assert_int_equal(send_number(w.a, 2), IRL_TX_ACCEPTED);
	irl_link_stats(w.link, &s);
	assert_int_equal(s.duplicated, 3);
	part(&w);
}

static void down_kills_what_flies(void **state)
{
	struct irl_link_options o = {.delay_ns = 10};
	struct irl_link_stats s;
	struct wires w;

	(void)state;
	join(&w, &o);
	send_number(w.a, 1);
	irl_link_set(w.link, IRL_LINK_DOWN);
	assert_int_equal(send_number(w.a, 2), IRL_TX_LINK_DOWN);
	irl_link_set(w.link, IRL_LINK_UP);
	irl_link_advance(w.link, 100);
	assert_int_equal(recv_number(w.b, NULL), UINT32_MAX);
	irl_link_stats(w.link, &s);
	assert_int_equal(s.died, 1);
	irl_link_set(w.link, IRL_LINK_GONE);
	assert_int_equal(send_number(w.b, 3), IRL_TX_GONE);
	irl_link_set(w.link, IRL_LINK_UP);
	irl_port_close(w.b);
	assert_int_equal(send_number(w.a, 4), IRL_TX_LINK_DOWN);
	irl_port_close(w.a);
	irl_link_free(w.link);
}

static void refuses_nonsense(void **state)
{
	struct irl_link_options o = {.loss = 1.5};
	struct irl_error err = {0};
	struct wires w;

	(void)state;
	assert_int_equal(irl_link_new(&w.link, &o, &w.a, &w.b, &err),
			 -IRL_EINVAL);
	assert_null(w.link);
	assert_null(w.a);
	assert_true(err.text[0]);
	o = (struct irl_link_options){.queues = 9};
	assert_int_equal(irl_link_new(&w.link, &o, &w.a, &w.b, &err),
			 -IRL_EINVAL);
}

/* ---- pool, batch, template --------------------------------------------- */

static void batch_keeps_what_is_refused(void **state)
{
	struct irl_link_options o = {.bits_per_second = 1000, .tx_frames = 4};
	struct irl_batch *batch = calloc(1, sizeof(*batch));
	struct irl_pool *pool;
	struct irl_frame frame;
	struct wires w;

	(void)state;
	join(&w, &o);
	assert_int_equal(irl_pool_new(&pool, 10, NULL), 0);
	irl_batch_init(batch, pool);
	for (uint8_t i = 0; i < 10; i++) {
		assert_true(irl_pool_take(pool, &frame));
		frame.length = 60;
		frame.data[14] = i;
		assert_true(irl_batch_add(batch, &frame));
	}
	assert_false(irl_pool_take(pool, &frame));
	assert_int_equal(irl_batch_send(batch, w.a, 0), 4);
	assert_int_equal(batch->count, 6);
	assert_int_equal(irl_pool_left(pool), 4);
	for (uint8_t i = 0; i < 6; i++) {
		assert_int_equal(batch->frames[i].data[14], i + 4);
		assert_int_equal(batch->status[i], IRL_TX_FULL);
	}
	irl_batch_drop(batch);
	assert_int_equal(irl_pool_left(pool), 10);
	irl_pool_free(pool);
	free(batch);
	part(&w);
}

static void template_updates_checksums(void **state)
{
	uint8_t data[70] = {0}, room[IRL_FRAME_MAX];
	struct irl_eth eth = {.type = IRL_ETH_IPV4};
	struct irl_ipv4 ip = {
	    .source = 0x0a000001, .total_length = 56, .protocol = IRL_IPV4_UDP};
	struct irl_udp udp = {.source = 9};
	struct irl_frame frame = {.data = room};
	struct irl_template *t = calloc(1, sizeof(*t));

	(void)state;
	irl_eth_write(data, &eth);
	irl_ipv4_write(data + 14, &ip);
	irl_udp_write(data + 34, &udp, ip.source, ip.dest, data + 42, 28);
	assert_int_equal(irl_template_init(t, data, 70, NULL), 0);
	/* 2^16 targets: the checksum of some comes out as 0 */
	for (uint32_t i = 0; i < 65536; i++) {
		irl_template_make(t, 0x0a000000 + i * 257, (uint16_t)(i * 7),
				  &frame);
		assert_int_equal(frame.length, 70);
		assert_true(irl_checksum_valid(frame.data, frame.length));
	}
	assert_int_equal(irl_template_init(t, data, 69, NULL), -IRL_EINVAL);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(arrives_after_its_delay),
	    cmocka_unit_test(same_seed_same_trace),
	    cmocka_unit_test(full_is_told),
	    cmocka_unit_test(no_slot_is_full_too),
	    cmocka_unit_test(down_kills_what_flies),
	    cmocka_unit_test(refuses_nonsense),
	    cmocka_unit_test(batch_keeps_what_is_refused),
	    cmocka_unit_test(template_updates_checksums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
