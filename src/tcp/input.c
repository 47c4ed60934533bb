// SPDX-License-Identifier: BSD-2-Clause
/* Segments in, in the order of RFC 9293, 3.10.7, with RFC 5961's checks. */
#include <string.h>
#include "tcp/stack.h"

#define BATCH 64u

/* ---- challenge ACKs ----------------------------------------------------- */

/* RFC 5961, 7; the limit varies, so that nobody can count with it
 * (CVE-2016-5696). */
bool irl_challenge_allowed(struct irl_tcp_stack *st)
{
	uint32_t second = (uint32_t)(st->now_ns >> 30);
	uint64_t noise = second;

	if (second != st->challenge_second) {
		noise = irl_siphash(&st->noise_key, &noise, 1);
		st->challenge_second = second;
		st->challenges = 500 + (uint32_t)(noise % 500);
		memset(st->challenged, 0, sizeof(st->challenged));
	}
	if (!st->challenges) {
		irl_count(st, IRL_TCP_N_THROTTLED);
		return false;
	}
	st->challenges--;
	irl_count(st, IRL_TCP_N_CHALLENGE);
	return true;
}

/* A few of each connection's, so that one cannot use up all. */
bool irl_challenge(struct irl_tcp_stack *st, uint32_t c)
{
	uint8_t *sent = &st->challenged[c % IRL_CHALLENGED];

	if (*sent >= IRL_CHALLENGES_EACH &&
	    (uint32_t)(st->now_ns >> 30) == st->challenge_second) {
		irl_count(st, IRL_TCP_N_THROTTLED);
		return false;
	}
	if (!irl_challenge_allowed(st))
		return false;
	++*sent;
	st->hot[c].flags |= IRL_F_ACK_NOW;
	irl_dirty(st, c);
	return true;
}

/* ---- acceptability ------------------------------------------------------ */

static uint32_t seg_end(const struct irl_segment *seg)
{
	return seg->seq + seg->length + (seg->flags & IRL_TCP_FIN ? 1 : 0) +
	       (seg->flags & IRL_TCP_SYN ? 1 : 0);
}

/* RFC 9293, 3.10.7.4, first: table 6; and a segment that covers the window
 * from before to behind, which the table forgets. */
static bool acceptable(const struct irl_hot *h, const struct irl_segment *seg)
{
	uint32_t window = h->rcv_adv - h->rcv_nxt, end = seg_end(seg);

	if (end == seg->seq)
		return window ? seg->seq - h->rcv_nxt < window
			      : seg->seq == h->rcv_nxt;
	return window && irl_seq_before(seg->seq, h->rcv_adv) &&
	       irl_seq_before(h->rcv_nxt, end);
}

static void answer(struct irl_tcp_stack *st, uint32_t c)
{
	st->hot[c].flags |= IRL_F_ACK_NOW;
	irl_dirty(st, c);
}

/* Wholly old data is reported (RFC 2883, 4.1). */
static void report_twice(struct irl_tcp_stack *st, uint32_t c,
			 const struct irl_segment *seg)
{
	struct irl_tally *tally = irl_tally(st, c);
	struct irl_hot *h = &st->hot[c];
	struct irl_ahead *a;

	if (!seg->length || irl_seq_before(h->rcv_nxt, seg->seq + seg->length))
		return;
	if (tally->duplicates < 0xffff)
		tally->duplicates++;
	if (!(h->flags & IRL_F_SACK))
		return;
	a = irl_ahead_need(st, h);
	if (a)
		a->twice = (struct irl_range){seg->seq, seg->seq + seg->length};
}

/* The peer's SYN or SYN-ACK once more, before anything else of it came: our ACK
 * was lost. */
static bool syn_again(const struct irl_hot *h, const struct irl_segment *seg)
{
	uint32_t ack = h->una + (h->state == IRL_CONN_SYN_RECEIVED ? 1 : 0);

	return seg->flags & IRL_TCP_SYN && seg->seq + 1 == h->rcv_nxt &&
	       (!(seg->flags & IRL_TCP_ACK) || seg->ack == ack);
}

static void unacceptable(struct irl_tcp_stack *st, uint32_t c,
			 const struct irl_segment *seg)
{
	struct irl_hot *h = &st->hot[c];

	if (seg->flags & IRL_TCP_RST) {
		irl_count(st, IRL_TCP_N_OUTSIDE);
		return;
	}
	if (!syn_again(h, seg))
		irl_count(st, IRL_TCP_N_OUTSIDE);
	report_twice(st, c, seg);
	answer(st, c);
	/* MUST-66: with the window shut its ACK still counts. */
	if (seg->seq == h->rcv_nxt &&
	    (seg->flags & (IRL_TCP_ACK | IRL_TCP_SYN)) == IRL_TCP_ACK &&
	    seg->ack - h->una <= h->nxt - h->una) {
		irl_ack_input(st, c, seg, false);
		if (h->state != IRL_CONN_CLOSED)
			irl_window_input(st, c, seg);
	}
}

/* RFC 7323, 5.3, R1: an old duplicate; 3.2: the option is missing. */
static bool paws(struct irl_tcp_stack *st, uint32_t c,
		 const struct irl_segment *seg)
{
	const struct irl_hot *h = &st->hot[c];
	const uint32_t days24 = 24 * 86400 * 1000000000ull >> 20; /* ticks */

	if (!(h->flags & IRL_F_TIMESTAMPS) || seg->flags & IRL_TCP_RST)
		return true;
	if (!seg->seen.timestamps) {
		irl_count(st, IRL_TCP_N_PAWS);
		return false;
	}
	if (!irl_seq_before(seg->seen.ts_value, h->ts_recent) ||
	    irl_tick(st->now_ns) - h->last_rx > days24) /* 5.5 */
		return true;
	irl_count(st, IRL_TCP_N_PAWS);
	report_twice(st, c, seg);
	answer(st, c);
	return false;
}

/* ---- RST, SYN, ACK ------------------------------------------------------ */

/* RFC 5961, 3.2: exactly the next sequence number, or a challenge. */
static void take_rst(struct irl_tcp_stack *st, uint32_t c,
		     const struct irl_segment *seg)
{
	const struct irl_hot *h = &st->hot[c];

	if (seg->seq != h->rcv_nxt) {
		irl_challenge(st, c);
		return;
	}
	irl_conn_end(st, c,
		     h->state == IRL_CONN_SYN_RECEIVED ? IRL_TCP_REFUSED
						       : IRL_TCP_RESET);
}

/* False: the ACK ends the segment's processing. */
static bool good_ack(struct irl_tcp_stack *st, uint32_t c,
		     const struct irl_segment *seg)
{
	struct irl_hot *h = &st->hot[c];
	uint32_t nxt = h->nxt, scale = h->scales & 15;
	uint32_t shift = scale == IRL_SCALE_NONE ? 0 : scale;

	if ((h->flags & (IRL_F_FIN | IRL_F_FIN_SENT)) == IRL_F_FIN &&
	    h->backoff && irl_queued(irl_tx_of(st, h)) == nxt - h->una)
		nxt++; /* the FIN is out, and about to be sent again */
	if (irl_seq_before(nxt, seg->ack)) {
		irl_count(st, IRL_TCP_N_BAD_ACK);
		answer(st, c);
		return false;
	}
	/* RFC 5961, 5.2, with the largest window that there can be. */
	if (irl_seq_diff(seg->ack, h->una) < -(65535 << shift)) {
		irl_count(st, IRL_TCP_N_BAD_ACK);
		irl_challenge(st, c);
		return false;
	}
	return true;
}

static bool syn_received(struct irl_tcp_stack *st, uint32_t c,
			 const struct irl_segment *seg)
{
	struct irl_hot *h = &st->hot[c];

	if (seg->ack != h->nxt) {
		irl_count(st, IRL_TCP_N_BAD_ACK);
		irl_reply_rst(st, seg);
		return false;
	}
	irl_conn_establish(st, c);
	h->flags &= (uint16_t)~IRL_F_ACK_NOW;
	return true;
}

/* RFC 7323, 4.3 (2): only of segments that cover the last ACK sent; and since
 * PAWS let it pass, it is no older, or its measure is not valid any more. */
static void keep_timestamp(struct irl_hot *h, const struct irl_segment *seg)
{
	if (h->flags & IRL_F_TIMESTAMPS && seg->seen.timestamps &&
	    !irl_seq_before(h->ack_sent, seg->seq))
		h->ts_recent = seg->seen.ts_value;
}

/* Data after a close is lost, which the peer shall know (SHLD-3). */
static bool lost_data(struct irl_tcp_stack *st, uint32_t c,
		      const struct irl_segment *seg)
{
	const struct irl_hot *h = &st->hot[c];

	if (!(h->flags & IRL_F_ORPHAN) || !seg->length ||
	    !irl_seq_before(h->rcv_nxt, seg->seq + seg->length))
		return false;
	irl_conn_reset(st, c, IRL_TCP_ABORTED);
	return true;
}

static void text(struct irl_tcp_stack *st, uint32_t c,
		 const struct irl_segment *seg)
{
	const struct irl_hot *h = &st->hot[c];

	if (!seg->length && !(seg->flags & IRL_TCP_FIN))
		return;
	if (h->flags & IRL_F_ENDED) /* there can be no more */
		return;
	if (!lost_data(st, c, seg))
		irl_receive(st, c, seg);
}

void irl_conn_input(struct irl_tcp_stack *st, uint32_t c,
		    const struct irl_segment *seg)
{
	struct irl_hot *h = &st->hot[c];

	irl_tally(st, c)->segments_in++;
	if (!paws(st, c, seg))
		return;
	/* A simultaneous open's SYN is often answered by a SYN-ACK: 3.5. */
	if (h->state == IRL_CONN_SYN_RECEIVED && syn_again(h, seg) &&
	    seg->flags & IRL_TCP_ACK && !(seg->flags & IRL_TCP_RST)) {
		irl_conn_establish(st, c);
		return;
	}
	if (!acceptable(h, seg)) {
		unacceptable(st, c, seg);
		return;
	}
	if (seg->flags & IRL_TCP_RST) {
		take_rst(st, c, seg);
		return;
	}
	if (seg->flags & IRL_TCP_SYN) { /* RFC 5961, 4.2 */
		irl_challenge(st, c);
		return;
	}
	if (!(seg->flags & IRL_TCP_ACK))
		return;
	keep_timestamp(h, seg);
	if (h->state == IRL_CONN_SYN_RECEIVED && !syn_received(st, c, seg))
		return;
	if (!good_ack(st, c, seg))
		return;
	irl_ack_input(st, c, seg, !seg->length && !(seg->flags & IRL_TCP_FIN));
	if (h->state == IRL_CONN_CLOSED)
		return;
	irl_window_input(st, c, seg);
	text(st, c, seg);
}

/* ---- frames ------------------------------------------------------------- */

/* @likely is where the batch's stages found it; meanwhile it may have ended. */
static enum irl_tcp_verdict take(struct irl_tcp_stack *st,
				 const struct irl_segment *seg, uint32_t likely)
{
	uint32_t s = irl_stub_find_at(st, &seg->ends, seg->hash, likely);

	if (s == IRL_CONN_NONE) {
		if (irl_wait_input(st, seg))
			return IRL_TCP_TAKEN;
		return seg->icmp ? IRL_TCP_FOREIGN : IRL_TCP_STRAY;
	}
	if (seg->icmp)
		irl_icmp_input(st, seg);
	else if (irl_stub_state(st, s) == IRL_STUB_FULL)
		irl_conn_input(st, st->stub[s].body, seg);
	else
		irl_syn_sent_input(st, s, seg);
	return IRL_TCP_TAKEN;
}

struct parsed {
	struct irl_segment seg[BATCH];
	enum irl_tcp_verdict verdict[BATCH];
	uint32_t stub[BATCH];
};

/*
 * Misses of the cache are waited for together, each stage for the next: index,
 * stub, then of a half-open one its neighbours in their list, of others the
 * body, and last the sender's block.
 */

/* Its body, or IRL_CONN_NONE. */
static uint32_t prefetch_body(const struct irl_tcp_stack *st, uint32_t s)
{
	uint32_t c;

	if (s == IRL_CONN_NONE)
		return s;
	if (irl_stub_state(st, s) == IRL_STUB_WAIT) {
		__builtin_prefetch(&st->stub[st->stub[s].link.next].link, 1);
		__builtin_prefetch(&st->stub[st->stub[s].link.prev].link, 1);
	}
	if (irl_stub_state(st, s) != IRL_STUB_FULL)
		return IRL_CONN_NONE;
	c = st->stub[s].body;
	__builtin_prefetch(&st->hot[c], 1);
	__builtin_prefetch(&st->cold[c], 1);
	__builtin_prefetch(irl_tally(st, c), 1);
	return c;
}

static void prefetch(const struct irl_tcp_stack *st, struct parsed *p,
		     unsigned count)
{
	uint32_t body[BATCH];

	for (unsigned i = 0; i < count; i++)
		if (p->verdict[i] == IRL_TCP_TAKEN)
			irl_stub_prefetch(st, p->seg[i].hash);
	for (unsigned i = 0; i < count; i++) {
		const struct irl_segment *seg = &p->seg[i];

		p->stub[i] = p->verdict[i] == IRL_TCP_TAKEN
				 ? irl_stub_likely(st, &seg->ends, seg->hash)
				 : IRL_CONN_NONE;
	}
	for (unsigned i = 0; i < count; i++)
		body[i] = prefetch_body(st, p->stub[i]);
	for (unsigned i = 0; i < count; i++)
		if (body[i] != IRL_CONN_NONE && st->hot[body[i]].tx)
			irl_buffer_prefetch(&st->pool, st->hot[body[i]].tx);
}

static void input_batch(struct irl_tcp_stack *st,
			const struct irl_frame frames[], unsigned count,
			enum irl_tcp_verdict verdict[])
{
	struct parsed p;

	for (unsigned i = 0; i < count; i++) {
		enum irl_tcp_count why;

		p.verdict[i] =
		    irl_segment_parse(st, &frames[i], &p.seg[i], &why);
		if (p.verdict[i] == IRL_TCP_TAKEN)
			irl_index_prefetch(&st->index, p.seg[i].hash);
		else
			irl_count(st, why);
	}
	prefetch(st, &p, count);
	for (unsigned i = 0; i < count; i++) {
		if (p.verdict[i] == IRL_TCP_TAKEN) {
			p.verdict[i] = take(st, &p.seg[i], p.stub[i]);
			irl_count(st, (enum irl_tcp_count)p.verdict[i]);
		}
		if (verdict)
			verdict[i] = p.verdict[i];
	}
}
_Static_assert((int)IRL_TCP_N_TAKEN == (int)IRL_TCP_TAKEN &&
		   (int)IRL_TCP_N_STRAY == (int)IRL_TCP_STRAY &&
		   (int)IRL_TCP_N_FOREIGN == (int)IRL_TCP_FOREIGN,
	       "a verdict is its counter");

void irl_tcp_input(struct irl_tcp_stack *st, const struct irl_frame frames[],
		   unsigned count, uint64_t now_ns,
		   enum irl_tcp_verdict verdict[])
{
	st->now_ns = now_ns;
	for (unsigned at = 0; at < count; at += BATCH) {
		unsigned n = count - at < BATCH ? count - at : BATCH;

		input_batch(st, frames + at, n, verdict ? verdict + at : NULL);
	}
}
