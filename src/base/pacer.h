/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pacer: how many frames may go now, and when to ask again.
 *
 * Two limits hold at once.  The line: by time t after the start at most
 * floor(rate * t) + 1 frames have gone, so a run as a whole is exact to one
 * frame, however late single wake-ups come.  The bucket: a thread that was held
 * up catches up at a quarter of the rate on top of the rate, never in a lump,
 * so no window of a millisecond has more than twice the mean plus one batch,
 * where a batch is what falls due in a millisecond, 1 .. IRL_PACER_BATCH
 * frames.
 *
 * Wake-ups are few, since each costs more than many frames: one a frame below
 * 1,000 frames/s, then one a millisecond, from 64,000 frames/s on one each
 * 0.75 ms (a longer tick could not keep the bound on a millisecond).
 *
 * Pure arithmetic: the clock is passed in, nothing is allocated or locked.
 * Several workers share a rate by equal parts: part i of n begins i frames
 * later, so the sum of all parts is the same line as one pacer's.
 */
#ifndef IRL_BASE_PACER_H
#define IRL_BASE_PACER_H

#include <stdint.h>

#define IRL_PACER_BATCH 64u
/* A debt beyond this is forgiven: a process that was stopped for an hour does
 * not send at one and a half times the rate for the next two. */
#define IRL_PACER_DEBT_NS 1000000000ull

struct irl_pacer {
	double rate;       /* frames a nanosecond; 0: unlimited */
	double capacity;   /* of the bucket, frames */
	double tokens;     /* in the bucket at time `at` */
	uint64_t start_ns; /* where the line begins */
	uint64_t at_ns;
	uint64_t tick_ns;
	uint64_t sent; /* since start_ns */
};

/*
 * @rate_pps  of all parts together; 0: unlimited
 * @part      0 .. parts - 1
 */
void irl_pacer_init(struct irl_pacer *pacer, double rate_pps, unsigned part,
		    unsigned parts, uint64_t now_ns);

/* Frames that may go now, UINT32_MAX when unlimited.  @now_ns never falls. */
uint32_t irl_pacer_due(struct irl_pacer *pacer, uint64_t now_ns);

/* @count frames went, at most what was due.  Frames that the driver refused did
 * not go. */
void irl_pacer_sent(struct irl_pacer *pacer, uint32_t count);

/*
 * When to look again, if all that was due at @now_ns has gone: > now_ns.
 *
 * @left  frames until the end of the run, UINT64_MAX: many; the last ones go
 *        when they are due, not when their tick is over, so that the run's
 *        length fits its frames
 */
uint64_t irl_pacer_next_ns(const struct irl_pacer *pacer, uint64_t now_ns,
			   uint64_t left);

/*
 * Frames a second that fill a link of @link_bps with Ethernet frames of
 * @length bytes (without FCS): on the wire each takes 24 bytes more (preamble,
 * FCS, gap) and at least 84 (IEEE 802.3).  0 for an unknown speed.
 */
double irl_pacer_line_rate(uint64_t link_bps, uint32_t length);

#endif
