// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/clock.h"
#include "engine/count.h"
#include "engine/pin.h"
#include "engine/scan.h"
#include "engine/worker.h"

#define RUN_NS (2 * IRL_NS_PER_MS) /* a chunk aims at this */
#define CLAIM_NS (4 * IRL_NS_PER_MS)
#define CLAIM_MAX 16384u
#define LIMIT_MIN 64u
#define RECEIVE_CALLS 16u /* of 256 frames: a millisecond's at 4 Mpps */
#define BACK_MIN_NS (50 * IRL_NS_PER_US)
#define BACK_MAX_NS IRL_NS_PER_MS
/* A link that is down does not come back in a millisecond. */
#define BACK_DOWN_NS (10 * IRL_NS_PER_MS)
#define STOP_NS (50 * IRL_NS_PER_MS)    /* a probe due later is left */
#define NAP_MAX_NS (10 * IRL_NS_PER_MS) /* frames received wait so long */

/* ---- claims ------------------------------------------------------------- */

/* Small enough that a stop, which lets claims be finished, is quick. */
static uint64_t claim_size(const struct irl_scan *scan)
{
	double n =
	    scan->rate_pps / scan->options.workers * (double)CLAIM_NS / 1e9;

	if (scan->rate_pps <= 0 || n > CLAIM_MAX)
		return CLAIM_MAX;
	return n < 1 ? 1 : (uint64_t)n;
}

static bool has_answered(const struct irl_scan *scan, uint64_t position)
{
	uint64_t bit = position - scan->supply.first;

	return irl_bitmap_get(&scan->success, bit) ||
	       irl_bitmap_get(&scan->failure, bit);
}

/* A later pass: of the claim, only what has been silent. */
static void keep_silent(struct irl_worker *worker)
{
	struct irl_todo *todo = worker->todo;
	struct irl_claim *range = &worker->range;

	todo->head = todo->count = 0;
	for (; range->count; range->first++, range->count--) {
		if (has_answered(worker->scan, range->first))
			continue;
		todo->tries[todo->count] = 0;
		todo->position[todo->count++] = range->first;
	}
}

static unsigned work_left(const struct irl_worker *worker)
{
	return worker->todo->count + (unsigned)worker->range.count;
}

/* True when there is something to send, of the old claim or a new one. */
static bool take_work(struct irl_worker *worker)
{
	struct irl_scan *scan = worker->scan;

	while (!work_left(worker)) {
		/* Before the claim, so that nobody sees that without this. */
		__atomic_store_n(&worker->done, irl_supply_next(&scan->supply),
				 __ATOMIC_RELAXED);
		if (irl_scan_stopping(scan) ||
		    !irl_supply_claim(&scan->supply, claim_size(scan),
				      &worker->range))
			return false;
		if (scan->pass > 1)
			keep_silent(worker);
		irl_count(&worker->sent.targets, work_left(worker));
	}
	return !worker->error.code;
}

/* ---- refused probes ----------------------------------------------------- */

static bool may_retry(const struct irl_worker *worker, unsigned tries,
		      enum irl_tx_status cause)
{
	/* Kept, so that leave() finds it unsent, or until the link is back. */
	if (cause == IRL_TX_GONE || cause == IRL_TX_LINK_DOWN)
		return true;
	return cause != IRL_TX_LENGTH &&
	       tries <= worker->scan->options.retries + 1;
}

/*
 * The first @sent of the list have been sent, and the chunk says which of them
 * and of the range came back: those go to the front again, or are given up.
 * Both are in order of sending, so one walk finds the tries of each.
 */
static void put_back(struct irl_worker *worker,
		     const struct irl_probe_chunk *chunk)
{
	struct irl_todo *todo = worker->todo;
	unsigned sent = chunk->again_count, kept = 0, at = 0;
	unsigned rest = todo->count - sent;
	uint64_t *position = worker->refused; /* packed where they stand */
	uint16_t *tries = worker->tries;

	for (unsigned i = 0; i < chunk->refused_count; i++) {
		enum irl_tx_status cause = chunk->cause[i];
		unsigned times = 0;

		while (at < sent &&
		       todo->position[todo->head + at] != chunk->refused[i])
			at++;
		if (at < sent)
			times = todo->tries[todo->head + at];
		if (!times)
			times = 1;
		times += cause != IRL_TX_LINK_DOWN;
		irl_count(&worker->sent.refused[cause], 1);
		if (!may_retry(worker, times, cause)) {
			irl_count(&worker->sent.given_up[cause], 1);
			continue;
		}
		position[kept] = chunk->refused[i];
		tries[kept++] = (uint16_t)times;
	}
	memmove(todo->position + kept, todo->position + todo->head + sent,
		rest * sizeof(*position));
	memmove(todo->tries + kept, todo->tries + todo->head + sent,
		rest * sizeof(*tries));
	memcpy(todo->position, position, kept * sizeof(*position));
	memcpy(todo->tries, tries, kept * sizeof(*tries));
	todo->head = 0;
	todo->count = kept + rest;
}

static bool has_cause(const struct irl_probe_chunk *chunk,
		      enum irl_tx_status cause)
{
	return chunk->refused_count &&
	       memchr(chunk->cause, (int)cause, chunk->refused_count);
}

/* ---- one chunk ---------------------------------------------------------- */

/*
 * Towards runs of RUN_NS; but a device that refuses gets smaller chunks and
 * time to drain, since sending to it again at once costs only our own time.
 */
static void adapt(struct irl_worker *worker,
		  const struct irl_probe_chunk *chunk, uint64_t run_ns)
{
	unsigned count = chunk->again_count + chunk->count;
	unsigned max = irl_prober_chunk_max(worker->scan->prober);
	uint64_t fits = run_ns ? count * RUN_NS / run_ns : max;

	if (chunk->refused_count * 8 > count) {
		worker->limit = worker->limit / 2;
		worker->back_ns =
		    worker->back_ns ? worker->back_ns * 2 : BACK_MIN_NS;
		if (worker->back_ns > BACK_MAX_NS)
			worker->back_ns = BACK_MAX_NS;
		if (has_cause(chunk, IRL_TX_LINK_DOWN))
			worker->back_ns = BACK_DOWN_NS;
	} else {
		worker->back_ns = chunk->refused_count ? BACK_MIN_NS : 0;
		if (count == worker->limit || fits < worker->limit)
			worker->limit = fits < worker->limit * 2ull
					    ? (unsigned)fits
					    : worker->limit * 2;
	}
	if (worker->limit > max)
		worker->limit = max;
	if (worker->limit < LIMIT_MIN)
		worker->limit = LIMIT_MIN;
}

/* Up to @count probes: the list first, then on in the range. */
static void fill(struct irl_worker *worker, struct irl_probe_chunk *chunk,
		 unsigned count)
{
	struct irl_todo *todo = worker->todo;

	*chunk = (struct irl_probe_chunk){
	    .again = todo->position + todo->head,
	    .again_count = todo->count < count ? todo->count : count,
	    .first = worker->range.first,
	    .refused = worker->refused,
	    .cause = worker->cause,
	};
	count -= chunk->again_count;
	chunk->count =
	    worker->range.count < count ? (unsigned)worker->range.count : count;
}

/* The claim is not finished: what remains is where to resume. */
static void leave(struct irl_worker *worker)
{
	const struct irl_todo *todo = worker->todo;

	worker->low = worker->range.count ? worker->range.first : UINT64_MAX;
	for (unsigned i = 0; i < todo->count; i++) {
		if (todo->position[todo->head + i] < worker->low)
			worker->low = todo->position[todo->head + i];
		if (todo->tries[todo->head + i])
			irl_count(&worker->sent.unsent_refused, 1);
	}
	irl_count(&worker->sent.unsent, work_left(worker));
}

static void fail(struct irl_worker *worker, int code)
{
	const struct irl_port_info *info = irl_port_info(worker->scan->port);

	leave(worker);
	irl_error_set(&worker->error, -code,
		      code == -IRL_ENODEV
			  ? "interface %s has gone during the scan; bring it "
			    "back and resume"
			  : "the port on %s failed during the scan: %s; resume "
			    "the scan when that is mended",
		      info->ifname, irl_error_name(code));
	irl_scan_raise(worker->scan, IRL_STOP_ASKED);
}

static void account(struct irl_worker *worker,
		    const struct irl_probe_chunk *chunk, unsigned no_neighbour)
{
	struct irl_todo *todo = worker->todo;

	for (unsigned i = 0; i < chunk->again_count; i++)
		if (todo->tries[todo->head + i])
			irl_count(&worker->sent.again, 1);
	irl_count(&worker->sent.accepted, chunk->accepted);
	irl_count(&worker->sent.skipped, chunk->skipped);
	irl_count(&worker->sent.no_neighbour, no_neighbour);
	irl_pacer_sent(&worker->pacer, chunk->accepted);
	worker->range.first += chunk->count;
	worker->range.count -= chunk->count;
	if (chunk->refused_count) {
		put_back(worker, chunk);
	} else {
		todo->head += chunk->again_count;
		todo->count -= chunk->again_count;
	}
}

/* Send of what is due at most one chunk; returns the probes tried. */
static uint32_t send_chunk(struct irl_worker *worker, uint32_t due)
{
	struct irl_probe_chunk chunk;
	uint64_t before = irl_clock_ns();
	unsigned no_neighbour;
	int rc;

	fill(worker, &chunk, due < worker->limit ? due : worker->limit);
	rc = irl_prober_run(worker->scan->prober, worker->queue, &chunk,
			    &no_neighbour);
	if (rc < 0) {
		fail(worker, rc);
		return 0;
	}
	account(worker, &chunk, no_neighbour);
	__atomic_store_n(&worker->link_down,
			 has_cause(&chunk, IRL_TX_LINK_DOWN), __ATOMIC_RELAXED);
	adapt(worker, &chunk, irl_clock_ns() - before);
	if (has_cause(&chunk, IRL_TX_GONE))
		fail(worker, -IRL_ENODEV);
	return chunk.again_count + chunk.count;
}

/* ---- the loop ----------------------------------------------------------- */

/* Returns whether there may be more: others' frames must not keep us from
 * sending, nor from the end, so one call takes some thousands at most. */
static bool receive(struct irl_worker *worker)
{
	uint64_t now = irl_clock_ns();

	for (unsigned i = 0; i < RECEIVE_CALLS; i++) {
		if (!irl_hit_ring_room(worker->ring))
			return false;
		if (irl_prober_receive(worker->scan->prober, worker->queue,
				       worker->ring, &worker->received) <= 0) {
			__atomic_store_n(&worker->received_ns, now,
					 __ATOMIC_RELEASE);
			return false;
		}
	}
	return true;
}

static void nap(uint64_t until_ns)
{
	uint64_t latest = irl_clock_ns() + NAP_MAX_NS;

	irl_clock_sleep_until(until_ns < latest ? until_ns : latest);
}

/* Probes to the end of the pass; many unless the last claim is in hand. */
static uint64_t left(const struct irl_worker *worker)
{
	const struct irl_supply *supply = &worker->scan->supply;

	return irl_supply_next(supply) < supply->end ? UINT64_MAX
						     : work_left(worker);
}

/* Answers that wait to be recorded stop the sending, for none is to be lost:
 * then whoever reads the records sets the pace. */
static bool crowded(const struct irl_worker *worker)
{
	return irl_prober_crowded(worker->scan->prober, worker->ring);
}

static void send_some(struct irl_worker *worker)
{
	bool wait = crowded(worker), more;
	uint64_t now = irl_clock_ns();
	uint32_t due = wait ? 0 : irl_pacer_due(&worker->pacer, now);
	uint32_t tried = due ? send_chunk(worker, due) : 0;

	more = receive(worker);
	now = irl_clock_ns();
	if (more)
		return;
	if (wait)
		nap(now + IRL_NS_PER_MS);
	else if (worker->back_ns)
		nap(now + worker->back_ns);
	else if (tried >= due)
		nap(irl_pacer_next_ns(&worker->pacer, now, left(worker)));
}

/* A stop does not wait for a claim that takes long, nor for one of which nobody
 * knows when it could be finished. */
static bool must_leave(const struct irl_worker *worker)
{
	uint64_t now;

	if (!irl_scan_stopping(worker->scan))
		return false;
	now = irl_clock_ns();
	return worker->link_down ||
	       irl_pacer_next_ns(&worker->pacer, now, left(worker)) >
		   now + STOP_NS;
}

static void send_all(struct irl_worker *worker)
{
	while (take_work(worker)) {
		if (must_leave(worker)) {
			leave(worker);
			return;
		}
		send_some(worker);
	}
}

static void *run(void *context)
{
	struct irl_worker *worker = context;
	struct irl_scan *scan = worker->scan;

	irl_pin(worker->cpu);
	irl_clock_precise();
	irl_pacer_init(&worker->pacer, scan->rate_pps, worker->queue,
		       scan->options.workers, scan->pass_start_ns);
	send_all(worker);
	__atomic_sub_fetch(&scan->sending, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&scan->over, __ATOMIC_ACQUIRE)) {
		if (!receive(worker))
			nap(irl_clock_ns() + IRL_NS_PER_MS);
	}
	return NULL;
}

int irl_worker_init(struct irl_worker *worker, struct irl_scan *scan,
		    unsigned queue)
{
	worker->scan = scan;
	worker->queue = queue;
	worker->cpu = irl_pin_choose(queue, scan->options.workers);
	worker->limit = LIMIT_MIN * 4;
	worker->low = UINT64_MAX;
	worker->done = scan->supply.first;
	worker->todo = calloc(1, sizeof(*worker->todo));
	worker->refused = calloc(IRL_CHUNK_MAX, sizeof(*worker->refused));
	worker->tries = calloc(IRL_CHUNK_MAX, sizeof(*worker->tries));
	worker->cause = calloc(IRL_CHUNK_MAX, sizeof(*worker->cause));
	worker->ring = irl_aligned_take(sizeof(*worker->ring));
	if (!worker->todo || !worker->refused || !worker->tries ||
	    !worker->cause || !worker->ring)
		return -IRL_ENOMEM;
	worker->ring->head = worker->ring->tail = 0;
	return 0;
}

void irl_worker_fini(struct irl_worker *worker)
{
	free(worker->todo);
	free(worker->refused);
	free(worker->tries);
	free(worker->cause);
	irl_aligned_give(worker->ring);
}

int irl_worker_start(struct irl_worker *worker)
{
	return -pthread_create(&worker->thread, NULL, run, worker);
}

void irl_worker_join(struct irl_worker *worker)
{
	pthread_join(worker->thread, NULL);
}
