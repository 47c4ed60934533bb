/* SPDX-License-Identifier: BSD-2-Clause */
/* Net buffer lists: pools, who owns a list, the data behind it. */
#include "ndis_internal.h"

#include <stdlib.h>

#define POOL_MAGIC 0x4c4f4f50

struct pool {
	ULONG magic;
	USHORT context_size;
	bool with_buffer;
	int live;
};

static struct {
	pthread_mutex_t lock;
	int pools;
	uint64_t live;
	void (*before_pool)(void *context);
	void *before_context;
} nbls = {.lock = PTHREAD_MUTEX_INITIALIZER};

void nd_header(const NDIS_OBJECT_HEADER *header, UCHAR type, UCHAR revision,
	       size_t size, const char *what)
{
	if (header->Type != type || header->Revision != revision ||
	    header->Size != size)
		nt_bug("%s: header type %#x revision %u size %u, "
		       "NDIS wants %#x %u %zu",
		       what, header->Type, header->Revision, header->Size, type,
		       revision, size);
}

void nd_before_pool(void (*call)(void *), void *context)
{
	nbls.before_context = context;
	__atomic_store_n(&nbls.before_pool, call, __ATOMIC_RELEASE);
}

NDIS_HANDLE NTAPI NdisAllocateNetBufferListPool(
    NDIS_HANDLE handle, PNET_BUFFER_LIST_POOL_PARAMETERS parameters)
{
	/* Once, whichever thread makes the pool. */
	void (*before)(void *) =
	    __atomic_exchange_n(&nbls.before_pool, NULL, __ATOMIC_ACQ_REL);
	struct pool *pool;

	(void)handle;
	nt_at_most(PASSIVE_LEVEL, "NdisAllocateNetBufferListPool");
	if (before)
		before(nbls.before_context);
	nd_header(&parameters->Header, NDIS_OBJECT_TYPE_DEFAULT, 1, 16,
		  "NET_BUFFER_LIST_POOL_PARAMETERS");
	if (parameters->ContextSize % MEMORY_ALLOCATION_ALIGNMENT)
		nt_bug("pool: ContextSize %u is no multiple of %u",
		       parameters->ContextSize, MEMORY_ALLOCATION_ALIGNMENT);
	if (parameters->DataSize)
		nt_bug("pool with data: not in the double");
	if (!parameters->PoolTag)
		nt_bug("net buffer list pool without a tag");
	if (nt_no_memory())
		return NULL;
	pool = calloc(1, sizeof(*pool));
	pool->magic = POOL_MAGIC;
	pool->context_size = parameters->ContextSize;
	pool->with_buffer = parameters->fAllocateNetBuffer;
	pthread_mutex_lock(&nbls.lock);
	nbls.pools++;
	pthread_mutex_unlock(&nbls.lock);
	return pool;
}

VOID NTAPI NdisFreeNetBufferListPool(NDIS_HANDLE handle)
{
	struct pool *pool = handle;

	nt_at_most(PASSIVE_LEVEL, "NdisFreeNetBufferListPool");
	if (!pool || pool->magic != POOL_MAGIC)
		nt_bug("NdisFreeNetBufferListPool of something else");
	if (pool->live)
		nt_bug("%d net buffer lists leaked at the end of their pool",
		       pool->live);
	pthread_mutex_lock(&nbls.lock);
	nbls.pools--;
	pthread_mutex_unlock(&nbls.lock);
	free(pool);
}

void nd_nbl_check(void)
{
	if (nbls.pools)
		nt_bug("%d net buffer list pools left behind", nbls.pools);
}

uint64_t nd_nbl_live(void)
{
	return __atomic_load_n(&nbls.live, __ATOMIC_RELAXED);
}

static struct nbl *new_nbl(size_t context)
{
	struct nbl *nbl;
	size_t size = sizeof(*nbl) + sizeof(NET_BUFFER_LIST_CONTEXT) + context;

	if (posix_memalign((void **)&nbl, 16, size))
		abort();
	memset(nbl, 0, size);
	nbl->list.FirstNetBuffer = &nbl->buffer;
	if (context) {
		nbl->list.Context = (PNET_BUFFER_LIST_CONTEXT)(nbl + 1);
		nbl->list.Context->Size = (USHORT)context;
	}
	return nbl;
}

PNET_BUFFER_LIST NTAPI NdisAllocateNetBufferAndNetBufferList(
    NDIS_HANDLE handle, USHORT context, USHORT backfill, PMDL mdl, ULONG offset,
    SIZE_T length)
{
	struct pool *pool = handle;
	size_t size = (size_t)context + backfill;
	struct nbl *nbl;

	nt_at_most(DISPATCH_LEVEL, "NdisAllocateNetBufferAndNetBufferList");
	if (!pool || pool->magic != POOL_MAGIC || !pool->with_buffer)
		nt_bug("a net buffer list from a pool that has none");
	if (size % MEMORY_ALLOCATION_ALIGNMENT)
		nt_bug("ContextSize is no multiple of %u",
		       MEMORY_ALLOCATION_ALIGNMENT);
	if (nt_no_memory())
		return NULL;
	if (size < pool->context_size)
		size = pool->context_size;
	nbl = new_nbl(size);
	/* Used space is taken from the end, what was not asked for is before
	 * it: NET_BUFFER_LIST_CONTEXT, Offset. */
	if (size)
		nbl->list.Context->Offset = (USHORT)(size - context);
	nbl->pool = pool;
	nbl->list.NdisPoolHandle = pool;
	nbl->buffer.MdlChain = nbl->buffer.CurrentMdl = mdl;
	nbl->buffer.DataOffset = nbl->buffer.CurrentMdlOffset = offset;
	nbl->buffer.stDataLength = length;
	__atomic_add_fetch(&pool->live, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&nbls.live, 1, __ATOMIC_RELAXED);
	return &nbl->list;
}

struct nbl *nd_nbl(PNET_BUFFER_LIST list, enum nbl_owner owner,
		   const char *function)
{
	static const char *const names[] = {"the driver's", "NDIS's",
					    "indicated", "returned before"};
	struct nbl *nbl = (struct nbl *)list;

	if (nbl->owner != owner)
		nt_bug("%s: net buffer list is %s, not %s", function,
		       names[nbl->owner], names[owner]);
	return nbl;
}

VOID NTAPI NdisFreeNetBufferList(PNET_BUFFER_LIST list)
{
	struct nbl *nbl = nd_nbl(list, NBL_DRIVER, "NdisFreeNetBufferList");

	nt_at_most(DISPATCH_LEVEL, "NdisFreeNetBufferList");
	if (list->Next)
		nt_bug("NdisFreeNetBufferList with a list still linked");
	if (!nbl->pool)
		nt_bug("NdisFreeNetBufferList of a received list");
	__atomic_sub_fetch(&nbl->pool->live, 1, __ATOMIC_RELAXED);
	__atomic_sub_fetch(&nbls.live, 1, __ATOMIC_RELAXED);
	free(nbl);
}

/* Two pieces of memory where the frame is split: a driver must follow the
 * chain.  Each piece has its exact size. */
struct nbl *nd_nbl_received(struct nd_adapter *adapter,
			    const struct nd_frame *frame)
{
	struct nbl *nbl = new_nbl(0);
	size_t first = frame->split ? frame->split : frame->length;
	PMDL *link = &nbl->buffer.MdlChain;

	for (size_t at = 0; at < frame->length;
	     at = first, first = frame->length) {
		PUCHAR piece = malloc(first - at);
		PMDL mdl = nt_mdl_kernel(piece, first - at);

		memcpy(piece, frame->bytes + at, first - at);
		*link = mdl;
		link = &mdl->Next;
	}
	nbl->buffer.CurrentMdl = nbl->buffer.MdlChain;
	nbl->buffer.DataLength = (ULONG)frame->length;
	if (frame->coalesced)
		nbl->list.NetBufferListInfo[TcpRecvSegCoalesceInfo] = (PVOID)2;
	if (frame->tagged)
		nbl->list.NetBufferListInfo[Ieee8021QNetBufferListInfo] =
		    (PVOID)(5ull << 4);
	nbl->list.NetBufferListInfo[TcpIpChecksumNetBufferListInfo] =
	    (PVOID)(ULONG_PTR)frame->checks;
	nbl->unreadable = frame->unreadable;
	nbl->adapter = adapter;
	nbl->owner = NBL_INDICATED;
	return nbl;
}

void nd_nbl_free(struct nbl *nbl)
{
	PMDL mdl = nbl->buffer.MdlChain, next;

	for (; mdl; mdl = next) {
		next = mdl->Next;
		free(MmGetMdlVirtualAddress(mdl));
		nt_mdl_release(mdl);
	}
	free(nbl);
}

/* Whether this look, one by one, finds the memory to map the frame. */
static bool mapped(PNET_BUFFER buffer)
{
	struct nbl *nbl = CONTAINING_RECORD(buffer, struct nbl, buffer);
	bool can = !(nbl->unreadable & 1);

	nbl->unreadable >>= 1;
	return can;
}

PVOID NTAPI NdisGetDataBuffer(PNET_BUFFER buffer, ULONG needed, PVOID storage,
			      ULONG multiple, ULONG offset)
{
	PMDL mdl = buffer->CurrentMdl;
	ULONG at = buffer->CurrentMdlOffset;
	PUCHAR direct;

	(void)offset;
	nt_at_most(DISPATCH_LEVEL, "NdisGetDataBuffer");
	if (multiple > 1)
		nt_bug("NdisGetDataBuffer with alignment: not in the double");
	if (!needed)
		nt_bug("NdisGetDataBuffer for no bytes");
	if (needed > buffer->DataLength || !mapped(buffer))
		return NULL;
	if (mdl->ByteCount - at >= needed) {
		direct = MmGetSystemAddressForMdlSafe(
		    mdl, NormalPagePriority | MdlMappingNoExecute);
		return direct ? direct + at : NULL;
	}
	if (!storage)
		return NULL;
	nt_mdl_copy(mdl, at, storage, needed);
	return storage;
}
