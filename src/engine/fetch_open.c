// SPDX-License-Identifier: BSD-2-Clause
/* From targets to connects: caps, pace, and those that wait for a cap. */
#include <stdlib.h>
#include "engine/count.h"
#include "engine/fetch.h"

#define CONNECTS 64u /* at once */
#define LOOKS 64u    /* at targets that wait, each turn */

struct batch {
	struct irl_tcp_connect request[CONNECTS];
	uint64_t id[CONNECTS];
	struct irl_session *session[CONNECTS];
	unsigned count;
};

/* ---- targets that wait --------------------------------------------------- */

bool irl_fetch_queue(struct irl_fetch_worker *w, const struct irl_item *item)
{
	return irl_waiting_put(&w->waiting, item);
}

/* ---- one target ---------------------------------------------------------- */

void irl_fetch_leave(struct irl_fetch_worker *w, struct irl_item *item,
		     enum irl_fetch_cause cause)
{
	free(item->names);
	irl_count(&w->counts.not_opened[cause], 1);
	if (cause == IRL_FETCH_NOT_STOPPED)
		irl_fetch_unfinished(w, item->position);
	else if (cause == IRL_FETCH_NOT_ANSWERED)
		irl_fetch_note(w, item->position, IRL_STEP_DONE);
	irl_fetch_settle(w);
}

static bool has_source(const struct irl_way *way, const struct irl_item *item)
{
	return irl_ip_is4(&item->addr) ? way->options.source_addr != 0
				       : !irl_ip_is_none(&way->source6);
}

/* Of a set; a list's were found before. */
static bool has_neighbour(const struct irl_nearby *nearby,
			  const struct irl_item *item)
{
	uint8_t mac[6];

	if (!nearby || !irl_ip_is4(&item->addr))
		return !item->no_neighbour;
	return irl_nearby_hop(nearby, irl_ip_addr4(&item->addr), mac) !=
	       IRL_HOP_NONE;
}

enum irl_fetch_cause irl_fetch_obstacle(const struct irl_fetch_worker *w,
					const struct irl_item *item)
{
	const struct irl_way *way = &w->fetch->way;

	if (!irl_tcp_can_connect(w->tcp, &item->addr, item->port))
		return IRL_FETCH_NOT_PLACE;
	if (item->no_route || !has_source(way, item))
		return IRL_FETCH_NOT_ROUTE;
	return has_neighbour(way->nearby, item) ? IRL_FETCH_CAUSES
						: IRL_FETCH_NOT_NEIGHBOUR;
}

void irl_fetch_refuse(struct irl_fetch_worker *w, struct irl_item *item,
		      enum irl_fetch_cause cause, uint64_t now_ns)
{
	irl_fetch_tell_unopened(w, item, cause, now_ns);
	irl_fetch_leave(w, item, cause);
}

static void add(struct irl_fetch_worker *w, struct batch *batch,
		struct irl_session *session)
{
	struct irl_tcp_connect *request = &batch->request[batch->count];

	*request = (struct irl_tcp_connect){
	    .remote = session->item.addr,
	    .port = session->item.port,
	    .flags =
		w->fetch->options.request_after ? IRL_TCP_REQUEST_AFTER : 0,
	    .user = (uint32_t)(session - w->session),
	};
	batch->session[batch->count++] = session;
}

/* True when it is dealt with: in the batch, or refused for good. */
static bool try_one(struct irl_fetch_worker *w, struct batch *batch,
		    struct irl_item *item, uint64_t now)
{
	enum irl_fetch_cause cause = irl_fetch_obstacle(w, item);
	struct irl_session *session;

	if (cause != IRL_FETCH_CAUSES) {
		irl_fetch_refuse(w, item, cause, now);
		w->waiting.vain = 0;
		return true;
	}
	if (!irl_admission_ask(&w->admission, &item->addr, now))
		return false;
	session = irl_session_take(w, item, now);
	if (!session) { /* adopted ones have them all */
		irl_admission_release(&w->admission, &item->addr, now);
		return false;
	}
	session->admitted = true;
	add(w, batch, session);
	return true;
}

static uint64_t times_full(const struct irl_fetch_worker *w)
{
	struct irl_tcp_stats stats;

	irl_tcp_stats(w->tcp, &stats);
	return stats.count[IRL_TCP_N_FULL];
}

/* The stack did not take it: for want of a place or a port, which there will be
 * later, or for good, which must be told. */
static void put_back(struct irl_fetch_worker *w, struct irl_session *session,
		     bool full, uint64_t now)
{
	struct irl_item item = session->item;

	irl_admission_release(&w->admission, &item.addr, now);
	irl_session_give(w, session);
	if (!full && irl_told_room(&w->out, w->fetch->json_max))
		irl_fetch_refuse(w, &item, IRL_FETCH_NOT_PLACE, now);
	else if (!irl_waiting_put(&w->waiting, &item))
		irl_fetch_leave(w, &item, IRL_FETCH_NOT_PORTS);
}

static void connect_all(struct irl_fetch_worker *w, struct batch *batch,
			uint64_t now)
{
	uint64_t full;

	if (!batch->count)
		return;
	full = times_full(w);
	irl_tcp_connect(w->tcp, batch->request, batch->count, batch->id, now);
	full = times_full(w) - full;
	for (unsigned i = 0; i < batch->count; i++) {
		struct irl_session *session = batch->session[i];

		session->id = batch->id[i];
		if (!session->id) {
			put_back(w, session, full > 0, now);
			continue;
		}
		irl_count(&w->counts.connected, 1);
		w->waiting.vain = 0;
	}
	irl_pacer_sent(&w->pacer, batch->count);
}

/* ---- each turn ----------------------------------------------------------- */

/* Not where nobody takes the records, or frames do not leave. */
bool irl_fetch_has_room(const struct irl_fetch_worker *w)
{
	return irl_admission_room(&w->admission) &&
	       w->outbox.count <= IRL_FETCH_OUTBOX / 2 &&
	       irl_told_room(&w->out, 2 * w->fetch->json_max);
}

/* One more target may be looked at. */
static bool has_room(const struct irl_fetch_worker *w,
		     const struct batch *batch, unsigned due)
{
	return batch->count < due && irl_fetch_has_room(w);
}

static void try_waiting(struct irl_fetch_worker *w, struct batch *batch,
			unsigned due, uint64_t now)
{
	unsigned looks = w->waiting.count < LOOKS ? w->waiting.count : LOOKS;
	struct irl_item item;

	while (looks-- && has_room(w, batch, due) &&
	       irl_waiting_take(&w->waiting, &item)) {
		w->waiting.vain++;
		if (!try_one(w, batch, &item, now))
			irl_waiting_put(&w->waiting, &item);
	}
}

static void try_fresh(struct irl_fetch_worker *w, struct batch *batch,
		      unsigned due, uint64_t now)
{
	struct irl_item item;

	while (has_room(w, batch, due) &&
	       w->waiting.count < IRL_FETCH_WAITING &&
	       irl_item_take(w->in, &item)) {
		if (try_one(w, batch, &item, now))
			continue;
		irl_count(&w->counts.deferred, 1);
		irl_waiting_put(&w->waiting, &item);
	}
}

static void refuse_all(struct irl_fetch_worker *w)
{
	struct irl_item item;

	while (irl_waiting_take(&w->waiting, &item) ||
	       irl_item_take(w->in, &item))
		irl_fetch_leave(w, &item, IRL_FETCH_NOT_STOPPED);
}

void irl_fetch_connect(struct irl_fetch_worker *w, uint64_t now_ns)
{
	struct batch batch = {.count = 0};
	uint32_t due;

	if (irl_fetch_stopping(w->fetch) || w->error.code) {
		refuse_all(w);
		return;
	}
	if (!irl_fetch_has_room(w))
		return;
	due = irl_pacer_due(&w->pacer, now_ns);
	if (due > CONNECTS)
		due = CONNECTS;
	try_waiting(w, &batch, due, now_ns);
	/* A list's are probed first; a set's have been. */
	if (!w->probing || !w->fetch->options.list)
		try_fresh(w, &batch, due, now_ns);
	connect_all(w, &batch, now_ns);
}
