// SPDX-License-Identifier: BSD-2-Clause
/* Scans whose device refuses frames, goes, or loses its link. */
#include <pthread.h> /* workers are threads */
#include "scan_lab.h"

/* Nine of ten frames are refused each time: none missing, none twice. */
static void test_refused_are_sent_again(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "80");
	lab.options.workers = 2;
	lab.fault.seed = 3;
	lab.fault.refuse[IRL_TX_FULL] = 0.7;
	lab.fault.refuse[IRL_TX_UNSENT] = 0.2;
	lab_scan(&lab);
	all_found(&lab);
	assert_int_equal(lab.probes, 4096);
	assert_true(lab.result.counts.again > 4096);
	assert_int_equal(lab.result.counts.again,
			 lab.result.counts.refused[IRL_TX_FULL] +
			     lab.result.counts.refused[IRL_TX_UNSENT]);
	lab_fini(&lab);
}

/* A wire slower than the sender, with a short queue: real refusals. */
static void test_slow_wire(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "80");
	lab.link.bits_per_second = 100000000;
	lab.link.tx_frames = 32;
	lab.options.rate_pps = 1e6;
	lab_scan(&lab);
	all_found(&lab);
	assert_int_equal(lab.probes, 4096);
	assert_true(lab.result.counts.refused[IRL_TX_FULL] > 0);
	lab_fini(&lab);
}

static void test_gives_up_by_cause(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "80");
	lab.options.retries = 3;
	lab.fault.refuse[IRL_TX_FULL] = 1;
	lab_scan(&lab);
	assert_int_equal(lab.probes, 0);
	assert_int_equal(lab.result.counts.given_up[IRL_TX_FULL], 256);
	assert_int_equal(lab.result.counts.refused[IRL_TX_FULL], 256 * 4);
	assert_int_equal(lab.result.counts.again, 256 * 3);
	lab_fini(&lab);
}

/* The device goes: an error, a place to resume at, and no target left out. */
static void test_device_gone_then_resumed(void **state)
{
	uint64_t accepted, next;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/19", "80");
	lab.gone_at = 3000;
	assert_int_equal(lab_try(&lab), -IRL_ENODEV);
	assert_false(lab.result.complete);
	assert_true(lab.result.counts.unsent > 0);
	assert_string_equal(lab.result.imbalance, "");
	accepted = lab.result.counts.accepted;
	next = lab.result.next;
	/* All below have been accepted; what was above may come twice. */
	assert_in_range(next, 1, accepted);
	lab.options.start = next;
	lab.gone_at = 0;
	lab_scan(&lab);
	assert_true(lab.result.complete);
	assert_int_equal(lab.result.counts.accepted, 8192 - next);
	lab_fini(&lab);
}

/* The link comes back: all is sent then, however few retries there are. */
static void test_link_down_uses_no_retries(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "80");
	lab.options.workers = 2;
	lab.options.retries = 1;
	lab.fault.seed = 3;
	lab.fault.refuse[IRL_TX_FULL] = 0.001;
	lab.down_at = 1000;
	lab.down_ns = 1200 * IRL_NS_PER_MS;
	lab_scan(&lab);
	assert_true(lab.result.complete);
	assert_true(lab.result.counts.refused[IRL_TX_LINK_DOWN] > 128);
	assert_int_equal(lab.result.counts.given_up[IRL_TX_LINK_DOWN], 0);
	assert_in_range(lab.result.counts.accepted, 4090, 4096);
	assert_true(lab.seen.waited > 0);
	assert_false(lab.seen.status.link_down);
	assert_false(lab.result.link_down);
	lab_fini(&lab);
}

/* It does not: the limit ends the wait, with a place to resume at. */
static void test_link_down_then_resumed(void **state)
{
	uint64_t accepted, next;
	struct lab lab;

	(void)state;
	for (unsigned workers = 1; workers <= 2; workers++) {
		lab_init(&lab, "10.1.0.0/19", "80");
		lab.options.workers = workers;
		lab.options.max_runtime_s = 0.3;
		lab.options.retries = 1;
		lab.down_at = 3000;
		lab_scan(&lab);
		assert_false(lab.result.complete);
		assert_true(lab.result.link_down);
		assert_true(lab.result.seconds < 2);
		assert_true(lab.result.counts.unsent > 0);
		assert_true(lab.result.counts.unsent_refused > 0);
		accepted = lab.result.counts.accepted;
		next = lab.result.next;
		assert_in_range(next, 1, accepted);
		lab.options.start = next;
		lab.options.max_runtime_s = 0;
		lab.down_at = 0;
		lab_scan(&lab);
		assert_true(lab.result.complete);
		assert_int_equal(lab.result.counts.accepted, 8192 - next);
		lab_fini(&lab);
	}
}

/* In the last claims, too: almost all are claimed, yet not all are sent.  A
 * claim is of one target, without delay it arrives at once, and what stops the
 * scan is that it waits: however slow the machine, six are left. */
static void test_link_down_at_the_end(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "80");
	lab.link.delay_ns = 0;
	lab.options.rate_pps = 400;
	lab.down_at = 250;
	lab.seen.stop_down = true;
	lab_scan(&lab);
	assert_int_equal(lab.result.counts.accepted, 250);
	assert_true(lab.result.link_down);
	assert_false(lab.result.complete);
	assert_true(lab.result.counts.unsent > 0);
	assert_true(lab.result.next <= lab.result.counts.accepted);
	lab_fini(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refused_are_sent_again),
	    cmocka_unit_test(test_slow_wire),
	    cmocka_unit_test(test_gives_up_by_cause),
	    cmocka_unit_test(test_device_gone_then_resumed),
	    cmocka_unit_test(test_link_down_uses_no_retries),
	    cmocka_unit_test(test_link_down_then_resumed),
	    cmocka_unit_test(test_link_down_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
