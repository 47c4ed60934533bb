/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What always holds in a stack, looked at from inside: the states of all
 * connections are possible, every list and counter agrees with them, every
 * chunk of memory has exactly one owner.  Returns NULL, or what is wrong.
 */
#ifndef IRL_TESTS_TCP_CHECK_H
#define IRL_TESTS_TCP_CHECK_H

#include "tcp/stack.h"

#define TCP_HOLDS(x)                                                           \
	do {                                                                   \
		if (!(x))                                                      \
			return #x;                                             \
	} while (0)

struct tcp_tally {
	uint32_t chunks, blocks, half_open, open, armed, ended;
};

static inline const char *check_queue(const struct irl_tcp_stack *st,
				      uint32_t queue, uint32_t bytes,
				      struct tcp_tally *t)
{
	uint32_t sum = 0, last = queue, tail = 0;

	if (queue)
		tail =
		    ((struct irl_piece *)irl_buffer_at(&st->pool, queue))->tail;
	for (; queue;
	     last = queue,
	     queue =
		 ((struct irl_piece *)irl_buffer_at(&st->pool, queue))->next) {
		struct irl_piece *piece = irl_buffer_at(&st->pool, queue);

		TCP_HOLDS(piece->begin < piece->end);
		sum += piece->end - piece->begin;
		if (queue & IRL_HANDLE_BLOCK)
			t->blocks++;
		else
			t->chunks++;
		TCP_HOLDS(piece->next || queue == tail);
	}
	(void)last;
	TCP_HOLDS(sum == bytes);
	return NULL;
}

static inline const char *check_ahead(const struct irl_tcp_stack *st,
				      const struct irl_hot *h,
				      struct tcp_tally *t)
{
	const struct irl_ahead *a = irl_ahead_of(st, h);
	uint32_t at = h->rcv_nxt, bytes = 0;

	if (!a)
		return NULL;
	t->chunks++;
	TCP_HOLDS(a->count <= IRL_AHEAD_RANGES);
	for (unsigned i = 0; i < a->count; i++) {
		const struct irl_ahead_range *r = &a->range[i];
		const char *wrong;

		TCP_HOLDS(irl_seq_before(at, r->begin));
		TCP_HOLDS(irl_seq_before(r->begin, r->end));
		at = r->end;
		bytes += r->end - r->begin;
		wrong = check_queue(st, r->queue, r->end - r->begin, t);
		if (wrong)
			return wrong;
	}
	TCP_HOLDS(bytes == a->bytes);
	TCP_HOLDS(!irl_seq_before(h->rcv_adv, at));
	return NULL;
}

static inline const char *check_tx(const struct irl_tcp_stack *st,
				   const struct irl_hot *h, struct tcp_tally *t)
{
	const struct irl_tx *tx = irl_tx_of(st, h);
	const struct irl_board *b;

	if (!tx)
		return NULL;
	t->blocks++;
	TCP_HOLDS(tx->first_left <= tx->queued);
	TCP_HOLDS(tx->cwnd >= 1);
	TCP_HOLDS(h->nxt - h->una <= tx->queued + 1);
	b = irl_board_of(st, tx);
	if (b) {
		t->chunks++;
		TCP_HOLDS(b->count && b->count <= IRL_BOARD_MARKS);
		TCP_HOLDS(b->mark[0].begin == h->una);
		TCP_HOLDS(b->mark[0].how != IRL_MARK_SACKED);
		for (uint32_t i = 1; i < b->count; i++)
			TCP_HOLDS(irl_seq_before(b->mark[i - 1].begin,
						 b->mark[i].begin));
		TCP_HOLDS(irl_seq_before(b->mark[b->count - 1].begin, h->nxt));
	}
	return check_queue(st, tx->queue, tx->queued - tx->first_left, t);
}

static inline const char *check_body(const struct irl_tcp_stack *st, uint32_t s,
				     struct tcp_tally *t)
{
	uint32_t c = st->stub[s].body;
	const struct irl_hot *h = &st->hot[c];
	const char *wrong;

	TCP_HOLDS(c < st->body_fresh && h->stub == s);
	TCP_HOLDS(irl_seq_diff(h->nxt, h->una) >= 0);
	TCP_HOLDS(irl_seq_diff(h->rcv_adv, h->rcv_nxt) >= 0);
	TCP_HOLDS(!h->events || h->flags & IRL_F_LISTED);
	TCP_HOLDS(h->readable <= st->o.receive_bytes + (1u << 15) + 65535);
	if (h->state == IRL_CONN_CLOSED) {
		TCP_HOLDS(!h->tx && !h->ahead);
		TCP_HOLDS(h->flags &
			  (IRL_F_DIRTY | IRL_F_LISTED | IRL_F_GRAVE));
	} else {
		t->open++;
		TCP_HOLDS(h->una == h->nxt || h->flags & IRL_F_RTO ||
			  h->flags & IRL_F_DIRTY);
		TCP_HOLDS(!(h->flags & IRL_F_RTO) || st->cold[c].timer.link.b);
		TCP_HOLDS(!(h->flags & IRL_F_ACK_LATER) ||
			  st->cold[c].timer.link.b || h->flags & IRL_F_DIRTY);
		TCP_HOLDS(!(h->flags & IRL_F_ACK_NOW) ||
			  h->flags & IRL_F_DIRTY);
	}
	wrong = check_queue(st, h->rx, h->readable, t);
	if (!wrong)
		wrong = check_ahead(st, h, t);
	return wrong ? wrong : check_tx(st, h, t);
}

static inline const char *check_stack(const struct irl_tcp_stack *st)
{
	struct tcp_tally t = {0};
	uint32_t carved = 0, in_blocks = 0;

	for (uint32_t s = 0; s < st->stub_fresh; s++) {
		uint8_t state = irl_stub_state(st, s);
		const char *wrong = NULL;

		if (state == IRL_STUB_FULL)
			wrong = check_body(st, s, &t);
		else if (state == IRL_STUB_SEND || state == IRL_STUB_WAIT)
			t.half_open++;
		if (wrong)
			return wrong;
	}
	for (uint32_t c = 0; c < st->body_fresh; c++)
		t.armed += st->cold[c].timer.link.b;
	for (uint32_t c = st->pool.carved[0].next; c;
	     c = st->pool.carved[c].next) {
		carved++;
		in_blocks +=
		    (uint32_t)__builtin_popcount(st->pool.carved[c].used);
	}
	/* The other carved chunks are full. */
	TCP_HOLDS(t.blocks >= in_blocks && (t.blocks - in_blocks) % 8 == 0);
	TCP_HOLDS(st->pool.in_use ==
		  t.chunks + carved + (t.blocks - in_blocks) / 8);
	TCP_HOLDS(st->pool.in_use <= st->pool.chunks);
	TCP_HOLDS(t.half_open == st->stats.half_open);
	TCP_HOLDS(t.open == st->stats.open);
	TCP_HOLDS(t.armed == st->wheel.armed);
	TCP_HOLDS(st->index.count == t.open + t.half_open);
	TCP_HOLDS(st->wait_index.count == st->wait_live);
	return NULL;
}

#endif
