// SPDX-License-Identifier: BSD-2-Clause
/* Requests to an adapter, one at a time and waited for. */
#include "irlstackp.h"

/* Our part of a request that NDIS has. */
typedef struct _PENDING {
	NDIS_OID_REQUEST Request;
	KEVENT Done;
	NDIS_STATUS Status;
} PENDING, *PPENDING;

VOID NTAPI IrlpRequestComplete(NDIS_HANDLE Context, PNDIS_OID_REQUEST Request,
			       NDIS_STATUS Status)
{
	PPENDING Pending = CONTAINING_RECORD(Request, PENDING, Request);

	(void)Context;
	Pending->Status = Status;
	KeSetEvent(&Pending->Done, IO_NO_INCREMENT, FALSE);
}

static VOID Describe(PNDIS_OID_REQUEST Request, NDIS_REQUEST_TYPE Type,
		     NDIS_OID Oid, PVOID Buffer, ULONG Length)
{
	Request->Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
	Request->Header.Revision = NDIS_OID_REQUEST_REVISION_1;
	Request->Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
	Request->RequestType = Type;
	/* the same three fields, first of each kind */
	Request->DATA.QUERY_INFORMATION.Oid = Oid;
	Request->DATA.QUERY_INFORMATION.InformationBuffer = Buffer;
	Request->DATA.QUERY_INFORMATION.InformationBufferLength = Length;
}

NDIS_STATUS IrlpRequest(PIRLP_ADAPTER Adapter, NDIS_REQUEST_TYPE Type,
			NDIS_OID Oid, PVOID Buffer, ULONG Length)
{
	PPENDING Pending = (PPENDING)IrlAllocate(sizeof(*Pending));
	NDIS_STATUS Status;

	if (!Pending)
		return NDIS_STATUS_RESOURCES;
	if (!ExAcquireRundownProtection(&Adapter->Use)) {
		IrlFree(Pending);
		return NDIS_STATUS_ADAPTER_REMOVED;
	}
	Describe(&Pending->Request, Type, Oid, Buffer, Length);
	KeInitializeEvent(&Pending->Done, NotificationEvent, FALSE);
	Status = NdisOidRequest(Adapter->Binding, &Pending->Request);
	if (Status == NDIS_STATUS_PENDING) {
		KeWaitForSingleObject(&Pending->Done, Executive, KernelMode,
				      FALSE, NULL);
		Status = Pending->Status;
	}
	ExReleaseRundownProtection(&Adapter->Use);
	IrlFree(Pending);
	return Status;
}

/* ---- checksums ----------------------------------------------------------- */

#define OFFLOAD_BYTES 1024 /* NDIS_OFFLOAD of any revision */

static ULONG Flag(ULONG Offered, ULONG Flag)
{
	return Offered & NDIS_OFFLOAD_SUPPORTED ? Flag : 0;
}

static ULONG OfV4(const NDIS_CHECKSUM_OFFLOAD_V4 *Can)
{
	if (!(Can->Encapsulation & NDIS_ENCAPSULATION_IEEE_802_3))
		return 0;
	return Flag(Can->IpChecksum, IRL_WIN_TX_CHECKSUM_IP) |
	       Flag(Can->TcpChecksum, IRL_WIN_TX_CHECKSUM_TCP) |
	       Flag(Can->UdpChecksum, IRL_WIN_TX_CHECKSUM_UDP) |
	       Flag(Can->IpOptionsSupported, IRLP_IP_OPTIONS) |
	       Flag(Can->TcpOptionsSupported, IRLP_TCP_OPTIONS);
}

static ULONG OfV6(const NDIS_CHECKSUM_OFFLOAD_V6 *Can)
{
	if (!(Can->Encapsulation & NDIS_ENCAPSULATION_IEEE_802_3))
		return 0;
	return Flag(Can->TcpChecksum, IRL_WIN_TX_CHECKSUM_TCP) |
	       Flag(Can->UdpChecksum, IRL_WIN_TX_CHECKSUM_UDP) |
	       Flag(Can->IpExtensionHeadersSupported, IRLP_IP_OPTIONS) |
	       Flag(Can->TcpOptionsSupported, IRLP_TCP_OPTIONS);
}

static LONG ChecksumsOf(const NDIS_OFFLOAD_HEAD *Offload)
{
	return IRLP_CHECKSUMS(OfV4(&Offload->Checksum.IPv4Transmit),
			      OfV6(&Offload->Checksum.IPv6Transmit));
}

VOID IrlpSetChecksums(PIRLP_ADAPTER Adapter, const VOID *Offload, ULONG Size)
{
	if (Offload && Size >= sizeof(NDIS_OFFLOAD_HEAD))
		InterlockedExchange(
		    &Adapter->Checksums,
		    ChecksumsOf((const NDIS_OFFLOAD_HEAD *)Offload));
}

VOID IrlpAskChecksums(PIRLP_ADAPTER Adapter)
{
	NDIS_OFFLOAD_HEAD *Offload =
	    (NDIS_OFFLOAD_HEAD *)IrlAllocate(OFFLOAD_BYTES);

	if (!Offload)
		return;
	if (IrlpRequest(Adapter, NdisRequestQueryInformation,
			OID_TCP_OFFLOAD_CURRENT_CONFIG, Offload,
			OFFLOAD_BYTES) == NDIS_STATUS_SUCCESS)
		InterlockedCompareExchange(&Adapter->Checksums,
					   ChecksumsOf(Offload), 0);
	IrlFree(Offload);
}
