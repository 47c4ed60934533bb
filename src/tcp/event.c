// SPDX-License-Identifier: BSD-2-Clause
#include "tcp/stack.h"

/* The list of events goes through the stubs' next; a stub is in it once. */
static void list_event(struct irl_tcp_stack *st, uint32_t s)
{
	st->stub[s].link.next = IRL_LINK_NONE;
	if (st->event_first == IRL_CONN_NONE)
		st->event_first = s;
	else
		st->stub[st->event_last].link.next = s & IRL_LINK_MASK;
	st->event_last = s;
}

static void unlist_first(struct irl_tcp_stack *st)
{
	uint32_t next = st->stub[st->event_first].link.next;

	st->event_first = next == IRL_LINK_NONE ? IRL_CONN_NONE : next;
}

void irl_event(struct irl_tcp_stack *st, uint32_t c,
	       enum irl_tcp_event_kind kind)
{
	struct irl_hot *h = &st->hot[c];

	h->events |= (uint8_t)(1u << kind);
	if (h->flags & IRL_F_LISTED)
		return;
	h->flags |= IRL_F_LISTED;
	list_event(st, h->stub);
}

void irl_report(struct irl_tcp_stack *st, uint32_t s, uint8_t type,
		uint8_t code)
{
	if (st->report_count == IRL_REPORTS) {
		st->report_first = (st->report_first + 1) % IRL_REPORTS;
		st->report_count--;
	}
	st->report[(st->report_first + st->report_count++) % IRL_REPORTS] =
	    (struct irl_report){irl_stub_id(st, s), st->stub[s].user, type,
				code};
}

/* ---- ends --------------------------------------------------------------- */

void irl_stub_end(struct irl_tcp_stack *st, uint32_t s,
		  enum irl_tcp_outcome outcome, uint8_t icmp_type,
		  uint8_t icmp_code)
{
	struct irl_stub *stub = &st->stub[s];
	uint32_t syns = irl_stub_syns(st, s);

	irl_list_remove(st->stub, s);
	irl_stub_unindex(st, s);
	stub->lasted = syns ? irl_micro(st->now_ns) - stub->syn_at : 0;
	st->stub[s].link.b = (syns << 4 | IRL_STUB_ENDED) & 0xff;
	st->stub[s].link.prev = ((uint32_t)outcome | (uint32_t)icmp_type << 8 |
				 (uint32_t)icmp_code << 16) &
				IRL_LINK_MASK;
	st->stats.half_open--;
	st->stats.outcome[outcome]++;
	list_event(st, s);
}

static void bury_stub(struct irl_tcp_stack *st, uint32_t s)
{
	st->stub[s].link.next =
	    (st->grave_first == IRL_CONN_NONE ? IRL_LINK_NONE
					      : st->grave_first) &
	    IRL_LINK_MASK;
	st->grave_first = s;
}

void irl_conn_bury(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_hot *h = &st->hot[c];
	uint32_t s = h->stub;

	if (h->state != IRL_CONN_CLOSED || h->events ||
	    h->flags & (IRL_F_DIRTY | IRL_F_LISTED | IRL_F_GRAVE))
		return;
	irl_queue_clear(&st->pool, &h->rx);
	irl_body_give(st, c);
	irl_stub_give(st, s);
}

/* ---- poll --------------------------------------------------------------- */

static void fill(const struct irl_tcp_stack *st, uint32_t c, unsigned kind,
		 struct irl_tcp_event *out)
{
	const struct irl_hot *h = &st->hot[c];

	*out = (struct irl_tcp_event){
	    .id = irl_stub_id(st, h->stub),
	    .user = st->stub[h->stub].user,
	    .kind = (uint8_t)kind,
	    .readable = h->readable,
	};
	if (kind == IRL_TCP_CLOSED)
		out->outcome = st->cold[c].outcome;
}

/* The kinds in their order of time: established first, closed last. */
static unsigned take_body(struct irl_tcp_stack *st, uint32_t c,
			  struct irl_tcp_event events[], unsigned max)
{
	struct irl_hot *h = &st->hot[c];
	bool closed = h->events >> IRL_TCP_CLOSED & 1;
	unsigned n = 0;

	for (; h->events && n < max; h->events &= (uint8_t)(h->events - 1))
		fill(st, c, (unsigned)__builtin_ctz(h->events), &events[n++]);
	if (h->events)
		return n;
	unlist_first(st);
	h->flags &= (uint16_t)~IRL_F_LISTED;
	if (closed) {
		h->flags |= IRL_F_GRAVE;
		bury_stub(st, h->stub);
	} else {
		irl_conn_bury(st, c);
	}
	return n;
}

static unsigned take_stub(struct irl_tcp_stack *st, uint32_t s,
			  struct irl_tcp_event *out)
{
	uint32_t how = st->stub[s].link.prev;

	unlist_first(st);
	if (irl_stub_state(st, s) == IRL_STUB_LET_GO) {
		irl_stub_give(st, s);
		return 0;
	}
	*out = (struct irl_tcp_event){
	    .id = irl_stub_id(st, s),
	    .user = st->stub[s].user,
	    .kind = IRL_TCP_CLOSED,
	    .outcome = (uint8_t)how,
	    .icmp_type = (uint8_t)(how >> 8),
	    .icmp_code = (uint8_t)(how >> 16),
	};
	bury_stub(st, s);
	return 1;
}

static unsigned take_reports(struct irl_tcp_stack *st,
			     struct irl_tcp_event events[], unsigned max)
{
	unsigned n;

	for (n = 0; n < max && st->report_count; n++) {
		const struct irl_report *r = &st->report[st->report_first];

		events[n] = (struct irl_tcp_event){
		    .id = r->id,
		    .user = r->user,
		    .kind = IRL_TCP_ICMP_ERROR,
		    .icmp_type = r->type,
		    .icmp_code = r->code,
		};
		st->report_first = (st->report_first + 1) % IRL_REPORTS;
		st->report_count--;
	}
	return n;
}

/* Those whose CLOSED has been taken are good no longer. */
static void clear_graves(struct irl_tcp_stack *st)
{
	while (st->grave_first != IRL_CONN_NONE) {
		uint32_t s = st->grave_first, next = st->stub[s].link.next;

		st->grave_first = next == IRL_LINK_NONE ? IRL_CONN_NONE : next;
		if (irl_stub_state(st, s) == IRL_STUB_FULL) {
			uint32_t c = st->stub[s].body;

			st->hot[c].flags &= (uint16_t)~IRL_F_GRAVE;
			irl_conn_bury(st, c);
		} else {
			irl_stub_give(st, s);
		}
	}
}

unsigned irl_tcp_poll(struct irl_tcp_stack *st, struct irl_tcp_event events[],
		      unsigned max)
{
	unsigned n = take_reports(st, events, max);

	while (n < max && st->event_first != IRL_CONN_NONE) {
		uint32_t s = st->event_first;

		if (irl_stub_state(st, s) == IRL_STUB_FULL)
			n += take_body(st, st->stub[s].body, events + n,
				       max - n);
		else
			n += take_stub(st, s, events + n);
	}
	if (!n && max)
		clear_graves(st);
	return n;
}
