// SPDX-License-Identifier: BSD-2-Clause
/* SYN without state: probes out, and from the valid SYN-ACKs connections. */
#include <stdlib.h>
#include "base/clock.h"
#include "engine/count.h"
#include "engine/fetch.h"
#include "probe/probe.h"

#define CLAIM 4096u
#define CHUNK 2048u

/* ---- sending, of a set --------------------------------------------------- */

/* Both lists are in the order of sending; what is refused is sent first the
 * next time, all of it a bounded number of times. */
static void put_back(struct irl_fetch_worker *w,
		     const struct irl_probe_chunk *chunk)
{
	struct irl_probing *p = w->probing;
	unsigned sent = chunk->again_count, rest = p->again_count - sent;

	irl_count(&w->counts.probes_refused, chunk->refused_count);
	p->tries = chunk->refused_count ? p->tries + 1 : 0;
	memmove(p->again + chunk->refused_count, p->again + sent,
		rest * sizeof(*p->again));
	memcpy(p->again, p->refused, chunk->refused_count * sizeof(*p->again));
	p->again_count = chunk->refused_count + rest;
	if (p->tries <= w->fetch->options.scan.retries)
		return;
	irl_count(&w->counts.probes_given_up, p->again_count);
	p->again_count = p->tries = 0;
}

static void send_chunk(struct irl_fetch_worker *w, unsigned count, uint64_t now)
{
	struct irl_probing *p = w->probing;
	struct irl_probe_chunk chunk = {
	    .again = p->again,
	    .again_count = p->again_count < count ? p->again_count : count,
	    .first = p->range.first,
	    .refused = p->refused,
	    /* The kernel looks at its clock for each. */
	    .time = irl_prober_in_kernel(w->fetch->prober)
			? 0
			: irl_probe_time(now),
	};
	unsigned no_neighbour;
	int rc;

	count -= chunk.again_count;
	chunk.count = p->range.count < count ? (unsigned)p->range.count : count;
	rc = irl_prober_run(w->fetch->prober, w->queue, &chunk, &no_neighbour);
	if (rc < 0) {
		irl_fetch_fail(w, rc);
		return;
	}
	irl_count(&w->counts.probes, chunk.count);
	irl_count(&w->counts.probes_again, chunk.again_count);
	irl_count(&w->counts.probes_accepted, chunk.accepted);
	irl_count(&w->counts.probes_skipped, chunk.skipped);
	irl_count(&w->counts.probes_no_neighbour, no_neighbour);
	irl_pacer_sent(&p->pacer, chunk.accepted);
	p->range.first += chunk.count;
	p->range.count -= chunk.count;
	put_back(w, &chunk);
}

/* What was claimed and not sent is not sent any more. */
static void leave(struct irl_fetch_worker *w)
{
	struct irl_probing *p = w->probing;

	for (unsigned i = 0; i < p->again_count; i++)
		irl_fetch_unsent(w, p->again[i]);
	if (p->range.count)
		irl_fetch_unsent(w, p->range.first);
	irl_count(&w->counts.probes_given_up, p->again_count);
	p->again_count = 0;
	p->range.count = 0;
}

static bool has_work(struct irl_fetch_worker *w)
{
	struct irl_probing *p = w->probing;

	if (irl_fetch_stopping(w->fetch)) {
		leave(w);
		return false;
	}
	return p->again_count || p->range.count ||
	       irl_supply_claim(&w->fetch->supply, CLAIM, &p->range);
}

bool irl_fetch_is_crowded(const struct irl_fetch_worker *w)
{
	return !irl_fetch_has_room(w) ||
	       w->waiting.count > IRL_FETCH_WAITING / 2 || w->outbox.count;
}

static void probe_set(struct irl_fetch_worker *w, uint64_t now)
{
	uint32_t due = irl_pacer_due(&w->probing->pacer, now);

	if (due > CHUNK)
		due = CHUNK;
	if (due > irl_prober_chunk_max(w->fetch->prober))
		due = irl_prober_chunk_max(w->fetch->prober);
	if (due)
		send_chunk(w, due, now);
}

/* For a stop: who was probed shortly before may still answer. */
static void note_unsent(struct irl_fetch_worker *w, uint64_t now)
{
	struct irl_probing *p = w->probing;
	uint64_t least = irl_supply_next(&w->fetch->supply);

	if (!irl_trail_is_due(&p->trail, now))
		return;
	if (p->range.count && p->range.first < least)
		least = p->range.first;
	if (w->low < least) /* left, since the fetch ends */
		least = w->low;
	for (unsigned i = 0; i < p->again_count; i++)
		if (p->again[i] < least)
			least = p->again[i];
	irl_trail_note(&p->trail, now, least);
}

/* ---- each turn ---------------------------------------------------------- */

void irl_fetch_probe(struct irl_fetch_worker *w, uint64_t now_ns)
{
	struct irl_probing *p = w->probing;
	bool list = w->fetch->options.list;

	if (list)
		irl_fetch_list_attend(w, now_ns);
	else
		note_unsent(w, now_ns);
	if (p->done ||
	    (irl_fetch_is_crowded(w) && !irl_fetch_stopping(w->fetch)))
		return;
	if (list ? irl_fetch_list_is_over(w) : !has_work(w)) {
		p->done = true;
		__atomic_sub_fetch(&w->fetch->sending, 1, __ATOMIC_RELEASE);
	} else if (list) {
		irl_fetch_list_probe(w, now_ns);
	} else {
		probe_set(w, now_ns);
	}
}

/* ---- answers ------------------------------------------------------------- */

/* Only a network's own worker has sent to it. */
static enum irl_probe_verdict check_syn(const struct irl_fetch_worker *w,
					const struct irl_frame *frame,
					struct irl_syn_hit *out)
{
	enum irl_probe_verdict verdict = irl_syn_check(
	    &w->probing->syn, frame->data, frame->length, frame->time_ns, out);

	if (verdict >= IRL_ANSWER_SYNACK && verdict <= IRL_ANSWER_ICMP &&
	    irl_fetch_owner(w->fetch, &out->addr) != w)
		return IRL_ANSWER_COOKIE;
	return verdict;
}

/* As irl_probe_check, of a set and of a list. */
static enum irl_probe_verdict check(const struct irl_fetch_worker *w,
				    const struct irl_frame *frame,
				    struct irl_syn_hit *out)
{
	const struct irl_fetch *fetch = w->fetch;
	enum irl_probe_verdict verdict;
	struct irl_hit hit;

	if (fetch->options.list)
		return check_syn(w, frame, out);
	verdict = irl_probe_check(fetch->way.probe, frame->data, frame->length,
				  frame->time_ns, &hit);
	if (verdict >= IRL_ANSWER_SYNACK && verdict <= IRL_ANSWER_ICMP)
		*out = (struct irl_syn_hit){irl_ip4(hit.addr), hit.port,
					    hit.rtt_ticks};
	return verdict;
}

/* Is it the first of a target of ours?  A target's answers all come to one
 * worker. */
static bool is_new(struct irl_fetch_worker *w, const struct irl_syn_hit *hit,
		   uint64_t *position)
{
	struct irl_fetch *fetch = w->fetch;
	struct irl_target target = {.port = hit->port};
	uint64_t bit;

	*position = UINT64_MAX;
	if (fetch->options.list)
		return !irl_recent_seen(&w->probing->answered, &hit->addr,
					hit->port, NULL);
	target.addr = irl_ip_addr4(&hit->addr);
	if (!irl_probe_position(fetch->way.probe, target, position) ||
	    *position < fetch->supply.first || *position >= fetch->supply.end)
		return false;
	bit = *position - fetch->supply.first;
	return !(__atomic_fetch_or(&fetch->answered.word[bit / 64],
				   1ull << (bit % 64), __ATOMIC_RELAXED) >>
		     (bit % 64) &
		 1);
}

static struct irl_tcp_offer offer_of(enum irl_tcp_options options, uint16_t mss)
{
	switch (options) {
	case IRL_TCP_OPTIONS_LINUX:
		return (struct irl_tcp_offer){mss, IRL_PROBE_SCALE_LINUX, true,
					      true};
	case IRL_TCP_OPTIONS_WINDOWS:
		return (struct irl_tcp_offer){mss, IRL_PROBE_SCALE_WINDOWS,
					      true, false};
	case IRL_TCP_OPTIONS_MSS:
		return (struct irl_tcp_offer){mss, -1, false, false};
	case IRL_TCP_OPTIONS_NONE:
		break;
	}
	return (struct irl_tcp_offer){0, -1, false, false};
}

/* 1: adopted; 0: caps; -1: the stack does not want it. */
static int adopt(struct irl_fetch_worker *w, const struct irl_frame *frame,
		 const struct irl_item *item, uint64_t syn_ns, uint64_t now)
{
	uint16_t mss = irl_probe_mss(irl_port_info(w->fetch->way.port)->mtu,
				     !irl_ip_is4(&item->addr));
	struct irl_tcp_offer offer =
	    offer_of(w->fetch->options.scan.tcp_options, mss);
	struct irl_session *session;

	if (!irl_admission_ask(&w->admission, &item->addr, now))
		return 0;
	session = irl_session_take(w, item, syn_ns);
	if (session) {
		session->probed = session->admitted = true;
		session->id = irl_tcp_adopt(w->tcp, frame, &offer,
					    (uint32_t)(session - w->session),
					    syn_ns, now);
		if (session->id)
			return 1;
		irl_session_give(w, session);
	}
	irl_admission_release(&w->admission, &item->addr, now);
	return session ? -1 : 0;
}

/*
 * Something is begun that the end waits for.  False: it is too late for that,
 * since connections are cut off, or answers not waited for any more.
 *
 * Here begun is written and then closing read, on the main thread closing
 * written and then begun read (all_settled).  All four are in one order that
 * both threads see (sequential consistency), so either we see that it closes,
 * or it sees that we have begun, and waits.
 */
static bool begin(struct irl_fetch_worker *w)
{
	irl_fetch_begun(w);
	if (!__atomic_load_n(&w->fetch->closing, __ATOMIC_SEQ_CST) &&
	    irl_fetch_stopping(w->fetch) != IRL_STOP_NOW)
		return true;
	irl_fetch_settle(w);
	return false;
}

/* It comes to nothing: count that, and take back what begin did.  Where it is
 * not noted as done another part takes it again. */
static bool forget(struct irl_fetch_worker *w, struct irl_item *item,
		   uint64_t *counter)
{
	free(item->names);
	irl_count(counter, 1);
	irl_fetch_settle(w);
	return false;
}

/* Likewise, and nobody who is in time has answered. */
static bool ignore(struct irl_fetch_worker *w, struct irl_item *item)
{
	irl_fetch_note(w, item->position, IRL_STEP_DONE);
	return forget(w, item, &w->counts.too_late);
}

/* A SYN-ACK that is valid.  True if it became a connection. */
static bool synack(struct irl_fetch_worker *w, const struct irl_frame *frame,
		   const struct irl_syn_hit *hit, uint64_t now)
{
	struct irl_item item = {.addr = hit->addr, .port = hit->port};
	uint64_t age =
	    (uint64_t)hit->rtt_ticks * 1000000000u >> IRL_PROBE_TICK_SHIFT;
	uint64_t syn_ns = now > age ? now - age : 0;
	bool list = w->fetch->options.list;
	struct irl_fetch_counts *c = &w->counts;
	int taken;

	irl_count(&c->synacks, 1);
	if (!is_new(w, hit, &item.position)) {
		irl_count(&c->repeats, 1);
		return false;
	}
	irl_fetch_note(w, item.position, IRL_STEP_BEGUN);
	if (!begin(w)) {
		irl_count(&c->too_late, 1);
		if (irl_fetch_stopping(w->fetch))
			irl_fetch_unfinished(w, item.position);
		else
			irl_fetch_note(w, item.position, IRL_STEP_DONE);
		return false;
	}
	if (list && !irl_fetch_list_name(w, &item, syn_ns))
		return ignore(w, &item);
	taken = adopt(w, frame, &item, syn_ns, now);
	/* Who got its names has taken the probe along. */
	if (list && !item.names)
		irl_fetch_list_others(w, &item);
	if (taken < 0)
		return forget(w, &item, &c->unfit);
	if (!taken && !irl_fetch_queue(w, &item))
		return forget(w, &item, &c->crowded);
	irl_count(taken ? &c->adopted : &c->queued, 1);
	if (!taken)
		irl_count(&c->targets, 1);
	return taken;
}

bool irl_fetch_unreachable(struct irl_fetch_worker *w,
			   const struct irl_frame *frame)
{
	struct irl_syn_hit hit;

	if (check(w, frame, &hit) != IRL_ANSWER_ICMP)
		return false;
	irl_count(&w->counts.unreachable, 1);
	return true;
}

bool irl_fetch_answer(struct irl_fetch_worker *w, const struct irl_frame *frame,
		      uint64_t now_ns)
{
	struct irl_syn_hit hit;

	switch (check(w, frame, &hit)) {
	case IRL_ANSWER_SYNACK:
		return synack(w, frame, &hit, now_ns);
	case IRL_ANSWER_RST:
		irl_count(&w->counts.closed, 1);
		return true;
	case IRL_ANSWER_COOKIE:
	case IRL_ANSWER_FORM:
		irl_count(&w->counts.invalid, 1);
		return false;
	default:
		irl_count(&w->counts.others, 1);
		return false;
	}
}
