// SPDX-License-Identifier: BSD-2-Clause
/* What the user does with one connection: send, read, ask. */
#include <string.h>
#include "tcp/stack.h"

/* ---- sending ------------------------------------------------------------ */

static uint32_t queue(struct irl_tcp_stack *st, struct irl_tx *tx,
		      const void *bytes, uint32_t size, uint32_t flags)
{
	if (!(flags & IRL_TCP_STATIC))
		return irl_queue_append(&st->pool, &tx->queue, bytes, size);
	if (!tx->queued) {
		tx->first = bytes;
		tx->first_left = size;
		return size;
	}
	return irl_queue_refer(&st->pool, &tx->queue, bytes, size) ? size : 0;
}

/* Nothing is on the way whose ACK would say that there is room again: the
 * timer does. */
static void promise(struct irl_tcp_stack *st, uint32_t c,
		    const struct irl_tx *tx)
{
	const struct irl_hot *h = &st->hot[c];

	if (irl_queued(tx) || h->una != h->nxt || h->flags & IRL_F_RTO)
		return;
	irl_rto_start(st, c);
}

static void break_promise(struct irl_hot *h, const struct irl_tx *tx)
{
	if (tx->queued || h->una != h->nxt)
		return;
	h->flags &= (uint16_t)~IRL_F_RTO;
}

static uint32_t enqueue(struct irl_tcp_stack *st, uint32_t c, const void *bytes,
			uint32_t size, uint32_t flags)
{
	struct irl_tx *tx = irl_tx_need(st, c);
	uint32_t room, taken = 0;

	if (tx) {
		room =
		    st->o.send_bytes - irl_least(tx->queued, st->o.send_bytes);
		taken = irl_least(size, room);
		taken = taken ? queue(st, tx, bytes, taken, flags) : 0;
	}
	if (taken) {
		break_promise(&st->hot[c], tx);
		tx->queued += taken;
		irl_dirty(st, c);
	} else if (size) {
		promise(st, c, tx);
	}
	return taken;
}

int irl_tcp_send(struct irl_tcp_stack *st, uint64_t id, const void *bytes,
		 uint32_t size, uint32_t flags)
{
	uint32_t s = irl_stub_of(st, id), c;
	const struct irl_hot *h;

	if (s == IRL_CONN_NONE || irl_stub_state(st, s) == IRL_STUB_ENDED)
		return -IRL_ENOCONN;
	if (irl_stub_state(st, s) != IRL_STUB_FULL)
		return -IRL_EINVAL;
	c = st->stub[s].body;
	h = &st->hot[c];
	if (h->state == IRL_CONN_CLOSED)
		return -IRL_ENOCONN;
	if (h->state == IRL_CONN_SYN_RECEIVED || h->flags & IRL_F_FIN)
		return -IRL_EINVAL;
	return (int)enqueue(st, c, bytes, size, flags);
}

/* ---- reading ------------------------------------------------------------ */

/* RFC 9293, 3.8.6.2.2: tell the peer when it matters. */
static bool worth_an_update(const struct irl_tcp_stack *st,
			    const struct irl_hot *h)
{
	uint32_t left = h->rcv_adv - h->rcv_nxt;
	uint32_t more = irl_receive_edge(st, h) - h->rcv_adv;

	return more && (left <= st->o.receive_bytes / 4 ||
			more >= st->o.receive_bytes / 2);
}

int irl_tcp_read(struct irl_tcp_stack *st, uint64_t id, void *bytes,
		 uint32_t size)
{
	uint32_t s = irl_stub_of(st, id), c, n;
	struct irl_hot *h;

	if (s == IRL_CONN_NONE)
		return -IRL_ENOCONN;
	if (irl_stub_state(st, s) != IRL_STUB_FULL)
		return 0;
	c = st->stub[s].body;
	h = &st->hot[c];
	size = irl_least(size, INT32_MAX);
	n = irl_queue_take(&st->pool, &h->rx, bytes, size);
	h->readable -= n;
	if (n && h->state != IRL_CONN_CLOSED && !(h->flags & IRL_F_ENDED) &&
	    worth_an_update(st, h)) {
		h->flags |= IRL_F_ACK_NOW;
		irl_dirty(st, c);
	}
	return (int)n;
}

/* ---- asking ------------------------------------------------------------- */

static void set_ip(struct irl_ip *out, const struct irl_ends *ends)
{
	if (ends->v6)
		memcpy(out->byte, ends->remote6, 16);
	else
		*out = irl_ip4(ends->remote4);
}

static void stub_info(const struct irl_tcp_stack *st, uint32_t s,
		      struct irl_tcp_info *out)
{
	const struct irl_stub *stub = &st->stub[s];
	uint32_t syns = irl_stub_syns(st, s), lasted;

	out->scale = -1;
	if (irl_stub_state(st, s) == IRL_STUB_ENDED) {
		out->outcome = (uint8_t)st->stub[s].link.prev;
		lasted = stub->lasted;
	} else {
		lasted = syns ? irl_micro(st->now_ns) - stub->syn_at : 0;
	}
	out->total_ns = (uint64_t)lasted << 10;
	if (!st->o.statistics)
		return;
	out->segments_out = syns;
	out->retransmits = (uint16_t)(syns ? syns - 1 : 0);
	out->segments_in = out->outcome == IRL_TCP_REFUSED;
}

static uint64_t stream(uint8_t high, uint32_t at, uint32_t from)
{
	return ((uint64_t)high << 32 | at) - from - 1;
}

static void body_statistics(const struct irl_tcp_stack *st, uint32_t c,
			    struct irl_tcp_info *out)
{
	const struct irl_tally *tally = irl_tally(st, c);
	const struct irl_cold *cold = &st->cold[c];
	const struct irl_hot *h = &st->hot[c];

	if (out->established) {
		out->sent = stream(cold->sent_high, h->una, tally->iss) +
			    (h->nxt - h->una);
		out->sent -= h->flags & IRL_F_FIN_SENT ? 1 : 0;
	}
	out->received = stream(cold->received_high, h->rcv_nxt, tally->irs) -
			(h->flags & IRL_F_ENDED ? 1 : 0);
	out->syn_rtt_ns = (uint64_t)tally->syn_rtt << 10;
	out->first_byte_ns = (uint64_t)tally->first_byte << 10;
	out->segments_in = tally->segments_in;
	out->segments_out = tally->segments_out;
	out->retransmits = tally->retransmits;
	out->sack_blocks_in = tally->sack_blocks_in;
	out->out_of_order = tally->out_of_order;
	out->duplicates = tally->duplicates;
}

static void body_info(const struct irl_tcp_stack *st, uint32_t c,
		      struct irl_tcp_info *out)
{
	const struct irl_cold *cold = &st->cold[c];
	const struct irl_hot *h = &st->hot[c];
	uint64_t since = cold->since | (uint64_t)cold->since_high << 32;

	if (h->state == IRL_CONN_CLOSED) {
		out->outcome = cold->outcome;
		out->established = cold->established;
		out->total_ns = since << 10;
	} else {
		out->established = h->state != IRL_CONN_SYN_RECEIVED;
		out->total_ns = ((st->now_ns >> 10) - since) << 10;
	}
	out->ttl = (uint8_t)cold->timer.link.a;
	out->request_acked = h->flags & IRL_F_REQUEST_OK;
	out->srtt_ns = (uint64_t)cold->srtt << 10;
	out->mss = h->mss;
	out->scale =
	    (h->scales & 15) == IRL_SCALE_NONE ? -1 : (int8_t)(h->scales & 15);
	out->sack = h->flags & IRL_F_SACK;
	out->timestamps = h->flags & IRL_F_TIMESTAMPS;
	if (st->o.statistics)
		body_statistics(st, c, out);
}

int irl_tcp_info(const struct irl_tcp_stack *st, uint64_t id,
		 struct irl_tcp_info *out)
{
	uint32_t s = irl_stub_of(st, id);
	struct irl_ends ends;

	*out = (struct irl_tcp_info){0};
	if (s == IRL_CONN_NONE)
		return -IRL_ENOCONN;
	irl_stub_ends(st, s, &ends);
	out->local = st->locals[ends.local].addr;
	set_ip(&out->remote, &ends);
	out->local_port = ends.local_port;
	out->remote_port = ends.remote_port;
	out->user = st->stub[s].user;
	if (irl_stub_state(st, s) == IRL_STUB_FULL)
		body_info(st, st->stub[s].body, out);
	else
		stub_info(st, s, out);
	return 0;
}
