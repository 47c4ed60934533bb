// SPDX-License-Identifier: BSD-2-Clause
/*
 * A buffer of frames becomes one list of NET_BUFFER_LISTs and one call of NDIS.
 *
 * The buffer belongs to a program that may write to it at any time.  So each
 * header is read once, into a copy, and only the copy is looked at; a frame's
 * contents are copied too unless the program asked for zero copy.
 *
 * Costs of a buffer: one lock to take a request, one to give it back; nothing
 * is allocated.
 */
#include "irlstackp.h"

#define REFUSED(why) (-1 - (LONG)(why))
#define TRANSPORT_MAX 0x3ffu /* TcpHeaderOffset has 10 bits */

/* The program's buffer, mapped and locked for the request's life. */
typedef struct _SOURCE {
	PMDL Mdl;
	PUCHAR Base;
	ULONG Length;
	ULONG At;       /* the next header */
	LONG Checksums; /* what the adapter computes, for all of the buffer */
} SOURCE, *PSOURCE;

/* ---- one frame ----------------------------------------------------------- */

/* The only look at a header; what it says now counts. */
static VOID Capture(const VOID *From, struct irl_win_frame *To)
{
	const volatile ULONG64 *Words = (const volatile ULONG64 *)From;
	ULONG64 Copy[2];

	Copy[0] = Words[0];
	Copy[1] = Words[1];
	RtlCopyMemory(To, Copy, sizeof(Copy));
}

/* Whether what a miniport reads of the headers lies inside of the frame. */
static BOOLEAN ChecksumFits(const struct irl_win_frame *Frame)
{
	ULONG Ip = Frame->flags & IRL_WIN_TX_IPV6 ? 40 : 20;
	ULONG Transport = Frame->flags & IRL_WIN_TX_CHECKSUM_TCP ? 20 : 8;

	if (Frame->length < IRL_WIN_FRAME_MIN + Ip)
		return FALSE;
	if (!(Frame->flags &
	      (IRL_WIN_TX_CHECKSUM_TCP | IRL_WIN_TX_CHECKSUM_UDP)))
		return TRUE;
	return Frame->transport >= IRL_WIN_FRAME_MIN + Ip &&
	       Frame->transport <= TRANSPORT_MAX &&
	       Frame->transport + Transport <= Frame->length;
}

/* What the adapter must be able to do beside the checksums.  A program that
 * changes its frame after this look spoils only that frame's checksum. */
static ULONG Demands(const volatile UCHAR *Bytes,
		     const struct irl_win_frame *Frame)
{
	BOOLEAN Six = (Frame->flags & IRL_WIN_TX_IPV6) != 0;
	ULONG Type = (ULONG)Bytes[12] << 8 | Bytes[13], Demands = 0;

	if (Type != (Six ? 0x86ddu : 0x0800u))
		Demands |= IRLP_OTHER_TYPE;
	if (!Six && (Bytes[IRL_WIN_FRAME_MIN] & 15) != 5)
		Demands |= IRLP_IP_OPTIONS;
	if (!(Frame->flags &
	      (IRL_WIN_TX_CHECKSUM_TCP | IRL_WIN_TX_CHECKSUM_UDP)))
		return Demands;
	if (Frame->transport != IRL_WIN_FRAME_MIN + (Six ? 40 : 20))
		Demands |= IRLP_IP_OPTIONS;
	if ((Frame->flags & IRL_WIN_TX_CHECKSUM_TCP) &&
	    Bytes[Frame->transport + 12] >> 4 != 5)
		Demands |= IRLP_TCP_OPTIONS;
	return Demands;
}

static LONG CheckChecksum(PSOURCE Source, const struct irl_win_frame *Frame)
{
	ULONG Wanted = Frame->flags & (ULONG)IRL_WIN_TX_CHECKSUMS;
	ULONG Offered = Frame->flags & IRL_WIN_TX_IPV6
			    ? IRLP_CHECKSUMS_V6(Source->Checksums)
			    : IRLP_CHECKSUMS_V4(Source->Checksums);

	if (Frame->flags & ~(ULONG)IRL_WIN_TX_FLAGS)
		return REFUSED(IRL_WIN_REFUSED_FORMAT);
	if (!Wanted)
		return 0;
	if ((Wanted & IRL_WIN_TX_CHECKSUM_TCP) &&
	    (Wanted & IRL_WIN_TX_CHECKSUM_UDP))
		return REFUSED(IRL_WIN_REFUSED_FORMAT);
	if (!ChecksumFits(Frame))
		return REFUSED(IRL_WIN_REFUSED_FORMAT);
	Wanted |= Demands(Source->Base + Source->At + sizeof(*Frame), Frame);
	return Wanted & ~Offered ? REFUSED(IRL_WIN_REFUSED_CHECKSUM) : 0;
}

/* The next header of @Source, found good, or a refusal. */
static LONG NextHeader(PIRLP_CHANNEL Channel, PSOURCE Source,
		       struct irl_win_frame *Frame)
{
	ULONG Room = Source->Length - Source->At;

	if (Room < sizeof(*Frame))
		return REFUSED(IRL_WIN_REFUSED_FORMAT);
	Capture(Source->Base + Source->At, Frame);
	if (Frame->length < IRL_WIN_FRAME_MIN ||
	    Frame->length > Channel->FrameMax)
		return REFUSED(IRL_WIN_REFUSED_LENGTH);
	if (Frame->length > Room - sizeof(*Frame))
		return REFUSED(IRL_WIN_REFUSED_FORMAT);
	return CheckChecksum(Source, Frame);
}

static PVOID ChecksumInfo(const struct irl_win_frame *Frame)
{
	NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO Info;
	ULONG Flags = Frame->flags;

	Info.Value = NULL;
	if (!(Flags & IRL_WIN_TX_CHECKSUMS))
		return NULL;
	Info.Transmit.IsIPv4 = !(Flags & IRL_WIN_TX_IPV6);
	Info.Transmit.IsIPv6 = !!(Flags & IRL_WIN_TX_IPV6);
	Info.Transmit.IpHeaderChecksum = !!(Flags & IRL_WIN_TX_CHECKSUM_IP);
	Info.Transmit.TcpChecksum = !!(Flags & IRL_WIN_TX_CHECKSUM_TCP);
	Info.Transmit.UdpChecksum = !!(Flags & IRL_WIN_TX_CHECKSUM_UDP);
	/* checked for these only */
	if (Flags & (IRL_WIN_TX_CHECKSUM_TCP | IRL_WIN_TX_CHECKSUM_UDP))
		Info.Transmit.TcpHeaderOffset =
		    (ULONG)Frame->transport & TRANSPORT_MAX;
	return Info.Value;
}

/* Describe the frame at @Offset of the program's pages by the list's MDL.  The
 * partial MDL inherits our mapping; XDP for Windows, too, points StartVa there,
 * as a miniport (KDNIC) reads it in the context of any process. */
static VOID PointAt(PMDL Mdl, PSOURCE Source, ULONG Offset, ULONG Length)
{
	PUCHAR Va = (PUCHAR)MmGetMdlVirtualAddress(Source->Mdl) + Offset;

	IoBuildPartialMdl(Source->Mdl, Mdl, Va, Length);
	Mdl->StartVa = (PUCHAR)Mdl->MappedSystemVa - Mdl->ByteOffset;
}

static VOID Fill(PIRLP_REQUEST Request, ULONG Index, PSOURCE Source,
		 const struct irl_win_frame *Frame)
{
	PNET_BUFFER_LIST List = Request->Lists[Index];
	PNET_BUFFER Buffer = List->FirstNetBuffer;
	PMDL Mdl = (PMDL)NET_BUFFER_LIST_CONTEXT_DATA_START(List);
	ULONG Offset = Source->At + (ULONG)sizeof(*Frame);

	if (Request->Copy)
		RtlCopyMemory(Request->Copy +
				  (SIZE_T)Index * Request->Channel->Stride,
			      Source->Base + Offset, Frame->length);
	else
		PointAt(Mdl, Source, Offset, Frame->length);
	/* those below may have changed any of them */
	Mdl->Next = NULL;
	Buffer->MdlChain = Buffer->CurrentMdl = Mdl;
	Buffer->DataOffset = Buffer->CurrentMdlOffset = 0;
	Buffer->stDataLength = Frame->length;
	List->Status = NDIS_STATUS_SUCCESS;
	NET_BUFFER_LIST_INFO(List, TcpIpChecksumNetBufferListInfo) =
	    ChecksumInfo(Frame);
	NET_BUFFER_LIST_INFO(List, Ieee8021QNetBufferListInfo) = NULL;
	NET_BUFFER_LIST_INFO(List, NetBufferListCancelId) = Request->CancelId;
	List->ProtocolReserved[1] = Source->Base + Source->At;
}

/* ---- the end of a request ------------------------------------------------ */

/* Nothing of the channel is touched after the IRP's completion: with the last
 * one the handle may be gone. */
static VOID Complete(PIRLP_REQUEST Request)
{
	PIRLP_CHANNEL Channel = Request->Channel;
	PIRLP_ADAPTER Adapter = Channel->Adapter;
	PIRP Irp = Request->Irp;
	PMDL Mdl = Irp->MdlAddress;
	LONG64 Sent = Request->Frames;
	LONG Cancelled = InterlockedExchange(&Request->Cancelled, 0);

	Cancelled = Cancelled && Request->Outcome[IRL_WIN_CANCELLED];
	for (ULONG i = 1; i < IRL_WIN_OUTCOMES; i++) {
		LONG Count = InterlockedExchange(&Request->Outcome[i], 0);

		if (!Count)
			continue;
		InterlockedExchangeAdd64(&Channel->Outcome[i], Count);
		Sent -= Count;
	}
	InterlockedExchangeAdd64(&Channel->Outcome[IRL_WIN_SENT], Sent);
	InterlockedExchange(&Request->Over, 0);
	IrlpGiveRequest(Request);
	ExReleaseRundownProtection(&Adapter->Sends);
	if (Cancelled)
		IrlComplete(Irp, STATUS_CANCELLED, 0);
	else
		IrlComplete(Irp, STATUS_SUCCESS, MmGetMdlByteCount(Mdl));
}

/* Once the frames are back, and once a cancel routine that ran is through: the
 * second completes. */
static VOID EndOne(PIRLP_REQUEST Request)
{
	if (InterlockedIncrement(&Request->Over) == 2)
		Complete(Request);
}

static VOID Release(PIRLP_REQUEST Request, LONG Count)
{
	if (InterlockedExchangeAdd(&Request->Left, -Count) != Count)
		return;
	if (IoSetCancelRoutine(Request->Irp, NULL))
		Complete(Request); /* it will not run any more */
	else
		EndOne(Request);
}

/* ---- cancelling ---------------------------------------------------------- */

/* Ask NDIS for the frames of a request, which the caller keeps from ending.
 * They may come back within the call. */
static VOID CallBack(PIRLP_REQUEST Request)
{
	InterlockedExchange(&Request->Cancelled, TRUE);
	NdisCancelSendNetBufferLists(Request->Channel->Adapter->Binding,
				     Request->CancelId);
}

/* Called with the cancel lock held. */
static VOID NTAPI CancelWrite(PDEVICE_OBJECT Device, PIRP Irp)
{
	PIRLP_REQUEST Request =
	    (PIRLP_REQUEST)Irp->Tail.Overlay.DriverContext[0];

	(void)Device;
	IoReleaseCancelSpinLock(Irp->CancelIrql);
	CallBack(Request);
	EndOne(Request);
}

/* Unless it ends, keep it from that until Release(). */
static BOOLEAN Keep(PIRLP_REQUEST Request)
{
	LONG Left = InterlockedOr(&Request->Left, 0), Was;

	for (; Left > 0; Left = Was) {
		Was =
		    InterlockedCompareExchange(&Request->Left, Left + 1, Left);
		if (Was == Left)
			return TRUE;
	}
	return FALSE;
}

VOID IrlpCancelWrites(PIRLP_CHANNEL Channel)
{
	if (!IrlpIsBound(Channel))
		return;
	for (ULONG i = 0; i < Channel->Requests; i++) {
		PIRLP_REQUEST Request = Channel->All[i];

		if (!Keep(Request))
			continue;
		CallBack(Request);
		Release(Request, 1);
	}
}

/* ---- one request --------------------------------------------------------- */

/* The number of frames, linked from Lists[0] on, or a refusal. */
static LONG Build(PIRLP_REQUEST Request, PSOURCE Source)
{
	PIRLP_CHANNEL Channel = Request->Channel;
	struct irl_win_frame Frame;
	ULONG Count = 0;

	Request->Bytes = 0;
	while (Source->At < Source->Length) {
		LONG Refusal = NextHeader(Channel, Source, &Frame);

		if (Refusal < 0)
			return Refusal;
		if (Count == Channel->Batch)
			return REFUSED(IRL_WIN_REFUSED_COUNT);
		Fill(Request, Count, Source, &Frame);
		if (Count)
			Request->Lists[Count - 1]->Next = Request->Lists[Count];
		Request->Lists[Count]->Next = NULL;
		Request->Bytes += Frame.length;
		Source->At += irl_win_space(Frame.length);
		Count++;
	}
	return Count ? (LONG)Count : REFUSED(IRL_WIN_REFUSED_FORMAT);
}

/* NDIS's byte first; never one that was used, so that a late cancellation
 * finds nothing. */
static PVOID NewCancelId(PIRLP_ADAPTER Adapter)
{
	ULONG64 Mine = (ULONG64)InterlockedIncrement64(&Adapter->LastCancelId);

	return (PVOID)(Adapter->Driver->CancelIds | (Mine & (~0ull >> 8)));
}

static VOID Send(PIRLP_REQUEST Request, PIRP Irp, ULONG Frames, BOOLEAN Report)
{
	PIRLP_CHANNEL Channel = Request->Channel;

	Request->Irp = Irp;
	Request->Report = Report;
	Request->Frames = Frames;
	/* and we until NDIS has them all */
	InterlockedExchange(&Request->Left, (LONG)Frames + 1);
	InterlockedIncrement64(&Channel->TxBuffers);
	InterlockedExchangeAdd64(&Channel->TxFrames, Frames);
	InterlockedExchangeAdd64(&Channel->TxBytes, (LONG64)Request->Bytes);
	IoMarkIrpPending(Irp);
	Irp->Tail.Overlay.DriverContext[0] = Request;
	IoSetCancelRoutine(Irp, CancelWrite);
	NdisSendNetBufferLists(Channel->Adapter->Binding, Request->Lists[0], 0,
			       0);
	/* before NDIS had them to give back */
	if (Irp->Cancel || InterlockedOr(&Channel->Ended, 0))
		CallBack(Request);
	Release(Request, 1);
}

static NTSTATUS Refuse(PIRLP_CHANNEL Channel, PIRP Irp, LONG Refusal)
{
	static const NTSTATUS Status[IRL_WIN_REFUSALS] = {
	    [IRL_WIN_REFUSED_BUSY] = STATUS_DEVICE_BUSY,
	    [IRL_WIN_REFUSED_PAUSED] = STATUS_DEVICE_NOT_READY,
	    [IRL_WIN_REFUSED_FORMAT] = STATUS_INVALID_PARAMETER,
	    [IRL_WIN_REFUSED_LENGTH] = STATUS_INVALID_BUFFER_SIZE,
	    [IRL_WIN_REFUSED_COUNT] = STATUS_INVALID_BUFFER_SIZE,
	    [IRL_WIN_REFUSED_CHECKSUM] = STATUS_NOT_SUPPORTED,
	    [IRL_WIN_REFUSED_MEMORY] = STATUS_INSUFFICIENT_RESOURCES,
	};
	LONG Why = -1 - Refusal;

	InterlockedIncrement64(&Channel->Refused[Why]);
	if (Why == IRL_WIN_REFUSED_PAUSED &&
	    InterlockedOr(&Channel->Adapter->State, 0) == IRL_WIN_ADAPTER_GONE)
		return IrlComplete(Irp, STATUS_DEVICE_REMOVED, 0);
	return IrlComplete(Irp, Status[Why], 0);
}

static LONG Map(PSOURCE Source, PMDL Mdl, ULONG Length)
{
	if (!Mdl || Length > IRL_WIN_BUFFER_MAX)
		return REFUSED(IRL_WIN_REFUSED_FORMAT);
	Source->Base = (PUCHAR)MmGetSystemAddressForMdlSafe(
	    Mdl, NormalPagePriority | MdlMappingNoExecute);
	if (!Source->Base)
		return REFUSED(IRL_WIN_REFUSED_MEMORY);
	if ((ULONG_PTR)Source->Base & (IRL_WIN_ALIGN - 1))
		return REFUSED(IRL_WIN_REFUSED_FORMAT);
	Source->Mdl = Mdl;
	Source->Length = Length;
	Source->At = 0;
	return 0;
}

/* Sends is held: when it returns >= 0, until the request is complete. */
static LONG Start(PIRLP_CHANNEL Channel, PIRP Irp, PSOURCE Source,
		  BOOLEAN Report)
{
	PIRLP_REQUEST Request = IrlpTakeRequest(Channel);
	LONG Frames;

	if (!Request)
		return REFUSED(IRL_WIN_REFUSED_BUSY);
	Request->CancelId = NewCancelId(Channel->Adapter);
	Frames = Build(Request, Source);
	if (Frames < 0) {
		IrlpGiveRequest(Request);
		return Frames;
	}
	Send(Request, Irp, (ULONG)Frames, Report);
	return 0;
}

static LONG Begin(PIRLP_CHANNEL Channel, PIRP Irp, PSOURCE Source,
		  BOOLEAN Report)
{
	PIRLP_ADAPTER Adapter = Channel->Adapter;
	LONG Refusal;

	if (!ExAcquireRundownProtection(&Adapter->Sends))
		return REFUSED(IRL_WIN_REFUSED_PAUSED);
	Source->Checksums = InterlockedOr(&Adapter->Checksums, 0);
	Refusal = Start(Channel, Irp, Source, Report);
	if (Refusal < 0)
		ExReleaseRundownProtection(&Adapter->Sends);
	return Refusal;
}

NTSTATUS IrlpTransmit(PIRLP_CHANNEL Channel, PIRP Irp, PMDL Mdl, ULONG Length,
		      BOOLEAN Report)
{
	SOURCE Source;
	LONG Refusal;

	if (!IrlpIsBound(Channel))
		return IrlComplete(Irp, STATUS_INVALID_DEVICE_STATE, 0);
	Refusal = Map(&Source, Mdl, Length);
	if (Refusal < 0)
		return Refuse(Channel, Irp, Refusal);
	/* a program that is suspended in here would hold up a pause */
	KeEnterCriticalRegion();
	Refusal = Begin(Channel, Irp, &Source, Report);
	KeLeaveCriticalRegion();
	return Refusal < 0 ? Refuse(Channel, Irp, Refusal) : STATUS_PENDING;
}

/* ---- frames that come back ----------------------------------------------- */

static enum irl_win_outcome Outcome(NDIS_STATUS Status)
{
	switch (Status) {
	case NDIS_STATUS_SUCCESS:
		return IRL_WIN_SENT;
	case NDIS_STATUS_PAUSED:
		return IRL_WIN_PAUSED;
	case NDIS_STATUS_SEND_ABORTED:
		return IRL_WIN_CANCELLED;
	case NDIS_STATUS_REQUEST_ABORTED:
	case NDIS_STATUS_RESET_IN_PROGRESS:
	case NDIS_STATUS_ADAPTER_REMOVED:
		return IRL_WIN_ABORTED;
	case NDIS_STATUS_RESOURCES:
		return IRL_WIN_NO_RESOURCES;
	case NDIS_STATUS_MEDIA_DISCONNECTED:
	case NDIS_STATUS_LOW_POWER_STATE:
		return IRL_WIN_NO_LINK;
	case NDIS_STATUS_INVALID_PACKET:
	case NDIS_STATUS_INVALID_LENGTH:
	case NDIS_STATUS_INVALID_DATA:
		return IRL_WIN_REJECTED;
	default:
		return IRL_WIN_FAILED;
	}
}

static VOID CompleteFrame(PIRLP_REQUEST Request, PNET_BUFFER_LIST List)
{
	enum irl_win_outcome What = Outcome(List->Status);

	List->Next = NULL;
	if (!Request->Copy)
		MmPrepareMdlForReuse(
		    (PMDL)NET_BUFFER_LIST_CONTEXT_DATA_START(List));
	if (What != IRL_WIN_SENT)
		InterlockedIncrement(&Request->Outcome[What]);
	if (Request->Report)
		*(volatile ULONG64 *)&(
		     (struct irl_win_frame *)List->ProtocolReserved[1])
		     ->outcome = What;
}

VOID NTAPI IrlpSendComplete(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists,
			    ULONG Flags)
{
	(void)Context;
	(void)Flags;
	while (Lists) {
		PIRLP_REQUEST Request =
		    (PIRLP_REQUEST)Lists->ProtocolReserved[0];
		LONG Count = 0;

		/* mostly all of them are of one request */
		while (Lists && Lists->ProtocolReserved[0] == Request) {
			PNET_BUFFER_LIST Next = Lists->Next;

			CompleteFrame(Request, Lists);
			Lists = Next;
			Count++;
		}
		Release(Request, Count);
	}
}
