/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * irlstackf.sys: a filter on the receive side only.  Of each list of frames
 * that an adapter indicates it takes ours, has them copied and returns them;
 * the rest goes on upward untouched.
 *
 *   DRIVER --- MODULE (one per adapter) --- TABLE (what is whose, immutable)
 *          `-- SUBSCRIBER (one per channel of irlstackp that steers)
 *
 * A change of subscribers makes new tables.  A receive holds its table by
 * rundown protection, so when a table has been exchanged and run down, nobody
 * delivers by it any more.
 */
#ifndef IRL_IRLSTACKF_H
#define IRL_IRLSTACKF_H

#include "common.h"
#include "link.h"
#include "steer/core.h"

typedef struct _IRLF_SUBSCRIBER {
	LIST_ENTRY Entry;
	IRL_NAME Adapter;
	IRL_SUBSCRIPTION Wanted;
} IRLF_SUBSCRIBER, *PIRLF_SUBSCRIBER;

/* Whose a frame is. */
typedef struct _IRLF_TARGET {
	IRL_DELIVER Deliver; /* NULL: nobody has this queue open */
	PVOID Context;
} IRLF_TARGET, *PIRLF_TARGET;

/* A rule and the queues that divide it. */
typedef struct _IRLF_GROUP {
	struct irl_steer Rule;
	struct irl_steer_parts Parts;
	ULONG Queues;
	IRLF_TARGET Target[IRL_WIN_QUEUES_MAX];
} IRLF_GROUP, *PIRLF_GROUP;

typedef struct _IRLF_TABLE {
	EX_RUNDOWN_REF Readers;
	ULONG Groups;
	IRLF_GROUP Group[]; /* no two claim a frame */
} IRLF_TABLE, *PIRLF_TABLE;

typedef struct _IRLF_DRIVER {
	PDEVICE_OBJECT Device;
	NDIS_HANDLE Handle;
	ULONG NdisVersion;
	KEVENT Turn; /* to change what follows */
	LIST_ENTRY Modules;
	LIST_ENTRY Subscribers;
} IRLF_DRIVER, *PIRLF_DRIVER;

typedef struct _IRLF_MODULE {
	LIST_ENTRY Entry;
	PIRLF_DRIVER Driver;
	NDIS_HANDLE Handle;
	IRL_NAME Adapter;
	volatile LONG Running;
	KSPIN_LOCK Lock; /* of Table, to acquire or exchange it */
	PIRLF_TABLE Table;
	PIRLF_TABLE Spare; /* within a turn: for what comes next */
	volatile LONG64 Frames, Host, Taken, NoQueue, Unreadable, Paused;
} IRLF_MODULE, *PIRLF_MODULE;

/* ---- steer.c: subscribers and tables ------------------------------------- */

/* In our turn: a new module's table, from the subscribers there are.  Without
 * memory the frames stay the host's until the next change. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID
    IrlfAddTable(PIRLF_DRIVER Driver, PIRLF_MODULE Module);
/* In our turn: when it returns nobody reads a table of the module. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID IrlfDropTable(PIRLF_MODULE Module);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    IrlfSubscribe(PIRLF_DRIVER Driver, const IRL_SUBSCRIPTION *Wanted);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    IrlfUnsubscribe(PIRLF_DRIVER Driver, PVOID Context);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    IrlfUnsubscribeAll(PIRLF_DRIVER Driver, const uint16_t *Adapter);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID
    IrlfReleaseSubscribers(PIRLF_DRIVER Driver);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    IrlfCount(PIRLF_DRIVER Driver, PIRL_LINK_COUNT Count);

/* Held until IrlfPutTable; NULL: nothing is ours. */
PIRLF_TABLE IrlfGetTable(PIRLF_MODULE Module);
VOID IrlfPutTable(PIRLF_TABLE Table);
/* Whose the frame is; NULL: the host's. */
PIRLF_TARGET IrlfMatch(PIRLF_TABLE Table, const VOID *Frame, ULONG Length);

/* ---- divert.c: the receive path ------------------------------------------ */

VOID NTAPI IrlfReceive(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists,
		       NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags);
VOID NTAPI IrlfReturn(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, ULONG Flags);

#endif
