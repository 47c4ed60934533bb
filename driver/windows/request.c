// SPDX-License-Identifier: BSD-2-Clause
/* The requests of a channel: allocated at BIND, each with a NET_BUFFER_LIST for
 * each frame of a batch, and taken and given back for each buffer. */
#include "irlstackp.h"

PIRLP_REQUEST IrlpTakeRequest(PIRLP_CHANNEL Channel)
{
	PIRLP_REQUEST Request;
	KIRQL Irql;

	KeAcquireSpinLock(&Channel->TxLock, &Irql);
	Request = Channel->Free;
	if (Request)
		Channel->Free = Request->Next;
	KeReleaseSpinLock(&Channel->TxLock, Irql);
	return Request;
}

VOID IrlpGiveRequest(PIRLP_REQUEST Request)
{
	PIRLP_CHANNEL Channel = Request->Channel;
	KIRQL Irql;

	KeAcquireSpinLock(&Channel->TxLock, &Irql);
	Request->Next = Channel->Free;
	Channel->Free = Request;
	KeReleaseSpinLock(&Channel->TxLock, Irql);
}

/* Room for an MDL of the longest frame, wherever it begins in a page. */
static USHORT ContextBytes(PIRLP_CHANNEL Channel)
{
	SIZE_T Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES((PVOID)(PAGE_SIZE - 1),
						      Channel->FrameMax);

	return (USHORT)((sizeof(MDL) + Pages * sizeof(PFN_NUMBER) + 15) &
			~(SIZE_T)15);
}

static NTSTATUS CreatePool(PIRLP_CHANNEL Channel)
{
	NET_BUFFER_LIST_POOL_PARAMETERS Pool;

	RtlZeroMemory(&Pool, sizeof(Pool));
	Pool.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	Pool.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	Pool.Header.Size =
	    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	Pool.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
	Pool.fAllocateNetBuffer = TRUE;
	Pool.ContextSize = ContextBytes(Channel);
	Pool.PoolTag = IRL_TAG;
	Channel->Pool =
	    NdisAllocateNetBufferListPool(Channel->Driver->Protocol, &Pool);
	return Channel->Pool ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* An MDL over @Copy for good, or one to be pointed at each frame. */
static VOID PrepareMdl(PIRLP_CHANNEL Channel, PMDL Mdl, PUCHAR Copy)
{
	if (Copy) {
		IrlInitializeMdl(Mdl, Copy, Channel->FrameMax);
		MmBuildMdlForNonPagedPool(Mdl);
	} else {
		IrlInitializeMdl(Mdl, (PVOID)(PAGE_SIZE - 1),
				 Channel->FrameMax);
	}
}

static PNET_BUFFER_LIST NewList(PIRLP_REQUEST Request, ULONG Index)
{
	PIRLP_CHANNEL Channel = Request->Channel;
	PNET_BUFFER_LIST List = NdisAllocateNetBufferAndNetBufferList(
	    Channel->Pool, ContextBytes(Channel), 0, NULL, 0, 0);

	if (!List)
		return NULL;
	PrepareMdl(Channel, (PMDL)NET_BUFFER_LIST_CONTEXT_DATA_START(List),
		   Request->Copy
		       ? Request->Copy + (SIZE_T)Index * Channel->Stride
		       : NULL);
	List->SourceHandle = Channel->Adapter->Binding;
	List->ProtocolReserved[0] = Request;
	return List;
}

static NTSTATUS FillRequest(PIRLP_CHANNEL Channel, PIRLP_REQUEST Request)
{
	Request->Channel = Channel;
	if (!Channel->ZeroCopy) {
		Request->Copy = (PUCHAR)IrlAllocate((SIZE_T)Channel->Batch *
						    Channel->Stride);
		if (!Request->Copy)
			return STATUS_INSUFFICIENT_RESOURCES;
	}
	for (ULONG i = 0; i < Channel->Batch; i++) {
		Request->Lists[i] = NewList(Request, i);
		if (!Request->Lists[i])
			return STATUS_INSUFFICIENT_RESOURCES;
	}
	return STATUS_SUCCESS;
}

NTSTATUS IrlpAllocateRequests(PIRLP_CHANNEL Channel, ULONG Requests)
{
	SIZE_T Bytes =
	    sizeof(IRLP_REQUEST) + Channel->Batch * sizeof(PNET_BUFFER_LIST);
	NTSTATUS Status = CreatePool(Channel);

	Channel->Stride = (Channel->FrameMax + 63) & ~63u;
	if (!NT_SUCCESS(Status))
		return Status;
	Channel->All =
	    (PIRLP_REQUEST *)IrlAllocate(Requests * sizeof(PIRLP_REQUEST));
	if (!Channel->All)
		return STATUS_INSUFFICIENT_RESOURCES;
	Channel->Requests = Requests;
	for (ULONG i = 0; i < Requests; i++) {
		PIRLP_REQUEST Request = (PIRLP_REQUEST)IrlAllocate(Bytes);

		if (!Request)
			return STATUS_INSUFFICIENT_RESOURCES;
		Channel->All[i] = Request;
		Status = FillRequest(Channel, Request);
		if (!NT_SUCCESS(Status))
			return Status;
		IrlpGiveRequest(Request);
	}
	return STATUS_SUCCESS;
}

static VOID FreeRequest(PIRLP_CHANNEL Channel, PIRLP_REQUEST Request)
{
	if (!Request)
		return;
	for (ULONG i = 0; i < Channel->Batch; i++) {
		if (!Request->Lists[i])
			continue;
		Request->Lists[i]->Next = NULL; /* of a refused buffer */
		NdisFreeNetBufferList(Request->Lists[i]);
	}
	IrlFree(Request->Copy);
	IrlFree(Request);
}

VOID IrlpFreeRequests(PIRLP_CHANNEL Channel)
{
	for (ULONG i = 0; i < Channel->Requests; i++)
		FreeRequest(Channel, Channel->All[i]);
	IrlFree(Channel->All);
	if (Channel->Pool)
		NdisFreeNetBufferListPool(Channel->Pool);
	Channel->All = NULL;
	Channel->Pool = NULL;
	Channel->Requests = 0;
	Channel->Free = NULL;
}
