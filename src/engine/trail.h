/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which positions had been sent by when: a sample now and then, of the last
 * while.  What is before a sample's position was sent by its time, what is sent
 * later is at it or behind it.  Pure; one thread.
 */
#ifndef IRL_ENGINE_TRAIL_H
#define IRL_ENGINE_TRAIL_H

#include <stdbool.h>
#include <stdint.h>

#define IRL_TRAIL 64u      /* samples kept */
#define IRL_TRAIL_EACH 32u /* in the time that is asked about */

struct irl_trail {
	uint64_t each_ns, count;
	struct irl_trail_sample {
		uint64_t at_ns, position;
	} sample[IRL_TRAIL];
};

/* Is there one to be taken? */
static inline bool irl_trail_is_due(const struct irl_trail *trail, uint64_t now)
{
	return !trail->count ||
	       now - trail->sample[(trail->count - 1) % IRL_TRAIL].at_ns >=
		   trail->each_ns;
}

/* @position: the lowest that is not sent at @now. */
static inline void irl_trail_note(struct irl_trail *trail, uint64_t now,
				  uint64_t position)
{
	trail->sample[trail->count++ % IRL_TRAIL] =
	    (struct irl_trail_sample){now, position};
}

/* What was sent after @ns is at this position or behind it; @first where that
 * is not known: nothing had been sent then. */
static inline uint64_t irl_trail_at(const struct irl_trail *trail, uint64_t ns,
				    uint64_t first)
{
	for (uint64_t i = trail->count; i > 0 && trail->count - i < IRL_TRAIL;
	     i--) {
		const struct irl_trail_sample *s =
		    &trail->sample[(i - 1) % IRL_TRAIL];

		if (s->at_ns <= ns)
			return s->position;
	}
	return first;
}

#endif
