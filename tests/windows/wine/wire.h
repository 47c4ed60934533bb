/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wire of the double's one adapter: a file that ndis.sys (in a process of
 * Wine's) and the far end have mapped.  Each ring has one writer and one
 * reader.
 */
#ifndef IRL_TESTS_WINE_WIRE_H
#define IRL_TESTS_WINE_WIRE_H

#include <stdint.h>
#include <string.h>

#define WIRE_FILE "C:\\irl\\wire"
#define WIRE_LOG "C:\\irl\\ndis.log" /* what the double says */
#define WIRE_SLOTS 8192u
#define WIRE_SLOT 4096u
#define WIRE_FRAME_MAX (WIRE_SLOT - 8)

struct wire_slot {
	uint32_t length;
	uint32_t coalesced; /* received: several segments as one */
	uint8_t frame[WIRE_FRAME_MAX];
};

struct wire_ring {
	uint32_t head; /* ever written */
	uint8_t apart[60];
	uint32_t tail; /* ever read */
	uint8_t apart2[60];
	struct wire_slot slot[WIRE_SLOTS];
};

struct wire {
	/* Set before the driver is loaded. */
	uint32_t ifindex;
	uint32_t mtu;
	uint8_t mac[8];
	/* Wanted by the test: link down, adapter gone, sends completed by
	 * another thread. */
	uint32_t down, gone, later;
	/* Told by the double: as wanted, and the adapter's counters. */
	uint32_t is_down, is_gone, is_later;
	uint64_t sends;   /* calls of NdisSendNetBufferLists */
	uint64_t sent;    /* frames in them */
	uint64_t host;    /* frames that the TCP/IP stand-in got */
	uint64_t unheard; /* arrived while nobody listened */
	uint8_t apart[4024];
	struct wire_ring out; /* sent by the adapter */
	struct wire_ring in;  /* to be received by it */
	struct wire_ring up;  /* got by the TCP/IP stand-in; what finds no room
				 is lost */
};

/* Mapped into this process; NULL where there is none. */
struct wire *wire_map(void);
void wire_unmap(struct wire *wire);

static inline uint32_t wire_waiting(const struct wire_ring *ring)
{
	return __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE) -
	       __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
}

/* Where the next frame goes; NULL: no room now. */
static inline struct wire_slot *wire_room(struct wire_ring *ring)
{
	if (ring->head - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) >=
	    WIRE_SLOTS)
		return NULL;
	return &ring->slot[ring->head % WIRE_SLOTS];
}

static inline void wire_put(struct wire_ring *ring)
{
	__atomic_store_n(&ring->head, ring->head + 1, __ATOMIC_RELEASE);
}

static inline const struct wire_slot *wire_next(const struct wire_ring *ring,
						uint32_t ahead)
{
	return &ring->slot[(ring->tail + ahead) % WIRE_SLOTS];
}

static inline void wire_took(struct wire_ring *ring, uint32_t count)
{
	__atomic_store_n(&ring->tail, ring->tail + count, __ATOMIC_RELEASE);
}

#endif
