/* SPDX-License-Identifier: BSD-2-Clause */
/* Receiving: an adapter, the filter, the protocol and TCP/IP, and back. */
#include "ndis_stack.h"

#include <stdlib.h>

static void returned(struct nbl *nbl)
{
	struct nd_adapter *a = nbl->adapter;

	nd_lock(a);
	a->counters.returned++;
	nd_unlock(a);
	nd_nbl_free(nbl);
}

VOID NTAPI NdisFReturnNetBufferLists(NDIS_HANDLE handle, PNET_BUFFER_LIST list,
				     ULONG flags)
{
	PNET_BUFFER_LIST next;

	(void)flags;
	nd_adapter_of(handle, "NdisFReturnNetBufferLists");
	for (; list; list = next) {
		struct nbl *nbl =
		    nd_nbl(list, NBL_INDICATED, "NdisFReturnNetBufferLists");

		next = list->Next;
		nbl->owner = NBL_RETURNED;
		/* Lent only: whoever indicated it takes it back itself. */
		if (nbl->frames == ND_RESOURCES)
			nt_bug("a list indicated with RESOURCES was returned");
		returned(nbl);
	}
	nt_changed();
}

static void return_up(struct nd_adapter *a, PNET_BUFFER_LIST list, ULONG flags)
{
	struct nt_frame frame;

	if (a->module != RUNNING && a->module != PAUSING) {
		NdisFReturnNetBufferLists(a, list, flags);
		return;
	}
	if (!ndis.filter.ReturnNetBufferListsHandler) {
		NdisFReturnNetBufferLists(a, list, flags);
		return;
	}
	frame = nd_begin(a, flags ? DISPATCH_LEVEL : PASSIVE_LEVEL);
	ndis.filter.ReturnNetBufferListsHandler(a->module_context, list, flags);
	nd_end(a, frame, "FilterReturnNetBufferLists");
}

VOID NTAPI NdisReturnNetBufferLists(NDIS_HANDLE handle, PNET_BUFFER_LIST list,
				    ULONG flags)
{
	return_up(nd_adapter_of(handle, "NdisReturnNetBufferLists"), list,
		  flags);
}

static void to_host(struct nd_adapter *a, PNET_BUFFER_LIST list)
{
	for (; a->config.host && list; list = list->Next) {
		PNET_BUFFER b = list->FirstNetBuffer;
		uint8_t *frame = malloc(b->DataLength);

		nt_mdl_copy(b->MdlChain, b->DataOffset, frame, b->DataLength);
		a->config.host(a->config.context, frame, b->DataLength);
		free(frame);
	}
}

/* The protocol first, and only to look (it cannot keep what TCP/IP gets). */
static void to_protocols(struct nd_adapter *a, PNET_BUFFER_LIST list,
			 unsigned count, ULONG flags)
{
	struct nt_frame frame;

	if (a->binding == RUNNING && a->packet_filter) {
		frame = nd_begin(a, PASSIVE_LEVEL);
		ndis.protocol.ReceiveNetBufferListsHandler(
		    a->binding_context, list, 0, count,
		    flags | NDIS_RECEIVE_FLAGS_RESOURCES);
		nd_end(a, frame, "ProtocolReceiveNetBufferLists");
	}
	to_host(a, list);
	nd_lock(a);
	a->counters.host += count;
	if (a->host_keeps && !(flags & NDIS_RECEIVE_FLAGS_RESOURCES)) {
		PNET_BUFFER_LIST next;

		for (; list; list = next) {
			next = list->Next;
			list->Next = NULL;
			((struct nbl *)list)->kept = a->kept;
			a->kept = (struct nbl *)list;
		}
	}
	nd_unlock(a);
	if (list && !(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
		return_up(a, list, flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
}

static unsigned check_indicated(PNET_BUFFER_LIST list, const char *function)
{
	unsigned count = 0;

	for (; list; list = list->Next, count++)
		nd_nbl(list, NBL_INDICATED, function);
	return count;
}

VOID NTAPI NdisFIndicateReceiveNetBufferLists(NDIS_HANDLE handle,
					      PNET_BUFFER_LIST list,
					      NDIS_PORT_NUMBER port,
					      ULONG count, ULONG flags)
{
	struct nd_adapter *a =
	    nd_adapter_of(handle, "NdisFIndicateReceiveNetBufferLists");

	(void)port;
	if (!count || check_indicated(list, "NdisFIndicateReceive") != count)
		nt_bug("NdisFIndicateReceiveNetBufferLists: %u lists announced",
		       count);
	to_protocols(a, list, count, flags);
}

static PNET_BUFFER_LIST make_frames(struct nd_adapter *a,
				    const struct nd_frame frames[],
				    unsigned count, unsigned flags,
				    PNET_BUFFER_LIST all[])
{
	PNET_BUFFER_LIST head = NULL, *link = &head;

	for (unsigned i = 0; i < count; i++) {
		struct nbl *nbl = nd_nbl_received(a, &frames[i]);

		nbl->frames = flags & ND_RESOURCES ? ND_RESOURCES : 0;
		nbl->list.SourceHandle = a;
		*link = all[i] = &nbl->list;
		link = &nbl->list.Next;
	}
	return head;
}

static void take_back(PNET_BUFFER_LIST all[], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (all[i]->Next != (i + 1 < count ? all[i + 1] : NULL))
			nt_bug("lists that were lent are not linked as they "
			       "were");
	for (unsigned i = 0; i < count; i++)
		returned((struct nbl *)all[i]);
}

unsigned nd_receive(struct nd_adapter *a, const struct nd_frame frames[],
		    unsigned count, unsigned flags)
{
	ULONG nf = (flags & ND_RESOURCES ? NDIS_RECEIVE_FLAGS_RESOURCES : 0) |
		   NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL;
	PNET_BUFFER_LIST list, *all;
	struct nt_frame frame;
	bool filtered, paused;

	nd_lock(a);
	paused = a->module == PAUSED || a->module == PAUSING;
	/* An adapter indicates nothing to a stack that pauses. */
	if (a->gone || !a->link_up || !count ||
	    (paused && !(flags & ND_PAUSED))) {
		nd_unlock(a);
		return 0;
	}
	a->counters.indicated += count;
	a->calls++;
	filtered =
	    a->module != ABSENT && ndis.filter.ReceiveNetBufferListsHandler;
	nd_unlock(a);
	all = calloc(count, sizeof(PNET_BUFFER_LIST));
	list = make_frames(a, frames, count, flags, all);
	frame = nt_enter(DISPATCH_LEVEL);
	if (filtered)
		ndis.filter.ReceiveNetBufferListsHandler(a->module_context,
							 list, 0, count, nf);
	else
		to_protocols(a, list, count, nf);
	nd_end(a, frame, "FilterReceiveNetBufferLists");
	/* Lent: gone now, and whoever kept one finds it so. */
	if (flags & ND_RESOURCES)
		take_back(all, count);
	free(all);
	return count;
}

void nd_return_kept(struct nd_adapter *a)
{
	struct nbl *nbl;

	for (;;) {
		nd_lock(a);
		nbl = a->kept;
		if (nbl)
			a->kept = nbl->kept;
		nd_unlock(a);
		if (!nbl)
			return;
		nbl->list.Next = NULL;
		return_up(a, &nbl->list, 0);
	}
}

void nd_host_keeps(struct nd_adapter *a, bool keeps)
{
	nd_lock(a);
	a->host_keeps = keeps;
	nd_unlock(a);
	if (!keeps)
		nd_return_kept(a);
}
