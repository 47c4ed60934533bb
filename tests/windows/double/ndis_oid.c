/* SPDX-License-Identifier: BSD-2-Clause */
/* Object identifiers, and status that is indicated. */
#include "ndis_stack.h"

#include <stdlib.h>

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

static void offload_of(struct nd_adapter *a, NDIS_OFFLOAD *offload)
{
	*offload = (NDIS_OFFLOAD){
	    .Header = {NDIS_OBJECT_TYPE_OFFLOAD, 1, sizeof(*offload)}};
	nd_lock(a);
	offload->IPv4Transmit.Encapsulation = a->offload.encapsulation;
	offload->IPv4Transmit.Can = a->offload.v4;
	offload->IPv6Transmit.Encapsulation = a->offload.encapsulation;
	offload->IPv6Transmit.Can = a->offload.v6;
	nd_unlock(a);
}

static int query_offload(struct nd_adapter *a, PNDIS_OID_REQUEST r)
{
	NDIS_OFFLOAD offload;

	offload_of(a, &offload);
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

uint32_t nd_packet_filter(struct nd_adapter *a)
{
	return a->packet_filter;
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

	nd_lock(a);
	a->oids--;
	nd_unlock(a);
	frame = nd_begin(a, PASSIVE_LEVEL);
	ndis.protocol.OidRequestCompleteHandler(a->binding_context,
						oid->request, oid->status);
	nd_end(a, frame, "ProtocolOidRequestComplete");
	free(oid);
}

NDIS_STATUS NTAPI NdisOidRequest(NDIS_HANDLE handle, PNDIS_OID_REQUEST r)
{
	struct nd_adapter *a = nd_adapter_of(handle, "NdisOidRequest");
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
	nd_lock(a);
	a->oids++;
	nd_unlock(a);
	nt_queue(oid_later, oid, DISPATCH_LEVEL, 0, oid);
	return NDIS_STATUS_PENDING;
}

/* By the filter, if there is one, to the protocol. */
static void indicate(struct nd_adapter *a, NDIS_STATUS code, PVOID buffer,
		     ULONG size)
{
	NDIS_STATUS_INDICATION s = {
	    .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, 1, sizeof(s)},
	    .SourceHandle = a,
	    .StatusCode = code,
	    .StatusBuffer = buffer,
	    .StatusBufferSize = size};
	struct nt_frame frame;

	if (a->module == ABSENT || !ndis.filter.StatusHandler) {
		NdisFIndicateStatus(a, &s);
		return;
	}
	frame = nd_begin(a, DISPATCH_LEVEL);
	ndis.filter.StatusHandler(a->module_context, &s);
	nd_end(a, frame, "FilterStatus");
}

void nd_link(struct nd_adapter *a, bool up)
{
	NDIS_LINK_STATE state;

	nd_lock(a);
	a->link_up = up;
	nd_unlock(a);
	link_state(a, &state);
	indicate(a, NDIS_STATUS_LINK_STATE, &state, sizeof(state));
}

void nd_checksums(struct nd_adapter *a, bool computes)
{
	nd_offload(a, 2, computes ? 0x155 : 0, computes ? 0x55 : 0);
}

void nd_offload(struct nd_adapter *a, uint32_t encapsulation, uint32_t v4,
		uint32_t v6)
{
	NDIS_OFFLOAD offload;

	nd_lock(a);
	a->offload.encapsulation = encapsulation;
	a->offload.v4 = v4;
	a->offload.v6 = v6;
	nd_unlock(a);
	offload_of(a, &offload);
	indicate(a, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG, &offload,
		 sizeof(offload));
}

VOID NTAPI NdisFIndicateStatus(NDIS_HANDLE handle, PNDIS_STATUS_INDICATION s)
{
	struct nd_adapter *a = nd_adapter_of(handle, "NdisFIndicateStatus");
	struct nt_frame frame;

	if (a->binding == ABSENT)
		return;
	frame = nd_begin(a, DISPATCH_LEVEL);
	ndis.protocol.StatusHandlerEx(a->binding_context, s);
	nd_end(a, frame, "ProtocolStatusEx");
}

UINT NTAPI NdisGetVersion(VOID)
{
	return ndis.version;
}
