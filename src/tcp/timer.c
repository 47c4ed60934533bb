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

void irl_wheel_init(struct irl_wheel *wheel, struct irl_link *link,
		    uint32_t *fire, uint32_t nodes, uint32_t now)
{
	*wheel = (struct irl_wheel){
	    .link = link, .fire = fire, .nodes = nodes, .now = now};
	for (uint32_t i = 0; i < IRL_WHEEL_HEADS; i++)
		irl_list_init(link, nodes + i);
}

static void place(struct irl_wheel *wheel, uint32_t node)
{
	const uint32_t reach = (1u << (BITS * IRL_WHEEL_LEVELS)) - 1;
	uint32_t ahead = wheel->fire[node] - wheel->now, level = 0, slot;

	if (ahead > reach) {
		ahead = reach;
		wheel->fire[node] = wheel->now + reach;
	}
	while (ahead >> (BITS * (level + 1)))
		level++;
	slot = slot_of(wheel->fire[node], level);
	irl_list_append(wheel->link, head(wheel, level, slot), node);
	wheel->map[level] |= 1ull << slot;
}

void irl_wheel_arm(struct irl_wheel *wheel, uint32_t node, uint32_t tick)
{
	if ((int32_t)(tick - wheel->now) <= 0)
		tick = wheel->now + 1;
	wheel->fire[node] = tick;
	wheel->armed++;
	place(wheel, node);
}

void irl_wheel_stop(struct irl_wheel *wheel, uint32_t node)
{
	irl_list_remove(wheel->link, node);
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
	while (!irl_list_empty(wheel->link, from)) {
		uint32_t node = wheel->link[from].next;

		irl_list_remove(wheel->link, node);
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

		if (!irl_list_empty(wheel->link, from)) {
			uint32_t node = wheel->link[from].next;

			irl_wheel_stop(wheel, node);
			/* It is next's turn next. */
			__builtin_prefetch(
			    &wheel->link[wheel->link[wheel->link[node].next]
					     .next],
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
