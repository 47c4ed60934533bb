/* SPDX-License-Identifier: BSD-2-Clause */
/* Pool: who leaks, who frees twice, and failure where a test wants it. */
#include "internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct block {
	struct block *next, *previous;
	size_t size;
	ULONG tag;
} __attribute__((aligned(64)));

static struct {
	pthread_mutex_t lock;
	struct block *blocks;
	uint64_t allocations;
	long fail_at;
	bool failed;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

void nt_pool_start(void)
{
	pool.allocations = 0;
	nt_fail_at(-1);
}

uint64_t nt_pool_allocations(void)
{
	uint64_t allocations;

	pthread_mutex_lock(&pool.lock);
	allocations = pool.allocations;
	pthread_mutex_unlock(&pool.lock);
	return allocations;
}

void nt_fail_at(long nth)
{
	pthread_mutex_lock(&pool.lock);
	pool.fail_at = nth;
	pool.failed = false;
	pthread_mutex_unlock(&pool.lock);
}

bool nt_failed(void)
{
	return pool.failed;
}

bool nt_may_fail(void)
{
	bool fail;

	pthread_mutex_lock(&pool.lock);
	fail = pool.fail_at == 0;
	if (pool.fail_at >= 0)
		pool.fail_at--;
	pool.failed |= fail;
	pthread_mutex_unlock(&pool.lock);
	return fail;
}

bool nt_no_memory(void)
{
	pthread_mutex_lock(&pool.lock);
	pool.allocations++;
	pthread_mutex_unlock(&pool.lock);
	return nt_may_fail();
}

static const char *tag_text(ULONG tag, char text[5])
{
	memcpy(text, &tag, 4);
	text[4] = 0;
	return text;
}

void nt_pool_check(void)
{
	char text[5];

	for (struct block *b = pool.blocks; b; b = b->next)
		fprintf(stderr, "pool: %zu bytes, tag %s\n", b->size,
			tag_text(b->tag, text));
	if (pool.blocks)
		nt_bug("pool leaked at unload");
}

static PVOID take(SIZE_T size, ULONG tag, bool zero)
{
	struct block *block;

	nt_at_most(DISPATCH_LEVEL, "ExAllocatePool");
	if (!tag)
		nt_bug("pool without a tag");
	if (nt_no_memory())
		return NULL;
	/* A block each, of its exact size: AddressSanitizer knows its end. */
	if (posix_memalign((void **)&block, 64, sizeof(*block) + size))
		return NULL;
	memset(block + 1, zero ? 0 : 0xa5, size);
	block->size = size;
	block->tag = tag;
	block->previous = NULL;
	pthread_mutex_lock(&pool.lock);
	block->next = pool.blocks;
	if (pool.blocks)
		pool.blocks->previous = block;
	pool.blocks = block;
	pthread_mutex_unlock(&pool.lock);
	return block + 1;
}

PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T size, ULONG tag)
{
	if (type == NonPagedPool)
		nt_bug("executable pool asked for: refused under HVCI");
	if (type == PagedPool)
		nt_at_most(APC_LEVEL, "ExAllocatePoolWithTag(PagedPool)");
	return take(size, tag, false);
}

PVOID NTAPI ExAllocatePool2(POOL_FLAGS flags, SIZE_T size, ULONG tag)
{
	if (!(flags & (POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED)))
		nt_bug("ExAllocatePool2 without a kind of pool");
	if (flags & POOL_FLAG_PAGED)
		nt_at_most(APC_LEVEL, "ExAllocatePool2(PAGED)");
	return take(size, tag, !(flags & POOL_FLAG_UNINITIALIZED));
}

VOID NTAPI ExFreePoolWithTag(PVOID memory, ULONG tag)
{
	struct block *block;

	nt_at_most(DISPATCH_LEVEL, "ExFreePool");
	if (!memory)
		nt_bug("NULL freed to pool");
	pthread_mutex_lock(&pool.lock);
	for (block = pool.blocks; block && block + 1 != memory;
	     block = block->next)
		;
	if (!block)
		nt_bug("pool freed twice, or never allocated");
	if (tag && tag != block->tag)
		nt_bug("pool freed with another tag");
	if (block->previous)
		block->previous->next = block->next;
	else
		pool.blocks = block->next;
	if (block->next)
		block->next->previous = block->previous;
	pthread_mutex_unlock(&pool.lock);
	free(block);
}

VOID NTAPI ExFreePool(PVOID memory)
{
	ExFreePoolWithTag(memory, 0);
}
