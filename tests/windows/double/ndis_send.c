/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending: the protocol, a filter that wants to see it, the wire, and back. */
#include "ndis_stack.h"

#include <stdlib.h>

static void wire(struct nd_adapter *a, PNET_BUFFER_LIST list)
{
	uint64_t checksum =
	    (uint64_t)list->NetBufferListInfo[TcpIpChecksumNetBufferListInfo];

	for (PNET_BUFFER b = list->FirstNetBuffer; b; b = b->Next) {
		uint8_t *frame = malloc(b->DataLength ? b->DataLength : 1);

		nt_mdl_copy(b->MdlChain, b->DataOffset, frame, b->DataLength);
		if (a->config.sent)
			a->config.sent(a->config.context, frame, b->DataLength,
				       checksum);
		free(frame);
	}
}

static void give_back(struct nd_adapter *a, PNET_BUFFER_LIST list, ULONG flags)
{
	unsigned count = 0;
	struct nt_frame frame;

	for (PNET_BUFFER_LIST l = list; l; l = l->Next, count++) {
		nd_nbl(l, NBL_NDIS, "completion")->owner = NBL_DRIVER;
		if (a->gone)
			l->Status = NDIS_STATUS_FAILURE;
	}
	nd_lock(a);
	a->outstanding -= count;
	a->counters.completed += count;
	nd_unlock(a);
	frame = nd_begin(a, flags ? DISPATCH_LEVEL : PASSIVE_LEVEL);
	if (a->module == RUNNING && ndis.filter.SendNetBufferListsHandler)
		ndis.filter.SendNetBufferListsCompleteHandler(a->module_context,
							      list, flags);
	else
		ndis.protocol.SendNetBufferListsCompleteHandler(
		    a->binding_context, list, flags);
	nd_end(a, frame, "SendNetBufferListsComplete");
}

static void complete_list(struct nd_adapter *a, PNET_BUFFER_LIST list,
			  ULONG flags)
{
	PNET_BUFFER_LIST next;

	if (!a->singly) {
		give_back(a, list, flags);
		return;
	}
	for (; list; list = next) {
		next = list->Next;
		list->Next = NULL;
		give_back(a, list, flags);
	}
}

static void complete_held(struct nbl_list *held)
{
	complete_list(held->adapter, held->head,
		      NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
	free(held);
}

static void complete_later(void *context)
{
	complete_held(context);
}

static void hold(struct nd_adapter *a, PNET_BUFFER_LIST list, bool later)
{
	struct nbl_list *entry = malloc(sizeof(*entry)), **at;

	*entry = (struct nbl_list){.head = list, .adapter = a};
	if (later) {
		nt_queue(complete_later, entry, DISPATCH_LEVEL, 0, entry);
		return;
	}
	nd_lock(a);
	for (at = &a->held; *at; at = &(*at)->next)
		;
	*at = entry;
	nd_unlock(a);
}

bool nd_release_one(struct nd_adapter *a, bool backwards)
{
	struct nbl_list **at, *entry;

	nd_lock(a);
	for (at = &a->held; backwards && *at && (*at)->next; at = &(*at)->next)
		;
	entry = *at;
	if (entry)
		*at = entry->next;
	nd_unlock(a);
	if (entry)
		complete_held(entry);
	return entry != NULL;
}

unsigned nd_held(struct nd_adapter *a)
{
	unsigned count = 0;

	nd_lock(a);
	for (struct nbl_list *l = a->held; l; l = l->next)
		count++;
	nd_unlock(a);
	return count;
}

void nd_release(struct nd_adapter *a, unsigned lists, bool backwards)
{
	while (lists-- && nd_release_one(a, backwards))
		;
}

/* When all else waits, hardware finishes what it has. */
bool nd_hardware(void)
{
	for (unsigned i = 0; i < ADAPTERS; i++)
		if (ndis.adapters[i] && nd_release_one(ndis.adapters[i], false))
			return true;
	return false;
}

static void check_buffer(struct nd_adapter *a, PNET_BUFFER b)
{
	size_t have = 0;

	if (!b)
		nt_bug("send: a list without a buffer");
	for (PMDL m = b->MdlChain; m; m = m->Next)
		have += m->ByteCount;
	if (b->DataLength < 14)
		nt_bug("send: a frame of %u bytes", b->DataLength);
	if (b->DataLength > a->config.mtu + 18)
		nt_bug("send: a frame of %u bytes, MTU %u", b->DataLength,
		       a->config.mtu);
	if (have < (size_t)b->DataOffset + b->DataLength)
		nt_bug("send: a frame of %u bytes in %zu of memory",
		       b->DataLength, have);
	if (b->CurrentMdl != b->MdlChain ||
	    b->CurrentMdlOffset != b->DataOffset)
		nt_bug("send: CurrentMdl does not agree with DataOffset");
}

static void take_send(struct nd_adapter *a, PNET_BUFFER_LIST list)
{
	unsigned count = 0;

	for (PNET_BUFFER_LIST l = list; l; l = l->Next, count++) {
		struct nbl *nbl =
		    nd_nbl(l, NBL_DRIVER, "NdisSendNetBufferLists");

		if (l->SourceHandle != a)
			nt_bug("send: SourceHandle is not the binding");
		check_buffer(a, l->FirstNetBuffer);
		nbl->owner = NBL_NDIS;
	}
	if (!count)
		nt_bug("send of nothing");
	nd_lock(a);
	if (!a->open || a->closed)
		nt_bug("send on a binding that is not open");
	if (a->binding != RUNNING && a->binding != PAUSING)
		nt_bug("send on a paused binding");
	a->outstanding += count;
	a->counters.sends++;
	a->counters.sent += count;
	nd_unlock(a);
}

static void to_wire(struct nd_adapter *a, PNET_BUFFER_LIST list)
{
	enum nd_complete mode = a->mode;

	/* Told as failed is what did not go out, and nothing else. */
	for (PNET_BUFFER_LIST l = list; l; l = l->Next) {
		l->Status = a->fail;
		if (!a->gone && a->link_up && !l->Status)
			wire(a, l);
	}
	if (mode == ND_AT_ONCE)
		complete_list(a, list,
			      KeGetCurrentIrql() == DISPATCH_LEVEL
				  ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL
				  : 0);
	else
		hold(a, list, mode == ND_LATER);
}

VOID NTAPI NdisSendNetBufferLists(NDIS_HANDLE handle, PNET_BUFFER_LIST list,
				  NDIS_PORT_NUMBER port, ULONG flags)
{
	struct nd_adapter *a = nd_adapter_of(handle, "NdisSendNetBufferLists");
	struct nt_frame frame;

	nt_at_most(DISPATCH_LEVEL, "NdisSendNetBufferLists");
	if (port)
		nt_bug("send on port %u", port);
	if (flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL &&
	    KeGetCurrentIrql() != DISPATCH_LEVEL)
		nt_bug("send says DISPATCH_LEVEL at IRQL %u",
		       KeGetCurrentIrql());
	take_send(a, list);
	if (a->module != RUNNING || !ndis.filter.SendNetBufferListsHandler) {
		to_wire(a, list);
		return;
	}
	frame = nd_begin(a, PASSIVE_LEVEL);
	ndis.filter.SendNetBufferListsHandler(a->module_context, list, port,
					      flags);
	nd_end(a, frame, "FilterSendNetBufferLists");
}

VOID NTAPI NdisFSendNetBufferLists(NDIS_HANDLE handle, PNET_BUFFER_LIST list,
				   NDIS_PORT_NUMBER port, ULONG flags)
{
	(void)port;
	(void)flags;
	to_wire(nd_adapter_of(handle, "NdisFSendNetBufferLists"), list);
}

VOID NTAPI NdisFSendNetBufferListsComplete(NDIS_HANDLE handle,
					   PNET_BUFFER_LIST list, ULONG flags)
{
	struct nd_adapter *a =
	    nd_adapter_of(handle, "NdisFSendNetBufferListsComplete");

	ndis.protocol.SendNetBufferListsCompleteHandler(a->binding_context,
							list, flags);
}
