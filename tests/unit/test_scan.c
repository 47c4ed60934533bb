// SPDX-License-Identifier: BSD-2-Clause
/* Scans of one process against a world: what they find, under strain too. */
#include <pthread.h> /* workers are threads */
#include "scan_lab.h"

/* ---- finding ------------------------------------------------------------ */

static void test_finds_exactly_the_truth(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "80,443");
	lab_scan(&lab);
	all_found(&lab);
	assert_int_equal(lab.probes, 8192);
	assert_int_equal(lab.result.counts.targets, 8192);
	assert_int_equal(lab.result.counts.accepted, 8192);
	assert_int_equal(lab.seen.repeats, 0);
	assert_true(lab.result.complete);
	assert_int_equal(lab.result.next, 8192);
	assert_int_equal(lab.result.counts.successes, lab.seen.successes);
	lab_fini(&lab);
}

static void test_two_workers(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/19", "80,443,8080");
	lab.options.workers = 2;
	lab_scan(&lab);
	all_found(&lab);
	assert_int_equal(lab.probes, 8192 * 3);
	assert_true(lab.result.complete);
	lab_fini(&lab);
}

static void test_one_target(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.2.3", "80");
	lab_scan(&lab);
	assert_int_equal(lab.probes, 1);
	assert_true(lab.result.complete);
	assert_int_equal(lab.seen.statuses, 1);
	assert_int_equal((int)lab.seen.status.percent, 100);
	lab_fini(&lab);
}

static void test_duplicates_are_told_once(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "80");
	lab.link.duplicate = 0.5;
	lab_scan(&lab);
	all_found(&lab);
	assert_true(lab.seen.repeats > 100);
	assert_int_equal(lab.result.counts.repeats, lab.seen.repeats);
	assert_int_equal(lab.result.counts.successes, lab.seen.successes);
	lab_fini(&lab);
}

static void test_forgeries_are_counted_never_told(void **state)
{
	uint64_t seen, open, closed;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "80");
	lab.forge = true;
	lab_scan(&lab);
	all_found(&lab);
	open = truth(&lab, IRL_ANSWER_SYNACK, &seen);
	closed = truth(&lab, IRL_ANSWER_RST, &seen);
	assert_int_equal(lab.result.counts.invalid[IRL_ANSWER_COOKIE],
			 open + closed);
	assert_int_equal(lab.seen.records, open + closed);
	lab_fini(&lab);
}

/* ---- strain ------------------------------------------------------------- */

/* What came before the first probe belongs to the ledger too. */
static void test_frames_before_the_run(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "80");
	lab.link.delay_ns = 0;
	lab.early = 7;
	lab_scan(&lab);
	assert_int_equal(lab.result.counts.other, 7);
	lab_fini(&lab);
}

/* What a port had no room for is lost, told and in the ledger. */
static void test_no_room_for_answers(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "80");
	lab.options.cooldown_s = 0;
	lab.hits_full = 9;
	lab_scan(&lab);
	assert_int_equal(lab.result.counts.lost, 9);
	lab_fini(&lab);
}

/* Frames that never cease do not keep a scan from sending, from ending, nor its
 * ledger from balancing. */
static void test_endless_flood(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned workers = 1; workers <= 2; workers++) {
		lab_init(&lab, "10.1.0.0/23", "80");
		lab.link.delay_ns = 0;
		lab.flood = SOURCE;
		lab.options.workers = workers;
		lab_scan(&lab);
		assert_int_equal(lab.probes, 512);
		assert_true(lab.result.complete);
		assert_true(lab.result.counts.other > 512);
		lab_fini(&lab);
	}
}

/* Whoever takes the records stalls: sending waits, and no answer is lost. */
static void test_slow_reader_loses_nothing(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/15", "80");
	lab.link.delay_ns = 0;
	lab.seen.stall = true;
	lab_scan(&lab);
	assert_int_equal(lab.result.counts.lost, 0);
	all_found(&lab);
	lab_fini(&lab);
}

/* A walk that is cut short is a target not found: counted, not lost. */
static void test_failed_walks_are_counted(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/22", "80");
	lab.spread = 4; /* a step is inside once in 64 */
	lab_scan(&lab);
	assert_in_range(lab.result.counts.skipped, 500, 730);
	assert_int_equal(lab.result.counts.targets, 1024);
	assert_int_equal(lab.result.counts.accepted,
			 1024 - lab.result.counts.skipped);
	assert_int_equal(lab.probes, lab.result.counts.accepted);
	assert_true(lab.result.complete);
	lab_fini(&lab);
}

/* Nobody's wish is more than the link can do; no wish is all of it. */
static double rate_of(struct lab *lab, double wish, uint64_t link_bps)
{
	struct irl_scan *scan;
	double rate;

	lab->options.rate_pps = wish;
	lab->link.bits_per_second = link_bps;
	scan = lab_open(lab);
	rate = scan->rate_pps;
	irl_scan_close(scan);
	return rate;
}

static void test_rate_is_the_links_at_most(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "80");
	/* IEEE 802.3: 84 bytes a frame of 60, gap and preamble included */
	assert_int_equal((int)rate_of(&lab, 0, 1000000000), 1488095);
	assert_int_equal((int)rate_of(&lab, 2e6, 1000000000), 1488095);
	assert_int_equal((int)rate_of(&lab, 1e6, 1000000000), 1000000);
	assert_int_equal((int)rate_of(&lab, 2e6, 0), 2000000);
	assert_int_equal((int)rate_of(&lab, 0, 0), 0);
	lab_fini(&lab);
}

/* Workers share the rate, and so do passes: never more than it allows, however
 * late the machine is. */
static void test_rate_is_of_all_workers(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned workers = 1; workers <= 2; workers++) {
		lab_init(&lab, "10.1.0.0/20", "80");
		lab.options.workers = workers;
		lab.options.passes = workers;
		lab.options.cooldown_s = 0.05;
		lab.options.rate_pps = 20000;
		lab_scan(&lab);
		assert_true((double)lab.result.counts.accepted <=
			    lab.result.send_seconds * 20000 + 10);
		lab_fini(&lab);
	}
}

/* ---- errors ------------------------------------------------------------- */

/* The disk is full at the 50th record: 49 are told, the scan ends, and its
 * ledger still balances. */
static void test_record_fails(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/16", "80");
	lab.seen.fail_at = 50;
	lab.options.cooldown_s = 3600;
	assert_int_equal(lab_try(&lab), -IRL_ENOSPC);
	assert_int_equal(lab.seen.records, 49);
	assert_int_equal(lab.seen.failed, 1); /* not asked again */
	assert_false(lab.result.complete);
	assert_string_equal(lab.result.imbalance, "");
	lab_fini(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_finds_exactly_the_truth),
	    cmocka_unit_test(test_two_workers),
	    cmocka_unit_test(test_one_target),
	    cmocka_unit_test(test_duplicates_are_told_once),
	    cmocka_unit_test(test_forgeries_are_counted_never_told),
	    cmocka_unit_test(test_frames_before_the_run),
	    cmocka_unit_test(test_no_room_for_answers),
	    cmocka_unit_test(test_endless_flood),
	    cmocka_unit_test(test_slow_reader_loses_nothing),
	    cmocka_unit_test(test_failed_walks_are_counted),
	    cmocka_unit_test(test_rate_is_the_links_at_most),
	    cmocka_unit_test(test_rate_is_of_all_workers),
	    cmocka_unit_test(test_record_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
