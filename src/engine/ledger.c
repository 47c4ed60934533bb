// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/clock.h"
#include "engine/answers.h"
#include "engine/count.h"
#include "engine/ledger.h"
#include "engine/scan.h"
#include "port/port.h"

#define SETTLE_NS (500 * IRL_NS_PER_MS)

static void add_sent(struct irl_scan_counts *out, const struct irl_sent *sent)
{
	out->targets += irl_counted(&sent->targets);
	out->accepted += irl_counted(&sent->accepted);
	out->skipped += irl_counted(&sent->skipped);
	out->no_neighbour += irl_counted(&sent->no_neighbour);
	out->again += irl_counted(&sent->again);
	out->unsent += irl_counted(&sent->unsent);
	out->unsent_refused += irl_counted(&sent->unsent_refused);
	for (unsigned s = 0; s < IRL_TX_STATUSES; s++) {
		out->given_up[s] += irl_counted(&sent->given_up[s]);
		out->refused[s] += irl_counted(&sent->refused[s]);
	}
}

/* Since the port was opened, for the scan: what came before its first probe
 * is taken with the rest. */
static void add_port(struct irl_scan *scan, struct irl_scan_counts *out)
{
	struct irl_port_stats now;

	irl_port_stats(scan->port, &now);
	out->other += scan->taken_before;
	out->received = now.rx_ours;
	out->passed = now.rx_host;
	out->lost = now.rx_full + now.rx_hits_full;
	out->tx_unknown = now.tx_unknown;
	for (unsigned v = IRL_ANSWER_COOKIE; v < IRL_ANSWER_VERDICTS; v++)
		out->invalid[v] += now.rx_invalid[v];
	out->invalid[IRL_ANSWER_FORM] += now.rx_too_long;
}

void irl_ledger_counts(struct irl_scan *scan, struct irl_scan_counts *out)
{
	struct irl_device device;

	*out = scan->counts; /* what the main thread counts itself */
	for (unsigned i = 0; i < scan->options.workers; i++) {
		const struct irl_worker *worker = &scan->worker[i];

		add_sent(out, &worker->sent);
		out->other += irl_counted(&worker->received.other);
		out->answered += irl_counted(&worker->received.answered);
		for (unsigned v = 0; v < IRL_ANSWER_VERDICTS; v++)
			out->invalid[v] +=
			    irl_counted(&worker->received.invalid[v]);
	}
	add_port(scan, out);
	if (irl_device_read(irl_port_info(scan->port)->ifindex, &device)) {
		out->device_tx_frames =
		    device.tx_frames - scan->device_before.tx_frames;
		out->device_rx_frames =
		    device.rx_frames - scan->device_before.rx_frames;
	}
}

/* ---- the equations ------------------------------------------------------- */

static uint64_t sum(const uint64_t counts[], unsigned n)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < n; i++)
		total += counts[i];
	return total;
}

static bool differ(uint64_t left, uint64_t right, const char *what, char *text,
		   size_t size)
{
	if (left == right)
		return false;
	snprintf(text, size, "%s: %" PRIu64 " is not %" PRIu64, what, left,
		 right);
	return true;
}

static uint64_t judged(const struct irl_scan_counts *c)
{
	return sum(c->valid, IRL_ANSWER_VERDICTS) +
	       sum(c->invalid, IRL_ANSWER_VERDICTS) + c->other + c->foreign +
	       c->lost;
}

void irl_ledger_check(const struct irl_scan_counts *c, char *text, size_t size)
{
	uint64_t given_up = sum(c->given_up, IRL_TX_STATUSES);

	*text = '\0';
	if (differ(c->targets,
		   c->accepted + c->skipped + c->no_neighbour + given_up +
		       c->unsent,
		   "targets = accepted + skipped + no neighbour + given up + "
		   "unsent",
		   text, size) ||
	    differ(sum(c->refused, IRL_TX_STATUSES),
		   c->again + given_up + c->unsent_refused,
		   "refused = again + given up + unsent", text, size) ||
	    differ(c->received, judged(c),
		   "received = valid + invalid + other + foreign + lost", text,
		   size) ||
	    differ(sum(c->valid, IRL_ANSWER_VERDICTS),
		   c->successes + c->failures + c->repeats + c->untold,
		   "valid = successes + failures + repeats + untold", text,
		   size))
		return;
	differ(c->tx_unknown, 0, "frames of unknown fate = 0", text, size);
}

/* ---- the end --------------------------------------------------------------
 */

/* Does the interface know of every frame that its driver accepted? */
static void check_device(struct irl_scan *scan,
			 const struct irl_scan_counts *counts, char *text,
			 size_t size)
{
	const struct irl_port_info *info = irl_port_info(scan->port);
	uint64_t deadline = irl_clock_ns() + SETTLE_NS, missing = 0;
	struct irl_device now;

	do {
		if (!irl_device_read(info->ifindex, &now))
			return; /* no interface at all, or gone: told already */
		missing = irl_device_short(&scan->device_before, &now,
					   counts->accepted + counts->answered);
		if (!missing)
			return;
		irl_clock_sleep_until(irl_clock_ns() + IRL_NS_PER_MS);
	} while (irl_clock_ns() < deadline);
	snprintf(text, size,
		 "accepted = sent by %s: its own counter knows %" PRIu64
		 " frames fewer",
		 info->ifname, missing);
}

static void drain(struct irl_scan *scan)
{
	for (unsigned i = 0; i < scan->options.workers; i++) {
		struct irl_worker *worker = &scan->worker[i];

		while (irl_prober_receive(scan->prober, i, worker->ring,
					  &worker->received) > 0)
			irl_answers_take(scan);
	}
	while (irl_answers_take(scan) > 0)
		;
}

void irl_ledger_close(struct irl_scan *scan, struct irl_scan_counts *out,
		      char *imbalance, size_t size)
{
	uint64_t deadline = irl_clock_ns() + SETTLE_NS;

	irl_port_end_rx(scan->port);
	for (;;) {
		drain(scan);
		irl_ledger_counts(scan, out);
		if (out->received == judged(out) || irl_clock_ns() > deadline)
			break;
		irl_clock_sleep_until(irl_clock_ns() + IRL_NS_PER_MS);
	}
	irl_ledger_check(out, imbalance, size);
	if (!*imbalance)
		check_device(scan, out, imbalance, size);
}
