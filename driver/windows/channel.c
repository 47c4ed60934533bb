// SPDX-License-Identifier: BSD-2-Clause
/*
 * Open handles.  The system sends cleanup when the last handle of a file is
 * closed, perhaps while requests are pending or another thread is inside one,
 * and close when none is pending and nobody, such as irlstackf, refers to the
 * file any more.
 */
#include "irlstackp.h"

PIRLP_CHANNEL IrlpOpenChannel(PIRLP_DRIVER Driver, PFILE_OBJECT File)
{
	PIRLP_CHANNEL Channel = (PIRLP_CHANNEL)IrlAllocate(sizeof(*Channel));

	if (!Channel)
		return NULL;
	Channel->Driver = Driver;
	Channel->File = File;
	KeInitializeSpinLock(&Channel->TxLock);
	IrlpInitReceive(Channel);
	return Channel;
}

VOID IrlpCleanupChannel(PIRLP_CHANNEL Channel)
{
	IrlpEndSteering(Channel); /* first: who sends now sees that it ended */
	IrlpCancelReads(Channel);
	IrlpCancelWrites(Channel);
}

VOID IrlpCloseChannel(PIRLP_CHANNEL Channel)
{
	IrlpCleanupChannel(Channel); /* again, or, by Wine 8, for once */
	KeCancelTimer(&Channel->Timer);
	KeFlushQueuedDpcs();
	IrlpFreeRequests(Channel);
	IrlFree(Channel->Ring.Base);
	if (Channel->Adapter) {
		IrlpLeave(Channel->Adapter, Channel);
		IrlpReleaseAdapter(Channel->Adapter);
	}
	IrlFree(Channel);
}

/* ---- BIND ---------------------------------------------------------------- */

BOOLEAN IrlpIsBound(PIRLP_CHANNEL Channel)
{
	return InterlockedOr(&Channel->State, 0) == IrlpBound;
}

static BOOLEAN IsValid(const struct irl_win_bind *Bind)
{
	ULONG Ring = Bind->ring_bytes;

	return (Bind->flags & ~(ULONG)IRL_WIN_BIND_ZERO_COPY) == 0 &&
	       Bind->requests >= 1 && Bind->requests <= IRL_WIN_REQUESTS_MAX &&
	       Bind->batch >= 1 && Bind->batch <= IRL_WIN_BATCH_MAX &&
	       Bind->requests * Bind->batch <= IRL_WIN_FRAMES_MAX &&
	       Ring >= IRL_WIN_RING_MIN && Ring <= IRL_WIN_RING_MAX &&
	       (Ring & (Ring - 1)) == 0;
}

/* Give back what a BIND took that failed halfway. */
static VOID Undo(PIRLP_CHANNEL Channel)
{
	IrlpFreeRequests(Channel);
	IrlFree(Channel->Ring.Base);
	Channel->Ring.Base = NULL;
	IrlpReleaseAdapter(Channel->Adapter);
	Channel->Adapter = NULL;
}

static NTSTATUS Equip(PIRLP_CHANNEL Channel, const struct irl_win_bind *Bind)
{
	NTSTATUS Status;

	Channel->ZeroCopy = (Bind->flags & IRL_WIN_BIND_ZERO_COPY) != 0;
	Channel->Batch = Bind->batch;
	Channel->FrameMax = Channel->Adapter->Mtu + IRL_WIN_FRAME_MIN;
	Status = IrlpAllocateRing(Channel, Bind->ring_bytes);
	if (NT_SUCCESS(Status))
		Status = IrlpAllocateRequests(Channel, Bind->requests);
	return Status;
}

static NTSTATUS BindOnce(PIRLP_CHANNEL Channel, const struct irl_win_bind *Bind,
			 struct irl_win_adapter *Adapter)
{
	NTSTATUS Status;
	IRL_NAME Name;

	Status = IrlSetNameFrom(&Name, Bind->name);
	if (!NT_SUCCESS(Status))
		return Status;
	Channel->Adapter = IrlpFindAdapter(Channel->Driver, &Name);
	if (!Channel->Adapter)
		return STATUS_NO_SUCH_DEVICE;
	Status = Equip(Channel, Bind);
	if (!NT_SUCCESS(Status)) {
		Undo(Channel);
		return Status;
	}
	IrlpJoin(Channel->Adapter, Channel);
	IrlpDescribe(Channel->Adapter, Adapter);
	return STATUS_SUCCESS;
}

NTSTATUS IrlpBindChannel(PIRLP_CHANNEL Channel, const struct irl_win_bind *Bind,
			 struct irl_win_adapter *Adapter)
{
	NTSTATUS Status;

	if (!IsValid(Bind))
		return STATUS_INVALID_PARAMETER;
	if (InterlockedCompareExchange(&Channel->State, IrlpBinding,
				       IrlpUnbound) != IrlpUnbound)
		return STATUS_INVALID_DEVICE_STATE;
	Status = BindOnce(Channel, Bind, Adapter);
	InterlockedExchange(&Channel->State,
			    NT_SUCCESS(Status) ? IrlpBound : IrlpUnbound);
	return Status;
}

/* ---- COUNTERS ------------------------------------------------------------ */

static uint64_t Read(volatile LONG64 *Counter)
{
	return (uint64_t)InterlockedExchangeAdd64(Counter, 0);
}

static VOID CountReceive(PIRLP_CHANNEL Channel, struct irl_win_counters *To)
{
	KIRQL Irql;

	KeAcquireSpinLock(&Channel->RxLock, &Irql);
	To->rx_frames = Channel->RxFrames;
	To->rx_bytes = Channel->RxBytes;
	To->rx_read = Channel->RxRead;
	To->rx_reads = Channel->RxReads;
	To->rx_ring_full = Channel->RingFull;
	To->rx_too_long = Channel->TooLong;
	To->rx_unreadable = Channel->Unreadable;
	To->reads_cancelled = Channel->Cancelled;
	KeReleaseSpinLock(&Channel->RxLock, Irql);
}

VOID IrlpCount(PIRLP_CHANNEL Channel, struct irl_win_counters *To)
{
	RtlZeroMemory(To, sizeof(*To));
	To->head.version = IRL_WIN_VERSION;
	To->head.size = sizeof(*To);
	/* outcomes first, so that no more came back than went out */
	for (ULONG i = 0; i < IRL_WIN_OUTCOMES; i++)
		To->outcome[i] = Read(&Channel->Outcome[i]);
	for (ULONG i = 0; i < IRL_WIN_REFUSALS; i++)
		To->refused[i] = Read(&Channel->Refused[i]);
	To->tx_buffers = Read(&Channel->TxBuffers);
	To->tx_frames = Read(&Channel->TxFrames);
	To->tx_bytes = Read(&Channel->TxBytes);
	CountReceive(Channel, To);
	if (IrlpIsBound(Channel))
		IrlpCountFilter(Channel->Adapter, &To->filter);
}
