// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is ours: the rule of include/irl/steer.h, compiled from the same header
 * as for Linux, and who has asked for what.
 */
#include "irlstackf.h"
#include "steer/overlap.h"

/* ---- tables -------------------------------------------------------------- */

PIRLF_TABLE IrlfGetTable(PIRLF_MODULE Module)
{
	PIRLF_TABLE Table;
	KIRQL Irql;

	KeAcquireSpinLock(&Module->Lock, &Irql);
	Table = Module->Table;
	if (Table && !ExAcquireRundownProtection(&Table->Readers))
		Table = NULL; /* cannot be: exchanged first, then run down */
	KeReleaseSpinLock(&Module->Lock, Irql);
	return Table;
}

VOID IrlfPutTable(PIRLF_TABLE Table)
{
	ExReleaseRundownProtection(&Table->Readers);
}

PIRLF_TARGET IrlfMatch(PIRLF_TABLE Table, const VOID *Frame, ULONG Length)
{
	const uint8_t *End = (const uint8_t *)Frame + Length;

	for (ULONG i = 0; i < Table->Groups; i++) {
		PIRLF_GROUP Group = &Table->Group[i];
		ULONG Queue = 0;

		if (irl_steer_core(&Group->Rule, Frame, End) != IRL_STEER_OURS)
			continue;
		if (Group->Queues > 1)
			Queue = irl_steer_part_of(
			    &Group->Parts,
			    irl_steer_local_port((const uint8_t *)Frame, End));
		return &Group->Target[Queue % IRL_WIN_QUEUES_MAX];
	}
	return NULL;
}

static VOID Exchange(PIRLF_MODULE Module, PIRLF_TABLE New)
{
	PIRLF_TABLE Old;
	KIRQL Irql;

	KeAcquireSpinLock(&Module->Lock, &Irql);
	Old = Module->Table;
	Module->Table = New;
	KeReleaseSpinLock(&Module->Lock, Irql);
	if (Old)
		ExWaitForRundownProtectionRelease(&Old->Readers);
	IrlFree(Old);
}

VOID IrlfDropTable(PIRLF_MODULE Module)
{
	Exchange(Module, NULL);
}

/* ---- from subscribers to a table ----------------------------------------- */

static PIRLF_SUBSCRIBER SubscriberAt(PLIST_ENTRY Entry)
{
	return CONTAINING_RECORD(Entry, IRLF_SUBSCRIBER, Entry);
}

static PIRLF_GROUP FindGroup(PIRLF_TABLE Table, const IRL_SUBSCRIPTION *Wanted)
{
	for (ULONG i = 0; i < Table->Groups; i++) {
		PIRLF_GROUP Group = &Table->Group[i];

		if (Group->Queues == Wanted->Queues &&
		    !memcmp(&Group->Rule, &Wanted->Rule, sizeof(Group->Rule)))
			return Group;
	}
	return NULL;
}

/* As irl_steer_parts of src/steer, which user space uses. */
static struct irl_steer_parts PartsOf(const IRL_SUBSCRIPTION *Wanted)
{
	const struct irl_steer *Rule = &Wanted->Rule;
	struct irl_steer_parts Parts = {.first = 0, .count = 65536};

	if (Rule->port_last) {
		Parts.first = Rule->port_first;
		Parts.count =
		    Rule->port_last < Rule->port_first
			? 1
			: (uint32_t)Rule->port_last - Rule->port_first + 1;
	}
	Parts.scale =
	    (((uint64_t)Wanted->Queues << 32) + Parts.count - 1) / Parts.count;
	return Parts;
}

static VOID Add(PIRLF_TABLE Table, const IRL_SUBSCRIPTION *Wanted)
{
	PIRLF_GROUP Group = FindGroup(Table, Wanted);

	if (!Group) {
		Group = &Table->Group[Table->Groups++];
		Group->Rule = Wanted->Rule;
		Group->Queues = Wanted->Queues;
		Group->Parts = PartsOf(Wanted);
	}
	Group->Target[Wanted->Queue].Deliver = Wanted->Deliver;
	Group->Target[Wanted->Queue].Context = Wanted->Context;
}

static ULONG CountFor(PIRLF_DRIVER Driver, PIRLF_MODULE Module)
{
	ULONG Count = 0;

	for (PLIST_ENTRY At = Driver->Subscribers.Flink;
	     At != &Driver->Subscribers; At = At->Flink)
		Count +=
		    IrlSameName(&SubscriberAt(At)->Adapter, &Module->Adapter);
	return Count;
}

NTSTATUS IrlfRebuild(PIRLF_DRIVER Driver, PIRLF_MODULE Module)
{
	ULONG Count = CountFor(Driver, Module);
	PIRLF_TABLE Table = NULL;

	if (Count) {
		Table = (PIRLF_TABLE)IrlAllocate(sizeof(*Table) +
						 Count * sizeof(IRLF_GROUP));
		if (!Table)
			return STATUS_INSUFFICIENT_RESOURCES;
		ExInitializeRundownProtection(&Table->Readers);
		for (PLIST_ENTRY At = Driver->Subscribers.Flink;
		     At != &Driver->Subscribers; At = At->Flink)
			if (IrlSameName(&SubscriberAt(At)->Adapter,
					&Module->Adapter))
				Add(Table, &SubscriberAt(At)->Wanted);
	}
	Exchange(Module, Table);
	return STATUS_SUCCESS;
}

static PIRLF_MODULE FindModule(PIRLF_DRIVER Driver, PIRL_NAME Adapter)
{
	for (PLIST_ENTRY At = Driver->Modules.Flink; At != &Driver->Modules;
	     At = At->Flink) {
		PIRLF_MODULE Module = CONTAINING_RECORD(At, IRLF_MODULE, Entry);

		if (IrlSameName(&Module->Adapter, Adapter))
			return Module;
	}
	return NULL;
}

/* New tables for all modules of the adapter: NDIS attaches one, while it
 * replaces it perhaps two.  Without memory they have none, rather than one that
 * names somebody who has gone: the frames are the host's until the next
 * change. */
static NTSTATUS Refresh(PIRLF_DRIVER Driver, PIRL_NAME Adapter)
{
	NTSTATUS Status = STATUS_SUCCESS;

	for (PLIST_ENTRY At = Driver->Modules.Flink; At != &Driver->Modules;
	     At = At->Flink) {
		PIRLF_MODULE Module = CONTAINING_RECORD(At, IRLF_MODULE, Entry);

		if (!IrlSameName(&Module->Adapter, Adapter))
			continue;
		if (NT_SUCCESS(IrlfRebuild(Driver, Module)))
			continue;
		IrlfDropTable(Module);
		Status = STATUS_INSUFFICIENT_RESOURCES;
	}
	return Status;
}

/* ---- subscribers --------------------------------------------------------- */

static PIRLF_SUBSCRIBER FindSubscriber(PIRLF_DRIVER Driver, PVOID Context)
{
	for (PLIST_ENTRY At = Driver->Subscribers.Flink;
	     At != &Driver->Subscribers; At = At->Flink)
		if (SubscriberAt(At)->Wanted.Context == Context)
			return SubscriberAt(At);
	return NULL;
}

static BOOLEAN SameDivision(const IRL_SUBSCRIPTION *A,
			    const IRL_SUBSCRIPTION *B)
{
	return A->Queues == B->Queues &&
	       !memcmp(&A->Rule, &B->Rule, sizeof(A->Rule));
}

/* Those who divide one rule have a queue each; rules have no frame in common.
 */
static BOOLEAN Claim(const IRL_SUBSCRIPTION *A, const IRL_SUBSCRIPTION *B)
{
	if (SameDivision(A, B))
		return A->Queue == B->Queue;
	return irl_steer_common(&A->Rule, &B->Rule).overlap != IRL_OVERLAP_NONE;
}

/* Another one that has some of its frames. */
static BOOLEAN IsTaken(PIRLF_DRIVER Driver, PIRLF_SUBSCRIBER New)
{
	for (PLIST_ENTRY At = Driver->Subscribers.Flink;
	     At != &Driver->Subscribers; At = At->Flink) {
		PIRLF_SUBSCRIBER Old = SubscriberAt(At);

		if (Old->Wanted.Context != New->Wanted.Context &&
		    IrlSameName(&Old->Adapter, &New->Adapter) &&
		    Claim(&Old->Wanted, &New->Wanted))
			return TRUE;
	}
	return FALSE;
}

/* When it returns no table names it. */
static VOID Forget(PIRLF_DRIVER Driver, PIRLF_SUBSCRIBER Subscriber)
{
	RemoveEntryList(&Subscriber->Entry);
	Refresh(Driver, &Subscriber->Adapter);
}

static VOID End(PIRLF_SUBSCRIBER Subscriber)
{
	if (!Subscriber)
		return;
	/* perhaps its last: then irlstackp closes the channel meanwhile */
	ObDereferenceObject(Subscriber->Wanted.Owner);
	IrlFree(Subscriber);
}

static PIRLF_SUBSCRIBER NewSubscriber(const IRL_SUBSCRIPTION *Wanted)
{
	PIRLF_SUBSCRIBER New = (PIRLF_SUBSCRIBER)IrlAllocate(sizeof(*New));

	if (!New)
		return NULL;
	New->Wanted = *Wanted;
	if (!NT_SUCCESS(IrlSetNameFrom(&New->Adapter, Wanted->Adapter))) {
		IrlFree(New);
		return NULL;
	}
	ObReferenceObject(New->Wanted.Owner);
	return New;
}

/* Put @New where @Old, if any, stood.  On failure no table names @New. */
static NTSTATUS Insert(PIRLF_DRIVER Driver, PIRLF_SUBSCRIBER New,
		       PIRLF_SUBSCRIBER Old)
{
	NTSTATUS Status;

	if (Old && !IrlSameName(&Old->Adapter, &New->Adapter))
		return STATUS_INVALID_PARAMETER;
	if (IsTaken(Driver, New))
		return STATUS_SHARING_VIOLATION;
	if (Old)
		RemoveEntryList(&Old->Entry);
	InsertTailList(&Driver->Subscribers, &New->Entry);
	Status = Refresh(Driver, &New->Adapter);
	if (NT_SUCCESS(Status))
		return Status;
	RemoveEntryList(&New->Entry);
	if (Old)
		InsertTailList(&Driver->Subscribers, &Old->Entry);
	Refresh(Driver, &New->Adapter);
	return Status;
}

/* The end comes outside of the turn: it may lead to another request. */
NTSTATUS IrlfSubscribe(PIRLF_DRIVER Driver, const IRL_SUBSCRIPTION *Wanted)
{
	PIRLF_SUBSCRIBER Old, New = NewSubscriber(Wanted);
	NTSTATUS Status;

	if (!New)
		return STATUS_INSUFFICIENT_RESOURCES;
	IrlTakeTurn(&Driver->Turn);
	Old = FindSubscriber(Driver, Wanted->Context);
	Status = Insert(Driver, New, Old);
	IrlEndTurn(&Driver->Turn);
	End(NT_SUCCESS(Status) ? Old : New);
	return Status;
}

NTSTATUS IrlfUnsubscribe(PIRLF_DRIVER Driver, PVOID Context)
{
	PIRLF_SUBSCRIBER Old;

	IrlTakeTurn(&Driver->Turn);
	Old = FindSubscriber(Driver, Context);
	if (Old)
		Forget(Driver, Old);
	IrlEndTurn(&Driver->Turn);
	End(Old);
	return Old ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

static VOID EndAll(PLIST_ENTRY Subscribers)
{
	while (!IsListEmpty(Subscribers))
		End(SubscriberAt(RemoveHeadList(Subscribers)));
}

NTSTATUS IrlfUnsubscribeAll(PIRLF_DRIVER Driver, const uint16_t *Adapter)
{
	LIST_ENTRY Old;
	IRL_NAME Name;

	if (!NT_SUCCESS(IrlSetNameFrom(&Name, Adapter)))
		return STATUS_INVALID_PARAMETER;
	InitializeListHead(&Old);
	IrlTakeTurn(&Driver->Turn);
	for (PLIST_ENTRY At = Driver->Subscribers.Flink, Next;
	     At != &Driver->Subscribers; At = Next) {
		Next = At->Flink;
		if (!IrlSameName(&SubscriberAt(At)->Adapter, &Name))
			continue;
		RemoveEntryList(At);
		InsertTailList(&Old, At);
	}
	Refresh(Driver, &Name);
	IrlEndTurn(&Driver->Turn);
	EndAll(&Old);
	return STATUS_SUCCESS;
}

/* All modules have detached, so there are no tables. */
VOID IrlfReleaseSubscribers(PIRLF_DRIVER Driver)
{
	EndAll(&Driver->Subscribers);
}

/* ---- counters ------------------------------------------------------------ */

static uint64_t Read(volatile LONG64 *Counter)
{
	return (uint64_t)InterlockedExchangeAdd64(Counter, 0);
}

NTSTATUS IrlfCount(PIRLF_DRIVER Driver, PIRL_LINK_COUNT Count)
{
	PIRLF_MODULE Module = NULL;
	IRL_NAME Adapter;

	RtlZeroMemory(&Count->Count, sizeof(Count->Count));
	if (!NT_SUCCESS(IrlSetNameFrom(&Adapter, Count->Adapter)))
		return STATUS_SUCCESS;
	IrlTakeTurn(&Driver->Turn);
	Module = FindModule(Driver, &Adapter);
	if (Module) {
		Count->Count.frames = Read(&Module->Frames);
		Count->Count.host = Read(&Module->Host);
		Count->Count.taken = Read(&Module->Taken);
		Count->Count.no_queue = Read(&Module->NoQueue);
		Count->Count.unreadable = Read(&Module->Unreadable);
		Count->Count.paused = Read(&Module->Paused);
	}
	IrlEndTurn(&Driver->Turn);
	return STATUS_SUCCESS;
}
