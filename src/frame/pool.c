// SPDX-License-Identifier: BSD-2-Clause
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <irl/pool.h>
#include "base/memory.h"
#include "frame/owner.h"

#define STRIDE 1536u /* IRL_FRAME_MAX, in whole cache lines */
_Static_assert(STRIDE >= IRL_FRAME_MAX && STRIDE % 64 == 0, "cache lines");

struct irl_pool {
	unsigned count, left;
	uint32_t *free;  /* left of them */
	uint8_t *owner;  /* enum irl_owner of each */
	uint8_t *memory; /* count * STRIDE */
};

int irl_pool_new(struct irl_pool **out, unsigned count, struct irl_error *err)
{
	struct irl_pool *p;

	*out = NULL;
	if (!count || count > 1u << 24)
		return irl_error_set(err, IRL_EINVAL,
				     "a pool has 1 to 16 M frames, not %u",
				     count);
	p = calloc(1, sizeof(*p));
	if (!p)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	p->count = p->left = count;
	p->free = calloc(count, sizeof(*p->free));
	p->owner = calloc(count, sizeof(*p->owner));
	p->memory = irl_aligned_take((size_t)count * STRIDE);
	if (!p->free || !p->owner || !p->memory) {
		irl_pool_free(p);
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	}
	memset(p->memory, 0, (size_t)count * STRIDE);
	for (unsigned i = 0; i < count; i++)
		p->free[i] = count - 1 - i;
	*out = p;
	return 0;
}

void irl_pool_free(struct irl_pool *pool)
{
	if (!pool)
		return;
	assert(pool->left == pool->count);
	free(pool->free);
	free(pool->owner);
	irl_aligned_give(pool->memory);
	free(pool);
}

unsigned irl_pool_left(const struct irl_pool *pool)
{
	return pool->left;
}

void irl_pool_hand(struct irl_pool *pool, const struct irl_frame *frame,
		   enum irl_owner from, enum irl_owner to)
{
	size_t offset = (size_t)(frame->data - pool->memory);
	uint8_t *owner = &pool->owner[offset / STRIDE];

	assert(offset % STRIDE == 0 && offset / STRIDE < pool->count);
	assert(*owner == from);
	(void)from;
	*owner = (uint8_t)to;
}

bool irl_pool_take(struct irl_pool *pool, struct irl_frame *out)
{
	if (!pool->left)
		return false;
	*out = (struct irl_frame){
	    .data = pool->memory + (size_t)pool->free[--pool->left] * STRIDE,
	};
	irl_pool_hand(pool, out, IRL_OWNER_POOL, IRL_OWNER_CALLER);
	return true;
}

void irl_pool_put(struct irl_pool *pool, const struct irl_frame *frame,
		  enum irl_owner from)
{
	irl_pool_hand(pool, frame, from, IRL_OWNER_POOL);
	pool->free[pool->left++] =
	    (uint32_t)((size_t)(frame->data - pool->memory) / STRIDE);
}

void irl_pool_give(struct irl_pool *pool, const struct irl_frame *frame)
{
	irl_pool_put(pool, frame, IRL_OWNER_CALLER);
}
