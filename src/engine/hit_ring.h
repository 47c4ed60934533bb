/* SPDX-License-Identifier: BSD-2-Clause */
/* Hits from one worker to the main thread: one writer, one reader, no lock. */
#ifndef IRL_ENGINE_HIT_RING_H
#define IRL_ENGINE_HIT_RING_H

#include <stdint.h>
#include <irl/probe.h>

#define IRL_HIT_RING 16384u /* a power of two */

struct irl_hit_ring {
	_Alignas(64) uint32_t head; /* the writer's */
	_Alignas(64) uint32_t tail; /* the reader's */
	_Alignas(64) struct irl_hit hit[IRL_HIT_RING];
};

/* Writer: hits that may be put. */
static inline uint32_t irl_hit_ring_room(const struct irl_hit_ring *ring)
{
	return IRL_HIT_RING -
	       (ring->head - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE));
}

/* Writer: there is room. */
static inline void irl_hit_ring_put(struct irl_hit_ring *ring,
				    const struct irl_hit *hit)
{
	ring->hit[ring->head % IRL_HIT_RING] = *hit;
	__atomic_store_n(&ring->head, ring->head + 1, __ATOMIC_RELEASE);
}

/* Reader: takes up to @max hits, oldest first. */
static inline unsigned irl_hit_ring_take(struct irl_hit_ring *ring,
					 struct irl_hit hits[], unsigned max)
{
	uint32_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	unsigned n = 0;

	while (n < max && ring->tail + n != head) {
		hits[n] = ring->hit[(ring->tail + n) % IRL_HIT_RING];
		n++;
	}
	__atomic_store_n(&ring->tail, ring->tail + n, __ATOMIC_RELEASE);
	return n;
}

#endif
