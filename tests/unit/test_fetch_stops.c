// SPDX-License-Identifier: BSD-2-Clause
/* Fetches that are stopped, go on, or fail. */
#include "fetch_lab.h"

static void test_stop(void **state)
{
	const uint64_t *not_opened;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "http");
	lab.stop_at = 100;
	lab.options.rate = 2000;
	lab_run(&lab);
	not_opened = lab.result.counts.not_opened;
	assert_false(lab.result.complete);
	assert_in_range(lab.records, 100, 4000);
	assert_in_range(lab.result.next, 100, 4000);
	assert_true(not_opened[IRL_FETCH_NOT_STOPPED] > 0);
	lab_fini(&lab);
}

static uint32_t random_below(uint32_t *random, uint32_t limit)
{
	*random = *random * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)*random * limit >> 32);
}

/* A way, a pace and a moment at which it is stopped, of 10.1.0.0/21. */
static void part_init(struct lab *lab, uint32_t *random, uint64_t start,
		      uint8_t finished[])
{
	const char *protocol = random_below(random, 3) ? "http" : "banner";
	unsigned workers = 1 + random_below(random, 2);

	lab_init(lab, "10.1.0.0/21", protocol);
	lab->finished = finished;
	lab->options.scan.workers = workers;
	lab->options.scan.start = start;
	lab->options.probe = random_below(random, 4) > 0;
	lab->options.scan.rate_pps = 500 + random_below(random, 2000);
	lab->options.rate = random_below(random, 2) ? 0 : 2000;
	lab->options.connections = 16u << random_below(random, 8);
	lab->link_options.delay_ns =
	    (1 + random_below(random, 600)) * IRL_NS_PER_MS;
	lab->options.scan.cooldown_s = 1.5;
	/* Nothing is cut off, or much. */
	lab->options.grace_ns =
	    (random_below(random, 2) ? 10 : 2) * IRL_NS_PER_S;
	lab->faulty = random_below(random, 2);
	lab->fault.refuse[IRL_TX_FULL] = 0.8;
	lab->options.scan.retries = 100000;
	lab->stop_ns = (1 + random_below(random, 3000)) * IRL_NS_PER_MS;
}

/* Stopped wherever, and gone on with at next until nothing is left: no target
 * that answers is without a record that tells its end. */
static void test_resumed_without_a_hole(void **state)
{
	static uint8_t finished[2048];
	unsigned cut = 0;

	(void)state;
	for (uint32_t seed = 1; seed <= 40; seed++) {
		uint32_t random = seed * 2654435761u;
		uint64_t next = 0;
		bool probe = false, complete = false;

		memset(finished, 0, sizeof(finished));
		for (unsigned part = 0; !complete; part++) {
			struct lab lab;

			part_init(&lab, &random, next, finished);
			lab.options.probe = part ? probe : lab.options.probe;
			probe = lab.options.probe;
			if (part == 2)
				lab.stop_ns = 0;
			lab_run(&lab);
			assert_true(lab.result.next >= next);
			next = lab.result.next;
			complete = lab.result.complete;
			lab_fini(&lab);
			complete |= next == sizeof(finished);
		}
		for (unsigned i = 0; i < sizeof(finished); i++)
			cut += finished[i] & CUT;
		expect_finished(finished, sizeof(finished), probe);
	}
	assert_true(cut > 0);
}

/* Answers that take longer than they are waited for, and come while connections
 * are still open, are asked for again. */
static void test_too_late_is_resumed(void **state)
{
	static uint8_t finished[4096];
	uint64_t next = 0;

	(void)state;
	memset(finished, 0, sizeof(finished));
	for (unsigned part = 0; part < 2; part++) {
		struct lab lab;

		lab_init(&lab, "10.1.0.0/20", "banner");
		lab.finished = finished;
		lab.options.probe = true;
		lab.options.scan.rate_pps = 1000;
		lab.options.scan.start = next;
		lab.options.grace_ns = 10 * IRL_NS_PER_S;
		lab.options.connections = 4096;
		lab.options.scan.cooldown_s = part ? 2 : 0.1;
		lab.link_options.delay_ns = 200 * IRL_NS_PER_MS;
		lab.stop_ns = part ? 0 : 2 * IRL_NS_PER_S;
		lab_run(&lab);
		assert_int_equal(lab.result.complete, part);
		assert_int_equal(lab.result.counts.too_late > 0, !part);
		next = lab.result.next;
		lab_fini(&lab);
	}
	expect_finished(finished, sizeof(finished), true);
}

/* Answers that take longer than a stop waits for are asked for again: all that
 * was probed in the last cooldown. */
static void test_slow_answers_are_resumed(void **state)
{
	static uint8_t finished[4096];

	(void)state;
	for (unsigned workers = 1; workers <= 2; workers++) {
		uint64_t next = 0;

		memset(finished, 0, sizeof(finished));
		for (unsigned part = 0; part < 3; part++) {
			struct lab lab;

			lab_init(&lab, "10.1.0.0/20", "http");
			lab.finished = finished;
			lab.options.probe = true;
			lab.options.scan.workers = workers;
			lab.options.scan.rate_pps = 300;
			lab.options.scan.start = next;
			lab.options.scan.cooldown_s = 6;
			lab.options.connections = 2048;
			lab.options.idle_ns = 500 * IRL_NS_PER_MS;
			lab.server->late_ns = 4 * IRL_NS_PER_S;
			lab.stop_ns = part < 2 ? 10 * IRL_NS_PER_S : 0;
			lab_run(&lab);
			/* Of 10 s what was sent in 6: nothing was cut off. */
			if (!part)
				assert_in_range(lab.result.next, 1680 / workers,
						1800 / workers);
			assert_int_equal(lab.result.complete, part == 2);
			next = lab.result.next;
			lab_fini(&lab);
		}
		expect_finished(finished, sizeof(finished), true);
	}
}

static void test_record_fails(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/22", "http");
	lab.fail_at = 50;
	assert_int_equal(lab_try(&lab), -IRL_ENOSPC);
	assert_int_equal(lab.records, 50);
	assert_string_equal(lab.result.imbalance, "");
	lab_fini(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_resumed_without_a_hole),
	    cmocka_unit_test(test_too_late_is_resumed),
	    cmocka_unit_test(test_slow_answers_are_resumed),
	    cmocka_unit_test(test_record_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
