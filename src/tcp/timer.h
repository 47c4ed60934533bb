/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hierarchical timer wheel over an array of records that begin with a timer,
 * the nodes: arm, move and stop cost O(1).  Time is in ticks modulo 2^32; a
 * node is armed at most 2^31 ahead.
 *
 * Each level has 256 slots, and a slot stands for 256 times as many ticks as
 * one of the level below.  Nodes do not go down from level to level: when their
 * slot's time comes they are handed out, up to three times too early, and
 * whoever they belong to arms them again.  Most are not wanted any more then.
 */
#ifndef IRL_TCP_TIMER_H
#define IRL_TCP_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include "tcp/list.h"

#define IRL_WHEEL_LEVELS 4u
#define IRL_WHEEL_SLOTS 256u
#define IRL_WHEEL_HEADS (IRL_WHEEL_LEVELS * IRL_WHEEL_SLOTS)
#define IRL_WHEEL_NONE UINT32_MAX

struct irl_timer {
	struct irl_link link; /* its spare bytes are the owner's */
	uint32_t fire;        /* tick */
};

struct irl_wheel {
	uint8_t *record; /* nodes, then IRL_WHEEL_HEADS heads */
	size_t stride;
	uint32_t nodes;
	uint32_t now;
	uint32_t armed;
	/* Slots that may hold something. */
	uint64_t map[IRL_WHEEL_LEVELS][IRL_WHEEL_SLOTS / 64];
};

static inline struct irl_timer *irl_wheel_at(const struct irl_wheel *wheel,
					     uint32_t node)
{
	return (void *)(wheel->record + node * wheel->stride);
}

/* What stopping it writes to: its neighbours. */
static inline void irl_wheel_prefetch(const struct irl_wheel *wheel,
				      uint32_t node)
{
	const struct irl_link *at = &irl_wheel_at(wheel, node)->link;

	__builtin_prefetch(irl_wheel_at(wheel, at->next), 1);
	__builtin_prefetch(irl_wheel_at(wheel, at->prev), 1);
}

/* @record nodes + IRL_WHEEL_HEADS of @stride bytes; only heads are written. */
void irl_wheel_init(struct irl_wheel *wheel, void *record, size_t stride,
		    uint32_t nodes, uint32_t now);
/* The node is not armed.  @tick in the past means the next one. */
void irl_wheel_arm(struct irl_wheel *wheel, uint32_t node, uint32_t tick);
/* The node is armed. */
void irl_wheel_stop(struct irl_wheel *wheel, uint32_t node);
/* A node that is due by @tick or may be soon, no longer armed, or
 * IRL_WHEEL_NONE: nothing is due. */
uint32_t irl_wheel_pop(struct irl_wheel *wheel, uint32_t tick);
/* Whether anything is armed, and when to pop next: never late, maybe early. */
bool irl_wheel_next(const struct irl_wheel *wheel, uint32_t *tick);

#endif
