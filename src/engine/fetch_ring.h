/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two rings between the main thread and one worker: targets one way,
 * records the other; one writer, one reader, no lock.
 */
#ifndef IRL_ENGINE_FETCH_RING_H
#define IRL_ENGINE_FETCH_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <irl/fetch.h>

/* ---- targets ------------------------------------------------------------- */

/* A target on its way to a connection. */
struct irl_item {
	struct irl_ip addr;
	uint64_t position; /* in the set or list */
	char *names;       /* "domain\0tag\0", owned; NULL: neither */
	uint16_t port;
	bool no_neighbour, no_route; /* it cannot be reached */
	bool again;                  /* it was cut off in an earlier part */
};

#define IRL_ITEM_RING 4096u /* a power of two */

struct irl_item_ring {
	_Alignas(64) uint32_t head; /* the writer's */
	_Alignas(64) uint32_t tail; /* the reader's */
	_Alignas(64) struct irl_item item[IRL_ITEM_RING];
};

static inline bool irl_item_put(struct irl_item_ring *ring,
				const struct irl_item *item)
{
	if (ring->head - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) ==
	    IRL_ITEM_RING)
		return false;
	ring->item[ring->head % IRL_ITEM_RING] = *item;
	__atomic_store_n(&ring->head, ring->head + 1, __ATOMIC_RELEASE);
	return true;
}

static inline bool irl_item_take(struct irl_item_ring *ring,
				 struct irl_item *item)
{
	if (ring->tail == __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE))
		return false;
	*item = ring->item[ring->tail % IRL_ITEM_RING];
	__atomic_store_n(&ring->tail, ring->tail + 1, __ATOMIC_RELEASE);
	return true;
}

static inline bool irl_item_none(const struct irl_item_ring *ring)
{
	return ring->tail == __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
}

/* ---- records ------------------------------------------------------------- */

/* In the ring, then record.json_bytes of text. */
struct irl_told {
	uint32_t bytes; /* of all; 0: the rest of the ring is skipped */
	uint32_t reserved;
	char *names; /* the reader's now */
	struct irl_fetch_record record;
};

struct irl_told_ring {
	_Alignas(64) uint64_t head; /* bytes; the writer's */
	_Alignas(64) uint64_t tail; /* the reader's */
	_Alignas(64) uint64_t size; /* a power of two */
	uint8_t *at;
};

static inline uint64_t irl_told_bytes(size_t json_bytes)
{
	return (sizeof(struct irl_told) + json_bytes + 63) & ~(uint64_t)63;
}

/* Writer: is there room for a record of so much text, wherever it falls? */
static inline bool irl_told_room(const struct irl_told_ring *ring,
				 size_t json_bytes)
{
	uint64_t used =
	    ring->head - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);

	return ring->size - used >= 2 * irl_told_bytes(json_bytes);
}

/* Writer: there is room. */
static inline void irl_told_put(struct irl_told_ring *ring,
				const struct irl_fetch_record *record,
				char *names)
{
	uint64_t bytes = irl_told_bytes(record->json_bytes);
	uint64_t head = ring->head, offset = head & (ring->size - 1);
	struct irl_told *told = (void *)(ring->at + offset);

	if (ring->size - offset < bytes) {
		told->bytes = 0;
		head += ring->size - offset;
		told = (void *)ring->at;
	}
	told->bytes = (uint32_t)bytes;
	told->names = names;
	told->record = *record;
	memcpy(told + 1, record->json, record->json_bytes);
	__atomic_store_n(&ring->head, head + bytes, __ATOMIC_RELEASE);
}

/* Reader: the oldest record, or NULL; irl_told_done gives its place back. */
static inline struct irl_told *irl_told_next(struct irl_told_ring *ring)
{
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	struct irl_told *told;

	if (ring->tail == head)
		return NULL;
	told = (void *)(ring->at + (ring->tail & (ring->size - 1)));
	if (!told->bytes) {
		uint64_t skip = ring->size - (ring->tail & (ring->size - 1));

		__atomic_store_n(&ring->tail, ring->tail + skip,
				 __ATOMIC_RELEASE);
		told = (void *)ring->at;
	}
	told->record.json = (const char *)(told + 1);
	return told;
}

static inline void irl_told_done(struct irl_told_ring *ring,
				 const struct irl_told *told)
{
	__atomic_store_n(&ring->tail, ring->tail + told->bytes,
			 __ATOMIC_RELEASE);
}

#endif
