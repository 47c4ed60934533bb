// SPDX-License-Identifier: BSD-2-Clause
/* What the peer says it has (RFC 2018) and what follows from it (RFC 6675).
 * All here is relative to una, so that nothing wraps. */
#include <string.h>
#include "tcp/stack.h"

#define DUP_THRESH 3u

void irl_sacked_clear(struct irl_tcp_stack *st, struct irl_tx *tx)
{
	if (tx->sacked)
		irl_buffer_give(&st->pool, tx->sacked);
	tx->sacked = 0;
}

static struct irl_sacked *need(struct irl_tcp_stack *st, struct irl_tx *tx)
{
	if (!tx->sacked) {
		tx->sacked = irl_buffer_block(&st->pool);
		if (!tx->sacked)
			return NULL;
		irl_sacked_of(st, tx)->count = 0;
	}
	return irl_sacked_of(st, tx);
}

static void remove_range(struct irl_sacked *s, uint32_t i)
{
	s->count--;
	memmove(&s->range[i], &s->range[i + 1],
		(s->count - i) * sizeof(s->range[0]));
}

void irl_sacked_add(struct irl_tcp_stack *st, struct irl_tx *tx, uint32_t una,
		    uint32_t nxt, uint32_t begin, uint32_t end)
{
	struct irl_sacked *s;
	uint32_t i = 0;

	/* Lies are passed over: the octet at una is not acknowledged, and what
	 * was not sent cannot have come.  So is D-SACK. */
	if (begin - una == 0 || begin - una >= nxt - una ||
	    end - una > nxt - una || end - una <= begin - una)
		return;
	s = need(st, tx);
	if (!s)
		return;
	while (i < s->count && s->range[i].end - una < begin - una)
		i++;
	while (i < s->count && s->range[i].begin - una <= end - una) {
		if (s->range[i].begin - una < begin - una)
			begin = s->range[i].begin;
		if (s->range[i].end - una > end - una)
			end = s->range[i].end;
		remove_range(s, i);
	}
	if (s->count == IRL_SACKED_RANGES)
		return; /* forgetting is safe: it is only sent again */
	memmove(&s->range[i + 1], &s->range[i],
		(s->count - i) * sizeof(s->range[0]));
	s->range[i] = (struct irl_range){begin, end};
	s->count++;
}

void irl_sacked_trim(struct irl_tcp_stack *st, struct irl_tx *tx, uint32_t una)
{
	struct irl_sacked *s = irl_sacked_of(st, tx);

	if (!s)
		return;
	while (s->count && !irl_seq_before(una, s->range[0].begin)) {
		/* It begins at una or before: whatever it said is void. */
		remove_range(s, 0);
	}
	if (!s->count)
		irl_sacked_clear(st, tx);
}

uint32_t irl_sacked_bytes(const struct irl_tcp_stack *st,
			  const struct irl_tx *tx)
{
	const struct irl_sacked *s = irl_sacked_of(st, tx);
	uint32_t sum = 0;

	for (uint32_t i = 0; s && i < s->count; i++)
		sum += s->range[i].end - s->range[i].begin;
	return sum;
}

/* RFC 6675, 4, IsLost: three ranges, or more than two segments' worth of
 * octets, arrived above it. */
bool irl_sacked_lost(const struct irl_tcp_stack *st, const struct irl_hot *h,
		     const struct irl_tx *tx, uint32_t seq)
{
	const struct irl_sacked *s = irl_sacked_of(st, tx);
	uint32_t above = 0, ranges = 0;

	if (tx->mode == IRL_TX_LOSS && irl_seq_before(seq, tx->recover))
		return true;
	for (uint32_t i = 0; s && i < s->count; i++) {
		if (!irl_seq_before(seq, s->range[i].begin))
			continue;
		ranges++;
		above += s->range[i].end - s->range[i].begin;
	}
	return ranges >= DUP_THRESH ||
	       above > (DUP_THRESH - 1) * irl_payload_max(st, h);
}

/* The gap at or behind @from: up to the next range, or to nxt. */
static bool gap(const struct irl_tcp_stack *st, const struct irl_hot *h,
		const struct irl_tx *tx, uint32_t from, struct irl_range *out)
{
	const struct irl_sacked *s = irl_sacked_of(st, tx);

	out->begin = from;
	out->end = h->nxt;
	for (uint32_t i = 0; s && i < s->count; i++) {
		if (irl_seq_before(out->begin, s->range[i].begin)) {
			out->end = s->range[i].begin;
			break;
		}
		out->begin = irl_seq_later(out->begin, s->range[i].end);
	}
	return irl_seq_before(out->begin, out->end);
}

static uint32_t overlap(const struct irl_range *r, uint32_t begin, uint32_t end)
{
	begin = irl_seq_later(begin, r->begin);
	end = irl_seq_before(end, r->end) ? end : r->end;
	return irl_seq_before(begin, end) ? end - begin : 0;
}

uint32_t irl_pipe(const struct irl_tcp_stack *st, const struct irl_hot *h,
		  const struct irl_tx *tx)
{
	uint32_t pipe = 0, at = h->una;
	struct irl_range r;

	if (!(h->flags & IRL_F_SACK) && tx->mode != IRL_TX_LOSS) {
		/* Each duplicate ACK is a segment that has left (RFC 5681);
		 * before loss is sure two of them at most (RFC 3042). */
		uint32_t out = h->nxt - h->una;
		uint32_t most = tx->mode == IRL_TX_OPEN ? 2 : UINT8_MAX;
		uint32_t gone =
		    irl_least(h->dupacks, most) * irl_payload_max(st, h);

		return out - irl_least(out, gone);
	}
	for (; gap(st, h, tx, at, &r); at = r.end) {
		uint32_t again = overlap(&r, h->una, tx->high_rxt);

		if (tx->mode == IRL_TX_LOSS)
			pipe += again + overlap(&r, tx->recover, h->nxt);
		else if (irl_sacked_lost(st, h, tx, r.begin))
			pipe += again;
		else
			pipe += r.end - r.begin + again;
	}
	return pipe;
}

bool irl_next_hole(const struct irl_tcp_stack *st, const struct irl_hot *h,
		   const struct irl_tx *tx, struct irl_range *out)
{
	uint32_t from = irl_seq_later(h->una, tx->high_rxt);

	if (tx->mode == IRL_TX_OPEN || !gap(st, h, tx, from, out) ||
	    !irl_seq_before(out->begin, tx->recover))
		return false;
	if (irl_seq_before(tx->recover, out->end))
		out->end = tx->recover;
	if (tx->mode == IRL_TX_LOSS || out->begin == h->una)
		return true;
	if (!(h->flags & IRL_F_SACK))
		return false; /* one a round trip (RFC 6582) */
	/* RFC 6675, NextSeg (1) and, below what arrived, (3). */
	return irl_sacked_lost(st, h, tx, out->begin);
}
