// SPDX-License-Identifier: BSD-2-Clause
/* Slots: stubs and bodies, how they are named, found, taken and given back. */
#include <string.h>
#include "tcp/stack.h"

/* ---- ids ---------------------------------------------------------------- */

/* The local port is in it too: 65,536 generations alone come round within a
 * second where few slots serve millions of connections. */
uint64_t irl_stub_id(const struct irl_tcp_stack *st, uint32_t s)
{
	return (uint64_t)st->stub[s].generation << 40 |
	       (uint64_t)st->stub[s].local_port << 24 | s;
}

uint32_t irl_stub_of(const struct irl_tcp_stack *st, uint64_t id)
{
	uint32_t s = (uint32_t)id & IRL_LINK_MASK;

	if (s >= st->stub_fresh || irl_stub_id(st, s) != id)
		return IRL_CONN_NONE;
	switch (irl_stub_state(st, s)) {
	case IRL_STUB_FREE:
	case IRL_STUB_LET_GO:
		return IRL_CONN_NONE;
	default:
		return s;
	}
}

/* ---- stubs -------------------------------------------------------------- */

static bool is_v6(const struct irl_tcp_stack *st, uint32_t s)
{
	return st->addr6 && !irl_ip_is4(&st->locals[st->stub[s].link.a].addr);
}

void irl_stub_ends(const struct irl_tcp_stack *st, uint32_t s,
		   struct irl_ends *out)
{
	const struct irl_stub *stub = &st->stub[s];

	out->local = (uint8_t)st->stub[s].link.a;
	out->local_port = stub->local_port;
	out->remote_port = stub->remote_port;
	out->v6 = is_v6(st, s);
	out->remote4 = stub->remote;
	if (out->v6)
		memcpy(out->remote6, st->addr6[s], 16);
}

/* By what one line of memory tells: all of IPv4 but the local address. */
static bool alike(const struct irl_stub *stub, const struct irl_ends *ends)
{
	return stub->local_port == ends->local_port &&
	       stub->remote_port == ends->remote_port &&
	       stub->remote == (ends->v6 ? 0 : ends->remote4);
}

static bool same(const struct irl_tcp_stack *st, uint32_t s,
		 const struct irl_ends *ends)
{
	if (!alike(&st->stub[s], ends) || st->stub[s].link.a != ends->local)
		return false;
	return !ends->v6 || !memcmp(st->addr6[s], ends->remote6, 16);
}

uint32_t irl_stub_find(const struct irl_tcp_stack *st,
		       const struct irl_ends *ends, uint64_t hash)
{
	struct irl_index_walk walk = irl_index_at(&st->index, hash);
	uint32_t s;

	while ((s = irl_index_next(&st->index, &walk)) != IRL_INDEX_NONE)
		if (same(st, s, ends))
			return s;
	return IRL_CONN_NONE;
}

static bool is_indexed(const struct irl_tcp_stack *st, uint32_t s)
{
	switch (irl_stub_state(st, s)) {
	case IRL_STUB_SEND:
	case IRL_STUB_WAIT:
		return true;
	case IRL_STUB_FULL:
		return st->hot[st->stub[s].body].state != IRL_CONN_CLOSED;
	default:
		return false;
	}
}

uint32_t irl_stub_find_at(const struct irl_tcp_stack *st,
			  const struct irl_ends *ends, uint64_t hash,
			  uint32_t likely)
{
	if (likely != IRL_CONN_NONE && is_indexed(st, likely) &&
	    same(st, likely, ends))
		return likely;
	return irl_stub_find(st, ends, hash);
}

void irl_stub_prefetch(const struct irl_tcp_stack *st, uint64_t hash)
{
	struct irl_index_walk walk = irl_index_at(&st->index, hash);
	uint32_t s;

	do {
		s = irl_index_next(&st->index, &walk);
		if (s != IRL_INDEX_NONE)
			irl_stub_ask(&st->stub[s]);
	} while (walk.match); /* further buckets hardly hold it */
}

uint32_t irl_stub_likely(const struct irl_tcp_stack *st,
			 const struct irl_ends *ends, uint64_t hash)
{
	struct irl_index_walk walk = irl_index_at(&st->index, hash);
	uint32_t s;

	while ((s = irl_index_next(&st->index, &walk)) != IRL_INDEX_NONE)
		if (alike(&st->stub[s], ends))
			return s;
	return IRL_CONN_NONE;
}

static uint32_t fresh_or_free(struct irl_tcp_stack *st)
{
	uint32_t s = st->stub_free;

	if (s != IRL_CONN_NONE) {
		uint32_t next = st->stub[s].link.next;

		st->stub_free = next == IRL_LINK_NONE ? IRL_CONN_NONE : next;
		if (st->stub_free != IRL_CONN_NONE)
			irl_stub_ask(&st->stub[next]);
		return s;
	}
	if (st->stub_fresh == st->o.connections)
		return IRL_CONN_NONE;
	st->stub[st->stub_fresh].generation = 1;
	return st->stub_fresh++;
}

static void free_stub(struct irl_tcp_stack *st, uint32_t s)
{
	st->stub[s].link.b = IRL_STUB_FREE;
	st->stub[s].link.next = st->stub_free & IRL_LINK_MASK;
	st->stub_free = s;
}

uint32_t irl_stub_take(struct irl_tcp_stack *st, const struct irl_ends *ends,
		       uint64_t hash)
{
	uint32_t s = fresh_or_free(st);
	struct irl_stub *stub;

	if (s == IRL_CONN_NONE)
		return s;
	if (!irl_index_insert(&st->index, hash, s)) {
		free_stub(st, s);
		return IRL_CONN_NONE;
	}
	stub = &st->stub[s];
	stub->remote = ends->v6 ? 0 : ends->remote4;
	stub->remote_port = ends->remote_port;
	stub->local_port = ends->local_port;
	if (ends->v6)
		memcpy(st->addr6[s], ends->remote6, 16);
	st->stub[s].link = (struct irl_link){.a = ends->local};
	return s;
}

void irl_stub_unindex(struct irl_tcp_stack *st, uint32_t s)
{
	struct irl_ends ends;

	irl_stub_ends(st, s, &ends);
	irl_index_remove(&st->index, irl_ends_index(st, &ends), s);
}

void irl_stub_give(struct irl_tcp_stack *st, uint32_t s)
{
	if (!++st->stub[s].generation)
		st->stub[s].generation = 1;
	free_stub(st, s);
}

/* ---- bodies ------------------------------------------------------------- */

uint32_t irl_body_take(struct irl_tcp_stack *st, uint32_t s)
{
	uint32_t c = st->body_free;

	if (c != IRL_CONN_NONE)
		st->body_free = st->hot[c].una;
	else if (st->body_fresh < st->o.established)
		c = st->body_fresh++;
	else
		return IRL_CONN_NONE;
	st->hot[c] = (struct irl_hot){.stub = s & IRL_LINK_MASK, .silent = 1};
	st->cold[c] = (struct irl_cold){.timer = st->cold[c].timer};
	if (st->cold[c].timer.link.b)
		irl_wheel_prefetch(&st->wheel, c);
	st->stub[s].body = c;
	irl_stub_set(st, s, IRL_STUB_FULL);
	return c;
}

void irl_body_give(struct irl_tcp_stack *st, uint32_t c)
{
	st->hot[c].una = st->body_free;
	st->hot[c].state = IRL_CONN_CLOSED;
	st->body_free = c;
}
