// SPDX-License-Identifier: BSD-2-Clause
#include "base/pacer.h"

#define MS 1e6 /* nanoseconds */
#define TICK_LONG_NS 1000000u
#define TICK_SHORT_NS 750000u
#define REFILL 1.25 /* of the bucket, in rates */

static double at_most(double x, double limit)
{
	return x < limit ? x : limit;
}

void irl_pacer_init(struct irl_pacer *pacer, double rate_pps, unsigned part,
		    unsigned parts, uint64_t now_ns)
{
	double total = rate_pps / 1e9;
	double batch = at_most(total * MS, IRL_PACER_BATCH);

	*pacer = (struct irl_pacer){.rate = total / parts, .at_ns = now_ns};
	if (total <= 0)
		return;
	if (batch < 1)
		batch = 1;
	pacer->start_ns = now_ns + (uint64_t)(part / total);
	pacer->tick_ns =
	    total * MS <= IRL_PACER_BATCH ? TICK_LONG_NS : TICK_SHORT_NS;
	/*
	 * In a millisecond go at most the capacity and what flows in:
	 * 0.75 rate ms + batch + 1.25 rate ms.  Each part has its share of
	 * the batch, but no part less than the one frame it must be able to
	 * send.
	 */
	pacer->capacity = pacer->rate * MS * (2 - REFILL) + batch / parts;
	if (pacer->capacity < 1)
		pacer->capacity = 1;
	pacer->tokens = pacer->capacity;
}

/* Frames that the line allows by now; those that went are among them. */
static double line(struct irl_pacer *pacer, uint64_t now_ns)
{
	double debt_max = pacer->rate * (double)IRL_PACER_DEBT_NS + 1;
	double due;

	if (now_ns < pacer->start_ns)
		return 0;
	due = (double)(now_ns - pacer->start_ns) * pacer->rate + 1 -
	      (double)pacer->sent;
	if (due > debt_max) {
		pacer->start_ns += (uint64_t)((due - debt_max) / pacer->rate);
		due = debt_max;
	}
	return due;
}

uint32_t irl_pacer_due(struct irl_pacer *pacer, uint64_t now_ns)
{
	double due;

	if (pacer->rate <= 0)
		return UINT32_MAX;
	pacer->tokens += (double)(now_ns - pacer->at_ns) * pacer->rate * REFILL;
	pacer->tokens = at_most(pacer->tokens, pacer->capacity);
	pacer->at_ns = now_ns;
	due = at_most(line(pacer, now_ns), pacer->tokens);
	return due >= 1 ? (uint32_t)at_most(due, UINT32_MAX) : 0;
}

void irl_pacer_sent(struct irl_pacer *pacer, uint32_t count)
{
	pacer->sent += count;
	pacer->tokens -= count;
}

/* When the line allows @count frames more than have gone. */
static double line_ns(const struct irl_pacer *pacer, uint64_t count)
{
	return (double)pacer->start_ns +
	       (double)(pacer->sent + count - 1) / pacer->rate + 1;
}

/* When the bucket holds half of its capacity: so a debt is paid in portions
 * that are worth a wake-up. */
static double bucket_ns(const struct irl_pacer *pacer)
{
	double half = pacer->capacity / 2 > 1 ? pacer->capacity / 2 : 1;

	return (double)pacer->at_ns +
	       (half - pacer->tokens) / (pacer->rate * REFILL) + 1;
}

uint64_t irl_pacer_next_ns(const struct irl_pacer *pacer, uint64_t now_ns,
			   uint64_t left)
{
	double tick = (double)pacer->tick_ns, now = (double)now_ns, next;
	uint64_t next_ns;

	if (pacer->rate <= 0)
		return now_ns + 1;
	next = line_ns(pacer, 1);
	/* Several frames a tick: not one by one.  What fell due while the last
	 * were sent is no debt; more than a tick of it is. */
	if (next > now - tick / 4 && next < now + tick) {
		next = (double)(now_ns / pacer->tick_ns + 1) * tick;
		if (left < (uint64_t)(tick * pacer->rate) + 2)
			next = at_most(next, line_ns(pacer, left ? left : 1));
	}
	if (next < bucket_ns(pacer))
		next = bucket_ns(pacer);
	next_ns = (uint64_t)next;
	return next_ns > now_ns ? next_ns : now_ns + 1;
}

double irl_pacer_line_rate(uint64_t link_bps, uint32_t length)
{
	uint32_t wire = length + 24 > 84 ? length + 24 : 84;

	return (double)link_bps / (wire * 8.0);
}
