// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where a fetch stands: the main thread keeps which targets are begun and which
 * have come to their end and are kept.  It begins those that it hands out;
 * workers tell it of those that answered a probe, and of ends without a record.
 */
#include <stdlib.h>
#include "engine/fetch.h"

/* ---- workers ------------------------------------------------------------- */

void irl_fetch_note(struct irl_fetch_worker *w, uint64_t position,
		    enum irl_step step)
{
	if (!w->fetch->options.track || position == UINT64_MAX)
		return;
	if (!irl_steps_add(&w->steps, position, step)) {
		irl_error_set(&w->error, IRL_ENOMEM, "out of memory");
		irl_fetch_abort(w->fetch);
	}
}

/* Up to when all workers have read what came, and told of it. */
static uint64_t all_caught_ns(const struct irl_fetch *fetch)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < fetch->workers; i++) {
		uint64_t ns = __atomic_load_n(&fetch->worker[i].caught_ns,
					      __ATOMIC_ACQUIRE);

		if (ns < least)
			least = ns;
	}
	return least;
}

void irl_fetch_tell_steps(struct irl_fetch_worker *w, bool caught_up,
			  uint64_t now)
{
	struct irl_fetch *fetch = w->fetch;
	uint64_t wait = (uint64_t)(fetch->options.scan.cooldown_s * 1e9), all;

	if (!fetch->options.track)
		return;
	if (w->steps && !__atomic_load_n(&w->steps_out, __ATOMIC_ACQUIRE)) {
		__atomic_store_n(&w->steps_out, w->steps, __ATOMIC_RELEASE);
		w->steps = NULL;
	}
	if (w->steps || !fetch->prober)
		return;
	if (caught_up)
		__atomic_store_n(&w->caught_ns, now, __ATOMIC_RELEASE);
	all = all_caught_ns(fetch);
	if (all > wait)
		__atomic_store_n(&w->answered_to,
				 irl_trail_at(&w->probing->trail, all - wait,
					      fetch->supply.first),
				 __ATOMIC_RELEASE);
}

/* ---- the main thread ----------------------------------------------------- */

/* What it does not know any more it does not tell. */
static void check(struct irl_fetch *fetch, int rc)
{
	if (rc)
		fetch->lost_track = true;
}

void irl_fetch_note_read(struct irl_fetch *fetch, uint64_t position)
{
	if (fetch->options.track)
		check(fetch, irl_unfinished_note(&fetch->unfinished, position,
						 IRL_STEP_BEGUN));
}

void irl_fetch_note_told(struct irl_fetch *fetch, uint64_t position)
{
	if (fetch->options.track)
		check(fetch, irl_unfinished_told(&fetch->unfinished, position));
}

/* All before it have been begun, or will not answer any more. */
static uint64_t reached(const struct irl_fetch *fetch)
{
	uint64_t next = irl_supply_next(&fetch->supply);

	if (fetch->options.list)
		return fetch->read;
	for (unsigned i = 0; fetch->prober && i < fetch->workers; i++) {
		uint64_t to = __atomic_load_n(&fetch->worker[i].answered_to,
					      __ATOMIC_ACQUIRE);

		if (to < next)
			next = to;
	}
	return next;
}

static void take(struct irl_fetch *fetch, struct irl_steps *steps)
{
	check(fetch, irl_steps_take(steps, &fetch->unfinished));
	free(steps);
}

/* In this order: of what a worker says to be answered it has told before. */
void irl_fetch_take_steps(struct irl_fetch *fetch)
{
	uint64_t next;

	if (!fetch->options.track)
		return;
	next = reached(fetch);
	for (unsigned i = 0; i < fetch->workers; i++)
		take(fetch, __atomic_exchange_n(&fetch->worker[i].steps_out,
						NULL, __ATOMIC_ACQUIRE));
	irl_unfinished_advance(&fetch->unfinished, next);
}

void irl_fetch_close_place(struct irl_fetch *fetch, uint64_t next)
{
	if (!fetch->options.track)
		return;
	irl_fetch_take_steps(fetch);
	for (unsigned i = 0; i < fetch->workers; i++) {
		struct irl_fetch_worker *w = &fetch->worker[i];

		/* Probes that nobody has answered are over. */
		if (fetch->options.probe && fetch->options.list)
			irl_fetch_list_attend(w, fetch->closed_ns);
		take(fetch, w->steps);
		w->steps = NULL;
	}
	irl_unfinished_advance(&fetch->unfinished, next);
}

/* Who is probed again answers again. */
static void ignore_answer(struct irl_fetch *fetch, uint64_t position)
{
	const struct irl_supply *supply = &fetch->supply;

	if (fetch->prober && position >= supply->first &&
	    position < supply->end)
		irl_bitmap_set(&fetch->answered, position - supply->first);
}

int irl_fetch_set_place(struct irl_fetch *fetch)
{
	const struct irl_fetch_place *from = &fetch->options.from;
	const struct irl_supply *supply = &fetch->supply;
	int rc = 0;

	fetch->named = fetch->options.list; /* a probe keeps its position */
	irl_unfinished_advance(&fetch->unfinished, fetch->options.list
						       ? from->next
						       : supply->first);
	for (size_t i = 0; !rc && i < from->again_count; i++) {
		ignore_answer(fetch, from->again[i]);
		rc = irl_unfinished_note(&fetch->unfinished, from->again[i],
					 IRL_STEP_BEGUN);
	}
	for (size_t i = 0; !rc && i < from->done_count; i++) {
		uint64_t position = from->done[i];

		rc = irl_unfinished_note(&fetch->unfinished, position,
					 IRL_STEP_BEGUN);
		if (!rc)
			rc = irl_unfinished_note(&fetch->unfinished, position,
						 IRL_STEP_DONE);
		ignore_answer(fetch, position);
	}
	return rc;
}

int irl_fetch_kept(struct irl_fetch *fetch, uint64_t count)
{
	check(fetch, irl_unfinished_kept(&fetch->unfinished, count));
	return fetch->lost_track ? -IRL_ENOMEM : 0;
}

int irl_fetch_place(struct irl_fetch *fetch, struct irl_fetch_place *place)
{
	const uint64_t *list;

	*place = (struct irl_fetch_place){0};
	irl_fetch_take_steps(fetch);
	if (!fetch->lost_track)
		check(fetch, irl_unfinished_look(&fetch->unfinished, &list,
						 &place->again_count,
						 &place->done_count));
	if (fetch->lost_track)
		return -IRL_ENOMEM;
	place->next = fetch->unfinished.next;
	place->again = list;
	place->done = list + place->again_count;
	return 0;
}
