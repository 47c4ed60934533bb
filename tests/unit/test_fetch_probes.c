// SPDX-License-Identifier: BSD-2-Clause
/* Fetches whose targets are probed without state first. */
#include "fetch_lab.h"

/* ---- of a set ----------------------------------------------------------- */

static void test_probe(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/22", "http");
	lab.options.probe = true;
	lab.options.scan.rate_pps = 5000;
	lab_run(&lab);
	expect_all(&lab, 1024, true);
	assert_true(lab.result.complete);
	assert_int_equal(lab.result.counts.probes, 1024);
	assert_int_equal(lab.server->syns, 1024);
	assert_true(lab.result.counts.adopted > 700);
	assert_int_equal(lab.result.counts.connected, 0);
	/* Answers to probes are none. */
	assert_int_equal(lab.result.counts.stray, lab.result.counts.others);
	lab_fini(&lab);
}

/* The copy of a SYN-ACK comes with it, and must not reset what it began. */
static void test_probe_doubled(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "http");
	lab.options.probe = true;
	lab.link_options.duplicate = 1;
	lab_run(&lab);
	expect_all(&lab, 256, true);
	assert_int_equal(lab.result.counts.repeats, 0);
	lab_fini(&lab);
}

/* Caps hold for SYN-ACKs, too: those beyond are reset and connected to later.
 */
static void test_probe_beyond_caps(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "http");
	lab.options.probe = true;
	lab.options.per_net = 10;
	lab_run(&lab);
	expect_all(&lab, 256, true);
	assert_true(lab.result.counts.queued > 50);
	assert_int_equal(lab.result.counts.connected, lab.result.counts.queued);
	lab_fini(&lab);
}

/* ---- of a list ---------------------------------------------------------- */

static void test_probe_list(void **state)
{
	const struct irl_fetch_counts *c;
	struct lab lab;

	(void)state;
	probe_list(&lab, 1024);
	lab_run(&lab);
	c = &lab.result.counts;
	expect_all(&lab, 1024, true);
	assert_true(lab.result.complete);
	assert_int_equal(c->probes, 1024);
	assert_int_equal(lab.server->syns, 1024);
	assert_true(c->adopted > 700);
	assert_int_equal(c->connected + c->targets + c->repeats, 0);
	assert_int_equal(c->stray, c->others);
	/* At their own rate, not that of connections. */
	assert_in_range(lab.now - START, 1200 * IRL_NS_PER_MS,
			20 * IRL_NS_PER_S);
	lab_fini(&lab);
}

static void test_probe_list_doubled(void **state)
{
	struct lab lab;

	(void)state;
	probe_list(&lab, 256);
	lab.link_options.duplicate = 1;
	lab_run(&lab);
	expect_all(&lab, 256, true);
	assert_int_equal(lab.result.counts.repeats, 0);
	lab_fini(&lab);
}

/* A set's are sent again as often, and what is never taken is given up. */
static void test_probe_set_refused(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned deaf = 0; deaf < 2; deaf++) {
		lab_init(&lab, "10.1.0.0/24", "http");
		lab.options.probe = true;
		lab.options.scan.rate_pps = 5000;
		lab.options.scan.retries = deaf ? 3 : 1000;
		lab.faulty = true;
		lab.fault.seed = 3;
		lab.fault.refuse[IRL_TX_FULL] = deaf ? 1 : 0.5;
		lab_run(&lab);
		assert_true(lab.result.counts.probes_refused > 50);
		assert_int_equal(lab.result.counts.probes_given_up,
				 deaf ? 256 : 0);
		if (!deaf)
			expect_all(&lab, 256, true);
		lab_fini(&lab);
	}
}

/* Given up are also those that there was no time to send again. */
static void test_probe_set_slowed_down(void **state)
{
	struct irl_probing *probing;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "http");
	lab.options.probe = true;
	lab.options.scan.retries = 3;
	lab.faulty = true;
	lab.fault.refuse[IRL_TX_FULL] = 1;
	lab_open(&lab);
	probing = lab.fetch->worker[0].probing;
	irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
	while (!probing->again_count)
		lab_turn(&lab, 500 * IRL_NS_PER_US);
	irl_pacer_init(&probing->pacer, 1000, 0, 1, lab.now);
	while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
		;
	if (lab_end(&lab))
		fail_msg("%s", lab.err.text);
	assert_int_equal(lab.result.counts.probes_given_up, 256);
	lab_fini(&lab);
}

static void test_probe_list_refused(void **state)
{
	struct lab lab;

	(void)state;
	probe_list(&lab, 256);
	lab.options.per_net = 10;
	lab.faulty = true;
	lab.fault.seed = 3;
	lab.fault.refuse[IRL_TX_FULL] = 0.5;
	lab_run(&lab);
	expect_all(&lab, 256, true);
	assert_true(lab.result.counts.probes_refused > 50);
	assert_int_equal(lab.result.counts.probes_again,
			 lab.result.counts.probes_refused);
	assert_true(lab.result.counts.queued > 50);
	assert_int_equal(lab.result.counts.connected, lab.result.counts.queued);
	lab_fini(&lab);
}

/* Multicast, 0.0.0.0/8, loopback, our own: no SYN goes to these. */
static void test_probe_list_unreached(void **state)
{
	static const char *const line[] = {
	    "0a010004 - - 80", "e0000001 - - 80", "00000001 - - 80",
	    "7f000001 - - 80", "0a000003 - - 80", "0a010004 - - 80"};
	struct lab lab;

	(void)state;
	probe_list(&lab, 0);
	lab.line = line;
	lab.lines = 6;
	lab_run(&lab);
	assert_int_equal(lab.result.counts.probes, 1);
	assert_int_equal(lab.result.counts.targets, 5);
	assert_int_equal(lab.unopened, 4);
	lab_fini(&lab);
}

/* As fast as it goes, but of what comes later: nobody spins meanwhile. */
static void test_probe_list_waits(void **state)
{
	struct lab lab;

	(void)state;
	probe_list(&lab, 2);
	lab.options.scan.rate_pps = 0;
	lab_open(&lab);
	irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
	assert_in_range(irl_fetch_turn(&lab.fetch->worker[0], lab.now),
			lab.now + IRL_NS_PER_MS, lab.now + IRL_NS_PER_S);
	while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
		;
	assert_int_equal(lab_end(&lab), 0);
	assert_int_equal(lab.result.counts.probes, 2);
	lab_fini(&lab);
}

/* Nor while there is no room for a connection more, of a list or a set. */
static void test_probe_crowded_waits(void **state)
{
	struct irl_fetch_worker *worker;
	struct lab lab;
	unsigned turns;
	uint64_t next;

	(void)state;
	for (int list = 0; list < 2; list++) {
		lab_init(&lab, "10.1.0.0/20", "http");
		lab.options.probe = true;
		lab.options.list = list;
		lab.listed = list ? 4096 : 0;
		lab.options.scan.rate_pps = 100000;
		lab.options.connections = 1;
		lab.stop_at = UINT32_MAX; /* by hand: answers are cut off */
		lab_open(&lab);
		worker = &lab.fetch->worker[0];
		irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
		for (turns = 0; turns < 50;) {
			lab_turn(&lab, 100 * IRL_NS_PER_US);
			next = irl_fetch_turn(worker, lab.now);
			turns = irl_admission_room(&worker->admission)
				    ? 0
				    : turns + 1;
		}
		assert_false(worker->probing->done);
		assert_in_range(next, lab.now + 100 * IRL_NS_PER_US,
				lab.now + IRL_NS_PER_S);
		irl_fetch_stop(lab.fetch);
		while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
			;
		assert_int_equal(lab_end(&lab), 0);
		lab_fini(&lab);
	}
}

/* The names and tags of a list come back, also where several are of one host,
 * whose first probe alone goes out: whether they are read before it answers
 * (fast) or after (slow). */
static void test_probe_list_names(void **state)
{
	static const char *const line[] = {"0a010004 a.example blue 80",
					   "0a010004 b.example - 80",
					   "0a010004 - - 80",
					   "0a010004 c.example red 81",
					   "0a010000 d.example - 80",
					   "0a010000 e.example - 80"};
	static const char *const name[] = {"a.example:blue ", "b.example:- ",
					   "-:- ", "c.example:red "};

	(void)state;
	assert_int_equal(server_kind(BASE), SERVER_SILENT);
	for (unsigned way = 0; way < 4; way++) {
		const struct irl_fetch_counts *c;
		struct lab lab;
		bool slow = way & 1;

		probe_list(&lab, 0);
		lab.options.scan.rate_pps = slow ? 5 : 5000;
		lab.options.scan.workers = 1 + way / 2;
		lab.line = line;
		lab.lines = 6;
		lab_run(&lab);
		c = &lab.result.counts;
		assert_int_equal(lab.records, 4);
		for (unsigned i = 0; i < 4; i++)
			assert_non_null(strstr(lab.named, name[i]));
		assert_int_equal(c->probes, 3); /* 4:80, 4:81, 0:80 */
		assert_int_equal(c->adopted + c->queued, 2);
		assert_int_equal(c->connected, 2 + c->queued);
		assert_int_equal(c->not_opened[IRL_FETCH_NOT_ANSWERED], 1);
		lab_fini(&lab);
	}
}

/* Names are kept for the cooldown, at least two seconds: an answer after that
 * is none. */
static void test_probe_list_names_late(void **state)
{
	static const char *const line[] = {
	    "0a010010 a.example - 80", "0a010000 b.example - 80",
	    "0a010000 c.example - 81", "0a010000 d.example - 82",
	    "0a010000 e.example - 83", "0a010000 f.example - 84"};
	static const double cooldown_s[] = {0, 3, 3};
	static const uint64_t late_ms[] = {1500, 2500, 3500};
	struct lab lab;

	(void)state;
	assert_int_equal(server_kind(0x0a010010), SERVER_PAGE);
	for (unsigned late = 0; late < 3; late++) {
		probe_list(&lab, 0);
		lab.options.scan.rate_pps = 1;
		lab.options.scan.cooldown_s = cooldown_s[late];
		lab.server->late_ns = late_ms[late] * IRL_NS_PER_MS;
		lab.line = line;
		lab.lines = 6;
		lab_run(&lab);
		assert_int_equal(lab.result.counts.too_late, late == 2);
		assert_int_equal(lab.records, late < 2);
		lab_fini(&lab);
	}
}

/* An answer that is late for the probe is so for those that ride on it. */
static void test_probe_list_rider_late(void **state)
{
	static const char *const line[] = {
	    "0a010010 a.example - 80", "0a010000 b.example - 80",
	    "0a010010 c.example - 80", "0a010000 d.example - 82",
	    "0a010000 e.example - 83", "0a010000 f.example - 84"};
	struct lab lab;

	(void)state;
	probe_list(&lab, 0);
	lab.options.scan.rate_pps = 1;
	lab.options.scan.cooldown_s = 2;
	lab.server->late_ns = 2500 * IRL_NS_PER_MS;
	lab.line = line;
	lab.lines = 6;
	lab_run(&lab);
	assert_true(lab.now - START < 20 * IRL_NS_PER_S);
	assert_int_equal(lab.result.counts.synacks, 1);
	assert_int_equal(lab.result.counts.too_late, 1);
	assert_int_equal(lab.result.counts.not_opened[IRL_FETCH_NOT_ANSWERED],
			 1);
	assert_int_equal(lab.records, 0);
	lab_fini(&lab);
}

/* More names of one host than may wait for a cap: each has its connection. */
static void test_probe_list_names_many(void **state)
{
	enum { MANY = IRL_FETCH_WAITING + 4000 };
	static char text[MANY][40];
	static const char *line[MANY];
	struct lab lab;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(text[i], sizeof(text[i]), "0a010010 a%u.example - 80",
			 i);
		line[i] = text[i];
	}
	probe_list(&lab, 0);
	lab.options.scan.rate_pps = 0;
	lab.options.scan.cooldown_s = 8;
	lab.options.per_host = 1000;
	lab.options.rate = 0;
	lab.server->late_ns = 3 * IRL_NS_PER_S;
	lab.line = line;
	lab.lines = MANY;
	lab.stop_at = MANY; /* records are only counted */
	lab_run(&lab);
	assert_int_equal(lab.result.counts.probes, 1);
	assert_int_equal(lab.result.counts.not_opened[IRL_FETCH_NOT_PORTS], 0);
	assert_int_equal(lab.records, MANY);
	lab_fini(&lab);
}

/* Stopped, those that wait for another's answer are told as not opened. */
static void test_probe_list_names_stopped(void **state)
{
	static const char *const line[] = {"0a010000 a.example - 80",
					   "0a010000 b.example - 80"};
	struct lab lab;

	(void)state;
	probe_list(&lab, 0);
	lab.options.scan.cooldown_s = 60;
	lab.line = line;
	lab.lines = 2;
	lab.stop_ns = IRL_NS_PER_S;
	lab_run(&lab);
	assert_int_equal(lab.result.counts.not_opened[IRL_FETCH_NOT_STOPPED],
			 1);
	assert_true(lab.now - START < 5 * IRL_NS_PER_S);
	lab_fini(&lab);
}

/* ---- manners ------------------------------------------------------------ */

static const char *const one_host[] = {
    "0a010004 - - 80", "0a010004 - - 81", "0a010004 - - 82", "0a010004 - - 83",
    "0a010004 - - 84", "0a010004 - - 85", "0a010004 - - 86", "0a010004 - - 87"};

static void run_watched(struct lab *lab, struct watch *watch)
{
	*watch = (struct watch){.least_apart_ns = UINT64_MAX};
	lab->options.connections = 100; /* fewer to look at */
	lab->watch = watch;
	lab_run(lab);
	lab_fini(lab);
}

/* Caps and spacing are of all workers together, at any moment: a network's
 * answers all come to one. */
static void test_probe_host_cap(void **state)
{
	static struct watch watch;
	struct lab lab;

	(void)state;
	for (unsigned workers = 1; workers <= 3; workers++) {
		for (unsigned most = 1; most <= 3; most++) {
			probe_list(&lab, 0);
			lab.options.scan.workers = workers;
			lab.options.per_host = most;
			lab.line = one_host;
			lab.lines = 8;
			run_watched(&lab, &watch);
			assert_int_equal(lab.records, 8);
			assert_int_equal(watch.most_host, most);
		}
	}
}

static void test_probe_net_cap(void **state)
{
	static struct watch watch;
	struct lab lab;

	(void)state;
	for (unsigned workers = 1; workers <= 3; workers++) {
		for (unsigned list = 0; list < 2; list++) {
			lab_init(&lab, "10.1.0.0/22", "http");
			lab.options.probe = true;
			lab.options.list = list;
			lab.listed = list ? 1024 : 0;
			lab.options.scan.workers = workers;
			lab.options.per_net = 5;
			run_watched(&lab, &watch);
			expect_all(&lab, 1024, true);
			assert_int_equal(watch.most_net, 5);
		}
	}
}

static void test_probe_spacing(void **state)
{
	static struct watch watch;
	struct lab lab;

	(void)state;
	for (unsigned workers = 1; workers <= 3; workers++) {
		probe_list(&lab, 0);
		lab.options.scan.workers = workers;
		lab.options.host_spacing_ns = 2 * IRL_NS_PER_S;
		lab.line = one_host;
		lab.lines = 8;
		run_watched(&lab, &watch);
		assert_int_equal(lab.records, 8);
		assert_true(watch.least_apart_ns >= 2 * IRL_NS_PER_S);
		assert_in_range(lab.now - START, 14 * IRL_NS_PER_S,
				18 * IRL_NS_PER_S);
	}
}

/* Networks are divided among workers, about alike. */
static void test_probe_workers(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned list = 0; list < 2; list++) {
		lab_init(&lab, "10.1.0.0/18", "http");
		lab.options.probe = true;
		lab.options.list = list;
		lab.listed = list ? 16384 : 0;
		lab.options.scan.workers = 2;
		lab.options.scan.rate_pps = 10000;
		lab_run(&lab);
		expect_all(&lab, 16384, true);
		for (unsigned i = 0; i < 2; i++)
			assert_in_range(lab.fetch->worker[i].counts.adopted +
					    lab.fetch->worker[i].counts.queued,
					3000, 9500);
		lab_fini(&lab);
	}
}

/* ---- ends --------------------------------------------------------------- */

/* Stopped, what was not probed is told apart, and what was has its turn. */
static void test_probe_list_stopped(void **state)
{
	const struct irl_fetch_counts *c;
	struct lab lab;

	(void)state;
	probe_list(&lab, 20000);
	lab.stop_at = 50;
	lab_run(&lab);
	c = &lab.result.counts;
	assert_in_range(c->probes, 50, 10000);
	assert_true(c->not_opened[IRL_FETCH_NOT_STOPPED] > 0);
	assert_int_equal(c->adopted, answering((unsigned)c->probes));
	assert_int_equal(c->too_late, 0);
	assert_false(lab.result.complete);
	lab_fini(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_probe),
	    cmocka_unit_test(test_probe_doubled),
	    cmocka_unit_test(test_probe_beyond_caps),
	    cmocka_unit_test(test_probe_list),
	    cmocka_unit_test(test_probe_list_doubled),
	    cmocka_unit_test(test_probe_set_refused),
	    cmocka_unit_test(test_probe_set_slowed_down),
	    cmocka_unit_test(test_probe_list_refused),
	    cmocka_unit_test(test_probe_list_unreached),
	    cmocka_unit_test(test_probe_list_waits),
	    cmocka_unit_test(test_probe_crowded_waits),
	    cmocka_unit_test(test_probe_list_names),
	    cmocka_unit_test(test_probe_list_names_late),
	    cmocka_unit_test(test_probe_list_rider_late),
	    cmocka_unit_test(test_probe_list_names_many),
	    cmocka_unit_test(test_probe_list_names_stopped),
	    cmocka_unit_test(test_probe_host_cap),
	    cmocka_unit_test(test_probe_net_cap),
	    cmocka_unit_test(test_probe_spacing),
	    cmocka_unit_test(test_probe_workers),
	    cmocka_unit_test(test_probe_list_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
