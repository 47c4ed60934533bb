/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AF_XDP sockets of XDP for Windows, and their rings.  A ring has one producer
 * and one consumer: the driver is one of them, one thread of ours the other.
 */
#ifndef IRL_PORT_XDP_SOCKET_H
#define IRL_PORT_XDP_SOCKET_H

#include <stddef.h>
#include <irl/error.h>
#include "port/xdp_device.h"

#define XDP_CHUNK 2048u /* bytes: a frame at most */

struct xdp_ring {
	uint32_t *producer, *consumer, *flags;
	uint8_t *elements;
	uint32_t mask, stride;
};

/* Closed is all zero. */
struct xdp_socket {
	void *file;
	uint8_t *umem;
	uint32_t chunks;
	struct xdp_ring rx, fill, tx, completion;
};

/* ---- rings ---------------------------------------------------------------
 */

static inline uint32_t xdp_acquire(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static inline void xdp_advance(uint32_t *index, uint32_t count)
{
	__atomic_store_n(index, *index + count, __ATOMIC_RELEASE);
}

/* Elements that a consumer, of our own, can take. */
static inline uint32_t xdp_ready(const struct xdp_ring *ring)
{
	return xdp_acquire(ring->producer) - *ring->consumer;
}

/* Elements that a producer, of our own, can add. */
static inline uint32_t xdp_room(const struct xdp_ring *ring)
{
	return ring->mask + 1 - (*ring->producer - xdp_acquire(ring->consumer));
}

static inline struct xsk_frame *xdp_frame(const struct xdp_ring *ring,
					  uint32_t index)
{
	return (void *)(ring->elements +
			(size_t)(index & ring->mask) * ring->stride);
}

/* Of fill and completion: the address of a chunk. */
static inline uint64_t *xdp_chunk(const struct xdp_ring *ring, uint32_t index)
{
	return (void *)(ring->elements +
			(size_t)(index & ring->mask) * ring->stride);
}

/* The driver sets a flag and then looks again at the index; this is the other
 * way round, a full barrier between. */
static inline bool xdp_has(const struct xdp_ring *ring, uint32_t flag)
{
	return __atomic_fetch_or(ring->flags, 0, __ATOMIC_SEQ_CST) & flag;
}

/* ---- sockets -------------------------------------------------------------
 */

/* With the object's part of the attribute filled, if it has one. */
int xdp_object_open(void **file, struct xdp_open *ea, uint32_t object,
		    const char *what, struct irl_error *err);

int xdp_socket_open(struct xdp_socket *s, struct irl_error *err);
void xdp_socket_close(struct xdp_socket *s);
/* An error of Windows. */
uint32_t xdp_socket_set(const struct xdp_socket *s, uint32_t option,
			const void *value, uint32_t bytes);
uint32_t xdp_socket_bind(const struct xdp_socket *s, unsigned ifindex,
			 uint32_t queue, uint32_t flags);
/* Once it is bound: memory of @chunks, and rings of as many places, from option
 * @first_ring to XSK_COMPLETION_RING. */
int xdp_socket_start(struct xdp_socket *s, uint32_t chunks, uint32_t first_ring,
		     struct irl_error *err);
uint32_t xdp_socket_notify(const struct xdp_socket *s, uint32_t flags,
			   uint32_t timeout_ms);
/* Any thread; zero where the driver has gone. */
struct xsk_statistics xdp_socket_statistics(const struct xdp_socket *s);

/* For what has no better word. */
int xdp_failed(struct irl_error *err, uint32_t error, const char *what);

#endif
