// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "world/wheel.h"

#define MASK (IRL_WORLD_WHEEL_SLOTS - 1)
#define WORDS (IRL_WORLD_WHEEL_SLOTS / 64)
#define DUE UINT64_MAX /* as a tick: in the list of those taken out */

bool irl_world_wheel_init(struct irl_world_wheel *w, uint32_t events)
{
	memset(w, 0, sizeof(*w));
	w->event = calloc(events, sizeof(*w->event));
	w->free = w->due_first = w->due_last = IRL_WORLD_WHEEL_NONE;
	memset(w->first, 0xff, sizeof(w->first));
	memset(w->last, 0xff, sizeof(w->last));
	w->count = events;
	return w->event;
}

void irl_world_wheel_fini(struct irl_world_wheel *w)
{
	free(w->event);
}

/* Those never used are touched last: memory that is not needed stays away. */
uint32_t irl_world_wheel_take(struct irl_world_wheel *w)
{
	uint32_t index = w->free;

	if (index != IRL_WORLD_WHEEL_NONE)
		w->free = w->event[index].next;
	else if (w->used < w->count)
		index = w->used++;
	return index;
}

void irl_world_wheel_give(struct irl_world_wheel *w, uint32_t index)
{
	w->event[index].next = w->free;
	w->free = index;
}

static void append(struct irl_world_wheel *w, uint32_t *first, uint32_t *last,
		   uint32_t index)
{
	struct irl_world_event *e = &w->event[index];

	e->next = IRL_WORLD_WHEEL_NONE;
	e->prev = *last;
	if (*last == IRL_WORLD_WHEEL_NONE)
		*first = index;
	else
		w->event[*last].next = index;
	*last = index;
}

static void unlink_from(struct irl_world_wheel *w, uint32_t *first,
			uint32_t *last, uint32_t index)
{
	struct irl_world_event *e = &w->event[index];

	if (e->prev == IRL_WORLD_WHEEL_NONE)
		*first = e->next;
	else
		w->event[e->prev].next = e->next;
	if (e->next == IRL_WORLD_WHEEL_NONE)
		*last = e->prev;
	else
		w->event[e->next].prev = e->prev;
}

void irl_world_wheel_add(struct irl_world_wheel *w, uint32_t index,
			 uint64_t at_ns)
{
	uint64_t tick = at_ns / IRL_WORLD_WHEEL_TICK_NS +
			(at_ns % IRL_WORLD_WHEEL_TICK_NS != 0);
	uint32_t slot;

	if (tick <= w->tick)
		tick = w->tick + 1;
	slot = (uint32_t)tick & MASK;
	w->event[index].tick = tick;
	append(w, &w->first[slot], &w->last[slot], index);
	w->busy[slot / 64] |= 1ull << slot % 64;
}

void irl_world_wheel_add_now(struct irl_world_wheel *w, uint32_t index,
			     uint64_t now_ns)
{
	w->event[index].tick = DUE;
	w->event[index].due_ns = now_ns;
	append(w, &w->due_first, &w->due_last, index);
}

void irl_world_wheel_remove(struct irl_world_wheel *w, uint32_t index)
{
	uint32_t slot = (uint32_t)w->event[index].tick & MASK;

	if (w->event[index].tick == DUE) {
		unlink_from(w, &w->due_first, &w->due_last, index);
		return;
	}
	unlink_from(w, &w->first[slot], &w->last[slot], index);
	if (w->first[slot] == IRL_WORLD_WHEEL_NONE)
		w->busy[slot / 64] &= ~(1ull << slot % 64);
}

/* The first tick after the wheel's whose slot is not empty; the events there
 * may be of a later turn.  0: no event waits. */
static uint64_t next_tick(const struct irl_world_wheel *w)
{
	uint32_t from = (uint32_t)(w->tick + 1) & MASK;

	for (uint32_t i = 0; i <= WORDS; i++) {
		uint32_t at = (from / 64 + i) % WORDS;
		uint64_t bits = w->busy[at];
		uint32_t slot;

		if (i == 0)
			bits &= ~0ull << from % 64;
		else if (i == WORDS)
			bits &= ~(~0ull << from % 64);
		if (!bits)
			continue;
		slot = at * 64 + (uint32_t)__builtin_ctzll(bits);
		return w->tick + 1 + ((slot - from) & MASK);
	}
	return 0;
}

/* What is due in the slot of the wheel's tick goes over, in its order. */
static void empty_slot(struct irl_world_wheel *w)
{
	uint32_t slot = (uint32_t)w->tick & MASK, index = w->first[slot];

	while (index != IRL_WORLD_WHEEL_NONE) {
		uint32_t next = w->event[index].next;

		if (w->event[index].tick <= w->tick) {
			irl_world_wheel_remove(w, index);
			w->event[index].tick = DUE;
			w->event[index].due_ns =
			    w->tick * IRL_WORLD_WHEEL_TICK_NS;
			append(w, &w->due_first, &w->due_last, index);
		}
		index = next;
	}
}

uint32_t irl_world_wheel_pop(struct irl_world_wheel *w, uint64_t now_ns)
{
	const uint64_t now = now_ns / IRL_WORLD_WHEEL_TICK_NS;
	uint32_t index;

	while (w->due_first == IRL_WORLD_WHEEL_NONE) {
		uint64_t tick = next_tick(w);

		if (!tick || tick > now) {
			if (now > w->tick)
				w->tick = now;
			return IRL_WORLD_WHEEL_NONE;
		}
		w->tick = tick;
		empty_slot(w);
	}
	index = w->due_first;
	unlink_from(w, &w->due_first, &w->due_last, index);
	return index;
}

uint64_t irl_world_wheel_next(const struct irl_world_wheel *w)
{
	uint64_t tick;

	if (w->due_first != IRL_WORLD_WHEEL_NONE)
		return w->tick * IRL_WORLD_WHEEL_TICK_NS;
	tick = next_tick(w);
	return tick ? tick * IRL_WORLD_WHEEL_TICK_NS : UINT64_MAX;
}
