/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a protocol driver and of its bindings. */
#include "ndis_stack.h"

static void fill_bind(struct nd_adapter *a, NDIS_BIND_PARAMETERS *p)
{
	memset(p, 0, sizeof(*p));
	p->Header = (NDIS_OBJECT_HEADER){NDIS_OBJECT_TYPE_BIND_PARAMETERS, 4,
					 sizeof(*p)};
	p->ProtocolSection = p->AdapterName = p->BoundAdapterName = &a->name;
	p->MediaType = a->config.medium;
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
	nd_set_state(a, &a->binding, PAUSED);
	a->open = a->closed = false;
	a->packet_filter = 0;
	nd_expect(&a->bound);
	frame = nd_begin(a, PASSIVE_LEVEL);
	status =
	    ndis.protocol.BindAdapterHandlerEx(ndis.protocol_context, a, &p);
	nd_end(a, frame, "ProtocolBindAdapterEx");
	status = nd_answer(&a->bound, status, "NdisCompleteBindAdapterEx");
	if (status) {
		if (a->open && !a->closed)
			nt_bug("bind refused and the adapter left open");
		nd_set_state(a, &a->binding, ABSENT);
		return;
	}
	if (!a->open)
		nt_bug("bound without NdisOpenAdapterEx");
	nd_restart_binding(a);
}

VOID NTAPI NdisCompleteBindAdapterEx(NDIS_HANDLE handle, NDIS_STATUS status)
{
	nd_conclude(&nd_adapter_of(handle, "NdisCompleteBindAdapterEx")->bound,
		    status, "a bind");
}

static void open_later(void *context)
{
	struct nd_adapter *a = context;
	struct nt_frame frame = nd_begin(a, PASSIVE_LEVEL);

	ndis.protocol.OpenAdapterCompleteHandlerEx(a->binding_context,
						   NDIS_STATUS_SUCCESS);
	nd_end(a, frame, "ProtocolOpenAdapterCompleteEx");
}

NDIS_STATUS NTAPI NdisOpenAdapterEx(NDIS_HANDLE protocol, NDIS_HANDLE context,
				    PNDIS_OPEN_PARAMETERS p, NDIS_HANDLE bind,
				    PNDIS_HANDLE out)
{
	struct nd_adapter *a = nd_adapter_of(bind, "NdisOpenAdapterEx");
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

	nd_lock(a);
	result = a->calls <= 1; /* the one that closes */
	nd_unlock(a);
	return result;
}

static void close_later(void *context)
{
	struct nd_adapter *a = context;
	struct nt_frame frame = nd_begin(a, PASSIVE_LEVEL);

	ndis.protocol.CloseAdapterCompleteHandlerEx(a->binding_context);
	nd_end(a, frame, "ProtocolCloseAdapterCompleteEx");
}

NDIS_STATUS NTAPI NdisCloseAdapterEx(NDIS_HANDLE handle)
{
	struct nd_adapter *a = nd_adapter_of(handle, "NdisCloseAdapterEx");

	nt_at_most(PASSIVE_LEVEL, "NdisCloseAdapterEx");
	if (!a->open || a->closed)
		nt_bug("NdisCloseAdapterEx of an adapter that is not open");
	nd_lock(a);
	if (a->outstanding || a->oids)
		nt_bug("NdisCloseAdapterEx with %u sends and %u OIDs "
		       "outstanding",
		       a->outstanding, a->oids);
	a->closed = true;
	nd_unlock(a);
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
	nd_pause_binding(a);
	nd_expect(&a->unbound);
	frame = nd_begin(a, PASSIVE_LEVEL);
	status = ndis.protocol.UnbindAdapterHandlerEx(a, a->binding_context);
	nd_end(a, frame, "ProtocolUnbindAdapterEx");
	if (nd_answer(&a->unbound, status, "NdisCompleteUnbindAdapterEx"))
		nt_bug("unbind failed");
	if (!a->closed)
		nt_bug("unbound without NdisCloseAdapterEx");
	nd_lock(a);
	a->binding = ABSENT;
	a->open = a->closed = false;
	a->binding_context = NULL;
	nd_unlock(a);
}

VOID NTAPI NdisCompleteUnbindAdapterEx(NDIS_HANDLE handle)
{
	nd_conclude(
	    &nd_adapter_of(handle, "NdisCompleteUnbindAdapterEx")->unbound, 0,
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
	nd_each(nd_bind);
	return NDIS_STATUS_SUCCESS;
}

VOID NTAPI NdisDeregisterProtocolDriver(NDIS_HANDLE handle)
{
	nt_at_most(PASSIVE_LEVEL, "NdisDeregisterProtocolDriver");
	if (handle != &ndis.protocol || !ndis.has_protocol)
		nt_bug("NdisDeregisterProtocolDriver of something else");
	nd_each(nd_unbind);
	ndis.has_protocol = false;
}
