// SPDX-License-Identifier: BSD-2-Clause
#include "tcp/timer.h"

#define BITS 6u

static uint32_t head(const struct irl_wheel *wheel, uint32_t level,
		     uint32_t slot)
{
	return wheel->nodes + level * IRL_WHEEL_SLOTS + slot;
}

static uint32_t slot_of(uint32_t tick, uint32_t level)
{
	return tick >> (BITS * level) & (IRL_WHEEL_SLOTS - 1);
}

static struct irl_link *link_at(const struct irl_wheel *wheel, uint32_t node)
{
	return &irl_wheel_at(wheel, node)->link;
}

static void append(const struct irl_wheel *wheel, uint32_t list, uint32_t node)
{
	struct irl_link *at = link_at(wheel, node), *end = link_at(wheel, list);

	at->next = list & IRL_LINK_MASK;
	at->prev = end->prev;
	link_at(wheel, end->prev)->next = node & IRL_LINK_MASK;
	end->prev = node & IRL_LINK_MASK;
}

static void unlink_node(const struct irl_wheel *wheel, uint32_t node)
{
	const struct irl_link *at = link_at(wheel, node);

	link_at(wheel, at->prev)->next = at->next;
	link_at(wheel, at->next)->prev = at->prev;
}

static uint32_t first(const struct irl_wheel *wheel, uint32_t list)
{
	return link_at(wheel, list)->next;
}

void irl_wheel_init(struct irl_wheel *wheel, void *record, size_t stride,
		    uint32_t nodes, uint32_t now)
{
	*wheel = (struct irl_wheel){
	    .record = record, .stride = stride, .nodes = nodes, .now = now};
	for (uint32_t i = nodes; i < nodes + IRL_WHEEL_HEADS; i++) {
		link_at(wheel, i)->next = i & IRL_LINK_MASK;
		link_at(wheel, i)->prev = i & IRL_LINK_MASK;
	}
}

static void place(struct irl_wheel *wheel, uint32_t node)
{
	const uint32_t reach = (1u << (BITS * IRL_WHEEL_LEVELS)) - 1;
	uint32_t *fire = &irl_wheel_at(wheel, node)->fire;
	uint32_t ahead = *fire - wheel->now, level = 0, slot;

	if (ahead > reach) {
		ahead = reach;
		*fire = wheel->now + reach;
	}
	while (ahead >> (BITS * (level + 1)))
		level++;
	slot = slot_of(*fire, level);
	append(wheel, head(wheel, level, slot), node);
	wheel->map[level] |= 1ull << slot;
}

void irl_wheel_arm(struct irl_wheel *wheel, uint32_t node, uint32_t tick)
{
	if ((int32_t)(tick - wheel->now) <= 0)
		tick = wheel->now + 1;
	irl_wheel_at(wheel, node)->fire = tick;
	wheel->armed++;
	place(wheel, node);
}

void irl_wheel_stop(struct irl_wheel *wheel, uint32_t node)
{
	unlink_node(wheel, node);
	wheel->armed--;
}

/* Spread what a slot holds over the levels below. */
static void cascade(struct irl_wheel *wheel, uint32_t level)
{
	uint32_t slot = slot_of(wheel->now, level);
	uint32_t from = head(wheel, level, slot);

	if (!(wheel->map[level] >> slot & 1))
		return;
	wheel->map[level] &= ~(1ull << slot);
	for (uint32_t node; (node = first(wheel, from)) != from;) {
		unlink_node(wheel, node);
		place(wheel, node);
	}
}

static void step(struct irl_wheel *wheel, uint32_t tick)
{
	if (!wheel->armed) {
		wheel->now = tick;
		return;
	}
	/* With nothing on the lowest level, on to its next turn. */
	if (!wheel->map[0]) {
		uint32_t last = wheel->now | (IRL_WHEEL_SLOTS - 1);

		wheel->now = (int32_t)(tick - last) < 0 ? tick : last;
		if (wheel->now == tick)
			return;
	}
	wheel->now++;
	for (uint32_t level = 1;
	     level < IRL_WHEEL_LEVELS && !slot_of(wheel->now, level - 1);
	     level++)
		cascade(wheel, level);
}

uint32_t irl_wheel_pop(struct irl_wheel *wheel, uint32_t tick)
{
	for (;;) {
		uint32_t slot = slot_of(wheel->now, 0);
		uint32_t from = head(wheel, 0, slot);
		uint32_t node = first(wheel, from);

		if (node != from) {
			irl_wheel_stop(wheel, node);
			/* It is next's turn next. */
			__builtin_prefetch(
			    link_at(wheel, first(wheel, first(wheel, node))),
			    1);
			return node;
		}
		wheel->map[0] &= ~(1ull << slot);
		if ((int32_t)(tick - wheel->now) <= 0)
			return IRL_WHEEL_NONE;
		step(wheel, tick);
	}
}

bool irl_wheel_next(const struct irl_wheel *wheel, uint32_t *tick)
{
	uint32_t best = UINT32_MAX;

	if (!wheel->armed)
		return false;
	for (uint32_t level = 0; level < IRL_WHEEL_LEVELS; level++) {
		uint32_t shift = BITS * level, now = wheel->now >> shift;
		uint32_t turn = (now + 1) & (IRL_WHEEL_SLOTS - 1), ahead;
		uint64_t map = wheel->map[level];

		if (!map)
			continue;
		if (turn)
			map = map >> turn | map << (IRL_WHEEL_SLOTS - turn);
		ahead = (now + 1 + (uint32_t)__builtin_ctzll(map)) << shift;
		ahead -= wheel->now;
		if (ahead < best)
			best = ahead;
	}
	*tick = wheel->now + best;
	return true;
}
