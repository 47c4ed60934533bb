// SPDX-License-Identifier: BSD-2-Clause
/* Scans in passes and in parts: limits, shards, resumed. */
#include <pthread.h> /* workers are threads */
#include "scan_lab.h"

/* ---- passes ------------------------------------------------------------- */

/*
 * Loss p both ways: a target that would answer is silent in one pass with
 * q = 1 - (1 - p)^2.  Found of n after k passes: n (1 - q^k) on average.
 */
static void within_binomial(double loss, unsigned passes)
{
	uint64_t seen, all;
	double q = 1 - (1 - loss) * (1 - loss), miss = pow(q, passes), mean, sd;
	struct lab lab;

	lab_init(&lab, "10.1.0.0/17", "80");
	lab.link.seed = 5;
	lab.link.loss = loss;
	lab.options.passes = passes;
	lab_scan(&lab);
	all = truth(&lab, IRL_ANSWER_SYNACK, &seen);
	mean = (double)all * miss;
	sd = sqrt((double)all * miss * (1 - miss));
	assert_true(fabs((double)(all - seen) - mean) <= 4.5 * sd + 1);
	assert_int_equal(lab.seen.repeats, 0);
	lab_fini(&lab);
}

static void test_passes_under_loss(void **state)
{
	(void)state;
	within_binomial(0.01, 1);
	within_binomial(0.01, 2);
	within_binomial(0.05, 1);
	within_binomial(0.05, 2);
	within_binomial(0.05, 3);
}

static void test_later_passes_probe_the_silent_only(void **state)
{
	uint64_t seen, answering;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "80");
	lab.options.passes = 3;
	lab.options.workers = 2;
	lab_scan(&lab);
	all_found(&lab);
	answering = truth(&lab, IRL_ANSWER_SYNACK, &seen) +
		    truth(&lab, IRL_ANSWER_RST, &seen);
	assert_int_equal(lab.probes, 4096 + 2 * (4096 - answering));
	assert_int_equal(lab.result.counts.targets, lab.probes);
	assert_int_equal(lab.seen.repeats, 0);
	lab_fini(&lab);
}

/* ---- parts of a scan ---------------------------------------------------- */

static void test_stop_and_resume_are_the_whole(void **state)
{
	struct lab lab;
	uint64_t next;

	(void)state;
	for (unsigned workers = 1; workers <= 2; workers++) {
		lab_init(&lab, "10.1.0.0/18", "80");
		lab.options.workers = workers;
		lab.options.rate_pps = 60000;
		lab.seen.stop_at = 200;
		lab_scan(&lab);
		next = lab.result.next;
		assert_false(lab.result.complete);
		assert_in_range(next, 1, 16383);
		assert_int_equal(lab.probes, next);
		lab.options.start = next;
		lab.options.rate_pps = 0;
		lab_scan(&lab);
		assert_true(lab.result.complete);
		assert_int_equal(lab.result.first, next);
		assert_int_equal(lab.probes, 16384);
		all_found(&lab);
		lab_fini(&lab);
	}
}

static void test_shards_are_the_whole(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "80");
	lab.options.shards = 3;
	for (lab.options.shard = 0; lab.options.shard < 3; lab.options.shard++)
		lab_scan(&lab);
	all_found(&lab);
	assert_int_equal(lab.probes, 4096);
	assert_int_equal(lab.seen.repeats, 0);
	lab_fini(&lab);
}

static void test_max_targets(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "80");
	lab.options.max_targets = 1000;
	lab_scan(&lab);
	assert_int_equal(lab.probes, 1000);
	lab.options.start = 1000;
	lab.options.max_targets = 0;
	lab_scan(&lab);
	assert_int_equal(lab.probes, 4096);
	all_found(&lab);
	lab_fini(&lab);
}

static void test_max_results(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/16", "80");
	lab.options.max_results = 37;
	lab.options.rate_pps = 50000;
	lab.link.delay_ns = 20 * IRL_NS_PER_MS;
	lab_scan(&lab);
	assert_false(lab.result.complete);
	assert_in_range(lab.result.next, 37, 60000);
	/* What was on its way at the limit is recorded, too. */
	assert_in_range(lab.seen.successes, 38, UINT32_MAX);
	assert_int_equal(lab.result.counts.successes, lab.seen.successes);
	assert_int_equal(lab.result.counts.untold, 0);
	/* So the rest begins where it ended. */
	lab.options.start = lab.result.next;
	lab.options.max_results = 0;
	lab.options.rate_pps = 0;
	lab.link.delay_ns = 200 * IRL_NS_PER_US;
	lab_scan(&lab);
	assert_int_equal(lab.probes, 65536);
	assert_int_equal(lab.seen.repeats, 0);
	all_found(&lab);
	lab_fini(&lab);
}

static void test_max_runtime(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/16", "80");
	lab.options.rate_pps = 1000;
	lab.options.max_runtime_s = 0.2;
	lab_scan(&lab);
	assert_false(lab.result.complete);
	assert_int_equal(lab.probes, lab.result.next);
	assert_in_range(lab.probes, 1, 60000);
	lab_fini(&lab);
}

/* Below a probe a second, too: what has not gone is where to go on. */
static void test_slow_scan_stops_promptly(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned workers = 1; workers <= 2; workers++) {
		lab_init(&lab, "10.1.0.0/24", "80");
		lab.options.workers = workers;
		lab.options.rate_pps = 0.05;
		lab.options.max_runtime_s = 0.2;
		lab_scan(&lab);
		assert_true(lab.result.seconds < 2);
		assert_false(lab.result.complete);
		assert_int_equal(lab.probes, 1);
		/* Of two workers either may have the first position. */
		assert_in_range(lab.result.next, workers == 1, 1);
		assert_false(lab.result.link_down);
		lab_fini(&lab);
	}
}

static void test_start_outside_is_refused(void **state)
{
	struct irl_link_options link = {0};
	struct irl_probe_options options = {.source_count = 1,
					    .source_addr = SOURCE,
					    .port_first = 1,
					    .port_last = 2};
	struct irl_steer steer = {0};
	struct irl_probe *probe;
	struct irl_scan *scan;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "80");
	options.targets = lab.targets;
	lab.options.start = 257;
	assert_int_equal(irl_probe_new(&probe, &options, NULL), 0);
	assert_int_equal(irl_scan_over(&scan, &lab.options,
				       &world_port_new(&link, NULL)->port,
				       probe, &steer, NULL, false, &lab.err),
			 -IRL_EINVAL);
	assert_null(scan);
	assert_non_null(strstr(lab.err.text, "257"));
	lab_fini(&lab);
}

/* Stopped while it still sends, in any pass, it is not complete; in the last
 * cooldown it is: nothing was left to be sent. */
static void test_stopped_pass_is_not_complete(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/17", "80");
	lab.link.loss = 0.3;
	lab.options.passes = 2;
	lab.options.rate_pps = 50000;
	lab.seen.stop_pass = 2;
	lab_scan(&lab);
	assert_false(lab.result.complete);
	assert_int_equal(lab.result.next, 32768);
	lab_fini(&lab);
	lab_init(&lab, "10.1.0.0/24", "80");
	lab.link.delay_ns = 50 * IRL_NS_PER_MS;
	lab.seen.stop_at = 1;
	lab_scan(&lab);
	assert_true(lab.seen.late > 0);
	assert_true(lab.result.complete);
	lab_fini(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_passes_under_loss),
	    cmocka_unit_test(test_later_passes_probe_the_silent_only),
	    cmocka_unit_test(test_stop_and_resume_are_the_whole),
	    cmocka_unit_test(test_shards_are_the_whole),
	    cmocka_unit_test(test_max_targets),
	    cmocka_unit_test(test_max_results),
	    cmocka_unit_test(test_max_runtime),
	    cmocka_unit_test(test_slow_scan_stops_promptly),
	    cmocka_unit_test(test_start_outside_is_refused),
	    cmocka_unit_test(test_stopped_pass_is_not_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
