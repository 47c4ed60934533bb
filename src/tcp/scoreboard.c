// SPDX-License-Identifier: BSD-2-Clause
/* What became of what is in flight: RFC 2018, 6675, and 8985 (RACK). */
#include <string.h>
#include "tcp/stack.h"

#define DUP_THRESH 3u

void irl_board_clear(struct irl_tcp_stack *st, struct irl_tx *tx)
{
	if (tx->board)
		irl_buffer_give(&st->pool, tx->board);
	tx->board = 0;
}

struct irl_board *irl_board_need(struct irl_tcp_stack *st, uint32_t c,
				 uint32_t una)
{
	struct irl_tx *tx = irl_tx_of(st, &st->hot[c]);
	struct irl_board *b = irl_board_of(st, tx);
	/* When that was sent nobody noted: a round trip ago, in order. */
	uint32_t sent = irl_micro(st->now_ns) - st->cold[c].srtt;

	if (b)
		return b;
	tx->board = irl_buffer_chunk(&st->pool);
	b = irl_board_of(st, tx);
	if (!b)
		return NULL;
	b->count = 1;
	b->sent = sent;
	b->end = b->high = una;
	b->rtt = st->cold[c].srtt;
	b->mark[0] = (struct irl_mark){.begin = una, .sent = sent};
	return b;
}

/* ---- marks -------------------------------------------------------------- */

static uint32_t end_of(const struct irl_board *b, uint32_t i, uint32_t nxt)
{
	return i + 1 < b->count ? b->mark[i + 1].begin : nxt;
}

static void remove_marks(struct irl_board *b, uint32_t i, uint32_t n)
{
	b->count -= n;
	memmove(&b->mark[i], &b->mark[i + n],
		(b->count - i) * sizeof(b->mark[0]));
}

/* The mark that @seq stands in. */
static uint32_t find(const struct irl_board *b, uint32_t seq)
{
	uint32_t i = b->count - 1;

	while (i && irl_seq_before(seq, b->mark[i].begin))
		i--;
	return i;
}

/* Where a mark begins at @seq now; there is room for one more. */
static uint32_t split(struct irl_board *b, uint32_t seq, uint32_t nxt)
{
	uint32_t i;

	if (seq == nxt)
		return b->count;
	i = find(b, seq);
	if (b->mark[i].begin == seq)
		return i;
	memmove(&b->mark[i + 1], &b->mark[i],
		(b->count++ - i) * sizeof(b->mark[0]));
	b->mark[++i].begin = seq;
	return i;
}

static bool is_alike(const struct irl_mark *a, const struct irl_mark *b)
{
	return a->how == b->how && a->again == b->again && a->sent == b->sent;
}

static void join(struct irl_board *b, uint32_t i)
{
	if (i && i < b->count && is_alike(&b->mark[i - 1], &b->mark[i]))
		remove_marks(b, i, 1);
}

/* Mark from @begin to @end as @mark; false: they would become too many. */
static bool put(struct irl_board *b, uint32_t begin, uint32_t end, uint32_t nxt,
		struct irl_mark mark)
{
	uint32_t first, behind;

	if (b->count + 2 > IRL_BOARD_MARKS)
		return false;
	first = split(b, begin, nxt);
	behind = split(b, end, nxt);
	remove_marks(b, first + 1, behind - first - 1);
	mark.begin = begin;
	b->mark[first] = mark;
	join(b, first + 1);
	join(b, first);
	return true;
}

/* ---- what arrived ------------------------------------------------------- */

/* Whether a was sent after b: RFC 8985, 6.1. */
static bool is_after(uint32_t a_sent, uint32_t a_end, uint32_t b_sent,
		     uint32_t b_end)
{
	return irl_seq_before(b_sent, a_sent) ||
	       (a_sent == b_sent && irl_seq_before(b_end, a_end));
}

/* RFC 8985, 6.2, steps 2 and 3: @mark has arrived up to @end.  In place of
 * the least round trip, which nobody keeps, stand three quarters of the usual
 * one: an ACK that comes sooner is of what was sent before. */
static void arrive(struct irl_tcp_stack *st, uint32_t c, struct irl_board *b,
		   const struct irl_mark *mark, uint32_t end)
{
	uint32_t rtt = irl_micro(st->now_ns) - mark->sent;
	uint32_t usual = st->cold[c].srtt;

	if (mark->how == IRL_MARK_SACKED)
		return;
	if (!mark->again && irl_seq_before(end, b->high))
		irl_tx_of(st, &st->hot[c])->reordered = true;
	b->high = irl_seq_later(b->high, end);
	if (mark->again && rtt < usual - usual / 4)
		return;
	if (is_after(mark->sent, end, b->sent, b->end)) {
		b->sent = mark->sent;
		b->end = end;
		b->rtt = rtt;
	}
}

void irl_board_sacked(struct irl_tcp_stack *st, uint32_t c, uint32_t una,
		      const struct irl_range *range)
{
	const struct irl_mark sacked = {.how = IRL_MARK_SACKED};
	uint32_t nxt = st->hot[c].nxt;
	uint32_t begin = range->begin, end = range->end;
	struct irl_board *b;

	/* Lies are passed over: the octet at una is not acknowledged, and what
	 * was not sent cannot have come.  So is D-SACK. */
	if (begin - una == 0 || end - una > nxt - una ||
	    end - una <= begin - una)
		return;
	b = irl_board_need(st, c, una);
	if (!b)
		return;
	for (uint32_t i = find(b, begin);
	     i < b->count && irl_seq_before(b->mark[i].begin, end); i++) {
		uint32_t to = end_of(b, i, nxt);

		arrive(st, c, b, &b->mark[i],
		       irl_seq_before(end, to) ? end : to);
	}
	/* If it fails: forgetting is safe, it is only sent again. */
	put(b, begin, end, nxt, sacked);
}

void irl_board_acked(struct irl_tcp_stack *st, uint32_t c, uint32_t una)
{
	struct irl_tx *tx = irl_tx_of(st, &st->hot[c]);
	struct irl_board *b = irl_board_of(st, tx);
	uint32_t nxt = st->hot[c].nxt, gone = 0;

	if (!b || una == b->mark[0].begin)
		return;
	while (gone < b->count && irl_seq_before(b->mark[gone].begin, una)) {
		uint32_t to = end_of(b, gone, nxt);

		if (irl_seq_before(una, to))
			to = una;
		arrive(st, c, b, &b->mark[gone++], to);
	}
	if (!irl_seq_before(una, nxt)) {
		irl_board_clear(st, tx);
		return;
	}
	/* The last of them may go on behind una. */
	if (end_of(b, gone - 1, nxt) != una)
		gone--;
	remove_marks(b, 0, gone);
	b->mark[0].begin = una;
	if (b->mark[0].how == IRL_MARK_SACKED) { /* what it said is void */
		b->mark[0].how = IRL_MARK_OUT;
		b->mark[0].sent = b->sent;
	}
}

/* ---- what is lost ------------------------------------------------------- */

uint32_t irl_board_count(const struct irl_board *b, uint32_t nxt,
			 enum irl_mark_how how)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; b && i < b->count; i++)
		if (b->mark[i].how == how)
			sum += end_of(b, i, nxt) - b->mark[i].begin;
	return sum;
}

/* RFC 6675, 4: three ranges, or more than two segments' worth of octets. */
static bool is_plenty(const struct irl_board *b, uint32_t nxt, uint32_t segment)
{
	uint32_t ranges = 0;

	for (uint32_t i = 0; i < b->count; i++)
		ranges += b->mark[i].how == IRL_MARK_SACKED;
	return ranges >= DUP_THRESH ||
	       irl_board_count(b, nxt, IRL_MARK_SACKED) >
		   (DUP_THRESH - 1) * segment;
}

/* RFC 8985, 6.2, step 4; without what D-SACKs would teach it. */
static uint32_t patience(const struct irl_tcp_stack *st, uint32_t c,
			 const struct irl_board *b)
{
	const struct irl_hot *h = &st->hot[c];
	const struct irl_tx *tx = irl_tx_of(st, h);
	uint32_t usual = st->cold[c].srtt;

	if (!tx->reordered && (tx->mode != IRL_TX_OPEN ||
			       is_plenty(b, h->nxt, irl_payload_max(st, h))))
		return 0;
	return (usual ? usual : IRL_SECOND_MICRO) / 4;
}

/* RFC 8985, 6.2, step 5. */
uint32_t irl_board_detect(struct irl_tcp_stack *st, uint32_t c)
{
	const struct irl_hot *h = &st->hot[c];
	struct irl_board *b = irl_board_of(st, irl_tx_of(st, h));
	uint32_t now = irl_micro(st->now_ns), due, wait = 0;

	if (!b)
		return 0;
	due = b->rtt + patience(st, c, b);
	for (uint32_t i = 0; i < b->count; i++) {
		struct irl_mark *m = &b->mark[i];
		uint32_t left = m->sent + due - now;

		if (m->how != IRL_MARK_OUT ||
		    !is_after(b->sent, b->end, m->sent, end_of(b, i, h->nxt)))
			continue;
		if (left == 0 || left > INT32_MAX)
			m->how = IRL_MARK_LOST;
		else
			wait = irl_most(wait, left);
	}
	return wait;
}

/* RFC 6675, 5.1 and RFC 2018, 8: what was SACKed may be reneged.  Of its order
 * nothing is known from now on. */
void irl_board_lose_all(struct irl_board *b)
{
	for (uint32_t i = 0; i < b->count; i++) {
		b->mark[i].how = IRL_MARK_LOST;
		b->mark[i].again = true;
	}
}

void irl_board_lose_first(struct irl_board *b, uint32_t nxt, uint32_t bytes)
{
	struct irl_mark lost = b->mark[0];

	lost.how = IRL_MARK_LOST;
	bytes = irl_least(bytes, nxt - lost.begin);
	if (!put(b, lost.begin, lost.begin + bytes, nxt, lost))
		b->mark[0] = lost;
}

bool irl_board_hole(const struct irl_board *b, uint32_t nxt,
		    struct irl_range *out)
{
	uint32_t i = 0;

	while (i < b->count && b->mark[i].how != IRL_MARK_LOST)
		i++;
	if (i == b->count)
		return false;
	out->begin = b->mark[i].begin;
	while (i + 1 < b->count && b->mark[i + 1].how == IRL_MARK_LOST)
		i++;
	out->end = end_of(b, i, nxt);
	return true;
}

/* ---- what is sent ------------------------------------------------------- */

void irl_board_again(struct irl_tcp_stack *st, struct irl_board *b,
		     uint32_t nxt, const struct irl_range *range)
{
	struct irl_mark out = {.sent = irl_micro(st->now_ns), .again = true};
	struct irl_mark *mark;

	if (put(b, range->begin, range->end, nxt, out))
		return;
	/* All of that mark then: what is not out is found lost later. */
	mark = &b->mark[find(b, range->begin)];
	out.begin = mark->begin;
	*mark = out;
}

void irl_board_new(struct irl_tcp_stack *st, struct irl_board *b, uint32_t seq)
{
	struct irl_mark *last = &b->mark[b->count - 1];
	const struct irl_mark out = {.begin = seq,
				     .sent = irl_micro(st->now_ns)};

	/* Half of the marks are kept for what will arrive. */
	if (last->how == IRL_MARK_OUT && !last->again &&
	    (last->sent == out.sent || b->count >= IRL_BOARD_MARKS / 2))
		last->sent = out.sent;
	else if (b->count < IRL_BOARD_MARKS)
		b->mark[b->count++] = out;
	else
		*last = (struct irl_mark){
		    .begin = last->begin, .sent = out.sent, .again = true};
}
