// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "engine/answers.h"
#include "engine/count.h"
#include "engine/scan.h"
#include "wire/icmp.h"

#define HITS (sizeof(((struct irl_scan *)0)->hits) / sizeof(struct irl_hit))

/*
 * The target's position in this run.  The cookie knows the seed alone, so
 * another shard's target, or one from before a resume, can pass it.
 */
static bool find(const struct irl_scan *scan, const struct irl_hit *hit,
		 uint64_t *position)
{
	const struct irl_target target = {.addr = hit->addr, .port = hit->port};

	return irl_probe_position(scan->probe, target, position) &&
	       *position >= scan->supply.first && *position < scan->supply.end;
}

/* Source quench (RFC 6633) and redirect (RFC 1122, 3.2.2.2) do not say that the
 * probe failed: it may still be answered. */
static bool is_advice(const struct irl_hit *hit)
{
	return hit->verdict == IRL_ANSWER_ICMP &&
	       (hit->icmp_type == IRL_ICMP_SOURCE_QUENCH ||
		hit->icmp_type == IRL_ICMP_REDIRECT);
}

/* Where it is kept which targets gave answers of this kind. */
static struct irl_bitmap *map_of(struct irl_scan *scan,
				 const struct irl_hit *hit)
{
	if (hit->verdict == IRL_ANSWER_SYNACK)
		return &scan->success;
	return is_advice(hit) ? &scan->advice : &scan->failure;
}

/* Count a target's answer; false when it has given one of this kind. */
static bool is_new(struct irl_scan *scan, const struct irl_record *record)
{
	struct irl_bitmap *map = map_of(scan, &record->hit);
	uint64_t *counter =
	    record->success ? &scan->counts.successes : &scan->counts.failures;

	if (irl_bitmap_set(map, record->position - scan->supply.first))
		counter = &scan->counts.repeats;
	irl_count(counter, 1);
	return counter != &scan->counts.repeats;
}

static void check_results(struct irl_scan *scan)
{
	uint64_t max = scan->options.max_results;

	/* What has been sent is waited for: a resumed scan asks it no more. */
	if (max && scan->counts.successes >= max)
		irl_scan_raise(scan, IRL_STOP_ASKED);
}

static int take_one(struct irl_scan *scan, const struct irl_hit *hit)
{
	struct irl_record record = {.hit = *hit};
	int rc = 0;

	if (!find(scan, hit, &record.position)) {
		irl_count(&scan->counts.foreign, 1);
		return 0;
	}
	irl_count(&scan->counts.valid[hit->verdict], 1);
	if (scan->error.code) {
		irl_count(&scan->counts.untold, 1);
		return 0;
	}
	record.success = hit->verdict == IRL_ANSWER_SYNACK;
	record.repeat = !is_new(scan, &record);
	record.cooldown = scan->cooldown;
	record.pass = (uint16_t)scan->pass;
	record.wall_ns = hit->time_ns + scan->wall_offset_ns;
	if (scan->events->record)
		rc = scan->events->record(scan->events->context, &record);
	check_results(scan);
	return rc;
}

static int take_all(struct irl_scan *scan, int count)
{
	for (int i = 0; i < count; i++) {
		int rc = take_one(scan, &scan->hits[i]);

		if (rc >= 0)
			continue;
		/* What follows is still counted, so that the ledger holds. */
		irl_error_set(&scan->error, -rc, "writing a result failed: %s",
			      irl_error_name(rc));
		irl_scan_raise(scan, IRL_STOP_NOW);
	}
	return count;
}

/* By when has what came been handed on by all workers? */
static uint64_t received_ns(const struct irl_scan *scan)
{
	uint64_t by = irl_clock_ns();

	for (unsigned i = 0; i < scan->options.workers; i++) {
		uint64_t at = __atomic_load_n(&scan->worker[i].received_ns,
					      __ATOMIC_ACQUIRE);

		by = at < by ? at : by;
	}
	return by;
}

/* Of one source; as many as there is room for: others may wait behind. */
static int take_from(struct irl_scan *scan, int n, bool *rest)
{
	*rest |= n < 0 || (size_t)n == HITS;
	return n <= 0 ? n : take_all(scan, n);
}

int irl_answers_take(struct irl_scan *scan)
{
	uint64_t by = received_ns(scan);
	bool rest = false;
	int taken = 0;

	scan->wall_offset_ns = (uint64_t)irl_clock_wall_offset_ns();
	if (irl_prober_in_kernel(scan->prober))
		taken = take_from(
		    scan, irl_port_hits(scan->port, scan->hits, HITS), &rest);
	else
		for (unsigned i = 0; i < scan->options.workers; i++)
			taken += take_from(
			    scan,
			    (int)irl_hit_ring_take(scan->worker[i].ring,
						   scan->hits, HITS),
			    &rest);
	if (!rest && !scan->error.code)
		scan->told_ns = by;
	return taken;
}
