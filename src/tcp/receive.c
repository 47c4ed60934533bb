// SPDX-License-Identifier: BSD-2-Clause
/* The receiver: data in order, data ahead of gaps, the window, FIN. */
#include <string.h>
#include "tcp/stack.h"

/* ---- the window --------------------------------------------------------- */

uint32_t irl_receive_edge(const struct irl_tcp_stack *st,
			  const struct irl_hot *h)
{
	uint32_t used = irl_least(h->readable, st->o.receive_bytes);
	uint32_t edge = h->rcv_nxt + st->o.receive_bytes - used;
	uint32_t step = irl_least(h->mss, st->o.receive_bytes / 2);
	uint32_t shift = h->scales >> 4, most;

	/* No further than the header can say: what cannot be told is no
	 * reason for an ACK, which the peer would take for a duplicate. */
	most = h->rcv_nxt + (65535u << (shift == IRL_SCALE_NONE ? 0 : shift));
	if (irl_seq_before(most, edge))
		edge = most;
	/* Never back (SHLD-14), and only by as much as is worth a segment
	 * (RFC 9293, 3.8.6.2.2). */
	if (irl_seq_diff(edge, h->rcv_adv) < (int32_t)step)
		return h->rcv_adv;
	return edge;
}

/* ---- ahead of a gap ----------------------------------------------------- */

static void remove_range(struct irl_ahead *a, uint32_t i)
{
	a->count--;
	memmove(&a->range[i], &a->range[i + 1],
		(a->count - i) * sizeof(a->range[0]));
}

void irl_ahead_clear(struct irl_tcp_stack *st, struct irl_hot *h)
{
	struct irl_ahead *a = irl_ahead_of(st, h);

	if (!a)
		return;
	for (uint32_t i = 0; i < a->count; i++)
		irl_queue_clear(&st->pool, &a->range[i].queue);
	irl_buffer_give(&st->pool, h->ahead);
	h->ahead = 0;
}

struct irl_ahead *irl_ahead_need(struct irl_tcp_stack *st, struct irl_hot *h)
{
	struct irl_ahead *a;

	if (h->ahead)
		return irl_ahead_of(st, h);
	if (irl_buffer_left(&st->pool) <= st->reserve)
		return NULL;
	h->ahead = irl_buffer_chunk(&st->pool);
	a = irl_ahead_of(st, h);
	if (!a)
		return NULL;
	memset(a, 0, offsetof(struct irl_ahead, range));
	/* No range begins there. */
	a->recent[0] = a->recent[1] = a->recent[2] = h->rcv_nxt;
	return a;
}

/* Reneging is allowed (RFC 2018, 8): the peer sends it again. */
void irl_reclaim(struct irl_tcp_stack *st)
{
	for (unsigned i = 0; i < 16; i++)
		irl_ahead_clear(st, &st->hot[st->sweep++ % st->body_fresh]);
}

/* Remember where the latest data is: its block comes first (RFC 2018, 4). */
static void note_recent(struct irl_ahead *a, uint32_t begin)
{
	if (a->recent[0] == begin)
		return;
	if (a->recent[1] != begin)
		a->recent[2] = a->recent[1];
	a->recent[1] = a->recent[0];
	a->recent[0] = begin;
}

/* Put bytes that no range has yet at their place; how many were kept. */
static uint32_t put_ahead(struct irl_tcp_stack *st, struct irl_ahead *a,
			  uint32_t i, uint32_t seq, const uint8_t *bytes,
			  uint32_t n)
{
	bool extends = i > 0 && a->range[i - 1].end == seq;
	struct irl_ahead_range *r;

	if (irl_buffer_left(&st->pool) <= st->reserve ||
	    (!extends && a->count == IRL_AHEAD_RANGES))
		return 0;
	if (!extends) {
		memmove(&a->range[i + 1], &a->range[i],
			(a->count - i) * sizeof(a->range[0]));
		a->range[i] = (struct irl_ahead_range){seq, seq, 0};
		a->count++;
		i++;
	}
	r = &a->range[i - 1];
	n = irl_queue_append(&st->pool, &r->queue, bytes, n);
	r->end += n;
	a->bytes += n;
	if (!n)
		remove_range(a, i - 1);
	return n;
}

/* Join neighbours that touch. */
static void merge(struct irl_tcp_stack *st, struct irl_ahead *a)
{
	for (uint32_t i = 0; i + 1 < a->count;) {
		if (a->range[i].end != a->range[i + 1].begin) {
			i++;
			continue;
		}
		irl_queue_join(&st->pool, &a->range[i].queue,
			       a->range[i + 1].queue);
		a->range[i].end = a->range[i + 1].end;
		remove_range(a, i + 1);
	}
}

static const struct irl_ahead_range *range_with(const struct irl_ahead *a,
						uint32_t seq)
{
	for (uint32_t i = 0; i < a->count; i++)
		if (!irl_seq_before(seq, a->range[i].begin) &&
		    irl_seq_before(seq, a->range[i].end))
			return &a->range[i];
	return NULL;
}

/* Keep what is new of [seq, seq + n): what came first stands.  Returns how
 * many bytes were new. */
static uint32_t insert_ahead(struct irl_tcp_stack *st, struct irl_ahead *a,
			     uint32_t seq, const uint8_t *bytes, uint32_t n)
{
	uint32_t kept = 0, end = seq + n;

	for (uint32_t i = 0; irl_seq_before(seq, end);) {
		uint32_t stop = end, put;

		if (i < a->count && !irl_seq_before(seq, a->range[i].end)) {
			i++;
			continue;
		}
		if (i < a->count && irl_seq_before(a->range[i].begin, stop))
			stop = a->range[i].begin;
		if (!irl_seq_before(seq, stop)) { /* inside range i */
			uint32_t skip = a->range[i].end;

			skip = irl_seq_before(skip, end) ? skip : end;
			bytes += skip - seq;
			seq = skip;
			continue;
		}
		put = put_ahead(st, a, i, seq, bytes, stop - seq);
		kept += put;
		if (put < stop - seq) {
			irl_count(st, IRL_TCP_N_NO_BUFFER);
			break;
		}
		bytes += put;
		seq = stop;
	}
	merge(st, a);
	return kept;
}

static void take_ahead(struct irl_tcp_stack *st, uint32_t c,
		       const struct irl_segment *seg)
{
	struct irl_tally *tally = irl_tally(st, c);
	struct irl_hot *h = &st->hot[c];
	struct irl_ahead *a = irl_ahead_need(st, h);
	const struct irl_ahead_range *r;
	uint32_t kept;

	h->flags |= IRL_F_ACK_NOW;
	if (!a) {
		irl_count(st, IRL_TCP_N_NO_BUFFER);
		return;
	}
	if (a->owed < 255)
		a->owed++;
	kept = insert_ahead(st, a, seg->seq, seg->data, seg->length);
	r = range_with(a, seg->seq);
	if (r)
		note_recent(a, r->begin);
	if (seg->flags & IRL_TCP_FIN) {
		a->has_fin = true;
		a->fin = seg->seq + seg->length;
	}
	if (kept) {
		h->last_rx = irl_tick(st->now_ns);
		if (tally->out_of_order < 0xffff)
			tally->out_of_order++;
	} else if (seg->length) {
		if (tally->duplicates < 0xffff)
			tally->duplicates++;
		a->twice = (struct irl_range){seg->seq, seg->seq + seg->length};
	}
}

/* ---- in order ----------------------------------------------------------- */

static void advance(struct irl_tcp_stack *st, uint32_t c, uint32_t n)
{
	struct irl_hot *h = &st->hot[c];

	irl_seq_advance(&h->rcv_nxt, n, &st->cold[c].received_high);
	h->readable += n;
}

/* Take in what a filled gap sets free. */
static void join_ahead(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_ahead *a = irl_ahead_of(st, h);

	while (a && a->count && a->range[0].begin == h->rcv_nxt) {
		uint32_t n = a->range[0].end - a->range[0].begin;

		irl_queue_join(&st->pool, &h->rx, a->range[0].queue);
		a->bytes -= n;
		remove_range(a, 0);
		advance(st, c, n);
	}
}

static uint32_t append(struct irl_tcp_stack *st, struct irl_hot *h,
		       const uint8_t *bytes, uint32_t n)
{
	uint32_t done = irl_queue_append(&st->pool, &h->rx, bytes, n);

	/* What others hold ahead of gaps goes first. */
	if (done < n) {
		irl_reclaim(st);
		done +=
		    irl_queue_append(&st->pool, &h->rx, bytes + done, n - done);
	}
	return done;
}

/* [rcv_nxt, rcv_nxt + n) as far as there is memory; ranges ahead stand. */
static bool take_in_order(struct irl_tcp_stack *st, uint32_t c,
			  const uint8_t *bytes, uint32_t n)
{
	struct irl_hot *h = &st->hot[c];
	uint32_t end = h->rcv_nxt + n;

	while (irl_seq_before(h->rcv_nxt, end)) {
		struct irl_ahead *a = irl_ahead_of(st, h);
		uint32_t stop = end, from = h->rcv_nxt, done;

		if (a && a->count && irl_seq_before(a->range[0].begin, end))
			stop = a->range[0].begin;
		done = append(st, h, bytes, stop - from);
		advance(st, c, done);
		if (done < stop - from) {
			irl_count(st, IRL_TCP_N_NO_BUFFER);
			return false;
		}
		join_ahead(st, c);
		bytes += h->rcv_nxt - from;
	}
	return true;
}

/* So early a sender's window may still grow by the ACK. */
static bool is_young(const struct irl_tcp_stack *st, uint32_t c)
{
	const struct irl_cold *cold = &st->cold[c];
	uint64_t since = cold->since | (uint64_t)cold->since_high << 32;
	uint64_t round = cold->srtt ? cold->srtt : IRL_SECOND_MICRO;

	return (st->now_ns >> 10) - since < 16 * round;
}

/* Whether the second segment may wait for more, as the user asked for: not with
 * a PSH, whose sender may have no more, nor for a quarter of the window. */
static bool may_stretch(const struct irl_tcp_stack *st, uint32_t c,
			uint8_t flags)
{
	const struct irl_hot *h = &st->hot[c];
	uint32_t owed = irl_ack_owed(h);

	return st->o.ack_segments > 2 && !(flags & IRL_TCP_PSH) &&
	       owed < st->o.ack_segments * irl_payload_max(st, h) &&
	       owed < (h->rcv_adv - h->ack_sent) / 4 && !is_young(st, c);
}

/* RFC 9293, 3.8.6.3 (SHLD-18, 19): at once for every second segment, or when
 * there is or was a gap; else in a while, at most half a second. */
static void plan_ack(struct irl_tcp_stack *st, uint32_t c, uint8_t flags,
		     bool gap)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_ahead *a = irl_ahead_of(st, h);
	bool second = h->flags & IRL_F_ACK_LATER && !may_stretch(st, c, flags);

	if (gap && a && h->flags & IRL_F_SACK && a->owed < 255)
		a->owed++;
	if (gap || second || st->o.ack_segments == 1 ||
	    st->o.delayed_ack_ns == 1)
		h->flags |= IRL_F_ACK_NOW;
	else
		h->flags |= IRL_F_ACK_LATER;
}

/* Of a segment that is old in part, that part (RFC 2883, 4.2). */
static void report_old_part(struct irl_tcp_stack *st, struct irl_hot *h,
			    uint32_t begin, uint32_t end)
{
	struct irl_ahead *a =
	    h->flags & IRL_F_SACK ? irl_ahead_need(st, h) : NULL;

	if (!a)
		return;
	a->twice = (struct irl_range){begin, end};
	h->flags |= IRL_F_ACK_NOW;
}

static void note_progress(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_tally *tally = irl_tally(st, c);

	st->hot[c].last_rx = irl_tick(st->now_ns);
	if (!tally->first_byte)
		tally->first_byte =
		    irl_most(irl_micro(st->now_ns) - st->cold[c].since, 1);
	irl_event(st, c, IRL_TCP_READABLE);
}

/* The FIN at rcv_nxt. */
static void take_fin(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];

	irl_seq_advance(&h->rcv_nxt, 1, &st->cold[c].received_high);
	h->rcv_adv = irl_seq_later(h->rcv_adv, h->rcv_nxt);
	h->flags |= IRL_F_ACK_NOW | IRL_F_ENDED;
	h->last_rx = irl_tick(st->now_ns);
	irl_ahead_clear(st, h);
	irl_event(st, c, IRL_TCP_ENDED);
	irl_conn_fin_taken(st, c);
}

static void after_in_order(struct irl_tcp_stack *st, uint32_t c, bool fin)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_ahead *a = irl_ahead_of(st, h);

	if (a && a->has_fin && a->fin == h->rcv_nxt)
		fin = true;
	if (fin)
		take_fin(st, c);
	else if (a && !a->count && !a->has_fin &&
		 a->twice.begin == a->twice.end &&
		 !(h->flags & IRL_F_SACK && a->owed))
		irl_ahead_clear(st, h);
}

void irl_receive(struct irl_tcp_stack *st, uint32_t c,
		 const struct irl_segment *seg)
{
	struct irl_hot *h = &st->hot[c];
	uint32_t seq = seg->seq + (seg->flags & IRL_TCP_SYN ? 1 : 0);
	uint32_t skip = 0, length = seg->length, room, before = h->rcv_nxt;
	bool fin = seg->flags & IRL_TCP_FIN, gap = h->ahead != 0;

	if (irl_seq_before(seq, h->rcv_nxt))
		skip = irl_least(h->rcv_nxt - seq, length);
	seq += skip;
	length -= skip;
	room = irl_seq_before(seq, h->rcv_adv) ? h->rcv_adv - seq : 0;
	if (skip && length)
		report_old_part(st, h, seq - skip, seq);
	if (length > room) {
		length = room;
		fin = false;
	}
	if (seq != h->rcv_nxt) {
		struct irl_segment part = *seg;

		part.seq = seq;
		part.data = seg->data + skip;
		part.length = length;
		part.flags = fin ? IRL_TCP_FIN : 0;
		take_ahead(st, c, &part);
	} else {
		if (length && !take_in_order(st, c, seg->data + skip, length))
			h->flags |= IRL_F_ACK_NOW;
		if (h->rcv_nxt != before) {
			plan_ack(st, c, seg->flags, gap);
			note_progress(st, c);
		}
		after_in_order(st, c, fin && seq + length == h->rcv_nxt);
	}
	irl_dirty(st, c);
}
