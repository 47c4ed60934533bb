// SPDX-License-Identifier: BSD-2-Clause
/* Which answers settle a target, and which are told twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <irl/link.h>
#include <irl/scan.h>
#include "engine/answers.h"
#include "engine/scan.h"
#include "wire/icmp.h"

#define TARGET 0x0a000001u

struct told {
	unsigned records, successes, repeats;
};

static struct irl_targets *targets;
static struct irl_link *wire;
static struct irl_scan *scan;
static struct told told;

static int record(void *context, const struct irl_record *record)
{
	(void)context;
	told.records++;
	told.successes += record->success;
	told.repeats += record->repeat;
	return 0;
}

static int set_up(void **state)
{
	static const struct irl_scan_events events = {.record = record};
	struct irl_probe_options options = {.source_addr = 0x0a000003u,
					    .port_first = 40000,
					    .port_last = 40001};
	struct irl_scan_options scan_options = {.workers = 1};
	struct irl_link_options link = {.queues = 1};
	struct irl_steer steer = {0};
	struct irl_port *port, *far;
	struct irl_probe *probe;
	struct irl_error err;

	(void)state;
	memset(&told, 0, sizeof(told));
	if (irl_targets_new(&targets, &err) ||
	    irl_targets_allow(targets, "10.0.0.0/28", &err) ||
	    irl_targets_allow_special(targets, "all", &err) ||
	    irl_targets_ports(targets, "80", &err) ||
	    irl_targets_seal(targets, &err))
		return -1;
	options.targets = scan_options.targets = targets;
	if (irl_probe_new(&probe, &options, &err) ||
	    irl_link_new(&wire, &link, &port, &far, &err))
		return -1;
	irl_port_close(far);
	if (irl_scan_over(&scan, &scan_options, port, probe, &steer, NULL,
			  false, &err))
		return -1;
	scan->events = &events;
	scan->pass = 1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	irl_scan_close(scan);
	irl_link_free(wire);
	irl_targets_free(targets);
	return 0;
}

/* The one target answers so. */
static void answer(enum irl_probe_verdict verdict, uint8_t icmp_type)
{
	struct irl_hit hit = {.addr = TARGET,
			      .port = 80,
			      .verdict = (uint8_t)verdict,
			      .icmp_type = icmp_type};

	irl_hit_ring_put(scan->worker[0].ring, &hit);
	assert_int_equal(irl_answers_take(scan), 1);
}

static bool settled(void)
{
	struct irl_target target = {.addr = TARGET, .port = 80};
	uint64_t position;

	assert_true(irl_probe_position(scan->probe, target, &position));
	return irl_bitmap_get(&scan->success, position) ||
	       irl_bitmap_get(&scan->failure, position);
}

static void test_advice_settles_nothing(void **state)
{
	(void)state;
	answer(IRL_ANSWER_ICMP, IRL_ICMP_SOURCE_QUENCH);
	answer(IRL_ANSWER_ICMP, IRL_ICMP_REDIRECT);
	assert_false(settled());
	assert_int_equal(told.records, 2);
	assert_int_equal(told.repeats, 1);
	answer(IRL_ANSWER_ICMP, IRL_ICMP_UNREACHABLE);
	assert_true(settled());
	assert_int_equal(told.repeats, 1); /* the first that says no */
	answer(IRL_ANSWER_ICMP, IRL_ICMP_TIME_EXCEEDED);
	assert_int_equal(told.repeats, 2);
}

static void test_success_after_failure(void **state)
{
	(void)state;
	answer(IRL_ANSWER_RST, 0);
	answer(IRL_ANSWER_ICMP, IRL_ICMP_UNREACHABLE);
	answer(IRL_ANSWER_SYNACK, 0);
	assert_int_equal(told.records, 3);
	assert_int_equal(told.successes, 1);
	assert_int_equal(told.repeats, 1);
	assert_int_equal(scan->counts.successes, 1);
	answer(IRL_ANSWER_SYNACK, 0);
	assert_int_equal(told.repeats, 2);
	assert_int_equal(scan->counts.successes, 1);
}

/* Answers to another shard, or to what came before a resume: their cookies are
 * as good as any, but this run has no such target. */
static void test_others_targets_are_foreign(void **state)
{
	(void)state;
	scan->supply.first = 5;
	scan->supply.end = 9;
	for (uint64_t position = 0; position < 16; position++) {
		struct irl_hit hit = {.verdict = IRL_ANSWER_SYNACK};
		struct irl_target target;

		assert_true(irl_probe_target(scan->probe, position, &target));
		hit.addr = target.addr;
		hit.port = target.port;
		irl_hit_ring_put(scan->worker[0].ring, &hit);
	}
	assert_int_equal(irl_answers_take(scan), 16);
	assert_int_equal(told.records, 4);
	assert_int_equal(scan->counts.valid[IRL_ANSWER_SYNACK], 4);
	assert_int_equal(scan->counts.foreign, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_advice_settles_nothing, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(test_success_after_failure, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(test_others_targets_are_foreign,
					    set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
