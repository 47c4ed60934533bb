// SPDX-License-Identifier: BSD-2-Clause
/*
 * TIME-WAIT in 16 bytes (RFC 9293, 3.6.1): a ring in the order of expiry, and
 * an index by the keyed hash of the ends, of which 40 bits are kept.  What an
 * answer needs besides is in the segment that it answers.
 */
#include "tcp/stack.h"

#define HASH_BITS 40
#define HASH_MASK ((1ull << HASH_BITS) - 1)

static uint32_t ring(const struct irl_tcp_stack *st, uint32_t i)
{
	uint32_t at = st->wait_first + i;

	return at >= st->o.time_waits ? at - st->o.time_waits : at;
}

/* Hash 0 means forgotten. */
static uint64_t kept(uint64_t hash)
{
	return hash & HASH_MASK ? hash & HASH_MASK : 1;
}

static uint32_t find(const struct irl_tcp_stack *st, uint64_t hash)
{
	struct irl_index_walk walk = irl_index_at(&st->wait_index, kept(hash));
	uint32_t i;

	while ((i = irl_index_next(&st->wait_index, &walk)) != IRL_INDEX_NONE)
		if ((st->wait[i].hash40_tick24 & HASH_MASK) == kept(hash))
			return i;
	return IRL_CONN_NONE;
}

static void forget(struct irl_tcp_stack *st, uint32_t i)
{
	uint64_t hash = st->wait[i].hash40_tick24 & HASH_MASK;

	if (!hash)
		return;
	irl_index_remove(&st->wait_index, hash, i);
	st->wait[i].hash40_tick24 = 0;
	st->wait_live--;
}

static void drop_first(struct irl_tcp_stack *st)
{
	forget(st, st->wait_first);
	st->wait_first = ring(st, 1);
	st->wait_count--;
}

static void append(struct irl_tcp_stack *st, uint64_t hash, uint32_t nxt,
		   uint32_t rcv_nxt)
{
	uint64_t tick = irl_tick(st->now_ns) & 0xffffff;
	uint32_t i;

	if (st->wait_count == st->o.time_waits) {
		if (st->wait[st->wait_first].hash40_tick24)
			irl_count(st, IRL_TCP_N_TIME_WAIT_EVICTED);
		drop_first(st);
	}
	i = ring(st, st->wait_count);
	if (!irl_index_insert(&st->wait_index, kept(hash), i))
		return;
	st->wait_count++;
	st->wait_live++;
	st->wait[i] = (struct irl_time_wait){nxt, rcv_nxt,
					     kept(hash) | tick << HASH_BITS};
}

void irl_wait_enter(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	struct irl_ends ends;

	irl_stub_ends(st, h->stub, &ends);
	append(st, irl_ends_hash(st, &ends), h->nxt, h->rcv_nxt);
}

bool irl_wait_has(const struct irl_tcp_stack *st, const struct irl_ends *ends)
{
	return st->wait_live &&
	       find(st, irl_ends_hash(st, ends)) != IRL_CONN_NONE;
}

/* Until 2 MSL after the segment at @i, in ticks; <= 0: it is over. */
static int32_t left(const struct irl_tcp_stack *st, uint32_t i)
{
	uint32_t since = (uint32_t)(st->wait[i].hash40_tick24 >> HASH_BITS);
	uint32_t age = (irl_tick(st->now_ns) - since) & 0xffffff;
	uint64_t whole = (st->o.time_wait_ns + (1 << 20) - 1) >> 20;

	return (int32_t)whole - (int32_t)age;
}

void irl_wait_advance(struct irl_tcp_stack *st)
{
	while (st->wait_count) {
		uint32_t i = st->wait_first;

		if (st->wait[i].hash40_tick24 && left(st, i) > 0)
			return;
		drop_first(st);
	}
}

bool irl_wait_next(const struct irl_tcp_stack *st, uint64_t *ns)
{
	int32_t ticks;

	if (!st->wait_count)
		return false;
	ticks = st->wait[st->wait_first].hash40_tick24
		    ? left(st, st->wait_first)
		    : 0;
	*ns = ((st->now_ns >> 20) + (ticks > 0 ? (uint32_t)ticks : 0)) << 20;
	return true;
}

/*
 * RFC 9293, 3.10.7.4: what may come is the FIN again; it and anything that is
 * not acceptable gets an ACK.  A RST is ignored (RFC 1337, 3, fix F1).
 */
bool irl_wait_input(struct irl_tcp_stack *st, const struct irl_segment *seg)
{
	struct irl_time_wait *w;
	uint64_t hash;
	uint32_t i;

	if (!st->wait_live)
		return false;
	hash = irl_ends_hash(st, &seg->ends);
	i = find(st, hash);
	if (i == IRL_CONN_NONE)
		return false;
	if (seg->icmp || seg->flags & IRL_TCP_RST)
		return true;
	w = &st->wait[i];
	irl_reply_add(st, &(struct irl_reply){
			      .ends = seg->ends,
			      .seq = w->nxt,
			      .ack = w->rcv_nxt,
			      .flags = IRL_TCP_ACK,
			      .timestamps = seg->seen.timestamps,
			      .ts_echo = seg->seen.ts_value,
			  });
	if (seg->flags & IRL_TCP_FIN &&
	    seg->seq + seg->length + 1 == w->rcv_nxt) {
		uint32_t nxt = w->nxt, rcv_nxt = w->rcv_nxt;

		forget(st, i);
		append(st, hash, nxt, rcv_nxt);
	}
	return true;
}
