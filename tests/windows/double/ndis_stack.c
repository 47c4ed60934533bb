/* SPDX-License-Identifier: BSD-2-Clause */
/* The stack on an adapter: TCP/IP stand-in and protocol above, filter, wire. */
#include "ndis_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define ADAPTERS 8

enum state { ABSENT, PAUSED, RUNNING, PAUSING };

struct completion {
	bool done;
	int status;
};

struct nd_adapter {
	struct nd_config config;
	pthread_mutex_t lock;
	WCHAR name_text[64];
	UNICODE_STRING name;
	/* Read by whoever sends or receives, set by whoever tests. */
	_Atomic(enum nd_complete) mode;
	_Atomic(bool) singly, host_keeps, link_up, gone;
	_Atomic(int) fail;
	struct nbl_list {
		PNET_BUFFER_LIST head;
		struct nbl_list *next;
		struct nd_adapter *adapter;
	} * held;         /* oldest first */
	struct nbl *kept; /* by the TCP/IP stand-in */
	struct nd_counters counters;
	unsigned calls; /* of ours into a driver, under way */
	/* The protocol's binding. */
	_Atomic(enum state) binding;
	NDIS_HANDLE binding_context;
	bool open, closed;
	unsigned outstanding, oids;
	_Atomic(ULONG) packet_filter;
	/* The filter's module. */
	_Atomic(enum state) module;
	NDIS_HANDLE module_context;
	bool attributes;
	struct completion opened, bound, unbound, event, filter_event;
};

static struct {
	pthread_mutex_t lock;
	struct nd_adapter *adapters[ADAPTERS];
	bool has_protocol, has_filter;
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS protocol;
	NDIS_FILTER_DRIVER_CHARACTERISTICS filter;
	NDIS_HANDLE protocol_context, filter_context;
} ndis = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void lock(struct nd_adapter *a)
{
	pthread_mutex_lock(&a->lock);
}

static void unlock(struct nd_adapter *a)
{
	pthread_mutex_unlock(&a->lock);
}

/* Hold off close and detach while a driver is called. */
static struct nt_frame begin(struct nd_adapter *a, KIRQL level)
{
	lock(a);
	a->calls++;
	unlock(a);
	return nt_enter(level);
}

static void end(struct nd_adapter *a, struct nt_frame frame, const char *what)
{
	nt_leave(frame, what);
	lock(a);
	a->calls--;
	unlock(a);
	nt_changed();
}

static struct nd_adapter *adapter_of(NDIS_HANDLE handle, const char *function)
{
	struct nd_adapter *found = NULL;

	pthread_mutex_lock(&ndis.lock);
	for (unsigned i = 0; i < ADAPTERS; i++)
		if (handle && ndis.adapters[i] == handle)
			found = handle;
	pthread_mutex_unlock(&ndis.lock);
	if (!found)
		nt_bug("%s: handle of nothing", function);
	return found;
}

/* -- completions that may come later -- */
static bool completed(void *context)
{
	struct completion *c = context;

	return __atomic_load_n(&c->done, __ATOMIC_ACQUIRE);
}

static void expect(struct completion *c)
{
	__atomic_store_n(&c->done, false, __ATOMIC_RELEASE);
}

static void complete(struct completion *c, int status, const char *what)
{
	if (__atomic_load_n(&c->done, __ATOMIC_ACQUIRE))
		nt_bug("%s completed twice", what);
	c->status = status;
	nt_lock();
	__atomic_store_n(&c->done, true, __ATOMIC_RELEASE);
	nt_unlock();
	nt_changed();
}

/* The answer of a handler: now, or when it is completed. */
static int answer(struct completion *c, int status, const char *what)
{
	if (status != NDIS_STATUS_PENDING)
		return status;
	nt_wait_until(completed, c, 0, what);
	return c->status;
}

/* -- sending -- */
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
	lock(a);
	a->outstanding -= count;
	a->counters.completed += count;
	unlock(a);
	frame = begin(a, flags ? DISPATCH_LEVEL : PASSIVE_LEVEL);
	if (a->module == RUNNING && ndis.filter.SendNetBufferListsHandler)
		ndis.filter.SendNetBufferListsCompleteHandler(a->module_context,
							      list, flags);
	else
		ndis.protocol.SendNetBufferListsCompleteHandler(
		    a->binding_context, list, flags);
	end(a, frame, "SendNetBufferListsComplete");
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
	lock(a);
	for (at = &a->held; *at; at = &(*at)->next)
		;
	*at = entry;
	unlock(a);
}

static bool release_one(struct nd_adapter *a, bool backwards)
{
	struct nbl_list **at, *entry;

	lock(a);
	for (at = &a->held; backwards && *at && (*at)->next; at = &(*at)->next)
		;
	entry = *at;
	if (entry)
		*at = entry->next;
	unlock(a);
	if (entry)
		complete_held(entry);
	return entry != NULL;
}

unsigned nd_held(struct nd_adapter *a)
{
	unsigned count = 0;

	lock(a);
	for (struct nbl_list *l = a->held; l; l = l->next)
		count++;
	unlock(a);
	return count;
}

void nd_release(struct nd_adapter *a, unsigned lists, bool backwards)
{
	while (lists-- && release_one(a, backwards))
		;
}

/* When all else waits, hardware finishes what it has. */
static bool hardware(void)
{
	for (unsigned i = 0; i < ADAPTERS; i++)
		if (ndis.adapters[i] && release_one(ndis.adapters[i], false))
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
	lock(a);
	if (!a->open || a->closed)
		nt_bug("send on a binding that is not open");
	if (a->binding != RUNNING && a->binding != PAUSING)
		nt_bug("send on a paused binding");
	a->outstanding += count;
	a->counters.sends++;
	a->counters.sent += count;
	unlock(a);
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
	struct nd_adapter *a = adapter_of(handle, "NdisSendNetBufferLists");
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
	frame = begin(a, PASSIVE_LEVEL);
	ndis.filter.SendNetBufferListsHandler(a->module_context, list, port,
					      flags);
	end(a, frame, "FilterSendNetBufferLists");
}

VOID NTAPI NdisFSendNetBufferLists(NDIS_HANDLE handle, PNET_BUFFER_LIST list,
				   NDIS_PORT_NUMBER port, ULONG flags)
{
	(void)port;
	(void)flags;
	to_wire(adapter_of(handle, "NdisFSendNetBufferLists"), list);
}

VOID NTAPI NdisFSendNetBufferListsComplete(NDIS_HANDLE handle,
					   PNET_BUFFER_LIST list, ULONG flags)
{
	struct nd_adapter *a =
	    adapter_of(handle, "NdisFSendNetBufferListsComplete");

	ndis.protocol.SendNetBufferListsCompleteHandler(a->binding_context,
							list, flags);
}

/* -- receiving -- */
static void returned(struct nbl *nbl)
{
	struct nd_adapter *a = nbl->adapter;

	lock(a);
	a->counters.returned++;
	unlock(a);
	nd_nbl_free(nbl);
}

VOID NTAPI NdisFReturnNetBufferLists(NDIS_HANDLE handle, PNET_BUFFER_LIST list,
				     ULONG flags)
{
	PNET_BUFFER_LIST next;

	(void)flags;
	adapter_of(handle, "NdisFReturnNetBufferLists");
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
	frame = begin(a, flags ? DISPATCH_LEVEL : PASSIVE_LEVEL);
	ndis.filter.ReturnNetBufferListsHandler(a->module_context, list, flags);
	end(a, frame, "FilterReturnNetBufferLists");
}

VOID NTAPI NdisReturnNetBufferLists(NDIS_HANDLE handle, PNET_BUFFER_LIST list,
				    ULONG flags)
{
	return_up(adapter_of(handle, "NdisReturnNetBufferLists"), list, flags);
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
		frame = begin(a, PASSIVE_LEVEL);
		ndis.protocol.ReceiveNetBufferListsHandler(
		    a->binding_context, list, 0, count,
		    flags | NDIS_RECEIVE_FLAGS_RESOURCES);
		end(a, frame, "ProtocolReceiveNetBufferLists");
	}
	to_host(a, list);
	lock(a);
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
	unlock(a);
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
	    adapter_of(handle, "NdisFIndicateReceiveNetBufferLists");

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

unsigned nd_receive(struct nd_adapter *a, const struct nd_frame frames[],
		    unsigned count, unsigned flags)
{
	ULONG nf = (flags & ND_RESOURCES ? NDIS_RECEIVE_FLAGS_RESOURCES : 0) |
		   NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL;
	PNET_BUFFER_LIST list, *all;
	struct nt_frame frame;
	bool filtered;

	lock(a);
	/* An adapter indicates nothing to a stack that pauses. */
	if (a->gone || !a->link_up || !count || a->module == PAUSED ||
	    a->module == PAUSING) {
		unlock(a);
		return 0;
	}
	a->counters.indicated += count;
	a->calls++;
	filtered =
	    a->module == RUNNING && ndis.filter.ReceiveNetBufferListsHandler;
	unlock(a);
	all = calloc(count, sizeof(PNET_BUFFER_LIST));
	list = make_frames(a, frames, count, flags, all);
	frame = nt_enter(DISPATCH_LEVEL);
	if (filtered)
		ndis.filter.ReceiveNetBufferListsHandler(a->module_context,
							 list, 0, count, nf);
	else
		to_protocols(a, list, count, nf);
	end(a, frame, "FilterReceiveNetBufferLists");
	/* Lent: gone now, and whoever kept one finds it so. */
	for (unsigned i = 0; flags & ND_RESOURCES && i < count; i++)
		returned((struct nbl *)all[i]);
	free(all);
	return count;
}

static void return_kept(struct nd_adapter *a)
{
	struct nbl *nbl;

	for (;;) {
		lock(a);
		nbl = a->kept;
		if (nbl)
			a->kept = nbl->kept;
		unlock(a);
		if (!nbl)
			return;
		nbl->list.Next = NULL;
		return_up(a, &nbl->list, 0);
	}
}

void nd_host_keeps(struct nd_adapter *a, bool keeps)
{
	lock(a);
	a->host_keeps = keeps;
	unlock(a);
	if (!keeps)
		return_kept(a);
}

/* -- pause and restart: protocols above, the filter below -- */
static void set_state(struct nd_adapter *a, _Atomic(enum state) *of,
		      enum state state)
{
	lock(a);
	*of = state;
	unlock(a);
}

static int tell_protocol(struct nd_adapter *a, int event)
{
	NET_PNP_EVENT_NOTIFICATION n = {
	    .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, 0xa4},
	    .NetPnPEvent = {.NetEvent = event}};
	struct nt_frame frame;
	int status;

	expect(&a->event);
	frame = begin(a, PASSIVE_LEVEL);
	status = ndis.protocol.NetPnPEventHandler(a->binding_context, &n);
	end(a, frame, "ProtocolNetPnPEvent");
	return answer(&a->event, status, "NdisCompleteNetPnPEvent");
}

static void pause_binding(struct nd_adapter *a)
{
	if (a->binding != RUNNING)
		return;
	set_state(a, &a->binding, PAUSING);
	if (tell_protocol(a, NetEventPause))
		nt_bug("the protocol refused to pause");
	lock(a);
	if (a->outstanding)
		nt_bug("paused with %u sends outstanding", a->outstanding);
	a->binding = PAUSED;
	unlock(a);
}

static void restart_binding(struct nd_adapter *a)
{
	if (a->binding != PAUSED || !a->open)
		return;
	set_state(a, &a->binding, RUNNING);
	if (tell_protocol(a, NetEventRestart))
		set_state(a, &a->binding, PAUSED);
}

static bool all_returned(void *context)
{
	struct nd_adapter *a = context;
	bool result;

	lock(a);
	result = a->counters.indicated == a->counters.returned && !a->calls;
	unlock(a);
	return result;
}

static void pause_module(struct nd_adapter *a)
{
	NDIS_FILTER_PAUSE_PARAMETERS p = {
	    {NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS, 1, sizeof(p)}, 0, 0};
	struct nt_frame frame;
	int status;

	if (a->module != RUNNING)
		return;
	set_state(a, &a->module, PAUSING);
	return_kept(a);
	expect(&a->filter_event);
	frame = begin(a, PASSIVE_LEVEL);
	status = ndis.filter.PauseHandler(a->module_context, &p);
	end(a, frame, "FilterPause");
	if (answer(&a->filter_event, status, "NdisFPauseComplete"))
		nt_bug("the filter refused to pause");
	nt_wait_until(all_returned, a, 0, "received lists to be returned");
	set_state(a, &a->module, PAUSED);
}

static void restart_module(struct nd_adapter *a)
{
	NDIS_FILTER_RESTART_PARAMETERS p = {
	    .Header = {NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS, 1,
		       sizeof(p)},
	    .LowerIfIndex = a->config.index};
	struct nt_frame frame;
	int status;

	if (a->module != PAUSED)
		return;
	expect(&a->filter_event);
	frame = begin(a, PASSIVE_LEVEL);
	status = ndis.filter.RestartHandler(a->module_context, &p);
	end(a, frame, "FilterRestart");
	if (!answer(&a->filter_event, status, "NdisFRestartComplete"))
		set_state(a, &a->module, RUNNING);
}

void nd_pause(struct nd_adapter *a)
{
	pause_binding(a);
	pause_module(a);
}

void nd_restart(struct nd_adapter *a)
{
	restart_module(a);
	restart_binding(a);
}

VOID NTAPI NdisCompleteNetPnPEvent(NDIS_HANDLE handle,
				   PNET_PNP_EVENT_NOTIFICATION n,
				   NDIS_STATUS status)
{
	struct nd_adapter *a = adapter_of(handle, "NdisCompleteNetPnPEvent");

	(void)n;
	complete(&a->event, status, "a PnP event");
}

VOID NTAPI NdisFPauseComplete(NDIS_HANDLE handle)
{
	complete(&adapter_of(handle, "NdisFPauseComplete")->filter_event, 0,
		 "a filter's pause");
}

VOID NTAPI NdisFRestartComplete(NDIS_HANDLE handle, NDIS_STATUS status)
{
	complete(&adapter_of(handle, "NdisFRestartComplete")->filter_event,
		 status, "a filter's restart");
}

/* -- the filter's life -- */
static void attach(struct nd_adapter *a)
{
	NDIS_FILTER_ATTACH_PARAMETERS p = {
	    .Header = {NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS, 4, sizeof(p)},
	    .IfIndex = a->config.index + 100,
	    .NetLuid = (uint64_t)a->config.index << 24 | 6ull << 48,
	    .FilterModuleGuidName = &a->name,
	    .BaseMiniportIfIndex = a->config.index,
	    .BaseMiniportInstanceName = &a->name,
	    .BaseMiniportName = &a->name,
	    .MediaConnectState = 1,
	    .MacAddressLength = 6,
	    .BaseMiniportNetLuid = (uint64_t)a->config.index << 24 | 6ull << 48,
	    .LowerIfIndex = a->config.index};
	struct nt_frame frame;
	int status;

	if (a->module != ABSENT)
		return;
	memcpy(p.CurrentMacAddress, a->config.mac, 6);
	a->attributes = false;
	frame = begin(a, PASSIVE_LEVEL);
	status = ndis.filter.AttachHandler(a, ndis.filter_context, &p);
	end(a, frame, "FilterAttach");
	if (status)
		return;
	if (!a->attributes)
		nt_bug("FilterAttach succeeded without NdisFSetAttributes");
	set_state(a, &a->module, PAUSED);
}

static void detach(struct nd_adapter *a)
{
	struct nt_frame frame;

	if (a->module == ABSENT)
		return;
	frame = begin(a, PASSIVE_LEVEL);
	ndis.filter.DetachHandler(a->module_context);
	end(a, frame, "FilterDetach");
	set_state(a, &a->module, ABSENT);
}

NDIS_STATUS NTAPI NdisFSetAttributes(NDIS_HANDLE handle, NDIS_HANDLE context,
				     PNDIS_FILTER_ATTRIBUTES attributes)
{
	struct nd_adapter *a = adapter_of(handle, "NdisFSetAttributes");

	nd_header(&attributes->Header, NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, 1,
		  sizeof(*attributes), "NDIS_FILTER_ATTRIBUTES");
	if (nt_may_fail())
		return NDIS_STATUS_RESOURCES;
	a->module_context = context;
	a->attributes = true;
	return NDIS_STATUS_SUCCESS;
}

static void each(void (*call)(struct nd_adapter *))
{
	for (unsigned i = 0; i < ADAPTERS; i++)
		if (ndis.adapters[i])
			call(ndis.adapters[i]);
}

static void pause_attach_restart(struct nd_adapter *a)
{
	pause_binding(a);
	attach(a);
	nd_restart(a);
}

static void pause_detach_restart(struct nd_adapter *a)
{
	nd_pause(a);
	detach(a);
	restart_binding(a);
}

/* The revision goes with the version of NDIS that the driver wants. */
static void check_filter_header(PNDIS_FILTER_DRIVER_CHARACTERISTICS c)
{
	if (c->MinorNdisVersion >= 80)
		nd_header(&c->Header,
			  NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS, 3,
			  NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3,
			  "NDIS_FILTER_DRIVER_CHARACTERISTICS");
	else
		nd_header(&c->Header,
			  NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS, 2,
			  NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2,
			  "NDIS_FILTER_DRIVER_CHARACTERISTICS");
}

NDIS_STATUS NTAPI NdisFRegisterFilterDriver(
    PDRIVER_OBJECT driver, NDIS_HANDLE context,
    PNDIS_FILTER_DRIVER_CHARACTERISTICS c, PNDIS_HANDLE out)
{
	nt_at_most(PASSIVE_LEVEL, "NdisFRegisterFilterDriver");
	check_filter_header(c);
	if (!driver || c->MajorNdisVersion != 6 || c->MinorNdisVersion < 1)
		return NDIS_STATUS_BAD_VERSION;
	if (!c->AttachHandler || !c->DetachHandler || !c->RestartHandler ||
	    !c->PauseHandler || !c->FriendlyName.Length ||
	    !c->UniqueName.Length || !c->ServiceName.Length)
		return NDIS_STATUS_BAD_CHARACTERISTICS;
	if (!c->SendNetBufferListsHandler !=
	    !c->SendNetBufferListsCompleteHandler)
		return NDIS_STATUS_BAD_CHARACTERISTICS;
	if (nt_may_fail())
		return NDIS_STATUS_RESOURCES;
	if (ndis.has_filter)
		nt_bug("a second filter driver: not in the double");
	memset(&ndis.filter, 0, sizeof(ndis.filter));
	memcpy(&ndis.filter, c, c->Header.Size);
	ndis.filter_context = context;
	ndis.has_filter = true;
	*out = &ndis.filter;
	/* As allowed: before the function returns. */
	each(pause_attach_restart);
	return NDIS_STATUS_SUCCESS;
}

VOID NTAPI NdisFDeregisterFilterDriver(NDIS_HANDLE handle)
{
	nt_at_most(PASSIVE_LEVEL, "NdisFDeregisterFilterDriver");
	if (handle != &ndis.filter || !ndis.has_filter)
		nt_bug("NdisFDeregisterFilterDriver of something else");
	each(pause_detach_restart);
	ndis.has_filter = false;
}

/* -- the protocol's life -- */
static void fill_bind(struct nd_adapter *a, NDIS_BIND_PARAMETERS *p)
{
	memset(p, 0, sizeof(*p));
	p->Header = (NDIS_OBJECT_HEADER){NDIS_OBJECT_TYPE_BIND_PARAMETERS, 4,
					 sizeof(*p)};
	p->ProtocolSection = p->AdapterName = p->BoundAdapterName = &a->name;
	p->MtuSize = a->config.mtu;
	p->MaxXmitLinkSpeed = p->XmitLinkSpeed = 10000000000ull;
	p->MaxRcvLinkSpeed = p->RcvLinkSpeed = 10000000000ull;
	p->MediaConnectState = a->link_up ? 1 : 2;
	p->MediaDuplexState = 2;
	p->MacAddressLength = 6;
	memcpy(p->CurrentMacAddress, a->config.mac, 6);
	p->BoundIfIndex = p->LowestIfIndex = a->config.index;
	p->BoundIfNetluid = p->LowestIfNetluid =
	    (uint64_t)a->config.index << 24 | 6ull << 48;
	p->IfType = 6;
}

void nd_bind(struct nd_adapter *a)
{
	NDIS_BIND_PARAMETERS p;
	struct nt_frame frame;
	int status;

	if (!ndis.has_protocol || a->binding != ABSENT || a->gone)
		return;
	fill_bind(a, &p);
	set_state(a, &a->binding, PAUSED);
	a->open = a->closed = false;
	a->packet_filter = 0;
	expect(&a->bound);
	frame = begin(a, PASSIVE_LEVEL);
	status =
	    ndis.protocol.BindAdapterHandlerEx(ndis.protocol_context, a, &p);
	end(a, frame, "ProtocolBindAdapterEx");
	status = answer(&a->bound, status, "NdisCompleteBindAdapterEx");
	if (status) {
		if (a->open && !a->closed)
			nt_bug("bind refused and the adapter left open");
		set_state(a, &a->binding, ABSENT);
		return;
	}
	if (!a->open)
		nt_bug("bound without NdisOpenAdapterEx");
	restart_binding(a);
}

VOID NTAPI NdisCompleteBindAdapterEx(NDIS_HANDLE handle, NDIS_STATUS status)
{
	complete(&adapter_of(handle, "NdisCompleteBindAdapterEx")->bound,
		 status, "a bind");
}

static void open_later(void *context)
{
	struct nd_adapter *a = context;
	struct nt_frame frame = begin(a, PASSIVE_LEVEL);

	ndis.protocol.OpenAdapterCompleteHandlerEx(a->binding_context,
						   NDIS_STATUS_SUCCESS);
	end(a, frame, "ProtocolOpenAdapterCompleteEx");
}

NDIS_STATUS NTAPI NdisOpenAdapterEx(NDIS_HANDLE protocol, NDIS_HANDLE context,
				    PNDIS_OPEN_PARAMETERS p, NDIS_HANDLE bind,
				    PNDIS_HANDLE out)
{
	struct nd_adapter *a = adapter_of(bind, "NdisOpenAdapterEx");
	UINT i = 0;

	nt_at_most(PASSIVE_LEVEL, "NdisOpenAdapterEx");
	if (protocol != &ndis.protocol)
		nt_bug("NdisOpenAdapterEx: not the protocol's handle");
	nd_header(&p->Header, NDIS_OBJECT_TYPE_OPEN_PARAMETERS, 1, 0x34,
		  "NDIS_OPEN_PARAMETERS");
	while (i < p->MediumArraySize && p->MediumArray[i])
		i++;
	if (i == p->MediumArraySize || !p->SelectedMediumIndex)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (a->open && !a->closed)
		nt_bug("NdisOpenAdapterEx twice");
	if (nt_may_fail())
		return NDIS_STATUS_RESOURCES;
	*p->SelectedMediumIndex = i;
	a->binding_context = context;
	a->open = true;
	a->closed = false;
	*out = a;
	if (!a->config.pend)
		return NDIS_STATUS_SUCCESS;
	nt_queue(open_later, a, PASSIVE_LEVEL, 0, &a->open);
	return NDIS_STATUS_PENDING;
}

static bool no_calls(void *context)
{
	struct nd_adapter *a = context;
	bool result;

	lock(a);
	result = a->calls <= 1; /* the one that closes */
	unlock(a);
	return result;
}

static void close_later(void *context)
{
	struct nd_adapter *a = context;
	struct nt_frame frame = begin(a, PASSIVE_LEVEL);

	ndis.protocol.CloseAdapterCompleteHandlerEx(a->binding_context);
	end(a, frame, "ProtocolCloseAdapterCompleteEx");
}

NDIS_STATUS NTAPI NdisCloseAdapterEx(NDIS_HANDLE handle)
{
	struct nd_adapter *a = adapter_of(handle, "NdisCloseAdapterEx");

	nt_at_most(PASSIVE_LEVEL, "NdisCloseAdapterEx");
	if (!a->open || a->closed)
		nt_bug("NdisCloseAdapterEx of an adapter that is not open");
	lock(a);
	if (a->outstanding || a->oids)
		nt_bug("NdisCloseAdapterEx with %u sends and %u OIDs "
		       "outstanding",
		       a->outstanding, a->oids);
	a->closed = true;
	unlock(a);
	nt_wait_until(no_calls, a, 0, "calls into a binding to end");
	if (!a->config.pend)
		return NDIS_STATUS_SUCCESS;
	nt_queue(close_later, a, PASSIVE_LEVEL, 0, &a->closed);
	return NDIS_STATUS_PENDING;
}

void nd_unbind(struct nd_adapter *a)
{
	struct nt_frame frame;
	int status;

	if (a->binding == ABSENT)
		return;
	pause_binding(a);
	expect(&a->unbound);
	frame = begin(a, PASSIVE_LEVEL);
	status = ndis.protocol.UnbindAdapterHandlerEx(a, a->binding_context);
	end(a, frame, "ProtocolUnbindAdapterEx");
	if (answer(&a->unbound, status, "NdisCompleteUnbindAdapterEx"))
		nt_bug("unbind failed");
	if (!a->closed)
		nt_bug("unbound without NdisCloseAdapterEx");
	lock(a);
	a->binding = ABSENT;
	a->open = a->closed = false;
	a->binding_context = NULL;
	unlock(a);
}

VOID NTAPI NdisCompleteUnbindAdapterEx(NDIS_HANDLE handle)
{
	complete(&adapter_of(handle, "NdisCompleteUnbindAdapterEx")->unbound, 0,
		 "an unbind");
}

NDIS_STATUS NTAPI NdisRegisterProtocolDriver(
    NDIS_HANDLE context, PNDIS_PROTOCOL_DRIVER_CHARACTERISTICS c,
    PNDIS_HANDLE out)
{
	nt_at_most(PASSIVE_LEVEL, "NdisRegisterProtocolDriver");
	nd_header(&c->Header, NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
		  2, sizeof(*c), "NDIS_PROTOCOL_DRIVER_CHARACTERISTICS");
	if (c->MajorNdisVersion != 6 || c->MinorNdisVersion < 1)
		return NDIS_STATUS_BAD_VERSION;
	if (!c->BindAdapterHandlerEx || !c->UnbindAdapterHandlerEx ||
	    !c->OpenAdapterCompleteHandlerEx ||
	    !c->CloseAdapterCompleteHandlerEx || !c->NetPnPEventHandler ||
	    !c->OidRequestCompleteHandler || !c->StatusHandlerEx ||
	    !c->ReceiveNetBufferListsHandler ||
	    !c->SendNetBufferListsCompleteHandler || !c->Name.Length)
		return NDIS_STATUS_BAD_CHARACTERISTICS;
	if (nt_may_fail())
		return NDIS_STATUS_RESOURCES;
	if (ndis.has_protocol)
		nt_bug("a second protocol: not in the double");
	ndis.protocol = *c;
	ndis.protocol_context = context;
	ndis.has_protocol = true;
	*out = &ndis.protocol;
	each(nd_bind);
	return NDIS_STATUS_SUCCESS;
}

VOID NTAPI NdisDeregisterProtocolDriver(NDIS_HANDLE handle)
{
	nt_at_most(PASSIVE_LEVEL, "NdisDeregisterProtocolDriver");
	if (handle != &ndis.protocol || !ndis.has_protocol)
		nt_bug("NdisDeregisterProtocolDriver of something else");
	each(nd_unbind);
	ndis.has_protocol = false;
}

/* -- object identifiers, status -- */
static int copy_out(PNDIS_OID_REQUEST r, const void *from, UINT length)
{
	r->DATA.QUERY_INFORMATION.BytesNeeded = length;
	r->DATA.QUERY_INFORMATION.BytesWritten = 0;
	if (r->DATA.QUERY_INFORMATION.InformationBufferLength < length)
		return NDIS_STATUS_BUFFER_TOO_SHORT;
	memcpy(r->DATA.QUERY_INFORMATION.InformationBuffer, from, length);
	r->DATA.QUERY_INFORMATION.BytesWritten = length;
	return NDIS_STATUS_SUCCESS;
}

static void link_state(struct nd_adapter *a, NDIS_LINK_STATE *state)
{
	*state = (NDIS_LINK_STATE){
	    .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(*state)},
	    .MediaConnectState = a->link_up ? 1 : 2,
	    .MediaDuplexState = 2,
	    .XmitLinkSpeed = 10000000000ull,
	    .RcvLinkSpeed = 10000000000ull};
}

static int query_offload(struct nd_adapter *a, PNDIS_OID_REQUEST r)
{
	/* IpOptions, TcpOptions, TcpChecksum, UdpChecksum, IpChecksum. */
	NDIS_OFFLOAD offload = {
	    .Header = {NDIS_OBJECT_TYPE_OFFLOAD, 1, sizeof(offload)},
	    .IPv4Transmit = {2, 0x155},
	    .IPv6Transmit = {2, 0x55}};

	if (!a->config.checksums)
		return NDIS_STATUS_NOT_SUPPORTED;
	return copy_out(r, &offload, sizeof(offload));
}

static int query(struct nd_adapter *a, PNDIS_OID_REQUEST r)
{
	NDIS_LINK_STATE state;
	ULONG value;

	switch (r->DATA.QUERY_INFORMATION.Oid) {
	case OID_GEN_MAXIMUM_FRAME_SIZE:
		return copy_out(r, &a->config.mtu, 4);
	case OID_GEN_MAXIMUM_TOTAL_SIZE:
		value = a->config.mtu + 14;
		return copy_out(r, &value, 4);
	case OID_802_3_CURRENT_ADDRESS:
		return copy_out(r, a->config.mac, 6);
	case OID_TCP_OFFLOAD_CURRENT_CONFIG:
		return query_offload(a, r);
	case OID_GEN_LINK_STATE:
		link_state(a, &state);
		return copy_out(r, &state, sizeof(state));
	default:
		return NDIS_STATUS_NOT_SUPPORTED;
	}
}

static int set(struct nd_adapter *a, PNDIS_OID_REQUEST r)
{
	ULONG value;

	if (r->DATA.SET_INFORMATION.Oid != OID_GEN_CURRENT_PACKET_FILTER)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (r->DATA.SET_INFORMATION.InformationBufferLength < 4)
		return NDIS_STATUS_INVALID_LENGTH;
	memcpy(&value, r->DATA.SET_INFORMATION.InformationBuffer, 4);
	a->packet_filter = value;
	r->DATA.SET_INFORMATION.BytesRead = 4;
	return NDIS_STATUS_SUCCESS;
}

struct oid {
	struct nd_adapter *adapter;
	PNDIS_OID_REQUEST request;
	int status;
};

static void oid_later(void *context)
{
	struct oid *oid = context;
	struct nd_adapter *a = oid->adapter;
	struct nt_frame frame;

	lock(a);
	a->oids--;
	unlock(a);
	frame = begin(a, PASSIVE_LEVEL);
	ndis.protocol.OidRequestCompleteHandler(a->binding_context,
						oid->request, oid->status);
	end(a, frame, "ProtocolOidRequestComplete");
	free(oid);
}

NDIS_STATUS NTAPI NdisOidRequest(NDIS_HANDLE handle, PNDIS_OID_REQUEST r)
{
	struct nd_adapter *a = adapter_of(handle, "NdisOidRequest");
	struct oid *oid;
	int status;

	nt_at_most(PASSIVE_LEVEL, "NdisOidRequest");
	if (r->Header.Type != NDIS_OBJECT_TYPE_OID_REQUEST ||
	    !r->Header.Revision || r->Header.Size < 0xec)
		nt_bug("NDIS_OID_REQUEST: header type %#x revision %u size %u",
		       r->Header.Type, r->Header.Revision, r->Header.Size);
	if (!a->open || a->closed)
		nt_bug("an OID on a binding that is not open");
	if (nt_may_fail())
		return NDIS_STATUS_RESOURCES;
	status = r->RequestType == 1 ? set(a, r) : query(a, r);
	if (!a->config.pend)
		return status;
	oid = malloc(sizeof(*oid));
	*oid = (struct oid){a, r, status};
	lock(a);
	a->oids++;
	unlock(a);
	nt_queue(oid_later, oid, DISPATCH_LEVEL, 0, oid);
	return NDIS_STATUS_PENDING;
}

void nd_link(struct nd_adapter *a, bool up)
{
	NDIS_LINK_STATE state;
	NDIS_STATUS_INDICATION s = {
	    .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, 1, sizeof(s)},
	    .SourceHandle = a,
	    .StatusCode = NDIS_STATUS_LINK_STATE,
	    .StatusBuffer = &state,
	    .StatusBufferSize = sizeof(state)};
	struct nt_frame frame;

	lock(a);
	a->link_up = up;
	unlock(a);
	link_state(a, &state);
	if (a->module == ABSENT || !ndis.filter.StatusHandler) {
		NdisFIndicateStatus(a, &s);
		return;
	}
	frame = begin(a, DISPATCH_LEVEL);
	ndis.filter.StatusHandler(a->module_context, &s);
	end(a, frame, "FilterStatus");
}

VOID NTAPI NdisFIndicateStatus(NDIS_HANDLE handle, PNDIS_STATUS_INDICATION s)
{
	struct nd_adapter *a = adapter_of(handle, "NdisFIndicateStatus");
	struct nt_frame frame;

	if (a->binding == ABSENT)
		return;
	frame = begin(a, DISPATCH_LEVEL);
	ndis.protocol.StatusHandlerEx(a->binding_context, s);
	end(a, frame, "ProtocolStatusEx");
}

UINT NTAPI NdisGetVersion(VOID)
{
	return NDIS_RUNTIME_VERSION_684;
}

/* -- adapters -- */
struct nd_adapter *nd_add(const struct nd_config *config)
{
	struct nd_adapter *a = calloc(1, sizeof(*a));
	unsigned i = 0;

	a->config = *config;
	a->link_up = true;
	pthread_mutex_init(&a->lock, NULL);
	for (; config->name[i] && i + 1 < RTL_NUMBER_OF(a->name_text); i++)
		a->name_text[i] = (WCHAR)config->name[i];
	a->name = (UNICODE_STRING){(USHORT)(2 * i), (USHORT)(2 * i + 2),
				   a->name_text};
	pthread_mutex_lock(&ndis.lock);
	for (i = 0; i < ADAPTERS && ndis.adapters[i]; i++)
		;
	if (i == ADAPTERS)
		nt_bug("test: more than %u adapters", ADAPTERS);
	ndis.adapters[i] = a;
	pthread_mutex_unlock(&ndis.lock);
	if (ndis.has_filter) {
		attach(a);
		restart_module(a);
	}
	nd_bind(a);
	return a;
}

void nd_remove(struct nd_adapter *a, bool surprise)
{
	if (surprise) {
		lock(a);
		a->gone = true;
		unlock(a);
		while (release_one(a, true))
			;
	}
	nd_unbind(a);
	nd_pause(a);
	detach(a);
	return_kept(a);
	nt_wait_until(all_returned, a, 0, "received lists to be returned");
	pthread_mutex_lock(&ndis.lock);
	for (unsigned i = 0; i < ADAPTERS; i++)
		if (ndis.adapters[i] == a)
			ndis.adapters[i] = NULL;
	pthread_mutex_unlock(&ndis.lock);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

void nd_complete_mode(struct nd_adapter *a, enum nd_complete mode)
{
	a->mode = mode;
}

void nd_complete_singly(struct nd_adapter *a, bool singly)
{
	a->singly = singly;
}

void nd_fail_sends(struct nd_adapter *a, int status)
{
	a->fail = status;
}

bool nd_bound(struct nd_adapter *a)
{
	return a->binding == RUNNING;
}

void nd_count(struct nd_adapter *a, struct nd_counters *counters)
{
	lock(a);
	*counters = a->counters;
	unlock(a);
	counters->live = nd_nbl_live();
}

void nd_start(void)
{
	nt_idle(hardware);
}

void nd_stop(void)
{
	if (ndis.has_protocol || ndis.has_filter)
		nt_bug("a driver is still registered with NDIS");
	for (unsigned i = 0; i < ADAPTERS; i++)
		if (ndis.adapters[i])
			nt_bug("test: an adapter was not removed");
	nd_nbl_check();
}
