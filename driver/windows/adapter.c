// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bindings to adapters.  NDIS serialises bind, pause, restart and unbind of one
 * binding; sends, requests and handles come at any time beside them.
 */
#include "irlstackp.h"

VOID IrlpReleaseAdapter(PIRLP_ADAPTER Adapter)
{
	if (InterlockedDecrement(&Adapter->References) == 0)
		IrlFree(Adapter);
}

PIRLP_ADAPTER IrlpFindAdapter(PIRLP_DRIVER Driver, PIRL_NAME Name)
{
	PIRLP_ADAPTER Found = NULL;
	KIRQL Irql;

	KeAcquireSpinLock(&Driver->Lock, &Irql);
	for (PLIST_ENTRY At = Driver->Adapters.Flink;
	     At != &Driver->Adapters && !Found; At = At->Flink) {
		PIRLP_ADAPTER Adapter =
		    CONTAINING_RECORD(At, IRLP_ADAPTER, Entry);

		if (IrlSameName(&Adapter->Name, Name))
			Found = Adapter;
	}
	if (Found)
		InterlockedIncrement(&Found->References);
	KeReleaseSpinLock(&Driver->Lock, Irql);
	return Found;
}

VOID IrlpDescribe(PIRLP_ADAPTER Adapter, struct irl_win_adapter *To)
{
	LONG Checksums;

	RtlZeroMemory(To, sizeof(*To));
	To->head.version = IRL_WIN_VERSION;
	To->head.size = sizeof(*To);
	RtlCopyMemory(To->name, Adapter->Name.Buffer, sizeof(To->name));
	To->luid = Adapter->Luid;
	To->if_index = Adapter->IfIndex;
	To->mtu = Adapter->Mtu;
	To->speed_bps = Adapter->Speed;
	To->state = (uint32_t)InterlockedOr(&Adapter->State, 0);
	To->link = (uint32_t)InterlockedOr(&Adapter->Link, 0);
	Checksums = InterlockedOr(&Adapter->Checksums, 0);
	To->checksum_v4 = IRLP_CHECKSUMS_V4(Checksums) & IRL_WIN_TX_CHECKSUMS;
	To->checksum_v6 = IRLP_CHECKSUMS_V6(Checksums) & IRL_WIN_TX_CHECKSUMS;
	RtlCopyMemory(To->mac, Adapter->Mac, sizeof(To->mac));
}

ULONG IrlpListAdapters(PIRLP_DRIVER Driver, struct irl_win_adapter To[],
		       ULONG Room)
{
	ULONG Count = 0;
	KIRQL Irql;

	KeAcquireSpinLock(&Driver->Lock, &Irql);
	for (PLIST_ENTRY At = Driver->Adapters.Flink;
	     At != &Driver->Adapters && Count < Room; At = At->Flink)
		IrlpDescribe(CONTAINING_RECORD(At, IRLP_ADAPTER, Entry),
			     &To[Count++]);
	KeReleaseSpinLock(&Driver->Lock, Irql);
	return Count;
}

/* ---- pause and restart --------------------------------------------------- */

/* When it returns NDIS has no frame of ours, and gets none. */
static VOID Quiesce(PIRLP_ADAPTER Adapter, LONG State)
{
	InterlockedExchange(&Adapter->State, State);
	ExWaitForRundownProtectionRelease(&Adapter->Sends);
}

VOID IrlpPause(PIRLP_ADAPTER Adapter)
{
	Quiesce(Adapter, IRL_WIN_ADAPTER_PAUSED);
}

VOID IrlpRestart(PIRLP_ADAPTER Adapter)
{
	if (InterlockedCompareExchange(&Adapter->State, IRL_WIN_ADAPTER_RUNNING,
				       IRL_WIN_ADAPTER_PAUSED) ==
	    IRL_WIN_ADAPTER_PAUSED)
		ExReInitializeRundownProtection(&Adapter->Sends);
}

/* ---- channels ------------------------------------------------------------ */

VOID IrlpJoin(PIRLP_ADAPTER Adapter, PIRLP_CHANNEL Channel)
{
	LIST_ENTRY Served;
	KIRQL Irql;

	InitializeListHead(&Served);
	KeAcquireSpinLock(&Adapter->Driver->Lock, &Irql);
	InsertTailList(&Adapter->Channels, &Channel->Entry);
	/* too late for TellChannels */
	if (InterlockedOr(&Adapter->State, 0) == IRL_WIN_ADAPTER_GONE)
		IrlpEndReceive(Channel, &Served);
	KeReleaseSpinLock(&Adapter->Driver->Lock, Irql);
	IrlpCompleteAll(&Served);
}

VOID IrlpLeave(PIRLP_ADAPTER Adapter, PIRLP_CHANNEL Channel)
{
	KIRQL Irql;

	KeAcquireSpinLock(&Adapter->Driver->Lock, &Irql);
	RemoveEntryList(&Channel->Entry);
	KeReleaseSpinLock(&Adapter->Driver->Lock, Irql);
}

static VOID TellChannels(PIRLP_ADAPTER Adapter)
{
	LIST_ENTRY Served;
	KIRQL Irql;

	InitializeListHead(&Served);
	KeAcquireSpinLock(&Adapter->Driver->Lock, &Irql);
	for (PLIST_ENTRY At = Adapter->Channels.Flink; At != &Adapter->Channels;
	     At = At->Flink)
		IrlpEndReceive(CONTAINING_RECORD(At, IRLP_CHANNEL, Entry),
			       &Served);
	KeReleaseSpinLock(&Adapter->Driver->Lock, Irql);
	IrlpCompleteAll(&Served);
}

/* ---- bind and unbind ----------------------------------------------------- */

VOID IrlpAdapterDone(PIRLP_ADAPTER Adapter, NDIS_STATUS Status)
{
	Adapter->DoneStatus = Status;
	KeSetEvent(&Adapter->Done, IO_NO_INCREMENT, FALSE);
}

static NDIS_STATUS WaitFor(PIRLP_ADAPTER Adapter, NDIS_STATUS Status)
{
	if (Status != NDIS_STATUS_PENDING)
		return Status;
	KeWaitForSingleObject(&Adapter->Done, Executive, KernelMode, FALSE,
			      NULL);
	return Adapter->DoneStatus;
}

static NTSTATUS Learn(PIRLP_ADAPTER Adapter, PNDIS_BIND_PARAMETERS From)
{
	NTSTATUS Status = IrlSetName(&Adapter->Name, From->AdapterName);

	if (!NT_SUCCESS(Status))
		return Status;
	Adapter->Mtu =
	    From->MtuSize < IRL_WIN_MTU_MAX ? From->MtuSize : IRL_WIN_MTU_MAX;
	Adapter->Luid = From->BoundIfNetluid.Value;
	Adapter->IfIndex = From->BoundIfIndex;
	/* ~0 stands for unknown */
	Adapter->Speed = From->XmitLinkSpeed + 1 ? From->XmitLinkSpeed : 0;
	Adapter->Link = From->MediaConnectState == NDIS_MEDIA_STATE_CONNECTED;
	RtlCopyMemory(Adapter->Mac, From->CurrentMacAddress, 6);
	return STATUS_SUCCESS;
}

/* Ethernet's type of IPv4, in network order; any would do, as no packet filter
 * asks for frames. */
static NDIS_STATUS Open(PIRLP_ADAPTER Adapter, NDIS_HANDLE BindContext,
			PNDIS_BIND_PARAMETERS Parameters)
{
	NDIS_MEDIUM Medium = NdisMedium802_3;
	NET_FRAME_TYPE Type = 0x0008;
	NDIS_OPEN_PARAMETERS Open;
	ULONG Selected = 0;

	RtlZeroMemory(&Open, sizeof(Open));
	Open.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
	Open.Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
	Open.Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
	Open.AdapterName = Parameters->AdapterName;
	Open.MediumArray = &Medium;
	Open.MediumArraySize = 1;
	Open.SelectedMediumIndex = &Selected;
	Open.FrameTypeArray = &Type;
	Open.FrameTypeArraySize = 1;
	KeClearEvent(&Adapter->Done);
	return WaitFor(Adapter, NdisOpenAdapterEx(Adapter->Driver->Protocol,
						  Adapter, &Open, BindContext,
						  &Adapter->Binding));
}

static PIRLP_ADAPTER NewAdapter(PIRLP_DRIVER Driver)
{
	PIRLP_ADAPTER Adapter = (PIRLP_ADAPTER)IrlAllocate(sizeof(*Adapter));

	if (!Adapter)
		return NULL;
	Adapter->References = 1;
	Adapter->Driver = Driver;
	Adapter->State = IRL_WIN_ADAPTER_PAUSED;
	InitializeListHead(&Adapter->Channels);
	KeInitializeEvent(&Adapter->Done, NotificationEvent, FALSE);
	KeInitializeEvent(&Adapter->Turn, SynchronizationEvent, TRUE);
	ExInitializeRundownProtection(&Adapter->Sends);
	ExInitializeRundownProtection(&Adapter->Use);
	/* paused until NDIS restarts it */
	ExWaitForRundownProtectionRelease(&Adapter->Sends);
	return Adapter;
}

NDIS_STATUS IrlpBind(PIRLP_DRIVER Driver, NDIS_HANDLE BindContext,
		     PNDIS_BIND_PARAMETERS Parameters)
{
	PIRLP_ADAPTER Adapter;
	NDIS_STATUS Status;
	KIRQL Irql;

	if (Parameters->MediaType != NdisMedium802_3 ||
	    Parameters->MacAddressLength != 6)
		return NDIS_STATUS_UNSUPPORTED_MEDIA;
	Adapter = NewAdapter(Driver);
	if (!Adapter)
		return NDIS_STATUS_RESOURCES;
	Status = Learn(Adapter, Parameters);
	if (Status == STATUS_SUCCESS)
		Status = Open(Adapter, BindContext, Parameters);
	if (Status != NDIS_STATUS_SUCCESS) {
		IrlpReleaseAdapter(Adapter);
		return Status;
	}
	IrlpAskChecksums(Adapter);
	KeAcquireSpinLock(&Driver->Lock, &Irql);
	InsertTailList(&Driver->Adapters, &Adapter->Entry);
	KeReleaseSpinLock(&Driver->Lock, Irql);
	return NDIS_STATUS_SUCCESS;
}

/* Also when the card was pulled out: then without a pause before. */
VOID IrlpUnbind(PIRLP_ADAPTER Adapter)
{
	PIRLP_DRIVER Driver = Adapter->Driver;
	KIRQL Irql;

	KeAcquireSpinLock(&Driver->Lock, &Irql);
	RemoveEntryList(&Adapter->Entry);
	KeReleaseSpinLock(&Driver->Lock, Irql);
	Quiesce(Adapter, IRL_WIN_ADAPTER_GONE);
	TellChannels(Adapter);
	ExWaitForRundownProtectionRelease(&Adapter->Use);
	IrlpEndAllSteering(Adapter);
	KeClearEvent(&Adapter->Done);
	WaitFor(Adapter, NdisCloseAdapterEx(Adapter->Binding));
	IrlpReleaseAdapter(Adapter);
}
