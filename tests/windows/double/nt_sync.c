/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt levels, spin locks, events, timers, DPCs, work items, rundown. */
#include "internal.h"

#include <sched.h>
#include <stdlib.h>

#define LOCKS_HELD 8

/* What a processor has in its registers; a thread stands for a processor. */
static _Thread_local struct {
	KIRQL level;
	unsigned locks;
	unsigned regions; /* critical: not to be suspended */
	PKSPIN_LOCK held[LOCKS_HELD];
} here;

static struct {
	uint64_t locks_taken;
	KSPIN_LOCK cancel;
	void (*after_cancel)(void *context);
	void *after_context;
} sync_state;

void nt_sync_start(void)
{
	sync_state.locks_taken = 0;
	here.level = PASSIVE_LEVEL;
	here.locks = 0;
}

uint64_t nt_locks_taken(void)
{
	return __atomic_load_n(&sync_state.locks_taken, __ATOMIC_RELAXED);
}

void nt_at_most(KIRQL level, const char *function)
{
	if (here.level > level)
		nt_bug("%s at IRQL %u, allowed up to %u", function, here.level,
		       level);
}

struct nt_frame nt_enter(KIRQL level)
{
	struct nt_frame frame = {
	    .before = here.level, .locks = here.locks, .regions = here.regions};

	/* A call from dispatch level stays there; from below it is raised. */
	if (level > here.level)
		here.level = level;
	frame.inside = here.level;
	return frame;
}

void nt_leave(struct nt_frame frame, const char *function)
{
	if (here.locks != frame.locks)
		nt_bug("spin lock kept: %s returned with %u, called with %u",
		       function, here.locks, frame.locks);
	if (here.regions != frame.regions)
		nt_bug("critical region kept: %s returned in %u, called in %u",
		       function, here.regions, frame.regions);
	if (here.level != frame.inside)
		nt_bug("IRQL leak: %s called at %u, returned at %u", function,
		       frame.inside, here.level);
	here.level = frame.before;
}

VOID NTAPI KeEnterCriticalRegion(VOID)
{
	nt_at_most(APC_LEVEL, "KeEnterCriticalRegion");
	here.regions++;
}

VOID NTAPI KeLeaveCriticalRegion(VOID)
{
	nt_at_most(APC_LEVEL, "KeLeaveCriticalRegion");
	if (!here.regions--)
		nt_bug("critical region left that was not entered");
}

bool nt_suspendable(void)
{
	return here.level < APC_LEVEL && !here.regions;
}

KIRQL NTAPI KeGetCurrentIrql(VOID)
{
	return here.level;
}

KIRQL NTAPI KfRaiseIrql(KIRQL level)
{
	KIRQL old = here.level;

	if (level < old)
		nt_bug("IRQL raised from %u down to %u", old, level);
	here.level = level;
	return old;
}

KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID)
{
	return KfRaiseIrql(DISPATCH_LEVEL);
}

VOID NTAPI KeLowerIrql(KIRQL level)
{
	if (level > here.level)
		nt_bug("IRQL lowered from %u up to %u", here.level, level);
	if (here.locks && level < DISPATCH_LEVEL)
		nt_bug("IRQL lowered to %u with a spin lock held", level);
	here.level = level;
}

/* The lock word names its holder: the address of a thread's own state. */
static void acquire(PKSPIN_LOCK lock)
{
	KSPIN_LOCK mine = (KSPIN_LOCK)&here, none;

	if (__atomic_load_n(lock, __ATOMIC_RELAXED) == mine)
		nt_bug("recursive spin lock");
	if (here.locks == LOCKS_HELD)
		nt_bug("more than %u spin locks at once", LOCKS_HELD);
	for (none = 0; !__atomic_compare_exchange_n(
		 lock, &none, mine, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
	     none = 0) {
		if (nt_steps())
			nt_bug("spin lock held by nobody that runs");
		sched_yield();
	}
	here.held[here.locks++] = lock;
	__atomic_add_fetch(&sync_state.locks_taken, 1, __ATOMIC_RELAXED);
}

static void release(PKSPIN_LOCK lock)
{
	unsigned i = 0;

	if (__atomic_load_n(lock, __ATOMIC_RELAXED) != (KSPIN_LOCK)&here)
		nt_bug("spin lock released that is not held");
	while (here.held[i] != lock)
		i++;
	here.held[i] = here.held[--here.locks];
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK lock)
{
	KIRQL old = here.level;

	nt_at_most(DISPATCH_LEVEL, "KeAcquireSpinLock");
	here.level = DISPATCH_LEVEL;
	acquire(lock);
	return old;
}

VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK lock, KIRQL level)
{
	release(lock);
	if (level < DISPATCH_LEVEL && here.locks)
		nt_bug("KeReleaseSpinLock to IRQL %u with a lock held", level);
	KeLowerIrql(level);
}

VOID NTAPI KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock)
{
	if (here.level != DISPATCH_LEVEL)
		nt_bug("KeAcquireSpinLockAtDpcLevel at IRQL %u", here.level);
	acquire(lock);
}

VOID NTAPI KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK lock)
{
	release(lock);
}

VOID FASTCALL KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK lock,
					     PKLOCK_QUEUE_HANDLE handle)
{
	handle->Lock = lock;
	handle->OldIrql = KeAcquireSpinLockRaiseToDpc(lock);
}

VOID FASTCALL KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE handle)
{
	KeReleaseSpinLock(handle->Lock, handle->OldIrql);
}

VOID NTAPI IoAcquireCancelSpinLock(PKIRQL old)
{
	*old = KeAcquireSpinLockRaiseToDpc(&sync_state.cancel);
}

VOID NTAPI IoReleaseCancelSpinLock(KIRQL old)
{
	void (*after)(void *) = sync_state.after_cancel;

	KeReleaseSpinLock(&sync_state.cancel, old);
	if (!after)
		return;
	sync_state.after_cancel = NULL;
	after(sync_state.after_context);
}

void nt_after_cancel(void (*call)(void *), void *context)
{
	sync_state.after_cancel = call;
	sync_state.after_context = context;
}

/* -- events -- */
#define EVENT_KIND(e) ((e)->Header.Type)

VOID NTAPI KeInitializeEvent(PKEVENT event, EVENT_TYPE type, BOOLEAN state)
{
	memset(event, 0, sizeof(*event));
	EVENT_KIND(event) = (UCHAR)type;
	__atomic_store_n(&event->Header.SignalState, state, __ATOMIC_RELEASE);
}

LONG NTAPI KeSetEvent(PKEVENT event, KPRIORITY increment, BOOLEAN wait)
{
	LONG old;

	(void)increment;
	if (wait)
		nt_bug("KeSetEvent with Wait: not in the double");
	nt_at_most(DISPATCH_LEVEL, "KeSetEvent");
	/* Under the lock, so that a waiter who frees the event on waking
	 * does so after the last look at it. */
	nt_lock();
	old = __atomic_exchange_n(&event->Header.SignalState, 1,
				  __ATOMIC_ACQ_REL);
	nt_unlock();
	nt_changed();
	return old;
}

LONG NTAPI KeResetEvent(PKEVENT event)
{
	return __atomic_exchange_n(&event->Header.SignalState, 0,
				   __ATOMIC_ACQ_REL);
}

VOID NTAPI KeClearEvent(PKEVENT event)
{
	KeResetEvent(event);
}

LONG NTAPI KeReadStateEvent(PKEVENT event)
{
	return __atomic_load_n(&event->Header.SignalState, __ATOMIC_ACQUIRE);
}

static bool event_set(void *context)
{
	PKEVENT event = context;

	if (EVENT_KIND(event) == SynchronizationEvent)
		return KeResetEvent(event) != 0;
	return KeReadStateEvent(event) != 0;
}

static uint64_t relative_ns(const LARGE_INTEGER *time)
{
	if (time->QuadPart > 0)
		nt_bug("an absolute time: not in the double");
	return (uint64_t)-time->QuadPart * 100;
}

NTSTATUS NTAPI KeWaitForSingleObject(PVOID object, KWAIT_REASON reason,
				     KPROCESSOR_MODE mode, BOOLEAN alertable,
				     PLARGE_INTEGER timeout)
{
	uint64_t timeout_ns = timeout ? relative_ns(timeout) : 0;

	(void)reason;
	if (mode != KernelMode || alertable)
		nt_bug("a wait that the user could end");
	if (timeout && !timeout_ns) {
		nt_at_most(DISPATCH_LEVEL, "KeWaitForSingleObject(0)");
		return event_set(object) ? STATUS_SUCCESS : STATUS_TIMEOUT;
	}
	nt_at_most(APC_LEVEL, "KeWaitForSingleObject");
	return nt_wait_until(event_set, object, timeout_ns, "an event")
		   ? STATUS_SUCCESS
		   : STATUS_TIMEOUT;
}

static bool never(void *unused)
{
	(void)unused;
	return false;
}

NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE mode, BOOLEAN alertable,
				      PLARGE_INTEGER interval)
{
	(void)mode;
	(void)alertable;
	nt_at_most(APC_LEVEL, "KeDelayExecutionThread");
	nt_wait_until(never, NULL, relative_ns(interval) + 1, "time");
	return STATUS_SUCCESS;
}

/* -- DPCs and timers -- */
static void run_dpc(void *context)
{
	PKDPC dpc = context;

	dpc->DeferredRoutine(dpc, dpc->DeferredContext, dpc->SystemArgument1,
			     dpc->SystemArgument2);
}

VOID NTAPI KeInitializeDpc(PKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context)
{
	memset(dpc, 0, sizeof(*dpc));
	dpc->DeferredRoutine = routine;
	dpc->DeferredContext = context;
}

BOOLEAN NTAPI KeInsertQueueDpc(PKDPC dpc, PVOID one, PVOID two)
{
	dpc->SystemArgument1 = one;
	dpc->SystemArgument2 = two;
	return nt_queue_once(run_dpc, dpc, DISPATCH_LEVEL, dpc);
}

BOOLEAN NTAPI KeRemoveQueueDpc(PKDPC dpc)
{
	return nt_unqueue(dpc);
}

static void run_timer(void *context)
{
	PKTIMER timer = context;
	uint64_t period_ms;
	PKDPC dpc;

	/* It may be set anew meanwhile. */
	nt_lock();
	dpc = timer->Dpc;
	period_ms = timer->Period;
	__atomic_store_n(&timer->Header.SignalState, 1, __ATOMIC_RELEASE);
	nt_unlock();
	if (period_ms)
		nt_queue(run_timer, timer, DISPATCH_LEVEL, period_ms * 1000000,
			 timer);
	nt_changed();
	if (dpc)
		run_dpc(dpc);
}

VOID NTAPI KeInitializeTimerEx(PKTIMER timer, TIMER_TYPE type)
{
	memset(timer, 0, sizeof(*timer));
	timer->Header.Type = (UCHAR)type;
}

VOID NTAPI KeInitializeTimer(PKTIMER timer)
{
	KeInitializeTimerEx(timer, NotificationTimer);
}

BOOLEAN NTAPI KeSetTimerEx(PKTIMER timer, LARGE_INTEGER due, LONG period_ms,
			   PKDPC dpc)
{
	BOOLEAN was = nt_unqueue(timer);

	nt_at_most(DISPATCH_LEVEL, "KeSetTimer");
	nt_lock();
	timer->Dpc = dpc;
	timer->Period = (ULONG)period_ms;
	__atomic_store_n(&timer->Header.SignalState, 0, __ATOMIC_RELEASE);
	nt_unlock();
	nt_queue(run_timer, timer, DISPATCH_LEVEL, relative_ns(&due), timer);
	return was;
}

BOOLEAN NTAPI KeSetTimer(PKTIMER timer, LARGE_INTEGER due, PKDPC dpc)
{
	return KeSetTimerEx(timer, due, 0, dpc);
}

BOOLEAN NTAPI KeSetCoalescableTimer(PKTIMER timer, LARGE_INTEGER due,
				    ULONG period_ms, ULONG tolerable, PKDPC dpc)
{
	(void)tolerable;
	return KeSetTimerEx(timer, due, (LONG)period_ms, dpc);
}

BOOLEAN NTAPI KeCancelTimer(PKTIMER timer)
{
	return nt_unqueue(timer);
}

/* -- work items -- */
struct _IO_WORKITEM {
	PDEVICE_OBJECT device;
	PIO_WORKITEM_ROUTINE routine;
	PVOID context;
	bool queued;
};

static void run_work_item(void *context)
{
	PIO_WORKITEM item = context;

	/* The routine may free its item. */
	__atomic_store_n(&item->queued, false, __ATOMIC_RELEASE);
	item->routine(item->device, item->context);
}

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT device)
{
	PIO_WORKITEM item;

	nt_at_most(DISPATCH_LEVEL, "IoAllocateWorkItem");
	item = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*item), 0x6b726f57);
	if (item)
		item->device = device;
	return item;
}

VOID NTAPI IoQueueWorkItem(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine,
			   WORK_QUEUE_TYPE queue, PVOID context)
{
	(void)queue;
	if (__atomic_exchange_n(&item->queued, true, __ATOMIC_ACQ_REL))
		nt_bug("work item queued twice");
	item->routine = routine;
	item->context = context;
	nt_queue(run_work_item, item, PASSIVE_LEVEL, 0, item);
}

VOID NTAPI IoFreeWorkItem(PIO_WORKITEM item)
{
	if (__atomic_load_n(&item->queued, __ATOMIC_ACQUIRE))
		nt_bug("work item freed while queued");
	ExFreePoolWithTag(item, 0x6b726f57);
}

/* -- rundown: bit 0 = running down, the rest counts, as NT has it -- */
VOID FASTCALL ExInitializeRundownProtection(PEX_RUNDOWN_REF ref)
{
	__atomic_store_n(&ref->Count, 0, __ATOMIC_RELEASE);
}

VOID FASTCALL ExReInitializeRundownProtection(PEX_RUNDOWN_REF ref)
{
	if (__atomic_load_n(&ref->Count, __ATOMIC_ACQUIRE) != 1)
		nt_bug("rundown begun anew before its end");
	ExInitializeRundownProtection(ref);
}

BOOLEAN FASTCALL ExAcquireRundownProtection(PEX_RUNDOWN_REF ref)
{
	ULONG_PTR old = __atomic_load_n(&ref->Count, __ATOMIC_RELAXED);

	do {
		if (old & 1)
			return FALSE;
	} while (!__atomic_compare_exchange_n(&ref->Count, &old, old + 2, false,
					      __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return TRUE;
}

VOID FASTCALL ExReleaseRundownProtection(PEX_RUNDOWN_REF ref)
{
	ULONG_PTR old;

	nt_lock();
	old = __atomic_fetch_sub(&ref->Count, 2, __ATOMIC_RELEASE);
	nt_unlock();
	if (old < 2)
		nt_bug("rundown protection released that was not acquired");
	if (old & 1)
		nt_changed();
}

static bool run_down(void *context)
{
	PEX_RUNDOWN_REF ref = context;

	return __atomic_load_n(&ref->Count, __ATOMIC_ACQUIRE) == 1;
}

VOID FASTCALL ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF ref)
{
	nt_at_most(APC_LEVEL, "ExWaitForRundownProtectionRelease");
	__atomic_fetch_or(&ref->Count, 1, __ATOMIC_ACQ_REL);
	nt_wait_until(run_down, ref, 0, "rundown protection");
}

VOID FASTCALL ExRundownCompleted(PEX_RUNDOWN_REF ref)
{
	__atomic_store_n(&ref->Count, 1, __ATOMIC_RELEASE);
}

ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT group)
{
	(void)group;
	return 2;
}

ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT group)
{
	return KeQueryActiveProcessorCountEx(group);
}

ULONG NTAPI KeGetCurrentProcessorNumberEx(PVOID number)
{
	(void)number;
	return (ULONG)((ULONG_PTR)&here >> 12) & 1;
}
