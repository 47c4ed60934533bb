// SPDX-License-Identifier: BSD-2-Clause
/*
 * Scans in one process, against the world of world_port.h: every record must
 * be true, every true answer recorded, whatever the link and the device do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <irl/scan.h>
#include "engine/device.h"
#include "engine/ledger.h"
#include "engine/scan.h"
#include "target/user.h"
#include "probe/core.h"
#include "probe/probe.h"
#include "world_port.h"

#define SOURCE 0x0a000003u

/* What the records said, by index in the set. */
struct seen {
	const struct irl_targets *targets;
	uint8_t *verdict;
	uint64_t records, successes, repeats, late;
	uint64_t fail_at; /* record() fails at this one; 0: never */
	unsigned failed;  /* how often it has */
	unsigned statuses;
	struct irl_scan_status status;
	unsigned waited;            /* statuses that told the link to be down */
	struct irl_scan *stop_scan; /* stopped at record number stop_at */
	uint64_t stop_at;
	uint16_t stop_pass; /* or at the first record of this pass */
	bool stall;         /* the first record takes until the world rests */
	bool stop_down; /* stopped once a status tells the link to be down */
};

struct lab {
	struct irl_targets *targets;
	struct irl_link_options link;
	struct irl_fault_options fault;
	struct irl_scan_options options;
	struct irl_scan_result result;
	struct irl_error err;
	struct seen seen;
	bool forge;
	uint64_t gone_at, down_at, down_ns;
	uint32_t flood;
	uint64_t hits_full;
	unsigned early;  /* strays that come between opening and running */
	uint32_t spread; /* the order's domain is 2^14 times this; 0: as made */
	uint64_t probes; /* that reached the world */
};

static void lab_init(struct lab *lab, const char *range, const char *ports)
{
	memset(lab, 0, sizeof(*lab));
	if (irl_targets_new(&lab->targets, &lab->err) ||
	    irl_targets_allow(lab->targets, range, &lab->err) ||
	    irl_targets_allow_special(lab->targets, "all", &lab->err) ||
	    irl_targets_ports(lab->targets, ports, &lab->err) ||
	    irl_targets_seal(lab->targets, &lab->err))
		fail_msg("%s", lab->err.text);
	lab->options =
	    (struct irl_scan_options){.targets = lab->targets,
				      .seed = 11,
				      /* Enough for a busy machine's threads. */
				      .cooldown_s = 0.25,
				      .source_addr = SOURCE,
				      .source_count = 1,
				      .port_first = 40000,
				      .port_last = 44095,
				      .workers = 1};
	lab->link.queues = 2;
	lab->link.delay_ns = 200 * IRL_NS_PER_US;
	lab->seen.targets = lab->targets;
	lab->seen.verdict = calloc(irl_targets_count(lab->targets), 1);
	assert_non_null(lab->seen.verdict);
}

static void lab_fini(struct lab *lab)
{
	free(lab->seen.verdict);
	irl_targets_free(lab->targets);
}

/* Until for a tenth of a second no probe has reached the world. */
static void wait_for_rest(struct world_port *world)
{
	uint64_t before, after = UINT64_MAX;

	do {
		before = after;
		irl_clock_sleep_until(irl_clock_ns() + 100 * IRL_NS_PER_MS);
		pthread_mutex_lock(&world->lock);
		after = world->taken;
		pthread_mutex_unlock(&world->lock);
	} while (before != after);
}

static int on_record(void *context, const struct irl_record *record)
{
	struct seen *seen = context;
	struct irl_target target = {record->hit.addr, record->hit.port};
	uint64_t index;
	uint8_t bit = (uint8_t)(1u << record->hit.verdict);

	if (seen->fail_at && seen->records + 1 == seen->fail_at) {
		seen->failed++;
		return -IRL_ENOSPC;
	}
	seen->records++;
	if ((seen->stop_at && seen->records == seen->stop_at) ||
	    (seen->stop_pass && record->pass == seen->stop_pass))
		irl_scan_stop(seen->stop_scan);
	if (seen->stall && seen->records == 1)
		wait_for_rest((struct world_port *)seen->stop_scan->port);
	assert_true(irl_targets_index(seen->targets, target, &index));
	/* Never anything that is not so. */
	assert_int_equal(record->hit.verdict,
			 world_port_truth(target.addr, target.port));
	assert_true(record->success ==
		    (record->hit.verdict == IRL_ANSWER_SYNACK));
	/* A repeat is told exactly when it is one. */
	assert_true(record->repeat == ((seen->verdict[index] & bit) != 0));
	seen->verdict[index] |= bit;
	seen->repeats += record->repeat;
	seen->late += record->cooldown;
	if (record->success && !record->repeat)
		seen->successes++;
	return 0;
}

static void on_status(void *context, const struct irl_scan_status *status)
{
	struct seen *seen = context;

	seen->statuses++;
	seen->status = *status;
	seen->waited += status->link_down;
	if (seen->stop_down && status->link_down)
		irl_scan_stop(seen->stop_scan);
}

/* An order whose walks find few of their targets, as init never makes one. */
static void spread(struct irl_probe *probe, uint32_t by)
{
	struct irl_permutation *order =
	    (struct irl_permutation *)&irl_probe_plan(probe)->order;

	order->bits = 14;
	order->a = by;
}

static struct irl_scan *lab_open(struct lab *lab)
{
	struct irl_probe_options options = {
	    .seed = lab->options.seed,
	    .targets = lab->targets,
	    .source_addr = SOURCE,
	    .source_count = 1,
	    .port_first = lab->options.port_first,
	    .port_last = lab->options.port_last};
	const struct irl_steer steer = {.own = {{SOURCE, 32}}, .own_count = 1};
	struct world_port *world = world_port_new(&lab->link, &lab->fault);
	struct irl_probe *probe;
	struct irl_scan *scan = NULL;

	world->forge = lab->forge;
	world->gone_at = lab->gone_at;
	world->down_at = lab->down_at;
	world->down_ns = lab->down_ns;
	world->flood = lab->flood;
	world->hits_full = lab->hits_full;
	memcpy(options.source_mac, world->port.info.mac, 6);
	if (irl_probe_new(&probe, &options, &lab->err))
		fail_msg("%s", lab->err.text);
	if (lab->spread)
		spread(probe, lab->spread);
	if (irl_scan_over(&scan, &lab->options, &world->port, probe, &steer,
			  NULL, false, &lab->err))
		fail_msg("%s", lab->err.text);
	return scan;
}

static int lab_try(struct lab *lab)
{
	const struct irl_scan_events events = {&lab->seen, on_record,
					       on_status};
	struct irl_scan *scan = lab_open(lab);
	struct world_port *world;
	int rc;

	lab->seen.stop_scan = scan;
	world = (struct world_port *)scan->port;
	for (unsigned i = 0; i < lab->early; i++)
		world_port_stray(world, 0, SOURCE);
	world_port_pump(world);
	rc = irl_scan_run(scan, &events, &lab->result, &lab->err);
	lab->probes += world->taken;
	irl_scan_close(scan);
	return rc;
}

static void lab_scan(struct lab *lab)
{
	if (lab_try(lab))
		fail_msg("%s", lab->err.text);
	assert_string_equal(lab->result.imbalance, "");
}

/* Targets of the set that answer so; of these, seen by records. */
static uint64_t truth(const struct lab *lab, enum irl_probe_verdict verdict,
		      uint64_t *seen)
{
	uint64_t all = 0, count = irl_targets_count(lab->targets);

	*seen = 0;
	for (uint64_t i = 0; i < count; i++) {
		struct irl_target t = irl_targets_at(lab->targets, i);

		if (world_port_truth(t.addr, t.port) != verdict)
			continue;
		all++;
		*seen += lab->seen.verdict[i] >> verdict & 1;
	}
	return all;
}

/* Every true answer, of both kinds, has been recorded. */
static void all_found(const struct lab *lab)
{
	uint64_t seen, all = truth(lab, IRL_ANSWER_SYNACK, &seen);

	assert_true(all > 100);
	assert_int_equal(seen, all);
	all = truth(lab, IRL_ANSWER_RST, &seen);
	assert_int_equal(seen, all);
}

/* ---- finding ------------------------------------------------------------- */

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

/* ---- refusals --------------------------------------------------------------
 */

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

/* ---- passes ----------------------------------------------------------------
 */

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

/* ---- parts of a scan
 * --------------------------------------------------------- */

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

/* ---- strain ----------------------------------------------------------------
 */

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

/* ---- errors ----------------------------------------------------------------
 */

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

/* ---- the ledger
 * -------------------------------------------------------------- */

static struct irl_scan_counts balanced(void)
{
	struct irl_scan_counts c = {
	    .targets = 100,
	    .accepted = 85,
	    .skipped = 1,
	    .no_neighbour = 5,
	    .given_up = {[IRL_TX_FULL] = 4, [IRL_TX_LENGTH] = 2},
	    .unsent = 3,
	    .unsent_refused = 1,
	    .refused = {[IRL_TX_FULL] = 20, [IRL_TX_LENGTH] = 2},
	    .again = 15,
	    .received = 31,
	    .valid = {[IRL_ANSWER_SYNACK] = 10, [IRL_ANSWER_RST] = 5},
	    .invalid = {[IRL_ANSWER_COOKIE] = 4},
	    .other = 6,
	    .foreign = 2,
	    .lost = 4,
	    .successes = 8,
	    .failures = 4,
	    .repeats = 2,
	    .untold = 1,
	};

	return c;
}

static bool balances(const struct irl_scan_counts *counts)
{
	char text[300];

	irl_ledger_check(counts, text, sizeof(text));
	return !*text;
}

static void test_ledger_finds_each_miscount(void **state)
{
	const size_t off[] = {
	    offsetof(struct irl_scan_counts, targets),
	    offsetof(struct irl_scan_counts, accepted),
	    offsetof(struct irl_scan_counts, skipped),
	    offsetof(struct irl_scan_counts, no_neighbour),
	    offsetof(struct irl_scan_counts, given_up[IRL_TX_FULL]),
	    offsetof(struct irl_scan_counts, refused[IRL_TX_LENGTH]),
	    offsetof(struct irl_scan_counts, again),
	    offsetof(struct irl_scan_counts, unsent),
	    offsetof(struct irl_scan_counts, unsent_refused),
	    offsetof(struct irl_scan_counts, received),
	    offsetof(struct irl_scan_counts, valid[IRL_ANSWER_RST]),
	    offsetof(struct irl_scan_counts, invalid[IRL_ANSWER_FORM]),
	    offsetof(struct irl_scan_counts, other),
	    offsetof(struct irl_scan_counts, foreign),
	    offsetof(struct irl_scan_counts, lost),
	    offsetof(struct irl_scan_counts, successes),
	    offsetof(struct irl_scan_counts, failures),
	    offsetof(struct irl_scan_counts, repeats),
	    offsetof(struct irl_scan_counts, untold),
	    offsetof(struct irl_scan_counts, tx_unknown),
	};
	struct irl_scan_counts c = balanced();

	(void)state;
	assert_true(balances(&c));
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		c = balanced();
		++*(uint64_t *)((char *)&c + off[i]);
		assert_false(balances(&c));
	}
}

/* In the place of src/engine/device.c's: a veth that says it has sent @counted
 * frames, from its @late reading on. */
static struct {
	uint64_t counted;
	unsigned late, readings;
} device;

bool __wrap_irl_device_read(unsigned ifindex, struct irl_device *out);
bool __wrap_irl_device_read(unsigned ifindex, struct irl_device *out)
{
	(void)ifindex;
	memset(out, 0, sizeof(*out));
	if (!device.counted)
		return false;
	strcpy(out->kind, "veth");
	out->tx_frames = 777;
	if (device.readings++ >= device.late)
		out->tx_frames += device.counted;
	return true;
}

/* A scan of 256 targets whose device says so. */
static int scan_counted(struct lab *lab, uint64_t counted, unsigned late)
{
	int rc;

	device.counted = counted;
	device.late = late;
	device.readings = 0;
	memset(lab->seen.verdict, 0, irl_targets_count(lab->targets));
	rc = lab_try(lab);
	device.counted = 0;
	return rc;
}

/* What the device has not sent although it was accepted fails the run. */
static void test_device_must_know_all(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "80");
	lab.options.cooldown_s = 0;
	assert_int_equal(scan_counted(&lab, 256, 1), 0);
	assert_string_equal(lab.result.imbalance, "");
	assert_int_equal(scan_counted(&lab, 256, 9), 0); /* a little later */
	assert_string_equal(lab.result.imbalance, "");
	assert_int_equal(scan_counted(&lab, 300, 1), 0); /* others send, too */
	assert_int_equal(scan_counted(&lab, 255, 1), -IRL_ELEDGER);
	assert_non_null(strstr(lab.result.imbalance, "1 frames fewer"));
	assert_non_null(strstr(lab.err.text, lab.result.imbalance));
	lab_fini(&lab);
}

static void test_device_counter(void **state)
{
	struct irl_device from = {.tx_frames = 1000}, to = from;

	(void)state;
	to.tx_frames += 99;
	strcpy(to.kind, "veth");
	assert_int_equal(irl_device_short(&from, &to, 99), 0);
	assert_int_equal(irl_device_short(&from, &to, 98), 0);
	assert_int_equal(irl_device_short(&from, &to, 100), 1);
	strcpy(to.kind, "tun"); /* frames may wait for the reader */
	to.queue_length = 10;
	assert_int_equal(irl_device_short(&from, &to, 109), 0);
	assert_int_equal(irl_device_short(&from, &to, 110), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_finds_exactly_the_truth),
	    cmocka_unit_test(test_two_workers),
	    cmocka_unit_test(test_one_target),
	    cmocka_unit_test(test_duplicates_are_told_once),
	    cmocka_unit_test(test_forgeries_are_counted_never_told),
	    cmocka_unit_test(test_refused_are_sent_again),
	    cmocka_unit_test(test_slow_wire),
	    cmocka_unit_test(test_gives_up_by_cause),
	    cmocka_unit_test(test_device_gone_then_resumed),
	    cmocka_unit_test(test_link_down_uses_no_retries),
	    cmocka_unit_test(test_link_down_then_resumed),
	    cmocka_unit_test(test_link_down_at_the_end),
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
	    cmocka_unit_test(test_frames_before_the_run),
	    cmocka_unit_test(test_no_room_for_answers),
	    cmocka_unit_test(test_endless_flood),
	    cmocka_unit_test(test_slow_reader_loses_nothing),
	    cmocka_unit_test(test_failed_walks_are_counted),
	    cmocka_unit_test(test_rate_is_the_links_at_most),
	    cmocka_unit_test(test_rate_is_of_all_workers),
	    cmocka_unit_test(test_record_fails),
	    cmocka_unit_test(test_ledger_finds_each_miscount),
	    cmocka_unit_test(test_device_must_know_all),
	    cmocka_unit_test(test_device_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
