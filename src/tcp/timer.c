// SPDX-License-Identifier: BSD-2-Clause
#include "tcp/timer.h"

#define BITS 8u

/* ---- lists -------------------------------------------------------------- */

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

/* ---- slots -------------------------------------------------------------- */

static uint32_t head(const struct irl_wheel *wheel, uint32_t level,
		     uint32_t slot)
{
	return wheel->nodes + level * IRL_WHEEL_SLOTS + slot;
}

static uint32_t slot_of(uint32_t tick, uint32_t level)
{
	return tick >> (BITS * level) & (IRL_WHEEL_SLOTS - 1);
}

static uint64_t *word_of(struct irl_wheel *wheel, uint32_t level, uint32_t slot)
{
	return &wheel->map[level][slot / 64];
}

/* From @slot round to the next that may hold something, that one too: how many
 * slots further; IRL_WHEEL_SLOTS: there is none. */
static uint32_t distance(const uint64_t map[IRL_WHEEL_SLOTS / 64],
			 uint32_t slot)
{
	for (uint32_t far = 0; far < IRL_WHEEL_SLOTS;) {
		uint32_t at = (slot + far) % IRL_WHEEL_SLOTS;
		uint64_t word = map[at / 64] >> at % 64;

		if (word)
			return far + (uint32_t)__builtin_ctzll(word);
		far += 64 - at % 64;
	}
	return IRL_WHEEL_SLOTS;
}

/* ------------------------------------------------------------------------- */

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

void irl_wheel_arm(struct irl_wheel *wheel, uint32_t node, uint32_t tick)
{
	uint32_t ahead, level = 0, slot;

	if ((int32_t)(tick - wheel->now) <= 0)
		tick = wheel->now + 1;
	ahead = tick - wheel->now;
	while (level < IRL_WHEEL_LEVELS - 1 && ahead >> (BITS * (level + 1)))
		level++;
	slot = slot_of(tick, level);
	irl_wheel_at(wheel, node)->fire = tick;
	append(wheel, head(wheel, level, slot), node);
	*word_of(wheel, level, slot) |= 1ull << slot % 64;
	wheel->armed++;
}

void irl_wheel_stop(struct irl_wheel *wheel, uint32_t node)
{
	unlink_node(wheel, node);
	wheel->armed--;
}

/* Out of the slot whose time it is. */
static uint32_t take(struct irl_wheel *wheel, uint32_t level)
{
	uint32_t slot = slot_of(wheel->now, level);
	uint32_t list = head(wheel, level, slot);
	uint32_t node = link_at(wheel, list)->next;

	if (node == list) {
		*word_of(wheel, level, slot) &= ~(1ull << slot % 64);
		return IRL_WHEEL_NONE;
	}
	irl_wheel_stop(wheel, node);
	/* It is next's turn next. */
	__builtin_prefetch(
	    link_at(wheel, link_at(wheel, link_at(wheel, node)->next)->next),
	    1);
	return node;
}

/* Out of all such slots: of a level, where its slots' time begins. */
static uint32_t take_any(struct irl_wheel *wheel)
{
	uint32_t level = 0, node;

	do {
		node = take(wheel, level);
		if (node != IRL_WHEEL_NONE)
			return node;
	} while (!slot_of(wheel->now, level) && ++level < IRL_WHEEL_LEVELS);
	return IRL_WHEEL_NONE;
}

uint32_t irl_wheel_pop(struct irl_wheel *wheel, uint32_t tick)
{
	for (;;) {
		uint32_t node = take_any(wheel), next;

		if (node != IRL_WHEEL_NONE)
			return node;
		if ((int32_t)(tick - wheel->now) <= 0)
			return IRL_WHEEL_NONE;
		if (!irl_wheel_next(wheel, &next) || (int32_t)(tick - next) < 0)
			next = tick;
		wheel->now = next;
	}
}

bool irl_wheel_next(const struct irl_wheel *wheel, uint32_t *tick)
{
	uint64_t best = UINT64_MAX;

	if (!wheel->armed)
		return false;
	for (uint32_t level = 0; level < IRL_WHEEL_LEVELS; level++) {
		uint32_t now = wheel->now >> (BITS * level);
		uint32_t far =
		    distance(wheel->map[level], (now + 1) % IRL_WHEEL_SLOTS);
		uint64_t at;

		if (far == IRL_WHEEL_SLOTS)
			continue;
		at = ((uint64_t)now + 1 + far) << (BITS * level);
		if (at < best)
			best = at;
	}
	*tick = (uint32_t)best;
	return true;
}
