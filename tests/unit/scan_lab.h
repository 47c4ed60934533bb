/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scans in one process, against the world of world_port.h: every record must
 * be true, every true answer recorded, whatever the link and the device do.
 */
#ifndef IRL_TESTS_SCAN_LAB_H
#define IRL_TESTS_SCAN_LAB_H

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

static inline void lab_init(struct lab *lab, const char *range,
			    const char *ports)
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

static inline void lab_fini(struct lab *lab)
{
	free(lab->seen.verdict);
	irl_targets_free(lab->targets);
}

/* Until for a tenth of a second no probe has reached the world. */
static inline void wait_for_rest(struct world_port *world)
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

static inline int on_record(void *context, const struct irl_record *record)
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

static inline void on_status(void *context,
			     const struct irl_scan_status *status)
{
	struct seen *seen = context;

	seen->statuses++;
	seen->status = *status;
	seen->waited += status->link_down;
	if (seen->stop_down && status->link_down)
		irl_scan_stop(seen->stop_scan);
}

/* An order whose walks find few of their targets, as init never makes one. */
static inline void spread(struct irl_probe *probe, uint32_t by)
{
	struct irl_permutation *order =
	    (struct irl_permutation *)&irl_probe_plan(probe)->order;

	order->bits = 14;
	order->a = by;
}

static inline struct irl_scan *lab_open(struct lab *lab)
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

static inline int lab_try(struct lab *lab)
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

static inline void lab_scan(struct lab *lab)
{
	if (lab_try(lab))
		fail_msg("%s", lab->err.text);
	assert_string_equal(lab->result.imbalance, "");
}

/* Targets of the set that answer so; of these, seen by records. */
static inline uint64_t truth(const struct lab *lab,
			     enum irl_probe_verdict verdict, uint64_t *seen)
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
static inline void all_found(const struct lab *lab)
{
	uint64_t seen, all = truth(lab, IRL_ANSWER_SYNACK, &seen);

	assert_true(all > 100);
	assert_int_equal(seen, all);
	all = truth(lab, IRL_ANSWER_RST, &seen);
	assert_int_equal(seen, all);
}

#endif
