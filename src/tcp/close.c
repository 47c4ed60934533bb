// SPDX-License-Identifier: BSD-2-Clause
#include "tcp/stack.h"

/* ---- the end ------------------------------------------------------------ */

void irl_conn_end(struct irl_tcp_stack *st, uint32_t c,
		  enum irl_tcp_outcome outcome)
{
	struct irl_cold *cold = &st->cold[c];
	struct irl_hot *h = &st->hot[c];
	uint64_t since = cold->since | (uint64_t)cold->since_high << 32;
	uint64_t lasted = (st->now_ns >> 10) - since;
	bool established = h->state != IRL_CONN_SYN_RECEIVED;

	if (h->state == IRL_CONN_CLOSED)
		return;
	irl_tx_drop(st, h);
	irl_ahead_clear(st, h);
	if (h->flags & IRL_F_ORPHAN) {
		irl_queue_clear(&st->pool, &h->rx);
		h->readable = 0;
	}
	irl_stub_unindex(st, h->stub);
	h->state = IRL_CONN_CLOSED;
	h->flags &= (uint16_t) ~(IRL_F_RTO | IRL_F_ACK_LATER);
	/* Only the last ACK to a FIN is still owed. */
	if (outcome != IRL_TCP_FINISHED)
		h->flags &= (uint16_t)~IRL_F_ACK_NOW;
	cold->since = (uint32_t)lasted;
	cold->since_high = (uint16_t)(lasted >> 32);
	cold->outcome = (uint8_t)outcome;
	cold->established = established;
	st->stats.open--;
	st->stats.outcome[outcome]++;
	irl_event(st, c, IRL_TCP_CLOSED);
}

void irl_conn_reset(struct irl_tcp_stack *st, uint32_t c,
		    enum irl_tcp_outcome outcome)
{
	struct irl_hot *h = &st->hot[c];

	if (h->state == IRL_CONN_CLOSED)
		return;
	irl_conn_end(st, c, outcome);
	h->flags |= IRL_F_RST;
	irl_dirty(st, c);
}

/* ---- FINs --------------------------------------------------------------- */

/* RFC 9293, 3.6.1, figure 5: the side that closes first waits. */
static void finish(struct irl_tcp_stack *st, uint32_t c, bool wait)
{
	irl_conn_end(st, c, IRL_TCP_FINISHED);
	if (wait)
		irl_wait_enter(st, c);
}

/* An orphan waits no longer for the peer's FIN than it would in TIME-WAIT. */
static void linger(struct irl_tcp_stack *st, uint32_t c)
{
	st->cold[c].rto_at =
	    irl_micro(st->now_ns) + (uint32_t)(st->o.time_wait_ns >> 10);
	st->hot[c].flags |= IRL_F_RTO;
	irl_timer_set(st, c);
}

void irl_conn_fin_acked(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];

	switch (h->state) {
	case IRL_CONN_FIN_WAIT_1:
		h->state = IRL_CONN_FIN_WAIT_2;
		if (h->flags & IRL_F_ORPHAN)
			linger(st, c);
		break;
	case IRL_CONN_CLOSING:
		finish(st, c, true);
		break;
	case IRL_CONN_LAST_ACK:
		finish(st, c, false);
		break;
	default:
		break;
	}
}

void irl_conn_fin_taken(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];

	switch (h->state) {
	case IRL_CONN_ESTABLISHED:
		h->state = IRL_CONN_CLOSE_WAIT;
		break;
	case IRL_CONN_FIN_WAIT_1:
		h->state = IRL_CONN_CLOSING;
		break;
	case IRL_CONN_FIN_WAIT_2:
		finish(st, c, true);
		break;
	default:
		break;
	}
}

/* ---- what the user wants ------------------------------------------------ */

static uint32_t open_stub(const struct irl_tcp_stack *st, uint64_t id)
{
	uint32_t s = irl_stub_of(st, id);

	if (s == IRL_CONN_NONE || irl_stub_state(st, s) == IRL_STUB_ENDED ||
	    (irl_stub_state(st, s) == IRL_STUB_FULL &&
	     st->hot[st->stub[s].body].state == IRL_CONN_CLOSED))
		return IRL_CONN_NONE;
	return s;
}

static void shut(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];

	h->flags |= IRL_F_FIN;
	if (h->state == IRL_CONN_ESTABLISHED)
		h->state = IRL_CONN_FIN_WAIT_1;
	else if (h->state == IRL_CONN_CLOSE_WAIT)
		h->state = IRL_CONN_LAST_ACK;
	irl_dirty(st, c);
}

int irl_tcp_shut(struct irl_tcp_stack *st, uint64_t id)
{
	uint32_t s = open_stub(st, id), c;

	if (s == IRL_CONN_NONE)
		return -IRL_ENOCONN;
	if (irl_stub_state(st, s) != IRL_STUB_FULL)
		return -IRL_EINVAL;
	c = st->stub[s].body;
	if (st->hot[c].state == IRL_CONN_SYN_RECEIVED)
		return -IRL_EINVAL;
	shut(st, c);
	return 0;
}

static bool unread(const struct irl_tcp_stack *st, const struct irl_hot *h)
{
	return h->readable || (h->ahead && irl_ahead_of(st, h)->count);
}

int irl_tcp_close(struct irl_tcp_stack *st, uint64_t id)
{
	uint32_t s = open_stub(st, id), c;
	struct irl_hot *h;

	if (s == IRL_CONN_NONE)
		return -IRL_ENOCONN;
	if (irl_stub_state(st, s) != IRL_STUB_FULL)
		return irl_tcp_abort(st, id);
	c = st->stub[s].body;
	h = &st->hot[c];
	if (h->state == IRL_CONN_SYN_RECEIVED)
		return irl_tcp_abort(st, id);
	if (h->flags & IRL_F_ORPHAN)
		return 0; /* is closed already */
	h->flags |= IRL_F_ORPHAN;
	if (unread(st, h)) { /* is lost too (SHLD-3) */
		irl_conn_reset(st, c, IRL_TCP_ABORTED);
		return 0;
	}
	shut(st, c);
	if (h->state == IRL_CONN_FIN_WAIT_2)
		linger(st, c);
	return 0;
}

int irl_tcp_abort(struct irl_tcp_stack *st, uint64_t id)
{
	uint32_t s = open_stub(st, id);

	if (s == IRL_CONN_NONE)
		return -IRL_ENOCONN;
	if (irl_stub_state(st, s) == IRL_STUB_FULL)
		irl_conn_reset(st, st->stub[s].body, IRL_TCP_ABORTED);
	else /* RFC 9293, 3.10.5: nothing to reset yet */
		irl_stub_end(st, s, IRL_TCP_ABORTED, 0, 0);
	return 0;
}

/* ---- release ------------------------------------------------------------ */

static void rename_stub(struct irl_tcp_stack *st, uint32_t s)
{
	if (!++st->stub[s].generation)
		st->stub[s].generation = 1;
}

/* Its id is void at once; its slots follow when the lists have let it go. */
static void release_body(struct irl_tcp_stack *st, uint32_t s)
{
	uint32_t c = st->stub[s].body;
	struct irl_hot *h = &st->hot[c];

	irl_conn_end(st, c, IRL_TCP_ABORTED);
	h->events = 0;
	irl_queue_clear(&st->pool, &h->rx);
	h->readable = 0;
	rename_stub(st, s);
}

void irl_tcp_release(struct irl_tcp_stack *st, uint64_t id)
{
	uint32_t s = irl_stub_of(st, id);

	if (s == IRL_CONN_NONE)
		return;
	switch (irl_stub_state(st, s)) {
	case IRL_STUB_FULL:
		release_body(st, s);
		break;
	case IRL_STUB_SEND:
	case IRL_STUB_WAIT:
		irl_stub_end(st, s, IRL_TCP_ABORTED, 0, 0);
		/* fall through */
	default: /* in the list of events, or in its grave */
		irl_stub_set(st, s, IRL_STUB_LET_GO);
		break;
	}
}
