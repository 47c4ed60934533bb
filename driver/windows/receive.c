// SPDX-License-Identifier: BSD-2-Clause
/*
 * Frames that are ours: irlstackf delivers them into the ring, reads take them
 * out, many at once.  A record in the ring looks as it does in a read's buffer.
 *
 * One lock, RxLock, taken once for each list delivered and each read.  IRPs are
 * completed outside of it.
 */
#include "irlstackp.h"

#define FRAME_MAX (IRL_WIN_FRAME_MIN + 65535u) /* coalesced by the adapter */
#define WRAP 0xffffffffu /* as a length: go on at the ring's begin */

/* ---- the ring ------------------------------------------------------------ */

static struct irl_win_frame *At(PIRLP_RING Ring, ULONG Where)
{
	return (struct irl_win_frame *)(Ring->Base +
					(Where & (Ring->Bytes - 1)));
}

static ULONG Used(PIRLP_RING Ring)
{
	return Ring->Head - Ring->Tail;
}

static ULONG ToEnd(PIRLP_RING Ring, ULONG Where)
{
	return Ring->Bytes - (Where & (Ring->Bytes - 1));
}

/* Where a record of @Space bytes goes, in one piece, or NULL: full. */
static struct irl_win_frame *Reserve(PIRLP_RING Ring, ULONG Space)
{
	ULONG Skip;

	if (!Ring->Frames)
		Ring->Head = Ring->Tail = 0; /* all of it, in one piece */
	Skip = ToEnd(Ring, Ring->Head);
	if (Skip >= Space)
		Skip = 0;
	if (Ring->Bytes - Used(Ring) < Skip + Space)
		return NULL;
	if (Skip) {
		At(Ring, Ring->Head)->length = WRAP;
		Ring->Head += Skip;
	}
	return At(Ring, Ring->Head);
}

static const struct irl_win_frame *First(PIRLP_RING Ring)
{
	if (At(Ring, Ring->Tail)->length == WRAP)
		Ring->Tail += ToEnd(Ring, Ring->Tail);
	return At(Ring, Ring->Tail);
}

NTSTATUS IrlpAllocateRing(PIRLP_CHANNEL Channel, ULONG Bytes)
{
	PUCHAR Base = (PUCHAR)IrlAllocate(Bytes);
	KIRQL Irql;

	if (!Base)
		return STATUS_INSUFFICIENT_RESOURCES;
	KeAcquireSpinLock(&Channel->RxLock, &Irql);
	RtlZeroMemory(&Channel->Ring, sizeof(Channel->Ring));
	Channel->Ring.Base = Base;
	Channel->Ring.Bytes = Bytes;
	KeReleaseSpinLock(&Channel->RxLock, Irql);
	return STATUS_SUCCESS;
}

/* ---- reads --------------------------------------------------------------- */

static ULONG Capacity(PIRP Irp)
{
	return IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
}

static PIRP IrpOf(PLIST_ENTRY Entry)
{
	return CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
}

static BOOLEAN IsRipe(PIRLP_CHANNEL Channel, PIRP Irp)
{
	PIRLP_RING Ring = &Channel->Ring;

	return Channel->RxDelay == 0 || Channel->Due || Channel->Gone ||
	       Ring->Frames >= Channel->RxBatch || Used(Ring) >= Capacity(Irp);
}

/* Negative: from now on, in units of 100 ns. */
static VOID Arm(PIRLP_CHANNEL Channel)
{
	LARGE_INTEGER When;

	When.QuadPart = -(LONGLONG)Channel->RxDelay * 10;
	Channel->Armed = TRUE;
	KeSetTimer(&Channel->Timer, When, &Channel->Dpc);
}

/* Of what is read the delay is over: the next frame has its own.  Where the
 * timer's call is on its way already that one is read early. */
static VOID Disarm(PIRLP_CHANNEL Channel)
{
	Channel->Due = FALSE;
	if (!Channel->Armed)
		return;
	Channel->Armed = FALSE;
	KeCancelTimer(&Channel->Timer);
}

/* Whole records, as many as fit. */
static VOID FillRead(PIRLP_CHANNEL Channel, PIRP Irp)
{
	PIRLP_RING Ring = &Channel->Ring;
	PUCHAR To = (PUCHAR)MmGetSystemAddressForMdlSafe(
	    Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
	ULONG Room = Capacity(Irp), Done = 0, Frames = 0;

	while (Ring->Frames) {
		const struct irl_win_frame *Record = First(Ring);
		ULONG Space = irl_win_space(Record->length);

		if (Space > Room - Done)
			break;
		RtlCopyMemory(To + Done, Record, Space);
		Done += Space;
		Ring->Tail += Space;
		Ring->Frames--;
		Frames++;
	}
	if (!Ring->Frames)
		Disarm(Channel);
	Channel->RxRead += Frames;
	Channel->RxReads += Frames != 0;
	Irp->IoStatus.Status =
	    Frames ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
	Irp->IoStatus.Information = Done;
}

/* Take @Irp out of the queue, unless its cancellation is on the way: then that
 * has the right to complete it, and finds it linked to itself. */
static BOOLEAN Dequeue(PIRLP_CHANNEL Channel, PIRP Irp)
{
	PLIST_ENTRY Entry = &Irp->Tail.Overlay.ListEntry;

	RemoveEntryList(Entry);
	InitializeListHead(Entry);
	if (!IoSetCancelRoutine(Irp, NULL))
		return FALSE;
	Channel->ReadCount--;
	return TRUE;
}

/* Give frames to reads as far as both are there; the served go to @Served. */
static VOID Serve(PIRLP_CHANNEL Channel, PLIST_ENTRY Served)
{
	while (Channel->Ring.Frames && !IsListEmpty(&Channel->Reads)) {
		PIRP Irp = IrpOf(Channel->Reads.Flink);

		if (!IsRipe(Channel, Irp))
			break;
		if (!Dequeue(Channel, Irp))
			continue;
		FillRead(Channel, Irp);
		InsertTailList(Served, &Irp->Tail.Overlay.ListEntry);
	}
	if (Channel->Ring.Frames && Channel->RxDelay && !Channel->Due &&
	    !Channel->Armed && !Channel->Closing)
		Arm(Channel);
}

VOID IrlpCompleteAll(PLIST_ENTRY Served)
{
	while (!IsListEmpty(Served))
		IoCompleteRequest(IrpOf(RemoveHeadList(Served)),
				  IO_NETWORK_INCREMENT);
}

static VOID NTAPI DelayOver(PKDPC Dpc, PVOID Context, PVOID Unused,
			    PVOID Unused2)
{
	PIRLP_CHANNEL Channel = (PIRLP_CHANNEL)Context;
	LIST_ENTRY Served;
	KIRQL Irql;

	(void)Dpc;
	(void)Unused;
	(void)Unused2;
	InitializeListHead(&Served);
	KeAcquireSpinLock(&Channel->RxLock, &Irql);
	Channel->Armed = FALSE;
	Channel->Due = Channel->Ring.Frames != 0;
	Serve(Channel, &Served);
	KeReleaseSpinLock(&Channel->RxLock, Irql);
	IrlpCompleteAll(&Served);
}

/* Called with the cancel lock held. */
static VOID NTAPI CancelRead(PDEVICE_OBJECT Device, PIRP Irp)
{
	PIRLP_CHANNEL Channel = (PIRLP_CHANNEL)IoGetCurrentIrpStackLocation(Irp)
				    ->FileObject->FsContext;
	KIRQL Irql;

	(void)Device;
	IoReleaseCancelSpinLock(Irp->CancelIrql);
	KeAcquireSpinLock(&Channel->RxLock, &Irql);
	RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
	Channel->ReadCount--;
	Channel->Cancelled++;
	KeReleaseSpinLock(&Channel->RxLock, Irql);
	IrlComplete(Irp, STATUS_CANCELLED, 0);
}

/* Put @Irp at the queue's end; or else it is to be completed as it says. */
static NTSTATUS Enqueue(PIRLP_CHANNEL Channel, PIRP Irp)
{
	if (Channel->Closing)
		return STATUS_CANCELLED;
	if (Channel->Gone && !Channel->Ring.Frames)
		return STATUS_DEVICE_REMOVED;
	if (Channel->ReadCount >= IRL_WIN_REQUESTS_MAX)
		return STATUS_DEVICE_BUSY;
	IoSetCancelRoutine(Irp, CancelRead);
	if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL))
		return STATUS_CANCELLED;
	/* cancelled in between: the routine waits for our lock, and removes it
	 */
	InsertTailList(&Channel->Reads, &Irp->Tail.Overlay.ListEntry);
	Channel->ReadCount++;
	return STATUS_SUCCESS;
}

static NTSTATUS CheckRead(PIRLP_CHANNEL Channel, PIRP Irp, ULONG Length)
{
	PVOID Base;

	if (!IrlpIsBound(Channel))
		return STATUS_INVALID_DEVICE_STATE;
	if (!Irp->MdlAddress || Length < irl_win_space(IRL_WIN_FRAME_MIN) ||
	    Length > IRL_WIN_BUFFER_MAX)
		return STATUS_INVALID_BUFFER_SIZE;
	Base = MmGetSystemAddressForMdlSafe(
	    Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
	if (!Base)
		return STATUS_INSUFFICIENT_RESOURCES;
	return (ULONG_PTR)Base & (IRL_WIN_ALIGN - 1) ? STATUS_INVALID_PARAMETER
						     : STATUS_SUCCESS;
}

NTSTATUS IrlpRead(PIRLP_CHANNEL Channel, PIRP Irp, ULONG Length)
{
	NTSTATUS Status = CheckRead(Channel, Irp, Length);
	LIST_ENTRY Served;
	KIRQL Irql;

	if (!NT_SUCCESS(Status))
		return IrlComplete(Irp, Status, 0);
	InitializeListHead(&Served);
	IoMarkIrpPending(Irp);
	KeAcquireSpinLock(&Channel->RxLock, &Irql);
	Status = Enqueue(Channel, Irp);
	Channel->Cancelled += Status == STATUS_CANCELLED;
	Serve(Channel, &Served);
	KeReleaseSpinLock(&Channel->RxLock, Irql);
	if (!NT_SUCCESS(Status))
		IrlComplete(Irp, Status, 0);
	IrlpCompleteAll(&Served);
	return STATUS_PENDING;
}

/* Locked.  All that wait end with @Status. */
static ULONG FailReads(PIRLP_CHANNEL Channel, NTSTATUS Status,
		       PLIST_ENTRY Served)
{
	ULONG Count = 0;

	while (!IsListEmpty(&Channel->Reads)) {
		PIRP Irp = IrpOf(Channel->Reads.Flink);

		if (!Dequeue(Channel, Irp))
			continue;
		Irp->IoStatus.Status = Status;
		Irp->IoStatus.Information = 0;
		InsertTailList(Served, &Irp->Tail.Overlay.ListEntry);
		Count++;
	}
	return Count;
}

VOID IrlpCancelReads(PIRLP_CHANNEL Channel)
{
	LIST_ENTRY Served;
	KIRQL Irql;

	InitializeListHead(&Served);
	KeAcquireSpinLock(&Channel->RxLock, &Irql);
	Channel->Closing = TRUE;
	Channel->Cancelled += FailReads(Channel, STATUS_CANCELLED, &Served);
	KeReleaseSpinLock(&Channel->RxLock, Irql);
	IrlpCompleteAll(&Served);
}

VOID IrlpEndReceive(PIRLP_CHANNEL Channel, PLIST_ENTRY Served)
{
	KIRQL Irql;

	KeAcquireSpinLock(&Channel->RxLock, &Irql);
	Channel->Gone = TRUE;
	Serve(Channel, Served);
	FailReads(Channel, STATUS_DEVICE_REMOVED, Served);
	KeReleaseSpinLock(&Channel->RxLock, Irql);
}

NTSTATUS IrlpSetReceive(PIRLP_CHANNEL Channel,
			const struct irl_win_receive *Receive)
{
	LIST_ENTRY Served;
	KIRQL Irql;

	if (Receive->batch < 1 || Receive->batch > IRL_WIN_BATCH_MAX ||
	    Receive->delay_us > IRL_WIN_DELAY_MAX)
		return STATUS_INVALID_PARAMETER;
	InitializeListHead(&Served);
	KeAcquireSpinLock(&Channel->RxLock, &Irql);
	Channel->RxBatch = Receive->batch;
	Channel->RxDelay = Receive->delay_us;
	Serve(Channel, &Served);
	KeReleaseSpinLock(&Channel->RxLock, Irql);
	IrlpCompleteAll(&Served);
	return STATUS_SUCCESS;
}

VOID IrlpInitReceive(PIRLP_CHANNEL Channel)
{
	KeInitializeSpinLock(&Channel->RxLock);
	InitializeListHead(&Channel->Reads);
	KeInitializeTimer(&Channel->Timer);
	KeInitializeDpc(&Channel->Dpc, DelayOver, Channel);
	Channel->RxBatch = 1;
}

/* ---- delivery ------------------------------------------------------------ */

static USHORT ReceiveFlags(PNET_BUFFER_LIST List, USHORT *Segments)
{
	NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO Sum;
	NDIS_RSC_NBL_INFO Rsc;
	ULONG Flags = 0;

	Sum.Value = NET_BUFFER_LIST_INFO(List, TcpIpChecksumNetBufferListInfo);
	Rsc.Value = NET_BUFFER_LIST_INFO(List, TcpRecvSegCoalesceInfo);
	if (Sum.Receive.TcpChecksumFailed || Sum.Receive.UdpChecksumFailed ||
	    Sum.Receive.IpChecksumFailed)
		Flags |= IRL_WIN_RX_CHECKSUM_BAD;
	else if (Sum.Receive.TcpChecksumSucceeded ||
		 Sum.Receive.UdpChecksumSucceeded)
		Flags |= IRL_WIN_RX_CHECKSUM_GOOD;
	*Segments = Rsc.Info.CoalescedSegCount;
	if (*Segments)
		Flags |= IRL_WIN_RX_COALESCED;
	return (USHORT)Flags;
}

/* Copy the frame of @List into the ring, or count why not. */
static VOID Put(PIRLP_CHANNEL Channel, PNET_BUFFER_LIST List, ULONG64 Time)
{
	PNET_BUFFER Buffer = List->FirstNetBuffer;
	ULONG Length = Buffer->DataLength;
	struct irl_win_frame *Record;
	PVOID Data;

	if (Length > FRAME_MAX) {
		Channel->TooLong++;
		return;
	}
	Record = Reserve(&Channel->Ring, irl_win_space(Length));
	if (!Record) {
		Channel->RingFull++;
		return;
	}
	Data = NdisGetDataBuffer(Buffer, Length, Record + 1, 1, 0);
	if (!Data) {
		Channel->Unreadable++;
		return;
	}
	if (Data != Record + 1)
		RtlCopyMemory(Record + 1, Data, Length);
	Record->length = Length;
	Record->flags = ReceiveFlags(List, &Record->segments);
	Record->time = Time;
	Channel->Ring.Head += irl_win_space(Length);
	Channel->Ring.Frames++;
	Channel->RxFrames++;
	Channel->RxBytes += Length;
}

VOID NTAPI IrlpDeliver(PVOID Context, PNET_BUFFER_LIST List, ULONG Count)
{
	PIRLP_CHANNEL Channel = (PIRLP_CHANNEL)Context;
	ULONG64 Time = (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart;
	LIST_ENTRY Served;
	KIRQL Irql;

	InitializeListHead(&Served);
	KeAcquireSpinLock(&Channel->RxLock, &Irql);
	for (; Count && List; Count--, List = List->Next)
		Put(Channel, List, Time);
	Serve(Channel, &Served);
	KeReleaseSpinLock(&Channel->RxLock, Irql);
	IrlpCompleteAll(&Served);
}
