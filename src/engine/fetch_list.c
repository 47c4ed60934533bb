// SPDX-License-Identifier: BSD-2-Clause
/*
 * Probes of a list.  They keep no state, but for the names of a list that has
 * some: those stay until the answer, or until the time for it is over.  Several
 * names of one address and port have one probe, and are connected to one by one
 * once it is answered, as there is room for them.
 */
#include <stdlib.h>
#include "base/clock.h"
#include "engine/count.h"
#include "engine/fetch.h"

/* A stamp tells the time of a probe a little too early or too late. */
#define STAMP_NS (2 * (IRL_NS_PER_S >> IRL_PROBE_TICK_SHIFT))
#define READY 1024u /* are queued each turn, at most */

/* ---- sending ------------------------------------------------------------- */

/* Once names have been read, and for all that is probed from then on. */
static bool keeps_names(struct irl_fetch_worker *w, uint64_t now)
{
	struct irl_probing *p = w->probing;

	if (!p->named && __atomic_load_n(&w->fetch->named, __ATOMIC_RELAXED)) {
		p->named = true;
		p->named_ns = w->counts.probes ? now : 0;
	}
	return p->named;
}

static void send_probe(struct irl_fetch_worker *w, const struct irl_item *item,
		       uint64_t now)
{
	irl_fetch_put_syn(w, item, now);
	irl_fetch_settle(w);
}

/* True: it needs a probe. */
static bool keep(struct irl_fetch_worker *w, const struct irl_item *item,
		 uint64_t now)
{
	struct irl_probing *p = w->probing;

	/* It is open: under another name it has answered. */
	if (irl_recent_knows(&p->answered, &item->addr, item->port)) {
		irl_count(&w->counts.deferred, 1);
		irl_fetch_queue(w, item);
		return false;
	}
	return !irl_pending_put(&p->pending, item, now);
}

bool irl_fetch_list_has_room(const struct irl_fetch_worker *w)
{
	return w->outbox.count < IRL_FETCH_OUTBOX &&
	       w->waiting.count < IRL_FETCH_WAITING &&
	       irl_told_room(&w->out, 2 * w->fetch->json_max) &&
	       irl_pending_has_room(&w->probing->pending);
}

/* One target; what cannot be reached takes no time of the pacer's. */
static bool probe_item(struct irl_fetch_worker *w, uint64_t now, uint32_t *sent)
{
	enum irl_fetch_cause cause;
	struct irl_item item;

	if (!irl_fetch_list_has_room(w) || !irl_item_take(w->in, &item))
		return false;
	cause = irl_fetch_obstacle(w, &item);
	if (cause != IRL_FETCH_CAUSES) {
		irl_fetch_refuse(w, &item, cause, now);
		return true;
	}
	if (keeps_names(w, now) && !keep(w, &item, now))
		return true;
	send_probe(w, &item, now);
	++*sent;
	return true;
}

void irl_fetch_list_probe(struct irl_fetch_worker *w, uint64_t now)
{
	uint32_t due = irl_pacer_due(&w->probing->pacer, now), sent = 0;

	while (sent < due && probe_item(w, now, &sent))
		;
	irl_pacer_sent(&w->probing->pacer, sent);
}

/* In this order: what is handed out was so before it was said to be all. */
bool irl_fetch_list_is_over(const struct irl_fetch_worker *w)
{
	bool more = __atomic_load_n(&w->fetch->feeding, __ATOMIC_ACQUIRE);

	return (!more || irl_fetch_stopping(w->fetch)) && irl_item_none(w->in);
}

/* ---- answers ------------------------------------------------------------- */

bool irl_fetch_list_name(struct irl_fetch_worker *w, struct irl_item *item,
			 uint64_t syn_ns)
{
	struct irl_probing *p = w->probing;

	if (!p->named || syn_ns + STAMP_NS < p->named_ns)
		return true; /* of before, without a name */
	return irl_pending_take(&p->pending, item) ||
	       syn_ns < p->named_ns + STAMP_NS;
}

void irl_fetch_list_others(struct irl_fetch_worker *w,
			   const struct irl_item *item)
{
	struct irl_probing *p = w->probing;

	if (!p->named || !irl_pending_release(&p->pending, item))
		return;
	/* It was a probe until now. */
	irl_count(&w->counts.targets, 1);
	irl_fetch_begun(w);
}

/* Half of the queue is left to SYN-ACKs that meet a cap. */
static void queue_ready(struct irl_fetch_worker *w)
{
	struct irl_pending *pending = &w->probing->pending;
	bool stopping = irl_fetch_stopping(w->fetch);
	struct irl_item item;

	for (unsigned i = 0; i < READY; i++) {
		if (w->waiting.count >= IRL_FETCH_WAITING / 2 ||
		    !irl_pending_ready(pending, &item))
			return;
		if (stopping)
			irl_fetch_leave(w, &item, IRL_FETCH_NOT_STOPPED);
		else
			irl_fetch_queue(w, &item);
	}
}

static void drop_unopened(struct irl_fetch_worker *w, struct irl_item *item,
			  enum irl_fetch_cause cause)
{
	free(item->names);
	if (cause != IRL_FETCH_NOT_STOPPED)
		irl_fetch_note(w, item->position, IRL_STEP_DONE);
}

void irl_fetch_list_attend(struct irl_fetch_worker *w, uint64_t now)
{
	const struct irl_fetch *fetch = w->fetch;
	enum irl_fetch_cause cause = irl_fetch_stopping(fetch)
					 ? IRL_FETCH_NOT_STOPPED
					 : IRL_FETCH_NOT_ANSWERED;
	struct irl_item item;
	bool rides;

	/* Answers are not taken any more: all are over. */
	if (__atomic_load_n(&fetch->closing, __ATOMIC_ACQUIRE))
		now = UINT64_MAX;
	while (irl_pending_expire(&w->probing->pending, now, &item, &rides)) {
		if (rides)
			irl_fetch_leave(w, &item, cause);
		else
			drop_unopened(w, &item, cause);
	}
	queue_ready(w);
}
