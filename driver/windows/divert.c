// SPDX-License-Identifier: BSD-2-Clause
/*
 * The receive path.  A frame is either ours or the host's, never both, and the
 * host's are indicated as they came.
 *
 * Ours are copied by irlstackp within the call, so every list goes back at
 * once.  Where NDIS lends the lists for the call only (RESOURCES), the order of
 * the list is restored before we return, as NDIS demands.
 */
#include "irlstackf.h"

#define LOOK 512 /* of a frame that lies in several pieces */

/* What one call counts; added to the module's at its end. */
typedef struct _TALLY {
	LONG64 Frames, Host, Taken, NoQueue, Unreadable;
} TALLY, *PTALLY;

typedef struct _QUEUE {
	PNET_BUFFER_LIST First;
	PNET_BUFFER_LIST Last;
	ULONG Count;
} QUEUE, *PQUEUE;

typedef struct _CALL {
	PIRLF_MODULE Module;
	PIRLF_TABLE Table;
	NDIS_PORT_NUMBER Port;
	ULONG Flags;
	TALLY Tally;
} CALL, *PCALL;

static VOID Append(PQUEUE Queue, PNET_BUFFER_LIST First, PNET_BUFFER_LIST Last,
		   ULONG Count)
{
	if (Queue->Last)
		Queue->Last->Next = First;
	else
		Queue->First = First;
	Queue->Last = Last;
	Queue->Count += Count;
}

static VOID Return(PCALL Call, PNET_BUFFER_LIST Lists)
{
	NdisFReturnNetBufferLists(Call->Module->Handle, Lists,
				  Call->Flags &
					  NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL
				      ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL
				      : 0);
}

/* ---- whose is it? -------------------------------------------------------- */

/* A VLAN or priority tag, which the adapter took out of the frame: with it in
 * place the rule would leave the frame to the host. */
static BOOLEAN IsTagged(PNET_BUFFER_LIST List)
{
	return NET_BUFFER_LIST_INFO(List, Ieee8021QNetBufferListInfo) != NULL;
}

/* The whole frame if it lies in one piece, else its first bytes, in @Storage.
 * NULL: its pages could not be mapped. */
static const VOID *Look(PNET_BUFFER Buffer, PUCHAR Storage, PULONG Length)
{
	const VOID *Frame;

	*Length = Buffer->DataLength;
	Frame = NdisGetDataBuffer(Buffer, *Length, NULL, 1, 0);
	if (Frame)
		return Frame;
	if (*Length > LOOK)
		*Length = LOOK;
	return NdisGetDataBuffer(Buffer, *Length, Storage, 1, 0);
}

static PIRLF_TARGET TargetOf(PCALL Call, PNET_BUFFER_LIST List)
{
	PNET_BUFFER Buffer = List->FirstNetBuffer;
	UCHAR Storage[LOOK];
	const VOID *Frame;
	ULONG Length;

	/* Ethernet has one frame in a list; another kind is not ours */
	if (Buffer->Next || Buffer->DataLength < IRL_WIN_FRAME_MIN ||
	    IsTagged(List))
		return NULL;
	Frame = Look(Buffer, Storage, &Length);
	if (!Frame) {
		Call->Tally.Unreadable++;
		return NULL;
	}
	return IrlfMatch(Call->Table, Frame, Length);
}

/* ---- runs of frames that are one's --------------------------------------- */

typedef struct _RUN {
	PNET_BUFFER_LIST First, Last, Next;
	PIRLF_TARGET Target; /* NULL: the host's */
	ULONG Count;
} RUN, *PRUN;

/* The longest run at the begin of @List; *@Target is the first one's, and of
 * that after the run when it returns. */
static RUN TakeRun(PCALL Call, PNET_BUFFER_LIST List, PIRLF_TARGET *Target)
{
	RUN Run = {.First = List, .Target = *Target};

	do {
		Run.Last = List;
		Run.Count++;
		List = List->Next;
		*Target = List ? TargetOf(Call, List) : NULL;
	} while (List && *Target == Run.Target);
	Run.Next = List;
	return Run;
}

static VOID Deliver(PCALL Call, PIRLF_TARGET Target, PNET_BUFFER_LIST First,
		    ULONG Count)
{
	if (!Count)
		return;
	if (!Target->Deliver) {
		Call->Tally.NoQueue += Count;
		return;
	}
	Call->Tally.Taken += Count;
	Target->Deliver(Target->Context, First, Count);
}

/* Ours, linked in the order they came, of which the last are not yet
 * delivered: they are all of one target, whatever host's stood between. */
typedef struct _OURS {
	QUEUE All;
	PIRLF_TARGET Target;
	PNET_BUFFER_LIST First;
	ULONG Count;
} OURS, *POURS;

static VOID Flush(PCALL Call, POURS Ours)
{
	Deliver(Call, Ours->Target, Ours->First, Ours->Count);
	Ours->Count = 0;
}

static VOID Keep(PCALL Call, POURS Ours, const RUN *Run)
{
	if (Ours->Target != Run->Target)
		Flush(Call, Ours);
	if (!Ours->Count)
		Ours->First = Run->First;
	Ours->Target = Run->Target;
	Ours->Count += Run->Count;
	Append(&Ours->All, Run->First, Run->Last, Run->Count);
}

static VOID IndicateAll(PCALL Call, PQUEUE Host)
{
	Call->Tally.Host += Host->Count;
	if (!Host->First)
		return;
	Host->Last->Next = NULL;
	NdisFIndicateReceiveNetBufferLists(Call->Module->Handle, Host->First,
					   Call->Port, Host->Count,
					   Call->Flags);
}

/* Lists that are ours until we return them: at most one indication and one
 * return, whatever the order.  The table is not held while the host works. */
static VOID Divide(PCALL Call, PNET_BUFFER_LIST Lists)
{
	QUEUE Host = {NULL, NULL, 0};
	OURS Ours = {{NULL, NULL, 0}, NULL, NULL, 0};
	PIRLF_TARGET Target = TargetOf(Call, Lists);

	while (Lists) {
		RUN Run = TakeRun(Call, Lists, &Target);

		Lists = Run.Next;
		if (Run.Target)
			Keep(Call, &Ours, &Run);
		else
			Append(&Host, Run.First, Run.Last, Run.Count);
	}
	Flush(Call, &Ours);
	IrlfPutTable(Call->Table);
	if (Ours.All.First) {
		Ours.All.Last->Next = NULL;
		Return(Call, Ours.All.First);
	}
	IndicateAll(Call, &Host);
}

/* Lists that are lent: run by run, each put back where it was. */
static VOID DivideLent(PCALL Call, PNET_BUFFER_LIST Lists)
{
	PIRLF_TARGET Target = TargetOf(Call, Lists);

	while (Lists) {
		RUN Run = TakeRun(Call, Lists, &Target);

		if (Run.Target) {
			Deliver(Call, Run.Target, Run.First, Run.Count);
		} else {
			Call->Tally.Host += Run.Count;
			Run.Last->Next = NULL;
			NdisFIndicateReceiveNetBufferLists(
			    Call->Module->Handle, Run.First, Call->Port,
			    Run.Count, Call->Flags);
			Run.Last->Next = Run.Next;
		}
		Lists = Run.Next;
	}
	IrlfPutTable(Call->Table);
}

/* ---- entry --------------------------------------------------------------- */

static VOID Count(volatile LONG64 *Counter, LONG64 Frames)
{
	if (Frames)
		InterlockedExchangeAdd64(Counter, Frames);
}

static VOID CountAll(PIRLF_MODULE Module, const TALLY *Tally)
{
	Count(&Module->Frames, Tally->Frames);
	Count(&Module->Host, Tally->Host);
	Count(&Module->Taken, Tally->Taken);
	Count(&Module->NoQueue, Tally->NoQueue);
	Count(&Module->Unreadable, Tally->Unreadable);
}

static VOID PassAll(PCALL Call, PNET_BUFFER_LIST Lists, ULONG Frames)
{
	Call->Tally.Host = Frames;
	NdisFIndicateReceiveNetBufferLists(Call->Module->Handle, Lists,
					   Call->Port, Frames, Call->Flags);
}

VOID NTAPI IrlfReceive(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists,
		       NDIS_PORT_NUMBER Port, ULONG Frames, ULONG Flags)
{
	CALL Call = {.Module = (PIRLF_MODULE)Context,
		     .Port = Port,
		     .Flags = Flags,
		     .Tally = {.Frames = Frames}};

	if (!InterlockedOr(&Call.Module->Running, 0)) {
		Count(&Call.Module->Frames, Frames);
		Count(&Call.Module->Paused, Frames);
		if (!(Flags & NDIS_RECEIVE_FLAGS_RESOURCES))
			Return(&Call, Lists);
		return;
	}
	Call.Table = IrlfGetTable(Call.Module);
	if (!Call.Table)
		PassAll(&Call, Lists, Frames);
	else if (Flags & NDIS_RECEIVE_FLAGS_RESOURCES)
		DivideLent(&Call, Lists);
	else
		Divide(&Call, Lists);
	CountAll(Call.Module, &Call.Tally);
}

/* What the host returns of those that we indicated. */
VOID NTAPI IrlfReturn(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, ULONG Flags)
{
	NdisFReturnNetBufferLists(((PIRLF_MODULE)Context)->Handle, Lists,
				  Flags);
}
