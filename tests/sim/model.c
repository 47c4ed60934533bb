// SPDX-License-Identifier: BSD-2-Clause
/* What a cell may give. */
#include "sim.h"
#include <math.h>
#include <stdio.h>

#define SLACK_NS 1000000ull /* the clock goes in steps */

static uint64_t rtt_ns(const struct cell *cell)
{
	return cell->rtt_ms * 1000000ull;
}

/* The handshake is one round, and no round brings more than the window. */
uint64_t model_least_ns(const struct cell *cell, uint32_t bytes)
{
	return rtt_ns(cell) * (1 + (bytes + cell->window - 1) / cell->window);
}

/*
 * Slow start from ten segments, two more each round, up to the window: a round
 * comes as one batch, which our side acknowledges at once, and the server
 * counts two segments for an acknowledgment (RFC 3465).  Of the window a
 * segment may be too large for what is left, and another wait for the second of
 * its pair.
 */
uint64_t model_most_ns(const struct cell *cell, uint32_t bytes)
{
	double window = cell->window, congestion = SIM_FIRST * SIM_SEGMENT;
	uint64_t rounds = 1;

	for (double sent = 0; sent < bytes; rounds++) {
		sent += fmin(fmax(window - 2 * SIM_SEGMENT, window / 2),
			     congestion);
		congestion += 2 * SIM_SEGMENT;
	}
	return rounds * rtt_ns(cell) + SLACK_NS;
}

static bool within(const char *what, double least, double got, double most)
{
	if (got >= least && got <= most)
		return true;
	printf("  %s is %g, not %g .. %g\n", what, got, least, most);
	return false;
}

/*
 * An exchange fails when the question or its answer is lost.  Of the client's
 * segments only SYN and request are ever repeated: each at least when it was
 * lost itself, at most when the exchange failed.
 */
static bool retransmits_hold(const struct cell *cell, const struct result *r)
{
	double n = (double)r->connections, p = cell->loss;
	double fails = 1 - (1 - p) * (1 - p), spread = 4 * sqrt(n * 2 * fails);

	return within("the client's retransmissions", 2 * n * p * 0.9 - spread,
		      (double)r->retransmits,
		      2 * n * fails / (1 - fails) + spread);
}

/*
 * The server repeats SYN-ACKs and segments of its answer: at least those that
 * were lost; at most those for which that or the acknowledgment was, and, where
 * our RST was lost, what it still had under way.
 */
static bool repeats_hold(const struct cell *cell, const struct result *r)
{
	double n = (double)r->completed, p = cell->loss;
	double least = (double)r->bytes / SIM_SEGMENT;
	double fails = 1 - (1 - p) * (1 - p);
	double most = ((least + 2 * n) * fails + 2 * n * p) / (1 - fails);

	return within("the server's retransmissions",
		      least * p / (1 - p) - 4 * sqrt(2 * least * p),
		      (double)r->repeated, most * 1.05 + 4 * sqrt(2 * most));
}

/* A fetch fails only where all SYNs or their answers are lost. */
static bool completion_holds(const struct cell *cell, const struct result *r)
{
	double n = (double)r->connections, p = cell->loss;
	double fails = pow(1 - (1 - p) * (1 - p), SIM_SYN_TRIES);

	return within("completion",
		      n * (1 - fails) - 4 * sqrt(n * fails) - n * p * p * p,
		      (double)r->completed, n);
}

/* Tries that double their wait from @first on, each in vain with probability
 * @fails: how long they take on average. */
static double wait_s(double first, double fails)
{
	return first * fails / (1 - 2 * fails);
}

/*
 * What a fetch takes on average: as without loss; SYN and request wait for
 * their timers, at least when they were lost themselves; at worst so does each
 * segment of the answer that is lost.  A lost acknowledgment is made good by
 * the next.
 */
static bool goodput_holds(const struct cell *cell, const struct result *r)
{
	double done = (double)r->completed, p = cell->loss;
	double bytes = (double)r->bytes / done,
	       rtt = (double)cell->rtt_ms / 1e3;
	double fails = 1 - (1 - p) * (1 - p);
	double clean = (double)r->clean_ns / 1e9 / done;
	double syn = wait_s(1, fails);
	double request = wait_s(fmax(0.2, 3 * rtt), fails);
	double answer = wait_s(0.2 + 2 * rtt, p) * (1 + bytes / SIM_SEGMENT);

	return within("seconds a fetch",
		      2 * rtt + (wait_s(1, p) + wait_s(0.2, p)) * 0.8,
		      (double)r->time_ns / 1e9 / done,
		      clean + (syn + request + answer) * 1.1);
}

bool model_holds(const struct cell *cell, const struct result *r)
{
	bool good = retransmits_hold(cell, r);

	good &= repeats_hold(cell, r);
	good &= completion_holds(cell, r);
	good &= within("wrong bytes", 0, (double)r->wrong, 0);
	good &=
	    within("fetches faster than the window", 0, (double)r->hasty, 0);
	good &= goodput_holds(cell, r);
	if (cell->loss > 0)
		return good;
	return good &
	       within("fetches slower than slow start", 0, (double)r->slow, 0);
}
