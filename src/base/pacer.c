// SPDX-License-Identifier: BSD-2-Clause
#include "base/pacer.h"

#define MS 1e6 /* nanoseconds */
#define TICK_LONG_NS 750000u
#define TICK_SHORT_NS 500000u

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
	 * rate/2 ms + batch + 3/2 rate ms.  Each part has its share of the
	 * batch, but no part less than the one frame it must be able to send.
	 */
	pacer->capacity = pacer->rate * MS / 2 + batch / parts;
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
	pacer->tokens += (double)(now_ns - pacer->at_ns) * pacer->rate * 1.5;
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

uint64_t irl_pacer_next_ns(const struct irl_pacer *pacer, uint64_t now_ns)
{
	double frame_ns, bucket_ns, line_ns;
	uint64_t next_ns;

	if (pacer->rate <= 0)
		return now_ns + 1;
	/* A frame more on the line, but not before a tick has passed, unless
	 * there is a debt; and half a bucket, so that a debt is paid in
	 * portions worth the wake-up. */
	frame_ns = (double)pacer->start_ns + (double)pacer->sent / pacer->rate;
	line_ns = frame_ns + 1;
	if (line_ns > (double)now_ns &&
	    line_ns < (double)(now_ns + pacer->tick_ns))
		line_ns = (double)(now_ns / pacer->tick_ns + 1) *
			  (double)pacer->tick_ns;
	bucket_ns = pacer->capacity / 2;
	if (bucket_ns < 1)
		bucket_ns = 1;
	bucket_ns = (double)pacer->at_ns +
		    (bucket_ns - pacer->tokens) / (pacer->rate * 1.5) + 1;
	if (line_ns < bucket_ns)
		line_ns = bucket_ns;
	next_ns = (uint64_t)line_ns;
	return next_ns > now_ns ? next_ns : now_ns + 1;
}

double irl_pacer_line_rate(uint64_t link_bps, uint32_t length)
{
	uint32_t wire = length + 24 > 84 ? length + 24 : 84;

	return (double)link_bps / (wire * 8.0);
}
