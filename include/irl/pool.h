/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Frames to send: a pool of memory, a batch on its way, a template.
 *
 * A frame has one owner: the pool, the caller who took it, or a batch.  The
 * port copies during a send, so what it accepted is back in the pool when
 * irl_batch_send returns; what it refused stays in the batch for the next
 * call.  Builds without NDEBUG assert every hand-off.  A pool and its batches
 * belong to one thread.
 */
#ifndef IRL_POOL_H
#define IRL_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/frame.h>
#include <irl/port.h>

struct irl_pool;

/** @count frames of IRL_FRAME_MAX bytes each. */
IRL_API int irl_pool_new(struct irl_pool **out, unsigned count,
			 struct irl_error *err);
/** Every frame must be back. */
IRL_API void irl_pool_free(struct irl_pool *pool);
/** Frames that can be taken now. */
IRL_API unsigned irl_pool_left(const struct irl_pool *pool);
/** A frame of length 0, its bytes as they were; false: the pool is empty. */
IRL_API bool irl_pool_take(struct irl_pool *pool, struct irl_frame *out);
IRL_API void irl_pool_give(struct irl_pool *pool,
			   const struct irl_frame *frame);

struct irl_batch {
	struct irl_pool *pool;
	unsigned count;
	struct irl_frame frames[IRL_BATCH_MAX];
	enum irl_tx_status status[IRL_BATCH_MAX]; /* after a send: why each
						     frame is still here */
};

IRL_API void irl_batch_init(struct irl_batch *batch, struct irl_pool *pool);
/** The caller's frame is the batch's now; false: the batch is full. */
IRL_API bool irl_batch_add(struct irl_batch *batch,
			   const struct irl_frame *frame);
/** As irl_port_send; frames that were refused remain, in their order. */
IRL_API int irl_batch_send(struct irl_batch *batch, struct irl_port *port,
			   unsigned queue);
/** Give all that remain back to the pool. */
IRL_API void irl_batch_drop(struct irl_batch *batch);

/*
 * A TCP or UDP packet over IPv4 of which only the target varies; checksums
 * follow by incremental update (RFC 1624), at no cost per byte.
 */
struct irl_template {
	uint32_t length;
	uint16_t transport_at, checksum_at; /* offsets in the frame */
	uint8_t frame[IRL_FRAME_MAX];
};

/** -IRL_EINVAL unless @frame is a whole TCP or UDP packet over IPv4. */
IRL_API int irl_template_init(struct irl_template *out, const void *frame,
			      uint32_t length, struct irl_error *err);
/** Write the template with this target, host byte order, into @frame. */
IRL_API void irl_template_make(const struct irl_template *in, uint32_t addr,
			       uint16_t port, struct irl_frame *frame);

#endif
