// SPDX-License-Identifier: BSD-2-Clause
/* irlstackp.sys: the protocol driver as NDIS and the system see it. */
#include "irlstackp.h"

#define DEVICE_NAME L"\\Device\\IRLstackP"
#define LINK_NAME L"\\DosDevices\\IRLstackP"

DRIVER_INITIALIZE DriverEntry;

static NDIS_STATUS NTAPI BindAdapter(NDIS_HANDLE Context,
				     NDIS_HANDLE BindContext,
				     PNDIS_BIND_PARAMETERS Parameters)
{
	return IrlpBind((PIRLP_DRIVER)Context, BindContext, Parameters);
}

static NDIS_STATUS NTAPI UnbindAdapter(NDIS_HANDLE UnbindContext,
				       NDIS_HANDLE Context)
{
	(void)UnbindContext;
	IrlpUnbind((PIRLP_ADAPTER)Context);
	return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI OpenComplete(NDIS_HANDLE Context, NDIS_STATUS Status)
{
	IrlpAdapterDone((PIRLP_ADAPTER)Context, Status);
}

static VOID NTAPI CloseComplete(NDIS_HANDLE Context)
{
	IrlpAdapterDone((PIRLP_ADAPTER)Context, NDIS_STATUS_SUCCESS);
}

/* Of the other events each may pass: we hold nothing that depends on them. */
static NDIS_STATUS NTAPI Event(NDIS_HANDLE Context,
			       PNET_PNP_EVENT_NOTIFICATION Notification)
{
	PIRLP_ADAPTER Adapter = (PIRLP_ADAPTER)Context;
	LONG Code = (LONG)Notification->NetPnPEvent.NetEvent;

	/* events of the driver as a whole come without a binding */
	if (Adapter && Code == NetEventPause)
		IrlpPause(Adapter);
	else if (Adapter && Code == NetEventRestart)
		IrlpRestart(Adapter);
	else if (Code < NetEventSetPower || Code > NetEventPortDeactivation)
		return NDIS_STATUS_NOT_SUPPORTED;
	return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI Status(NDIS_HANDLE Context,
			 PNDIS_STATUS_INDICATION Indication)
{
	PIRLP_ADAPTER Adapter = (PIRLP_ADAPTER)Context;
	const NDIS_LINK_STATE_HEAD *Link =
	    (const NDIS_LINK_STATE_HEAD *)Indication->StatusBuffer;
	ULONG Size = Indication->StatusBufferSize;

	if (Indication->StatusCode == NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG)
		IrlpSetChecksums(Adapter, Indication->StatusBuffer, Size);
	if (Indication->StatusCode != NDIS_STATUS_LINK_STATE || !Link ||
	    Size < sizeof(*Link))
		return;
	InterlockedExchange(&Adapter->Link, Link->MediaConnectState ==
						NDIS_MEDIA_STATE_CONNECTED);
}

/* What irlstackf lets pass is the host's. */
static VOID NTAPI Receive(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists,
			  NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags)
{
	PIRLP_ADAPTER Adapter = (PIRLP_ADAPTER)Context;

	(void)Port;
	(void)Count;
	if (Flags & NDIS_RECEIVE_FLAGS_RESOURCES)
		return;
	NdisReturnNetBufferLists(Adapter->Binding, Lists,
				 Flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL
				     ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL
				     : 0);
}

NTSTATUS IrlpRegister(PIRLP_DRIVER Driver)
{
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Protocol;

	RtlZeroMemory(&Protocol, sizeof(Protocol));
	Protocol.Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
	Protocol.Header.Revision =
	    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
	Protocol.Header.Size =
	    NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
	Protocol.MajorNdisVersion = (UCHAR)(Driver->NdisVersion >> 16);
	Protocol.MinorNdisVersion = (UCHAR)Driver->NdisVersion;
	Protocol.MajorDriverVersion = IRL_DRIVER_VERSION_MAJOR;
	Protocol.MinorDriverVersion = IRL_DRIVER_VERSION_MINOR;
	RtlInitUnicodeString(&Protocol.Name, L"IRLSTACKP");
	Protocol.BindAdapterHandlerEx = BindAdapter;
	Protocol.UnbindAdapterHandlerEx = UnbindAdapter;
	Protocol.OpenAdapterCompleteHandlerEx = OpenComplete;
	Protocol.CloseAdapterCompleteHandlerEx = CloseComplete;
	Protocol.NetPnPEventHandler = Event;
	Protocol.OidRequestCompleteHandler = IrlpRequestComplete;
	Protocol.StatusHandlerEx = Status;
	Protocol.ReceiveNetBufferListsHandler = Receive;
	Protocol.SendNetBufferListsCompleteHandler = IrlpSendComplete;
	return NdisRegisterProtocolDriver(Driver, &Protocol, &Driver->Protocol);
}

/* The system calls it when no file of ours is open or referred to any more. */
static VOID NTAPI Unload(PDRIVER_OBJECT Object)
{
	PIRLP_DRIVER Driver =
	    (PIRLP_DRIVER)Object->DeviceObject->DeviceExtension;
	UNICODE_STRING Link;

	NdisDeregisterProtocolDriver(Driver->Protocol);
	RtlInitUnicodeString(&Link, LINK_NAME);
	IoDeleteSymbolicLink(&Link);
	IoDeleteDevice(Driver->Device);
}

static VOID InitDriver(PIRLP_DRIVER Driver, PDEVICE_OBJECT Device)
{
	Driver->Device = Device;
	KeInitializeSpinLock(&Driver->Lock);
	InitializeListHead(&Driver->Adapters);
	Device->Flags |= DO_DIRECT_IO;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Object, PUNICODE_STRING Registry)
{
	UNICODE_STRING Name, Link;
	PDEVICE_OBJECT Device;
	PIRLP_DRIVER Driver;
	NTSTATUS Result;
	ULONG Version = IrlNdisVersion();

	(void)Registry;
	if (!Version)
		return STATUS_NOT_SUPPORTED;
	Result = IrlCreateDevice(Object, DEVICE_NAME, sizeof(*Driver),
				 IrlAccessAdministrators, &Device);
	if (!NT_SUCCESS(Result))
		return Result;
	Driver = (PIRLP_DRIVER)Device->DeviceExtension;
	InitDriver(Driver, Device);
	Driver->NdisVersion = Version;
	Driver->CancelIds = (ULONG64)NdisGeneratePartialCancelId() << 56;
	RtlInitUnicodeString(&Name, DEVICE_NAME);
	RtlInitUnicodeString(&Link, LINK_NAME);
	Result = IoCreateSymbolicLink(&Link, &Name);
	if (!NT_SUCCESS(Result))
		goto fail_link;
	IrlpSetDispatch(Object);
	Object->DriverUnload = Unload;
	Result = IrlpRegister(Driver);
	if (Result == NDIS_STATUS_SUCCESS)
		return STATUS_SUCCESS;
	IoDeleteSymbolicLink(&Link);
fail_link:
	IoDeleteDevice(Device);
	return Result;
}
