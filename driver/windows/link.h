/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the two drivers: irlstackp subscribes at irlstackf to the frames of
 * an adapter that a rule makes ours, by internal requests, which no program
 * can send.
 *
 * Who holds whom:
 *  - P to F: only by a request, which holds F's device open for its duration.
 *    P keeps no pointer into F.
 *  - F to P: a subscription holds the file of the handle, and so the channel
 * and P itself; F lets go of it when no Deliver runs any more. So each side may
 * be unloaded at any time.
 */
#ifndef IRL_LINK_H
#define IRL_LINK_H

#include "common.h"

#define IRL_LINK_DEVICE L"\\Device\\IRLstackF"
#define IRL_LINK_VERSION 1

#define IRL_LINK_CODE(n)                                                       \
	CTL_CODE(FILE_DEVICE_NETWORK, 0x900 + (n), METHOD_NEITHER,             \
		 FILE_ANY_ACCESS)
#define IRL_LINK_SUBSCRIBE IRL_LINK_CODE(0)   /* IRL_SUBSCRIPTION */
#define IRL_LINK_UNSUBSCRIBE IRL_LINK_CODE(1) /* IRL_SUBSCRIPTION: Context */
#define IRL_LINK_COUNTERS IRL_LINK_CODE(2)    /* IRL_LINK_COUNT */
/* IRL_SUBSCRIPTION: all of the Adapter */
#define IRL_LINK_UNSUBSCRIBE_ALL IRL_LINK_CODE(3)

/* First of each request; in Type3InputBuffer, a kernel address. */
typedef struct _IRL_LINK_HEAD {
	ULONG Version;
	ULONG Size;
} IRL_LINK_HEAD;

/* @First and the @Count - 1 that follow it are ours; read them, no more.  More
 * may follow in the list, and the list may be NDIS's own. */
typedef _IRQL_requires_max_(DISPATCH_LEVEL)
    VOID(NTAPI *IRL_DELIVER)(PVOID Context, PNET_BUFFER_LIST First,
			     ULONG Count);
typedef _IRQL_requires_max_(PASSIVE_LEVEL)
    VOID(NTAPI *IRL_RELEASE)(PVOID Context);

/* One subscription per Context; a new one replaces it. */
typedef struct _IRL_SUBSCRIPTION {
	IRL_LINK_HEAD Head;
	uint16_t Adapter[IRL_WIN_NAME];
	ULONG Queue, Queues;
	struct irl_steer Rule;
	IRL_DELIVER Deliver;
	PVOID Context;
	PFILE_OBJECT Owner; /* referenced while Deliver may be called */
} IRL_SUBSCRIPTION, *PIRL_SUBSCRIPTION;

typedef struct _IRL_LINK_COUNT {
	IRL_LINK_HEAD Head;
	uint16_t Adapter[IRL_WIN_NAME];
	struct irl_win_filter
	    Count; /* out; all zero if F has no such adapter */
} IRL_LINK_COUNT, *PIRL_LINK_COUNT;

#endif
