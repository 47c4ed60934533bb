// SPDX-License-Identifier: BSD-2-Clause
/* Fetches of a set of targets. */
#include "fetch_lab.h"

static void test_set(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned workers = 1; workers <= 2; workers++) {
		lab_init(&lab, "10.1.0.0/22", "http");
		lab.options.scan.workers = workers;
		lab_run(&lab);
		expect_all(&lab, 1024, false);
		assert_true(lab.result.complete);
		assert_int_equal(lab.result.next, 1024);
		assert_int_equal(lab.result.counts.connected, 1024);
		assert_int_equal(lab.result.counts.told, 1024);
		/* Nothing is left behind at any server. */
		for (unsigned i = 0; i < 256; i++)
			assert_int_equal(lab.server->open_net[i], 0);
		lab_fini(&lab);
	}
}

static void test_silent_are_counted(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "http");
	lab.options.tell_unopened = false;
	lab_run(&lab);
	expect_all(&lab, 256, true);
	assert_int_equal(lab.result.counts.told + lab.result.counts.untold,
			 256);
	lab_fini(&lab);
}

/* ---- manners ------------------------------------------------------------ */

static void test_caps(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/23", "http");
	lab.options.per_net = 7;
	lab_run(&lab);
	expect_all(&lab, 512, false);
	assert_in_range(lab.server->most_net, 5, 7);
	assert_true(lab.result.counts.deferred > 100);
	lab_fini(&lab);
}

/* Each address has all ports, and each worker its part of them. */
static void test_sources(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned workers = 1; workers <= 3; workers++) {
		lab_init(&lab, "10.1.0.0/22", "http");
		lab.options.scan.workers = workers;
		lab.options.scan.source_count = 4;
		lab_run(&lab);
		expect_all(&lab, 1024, false);
		for (unsigned i = 0; i < 4; i++)
			assert_in_range(lab.server->from[i], 200, 300);
		lab_fini(&lab);
	}
}

/* Answers to more addresses than the stack has would come to nobody. */
static void test_too_many_sources(void **state)
{
	struct irl_fetch *fetch;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.1", "http");
	lab.options.scan.ifname = "no-such-one";
	lab.options.scan.source_count = IRL_TCP_LOCALS + 1;
	assert_int_equal(irl_fetch_open(&fetch, &lab.options, &lab.err),
			 -IRL_EINVAL);
	assert_non_null(strstr(lab.err.text, "257 source addresses"));
	lab.options.list = true;
	lab.options.source6.byte[0] = 0xfd;
	lab.options.scan.source_count = IRL_TCP_LOCALS;
	assert_int_equal(irl_fetch_open(&fetch, &lab.options, &lab.err),
			 -IRL_EINVAL);
	assert_non_null(strstr(lab.err.text, "257 source addresses"));
	assert_null(fetch);
	lab.options.scan.source_count--;
	assert_int_not_equal(irl_fetch_open(&fetch, &lab.options, &lab.err),
			     -IRL_EINVAL);
	assert_null(fetch);
	lab_fini(&lab);
}

static void test_rate(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/23", "http");
	lab.options.rate = 100;
	lab_run(&lab);
	expect_all(&lab, 512, false);
	assert_true(lab.now - START > 5 * IRL_NS_PER_S);
	lab_fini(&lab);
}

/* Nor less, where nothing but the rate wakes the worker. */
static void test_rate_wakes(void **state)
{
	struct irl_fetch_worker *worker;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/23", "http");
	lab.options.rate = 1000;
	lab_open(&lab);
	worker = &lab.fetch->worker[0];
	irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
	lab_turn(&lab, 10 * IRL_NS_PER_US);
	for (unsigned i = 0; i < 20; i++) {
		uint64_t next = irl_fetch_turn(worker, lab.now);

		assert_false(irl_item_none(worker->in));
		assert_in_range(next, lab.now + 1,
				lab.now + IRL_NS_PER_MS + IRL_NS_PER_US);
		lab_turn(&lab, next - lab.now);
	}
	while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
		;
	assert_int_equal(lab_end(&lab), 0);
	expect_all(&lab, 512, false);
	lab_fini(&lab);
}

/* Progress is of what is done, not of what waits for its turn or is open. */
static void test_percent(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/23", "http");
	lab.options.rate = 100;
	lab_open(&lab);
	irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
	while (lab.now - START < 3 * IRL_NS_PER_S)
		assert_false(lab_turn(&lab, IRL_NS_PER_MS));
	assert_in_range((int)lab.percent, 20, 59);
	while (!lab_turn(&lab, IRL_NS_PER_MS))
		;
	assert_int_equal(lab_end(&lab), 0);
	assert_int_equal((int)lab.percent, 100);
	lab_fini(&lab);
}

/* ---- ends --------------------------------------------------------------- */

struct end {
	enum server_fin fin;
	unsigned idle_s, deadline_s;
	enum irl_tcp_outcome outcome;
};

/* Of 32 hosts, in four places. */
static void run_end(const struct end *end)
{
	struct lab lab;

	lab_init(&lab, "10.1.0.0/27", "http");
	lab.options.connections = 4;
	lab.options.close_by_fin = true;
	lab.options.idle_ns = end->idle_s * IRL_NS_PER_S;
	lab.options.deadline_ns = end->deadline_s * IRL_NS_PER_S;
	lab.server->fin = end->fin;
	lab.page_outcome = irl_tcp_outcome_name(end->outcome);
	lab_open(&lab);
	irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
	while (!lab_turn(&lab, 5 * IRL_NS_PER_MS))
		;
	if (lab_end(&lab))
		fail_msg("%s", lab.err.text);
	expect_all(&lab, 32, false);
	assert_true(lab.count[SERVER_PAGE] > 2);
	assert_true(lab.result.counts.ended[end->outcome] >=
		    lab.count[SERVER_PAGE]);
	lab_fini(&lab);
}

/* Closed by FIN: a server that keeps its side open keeps no place for ever,
 * and the page has come whatever it does. */
static void test_close_by_fin(void **state)
{
	static const struct end ends[] = {
	    {SERVER_FIN_RETURNED, 2, 30, IRL_TCP_FINISHED},
	    {SERVER_FIN_ACKED, 70, 100, IRL_TCP_HALF_CLOSED},
	    {SERVER_FIN_ACKED, 2, 30, IRL_TCP_IDLE},
	    {SERVER_FIN_ACKED, 70, 3, IRL_TCP_DEADLINE},
	    {SERVER_FIN_LOST, 20, 30, IRL_TCP_IDLE},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		run_end(&ends[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_set),
	    cmocka_unit_test(test_silent_are_counted),
	    cmocka_unit_test(test_caps),
	    cmocka_unit_test(test_sources),
	    cmocka_unit_test(test_too_many_sources),
	    cmocka_unit_test(test_rate),
	    cmocka_unit_test(test_rate_wakes),
	    cmocka_unit_test(test_percent),
	    cmocka_unit_test(test_close_by_fin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
