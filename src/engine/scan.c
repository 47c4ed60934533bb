// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/clock.h"
#include "engine/answers.h"
#include "engine/count.h"
#include "engine/ledger.h"
#include "engine/progress.h"
#include "engine/scan.h"
#include "engine/worker.h"

#define NAP_MIN_NS (500 * IRL_NS_PER_US)
#define NAP_MAX_NS (8 * IRL_NS_PER_MS)
#define MANY_HITS 256 /* at once: no time to sleep */
#define RETRIES 1000u
#define RETRIES_MAX (UINT16_MAX - 2) /* struct irl_todo */

/* ---- stopping ------------------------------------------------------------ */

void irl_scan_raise(struct irl_scan *scan, enum irl_stop stop)
{
	int now = __atomic_load_n(&scan->stop, __ATOMIC_RELAXED);

	while (now < (int)stop &&
	       !__atomic_compare_exchange_n(&scan->stop, &now, (int)stop, true,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

void irl_scan_stop(struct irl_scan *scan)
{
	irl_scan_raise(scan, IRL_STOP_ASKED);
}

void irl_scan_abort(struct irl_scan *scan)
{
	irl_scan_raise(scan, IRL_STOP_NOW);
}

bool irl_scan_link_down(const struct irl_scan *scan)
{
	for (unsigned i = 0; i < scan->options.workers; i++)
		if (__atomic_load_n(&scan->worker[i].link_down,
				    __ATOMIC_RELAXED))
			return true;
	return false;
}

/* ---- one pass ------------------------------------------------------------ */

static uint64_t cooldown_ns(const struct irl_scan *scan)
{
	return (uint64_t)(scan->options.cooldown_s * 1e9);
}

/* Of this process alone: what the whole machine does may not be ours. */
static double cpu_since(const struct irl_cpu_reading *before)
{
	struct irl_cpu_reading now;
	struct irl_cpu cpu;

	irl_cpu_read(&now);
	irl_cpu_between(before, &now, &cpu);
	return cpu.user_s + cpu.system_s;
}

/* Time limits, and the step from sending to cooldown. */
static void watch(struct irl_scan *scan, uint64_t now)
{
	double limit = scan->options.max_runtime_s * 1e9;
	uint64_t sending = scan->send_ns + (now - scan->pass_start_ns);

	if (scan->cooldown)
		return;
	if (limit > 0 && (double)sending >= limit)
		irl_scan_raise(scan, IRL_STOP_ASKED);
	if (__atomic_load_n(&scan->sending, __ATOMIC_ACQUIRE))
		return;
	scan->cooldown = true;
	scan->sending_ended_ns = now;
	scan->send_cpu_s += cpu_since(&scan->cpu_pass);
}

static bool pass_is_over(const struct irl_scan *scan, uint64_t now)
{
	return scan->cooldown &&
	       (irl_scan_stopping(scan) == IRL_STOP_NOW ||
		now - scan->sending_ended_ns >= cooldown_ns(scan));
}

/* All before it has been sent, or dealt with otherwise. */
static uint64_t sent_before(const struct irl_scan *scan)
{
	uint64_t position = irl_supply_next(&scan->supply);

	for (unsigned i = 0; i < scan->options.workers; i++) {
		uint64_t done =
		    __atomic_load_n(&scan->worker[i].done, __ATOMIC_RELAXED);

		position = done < position ? done : position;
	}
	return position;
}

/* Answers come within a cooldown, or are late: what was sent so long before
 * the last that was told has had all of its own told. */
static void note_settled(struct irl_scan *scan, uint64_t now)
{
	uint64_t position;

	if (scan->pass > 1 || !irl_trail_is_due(&scan->trail, now))
		return;
	position = sent_before(scan);
	irl_trail_note(&scan->trail, irl_clock_ns(), position);
	if (scan->told_ns > cooldown_ns(scan))
		scan->settled = irl_trail_at(&scan->trail,
					     scan->told_ns - cooldown_ns(scan),
					     scan->settled);
}

/* Hits come in bursts: sleep short while they come, longer when they do not. */
static uint64_t nap(uint64_t nap_ns, int hits)
{
	if (hits >= MANY_HITS)
		return NAP_MIN_NS;
	irl_clock_sleep_until(irl_clock_ns() + nap_ns);
	if (hits > 0)
		return 2 * NAP_MIN_NS;
	return nap_ns < NAP_MAX_NS ? 2 * nap_ns : nap_ns;
}

static void watch_pass(struct irl_scan *scan)
{
	uint64_t nap_ns = NAP_MIN_NS, now;
	int hits;

	do {
		hits = irl_answers_take(scan);
		now = irl_clock_ns();
		watch(scan, now);
		note_settled(scan, now);
		irl_progress_tick(scan, now);
		nap_ns = nap(nap_ns, hits);
	} while (!pass_is_over(scan, now));
}

static void join(struct irl_scan *scan, unsigned started)
{
	__atomic_store_n(&scan->over, 1, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < started; i++) {
		struct irl_worker *worker = &scan->worker[i];

		irl_worker_join(worker);
		if (worker->error.code && !scan->error.code)
			scan->error = worker->error;
	}
}

static void run_pass(struct irl_scan *scan)
{
	unsigned started = 0;

	scan->over = 0;
	scan->cooldown = false;
	scan->sending = (int)scan->options.workers;
	scan->supply.next = scan->supply.first;
	scan->pass_start_ns = irl_clock_ns();
	irl_cpu_read(&scan->cpu_pass);
	while (started < scan->options.workers &&
	       !irl_worker_start(&scan->worker[started]))
		started++;
	if (started == scan->options.workers) {
		watch_pass(scan);
	} else {
		irl_error_set(&scan->error, IRL_ENOMEM,
			      "cannot start worker %u of %u: too many threads "
			      "or too little memory",
			      started + 1, scan->options.workers);
		irl_scan_raise(scan, IRL_STOP_NOW);
	}
	join(scan, started);
	if (scan->sending_ended_ns > scan->pass_start_ns)
		scan->send_ns += scan->sending_ended_ns - scan->pass_start_ns;
}

/* ---- the whole ------------------------------------------------------------
 */

/* The lowest position that has not been dealt with. */
static uint64_t resume_at(const struct irl_scan *scan)
{
	uint64_t next = irl_supply_next(&scan->supply);

	/* A later pass: the first has dealt with all. */
	if (scan->pass > 1)
		return scan->supply.end;
	for (unsigned i = 0; i < scan->options.workers; i++)
		if (scan->worker[i].low < next)
			next = scan->worker[i].low;
	return next;
}

static void report(struct irl_scan *scan, struct irl_scan_result *result)
{
	const struct irl_port_info *info = irl_port_info(scan->port);
	struct irl_cpu_reading now;
	struct irl_cpu cpu;

	irl_ledger_close(scan, &result->counts, result->imbalance,
			 sizeof(result->imbalance));
	irl_cpu_read(&now);
	irl_cpu_between(&scan->cpu_before, &now, &cpu);
	result->cpu_user_s = cpu.user_s;
	result->cpu_system_s = cpu.system_s;
	result->cpu_softirq_s = cpu.softirq_s;
	result->seconds = (double)(irl_clock_ns() - scan->start_ns) / 1e9;
	result->send_seconds = (double)scan->send_ns / 1e9;
	result->send_cpu_s = scan->send_cpu_s;
	result->rate_pps = scan->rate_pps;
	snprintf(result->port, sizeof(result->port), "%s", info->kind);
	snprintf(result->ifname, sizeof(result->ifname), "%s", info->ifname);
	result->in_kernel = irl_prober_in_kernel(scan->prober);
	result->source_addr = scan->options.source_addr;
	result->gateway = scan->gateway;
	irl_nearby_count(scan->nearby, &result->on_link, &result->neighbours);
	result->port_first = scan->options.port_first;
	result->port_last = scan->options.port_last;
	result->first = scan->supply.first;
	result->next = resume_at(scan);
	result->link_down = irl_scan_link_down(scan);
	result->complete = !scan->error.code && !result->counts.unsent &&
			   scan->pass == scan->options.passes &&
			   irl_scan_stopping(scan) != IRL_STOP_NOW &&
			   irl_supply_next(&scan->supply) == scan->supply.end;
}

static void begin(struct irl_scan *scan, const struct irl_scan_events *events)
{
	scan->events = events;
	scan->start_ns = scan->status_ns = irl_clock_ns();
	irl_cpu_read(&scan->cpu_before);
	irl_device_read(irl_port_info(scan->port)->ifindex,
			&scan->device_before);
	irl_clock_precise();
	scan->settled = scan->supply.first;
	scan->trail.each_ns = cooldown_ns(scan) / IRL_TRAIL_EACH;
}

int irl_scan_run(struct irl_scan *scan, const struct irl_scan_events *events,
		 struct irl_scan_result *result, struct irl_error *err)
{
	memset(result, 0, sizeof(*result));
	if (scan->start_ns)
		return irl_error_set(err, IRL_EINVAL,
				     "a scan runs once; open another");
	begin(scan, events);
	for (scan->pass = 1;; scan->pass++) {
		run_pass(scan);
		if (irl_scan_stopping(scan) ||
		    scan->pass == scan->options.passes)
			break;
	}
	report(scan, result);
	irl_progress_end(scan, &result->counts);
	if (scan->error.code)
		return irl_error_set(err, scan->error.code, "%s",
				     scan->error.text);
	if (*result->imbalance)
		return irl_error_set(
		    err, IRL_ELEDGER,
		    "the ledger does not balance, do not trust "
		    "this run: %s",
		    result->imbalance);
	return 0;
}

/* ---- making and freeing ----------------------------------------------------
 */

static int init(struct irl_scan *scan, struct irl_error *err)
{
	uint64_t count = scan->supply.end - scan->supply.first;
	int rc = 0;

	if (!irl_bitmap_init(&scan->success, count) ||
	    !irl_bitmap_init(&scan->failure, count) ||
	    !irl_bitmap_init(&scan->advice, count))
		rc = -IRL_ENOMEM;
	for (unsigned i = 0; !rc && i < scan->options.workers; i++)
		rc = irl_worker_init(&scan->worker[i], scan, i);
	if (rc)
		irl_error_set(err, IRL_ENOMEM,
			      "out of memory for %llu targets; use --shards to "
			      "scan them in parts",
			      (unsigned long long)count);
	return rc;
}

static double choose_rate(const struct irl_scan_options *options,
			  const struct irl_port_info *info, uint32_t length)
{
	double line = irl_pacer_line_rate(info->link_bps, length);

	if (options->rate_pps <= 0 || (line > 0 && options->rate_pps > line))
		return line;
	return options->rate_pps;
}

int irl_scan_over(struct irl_scan **out, const struct irl_scan_options *options,
		  struct irl_port *port, struct irl_probe *probe,
		  const struct irl_steer *steer, struct irl_nearby *nearby,
		  bool in_kernel, struct irl_error *err)
{
	struct irl_scan *scan =
	    irl_aligned_take((sizeof(*scan) + 63) & ~(size_t)63);
	int rc;

	*out = NULL;
	if (!scan) {
		irl_port_close(port);
		irl_probe_free(probe);
		irl_nearby_free(nearby);
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	}
	memset(scan, 0, sizeof(*scan));
	scan->options = *options;
	if (!scan->options.workers)
		scan->options.workers = 1;
	if (!scan->options.passes)
		scan->options.passes = 1;
	if (!scan->options.retries || scan->options.retries > RETRIES_MAX)
		scan->options.retries = RETRIES;
	scan->port = port;
	scan->probe = probe;
	scan->steer = *steer;
	scan->nearby = nearby;
	scan->rate_pps =
	    choose_rate(options, irl_port_info(port), irl_probe_length(probe));
	rc = irl_supply_init(&scan->supply, &scan->options, err);
	if (!rc)
		rc = init(scan, err);
	if (!rc && irl_prober_new(&scan->prober, port, probe, steer, nearby,
				  in_kernel))
		rc = irl_error_set(err, IRL_ENOMEM, "out of memory");
	if (rc) {
		irl_scan_close(scan);
		return rc;
	}
	*out = scan;
	return 0;
}

void irl_scan_close(struct irl_scan *scan)
{
	if (!scan)
		return;
	irl_prober_free(scan->prober);
	irl_port_close(scan->port);
	irl_probe_free(scan->probe);
	irl_nearby_free(scan->nearby);
	for (unsigned i = 0; i < scan->options.workers; i++)
		irl_worker_fini(&scan->worker[i]);
	irl_bitmap_fini(&scan->success);
	irl_bitmap_fini(&scan->failure);
	irl_bitmap_fini(&scan->advice);
	irl_aligned_give(scan);
}
