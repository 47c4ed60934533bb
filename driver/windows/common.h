/* SPDX-License-Identifier: BSD-2-Clause */
/* What both drivers need: NDIS, the ABI, memory, the control device. */
#ifndef IRL_COMMON_H
#define IRL_COMMON_H

#include "ndis6.h"
#include <irl/abi/windows.h>

/* Documentation only, where the compiler or host does not know it. */
#ifndef _IRQL_requires_max_
#define _IRQL_requires_max_(Irql)
#endif

#ifndef MdlMappingNoExecute
#define MdlMappingNoExecute 0x40000000u
#endif

/* MmInitializeMdl; the macro mixes signs. */
static inline VOID IrlInitializeMdl(PMDL Mdl, PVOID Base, ULONG Length)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
	MmInitializeMdl(Mdl, Base, Length);
#pragma GCC diagnostic pop
}

#define IRL_TAG 0x73727249u /* "Irrs" in a pool listing */
#define IRL_DRIVER_VERSION_MAJOR 0
#define IRL_DRIVER_VERSION_MINOR 1

/* Zeroed non-paged, non-executable memory, or NULL. */
_IRQL_requires_max_(DISPATCH_LEVEL) PVOID IrlAllocate(SIZE_T Bytes);
VOID IrlFree(PVOID Memory); /* NULL is fine */

/* The NDIS version to register for, major << 16 | minor; 0: NDIS is too old.
 * The newest that both sides know: registering for an old version can make
 * NDIS switch features of the adapter off (RSC for one). */
ULONG IrlNdisVersion(void);

typedef enum _IRL_ACCESS {
	IrlAccessSystem,         /* other drivers */
	IrlAccessAdministrators, /* and administrators */
} IRL_ACCESS;

/* A control device whose extension of @Extension bytes is zeroed.  What it
 * guards is set before DriverEntry returns, and so before anyone can open. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    IrlCreateDevice(PDRIVER_OBJECT Driver, PCWSTR Name, ULONG Extension,
		    IRL_ACCESS Access, PDEVICE_OBJECT *Device);

/* A lock that may be held while waiting; a synchronisation event that is set
 * while nobody has it.  Its holder cannot be suspended, so a program that is
 * being debugged does not hold up NDIS. */
_IRQL_requires_max_(PASSIVE_LEVEL) VOID IrlTakeTurn(PKEVENT Turn);
VOID IrlEndTurn(PKEVENT Turn);

/* Complete @Irp; returns @Status. */
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS
    IrlComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);

/* A name of at most IRL_WIN_NAME - 1 units in memory of its own. */
typedef struct _IRL_NAME {
	UNICODE_STRING String;
	WCHAR Buffer[IRL_WIN_NAME];
} IRL_NAME, *PIRL_NAME;

NTSTATUS IrlSetName(PIRL_NAME Name, const UNICODE_STRING *From);
NTSTATUS IrlSetNameFrom(PIRL_NAME Name, const uint16_t From[IRL_WIN_NAME]);
BOOLEAN IrlSameName(PIRL_NAME A, PIRL_NAME B);

#endif
