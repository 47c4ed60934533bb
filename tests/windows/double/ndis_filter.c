/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a filter driver and of its modules. */
#include "ndis_stack.h"

void nd_attach(struct nd_adapter *a)
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
	    .MiniportMediaType = a->config.medium,
	    .MacAddressLength = 6,
	    .BaseMiniportNetLuid = (uint64_t)a->config.index << 24 | 6ull << 48,
	    .LowerIfIndex = a->config.index};
	struct nt_frame frame;
	int status;

	if (a->module != ABSENT)
		return;
	memcpy(p.CurrentMacAddress, a->config.mac, 6);
	a->attributes = false;
	frame = nd_begin(a, PASSIVE_LEVEL);
	status = ndis.filter.AttachHandler(a, ndis.filter_context, &p);
	nd_end(a, frame, "FilterAttach");
	if (status)
		return;
	if (!a->attributes)
		nt_bug("FilterAttach succeeded without NdisFSetAttributes");
	nd_set_state(a, &a->module, PAUSED);
}

void nd_detach(struct nd_adapter *a)
{
	struct nt_frame frame;

	if (a->module == ABSENT)
		return;
	frame = nd_begin(a, PASSIVE_LEVEL);
	ndis.filter.DetachHandler(a->module_context);
	nd_end(a, frame, "FilterDetach");
	nd_set_state(a, &a->module, ABSENT);
}

NDIS_STATUS NTAPI NdisFSetAttributes(NDIS_HANDLE handle, NDIS_HANDLE context,
				     PNDIS_FILTER_ATTRIBUTES attributes)
{
	struct nd_adapter *a = nd_adapter_of(handle, "NdisFSetAttributes");

	nd_header(&attributes->Header, NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, 1,
		  sizeof(*attributes), "NDIS_FILTER_ATTRIBUTES");
	if (nt_may_fail())
		return NDIS_STATUS_RESOURCES;
	a->module_context = context;
	a->attributes = true;
	return NDIS_STATUS_SUCCESS;
}

static void pause_attach_restart(struct nd_adapter *a)
{
	nd_pause_binding(a);
	nd_attach(a);
	nd_restart(a);
}

static void pause_detach_restart(struct nd_adapter *a)
{
	nd_pause(a);
	nd_detach(a);
	nd_restart_binding(a);
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
	nd_each(pause_attach_restart);
	return NDIS_STATUS_SUCCESS;
}

VOID NTAPI NdisFDeregisterFilterDriver(NDIS_HANDLE handle)
{
	nt_at_most(PASSIVE_LEVEL, "NdisFDeregisterFilterDriver");
	if (handle != &ndis.filter || !ndis.has_filter)
		nt_bug("NdisFDeregisterFilterDriver of something else");
	nd_each(pause_detach_restart);
	ndis.has_filter = false;
}
