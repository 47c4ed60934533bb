// SPDX-License-Identifier: BSD-2-Clause
/* The sender: what ACKs and timeouts do to it. */
#include "tcp/stack.h"

#define SSTHRESH_NONE UINT32_MAX

/* ---- the sender's block ------------------------------------------------- */

uint32_t irl_payload_max(const struct irl_tcp_stack *st,
			 const struct irl_hot *h)
{
	(void)st;
	return h->mss - (h->flags & IRL_F_TIMESTAMPS ? 12u : 0u);
}

/* RFC 6928, 2, with the number of segments as set. */
static uint32_t initial_window(const struct irl_tcp_stack *st,
			       const struct irl_hot *h)
{
	uint32_t n = h->flags & IRL_F_SYN_AGAIN ? 1 : st->o.initial_window;
	uint32_t mss = h->mss, most = 1460 * n;

	return irl_least(n * mss, irl_most(2 * mss, most));
}

struct irl_tx *irl_tx_need(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx;

	if (h->tx)
		return irl_tx_of(st, h);
	h->tx = irl_buffer_block(&st->pool);
	tx = irl_tx_of(st, h);
	if (tx)
		*tx = (struct irl_tx){
		    .cwnd = initial_window(st, h),
		    .ssthresh = SSTHRESH_NONE,
		    .recover = h->una - 1,
		    .max_wnd = h->snd_wnd,
		};
	return tx;
}

void irl_tx_drop(struct irl_tcp_stack *st, struct irl_hot *h)
{
	struct irl_tx *tx = irl_tx_of(st, h);

	if (!tx)
		return;
	irl_board_clear(st, tx);
	irl_queue_clear(&st->pool, &tx->queue);
	irl_buffer_give(&st->pool, h->tx);
	h->tx = 0;
}

void irl_tx_tidy(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx = irl_tx_of(st, h);

	/* What was learnt of congestion stays; a grown window goes, as after
	 * a pause (RFC 5681, 4.1). */
	if (tx && !tx->queued && h->una == h->nxt &&
	    tx->ssthresh == SSTHRESH_NONE)
		irl_tx_drop(st, h);
}

/* ---- round-trip time: RFC 6298 ------------------------------------------ */

void irl_rtt_sample(struct irl_cold *cold, uint32_t micro)
{
	uint32_t r = micro ? micro : 1, off;

	if (!cold->srtt) {
		cold->srtt = r;
		cold->rttvar = r / 2;
		return;
	}
	off = cold->srtt > r ? cold->srtt - r : r - cold->srtt;
	cold->rttvar = cold->rttvar - cold->rttvar / 4 + off / 4;
	cold->srtt = cold->srtt - cold->srtt / 8 + r / 8;
	if (!cold->srtt)
		cold->srtt = 1;
}

/* A second, or three after a lost SYN (5.7), as long as nothing is known. */
uint32_t irl_rto(const struct irl_tcp_stack *st, uint32_t c)
{
	const struct irl_cold *cold = &st->cold[c];
	const struct irl_hot *h = &st->hot[c];
	uint64_t rto =
	    h->flags & IRL_F_SYN_AGAIN ? 3000000000ull : 1000000000ull;
	const uint64_t grain = 1 << 20; /* the timer's */

	if (cold->srtt) {
		rto = (uint64_t)cold->rttvar << 12;
		rto =
		    ((uint64_t)cold->srtt << 10) + (rto > grain ? rto : grain);
		if (rto < st->o.rto_min_ns)
			rto = st->o.rto_min_ns;
	}
	rto <<= h->backoff < 20 ? h->backoff : 20;
	if (rto > st->o.rto_max_ns)
		rto = st->o.rto_max_ns;
	return (uint32_t)(rto >> 10);
}

void irl_rto_start(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_tx *tx = irl_tx_of(st, &st->hot[c]);

	if (tx)
		tx->timer = IRL_TX_RTO;
	st->cold[c].rto_at = irl_micro(st->now_ns) + irl_rto(st, c);
	st->hot[c].flags |= IRL_F_RTO;
	irl_timer_set(st, c);
}

/* The timer rings in @micro, for something else, unless it would anyway. */
static void early(struct irl_tcp_stack *st, uint32_t c, enum irl_tx_timer what,
		  uint32_t micro)
{
	struct irl_hot *h = &st->hot[c];
	uint32_t at = irl_micro(st->now_ns) + micro;

	if (h->flags & IRL_F_RTO && !irl_seq_before(at, st->cold[c].rto_at))
		return;
	irl_tx_of(st, h)->timer = (uint8_t)what;
	st->cold[c].rto_at = at;
	h->flags |= IRL_F_RTO;
	irl_timer_set(st, c);
}

/* RFC 8985, 7.2; not for a segment alone: two round trips and a delayed ACK
 * are no sooner than the RTO. */
void irl_tail_start(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx;
	uint32_t srtt;

	if (h->nxt - h->una <= irl_payload_max(st, h))
		return;
	tx = irl_tx_of(st, h);
	srtt = st->cold[c].srtt;
	if (!tx || !(h->flags & IRL_F_SACK) || tx->mode != IRL_TX_OPEN ||
	    tx->probing || !srtt ||
	    irl_board_count(irl_board_of(st, tx), h->nxt, IRL_MARK_SACKED))
		return;
	if (tx->timer == IRL_TX_TAIL)
		irl_rto_start(st, c);
	early(st, c, IRL_TX_TAIL,
	      irl_most(2 * srtt, (uint32_t)(st->o.probe_min_ns >> 10)));
}

/* ---- congestion: RFC 5681 ----------------------------------------------- */

static uint32_t half_flight(const struct irl_tcp_stack *st,
			    const struct irl_hot *h)
{
	return irl_most((h->nxt - h->una) / 2, 2 * irl_payload_max(st, h));
}

static struct irl_board *sack_board(const struct irl_tcp_stack *st,
				    const struct irl_hot *h,
				    const struct irl_tx *tx)
{
	return h->flags & IRL_F_SACK ? irl_board_of(st, tx) : NULL;
}

/* Without SACK one segment a round trip (RFC 6582). */
static void lose_first(struct irl_tcp_stack *st, struct irl_hot *h,
		       struct irl_tx *tx)
{
	struct irl_board *b = irl_board_of(st, tx);

	if (b)
		irl_board_lose_first(b, h->nxt, irl_payload_max(st, h));
	else
		tx->resend = true;
}

static void enter_recovery(struct irl_tcp_stack *st, struct irl_hot *h,
			   struct irl_tx *tx)
{
	/* The loss of a size that is tried is no congestion: RFC 4821, 7.6.2.
	 */
	bool size = tx->sizing && tx->timed_seq - h->una <= tx->mss_path;

	tx->ssthresh = size ? tx->cwnd : half_flight(st, h);
	tx->cwnd = tx->ssthresh;
	tx->mode = IRL_TX_RECOVERY;
	tx->recover = h->nxt;
	if (!sack_board(st, h, tx))
		lose_first(st, h, tx);
}

/* RFC 8985 where there are SACKs: what arrived tells what did not. */
static bool found_lost(struct irl_tcp_stack *st, uint32_t c, struct irl_tx *tx)
{
	struct irl_hot *h = &st->hot[c];
	uint32_t wait = irl_board_detect(st, c);

	if (wait)
		early(st, c, IRL_TX_REORDER, wait);
	return irl_board_count(irl_board_of(st, tx), h->nxt, IRL_MARK_LOST);
}

/* RFC 5681, 3.2 and RFC 6582, 3.2, 2: duplicates may be due to what a timeout
 * sent anew. */
static bool told_thrice(const struct irl_hot *h, const struct irl_tx *tx)
{
	return h->dupacks >= 3 &&
	       (h->flags & IRL_F_SACK || irl_seq_before(tx->recover, h->una));
}

static void look_for_loss(struct irl_tcp_stack *st, uint32_t c,
			  struct irl_tx *tx)
{
	struct irl_hot *h = &st->hot[c];
	bool lost;

	if (h->una == h->nxt)
		return;
	lost =
	    sack_board(st, h, tx) ? found_lost(st, c, tx) : told_thrice(h, tx);
	if (lost && tx->mode == IRL_TX_OPEN)
		enter_recovery(st, h, tx);
}

static void grow(struct irl_tcp_stack *st, struct irl_hot *h, struct irl_tx *tx,
		 uint32_t acked)
{
	uint32_t mss = irl_payload_max(st, h), more;

	if (tx->cwnd < tx->ssthresh)
		more = irl_least(acked, mss);
	else
		more = irl_most(1, (uint32_t)((uint64_t)mss * mss / tx->cwnd));
	tx->cwnd = irl_least(tx->cwnd + more, 1u << 30);
}

static void after_ack(struct irl_tcp_stack *st, struct irl_hot *h,
		      struct irl_tx *tx, uint32_t acked)
{
	uint32_t mss = irl_payload_max(st, h), left = acked / mss;

	if (tx->mode != IRL_TX_OPEN && !irl_seq_before(h->una, tx->recover)) {
		if (tx->mode == IRL_TX_RECOVERY) {
			tx->cwnd = tx->ssthresh;
			tx->recover = h->una - 1;
		}
		tx->mode = IRL_TX_OPEN;
	} else if (tx->mode == IRL_TX_LOSS && !tx->board) {
		tx->resend = true;
	} else if (tx->mode == IRL_TX_RECOVERY) {
		/* Partial: of the duplicates, those now acknowledged are
		 * counted no more (RFC 6582, 3.2, 3). */
		h->dupacks -=
		    (uint8_t)irl_least(h->dupacks, left ? left - 1 : 0);
		if (!sack_board(st, h, tx))
			lose_first(st, h, tx);
		return;
	}
	h->dupacks = 0;
	grow(st, h, tx, acked);
}

/* ---- what is in the network --------------------------------------------- */

uint32_t irl_pipe(const struct irl_tcp_stack *st, const struct irl_hot *h,
		  const struct irl_tx *tx)
{
	const struct irl_board *b = irl_board_of(st, tx);
	uint32_t out = h->nxt - h->una, gone;

	if (b && (h->flags & IRL_F_SACK || tx->mode == IRL_TX_LOSS))
		return irl_board_count(b, h->nxt, IRL_MARK_OUT);
	/* Each duplicate ACK is a segment that has left (RFC 5681); before loss
	 * is sure two of them at most, and with SACK those that say so (RFC
	 * 3042). */
	gone = h->dupacks;
	if (tx->mode == IRL_TX_OPEN)
		gone = h->flags & IRL_F_SACK ? 0 : irl_least(gone, 2);
	return out - irl_least(out, gone * irl_payload_max(st, h));
}

bool irl_next_hole(const struct irl_tcp_stack *st, const struct irl_hot *h,
		   const struct irl_tx *tx, struct irl_range *out)
{
	const struct irl_board *b = irl_board_of(st, tx);

	if (tx->mode == IRL_TX_OPEN || h->una == h->nxt)
		return false;
	if (b)
		return irl_board_hole(b, h->nxt, out);
	*out = (struct irl_range){h->una, h->nxt};
	return tx->resend;
}

/* ---- what an ACK acknowledges ------------------------------------------- */

static void release(struct irl_tcp_stack *st, struct irl_tx *tx, uint32_t n)
{
	uint32_t first = irl_least(n, tx->first_left);

	tx->queued -= n;
	if (first) {
		tx->first += first;
		tx->first_left -= first;
	}
	irl_queue_take(&st->pool, &tx->queue, NULL, n - first);
}

static void time_ack(struct irl_tcp_stack *st, uint32_t c, struct irl_tx *tx)
{
	struct irl_hot *h = &st->hot[c];

	if (!tx->sizing && tx->small_acked < 255)
		tx->small_acked++;
	if (!tx->timing || irl_seq_before(h->una, tx->timed_seq))
		return;
	if (tx->sizing) { /* RFC 4821, 7.6.1 */
		h->mss = tx->mss_path;
		tx->sizes_lost = 0;
	}
	tx->timing = tx->sizing = false;
	irl_rtt_sample(&st->cold[c], irl_micro(st->now_ns) - tx->timed_at);
}

static void data_acked(struct irl_tcp_stack *st, uint32_t c, uint32_t acked)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx = irl_tx_of(st, h);
	uint32_t data = irl_least(acked, irl_queued(tx));

	if (!tx)
		return;
	if (data)
		h->flags |= IRL_F_REQUEST_OK;
	release(st, tx, data);
	time_ack(st, c, tx);
	irl_board_acked(st, c, h->una);
	tx->unanswered = tx->full_lost = 0;
	tx->resend = tx->probe_tail = false;
	after_ack(st, h, tx, acked);
	if (data && !tx->queued)
		irl_event(st, c, IRL_TCP_WRITABLE);
}

/* The timers after an ACK of something new. */
static void restart(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx = irl_tx_of(st, h);

	h->flags &= (uint16_t)~IRL_F_RTO;
	if (h->una == h->nxt)
		return;
	irl_rto_start(st, c);
	irl_tail_start(st, c);
	if (tx)
		look_for_loss(st, c, tx);
}

static void new_ack(struct irl_tcp_stack *st, uint32_t c,
		    const struct irl_segment *seg)
{
	struct irl_hot *h = &st->hot[c];
	uint32_t acked = seg->ack - h->una;
	bool fin = acked > irl_queued(irl_tx_of(st, h));

	irl_seq_advance(&h->una, acked, &st->cold[c].sent_high);
	if (irl_seq_before(h->nxt, h->una))
		h->nxt = h->una; /* a FIN that was taken back to be sent anew */
	h->backoff = 0;
	data_acked(st, c, acked);
	restart(st, c);
	irl_tx_tidy(st, c);
	if (fin) {
		h->flags |= IRL_F_FIN_SENT;
		irl_conn_fin_acked(st, c);
	}
	irl_dirty(st, c);
}

/* The blocks, ascending: their own order is that of their news. */
static uint32_t sort_blocks(const struct irl_segment *seg, uint32_t una,
			    struct irl_range out[IRL_TCP_SACK_BLOCKS])
{
	uint32_t n = seg->seen.sack_count;

	for (uint32_t i = 0; i < n; i++) {
		const struct irl_range block = {seg->seen.sack[i].begin,
						seg->seen.sack[i].end};
		uint32_t at = i;

		for (; at && block.begin - una < out[at - 1].begin - una; at--)
			out[at] = out[at - 1];
		out[at] = block;
	}
	return n;
}

static void take_sack(struct irl_tcp_stack *st, uint32_t c,
		      const struct irl_segment *seg)
{
	struct irl_tally *tally = irl_tally(st, c);
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx = irl_tx_of(st, h);
	uint32_t una = irl_seq_later(h->una, seg->ack);
	struct irl_range block[IRL_TCP_SACK_BLOCKS];
	uint32_t n = seg->seen.sack_count;

	n = irl_least(n, 0xffffu - tally->sack_blocks_in);
	tally->sack_blocks_in = (uint16_t)(tally->sack_blocks_in + n);
	if (!tx || !(h->flags & IRL_F_SACK))
		return;
	irl_board_acked(st, c, una);
	n = sort_blocks(seg, una, block);
	for (uint32_t i = 0; i < n; i++)
		irl_board_sacked(st, c, una, &block[i]);
}

/* RFC 8985, 7.4: what the probe brought again was lost, unless the peer says
 * that it had it, or the ACK may be the original's. */
static void judge_probe(struct irl_tcp_stack *st, uint32_t c,
			const struct irl_segment *seg, bool pure)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx = irl_tx_of(st, h);
	bool twice = seg->seen.sack_count &&
		     irl_seq_before(seg->seen.sack[0].begin, seg->ack);

	if (!tx || !tx->probing || irl_seq_before(seg->ack, tx->probed))
		return;
	if (tx->probe_again && !twice) {
		if (seg->ack == tx->probed && !(pure && seg->ack == h->una))
			return;
		if (seg->ack != tx->probed && tx->mode == IRL_TX_OPEN)
			tx->cwnd = tx->ssthresh = half_flight(st, h);
	}
	tx->probing = false;
}

static uint32_t window_of(const struct irl_hot *h,
			  const struct irl_segment *seg)
{
	uint32_t scale = h->scales & 15;

	return (uint32_t)seg->window << (scale == IRL_SCALE_NONE ? 0 : scale);
}

/* A duplicate by RFC 5681, 2; or one with news by SACK, whatever its window and
 * its data (RFC 6675, 2). */
static void same_ack(struct irl_tcp_stack *st, uint32_t c,
		     const struct irl_segment *seg, bool pure)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx = irl_tx_of(st, h);
	bool twin = pure && window_of(h, seg) == h->snd_wnd;

	if (!tx)
		return;
	if (pure)
		tx->unanswered = 0;
	if (h->una == h->nxt || !(twin || seg->seen.sack_count))
		return;
	if (twin && h->dupacks < 255)
		h->dupacks++;
	look_for_loss(st, c, tx);
	irl_dirty(st, c); /* the pipe has room: RFC 3042 */
}

void irl_ack_input(struct irl_tcp_stack *st, uint32_t c,
		   const struct irl_segment *seg, bool pure)
{
	struct irl_hot *h = &st->hot[c];

	if (seg->seen.sack_count)
		take_sack(st, c, seg);
	judge_probe(st, c, seg, pure);
	if (irl_seq_before(h->una, seg->ack))
		new_ack(st, c, seg);
	else if (seg->ack == h->una)
		same_ack(st, c, seg, pure);
}

/* What the probe carried was not taken: the window is open now. */
static void end_probes(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];

	if (h->nxt - h->una != 1 || !irl_tx_of(st, h))
		return;
	h->backoff = 0;
	irl_send_anew(st, c);
	irl_rto_start(st, c);
}

/* RFC 9293, 3.10.7.4, fifth: SND.WL1 and WL2; the ACK is at una now. */
void irl_window_input(struct irl_tcp_stack *st, uint32_t c,
		      const struct irl_segment *seg)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx = irl_tx_of(st, h);
	uint32_t window = window_of(h, seg);

	if (irl_seq_before(seg->seq, h->wl1) || seg->ack != h->una)
		return;
	h->wl1 = seg->seq;
	if (window == h->snd_wnd)
		return;
	if (window > h->snd_wnd)
		irl_dirty(st, c);
	if (!h->snd_wnd)
		end_probes(st, c);
	h->snd_wnd = window;
	if (tx)
		tx->max_wnd = irl_most(tx->max_wnd, window);
}

/* ---- timeouts ----------------------------------------------------------- */

void irl_untime(struct irl_tx *tx)
{
	tx->timing = false;
	if (!tx->sizing)
		return;
	tx->sizing = false;
	tx->small_acked = 0;
	if (tx->sizes_lost < 7)
		tx->sizes_lost++;
}

void irl_send_anew(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx = irl_tx_of(st, h);
	struct irl_board *b;

	if (!tx || h->una == h->nxt)
		return;
	/* A segment alone needs none. */
	b = h->nxt - h->una > irl_payload_max(st, h)
		? irl_board_need(st, c, h->una)
		: irl_board_of(st, tx);
	if (b)
		irl_board_lose_all(b);
	tx->resend = true;
	tx->mode = IRL_TX_LOSS;
	tx->recover = h->nxt;
	tx->probe_tail = tx->probing = false;
	irl_untime(tx);
	h->dupacks = 0;
	irl_dirty(st, c);
}

/* A path that silently drops large segments: RFC 4821, 7.7, with R1 of RFC
 * 1122.  It may be plain loss: irl_tx.mss_path is tried again. */
static void suspect_black_hole(struct irl_tcp_stack *st, struct irl_hot *h,
			       struct irl_tx *tx)
{
	struct irl_ends ends;
	uint32_t least;

	irl_stub_ends(st, h->stub, &ends);
	least = ends.v6 ? 1220 : 536;
	if (irl_least(tx->queued, h->nxt - h->una) < irl_payload_max(st, h) ||
	    h->mss <= least || ++tx->full_lost < 3)
		return;
	tx->mss_path = (uint16_t)irl_most(tx->mss_path, h->mss);
	tx->small_acked = 0;
	h->mss = (uint16_t)irl_most(h->mss / 2, least);
}

static void data_timeout(struct irl_tcp_stack *st, uint32_t c,
			 struct irl_tx *tx)
{
	struct irl_hot *h = &st->hot[c];

	/* A probe of a shut window is no sign of congestion. */
	if (h->snd_wnd || h->nxt - h->una > 1) {
		/* RFC 5681, 3.1: set by the first timeout only. */
		if (h->backoff == 1)
			tx->ssthresh = half_flight(st, h);
		suspect_black_hole(st, h, tx);
		tx->cwnd = irl_payload_max(st, h);
	}
	irl_send_anew(st, c);
	/* A server that ignores data in the handshake's ACK. */
	if (tx->rode && !(h->flags & IRL_F_REQUEST_OK))
		h->flags |= IRL_F_AFTER | IRL_F_ACK_NOW;
}

/* Nothing in flight and nothing to send: what was the timer for? */
static void quiet_timeout(struct irl_tcp_stack *st, uint32_t c)
{
	const struct irl_hot *h = &st->hot[c];

	if (h->state == IRL_CONN_FIN_WAIT_2) {
		/* The peer never closes, and nobody waits for it. */
		irl_conn_end(st, c, IRL_TCP_HALF_CLOSED);
	} else if (h->flags & IRL_F_FIN) {
		irl_dirty(st, c);
	} else { /* irl_tcp_send found no memory */
		irl_event(st, c, IRL_TCP_WRITABLE);
	}
}

/* RFC 8985, 6.3 and 7.3. */
static void early_timeout(struct irl_tcp_stack *st, uint32_t c,
			  struct irl_tx *tx)
{
	bool tail = tx->timer == IRL_TX_TAIL && tx->mode == IRL_TX_OPEN;

	irl_rto_start(st, c);
	irl_dirty(st, c);
	if (tail)
		tx->probe_tail = true;
	else
		look_for_loss(st, c, tx);
}

/* RFC 9293, 3.8.3, R2; a peer that answers probes is waited for (MUST-37). */
static bool too_often(struct irl_hot *h, struct irl_tx *tx, uint8_t most)
{
	if (h->backoff < 255)
		h->backoff++;
	if (!tx)
		return h->backoff > most;
	if (tx->unanswered < 255)
		tx->unanswered++;
	return tx->unanswered > most;
}

void irl_timeout(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_tx *tx = irl_tx_of(st, h);

	if (h->una == h->nxt && !irl_queued(tx)) {
		quiet_timeout(st, c);
		return;
	}
	if (tx && tx->timer != IRL_TX_RTO && h->una != h->nxt) {
		early_timeout(st, c, tx);
		return;
	}
	if (too_often(h, tx, st->o.data_retries)) {
		irl_conn_reset(st, c, IRL_TCP_TIMED_OUT);
		return;
	}
	irl_dirty(st, c);
	if (h->una == h->nxt) {
		/* The window is shut (RFC 9293, 3.8.6.1); the probe starts the
		 * timer again. */
		tx->probe = true;
		return;
	}
	if (tx) {
		data_timeout(st, c, tx);
	} else if (h->flags & IRL_F_FIN_SENT) {
		h->flags &= (uint16_t)~IRL_F_FIN_SENT;
		h->nxt--;
	} else { /* SYN-RECEIVED */
		h->flags |= IRL_F_ACK_NOW;
	}
	irl_rto_start(st, c);
}
