// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests of programs.  Those that are buffered work on the system's copy, in
 * and out the same memory: input is copied out of it before output is written.
 */
#include "irlstackp.h"

static PIRLP_DRIVER DriverOf(PDEVICE_OBJECT Device)
{
	return (PIRLP_DRIVER)Device->DeviceExtension;
}

static PIRLP_CHANNEL ChannelOf(PIRP Irp)
{
	return (PIRLP_CHANNEL)IoGetCurrentIrpStackLocation(Irp)
	    ->FileObject->FsContext;
}

static NTSTATUS NTAPI Create(PDEVICE_OBJECT Device, PIRP Irp)
{
	PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
	PIRLP_CHANNEL Channel = IrlpOpenChannel(DriverOf(Device), File);

	if (!Channel)
		return IrlComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
	File->FsContext = Channel;
	return IrlComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI Cleanup(PDEVICE_OBJECT Device, PIRP Irp)
{
	(void)Device;
	IrlpCleanupChannel(ChannelOf(Irp));
	return IrlComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI Close(PDEVICE_OBJECT Device, PIRP Irp)
{
	(void)Device;
	IrlpCloseChannel(ChannelOf(Irp));
	return IrlComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI Read(PDEVICE_OBJECT Device, PIRP Irp)
{
	PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

	(void)Device;
	return IrlpRead(ChannelOf(Irp), Irp, Stack->Parameters.Read.Length);
}

static NTSTATUS NTAPI Write(PDEVICE_OBJECT Device, PIRP Irp)
{
	PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

	(void)Device;
	return IrlpTransmit(ChannelOf(Irp), Irp, Irp->MdlAddress,
			    Stack->Parameters.Write.Length, FALSE);
}

/* ---- buffered requests --------------------------------------------------- */

typedef struct _BUFFERED {
	PVOID Memory; /* of the longer of both */
	ULONG In, Out;
	ULONG_PTR Written;
} BUFFERED, *PBUFFERED;

/* Copy the input, whose structure has @Size bytes, to @To. */
static NTSTATUS Input(const BUFFERED *Buffered, PVOID To, ULONG Size)
{
	const struct irl_win_head *Head = (const struct irl_win_head *)To;

	if (!Buffered->Memory || Buffered->In < Size)
		return STATUS_BUFFER_TOO_SMALL;
	RtlCopyMemory(To, Buffered->Memory, Size);
	if (Head->version != IRL_WIN_VERSION)
		return STATUS_REVISION_MISMATCH;
	return Head->size == Size ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static BOOLEAN HasRoom(const BUFFERED *Buffered, SIZE_T Size)
{
	return Buffered->Memory && Buffered->Out >= Size;
}

static NTSTATUS Output(PBUFFERED Buffered, const VOID *From, ULONG Size)
{
	RtlCopyMemory(Buffered->Memory, From, Size);
	Buffered->Written = Size;
	return STATUS_SUCCESS;
}

static NTSTATUS Query(PIRLP_CHANNEL Channel, PBUFFERED Buffered)
{
	struct irl_win_version Version;
	LARGE_INTEGER Frequency;

	if (!HasRoom(Buffered, sizeof(Version)))
		return STATUS_BUFFER_TOO_SMALL;
	KeQueryPerformanceCounter(&Frequency);
	RtlZeroMemory(&Version, sizeof(Version));
	Version.head.version = IRL_WIN_VERSION;
	Version.head.size = sizeof(Version);
	Version.driver =
	    IRL_DRIVER_VERSION_MAJOR << 16 | IRL_DRIVER_VERSION_MINOR;
	Version.ndis = Channel->Driver->NdisVersion;
	Version.frequency = (uint64_t)Frequency.QuadPart;
	Version.filter = IrlpCountFilter(NULL, NULL);
	return Output(Buffered, &Version, sizeof(Version));
}

static NTSTATUS Adapters(PIRLP_CHANNEL Channel, PBUFFERED Buffered)
{
	struct irl_win_adapter *To = (struct irl_win_adapter *)Buffered->Memory;
	ULONG Count;

	if (!HasRoom(Buffered, sizeof(*To)))
		return STATUS_BUFFER_TOO_SMALL;
	Count = IrlpListAdapters(Channel->Driver, To,
				 Buffered->Out / (ULONG)sizeof(*To));
	Buffered->Written = Count * sizeof(*To);
	return STATUS_SUCCESS;
}

static NTSTATUS Bind(PIRLP_CHANNEL Channel, PBUFFERED Buffered)
{
	struct irl_win_adapter Adapter;
	struct irl_win_bind Request;
	NTSTATUS Status = Input(Buffered, &Request, sizeof(Request));

	if (NT_SUCCESS(Status) && !HasRoom(Buffered, sizeof(Adapter)))
		Status = STATUS_BUFFER_TOO_SMALL;
	if (NT_SUCCESS(Status))
		Status = IrlpBindChannel(Channel, &Request, &Adapter);
	if (NT_SUCCESS(Status))
		Status = Output(Buffered, &Adapter, sizeof(Adapter));
	return Status;
}

static NTSTATUS Steer(PIRLP_CHANNEL Channel, PBUFFERED Buffered)
{
	struct irl_win_steer Request;
	NTSTATUS Status = Input(Buffered, &Request, sizeof(Request));

	return NT_SUCCESS(Status) ? IrlpSteer(Channel, &Request) : Status;
}

static NTSTATUS Receive(PIRLP_CHANNEL Channel, PBUFFERED Buffered)
{
	struct irl_win_receive Request;
	NTSTATUS Status = Input(Buffered, &Request, sizeof(Request));

	return NT_SUCCESS(Status) ? IrlpSetReceive(Channel, &Request) : Status;
}

static NTSTATUS Counters(PIRLP_CHANNEL Channel, PBUFFERED Buffered)
{
	struct irl_win_counters Counters;

	if (!HasRoom(Buffered, sizeof(Counters)))
		return STATUS_BUFFER_TOO_SMALL;
	IrlpCount(Channel, &Counters);
	return Output(Buffered, &Counters, sizeof(Counters));
}

static const struct {
	ULONG Code;
	NTSTATUS (*Do)(PIRLP_CHANNEL Channel, PBUFFERED Buffered);
} Requests[] = {
    {IRL_WIN_QUERY, Query},     {IRL_WIN_ADAPTERS, Adapters},
    {IRL_WIN_BIND, Bind},       {IRL_WIN_STEER, Steer},
    {IRL_WIN_RECEIVE, Receive}, {IRL_WIN_COUNTERS, Counters},
};

static NTSTATUS Dispatch(PIRLP_CHANNEL Channel, ULONG Code, PBUFFERED Buffered)
{
	for (ULONG i = 0; i < RTL_NUMBER_OF(Requests); i++)
		if (Requests[i].Code == Code)
			return Requests[i].Do(Channel, Buffered);
	return STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT Device, PIRP Irp)
{
	PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
	ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;
	BUFFERED Buffered;
	NTSTATUS Status;

	(void)Device;
	/* the only one that is not buffered: its output is locked pages */
	if (Code == IRL_WIN_SEND)
		return IrlpTransmit(
		    ChannelOf(Irp), Irp, Irp->MdlAddress,
		    Stack->Parameters.DeviceIoControl.OutputBufferLength, TRUE);
	Buffered.Memory = Irp->AssociatedIrp.SystemBuffer;
	Buffered.In = Stack->Parameters.DeviceIoControl.InputBufferLength;
	Buffered.Out = Stack->Parameters.DeviceIoControl.OutputBufferLength;
	Buffered.Written = 0;
	Status = Dispatch(ChannelOf(Irp), Code, &Buffered);
	return IrlComplete(Irp, Status, Buffered.Written);
}

VOID IrlpSetDispatch(PDRIVER_OBJECT Driver)
{
	Driver->MajorFunction[IRP_MJ_CREATE] = Create;
	Driver->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
	Driver->MajorFunction[IRP_MJ_CLOSE] = Close;
	Driver->MajorFunction[IRP_MJ_READ] = Read;
	Driver->MajorFunction[IRP_MJ_WRITE] = Write;
	Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
}
