// SPDX-License-Identifier: BSD-2-Clause
/* The requests to irlstackf: see link.h for who holds whom. */
#include "irlstackp.h"

/* irlstackf need not be there: STATUS_OBJECT_NAME_NOT_FOUND or the like. */
static NTSTATUS Ask(ULONG Code, PVOID Request, ULONG Length)
{
	PFILE_OBJECT File;
	PDEVICE_OBJECT Device;
	IO_STATUS_BLOCK Result;
	UNICODE_STRING Name;
	NTSTATUS Status;
	KEVENT Done;
	PIRP Irp;

	RtlInitUnicodeString(&Name, IRL_LINK_DEVICE);
	Status =
	    IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &File, &Device);
	if (!NT_SUCCESS(Status))
		return Status;
	KeInitializeEvent(&Done, NotificationEvent, FALSE);
	Irp = IoBuildDeviceIoControlRequest(Code, Device, Request, Length, NULL,
					    0, TRUE, &Done, &Result);
	if (!Irp) {
		ObDereferenceObject(File);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	Status = IoCallDriver(Device, Irp);
	if (Status == STATUS_PENDING) {
		KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE,
				      NULL);
		Status = Result.Status;
	}
	ObDereferenceObject(File);
	return Status;
}

BOOLEAN IrlpCountFilter(PIRLP_ADAPTER Adapter, struct irl_win_filter *To)
{
	IRL_LINK_COUNT Request;
	NTSTATUS Status;

	RtlZeroMemory(&Request, sizeof(Request));
	Request.Head.Version = IRL_LINK_VERSION;
	Request.Head.Size = sizeof(Request);
	if (Adapter)
		RtlCopyMemory(Request.Adapter, Adapter->Name.Buffer,
			      sizeof(Request.Adapter));
	Status = Ask(IRL_LINK_COUNTERS, &Request, sizeof(Request));
	if (To)
		*To = Request.Count;
	return NT_SUCCESS(Status);
}

/* ---- multicast ----------------------------------------------------------- */

/* Neighbour solicitations for our own IPv6 addresses come to groups that the
 * host has not joined.  Only the first and the last channel change anything. */
static NDIS_STATUS ChangeMulticast(PIRLP_ADAPTER Adapter, BOOLEAN Want)
{
	ULONG Filter = Want ? NDIS_PACKET_TYPE_ALL_MULTICAST : 0;
	NDIS_STATUS Status = NDIS_STATUS_SUCCESS;
	LONG Others;

	IrlTakeTurn(&Adapter->Turn);
	Others = Want ? Adapter->Multicast : Adapter->Multicast - 1;
	if (Others == 0)
		Status = IrlpRequest(Adapter, NdisRequestSetInformation,
				     OID_GEN_CURRENT_PACKET_FILTER, &Filter,
				     sizeof(Filter));
	if (!Want)
		Adapter->Multicast--;
	else if (Status == NDIS_STATUS_SUCCESS)
		Adapter->Multicast++;
	IrlEndTurn(&Adapter->Turn);
	return Status;
}

static NTSTATUS WantMulticast(PIRLP_CHANNEL Channel, BOOLEAN Want)
{
	NDIS_STATUS Status;

	if (Channel->Multicast == Want)
		return STATUS_SUCCESS;
	Status = ChangeMulticast(Channel->Adapter, Want);
	if (Want && Status != NDIS_STATUS_SUCCESS)
		return Status;
	Channel->Multicast = Want;
	return STATUS_SUCCESS;
}

/* ---- the rule ------------------------------------------------------------ */

/* One at a time; a second is refused, it would only race. */
static BOOLEAN Lock(PIRLP_CHANNEL Channel)
{
	return InterlockedCompareExchange(&Channel->Locked, 1, 0) == 0;
}

static VOID Unlock(PIRLP_CHANNEL Channel)
{
	InterlockedExchange(&Channel->Locked, 0);
}

/* Until then frames of ours are taken for nobody, so want of memory is waited
 * out, for a second.  An irlstackf that has gone has let go of us, or is about
 * to. */
static VOID AskToEnd(ULONG Code, PIRL_SUBSCRIPTION Request)
{
	LARGE_INTEGER Wait = {.QuadPart = -100000}; /* 10 ms */

	for (ULONG Try = 0; Try < 100; Try++) {
		if (Ask(Code, Request, sizeof(*Request)) !=
		    STATUS_INSUFFICIENT_RESOURCES)
			break;
		KeDelayExecutionThread(KernelMode, FALSE, &Wait);
	}
}

static VOID Describe(PIRL_SUBSCRIPTION Request, PIRLP_ADAPTER Adapter,
		     PIRLP_CHANNEL Channel)
{
	RtlZeroMemory(Request, sizeof(*Request));
	Request->Head.Version = IRL_LINK_VERSION;
	Request->Head.Size = sizeof(*Request);
	RtlCopyMemory(Request->Adapter, Adapter->Name.Buffer,
		      sizeof(Request->Adapter));
	Request->Context = Channel;
}

VOID IrlpEndAllSteering(PIRLP_ADAPTER Adapter)
{
	IRL_SUBSCRIPTION Request;

	Describe(&Request, Adapter, NULL);
	AskToEnd(IRL_LINK_UNSUBSCRIBE_ALL, &Request);
}

static VOID Unsubscribe(PIRLP_CHANNEL Channel)
{
	IRL_SUBSCRIPTION Request;

	if (Channel->Subscribed) {
		Describe(&Request, Channel->Adapter, Channel);
		AskToEnd(IRL_LINK_UNSUBSCRIBE, &Request);
	}
	Channel->Subscribed = FALSE;
	if (Channel->Multicast)
		WantMulticast(Channel, FALSE);
}

static NTSTATUS Subscribe(PIRLP_CHANNEL Channel,
			  const struct irl_win_steer *Steer)
{
	IRL_SUBSCRIPTION Request;
	NTSTATUS Status;

	Describe(&Request, Channel->Adapter, Channel);
	Request.Queue = Steer->queue;
	Request.Queues = Steer->queues;
	Request.Rule = Steer->rule;
	Request.Deliver = IrlpDeliver;
	Request.Owner = Channel->File;
	Status = Ask(IRL_LINK_SUBSCRIBE, &Request, sizeof(Request));
	if (NT_SUCCESS(Status))
		Channel->Subscribed = TRUE;
	return Status;
}

static BOOLEAN IsEmpty(const struct irl_steer *Rule)
{
	return !Rule->own_count && !Rule->own6_count && !Rule->host_addr &&
	       irl_ip_is_none(&Rule->host_addr6);
}

static BOOLEAN IsValid(const struct irl_win_steer *Steer)
{
	const struct irl_steer *Rule = &Steer->rule;

	if (Steer->queues > IRL_WIN_QUEUES_MAX ||
	    Steer->queue >= Steer->queues ||
	    Rule->own_count > IRL_STEER_PREFIXES ||
	    Rule->own6_count > IRL_STEER_PREFIXES6 ||
	    Rule->port_first > Rule->port_last)
		return FALSE;
	for (ULONG i = 0; i < Rule->own_count; i++)
		if (Rule->own[i].length > 32)
			return FALSE;
	for (ULONG i = 0; i < Rule->own6_count; i++)
		if (Rule->own6[i].length > 128)
			return FALSE;
	return TRUE;
}

static NTSTATUS Replace(PIRLP_CHANNEL Channel,
			const struct irl_win_steer *Steer)
{
	BOOLEAN Want = Steer->rule.own6_count != 0, Had = Channel->Multicast;
	NTSTATUS Status = STATUS_SUCCESS;

	if (IsEmpty(&Steer->rule)) {
		Unsubscribe(Channel);
		return STATUS_SUCCESS;
	}
	if (Want)
		Status = WantMulticast(Channel, TRUE);
	if (NT_SUCCESS(Status))
		Status = Subscribe(Channel, Steer);
	/* as the rule that stands now needs it */
	WantMulticast(Channel, NT_SUCCESS(Status) ? Want : Had);
	return Status;
}

/* Not beside the adapter's end, which ends the steering there is; nor may a
 * program that is suspended in here hold that up. */
static NTSTATUS ReplaceInUse(PIRLP_CHANNEL Channel,
			     const struct irl_win_steer *Steer)
{
	PEX_RUNDOWN_REF Use = &Channel->Adapter->Use;
	NTSTATUS Status = STATUS_DEVICE_REMOVED;

	KeEnterCriticalRegion();
	if (ExAcquireRundownProtection(Use)) {
		Status = Replace(Channel, Steer);
		ExReleaseRundownProtection(Use);
	}
	KeLeaveCriticalRegion();
	return Status;
}

/* Whoever finds the channel locked may leave it to the one that has it: that
 * one comes here after unlocking. */
static VOID EndIfEnded(PIRLP_CHANNEL Channel)
{
	if (!InterlockedOr(&Channel->Ended, 0) || !Lock(Channel))
		return;
	Unsubscribe(Channel);
	Unlock(Channel);
}

NTSTATUS IrlpSteer(PIRLP_CHANNEL Channel, const struct irl_win_steer *Steer)
{
	NTSTATUS Status;

	if (!IrlpIsBound(Channel))
		return STATUS_INVALID_DEVICE_STATE;
	if (!IsValid(Steer))
		return STATUS_INVALID_PARAMETER;
	if (!Lock(Channel))
		return STATUS_DEVICE_BUSY;
	Status = ReplaceInUse(Channel, Steer);
	Unlock(Channel);
	EndIfEnded(Channel);
	return Status;
}

VOID IrlpEndSteering(PIRLP_CHANNEL Channel)
{
	InterlockedExchange(&Channel->Ended, TRUE);
	EndIfEnded(Channel);
}
