/* SPDX-License-Identifier: BSD-2-Clause */
/* The double's functions by name, for images. */
#include "double/ndis6.h"
#include "image.h"

static NTAPI void *copy(void *to, const void *from, size_t size)
{
	return memcpy(to, from, size);
}

static NTAPI void *move(void *to, const void *from, size_t size)
{
	return memmove(to, from, size);
}

static NTAPI void *set(void *to, int byte, size_t size)
{
	return memset(to, byte, size);
}

static NTAPI int compare(const void *a, const void *b, size_t size)
{
	return memcmp(a, b, size);
}

#define EXPORT(name)                                                           \
	{                                                                      \
#name, (PVOID)(uintptr_t)name                                  \
	}

static const struct {
	const char *name;
	PVOID function;
} exports[] = {
    {"memcpy", (PVOID)(uintptr_t)copy},
    {"memmove", (PVOID)(uintptr_t)move},
    {"memset", (PVOID)(uintptr_t)set},
    {"memcmp", (PVOID)(uintptr_t)compare},
    EXPORT(DbgPrint),
    EXPORT(ExAcquireRundownProtection),
    EXPORT(ExAllocatePool2),
    EXPORT(ExAllocatePoolWithTag),
    EXPORT(ExFreePool),
    EXPORT(ExFreePoolWithTag),
    EXPORT(ExInitializeRundownProtection),
    EXPORT(ExReInitializeRundownProtection),
    EXPORT(ExReleaseRundownProtection),
    EXPORT(ExRundownCompleted),
    EXPORT(ExWaitForRundownProtectionRelease),
    EXPORT(IoAcquireCancelSpinLock),
    EXPORT(IoAllocateMdl),
    EXPORT(IoAllocateWorkItem),
    EXPORT(IoBuildDeviceIoControlRequest),
    EXPORT(IoBuildPartialMdl),
    EXPORT(IoCreateDevice),
    EXPORT(IoCreateSymbolicLink),
    EXPORT(IoDeleteDevice),
    EXPORT(IoDeleteSymbolicLink),
    EXPORT(IoFreeMdl),
    EXPORT(IoFreeWorkItem),
    EXPORT(IoGetDeviceObjectPointer),
    EXPORT(IoQueueWorkItem),
    EXPORT(IoReleaseCancelSpinLock),
    EXPORT(IofCallDriver),
    EXPORT(IofCompleteRequest),
    EXPORT(KeAcquireInStackQueuedSpinLock),
    EXPORT(KeAcquireSpinLockAtDpcLevel),
    EXPORT(KeAcquireSpinLockRaiseToDpc),
    EXPORT(KeBugCheckEx),
    EXPORT(KeCancelTimer),
    EXPORT(KeClearEvent),
    EXPORT(KeDelayExecutionThread),
    EXPORT(KeEnterCriticalRegion),
    EXPORT(KeFlushQueuedDpcs),
    EXPORT(KeInitializeDpc),
    EXPORT(KeInitializeEvent),
    EXPORT(KeInitializeTimer),
    EXPORT(KeInitializeTimerEx),
    EXPORT(KeInsertQueueDpc),
    EXPORT(KeLeaveCriticalRegion),
    EXPORT(KeLowerIrql),
    EXPORT(KeQueryPerformanceCounter),
    EXPORT(KeReadStateEvent),
    EXPORT(KeReleaseInStackQueuedSpinLock),
    EXPORT(KeReleaseSpinLock),
    EXPORT(KeReleaseSpinLockFromDpcLevel),
    EXPORT(KeRemoveQueueDpc),
    EXPORT(KeResetEvent),
    EXPORT(KeSetEvent),
    EXPORT(KeSetTimer),
    EXPORT(KeSetTimerEx),
    EXPORT(KeWaitForSingleObject),
    EXPORT(KfRaiseIrql),
    EXPORT(MmBuildMdlForNonPagedPool),
    EXPORT(MmMapLockedPagesSpecifyCache),
    EXPORT(MmSizeOfMdl),
    EXPORT(MmUnmapLockedPages),
    EXPORT(NdisAllocateNetBufferAndNetBufferList),
    EXPORT(NdisAllocateNetBufferListPool),
    EXPORT(NdisCancelSendNetBufferLists),
    EXPORT(NdisCloseAdapterEx),
    EXPORT(NdisCompleteBindAdapterEx),
    EXPORT(NdisCompleteNetPnPEvent),
    EXPORT(NdisCompleteUnbindAdapterEx),
    EXPORT(NdisDeregisterProtocolDriver),
    EXPORT(NdisFDeregisterFilterDriver),
    EXPORT(NdisFIndicateReceiveNetBufferLists),
    EXPORT(NdisFIndicateStatus),
    EXPORT(NdisFPauseComplete),
    EXPORT(NdisFRegisterFilterDriver),
    EXPORT(NdisFRestartComplete),
    EXPORT(NdisFReturnNetBufferLists),
    EXPORT(NdisFSendNetBufferLists),
    EXPORT(NdisFSendNetBufferListsComplete),
    EXPORT(NdisFSetAttributes),
    EXPORT(NdisFreeNetBufferList),
    EXPORT(NdisFreeNetBufferListPool),
    EXPORT(NdisGeneratePartialCancelId),
    EXPORT(NdisGetDataBuffer),
    EXPORT(NdisGetVersion),
    EXPORT(NdisOidRequest),
    EXPORT(NdisOpenAdapterEx),
    EXPORT(NdisRegisterProtocolDriver),
    EXPORT(NdisReturnNetBufferLists),
    EXPORT(NdisSendNetBufferLists),
    EXPORT(ObOpenObjectByPointer),
    EXPORT(ObfDereferenceObject),
    EXPORT(ObfReferenceObject),
    EXPORT(RtlCopyUnicodeString),
    EXPORT(RtlEqualUnicodeString),
    EXPORT(RtlInitUnicodeString),
    EXPORT(ZwClose),
    EXPORT(ZwSetSecurityObject),
};

PVOID image_export(const char *name)
{
	for (size_t i = 0; i < RTL_NUMBER_OF(exports); i++)
		if (!strcmp(exports[i].name, name))
			return exports[i].function;
	return NULL;
}
