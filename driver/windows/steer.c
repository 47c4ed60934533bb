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

/* Returns the old one, which nobody reads any more. */
static PIRLF_TABLE Exchange(PIRLF_MODULE Module, PIRLF_TABLE New)
{
	PIRLF_TABLE Old;
	KIRQL Irql;

	KeAcquireSpinLock(&Module->Lock, &Irql);
	Old = Module->Table;
	Module->Table = New;
	KeReleaseSpinLock(&Module->Lock, Irql);
	if (Old)
		ExWaitForRundownProtectionRelease(&Old->Readers);
	return Old;
}

VOID IrlfDropTable(PIRLF_MODULE Module)
{
	IrlFree(Exchange(Module, NULL));
}

/* ---- from subscribers to a table ----------------------------------------- */

static PIRLF_SUBSCRIBER SubscriberAt(PLIST_ENTRY Entry)
{
	return CONTAINING_RECORD(Entry, IRLF_SUBSCRIBER, Entry);
}

/* Those who divide one rule have a queue each. */
static BOOLEAN Divides(const IRL_SUBSCRIPTION *Wanted,
		       const struct irl_steer *Rule, ULONG Queues)
{
	return Wanted->Queues == Queues &&
	       !memcmp(&Wanted->Rule, Rule, sizeof(*Rule));
}

static PIRLF_GROUP FindGroup(PIRLF_TABLE Table, const IRL_SUBSCRIPTION *Wanted)
{
	for (ULONG i = 0; i < Table->Groups; i++) {
		PIRLF_GROUP Group = &Table->Group[i];

		if (Divides(Wanted, &Group->Rule, Group->Queues))
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
		RtlZeroMemory(Group, sizeof(*Group));
		Group->Rule = Wanted->Rule;
		Group->Queues = Wanted->Queues;
		Group->Parts = PartsOf(Wanted);
	}
	Group->Target[Wanted->Queue].Deliver = Wanted->Deliver;
	Group->Target[Wanted->Queue].Context = Wanted->Context;
}

static ULONG CountFor(PIRLF_DRIVER Driver, PIRL_NAME Adapter)
{
	ULONG Count = 0;

	for (PLIST_ENTRY At = Driver->Subscribers.Flink;
	     At != &Driver->Subscribers; At = At->Flink)
		Count += IrlSameName(&SubscriberAt(At)->Adapter, Adapter);
	return Count;
}

static VOID FillTable(PIRLF_TABLE Table, PIRLF_DRIVER Driver, PIRL_NAME Adapter)
{
	ExInitializeRundownProtection(&Table->Readers);
	Table->Groups = 0;
	for (PLIST_ENTRY At = Driver->Subscribers.Flink;
	     At != &Driver->Subscribers; At = At->Flink)
		if (IrlSameName(&SubscriberAt(At)->Adapter, Adapter))
			Add(Table, &SubscriberAt(At)->Wanted);
}

/* Room for @Count subscribers. */
static BOOLEAN ReserveTable(PIRLF_MODULE Module, ULONG Count)
{
	Module->Spare = (PIRLF_TABLE)IrlAllocate(sizeof(IRLF_TABLE) +
						 Count * sizeof(IRLF_GROUP));
	return Module->Spare != NULL;
}

/* In what was reserved, or else in place, where there is room for those who
 * are left when some have gone: then the frames are the host's for a moment. */
static VOID RefreshTable(PIRLF_DRIVER Driver, PIRLF_MODULE Module)
{
	PIRLF_TABLE New = Module->Spare;

	Module->Spare = NULL;
	if (!New)
		New = Exchange(Module, NULL);
	if (!CountFor(Driver, &Module->Adapter)) {
		IrlFree(New);
		New = NULL;
	}
	if (New)
		FillTable(New, Driver, &Module->Adapter);
	IrlFree(Exchange(Module, New));
}

VOID IrlfAddTable(PIRLF_DRIVER Driver, PIRLF_MODULE Module)
{
	ReserveTable(Module, CountFor(Driver, &Module->Adapter));
	RefreshTable(Driver, Module);
}

/* After @At, or the first.  NDIS attaches one to an adapter, while it replaces
 * it perhaps two. */
static PIRLF_MODULE NextModule(PIRLF_DRIVER Driver, PIRL_NAME Adapter,
			       PIRLF_MODULE At)
{
	PLIST_ENTRY Entry = At ? At->Entry.Flink : Driver->Modules.Flink;

	for (; Entry != &Driver->Modules; Entry = Entry->Flink) {
		At = CONTAINING_RECORD(Entry, IRLF_MODULE, Entry);
		if (IrlSameName(&At->Adapter, Adapter))
			return At;
	}
	return NULL;
}

static VOID Refresh(PIRLF_DRIVER Driver, PIRL_NAME Adapter)
{
	PIRLF_MODULE Module = NULL;

	while ((Module = NextModule(Driver, Adapter, Module)))
		RefreshTable(Driver, Module);
}

static VOID Discard(PIRLF_DRIVER Driver, PIRL_NAME Adapter)
{
	PIRLF_MODULE Module = NULL;

	while ((Module = NextModule(Driver, Adapter, Module))) {
		IrlFree(Module->Spare);
		Module->Spare = NULL;
	}
}

/* Room for one subscriber more, until Refresh; for all modules, or none. */
static BOOLEAN Reserve(PIRLF_DRIVER Driver, PIRL_NAME Adapter)
{
	ULONG Count = CountFor(Driver, Adapter) + 1;
	PIRLF_MODULE Module = NULL;

	while ((Module = NextModule(Driver, Adapter, Module))) {
		if (ReserveTable(Module, Count))
			continue;
		Discard(Driver, Adapter);
		return FALSE;
	}
	return TRUE;
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

/* Rules have no frame in common, divisions of one rule no queue. */
static BOOLEAN Claim(const IRL_SUBSCRIPTION *A, const IRL_SUBSCRIPTION *B)
{
	if (Divides(A, &B->Rule, B->Queues))
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

/* Put @New where @Old, if any, stood; or change nothing. */
static NTSTATUS Insert(PIRLF_DRIVER Driver, PIRLF_SUBSCRIBER New,
		       PIRLF_SUBSCRIBER Old)
{
	if (Old && !IrlSameName(&Old->Adapter, &New->Adapter))
		return STATUS_INVALID_PARAMETER;
	if (IsTaken(Driver, New))
		return STATUS_SHARING_VIOLATION;
	if (!Reserve(Driver, &New->Adapter))
		return STATUS_INSUFFICIENT_RESOURCES;
	if (Old)
		RemoveEntryList(&Old->Entry);
	InsertTailList(&Driver->Subscribers, &New->Entry);
	Refresh(Driver, &New->Adapter);
	return STATUS_SUCCESS;
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

/* When it returns no table names the subscriber. */
NTSTATUS IrlfUnsubscribe(PIRLF_DRIVER Driver, PVOID Context)
{
	PIRLF_SUBSCRIBER Old;

	IrlTakeTurn(&Driver->Turn);
	Old = FindSubscriber(Driver, Context);
	if (Old) {
		Reserve(Driver, &Old->Adapter);
		RemoveEntryList(&Old->Entry);
		Refresh(Driver, &Old->Adapter);
	}
	IrlEndTurn(&Driver->Turn);
	End(Old);
	return Old ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

static VOID EndAll(PLIST_ENTRY Subscribers)
{
	while (!IsListEmpty(Subscribers))
		End(SubscriberAt(RemoveHeadList(Subscribers)));
}

/* Those of an adapter to @To. */
static VOID TakeOut(PIRLF_DRIVER Driver, PIRL_NAME Adapter, PLIST_ENTRY To)
{
	PLIST_ENTRY At = Driver->Subscribers.Flink, Next;

	for (; At != &Driver->Subscribers; At = Next) {
		Next = At->Flink;
		if (!IrlSameName(&SubscriberAt(At)->Adapter, Adapter))
			continue;
		RemoveEntryList(At);
		InsertTailList(To, At);
	}
}

NTSTATUS IrlfUnsubscribeAll(PIRLF_DRIVER Driver, const uint16_t *Adapter)
{
	LIST_ENTRY Old;
	IRL_NAME Name;

	if (!NT_SUCCESS(IrlSetNameFrom(&Name, Adapter)))
		return STATUS_INVALID_PARAMETER;
	InitializeListHead(&Old);
	IrlTakeTurn(&Driver->Turn);
	TakeOut(Driver, &Name, &Old);
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
	Module = NextModule(Driver, &Adapter, NULL);
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
