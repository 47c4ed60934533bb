// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "tcp/buffer.h"

struct reference {
	struct irl_piece piece;
	const uint8_t *bytes;
};
_Static_assert(sizeof(struct reference) <= IRL_BLOCK, "fits a block");

void irl_buffer_init(struct irl_pool_memory *pool, uint8_t *bytes,
		     struct irl_carved *carved, uint32_t chunks)
{
	*pool = (struct irl_pool_memory){
	    .bytes = bytes, .carved = carved, .chunks = chunks};
	carved[0] = (struct irl_carved){0};
}

uint32_t irl_buffer_chunk(struct irl_pool_memory *pool)
{
	uint32_t chunk = pool->free;

	if (chunk) {
		struct irl_piece *piece = irl_buffer_at(pool, chunk << 4);

		pool->free = piece->next;
	} else if (pool->fresh < pool->chunks) {
		chunk = ++pool->fresh;
	} else {
		return 0;
	}
	pool->in_use++;
	return chunk << 4;
}

static void give_chunk(struct irl_pool_memory *pool, uint32_t chunk)
{
	struct irl_piece *piece = irl_buffer_at(pool, chunk << 4);

	piece->next = pool->free;
	pool->free = chunk;
	pool->in_use--;
}

/* ---- blocks ------------------------------------------------------------- */

static void list_carved(struct irl_pool_memory *pool, uint32_t chunk)
{
	struct irl_carved *c = pool->carved;

	c[chunk].next = c[0].next;
	c[chunk].prev = 0;
	c[c[0].next].prev = chunk;
	c[0].next = chunk;
}

static void unlist_carved(struct irl_pool_memory *pool, uint32_t chunk)
{
	struct irl_carved *c = pool->carved;

	c[c[chunk].prev].next = c[chunk].next;
	c[c[chunk].next].prev = c[chunk].prev;
}

uint32_t irl_buffer_block(struct irl_pool_memory *pool)
{
	uint32_t chunk = pool->carved[0].next, part;

	if (!chunk) {
		chunk = irl_buffer_chunk(pool) >> 4;
		if (!chunk)
			return 0;
		pool->carved[chunk].used = 0;
		list_carved(pool, chunk);
	}
	part = (uint32_t)__builtin_ctz(~pool->carved[chunk].used);
	pool->carved[chunk].used |= 1u << part;
	if (pool->carved[chunk].used == (1u << IRL_CHUNK_PARTS) - 1)
		unlist_carved(pool, chunk);
	return chunk << 4 | IRL_HANDLE_BLOCK | part;
}

static void give_block(struct irl_pool_memory *pool, uint32_t handle)
{
	uint32_t chunk = handle >> 4;
	struct irl_carved *c = &pool->carved[chunk];

	if (c->used == (1u << IRL_CHUNK_PARTS) - 1)
		list_carved(pool, chunk);
	c->used &= ~(1u << (handle & 7));
	if (!c->used) {
		unlist_carved(pool, chunk);
		give_chunk(pool, chunk);
	}
}

void irl_buffer_give(struct irl_pool_memory *pool, uint32_t handle)
{
	if (handle & IRL_HANDLE_BLOCK)
		give_block(pool, handle);
	else
		give_chunk(pool, handle >> 4);
}

/* ---- queues ------------------------------------------------------------- */

static struct irl_piece *piece_at(const struct irl_pool_memory *pool,
				  uint32_t handle)
{
	return irl_buffer_at(pool, handle);
}

static const uint8_t *piece_bytes(const struct irl_pool_memory *pool,
				  uint32_t handle)
{
	const struct irl_piece *piece = piece_at(pool, handle);
	const uint8_t *bytes = (const uint8_t *)(piece + 1);

	if (handle & IRL_HANDLE_BLOCK)
		bytes = ((const struct reference *)(const void *)piece)->bytes;
	return bytes + piece->begin;
}

void irl_queue_join(struct irl_pool_memory *pool, uint32_t *queue,
		    uint32_t other)
{
	struct irl_piece *head;

	if (!*queue) {
		*queue = other;
		return;
	}
	if (!other)
		return;
	head = piece_at(pool, *queue);
	piece_at(pool, head->tail)->next = other;
	head->tail = piece_at(pool, other)->tail;
}

static void push(struct irl_pool_memory *pool, uint32_t *queue, uint32_t handle,
		 uint32_t end)
{
	*piece_at(pool, handle) =
	    (struct irl_piece){.tail = handle, .end = end};
	irl_queue_join(pool, queue, handle);
}

/* Room behind the last piece, or in a new one. */
static struct irl_piece *room(struct irl_pool_memory *pool, uint32_t *queue)
{
	uint32_t tail = *queue ? piece_at(pool, *queue)->tail : 0;

	if (!tail || tail & IRL_HANDLE_BLOCK ||
	    piece_at(pool, tail)->end == IRL_PIECE_ROOM) {
		tail = irl_buffer_chunk(pool);
		if (!tail)
			return NULL;
		push(pool, queue, tail, 0);
	}
	return piece_at(pool, tail);
}

uint32_t irl_queue_append(struct irl_pool_memory *pool, uint32_t *queue,
			  const void *bytes, uint32_t size)
{
	const uint8_t *from = bytes;
	uint32_t done = 0;

	while (done < size) {
		struct irl_piece *piece = room(pool, queue);
		uint32_t n;

		if (!piece)
			break;
		n = IRL_PIECE_ROOM - piece->end;
		if (n > size - done)
			n = size - done;
		memcpy((uint8_t *)(piece + 1) + piece->end, from + done, n);
		piece->end += n;
		done += n;
	}
	return done;
}

bool irl_queue_refer(struct irl_pool_memory *pool, uint32_t *queue,
		     const void *bytes, uint32_t size)
{
	uint32_t handle = irl_buffer_block(pool);
	struct reference *reference;

	if (!handle)
		return false;
	push(pool, queue, handle, size);
	reference = irl_buffer_at(pool, handle);
	reference->bytes = bytes;
	return true;
}

uint32_t irl_queue_peek(const struct irl_pool_memory *pool, uint32_t queue,
			uint32_t offset, void *bytes, uint32_t size)
{
	uint8_t *to = bytes;
	uint32_t done = 0;

	while (queue && done < size) {
		const struct irl_piece *piece = piece_at(pool, queue);
		uint32_t n = piece->end - piece->begin;

		if (offset >= n) {
			offset -= n;
		} else {
			n -= offset;
			if (n > size - done)
				n = size - done;
			memcpy(to + done, piece_bytes(pool, queue) + offset, n);
			done += n;
			offset = 0;
		}
		queue = piece->next;
	}
	return done;
}

static void pop(struct irl_pool_memory *pool, uint32_t *queue)
{
	struct irl_piece *head = piece_at(pool, *queue);
	uint32_t next = head->next, old = *queue;

	if (next)
		piece_at(pool, next)->tail = head->tail;
	*queue = next;
	irl_buffer_give(pool, old);
}

uint32_t irl_queue_take(struct irl_pool_memory *pool, uint32_t *queue,
			void *bytes, uint32_t size)
{
	uint8_t *to = bytes;
	uint32_t done = 0;

	while (*queue && done < size) {
		struct irl_piece *piece = piece_at(pool, *queue);
		uint32_t n = piece->end - piece->begin;

		if (n > size - done)
			n = size - done;
		if (to)
			memcpy(to + done, piece_bytes(pool, *queue), n);
		piece->begin += n;
		done += n;
		if (piece->begin == piece->end)
			pop(pool, queue);
	}
	return done;
}

void irl_queue_clear(struct irl_pool_memory *pool, uint32_t *queue)
{
	while (*queue)
		pop(pool, queue);
}
