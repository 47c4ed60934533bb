// SPDX-License-Identifier: BSD-2-Clause
/* irlstackf.sys: the filter driver as NDIS and the system see it. */
#include "irlstackf.h"

#define UNIQUE_NAME L"{B2A64E0C-5D3F-4A3B-9C0E-6F1D8E7A2C54}" /* as the INF */

DRIVER_INITIALIZE DriverEntry;

/* ---- modules ------------------------------------------------------------- */

static NDIS_STATUS Announce(PIRLF_MODULE Module)
{
	NDIS_FILTER_ATTRIBUTES Attributes;

	RtlZeroMemory(&Attributes, sizeof(Attributes));
	Attributes.Header.Type = NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES;
	Attributes.Header.Revision = NDIS_FILTER_ATTRIBUTES_REVISION_1;
	Attributes.Header.Size = NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1;
	return NdisFSetAttributes(Module->Handle, Module, &Attributes);
}

static NDIS_STATUS NTAPI Attach(NDIS_HANDLE Handle, NDIS_HANDLE Context,
				PNDIS_FILTER_ATTACH_PARAMETERS Parameters)
{
	PIRLF_DRIVER Driver = (PIRLF_DRIVER)Context;
	PIRLF_MODULE Module;
	NDIS_STATUS Status;

	if (Parameters->MiniportMediaType != NdisMedium802_3)
		return NDIS_STATUS_UNSUPPORTED_MEDIA;
	Module = (PIRLF_MODULE)IrlAllocate(sizeof(*Module));
	if (!Module)
		return NDIS_STATUS_RESOURCES;
	Module->Driver = Driver;
	Module->Handle = Handle;
	KeInitializeSpinLock(&Module->Lock);
	Status = IrlSetName(&Module->Adapter, Parameters->BaseMiniportName);
	if (Status == STATUS_SUCCESS)
		Status = Announce(Module);
	if (Status != NDIS_STATUS_SUCCESS) {
		IrlFree(Module);
		return Status;
	}
	IrlTakeTurn(&Driver->Turn);
	InsertTailList(&Driver->Modules, &Module->Entry);
	IrlfAddTable(Driver, Module);
	IrlEndTurn(&Driver->Turn);
	return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI Detach(NDIS_HANDLE Context)
{
	PIRLF_MODULE Module = (PIRLF_MODULE)Context;
	PIRLF_DRIVER Driver = Module->Driver;

	IrlTakeTurn(&Driver->Turn);
	RemoveEntryList(&Module->Entry);
	IrlfDropTable(Module);
	IrlEndTurn(&Driver->Turn);
	IrlFree(Module);
}

static NDIS_STATUS NTAPI Restart(NDIS_HANDLE Context, PVOID Parameters)
{
	(void)Parameters;
	InterlockedExchange(&((PIRLF_MODULE)Context)->Running, TRUE);
	return NDIS_STATUS_SUCCESS;
}

/* We keep no frame beyond the call that brought it: nothing to wait for. */
static NDIS_STATUS NTAPI Pause(NDIS_HANDLE Context, PVOID Parameters)
{
	(void)Parameters;
	InterlockedExchange(&((PIRLF_MODULE)Context)->Running, FALSE);
	return NDIS_STATUS_SUCCESS;
}

/* NDIS demands this handler of a filter that receives. */
static VOID NTAPI Status(NDIS_HANDLE Context, PNDIS_STATUS_INDICATION What)
{
	NdisFIndicateStatus(((PIRLF_MODULE)Context)->Handle, What);
}

static NDIS_STATUS Register(PIRLF_DRIVER Driver, PDRIVER_OBJECT Object)
{
	NDIS_FILTER_DRIVER_CHARACTERISTICS Filter;
	BOOLEAN New = Driver->NdisVersion >= 0x60050;

	RtlZeroMemory(&Filter, sizeof(Filter));
	Filter.Header.Type = NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS;
	/* NDIS wants the revision of the version that is registered */
	Filter.Header.Revision = New ? NDIS_FILTER_CHARACTERISTICS_REVISION_3
				     : NDIS_FILTER_CHARACTERISTICS_REVISION_2;
	Filter.Header.Size =
	    New ? NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3
		: NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2;
	Filter.MajorNdisVersion = (UCHAR)(Driver->NdisVersion >> 16);
	Filter.MinorNdisVersion = (UCHAR)Driver->NdisVersion;
	Filter.MajorDriverVersion = IRL_DRIVER_VERSION_MAJOR;
	Filter.MinorDriverVersion = IRL_DRIVER_VERSION_MINOR;
	RtlInitUnicodeString(&Filter.FriendlyName, L"IRLstack receive filter");
	RtlInitUnicodeString(&Filter.UniqueName, UNIQUE_NAME);
	RtlInitUnicodeString(&Filter.ServiceName, L"irlstackf");
	Filter.AttachHandler = Attach;
	Filter.DetachHandler = Detach;
	Filter.RestartHandler = Restart;
	Filter.PauseHandler = Pause;
	Filter.ReceiveNetBufferListsHandler = IrlfReceive;
	Filter.ReturnNetBufferListsHandler = IrlfReturn;
	Filter.StatusHandler = Status;
	return NdisFRegisterFilterDriver(Object, Driver, &Filter,
					 &Driver->Handle);
}

/* ---- requests of irlstackp ----------------------------------------------- */

static PIRLF_DRIVER DriverOf(PDEVICE_OBJECT Device)
{
	return (PIRLF_DRIVER)Device->DeviceExtension;
}

static NTSTATUS NTAPI Open(PDEVICE_OBJECT Device, PIRP Irp)
{
	(void)Device;
	return IrlComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Subscribe(PIRLF_DRIVER Driver, PVOID Request)
{
	return IrlfSubscribe(Driver, (PIRL_SUBSCRIPTION)Request);
}

static NTSTATUS Unsubscribe(PIRLF_DRIVER Driver, PVOID Request)
{
	return IrlfUnsubscribe(Driver, ((PIRL_SUBSCRIPTION)Request)->Context);
}

static NTSTATUS UnsubscribeAll(PIRLF_DRIVER Driver, PVOID Request)
{
	return IrlfUnsubscribeAll(Driver,
				  ((PIRL_SUBSCRIPTION)Request)->Adapter);
}

static NTSTATUS Counters(PIRLF_DRIVER Driver, PVOID Request)
{
	return IrlfCount(Driver, (PIRL_LINK_COUNT)Request);
}

static const struct {
	ULONG Code, Size;
	NTSTATUS (*Do)(PIRLF_DRIVER Driver, PVOID Request);
} Requests[] = {
    {IRL_LINK_SUBSCRIBE, sizeof(IRL_SUBSCRIPTION), Subscribe},
    {IRL_LINK_UNSUBSCRIBE, sizeof(IRL_SUBSCRIPTION), Unsubscribe},
    {IRL_LINK_UNSUBSCRIBE_ALL, sizeof(IRL_SUBSCRIPTION), UnsubscribeAll},
    {IRL_LINK_COUNTERS, sizeof(IRL_LINK_COUNT), Counters},
};

static NTSTATUS Dispatch(PIRLF_DRIVER Driver, ULONG Code, PVOID Request,
			 ULONG Length)
{
	const IRL_LINK_HEAD *Head = (const IRL_LINK_HEAD *)Request;

	for (ULONG i = 0; i < RTL_NUMBER_OF(Requests); i++) {
		if (Requests[i].Code != Code)
			continue;
		if (!Request || Length != Requests[i].Size ||
		    Head->Size != Length || Head->Version != IRL_LINK_VERSION)
			return STATUS_REVISION_MISMATCH;
		return Requests[i].Do(Driver, Request);
	}
	return STATUS_INVALID_DEVICE_REQUEST;
}

/* IRP_MJ_INTERNAL_DEVICE_CONTROL comes from other drivers only. */
static NTSTATUS NTAPI Control(PDEVICE_OBJECT Device, PIRP Irp)
{
	PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
	NTSTATUS Status = Dispatch(
	    DriverOf(Device), Stack->Parameters.DeviceIoControl.IoControlCode,
	    Stack->Parameters.DeviceIoControl.Type3InputBuffer,
	    Stack->Parameters.DeviceIoControl.InputBufferLength);

	return IrlComplete(Irp, Status, 0);
}

/* ---- load and unload ----------------------------------------------------- */

static VOID NTAPI Unload(PDRIVER_OBJECT Object)
{
	PIRLF_DRIVER Driver = DriverOf(Object->DeviceObject);

	NdisFDeregisterFilterDriver(Driver->Handle);
	IrlfReleaseSubscribers(Driver);
	IoDeleteDevice(Driver->Device);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Object, PUNICODE_STRING Registry)
{
	ULONG Version = IrlNdisVersion();
	PDEVICE_OBJECT Device;
	PIRLF_DRIVER Driver;
	NTSTATUS Result;

	(void)Registry;
	if (!Version)
		return STATUS_NOT_SUPPORTED;
	Result = IrlCreateDevice(Object, IRL_LINK_DEVICE, sizeof(*Driver),
				 IrlAccessSystem, &Device);
	if (!NT_SUCCESS(Result))
		return Result;
	Driver = DriverOf(Device);
	Driver->Device = Device;
	Driver->NdisVersion = Version;
	KeInitializeEvent(&Driver->Turn, SynchronizationEvent, TRUE);
	InitializeListHead(&Driver->Modules);
	InitializeListHead(&Driver->Subscribers);
	Object->MajorFunction[IRP_MJ_CREATE] = Open;
	Object->MajorFunction[IRP_MJ_CLEANUP] = Open;
	Object->MajorFunction[IRP_MJ_CLOSE] = Open;
	Object->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = Control;
	Object->DriverUnload = Unload;
	Result = Register(Driver, Object);
	if (Result != NDIS_STATUS_SUCCESS)
		IoDeleteDevice(Device);
	return Result;
}
