// SPDX-License-Identifier: BSD-2-Clause
/* Segments out: what was decided, one burst a connection in turn. */
#include <string.h>
#include "tcp/stack.h"

#define BURST 16u

/* Where frames go. */
struct sink {
	struct irl_frame *frame;
	unsigned count, max;
};

/* ---- what waits to be sent ---------------------------------------------- */

void irl_dirty(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	uint32_t s = h->stub;

	if (h->flags & IRL_F_DIRTY)
		return;
	h->flags |= IRL_F_DIRTY;
	st->stub[s].link.prev = IRL_LINK_NONE;
	if (st->dirty_first == IRL_CONN_NONE)
		st->dirty_first = s;
	else
		st->stub[st->dirty_last].link.prev = s & IRL_LINK_MASK;
	st->dirty_last = s;
}

static uint32_t pop_dirty(struct irl_tcp_stack *st)
{
	uint32_t s = st->dirty_first, next = st->stub[s].link.prev;
	uint32_t c = st->stub[s].body;

	st->dirty_first = next == IRL_LINK_NONE ? IRL_CONN_NONE : next;
	st->hot[c].flags &= (uint16_t)~IRL_F_DIRTY;
	return c;
}

void irl_reply_add(struct irl_tcp_stack *st, const struct irl_reply *reply)
{
	if (st->reply_count == IRL_REPLIES)
		return; /* it is lost, as any segment may be */
	st->reply[(st->reply_first + st->reply_count++) % IRL_REPLIES] = *reply;
}

/* RFC 9293, 3.10.7.1. */
static struct irl_reply rst_for(const struct irl_segment *seg)
{
	struct irl_reply rst = {.ends = seg->ends, .flags = IRL_TCP_RST};

	if (seg->flags & IRL_TCP_ACK) {
		rst.seq = seg->ack;
	} else {
		rst.flags |= IRL_TCP_ACK;
		rst.ack = seg->seq + seg->length +
			  (seg->flags & IRL_TCP_SYN ? 1 : 0) +
			  (seg->flags & IRL_TCP_FIN ? 1 : 0);
	}
	return rst;
}

void irl_reply_rst(struct irl_tcp_stack *st, const struct irl_segment *seg)
{
	const struct irl_reply rst = rst_for(seg);

	irl_reply_add(st, &rst);
}

/* ---- options ------------------------------------------------------------ */

static void put(struct irl_segment_out *out, uint8_t byte)
{
	out->options[out->option_bytes++] = byte;
}

static void put32(struct irl_segment_out *out, uint32_t v)
{
	irl_be32 wire = irl_wire32(v);

	memcpy(out->options + out->option_bytes, &wire, sizeof(wire));
	out->option_bytes += 4;
}

/* Our clock as the peer sees it (RFC 7323, 5.4), per pair of ends: mixed, since
 * half of their hash is the initial sequence number. */
static uint32_t ts_value(const struct irl_tcp_stack *st, uint64_t hash)
{
	uint32_t now = irl_tick(st->now_ns);

	if (st->o.timestamps_first)
		return now - irl_tick(st->o.timestamps_from_ns) +
		       st->o.timestamps_first;
	return now + (uint32_t)(hash * 0x9e3779b97f4a7c15ull >> 32);
}

static void put_timestamps(const struct irl_tcp_stack *st,
			   struct irl_segment_out *out, uint64_t hash,
			   uint32_t echo)
{
	put(out, 8);
	put(out, 10);
	put32(out, ts_value(st, hash));
	put32(out, echo);
}

/* The options of a SYN, in the order that Linux has them. */
static void syn_options(const struct irl_tcp_stack *st,
			struct irl_segment_out *out, uint64_t hash,
			const struct irl_tcp_offer *offer, uint32_t echo)
{
	uint16_t mss = offer->mss;

	if (mss && out->ends->v6 && mss + 60 > st->o.mtu)
		mss = (uint16_t)(st->o.mtu - 60);
	if (mss) {
		put(out, 2);
		put(out, 4);
		put(out, (uint8_t)(mss >> 8));
		put(out, (uint8_t)mss);
	}
	if (offer->sack) {
		put(out, 4);
		put(out, 2);
	} else if (offer->timestamps) {
		put(out, 1);
		put(out, 1);
	}
	if (offer->timestamps)
		put_timestamps(st, out, hash, echo);
	if (offer->scale >= 0) {
		if (out->option_bytes % 4 == 0)
			put(out, 1);
		put(out, 3);
		put(out, 3);
		put(out, (uint8_t)offer->scale);
	}
	while (out->option_bytes % 4)
		put(out, 1);
}

static void put_blocks(struct irl_segment_out *out,
		       const struct irl_range *block, uint32_t n)
{
	if (!n)
		return;
	put(out, 1);
	put(out, 1);
	put(out, 5);
	put(out, (uint8_t)(2 + 8 * n));
	for (uint32_t i = 0; i < n; i++) {
		put32(out, block[i].begin);
		put32(out, block[i].end);
	}
}

static uint32_t blocks_max(const struct irl_hot *h)
{
	return h->flags & IRL_F_TIMESTAMPS ? 3 : 4;
}

/* Of a further ACK: the ranges in turn. */
static void sack_further(const struct irl_hot *h, struct irl_ahead *a,
			 struct irl_segment_out *out)
{
	struct irl_range block[4];
	uint32_t n = irl_least(blocks_max(h), a->count);

	for (uint32_t i = 0; i < n; i++) {
		const struct irl_ahead_range *r = &a->range[a->told % a->count];

		block[i] = (struct irl_range){r->begin, r->end};
		a->told = (uint8_t)((a->told + 1u) % a->count);
	}
	put_blocks(out, block, n);
}

/* RFC 2018, 4: the range that grew last first; RFC 2883: a duplicate before. */
static void sack_option(const struct irl_hot *h, const struct irl_ahead *a,
			struct irl_segment_out *out)
{
	struct irl_range block[4];
	uint32_t most = blocks_max(h), n = 0;

	if (a->twice.begin != a->twice.end)
		block[n++] = a->twice;
	for (uint32_t i = 0; i < 3; i++)
		for (uint32_t k = 0; k < a->count; k++)
			if (a->recent[i] == a->range[k].begin)
				block[n++] = (struct irl_range){
				    a->range[k].begin, a->range[k].end};
	for (uint32_t k = 0; k < a->count && n < most; k++)
		if (a->range[k].begin != a->recent[0] &&
		    a->range[k].begin != a->recent[1] &&
		    a->range[k].begin != a->recent[2])
			block[n++] = (struct irl_range){a->range[k].begin,
							a->range[k].end};
	put_blocks(out, block, irl_least(n, most));
}

/* ---- one segment -------------------------------------------------------- */

static void emit(struct irl_tcp_stack *st, struct sink *sink,
		 const struct irl_segment_out *out)
{
	struct irl_frame *frame = &sink->frame[sink->count++];

	frame->length = irl_segment_write(st, frame->data, out);
	frame->flags = 0;
	irl_count(st, IRL_TCP_N_SENT);
	if (out->flags & IRL_TCP_RST)
		irl_count(st, IRL_TCP_N_RST_SENT);
}

/* The window as the header says it; what is announced is kept to. */
static uint16_t announce(const struct irl_tcp_stack *st, struct irl_hot *h,
			 bool syn)
{
	uint32_t shift = h->scales >> 4, window, edge, field;

	if (shift == IRL_SCALE_NONE || syn)
		shift = 0;
	edge = irl_receive_edge(st, h);
	window = edge - h->rcv_nxt;
	/* Rounded up: an edge that was announced never moves back. */
	field = irl_least((window + (1u << shift) - 1) >> shift, 65535);
	h->rcv_adv = irl_seq_later(h->rcv_adv, h->rcv_nxt + (field << shift));
	return (uint16_t)field;
}

static void begin(const struct irl_tcp_stack *st, uint32_t c,
		  struct irl_ends *ends, struct irl_segment_out *out,
		  uint8_t flags)
{
	irl_stub_ends(st, st->hot[c].stub, ends);
	out->ends = ends;
	out->seq = st->hot[c].nxt;
	out->ack = st->hot[c].rcv_nxt;
	out->flags = flags;
	out->option_bytes = 0;
	out->length = 0;
	out->window = 0;
}

/* Timestamps and SACK: what every segment has. */
static void add_options(const struct irl_tcp_stack *st, struct irl_hot *h,
			struct irl_segment_out *out, bool further)
{
	struct irl_ahead *a = irl_ahead_of(st, h);

	if (h->flags & IRL_F_TIMESTAMPS) {
		put(out, 1);
		put(out, 1);
		put_timestamps(st, out, irl_ends_hash(st, out->ends),
			       h->ts_recent);
	}
	if (a && h->flags & IRL_F_SACK && further)
		sack_further(h, a, out);
	else if (a && h->flags & IRL_F_SACK)
		sack_option(h, a, out);
}

/* The segment told the peer all there is to tell. */
static void acked(struct irl_tcp_stack *st, struct irl_hot *h)
{
	struct irl_ahead *a = irl_ahead_of(st, h);

	h->flags &= (uint16_t) ~(IRL_F_ACK_NOW | IRL_F_ACK_LATER);
	h->ack_sent = h->rcv_nxt;
	if (!a)
		return;
	a->twice.end = a->twice.begin;
	a->owed = 0;
	if (!a->count && !a->has_fin)
		irl_ahead_clear(st, h);
}

static void send_ack_at(struct irl_tcp_stack *st, struct sink *sink, uint32_t c,
			uint32_t seq, bool further)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_segment_out out;
	struct irl_ends ends;

	begin(st, c, &ends, &out, IRL_TCP_ACK);
	out.seq = seq;
	add_options(st, h, &out, further);
	out.window = announce(st, h, false);
	irl_tally(st, c)->segments_out++;
	h->silent = 0;
	emit(st, sink, &out);
	acked(st, h);
}

static void send_ack(struct irl_tcp_stack *st, struct sink *sink, uint32_t c)
{
	send_ack_at(st, sink, c, st->hot[c].nxt, false);
}

static void send_rst(struct irl_tcp_stack *st, struct sink *sink, uint32_t c)
{
	struct irl_segment_out out;
	struct irl_ends ends;

	begin(st, c, &ends, &out, IRL_TCP_RST | IRL_TCP_ACK);
	irl_tally(st, c)->segments_out++;
	emit(st, sink, &out);
}

static void note_again(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_tally *tally = irl_tally(st, c);

	if (tally->retransmits < 0xffff)
		tally->retransmits++;
	irl_count(st, IRL_TCP_N_RETRANSMITTED);
}

/* Simultaneous open: our SYN once more, with an ACK. */
static void send_syn_ack(struct irl_tcp_stack *st, struct sink *sink,
			 uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tcp_offer offer = st->o.offer;
	struct irl_segment_out out;
	struct irl_ends ends;

	begin(st, c, &ends, &out, IRL_TCP_SYN | IRL_TCP_ACK);
	out.seq = h->una;
	offer.sack = h->flags & IRL_F_SACK;
	offer.timestamps = h->flags & IRL_F_TIMESTAMPS;
	if (h->scales >> 4 == IRL_SCALE_NONE)
		offer.scale = -1;
	syn_options(st, &out, irl_ends_hash(st, &ends), &offer, h->ts_recent);
	out.window = announce(st, h, true);
	irl_tally(st, c)->segments_out++;
	note_again(st, c);
	emit(st, sink, &out);
	acked(st, h);
}

/* ---- data --------------------------------------------------------------- */

/* A stretch of the sequence space to send. */
struct stretch {
	uint32_t seq, length;
	bool fin, again, sizing;
	bool tail; /* a probe (RFC 8985, 7.3) */
};

static uint32_t room_for_data(const struct irl_tcp_stack *st,
			      const struct irl_hot *h)
{
	const struct irl_ahead *a = irl_ahead_of(st, h);
	uint32_t most = irl_payload_max(st, h), n;

	if (!a || !(h->flags & IRL_F_SACK))
		return most;
	n = a->count + (a->twice.begin != a->twice.end ? 1u : 0u);
	n = irl_least(n, h->flags & IRL_F_TIMESTAMPS ? 3 : 4);
	n = n ? 4 + 8 * n : 0;
	return most - n; /* the least MSS, 64, has room for all blocks */
}

/* The FIN follows the data at @end of the stretch. */
static bool fin_at(const struct irl_hot *h, const struct irl_tx *tx,
		   uint32_t end)
{
	return h->flags & IRL_F_FIN && end == h->una + irl_queued(tx);
}

static bool next_again(const struct irl_tcp_stack *st, const struct irl_hot *h,
		       const struct irl_tx *tx, struct stretch *out)
{
	uint32_t data = h->una + tx->queued, most = room_for_data(st, h);
	struct irl_range hole;

	if (!irl_next_hole(st, h, tx, &hole))
		return false;
	/* The first one after a loss goes out whatever the pipe holds. */
	if (hole.begin != h->una &&
	    irl_pipe(st, h, tx) + irl_least(most, hole.end - hole.begin) >
		tx->cwnd)
		return false;
	*out = (struct stretch){.seq = hole.begin, .again = true};
	out->length = irl_least(most, hole.end - hole.begin);
	out->length = irl_least(out->length, data - hole.begin);
	out->fin = h->flags & IRL_F_FIN_SENT &&
		   fin_at(h, tx, hole.begin + out->length);
	return true;
}

/* RFC 4821, 7.4: of the size that a black hole was suspected for, once smaller
 * ones have got through; 0: none is tried now. */
static uint32_t size_to_try(const struct irl_tcp_stack *st,
			    const struct irl_hot *h, const struct irl_tx *tx,
			    uint32_t most)
{
	uint32_t size = room_for_data(st, h) + tx->mss_path - h->mss;

	if (h->mss >= tx->mss_path || tx->mode != IRL_TX_OPEN || tx->timing ||
	    !(tx->small_acked >> tx->sizes_lost) || most < size)
		return 0;
	return size;
}

static bool next_new(const struct irl_tcp_stack *st, const struct irl_hot *h,
		     const struct irl_tx *tx, struct stretch *out)
{
	uint32_t out_now = h->nxt - h->una, left, usable, n, pipe;
	uint32_t most = room_for_data(st, h);

	if (h->flags & IRL_F_FIN_SENT)
		return false;
	left = irl_queued(tx) - irl_least(out_now, irl_queued(tx));
	*out = (struct stretch){.seq = h->nxt};
	if (!tx || !left) {
		out->fin = h->flags & IRL_F_FIN;
		out->again = out->fin && !tx && h->backoff;
		return out->fin;
	}
	pipe = irl_pipe(st, h, tx);
	usable = h->snd_wnd - irl_least(out_now, h->snd_wnd);
	usable = irl_least(usable, tx->cwnd - irl_least(pipe, tx->cwnd));
	n = size_to_try(st, h, tx, irl_least(left, usable));
	out->sizing = n;
	if (!n)
		n = irl_least(irl_least(left, most), usable);
	/* RFC 9293, 3.8.6.2.1: a full segment, all there is, or half of the
	 * largest window seen; a probe sends what it may. */
	if (tx->probe && !out_now)
		n = irl_most(n, 1);
	else if (!n || (n < left && n < irl_least(tx->max_wnd / 2, most)))
		return false;
	out->length = n;
	out->fin = fin_at(h, tx, h->nxt + n);
	return true;
}

/* RFC 8985, 7.3: new data that the peer's window takes, or the last segment. */
static void next_tail(const struct irl_tcp_stack *st, const struct irl_hot *h,
		      const struct irl_tx *tx, struct stretch *out)
{
	uint32_t out_now = h->nxt - h->una, most = room_for_data(st, h);
	uint32_t left = tx->queued - irl_least(out_now, tx->queued);
	uint32_t usable = h->snd_wnd - irl_least(out_now, h->snd_wnd);
	uint32_t sent = irl_least(out_now, tx->queued);

	*out = (struct stretch){.seq = h->nxt, .tail = true};
	out->length = irl_least(irl_least(left, most), usable);
	if (!out->length) {
		out->again = true;
		out->length = irl_least(most, sent);
		out->seq = h->una + sent - out->length;
	}
	out->fin = (h->flags & IRL_F_FIN_SENT || !out->again) &&
		   fin_at(h, tx, out->seq + out->length);
}

static bool next_stretch(const struct irl_tcp_stack *st,
			 const struct irl_hot *h, struct stretch *out)
{
	const struct irl_tx *tx = irl_tx_of(st, h);

	if (tx && tx->probe_tail) {
		next_tail(st, h, tx, out);
		return true;
	}
	if (tx && next_again(st, h, tx, out))
		return true;
	return next_new(st, h, tx, out);
}

static void copy_data(const struct irl_tcp_stack *st, const struct irl_tx *tx,
		      uint32_t offset, uint8_t *to, uint32_t n)
{
	if (offset < tx->first_left) {
		uint32_t k = irl_least(n, tx->first_left - offset);

		memcpy(to, tx->first + offset, k);
		to += k;
		n -= k;
		offset = 0;
	} else {
		offset -= tx->first_left;
	}
	irl_queue_peek(&st->pool, tx->queue, offset, to, n);
}

static void note_on_board(struct irl_tcp_stack *st, const struct irl_hot *h,
			  const struct irl_tx *tx,
			  const struct irl_range *range)
{
	struct irl_board *b = irl_board_of(st, tx);

	if (range->begin == h->nxt)
		irl_board_new(st, b, h->nxt);
	else
		irl_board_again(st, b, h->nxt, range);
}

static void note_sent(struct irl_tcp_stack *st, uint32_t c,
		      const struct stretch *what)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx = irl_tx_of(st, h);
	uint32_t end = what->seq + what->length + (what->fin ? 1 : 0);

	irl_tally(st, c)->segments_out++;
	if (what->again)
		note_again(st, c);
	if (what->tail) {
		tx->probe_tail = false;
		tx->probing = true;
		tx->probe_again = what->again;
		tx->probed = irl_seq_later(h->nxt, end);
	}
	if (tx && what->again) {
		tx->resend = false;
		irl_untime(tx);
	} else if (tx && !tx->timing) {
		tx->timing = true;
		tx->sizing = what->sizing;
		tx->timed_seq = end;
		tx->timed_at = irl_micro(st->now_ns);
	}
	if (tx && tx->board)
		note_on_board(st, h, tx, &(struct irl_range){what->seq, end});
	if (what->length)
		tx->probe = false;
	if (what->fin)
		h->flags |= IRL_F_FIN_SENT;
	h->nxt = irl_seq_later(h->nxt, end);
	if (!(h->flags & IRL_F_RTO))
		irl_rto_start(st, c);
}

static void send_stretch(struct irl_tcp_stack *st, struct sink *sink,
			 uint32_t c, const struct stretch *what)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx = irl_tx_of(st, h);
	struct irl_segment_out out;
	struct irl_ends ends;
	uint32_t offset = what->seq - h->una;

	begin(st, c, &ends, &out, IRL_TCP_ACK);
	add_options(st, h, &out, false);
	out.seq = what->seq;
	out.length = what->length;
	out.window = announce(st, h, false);
	if (what->length) {
		copy_data(st, tx, offset,
			  irl_segment_data(sink->frame[sink->count].data, &out),
			  what->length);
		if (offset + what->length == tx->queued) /* MUST-60, 61 */
			out.flags |= IRL_TCP_PSH;
	}
	if (what->fin)
		out.flags |= IRL_TCP_FIN;
	if (tx && h->silent)
		tx->rode = true;
	h->silent = 0;
	emit(st, sink, &out);
	acked(st, h);
	note_sent(st, c, what);
}

/* Queued, nothing in flight, and the window lets nothing go: wait for it. */
static void persist(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];

	if (irl_queued(irl_tx_of(st, h)) && !(h->flags & IRL_F_RTO))
		irl_rto_start(st, c);
}

/* ---- one connection's turn ---------------------------------------------- */

/* How many ACKs tell what a batch brought.  Without SACK one for each that came
 * early.  With it one for every third, with other ranges each, for they hold
 * three or four and may get lost; when there is no gap any more two at most:
 * three duplicates would tell of a loss. */
static uint32_t acks_owed(const struct irl_hot *h, const struct irl_ahead *a)
{
	uint32_t n;

	if (!a || !(h->flags & IRL_F_SACK))
		return a ? a->owed : 1;
	n = (a->owed + 2u) / 3;
	return a->count ? n : irl_least(n, 2);
}

static void send_owed(struct irl_tcp_stack *st, struct sink *sink, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	uint32_t owed = acks_owed(h, irl_ahead_of(st, h));

	send_ack(st, sink, c);
	for (; owed > 1 && sink->count < sink->max; owed--)
		send_ack_at(st, sink, c, h->nxt, true);
}

static bool turn_open(struct irl_tcp_stack *st, struct sink *sink, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	struct stretch what;
	unsigned n = 0;

	if (h->flags & IRL_F_AFTER && h->flags & IRL_F_ACK_NOW) {
		/* A server that kept nothing wants the number behind the SYN.
		 */
		send_ack_at(st, sink, c, h->una, false);
		h->flags &= (uint16_t)~IRL_F_AFTER;
	}
	while (sink->count < sink->max && n < BURST &&
	       next_stretch(st, h, &what)) {
		send_stretch(st, sink, c, &what);
		n++;
	}
	/* Nothing went that carries it, so there is room. */
	if (h->flags & IRL_F_ACK_NOW)
		send_owed(st, sink, c);
	if (n)
		irl_tail_start(st, c);
	if (next_stretch(st, h, &what))
		return true;
	persist(st, c);
	return irl_ack_wait(st, c);
}

/* True if it has more to send. */
static bool turn(struct irl_tcp_stack *st, struct sink *sink, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];

	switch (h->state) {
	case IRL_CONN_CLOSED:
		if (h->flags & IRL_F_RST)
			send_rst(st, sink, c);
		else if (h->flags & IRL_F_ACK_NOW)
			send_ack(st, sink, c);
		return false;
	case IRL_CONN_SYN_RECEIVED:
		if (h->flags & IRL_F_ACK_NOW)
			send_syn_ack(st, sink, c);
		return false;
	default:
		return turn_open(st, sink, c);
	}
}

static void output_conns(struct irl_tcp_stack *st, struct sink *sink)
{
	while (sink->count < sink->max && st->dirty_first != IRL_CONN_NONE) {
		uint32_t c = pop_dirty(st);

		if (turn(st, sink, c))
			irl_dirty(st, c);
		else
			irl_conn_bury(st, c);
	}
}

/* ---- SYNs and what has no connection ------------------------------------ */

static void send_syn(struct irl_tcp_stack *st, struct sink *sink, uint32_t s)
{
	struct irl_stub *stub = &st->stub[s];
	uint32_t level = IRL_STUB_LEVEL(st->stub[s].link.b);
	struct irl_segment_out out = {.flags = IRL_TCP_SYN};
	struct irl_ends ends;
	uint64_t hash;

	irl_list_remove(st->stub, s);
	irl_stub_set(st, s, IRL_STUB_WAIT);
	irl_list_append(st->stub, irl_level_list(st, level), s);
	if (!level)
		stub->syn_at = irl_micro(st->now_ns);
	irl_stub_ends(st, s, &ends);
	out.ends = &ends;
	hash = irl_ends_hash(st, &ends);
	out.seq = irl_stub_iss(st, stub, hash);
	out.window = (uint16_t)irl_least(st->o.receive_bytes, 65535);
	syn_options(st, &out, hash, &st->o.offer, 0);
	if (level)
		irl_count(st, IRL_TCP_N_RETRANSMITTED);
	emit(st, sink, &out);
}

static void output_syns(struct irl_tcp_stack *st, struct sink *sink)
{
	uint32_t list = irl_syn_list(st);

	while (sink->count < sink->max && !irl_list_empty(st->stub, list))
		send_syn(st, sink, st->stub[list].link.next);
}

static void send_reply(struct irl_tcp_stack *st, struct sink *sink,
		       const struct irl_reply *r)
{
	struct irl_segment_out out = {
	    .ends = &r->ends, .seq = r->seq, .ack = r->ack, .flags = r->flags};

	if (!(r->flags & IRL_TCP_RST))
		out.window = 65535; /* it was open until the FIN */
	if (r->timestamps) {
		put(&out, 1);
		put(&out, 1);
		put_timestamps(st, &out, irl_ends_hash(st, &r->ends),
			       r->ts_echo);
	}
	emit(st, sink, &out);
}

static void output_replies(struct irl_tcp_stack *st, struct sink *sink)
{
	while (sink->count < sink->max && st->reply_count) {
		send_reply(st, sink, &st->reply[st->reply_first]);
		st->reply_first = (st->reply_first + 1) % IRL_REPLIES;
		st->reply_count--;
	}
}

unsigned irl_tcp_output(struct irl_tcp_stack *st, struct irl_frame frames[],
			unsigned max, uint64_t now_ns)
{
	struct sink sink = {.frame = frames, .max = max};

	st->now_ns = now_ns;
	output_replies(st, &sink);
	output_conns(st, &sink);
	output_syns(st, &sink);
	return sink.count;
}

/* ---- strays ------------------------------------------------------------- */

uint32_t irl_tcp_refuse(struct irl_tcp_stack *st, const struct irl_frame *stray,
			uint8_t *frame)
{
	struct irl_frame out = {.data = frame};
	struct sink sink = {.frame = &out, .max = 1};
	struct irl_segment seg;
	struct irl_reply rst;
	enum irl_tcp_count why;

	if (irl_segment_parse(st, stray, &seg, &why) != IRL_TCP_TAKEN ||
	    seg.icmp || seg.flags & IRL_TCP_RST)
		return 0;
	rst = rst_for(&seg);
	send_reply(st, &sink, &rst);
	return out.length;
}
