// SPDX-License-Identifier: BSD-2-Clause
/* The main thread: hands out targets, takes records, decides when it ends. */
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "engine/count.h"
#include "engine/fetch.h"
#include "port/port.h"

#define NAP_MIN_NS (200 * IRL_NS_PER_US)
#define NAP_MAX_NS (4 * IRL_NS_PER_MS)
#define TAKE_MAX 4096u
#define SETTLE_NS (500 * IRL_NS_PER_MS)

/* ---- names --------------------------------------------------------------- */

const char *irl_fetch_state_name(enum irl_fetch_state state)
{
	static const char *const name[IRL_FETCH_STATES] = {
	    [IRL_FETCH_NONE] = "unopened",
	    [IRL_FETCH_SYNACK] = "synack",
	    [IRL_FETCH_ACKED] = "acked",
	    [IRL_FETCH_SERVICE] = "service",
	};

	return state < IRL_FETCH_STATES ? name[state] : "unknown";
}

const char *irl_fetch_cause_name(enum irl_fetch_cause cause)
{
	static const char *const name[IRL_FETCH_CAUSES] = {
	    [IRL_FETCH_NOT_DUPLICATE] = "duplicate",
	    [IRL_FETCH_NOT_PLACE] = "no_address",
	    [IRL_FETCH_NOT_ROUTE] = "no_route",
	    [IRL_FETCH_NOT_NEIGHBOUR] = "no_neighbour",
	    [IRL_FETCH_NOT_PORTS] = "no_port",
	    [IRL_FETCH_NOT_STOPPED] = "stopped",
	    [IRL_FETCH_NOT_ANSWERED] = "no_answer",
	};

	return cause < IRL_FETCH_CAUSES ? name[cause] : "unknown";
}

/* ---- stopping ------------------------------------------------------------ */

void irl_fetch_raise(struct irl_fetch *fetch, enum irl_stop stop)
{
	int now = __atomic_load_n(&fetch->stop, __ATOMIC_RELAXED);

	while (now < (int)stop &&
	       !__atomic_compare_exchange_n(&fetch->stop, &now, (int)stop, true,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

void irl_fetch_stop(struct irl_fetch *fetch)
{
	__atomic_store_n(&fetch->hurried, 1, __ATOMIC_RELAXED);
	irl_fetch_raise(fetch, IRL_STOP_ASKED);
}

void irl_fetch_abort(struct irl_fetch *fetch)
{
	__atomic_store_n(&fetch->hurried, 1, __ATOMIC_RELAXED);
	irl_fetch_raise(fetch, IRL_STOP_NOW);
}

/* ---- records ------------------------------------------------------------- */

static void tell(struct irl_fetch *fetch, struct irl_told *told)
{
	const struct irl_fetch_events *events = fetch->events;
	int rc = 0;

	if (fetch->deaf) {
		fetch->untold++;
	} else {
		fetch->told++;
		irl_fetch_note_told(fetch, told->record.position);
		if (events->record)
			rc = events->record(events->context, &told->record);
	}
	free(told->names);
	if (rc >= 0)
		return;
	/* What follows is still counted, so that the ledger holds. */
	fetch->deaf = true;
	irl_error_set(&fetch->error, -rc, "writing a result failed: %s",
		      irl_error_name(rc));
	irl_fetch_abort(fetch);
}

static unsigned take_records(struct irl_fetch *fetch)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fetch->workers; i++) {
		struct irl_told_ring *ring = &fetch->worker[i].out;
		struct irl_told *told;

		while (n < TAKE_MAX && (told = irl_told_next(ring))) {
			tell(fetch, told);
			irl_told_done(ring, told);
			n++;
		}
	}
	return n;
}

/* ---- status -------------------------------------------------------------- */

/* Targets handed out, and SYN-ACKs taken, that have not come to their end. */
static uint64_t outstanding(const struct irl_fetch *fetch)
{
	uint64_t begun = fetch->fed, settled = 0;

	for (unsigned i = 0; i < fetch->workers; i++)
		settled += __atomic_load_n(&fetch->worker[i].settled,
					   __ATOMIC_ACQUIRE);
	for (unsigned i = 0; i < fetch->workers; i++)
		begun +=
		    __atomic_load_n(&fetch->worker[i].begun, __ATOMIC_SEQ_CST);
	return begun - settled;
}

/* Of a set, what is done; -1: of how many nobody knows. */
static double percent_done(const struct irl_fetch *fetch)
{
	const struct irl_supply *supply = &fetch->supply;
	uint64_t taken = irl_supply_next(supply) - supply->first;
	uint64_t left = outstanding(fetch) + irl_fetch_unplaced(fetch) +
			fetch->options.from.again_count - fetch->again_at;

	if (fetch->options.list || supply->end <= supply->first)
		return -1;
	return left > taken ? 0
			    : 100.0 * (double)(taken - left) /
				  (double)(supply->end - supply->first);
}

static void report_status(struct irl_fetch *fetch, uint64_t now)
{
	struct irl_fetch_progress p = {.percent = percent_done(fetch)};
	uint64_t opened;

	irl_fetch_counts(fetch, &p.counts);
	opened = p.counts.connected + p.counts.adopted;
	p.elapsed_s = (double)(now - fetch->start_ns) / 1e9;
	if (now > fetch->status_ns)
		p.rate = (double)(opened - fetch->status_opened) * 1e9 /
			 (double)(now - fetch->status_ns);
	for (unsigned i = 0; i < fetch->workers; i++) {
		const struct irl_fetch_worker *w = &fetch->worker[i];

		p.open += __atomic_load_n(&w->shown_open, __ATOMIC_RELAXED);
		p.waiting +=
		    __atomic_load_n(&w->shown_waiting, __ATOMIC_RELAXED);
	}
	p.waiting += fetch->hopless.count;
	p.stopping = irl_fetch_stopping(fetch) != IRL_STOP_NONE;
	fetch->status_ns = now;
	fetch->status_opened = opened;
	fetch->events->status(fetch->events->context, &p);
}

/* ---- the end ------------------------------------------------------------- */

/* Every target handed out, and every SYN-ACK taken, has come to its end. */
static bool all_settled(const struct irl_fetch *fetch)
{
	return !outstanding(fetch);
}

/* Late answers to probes are waited for, after a stop not for long. */
static bool probes_are_over(struct irl_fetch *fetch, uint64_t now)
{
	const struct irl_fetch_options *o = &fetch->options;
	uint64_t wait = (uint64_t)(o->scan.cooldown_s * 1e9);

	if (!o->probe)
		return true;
	if (__atomic_load_n(&fetch->sending, __ATOMIC_ACQUIRE))
		return false;
	if (!fetch->sent_ns)
		fetch->sent_ns = now;
	if (irl_fetch_stopping(fetch) && wait > o->grace_ns)
		wait = o->grace_ns;
	if (irl_fetch_stopping(fetch) != IRL_STOP_NOW &&
	    now - fetch->sent_ns < wait)
		return false;
	if (!fetch->closed_ns)
		fetch->closed_ns = now;
	__atomic_store_n(&fetch->closing, 1, __ATOMIC_SEQ_CST);
	return true;
}

static void watch(struct irl_fetch *fetch, uint64_t now)
{
	double limit = fetch->options.scan.max_runtime_s * 1e9;

	if (limit > 0 && (double)(now - fetch->start_ns) >= limit)
		irl_fetch_raise(fetch, IRL_STOP_ASKED);
	if (!irl_fetch_stopping(fetch))
		return;
	if (!fetch->stop_ns)
		fetch->stop_ns = now;
	if (now - fetch->stop_ns >= fetch->options.grace_ns)
		irl_fetch_raise(fetch, IRL_STOP_NOW);
}

static bool records_left(const struct irl_fetch *fetch)
{
	for (unsigned i = 0; i < fetch->workers; i++) {
		const struct irl_told_ring *ring = &fetch->worker[i].out;

		if (__atomic_load_n(&ring->head, __ATOMIC_ACQUIRE) !=
		    ring->tail)
			return true;
	}
	return false;
}

/* What the main thread does once; *@moved: whether there was anything. */
static bool attend(struct irl_fetch *fetch, uint64_t now, unsigned *moved)
{
	bool source_over;

	*moved = irl_fetch_feed(fetch) + take_records(fetch);
	irl_fetch_take_steps(fetch);
	watch(fetch, now);
	if (fetch->events->status && now - fetch->status_ns >= IRL_NS_PER_S)
		report_status(fetch, now);
	__atomic_store_n(&fetch->feeding,
			 !fetch->source_ended || irl_fetch_unplaced(fetch),
			 __ATOMIC_RELEASE);
	source_over = irl_fetch_stopping(fetch) ||
		      (fetch->source_ended && !irl_fetch_unplaced(fetch));
	return source_over && probes_are_over(fetch, now) &&
	       all_settled(fetch) && !records_left(fetch);
}

bool irl_fetch_attend(struct irl_fetch *fetch, uint64_t now_ns)
{
	unsigned moved;

	return attend(fetch, now_ns, &moved);
}

/* ---- the run ------------------------------------------------------------- */

void irl_fetch_begin(struct irl_fetch *fetch,
		     const struct irl_fetch_events *events, uint64_t now_ns)
{
	fetch->events = events;
	fetch->start_ns = fetch->status_ns = now_ns ? now_ns : 1;
	fetch->sending = fetch->options.probe ? (int)fetch->workers : 0;
	fetch->feeding = 1;
	irl_cpu_read(&fetch->cpu_before);
	for (unsigned i = 0; i < fetch->workers; i++)
		irl_fetch_worker_begin(&fetch->worker[i], now_ns);
}

static void loop(struct irl_fetch *fetch)
{
	uint64_t nap_ns = NAP_MIN_NS;
	unsigned moved;

	while (!attend(fetch, irl_clock_ns(), &moved)) {
		nap_ns = moved                 ? NAP_MIN_NS
			 : nap_ns < NAP_MAX_NS ? 2 * nap_ns
					       : nap_ns;
		if (moved < TAKE_MAX)
			irl_clock_sleep_until(irl_clock_ns() + nap_ns);
	}
}

static void run_threads(struct irl_fetch *fetch)
{
	unsigned started = 0;

	while (started < fetch->workers &&
	       !irl_fetch_worker_start(&fetch->worker[started]))
		started++;
	if (started == fetch->workers) {
		loop(fetch);
	} else {
		irl_error_set(&fetch->error, IRL_ENOMEM,
			      "cannot start worker %u of %u: too many threads "
			      "or too little memory",
			      started + 1, fetch->workers);
		/* What the others have begun is not finished. */
		irl_fetch_abort(fetch);
	}
	__atomic_store_n(&fetch->over, 1, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < started; i++)
		pthread_join(fetch->worker[i].thread, NULL);
}

int irl_fetch_run(struct irl_fetch *fetch,
		  const struct irl_fetch_events *events,
		  struct irl_fetch_result *result, struct irl_error *err)
{
	if (fetch->start_ns)
		return irl_error_set(err, IRL_EINVAL,
				     "a fetch runs once; open another");
	irl_fetch_begin(fetch, events, irl_clock_ns());
	irl_clock_precise();
	run_threads(fetch);
	return irl_fetch_finish(fetch, result, err);
}

/* ---- the books ----------------------------------------------------------- */

/* The port's counters and ours must speak of the same frames. */
static void settle(struct irl_fetch *fetch, struct irl_fetch_counts *out)
{
	uint64_t until = irl_clock_ns() + SETTLE_NS;

	__atomic_store_n(&fetch->closing, 1, __ATOMIC_RELEASE);
	irl_port_end_rx(fetch->way.port);
	for (;;) {
		for (unsigned i = 0; i < fetch->workers; i++) {
			irl_fetch_receive(&fetch->worker[i], irl_clock_ns());
			irl_fetch_drop(&fetch->worker[i]);
			irl_fetch_show(&fetch->worker[i]);
		}
		irl_fetch_counts(fetch, out);
		if (out->received == irl_fetch_accounted(out) ||
		    irl_clock_ns() > until)
			return;
		irl_clock_sleep_until(irl_clock_ns() + IRL_NS_PER_MS);
	}
}

/* Answers have a cooldown's time, which a stop cuts short: what the worker has
 * probed since then is not finished. */
static uint64_t unanswered(const struct irl_fetch *fetch,
			   const struct irl_fetch_worker *w)
{
	uint64_t wait = (uint64_t)(fetch->options.scan.cooldown_s * 1e9);
	uint64_t since = fetch->closed_ns > wait ? fetch->closed_ns - wait : 0;

	if (!fetch->prober || !irl_fetch_stopping(fetch))
		return UINT64_MAX;
	return irl_trail_at(&w->probing->trail, since, fetch->supply.first);
}

static uint64_t resume_at(const struct irl_fetch *fetch)
{
	uint64_t next =
	    fetch->options.list ? fetch->read : irl_supply_next(&fetch->supply);

	for (unsigned i = 0; i < fetch->workers; i++) {
		const struct irl_fetch_worker *w = &fetch->worker[i];
		uint64_t asked = unanswered(fetch, w);

		if (w->low < next)
			next = w->low;
		if (asked < next)
			next = asked;
	}
	if (fetch->has_held && !fetch->options.track &&
	    fetch->held.position < next)
		next = fetch->held.position;
	return next;
}

static void report(struct irl_fetch *fetch, struct irl_fetch_result *result)
{
	const struct irl_port_info *info = irl_port_info(fetch->way.port);
	struct irl_cpu_reading now;
	struct irl_cpu cpu;

	irl_cpu_read(&now);
	irl_cpu_between(&fetch->cpu_before, &now, &cpu);
	result->cpu_user_s = cpu.user_s;
	result->cpu_system_s = cpu.system_s;
	result->cpu_softirq_s = cpu.softirq_s;
	if (fetch->sent_ns)
		result->probe_seconds =
		    (double)(fetch->sent_ns - fetch->start_ns) / 1e9;
	result->seconds = (double)(irl_clock_ns() - fetch->start_ns) / 1e9;
	snprintf(result->port, sizeof(result->port), "%s", info->kind);
	snprintf(result->ifname, sizeof(result->ifname), "%s", info->ifname);
	result->in_kernel = fetch->way.in_kernel;
	result->source_addr = fetch->way.options.source_addr;
	result->source6 = fetch->way.source6;
	result->gateway = fetch->way.gateway;
	result->port_first = fetch->way.options.port_first;
	result->port_last = fetch->way.options.port_last;
	result->first = fetch->supply.first;
	result->next = resume_at(fetch);
	irl_fetch_close_place(fetch, result->next);
	result->complete =
	    !fetch->error.code && !irl_fetch_stopping(fetch) &&
	    (fetch->options.list || result->next == fetch->supply.end);
}

int irl_fetch_finish(struct irl_fetch *fetch, struct irl_fetch_result *result,
		     struct irl_error *err)
{
	*result = (struct irl_fetch_result){0};
	settle(fetch, &result->counts);
	irl_fetch_check(&result->counts, result->imbalance,
			sizeof(result->imbalance));
	report(fetch, result);
	if (fetch->events->status)
		report_status(fetch, irl_clock_ns());
	for (unsigned i = 0; i < fetch->workers && !fetch->error.code; i++)
		fetch->error = fetch->worker[i].error;
	if (fetch->error.code)
		return irl_error_set(err, fetch->error.code, "%s",
				     fetch->error.text);
	if (*result->imbalance)
		return irl_error_set(err, IRL_ELEDGER,
				     "the ledger does not balance, do not "
				     "trust this run: %s",
				     result->imbalance);
	return 0;
}
