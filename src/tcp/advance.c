// SPDX-License-Identifier: BSD-2-Clause
/* What is due: SYNs, timeouts, delayed ACKs, limits, TIME-WAIT's end. */
#include "tcp/stack.h"

/* ---- one timer a connection --------------------------------------------- */

/* When a moment of at most half an hour ago or ahead is, in nanoseconds. */
static uint64_t micro_ns(const struct irl_tcp_stack *st, uint32_t micro)
{
	uint64_t now = st->now_ns >> 10;
	int32_t ahead = irl_seq_diff(micro, (uint32_t)now);

	return (now + (uint64_t)(int64_t)ahead) << 10;
}

/* When an earlier tick was. */
static uint64_t tick_ns(const struct irl_tcp_stack *st, uint32_t tick)
{
	uint64_t now = st->now_ns >> 20;

	return (now - (uint32_t)((uint32_t)now - tick)) << 20;
}

static uint64_t idle_end(const struct irl_tcp_stack *st, uint32_t c)
{
	return tick_ns(st, st->hot[c].last_rx) + (1 << 20) + st->o.idle_ns;
}

static uint64_t total_end(const struct irl_tcp_stack *st, uint32_t c)
{
	const struct irl_cold *cold = &st->cold[c];
	uint64_t since = cold->since | (uint64_t)cold->since_high << 32;

	return (since << 10) + st->o.total_ns;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* More than a segment waits for others a quarter of a round trip, so that the
 * peer hears several times in each. */
static uint64_t ack_due(const struct irl_tcp_stack *st, uint32_t c)
{
	const struct irl_hot *h = &st->hot[c];
	uint64_t wait = st->o.delayed_ack_ns;
	uint64_t quarter = (uint64_t)st->cold[c].srtt << 8;

	if (st->o.ack_segments > 2 && irl_ack_owed(h) > irl_payload_max(st, h))
		wait = sooner(wait, quarter > 2 << 20 ? quarter : 2 << 20);
	return tick_ns(st, h->last_rx) + wait;
}

static uint64_t earliest(const struct irl_tcp_stack *st, uint32_t c)
{
	const struct irl_hot *h = &st->hot[c];
	uint64_t best = UINT64_MAX;

	if (h->flags & IRL_F_RTO)
		best = micro_ns(st, st->cold[c].rto_at);
	if (h->flags & IRL_F_ACK_LATER)
		best = sooner(best, ack_due(st, c));
	if (st->o.idle_ns)
		best = sooner(best, idle_end(st, c));
	if (st->o.total_ns)
		best = sooner(best, total_end(st, c));
	return best;
}

/*
 * A node stays where it is when its deadline moves back, when its connection
 * ends and even when another one takes the body over: it fires too early, and
 * is armed again then if need be.  So most connections never touch the wheel.
 */
void irl_timer_set(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_timer *timer = &st->cold[c].timer;
	uint64_t due, now = st->now_ns >> 20;
	uint32_t tick;

	if (st->hot[c].state == IRL_CONN_CLOSED)
		return;
	due = earliest(st, c);
	if (due == UINT64_MAX)
		return;
	due = (due + (1 << 20) - 1) >> 20;
	/* Further than 32 bits count is looked at again on the way. */
	tick = (uint32_t)(due > now + INT32_MAX ? now + INT32_MAX : due);
	if (timer->link.b) {
		if (!irl_seq_before(tick, timer->fire))
			return;
		irl_wheel_stop(&st->wheel, c);
	}
	timer->link.b = true;
	if (!st->wheel.armed) /* it may have stood still for long */
		st->wheel.now = (uint32_t)now;
	irl_wheel_arm(&st->wheel, c, tick);
}

static void limits(struct irl_tcp_stack *st, uint32_t c)
{
	if (st->o.total_ns && total_end(st, c) <= st->now_ns)
		irl_conn_reset(st, c, IRL_TCP_DEADLINE);
	else if (st->o.idle_ns && idle_end(st, c) <= st->now_ns)
		irl_conn_reset(st, c, IRL_TCP_IDLE);
}

static bool ack_overdue(struct irl_tcp_stack *st, uint32_t c, bool fired)
{
	struct irl_hot *h = &st->hot[c];

	/* Of several that wait, each moves the time on: the timer, which does
	 * not move, was set for the first (RFC 9293, 3.8.6.3: at most 0.5 s).
	 */
	if (!(h->flags & IRL_F_ACK_LATER) ||
	    (ack_due(st, c) > st->now_ns && !(fired && st->o.ack_segments > 2)))
		return false;
	h->flags |= IRL_F_ACK_NOW;
	h->flags &= (uint16_t)~IRL_F_ACK_LATER;
	return true;
}

bool irl_ack_wait(struct irl_tcp_stack *st, uint32_t c)
{
	if (ack_overdue(st, c, false))
		return true;
	if (st->hot[c].flags & IRL_F_ACK_LATER)
		irl_timer_set(st, c);
	return false;
}

static void fired(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];

	st->cold[c].timer.link.b = false;
	limits(st, c); /* of what is closed nothing more is due */
	if (ack_overdue(st, c, true))
		irl_dirty(st, c);
	if (h->flags & IRL_F_RTO &&
	    micro_ns(st, st->cold[c].rto_at) <= st->now_ns) {
		h->flags &= (uint16_t)~IRL_F_RTO;
		irl_timeout(st, c);
	}
	irl_timer_set(st, c);
}

/* Some of those that are due; false: there are no more. */
static bool advance_timers(struct irl_tcp_stack *st)
{
	uint32_t due[32], n = 0;

	while (n < 32 &&
	       (due[n] = irl_wheel_pop(&st->wheel, irl_tick(st->now_ns))) !=
		   IRL_WHEEL_NONE)
		__builtin_prefetch(&st->hot[due[n++]], 1);
	for (uint32_t i = 0; i < n; i++)
		fired(st, due[i]);
	return n == 32;
}

/* ---- SYNs --------------------------------------------------------------- */

static void syn_due(struct irl_tcp_stack *st, uint32_t s, uint32_t level)
{
	uint64_t age = irl_micro(st->now_ns) - st->stub[s].syn_at;

	if (st->o.total_ns && age << 10 >= st->o.total_ns) {
		irl_stub_end(st, s, IRL_TCP_DEADLINE, 0, 0);
	} else if (st->o.idle_ns && age << 10 >= st->o.idle_ns) {
		irl_stub_end(st, s, IRL_TCP_IDLE, 0, 0);
	} else if (level == st->o.syn_retries) {
		irl_stub_end(st, s, IRL_TCP_SILENT, 0, 0);
	} else {
		irl_list_remove(st->stub, s);
		st->stub[s].link.b = (st->stub[s].link.b + 0x10) & 0xff;
		irl_stub_set(st, s, IRL_STUB_SEND);
		irl_list_append(st->stub, irl_syn_list(st), s);
	}
}

static void advance_syns(struct irl_tcp_stack *st)
{
	for (uint32_t level = 0; level <= st->o.syn_retries; level++) {
		uint32_t list = irl_level_list(st, level);

		while (!irl_list_empty(st->stub, list)) {
			uint32_t s = st->stub[list].link.next;
			uint32_t age =
			    irl_micro(st->now_ns) - st->stub[s].syn_at;

			if (age < st->level_ends[level])
				break;
			syn_due(st, s, level);
		}
	}
}

/* When a SYN of each level is given up, since the first one. */
void irl_syn_schedule(struct irl_tcp_stack *st)
{
	uint64_t end = 0;

	for (uint32_t level = 0; level <= st->o.syn_retries; level++) {
		end += st->o.syn_timeout_ns << level;
		if (st->o.total_ns)
			end = sooner(end, st->o.total_ns);
		if (st->o.idle_ns)
			end = sooner(end, st->o.idle_ns);
		st->level_ends[level] = (uint32_t)((end + 1023) >> 10);
	}
}

/* ------------------------------------------------------------------------- */

void irl_tcp_advance(struct irl_tcp_stack *st, uint64_t now_ns)
{
	st->now_ns = now_ns;
	advance_syns(st);
	while (advance_timers(st))
		;
	irl_wait_advance(st);
}

static uint64_t next_syn(const struct irl_tcp_stack *st)
{
	uint64_t best = UINT64_MAX;

	for (uint32_t level = 0; level <= st->o.syn_retries; level++) {
		uint32_t s = st->stub[irl_level_list(st, level)].link.next;

		if (s < st->o.connections)
			best = sooner(best,
				      micro_ns(st, st->stub[s].syn_at +
						       st->level_ends[level]));
	}
	return best;
}

uint64_t irl_tcp_next_ns(const struct irl_tcp_stack *st)
{
	uint64_t best = next_syn(st), wait;
	uint32_t tick;

	if (irl_wheel_next(&st->wheel, &tick)) {
		uint64_t now = st->now_ns >> 20;
		int32_t ahead = irl_seq_diff(tick, (uint32_t)now);

		best = sooner(best, (now + (uint64_t)(int64_t)ahead) << 20);
	}
	if (irl_wait_next(st, &wait))
		best = sooner(best, wait);
	return best;
}
