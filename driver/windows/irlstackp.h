/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * irlstackp.sys: from a program's buffer of frames to one call of NDIS, and
 * from irlstackf's frames to a program's reads.
 *
 *   DRIVER --- ADAPTER (one per binding) <--- CHANNEL (one per open handle)
 *                                               |- REQUEST (one per WriteFile)
 *                                               `- ring of received frames
 *
 * An ADAPTER is paused, running or gone; only protocol events change that.
 * `Sends` is acquired for each request that NDIS has, `Use` for each other call
 * on the binding: pausing waits for the first, unbinding for both.
 */
#ifndef IRL_IRLSTACKP_H
#define IRL_IRLSTACKP_H

#include "common.h"
#include "link.h"

typedef struct _IRLP_DRIVER {
	PDEVICE_OBJECT Device;
	NDIS_HANDLE Protocol;
	ULONG NdisVersion;
	ULONG64 CancelIds; /* NDIS's part of each */
	KSPIN_LOCK Lock;   /* of Adapters, and each one's Channels */
	LIST_ENTRY Adapters;
} IRLP_DRIVER, *PIRLP_DRIVER;

/* What an adapter computes now, for each IP: IRL_WIN_TX_CHECKSUM_..., and of
 * frames with which headers; 0 before it has been asked or has told. */
#define IRLP_CHECKSUMS(V4, V6) ((LONG)(1u << 31 | (V6) << 8 | (V4)))
#define IRLP_CHECKSUMS_V4(All) ((ULONG)(All)&0xff)
#define IRLP_CHECKSUMS_V6(All) ((ULONG)(All) >> 8 & 0xff)
#define IRLP_IP_OPTIONS 0x10u /* of IPv6: extension headers */
#define IRLP_TCP_OPTIONS 0x20u
#define IRLP_OTHER_TYPE 0x40u /* no IP, or a tag before it: none does */

typedef struct _IRLP_ADAPTER {
	LIST_ENTRY Entry;
	LIST_ENTRY Channels;
	volatile LONG References; /* of the list and of each channel */
	PIRLP_DRIVER Driver;
	NDIS_HANDLE Binding;
	EX_RUNDOWN_REF Sends;
	EX_RUNDOWN_REF Use;
	volatile LONG64 LastCancelId; /* our part of it */
	KEVENT Done;                  /* an open or close that was pending */
	NDIS_STATUS DoneStatus;
	volatile LONG State; /* enum irl_win_adapter_state */
	volatile LONG Link;
	volatile LONG Checksums; /* IRLP_CHECKSUMS */
	KEVENT Turn;             /* to change Multicast */
	LONG Multicast;          /* channels that want all of it */
	IRL_NAME Name;
	ULONG64 Luid;
	ULONG64 Speed;
	ULONG IfIndex;
	ULONG Mtu;
	UCHAR Mac[8];
} IRLP_ADAPTER, *PIRLP_ADAPTER;

typedef struct _IRLP_CHANNEL IRLP_CHANNEL, *PIRLP_CHANNEL;

/* What one WriteFile needs, set aside at BIND. */
typedef struct _IRLP_REQUEST {
	struct _IRLP_REQUEST *Next; /* free */
	PIRLP_CHANNEL Channel;
	PUCHAR Copy; /* a stride for each frame; NULL: zero copy */
	PIRP Irp;
	BOOLEAN Report; /* write outcomes into the headers */
	ULONG Frames;
	ULONG64 Bytes;
	PVOID CancelId;          /* of this use of it */
	volatile LONG Left;      /* frames that NDIS has, and who looks on */
	volatile LONG Over;      /* the frames, and a cancel routine that ran */
	volatile LONG Cancelled; /* NDIS was asked to give them back */
	volatile LONG Outcome[IRL_WIN_OUTCOMES];
	PNET_BUFFER_LIST Lists[]; /* Batch of them */
} IRLP_REQUEST, *PIRLP_REQUEST;

typedef struct _IRLP_RING {
	PUCHAR Base;
	ULONG Bytes;      /* a power of two */
	ULONG Head, Tail; /* bytes ever put and taken */
	ULONG Frames;
} IRLP_RING, *PIRLP_RING;

typedef enum _IRLP_BINDING {
	IrlpUnbound = 0,
	IrlpBinding, /* BIND at work */
	IrlpBound,
} IRLP_BINDING;

struct _IRLP_CHANNEL {
	PIRLP_DRIVER Driver;
	PFILE_OBJECT File;    /* lives as long as the channel */
	volatile LONG State;  /* IRLP_BINDING; what follows is set before */
	volatile LONG Locked; /* a STEER or the cleanup at work */
	volatile LONG Ended;  /* no steering any more */
	BOOLEAN Subscribed;   /* under Locked */
	BOOLEAN Multicast;    /* under Locked */
	PIRLP_ADAPTER Adapter;
	LIST_ENTRY Entry; /* of its Channels */

	/* transmit */
	BOOLEAN ZeroCopy;
	ULONG Batch;
	ULONG FrameMax;
	ULONG Stride; /* of REQUEST.Copy */
	NDIS_HANDLE Pool;
	KSPIN_LOCK TxLock; /* of Free */
	PIRLP_REQUEST Free;
	ULONG Requests;
	PIRLP_REQUEST *All;
	volatile LONG64 TxBuffers, TxFrames, TxBytes;
	volatile LONG64 Outcome[IRL_WIN_OUTCOMES];
	volatile LONG64 Refused[IRL_WIN_REFUSALS];

	/* receive: all under RxLock */
	KSPIN_LOCK RxLock;
	IRLP_RING Ring;
	LIST_ENTRY Reads; /* IRPs waiting */
	ULONG ReadCount;
	ULONG RxBatch;
	ULONG RxDelay;   /* us */
	BOOLEAN Armed;   /* the timer runs */
	BOOLEAN Due;     /* it has fired for what is in the ring */
	BOOLEAN Closing; /* no more reads */
	BOOLEAN Gone;    /* the adapter: reads get what is left */
	KTIMER Timer;
	KDPC Dpc;
	ULONG64 RxFrames, RxBytes, RxRead, RxReads;
	ULONG64 RingFull, TooLong, Unreadable, Cancelled;
};

/* ---- protocol.c: the driver and its events ------------------------------- */

NTSTATUS IrlpRegister(PIRLP_DRIVER Driver);

/* ---- adapter.c: bindings ------------------------------------------------- */

_IRQL_requires_max_(PASSIVE_LEVEL) NDIS_STATUS
    IrlpBind(PIRLP_DRIVER Driver, NDIS_HANDLE BindContext,
	     PNDIS_BIND_PARAMETERS Parameters);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID IrlpUnbind(PIRLP_ADAPTER Adapter);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID IrlpPause(PIRLP_ADAPTER Adapter);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID IrlpRestart(PIRLP_ADAPTER Adapter);
VOID IrlpAdapterDone(PIRLP_ADAPTER Adapter, NDIS_STATUS Status);

/* With a reference, or NULL. */
PIRLP_ADAPTER IrlpFindAdapter(PIRLP_DRIVER Driver, PIRL_NAME Name);
VOID IrlpReleaseAdapter(PIRLP_ADAPTER Adapter);
/* From now on until it leaves the channel is told when the adapter goes. */
VOID IrlpJoin(PIRLP_ADAPTER Adapter, PIRLP_CHANNEL Channel);
VOID IrlpLeave(PIRLP_ADAPTER Adapter, PIRLP_CHANNEL Channel);
VOID IrlpDescribe(PIRLP_ADAPTER Adapter, struct irl_win_adapter *To);
/* As many as fit; returns how many. */
ULONG IrlpListAdapters(PIRLP_DRIVER Driver, struct irl_win_adapter To[],
		       ULONG Room);

/* ---- oid.c: requests to the adapter -------------------------------------- */

_IRQL_requires_max_(PASSIVE_LEVEL) NDIS_STATUS
    IrlpRequest(PIRLP_ADAPTER Adapter, NDIS_REQUEST_TYPE Type, NDIS_OID Oid,
		PVOID Buffer, ULONG Length);
VOID NTAPI IrlpRequestComplete(NDIS_HANDLE Context, PNDIS_OID_REQUEST Request,
			       NDIS_STATUS Status);
/* Unless it tells meanwhile. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID IrlpAskChecksums(PIRLP_ADAPTER Adapter);
/* It tells, @Size bytes at @Offload. */
VOID IrlpSetChecksums(PIRLP_ADAPTER Adapter, const VOID *Offload, ULONG Size);

/* ---- channel.c: open handles --------------------------------------------- */

PIRLP_CHANNEL IrlpOpenChannel(PIRLP_DRIVER Driver, PFILE_OBJECT File);
/* The handle is closed, requests may still be pending. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID
    IrlpCleanupChannel(PIRLP_CHANNEL Channel);
/* No request is pending any more, and irlstackf has let go. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID IrlpCloseChannel(PIRLP_CHANNEL Channel);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    IrlpBindChannel(PIRLP_CHANNEL Channel, const struct irl_win_bind *Bind,
		    struct irl_win_adapter *Adapter);
BOOLEAN IrlpIsBound(PIRLP_CHANNEL Channel);
VOID IrlpCount(PIRLP_CHANNEL Channel, struct irl_win_counters *To);

/* ---- subscribe.c: what is ours, from irlstackf --------------------------- */

_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    IrlpSteer(PIRLP_CHANNEL Channel, const struct irl_win_steer *Steer);
/* Of all channels: the adapter has gone, and is not in use. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID
    IrlpEndAllSteering(PIRLP_ADAPTER Adapter);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID IrlpEndSteering(PIRLP_CHANNEL Channel);
/* All zero without irlstackf; returns whether it answers. */
_IRQL_requires_max_(PASSIVE_LEVEL) BOOLEAN
    IrlpCountFilter(PIRLP_ADAPTER Adapter, struct irl_win_filter *To);

/* ---- request.c: what a send needs ---------------------------------------- */

_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    IrlpAllocateRequests(PIRLP_CHANNEL Channel, ULONG Requests);
VOID IrlpFreeRequests(PIRLP_CHANNEL Channel);
/* One of the channel's, or NULL: all are at work. */
_IRQL_requires_max_(DISPATCH_LEVEL) PIRLP_REQUEST
    IrlpTakeRequest(PIRLP_CHANNEL Channel);
VOID IrlpGiveRequest(PIRLP_REQUEST Request);

/* ---- transmit.c ---------------------------------------------------------- */

/* Completes @Irp, now or later; @Mdl may be NULL. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    IrlpTransmit(PIRLP_CHANNEL Channel, PIRP Irp, PMDL Mdl, ULONG Length,
		 BOOLEAN Report);
/* What waits in the adapter's queue comes back. */
_IRQL_requires_max_(DISPATCH_LEVEL) VOID
    IrlpCancelWrites(PIRLP_CHANNEL Channel);
VOID NTAPI IrlpSendComplete(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists,
			    ULONG Flags);

/* ---- receive.c ----------------------------------------------------------- */

VOID IrlpInitReceive(PIRLP_CHANNEL Channel);
NTSTATUS IrlpAllocateRing(PIRLP_CHANNEL Channel, ULONG Bytes);
/* Completes @Irp, now or later. */
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS
    IrlpRead(PIRLP_CHANNEL Channel, PIRP Irp, ULONG Length);
NTSTATUS IrlpSetReceive(PIRLP_CHANNEL Channel,
			const struct irl_win_receive *Receive);
VOID IrlpCancelReads(PIRLP_CHANNEL Channel);
/* The adapter has gone: nothing more will come.  Reads to complete go to
 * @Served. */
VOID IrlpEndReceive(PIRLP_CHANNEL Channel, PLIST_ENTRY Served);
VOID IrlpCompleteAll(PLIST_ENTRY Served);
VOID NTAPI IrlpDeliver(PVOID Channel, PNET_BUFFER_LIST First, ULONG Count);

/* ---- ioctl.c ------------------------------------------------------------- */

VOID IrlpSetDispatch(PDRIVER_OBJECT Driver);

#endif
