/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending: the protocol, a filter that wants to see it, the wire, and back. */
#include "ndis_stack.h"

#include <stdlib.h>

static void wire(struct nd_adapter *a, PNET_BUFFER_LIST list)
{
	uint64_t checksum =
	    (uint64_t)list->NetBufferListInfo[TcpIpChecksumNetBufferListInfo];

	if (list->NetBufferListInfo[Ieee8021QNetBufferListInfo])
		nt_bug("a frame sent with a tag that is left over");
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
		/* as those below may leave it */
		l->NetBufferListInfo[Ieee8021QNetBufferListInfo] = (PVOID)0x50;
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

/* Told as failed is what did not go out, and nothing else. */
static void go_out(struct nd_adapter *a, PNET_BUFFER_LIST list)
{
	for (PNET_BUFFER_LIST l = list; l; l = l->Next) {
		l->Status = a->fail;
		if (!a->gone && a->link_up && !l->Status)
			wire(a, l);
	}
}

static void complete_held(struct nbl_list *held)
{
	if (held->queued)
		go_out(held->adapter, held->head);
	complete_list(held->adapter, held->head,
		      NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
	free(held);
}

static void complete_later(void *context)
{
	complete_held(context);
}

static struct nbl_list *new_entry(struct nd_adapter *a, PNET_BUFFER_LIST list)
{
	struct nbl_list *entry = malloc(sizeof(*entry));

	*entry = (struct nbl_list){.head = list, .adapter = a};
	return entry;
}

static void later(struct nd_adapter *a, PNET_BUFFER_LIST list)
{
	struct nbl_list *entry = new_entry(a, list);

	nt_queue(complete_later, entry, DISPATCH_LEVEL, 0, entry);
}

static void hold(struct nd_adapter *a, PNET_BUFFER_LIST list, bool queued)
{
	struct nbl_list *entry = new_entry(a, list), **at;

	entry->queued = queued;
	nd_lock(a);
	for (at = &a->held; *at; at = &(*at)->next)
		;
	*at = entry;
	nd_unlock(a);
}

/* Each frame by itself, where they come back so. */
static void queue(struct nd_adapter *a, PNET_BUFFER_LIST list)
{
	PNET_BUFFER_LIST next;

	for (; list && a->singly; list = next) {
		next = list->Next;
		list->Next = NULL;
		hold(a, list, true);
	}
	if (list)
		hold(a, list, true);
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

static PVOID cancel_id(PNET_BUFFER_LIST list)
{
	return list->NetBufferListInfo[NetBufferListCancelId];
}

/* The first byte is one that NDIS gave out. */
static void check_cancel_id(PVOID id, const char *function)
{
	if (!ndis.partial_id || (ULONG_PTR)id >> 56 != ndis.partial_id)
		nt_bug("%s: a cancel id %p of somebody else", function, id);
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
		if (cancel_id(l))
			check_cancel_id(cancel_id(l), "send");
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
	void (*before)(void *) = a->before_send;

	if (before) {
		a->before_send = NULL;
		before(a->before_context);
	}
	if (mode == ND_QUEUED) {
		queue(a, list);
		return;
	}
	go_out(a, list);
	if (mode == ND_AT_ONCE)
		complete_list(a, list,
			      KeGetCurrentIrql() == DISPATCH_LEVEL
				  ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL
				  : 0);
	else if (mode == ND_LATER)
		later(a, list);
	else
		hold(a, list, false);
}

/* -- cancelling -- */
UCHAR NTAPI NdisGeneratePartialCancelId(VOID)
{
	nt_at_most(DISPATCH_LEVEL, "NdisGeneratePartialCancelId");
	ndis.partial_id = ndis.partial_id == 0x41 ? 0x42 : 0x41;
	return ndis.partial_id;
}

/* Locked.  Out of what waits in *from, the lists marked with @id. */
static PNET_BUFFER_LIST take_marked(PNET_BUFFER_LIST *from, PVOID id)
{
	PNET_BUFFER_LIST taken = NULL, *end = &taken;

	while (*from) {
		PNET_BUFFER_LIST list = *from;

		if (cancel_id(list) != id) {
			from = &list->Next;
			continue;
		}
		*from = list->Next;
		list->Next = NULL;
		list->Status = NDIS_STATUS_SEND_ABORTED;
		*end = list;
		end = &list->Next;
	}
	return taken;
}

/* What has gone out already cannot be had back. */
static PNET_BUFFER_LIST take_queued(struct nd_adapter *a, PVOID id)
{
	PNET_BUFFER_LIST taken = NULL, *end = &taken;
	struct nbl_list **at = &a->held, *entry;

	nd_lock(a);
	while ((entry = *at)) {
		if (entry->queued)
			*end = take_marked(&entry->head, id);
		for (; *end; end = &(*end)->Next)
			a->counters.cancelled++;
		if (entry->head) {
			at = &entry->next;
			continue;
		}
		*at = entry->next;
		free(entry);
	}
	nd_unlock(a);
	return taken;
}

VOID NTAPI NdisCancelSendNetBufferLists(NDIS_HANDLE handle, PVOID id)
{
	struct nd_adapter *a =
	    nd_adapter_of(handle, "NdisCancelSendNetBufferLists");
	PNET_BUFFER_LIST taken;

	nt_at_most(DISPATCH_LEVEL, "NdisCancelSendNetBufferLists");
	check_cancel_id(id, "NdisCancelSendNetBufferLists");
	if (!a->open || a->closed)
		nt_bug("sends cancelled on a binding that is not open");
	taken = take_queued(a, id);
	if (taken && a->cancel_later)
		later(a, taken);
	else if (taken)
		complete_list(a, taken,
			      KeGetCurrentIrql() == DISPATCH_LEVEL
				  ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL
				  : 0);
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
