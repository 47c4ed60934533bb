/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory for data: one region of 512-byte chunks, taken whole or carved
 * into eight blocks of 64 bytes, named by 32-bit handles.  What is in use is
 * counted exactly; a carved chunk counts as a whole one.
 *
 * Byte queues are chains of pieces.  The head of a chain also names its tail,
 * so that a queue costs its owner one handle.
 */
#ifndef IRL_TCP_BUFFER_H
#define IRL_TCP_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IRL_CHUNK 512u
#define IRL_BLOCK 64u
#define IRL_CHUNK_PARTS (IRL_CHUNK / IRL_BLOCK)

/* A handle: chunk << 4, | 8 | part if it is a block; 0 names none. */
#define IRL_HANDLE_BLOCK 8u

struct irl_carved {
	uint32_t next, prev; /* among chunks with a free block */
	uint32_t used;       /* bits */
};

struct irl_pool_memory {
	uint8_t *bytes;
	struct irl_carved *carved; /* chunks + 1; entry 0 is the list's head */
	uint32_t chunks;
	uint32_t fresh; /* chunks 1 .. fresh have been used */
	uint32_t free;  /* a chain of chunks that have been given back */
	uint32_t in_use;
};

struct irl_piece {
	uint32_t next, tail; /* tail: only in the head of a queue */
	uint32_t begin, end; /* of the bytes that are left */
};
#define IRL_PIECE_ROOM (IRL_CHUNK - (uint32_t)sizeof(struct irl_piece))

/* @bytes chunks * IRL_CHUNK, @carved chunks + 1 entries: the caller's. */
void irl_buffer_init(struct irl_pool_memory *pool, uint8_t *bytes,
		     struct irl_carved *carved, uint32_t chunks);

static inline void *irl_buffer_at(const struct irl_pool_memory *pool,
				  uint32_t handle)
{
	return pool->bytes + (size_t)((handle >> 4) - 1) * IRL_CHUNK +
	       (size_t)(handle & 7) * IRL_BLOCK;
}

static inline void irl_buffer_prefetch(const struct irl_pool_memory *pool,
				       uint32_t handle)
{
	__builtin_prefetch(irl_buffer_at(pool, handle), 1);
	__builtin_prefetch(&pool->carved[handle >> 4], 1);
}

/* A whole chunk or a block, its bytes undefined; 0: none left. */
uint32_t irl_buffer_chunk(struct irl_pool_memory *pool);
uint32_t irl_buffer_block(struct irl_pool_memory *pool);
void irl_buffer_give(struct irl_pool_memory *pool, uint32_t handle);

static inline uint32_t irl_buffer_left(const struct irl_pool_memory *pool)
{
	return pool->chunks - pool->in_use;
}

/* ---- queues of bytes ---------------------------------------------------- */

/* Copy bytes to the end; returns how many fit into what memory is left. */
uint32_t irl_queue_append(struct irl_pool_memory *pool, uint32_t *queue,
			  const void *bytes, uint32_t size);
/* As append, but the bytes stay where they are: all (true) or nothing. */
bool irl_queue_refer(struct irl_pool_memory *pool, uint32_t *queue,
		     const void *bytes, uint32_t size);
/* Copy out what stands @offset bytes behind the front, without taking it.
 * Returns how many bytes there were, up to @size. */
uint32_t irl_queue_peek(const struct irl_pool_memory *pool, uint32_t queue,
			uint32_t offset, void *bytes, uint32_t size);
/* Take up to @size bytes from the front; @bytes may be NULL. */
uint32_t irl_queue_take(struct irl_pool_memory *pool, uint32_t *queue,
			void *bytes, uint32_t size);
/* Hang @other behind @queue. */
void irl_queue_join(struct irl_pool_memory *pool, uint32_t *queue,
		    uint32_t other);
void irl_queue_clear(struct irl_pool_memory *pool, uint32_t *queue);

#endif
