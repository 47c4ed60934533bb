/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The part of the Windows kernel's interface that the drivers use, for a build
 * of their sources on Linux, and for arm64, which mingw's own header lacks.
 *
 * Written from public documentation, second to what the drivers compile with
 * on Windows: facts.def states every layout and value with its source, and
 * test_facts.c holds both to it.  Types have the sizes of 64-bit Windows (long
 * has 32 bits there), functions its calling convention, so that one host
 * serves sources compiled with this header and the shipped .sys files.
 */
#ifndef IRL_TESTS_WINDOWS_NTDDK_H
#define IRL_TESTS_WINDOWS_NTDDK_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define IRL_NATIVE_HOST 1
#define _WIN64 1
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#ifdef __x86_64__
#define NTAPI __attribute__((ms_abi))
#else
#define NTAPI /* Windows on arm64 has one convention */
#endif
#define FASTCALL NTAPI
#define WINAPI NTAPI
#define __cdecl NTAPI
#define DECLSPEC_ALIGN(n) __attribute__((aligned(n)))
#define DECLSPEC_NORETURN __attribute__((noreturn))
#define NTKERNELAPI
#define NTSYSAPI
#define NDISAPI
#define FORCEINLINE static inline __attribute__((always_inline))
#define C_ASSERT(e) _Static_assert(e, #e)
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define UFIELD_OFFSET(type, field) ((ULONG)offsetof(type, field))
#define RTL_FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field)                                  \
	(offsetof(type, field) + RTL_FIELD_SIZE(type, field))
#define CONTAINING_RECORD(address, type, field)                                \
	((type *)((PUCHAR)(address)-offsetof(type, field)))
#define RTL_NUMBER_OF(a) (sizeof(a) / sizeof((a)[0]))
#define ARRAYSIZE(a) RTL_NUMBER_OF(a)
#define UNREFERENCED_PARAMETER(p) ((void)(p))
#define ALIGN_UP_BY(n, a) (((ULONG_PTR)(n) + (a)-1) & ~((ULONG_PTR)(a)-1))
#define VOID void
#define CONST const
#define IN
#define OUT
#define TRUE 1
#define FALSE 0
#define PAGE_SIZE 0x1000
#define PAGE_SHIFT 12
#define MAXULONG 0xFFFFFFFFu
#define MAXUSHORT 0xFFFFu
#define MEMORY_ALLOCATION_ALIGNMENT 16
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64

/* Annotations for Microsoft's analyser; nothing to a compiler. */
#define _In_
#define _In_opt_
#define _Out_
#define _Out_opt_
#define _Inout_
#define _Inout_opt_
#define _In_reads_(n)
#define _In_reads_bytes_(n)
#define _Out_writes_bytes_(n)
#define _Use_decl_annotations_
#define _Must_inspect_result_
#define _Function_class_(f)
#define _IRQL_requires_(l)
#define _IRQL_requires_max_(l)
#define _IRQL_requires_same_
#define _IRQL_raises_(l)
#define _IRQL_saves_
#define _IRQL_restores_
#define _Acquires_lock_(l)
#define _Releases_lock_(l)
#define _Requires_lock_held_(l)
#define _Dispatch_type_(t)
#define _When_(c, a)

typedef void *PVOID, *HANDLE, **PHANDLE;
typedef const void *PCVOID;
typedef char CHAR, *PCHAR, CCHAR;
typedef const char *PCSTR, *PCCH, *PCSZ;
typedef uint8_t UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN;
typedef uint8_t KIRQL, *PKIRQL;
typedef int16_t SHORT, CSHORT;
typedef uint16_t USHORT, *PUSHORT, WCHAR, *PWSTR, *PWCHAR;
typedef const uint16_t *PCWSTR;
typedef int32_t LONG, *PLONG, NTSTATUS;
typedef unsigned int UINT, *PUINT;
typedef uint32_t ULONG, *PULONG, ACCESS_MASK, DEVICE_TYPE, DWORD;
typedef int64_t LONGLONG, LONG64, LONG_PTR, *PLONGLONG;
typedef uint64_t ULONGLONG, ULONG64, *PULONG64, ULONG_PTR, SIZE_T, *PSIZE_T;
typedef uint64_t KSPIN_LOCK, *PKSPIN_LOCK, KAFFINITY;
typedef LONG KPRIORITY;
typedef union {
	struct {
		ULONG LowPart;
		LONG HighPart;
	};
	LONGLONG QuadPart;
} LARGE_INTEGER, PHYSICAL_ADDRESS, *PLARGE_INTEGER;
typedef struct _GUID {
	ULONG Data1;
	USHORT Data2, Data3;
	UCHAR Data4[8];
} GUID;
typedef struct _UNICODE_STRING {
	USHORT Length, MaximumLength;
	PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;
typedef struct _LIST_ENTRY {
	struct _LIST_ENTRY *Flink, *Blink;
} LIST_ENTRY, *PLIST_ENTRY;
typedef struct _SINGLE_LIST_ENTRY {
	struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY;
typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
	struct {
		ULONGLONG Alignment, Region;
	};
} SLIST_HEADER, *PSLIST_HEADER;
#define RTL_CONSTANT_STRING(s)                                                 \
	{                                                                      \
		sizeof(s) - sizeof((s)[0]), sizeof(s), (PWSTR)(s)              \
	}
#define DECLARE_CONST_UNICODE_STRING(name, s)                                  \
	const UNICODE_STRING name = RTL_CONSTANT_STRING(s)

#define NT_SUCCESS(s) ((NTSTATUS)(s) >= 0)
#define STATUS_SUCCESS ((NTSTATUS)0x00000000)
#define STATUS_TIMEOUT ((NTSTATUS)0x00000102)
#define STATUS_PENDING ((NTSTATUS)0x00000103)
#define STATUS_BUFFER_OVERFLOW ((NTSTATUS)0x80000005)
#define STATUS_UNSUCCESSFUL ((NTSTATUS)0xC0000001)
#define STATUS_NOT_IMPLEMENTED ((NTSTATUS)0xC0000002)
#define STATUS_INVALID_HANDLE ((NTSTATUS)0xC0000008)
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000D)
#define STATUS_NO_SUCH_DEVICE ((NTSTATUS)0xC000000E)
#define STATUS_INVALID_DEVICE_REQUEST ((NTSTATUS)0xC0000010)
#define STATUS_MORE_PROCESSING_REQUIRED ((NTSTATUS)0xC0000016)
#define STATUS_ACCESS_DENIED ((NTSTATUS)0xC0000022)
#define STATUS_BUFFER_TOO_SMALL ((NTSTATUS)0xC0000023)
#define STATUS_OBJECT_NAME_NOT_FOUND ((NTSTATUS)0xC0000034)
#define STATUS_OBJECT_NAME_COLLISION ((NTSTATUS)0xC0000035)
#define STATUS_DELETE_PENDING ((NTSTATUS)0xC0000056)
#define STATUS_REVISION_MISMATCH ((NTSTATUS)0xC0000059)
#define STATUS_INTEGER_OVERFLOW ((NTSTATUS)0xC0000095)
#define STATUS_INSUFFICIENT_RESOURCES ((NTSTATUS)0xC000009A)
#define STATUS_DEVICE_NOT_READY ((NTSTATUS)0xC00000A3)
#define STATUS_NOT_SUPPORTED ((NTSTATUS)0xC00000BB)
#define STATUS_CANCELLED ((NTSTATUS)0xC0000120)
#define STATUS_INVALID_DEVICE_STATE ((NTSTATUS)0xC0000184)
#define STATUS_INVALID_BUFFER_SIZE ((NTSTATUS)0xC0000206)
#define STATUS_NOT_FOUND ((NTSTATUS)0xC0000225)
#define STATUS_DEVICE_BUSY ((NTSTATUS)0x80000011)
#define STATUS_DEVICE_REMOVED ((NTSTATUS)0xC00002B6)
#define STATUS_DATA_ERROR ((NTSTATUS)0xC000003E)
#define STATUS_QUOTA_EXCEEDED ((NTSTATUS)0xC0000044)
#define STATUS_TOO_MANY_COMMANDS ((NTSTATUS)0xC00000C1)
#define STATUS_SHARING_VIOLATION ((NTSTATUS)0xC0000043)
#define STATUS_INVALID_INFO_CLASS ((NTSTATUS)0xC0000003)
#define STATUS_INFO_LENGTH_MISMATCH ((NTSTATUS)0xC0000004)
#define STATUS_NETWORK_UNREACHABLE ((NTSTATUS)0xC000023C)
#define STATUS_NOINTERFACE ((NTSTATUS)0xC00002B9)
#define STATUS_PORT_DISCONNECTED ((NTSTATUS)0xC0000037)
#define STATUS_FILE_FORCED_CLOSED ((NTSTATUS)0xC00000B6)
#define STATUS_TOO_LATE ((NTSTATUS)0xC0000189)

#define PASSIVE_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2

#define IRP_MJ_CREATE 0x00
#define IRP_MJ_CLOSE 0x02
#define IRP_MJ_READ 0x03
#define IRP_MJ_WRITE 0x04
#define IRP_MJ_DEVICE_CONTROL 0x0e
#define IRP_MJ_INTERNAL_DEVICE_CONTROL 0x0f
#define IRP_MJ_SHUTDOWN 0x10
#define IRP_MJ_CLEANUP 0x12
#define IRP_MJ_MAXIMUM_FUNCTION 0x1b
#define IRP_MN_REMOVE_DEVICE 0x02
#define FILE_DEVICE_NETWORK 0x12
#define FILE_DEVICE_SECURE_OPEN 0x100
#define FILE_ANY_ACCESS 0
#define FILE_READ_ACCESS 1
#define FILE_WRITE_ACCESS 2
#define FILE_READ_DATA 1
#define FILE_WRITE_DATA 2
#define FILE_ALL_ACCESS 0x1F01FF
#define GENERIC_READ 0x80000000u
#define GENERIC_WRITE 0x40000000u
#define METHOD_BUFFERED 0
#define METHOD_IN_DIRECT 1
#define METHOD_OUT_DIRECT 2
#define METHOD_NEITHER 3
#define CTL_CODE(device, function, method, access)                             \
	(((device) << 16) | ((access) << 14) | ((function) << 2) | (method))
#define DO_BUFFERED_IO 0x04
#define DO_EXCLUSIVE 0x08
#define DO_DIRECT_IO 0x10
#define DO_DEVICE_INITIALIZING 0x80
#define IO_NO_INCREMENT 0
#define IO_NETWORK_INCREMENT 2
#define SL_PENDING_RETURNED 0x01
#define SL_INVOKE_ON_CANCEL 0x20
#define SL_INVOKE_ON_SUCCESS 0x40
#define SL_INVOKE_ON_ERROR 0x80

#define MDL_MAPPED_TO_SYSTEM_VA 0x0001
#define MDL_PAGES_LOCKED 0x0002
#define MDL_SOURCE_IS_NONPAGED_POOL 0x0004
#define MDL_ALLOCATED_FIXED_SIZE 0x0008
#define MDL_PARTIAL 0x0010
#define MDL_PARTIAL_HAS_BEEN_MAPPED 0x0020
#define MDL_WRITE_OPERATION 0x0080
#define MDL_IO_SPACE 0x0800
#define MDL_MAPPING_CAN_FAIL 0x2000
#define MdlMappingNoWrite 0x80000000u
#define MdlMappingNoExecute 0x40000000u

typedef enum {
	NonPagedPool = 0,
	PagedPool = 1,
	NonPagedPoolNx = 512
} POOL_TYPE;
typedef ULONG64 POOL_FLAGS;
#define POOL_FLAG_UNINITIALIZED 0x02ull
#define POOL_FLAG_CACHE_ALIGNED 0x08ull
#define POOL_FLAG_NON_PAGED 0x40ull
#define POOL_FLAG_PAGED 0x100ull
enum { NormalPagePriority = 16, HighPagePriority = 32 };
typedef enum { MmNonCached, MmCached } MEMORY_CACHING_TYPE;
typedef enum { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum { Executive = 0 } KWAIT_REASON;
enum { KernelMode = 0, UserMode = 1 };
typedef CCHAR KPROCESSOR_MODE;
typedef enum { IoReadAccess, IoWriteAccess, IoModifyAccess } LOCK_OPERATION;
typedef enum { CriticalWorkQueue = 0, DelayedWorkQueue = 1 } WORK_QUEUE_TYPE;

typedef struct _MDL {
	struct _MDL *Next;
	CSHORT Size, MdlFlags;
	PVOID Process, MappedSystemVa, StartVa;
	ULONG ByteCount, ByteOffset;
} MDL, *PMDL;
typedef ULONG_PTR PFN_NUMBER, *PPFN_NUMBER;

struct _DEVICE_OBJECT;
struct _DRIVER_OBJECT;
struct _FILE_OBJECT;
struct _IRP;
typedef NTSTATUS(NTAPI DRIVER_DISPATCH)(struct _DEVICE_OBJECT *, struct _IRP *);
typedef DRIVER_DISPATCH *PDRIVER_DISPATCH;
typedef VOID(NTAPI DRIVER_UNLOAD)(struct _DRIVER_OBJECT *);
typedef DRIVER_UNLOAD *PDRIVER_UNLOAD;
typedef VOID(NTAPI DRIVER_CANCEL)(struct _DEVICE_OBJECT *, struct _IRP *);
typedef DRIVER_CANCEL *PDRIVER_CANCEL;
typedef NTSTATUS(NTAPI DRIVER_INITIALIZE)(struct _DRIVER_OBJECT *,
					  PUNICODE_STRING);
typedef NTSTATUS(NTAPI IO_COMPLETION_ROUTINE)(struct _DEVICE_OBJECT *,
					      struct _IRP *, PVOID);
typedef IO_COMPLETION_ROUTINE *PIO_COMPLETION_ROUTINE;

typedef struct _DISPATCHER_HEADER {
	UCHAR Type, Signalling, Size, Reserved;
	LONG SignalState;
	LIST_ENTRY WaitListHead;
} DISPATCHER_HEADER;
typedef struct _KEVENT {
	DISPATCHER_HEADER Header;
} KEVENT, *PKEVENT, *PRKEVENT;
struct _KDPC;
typedef VOID(NTAPI KDEFERRED_ROUTINE)(struct _KDPC *, PVOID, PVOID, PVOID);
typedef KDEFERRED_ROUTINE *PKDEFERRED_ROUTINE;
typedef struct _KDPC {
	UCHAR Type, Importance;
	volatile USHORT Number;
	SINGLE_LIST_ENTRY DpcListEntry;
	KAFFINITY ProcessorHistory;
	PKDEFERRED_ROUTINE DeferredRoutine;
	PVOID DeferredContext, SystemArgument1, SystemArgument2, DpcData;
} KDPC, *PKDPC, *PRKDPC;
typedef struct _KTIMER {
	DISPATCHER_HEADER Header;
	LARGE_INTEGER DueTime;
	LIST_ENTRY TimerListEntry;
	PKDPC Dpc;
	ULONG Processor, Period;
} KTIMER, *PKTIMER;
typedef struct _EX_RUNDOWN_REF {
	union {
		ULONG_PTR Count;
		PVOID Ptr;
	};
} EX_RUNDOWN_REF, *PEX_RUNDOWN_REF;
typedef struct _KLOCK_QUEUE_HANDLE {
	PVOID Next;
	PKSPIN_LOCK Lock;
	KIRQL OldIrql;
} KLOCK_QUEUE_HANDLE, *PKLOCK_QUEUE_HANDLE;

typedef struct _IO_STATUS_BLOCK {
	union {
		NTSTATUS Status;
		PVOID Pointer;
	};
	ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef struct _DRIVER_OBJECT {
	CSHORT Type, Size;
	struct _DEVICE_OBJECT *DeviceObject;
	ULONG Flags;
	PVOID DriverStart;
	ULONG DriverSize;
	PVOID DriverSection, DriverExtension;
	UNICODE_STRING DriverName;
	PUNICODE_STRING HardwareDatabase;
	PVOID FastIoDispatch, DriverInit, DriverStartIo;
	PDRIVER_UNLOAD DriverUnload;
	PDRIVER_DISPATCH MajorFunction[IRP_MJ_MAXIMUM_FUNCTION + 1];
} DRIVER_OBJECT, *PDRIVER_OBJECT;

typedef struct DECLSPEC_ALIGN(16) _DEVICE_OBJECT {
	CSHORT Type;
	USHORT Size;
	LONG ReferenceCount;
	PDRIVER_OBJECT DriverObject;
	struct _DEVICE_OBJECT *NextDevice, *AttachedDevice;
	struct _IRP *CurrentIrp;
	PVOID Timer;
	ULONG Flags, Characteristics;
	PVOID Vpb, DeviceExtension;
	DEVICE_TYPE DeviceType;
	CCHAR StackSize;
	UCHAR Queue[0x48];
	ULONG AlignmentRequirement;
	UCHAR DeviceQueue[0x28];
	KDPC Dpc;
	ULONG ActiveThreadCount;
	PVOID SecurityDescriptor;
	KEVENT DeviceLock;
	USHORT SectorSize, Spare1;
	PVOID DeviceObjectExtension, Reserved;
} DEVICE_OBJECT, *PDEVICE_OBJECT;

typedef struct _FILE_OBJECT {
	CSHORT Type, Size;
	PDEVICE_OBJECT DeviceObject;
	PVOID Vpb, FsContext, FsContext2;
	UCHAR Rest[0xd8 - 0x28];
} FILE_OBJECT, *PFILE_OBJECT;

typedef struct _IO_STACK_LOCATION {
	UCHAR MajorFunction, MinorFunction, Flags, Control;
	union {
		struct {
			PVOID SecurityContext;
			ULONG Options;
			USHORT DECLSPEC_ALIGN(8) FileAttributes;
			USHORT ShareAccess;
			ULONG DECLSPEC_ALIGN(8) EaLength;
		} Create;
		struct {
			ULONG Length;
			ULONG DECLSPEC_ALIGN(8) Key;
			LARGE_INTEGER ByteOffset;
		} Read, Write;
		struct {
			ULONG OutputBufferLength;
			ULONG DECLSPEC_ALIGN(8) InputBufferLength;
			ULONG DECLSPEC_ALIGN(8) IoControlCode;
			PVOID Type3InputBuffer;
		} DeviceIoControl;
		struct {
			PVOID Argument1, Argument2, Argument3, Argument4;
		} Others;
	} Parameters;
	PDEVICE_OBJECT DeviceObject;
	PFILE_OBJECT FileObject;
	PIO_COMPLETION_ROUTINE CompletionRoutine;
	PVOID Context;
} IO_STACK_LOCATION, *PIO_STACK_LOCATION;

typedef struct DECLSPEC_ALIGN(16) _IRP {
	CSHORT Type;
	USHORT Size;
	PMDL MdlAddress;
	ULONG Flags;
	union {
		struct _IRP *MasterIrp;
		LONG IrpCount;
		PVOID SystemBuffer;
	} AssociatedIrp;
	LIST_ENTRY ThreadListEntry;
	IO_STATUS_BLOCK IoStatus;
	KPROCESSOR_MODE RequestorMode;
	BOOLEAN PendingReturned;
	CHAR StackCount, CurrentLocation;
	_Atomic(BOOLEAN) Cancel; /* set under another lock than read */
	KIRQL CancelIrql;
	CCHAR ApcEnvironment;
	UCHAR AllocationFlags;
	PIO_STATUS_BLOCK UserIosb;
	PKEVENT UserEvent;
	PVOID Overlay[2];
	volatile PDRIVER_CANCEL CancelRoutine;
	PVOID UserBuffer;
	union {
		struct {
			PVOID DriverContext[4];
			PVOID Thread;
			PCHAR AuxiliaryBuffer;
			LIST_ENTRY ListEntry;
			PIO_STACK_LOCATION CurrentStackLocation;
			PFILE_OBJECT OriginalFileObject;
		} Overlay;
		UCHAR Apc[0x58];
	} Tail;
} IRP, *PIRP;

/* -- memory and lists -- */
#define RtlZeroMemory(p, n) memset((p), 0, (n))
#define RtlFillMemory(p, n, v) memset((p), (v), (n))
#define RtlCopyMemory(d, s, n) memcpy((d), (s), (n))
#define RtlMoveMemory(d, s, n) memmove((d), (s), (n))
#define RtlEqualMemory(a, b, n) (!memcmp((a), (b), (n)))

FORCEINLINE VOID InitializeListHead(PLIST_ENTRY head)
{
	head->Flink = head->Blink = head;
}

FORCEINLINE BOOLEAN IsListEmpty(const LIST_ENTRY *head)
{
	return head->Flink == head;
}

FORCEINLINE BOOLEAN RemoveEntryList(PLIST_ENTRY entry)
{
	entry->Blink->Flink = entry->Flink;
	entry->Flink->Blink = entry->Blink;
	return entry->Flink == entry->Blink;
}

FORCEINLINE PLIST_ENTRY RemoveHeadList(PLIST_ENTRY head)
{
	PLIST_ENTRY entry = head->Flink;

	RemoveEntryList(entry);
	return entry;
}

FORCEINLINE PLIST_ENTRY RemoveTailList(PLIST_ENTRY head)
{
	PLIST_ENTRY entry = head->Blink;

	RemoveEntryList(entry);
	return entry;
}

FORCEINLINE VOID InsertTailList(PLIST_ENTRY head, PLIST_ENTRY entry)
{
	entry->Flink = head;
	entry->Blink = head->Blink;
	head->Blink->Flink = entry;
	head->Blink = entry;
}

FORCEINLINE VOID InsertHeadList(PLIST_ENTRY head, PLIST_ENTRY entry)
{
	entry->Blink = head;
	entry->Flink = head->Flink;
	head->Flink->Blink = entry;
	head->Flink = entry;
}

/* -- atomic operations: full barriers, as on Windows -- */
#define InterlockedIncrement(p) __atomic_add_fetch((p), 1, __ATOMIC_SEQ_CST)
#define InterlockedDecrement(p) __atomic_sub_fetch((p), 1, __ATOMIC_SEQ_CST)
#define InterlockedAdd(p, v) __atomic_add_fetch((p), (v), __ATOMIC_SEQ_CST)
#define InterlockedExchangeAdd(p, v)                                           \
	__atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST)
#define InterlockedExchange(p, v)                                              \
	__atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define InterlockedOr(p, v) __atomic_fetch_or((p), (v), __ATOMIC_SEQ_CST)
#define InterlockedAnd(p, v) __atomic_fetch_and((p), (v), __ATOMIC_SEQ_CST)
#define InterlockedIncrement64 InterlockedIncrement
#define InterlockedDecrement64 InterlockedDecrement
#define InterlockedAdd64 InterlockedAdd
#define InterlockedExchangeAdd64 InterlockedExchangeAdd
#define InterlockedExchange64 InterlockedExchange
#define InterlockedExchangePointer(p, v)                                       \
	__atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define InterlockedCompareExchange(p, v, c) __sync_val_compare_and_swap(p, c, v)
#define InterlockedCompareExchange64 InterlockedCompareExchange
#define InterlockedCompareExchangePointer InterlockedCompareExchange
#define ReadAcquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadAcquire64 ReadAcquire
#define ReadPointerAcquire ReadAcquire
#define ReadNoFence(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadNoFence64 ReadNoFence
#define ReadULongNoFence ReadNoFence
#define ReadULong64NoFence ReadNoFence
#define WriteRelease(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteRelease64 WriteRelease
#define WritePointerRelease WriteRelease
#define WriteNoFence(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteNoFence64 WriteNoFence
#define KeMemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define MemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define YieldProcessor() __builtin_ia32_pause()

/* -- requests -- */
#define IoGetCurrentIrpStackLocation(irp)                                      \
	((irp)->Tail.Overlay.CurrentStackLocation)
#define IoGetNextIrpStackLocation(irp)                                         \
	((irp)->Tail.Overlay.CurrentStackLocation - 1)
#define IoMarkIrpPending(irp)                                                  \
	(IoGetCurrentIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED)
#define IoSetCancelRoutine(irp, routine)                                       \
	((PDRIVER_CANCEL)__atomic_exchange_n((PVOID *)&(irp)->CancelRoutine,   \
					     (PVOID)(routine),                 \
					     __ATOMIC_SEQ_CST))
#define IoCompleteRequest IofCompleteRequest
#define IoCallDriver IofCallDriver
#define ObDereferenceObject ObfDereferenceObject
#define ObReferenceObject ObfReferenceObject

FORCEINLINE VOID IoSetCompletionRoutine(PIRP irp,
					PIO_COMPLETION_ROUTINE routine,
					PVOID context, BOOLEAN success,
					BOOLEAN error, BOOLEAN cancel)
{
	PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);

	next->CompletionRoutine = routine;
	next->Context = context;
	next->Control = (UCHAR)((success ? SL_INVOKE_ON_SUCCESS : 0) |
				(error ? SL_INVOKE_ON_ERROR : 0) |
				(cancel ? SL_INVOKE_ON_CANCEL : 0));
}

VOID NTAPI IofCompleteRequest(PIRP, CCHAR);
NTSTATUS NTAPI IofCallDriver(PDEVICE_OBJECT, PIRP);
PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG, PDEVICE_OBJECT, PVOID, ULONG,
					 PVOID, ULONG, BOOLEAN, PKEVENT,
					 PIO_STATUS_BLOCK);
VOID NTAPI IoAcquireCancelSpinLock(PKIRQL);
VOID NTAPI IoReleaseCancelSpinLock(KIRQL);
BOOLEAN NTAPI IoCancelIrp(PIRP);
NTSTATUS NTAPI IoCreateDevice(PDRIVER_OBJECT, ULONG, PUNICODE_STRING,
			      DEVICE_TYPE, ULONG, BOOLEAN, PDEVICE_OBJECT *);
NTSTATUS NTAPI WdmlibIoCreateDeviceSecure(PDRIVER_OBJECT, ULONG,
					  PUNICODE_STRING, DEVICE_TYPE, ULONG,
					  BOOLEAN, PCUNICODE_STRING,
					  const GUID *, PDEVICE_OBJECT *);
#define IoCreateDeviceSecure WdmlibIoCreateDeviceSecure
VOID NTAPI IoDeleteDevice(PDEVICE_OBJECT);
NTSTATUS NTAPI IoCreateSymbolicLink(PUNICODE_STRING, PUNICODE_STRING);
NTSTATUS NTAPI IoDeleteSymbolicLink(PUNICODE_STRING);
NTSTATUS NTAPI IoGetDeviceObjectPointer(PUNICODE_STRING, ACCESS_MASK,
					PFILE_OBJECT *, PDEVICE_OBJECT *);
LONG_PTR FASTCALL ObfReferenceObject(PVOID);
LONG_PTR FASTCALL ObfDereferenceObject(PVOID);
NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID, ACCESS_MASK, PVOID,
					  KPROCESSOR_MODE);
HANDLE NTAPI PsGetCurrentProcessId(VOID);
#define OBJ_KERNEL_HANDLE 0x200
#define WRITE_DAC 0x40000
#define DACL_SECURITY_INFORMATION 4
NTSTATUS NTAPI ObOpenObjectByPointer(PVOID, ULONG, PVOID, ACCESS_MASK, PVOID,
				     KPROCESSOR_MODE, PHANDLE);
NTSTATUS NTAPI ZwSetSecurityObject(HANDLE, ULONG, PVOID);
NTSTATUS NTAPI ZwClose(HANDLE);

/* -- pool -- */
PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE, SIZE_T, ULONG);
PVOID NTAPI ExAllocatePool2(POOL_FLAGS, SIZE_T, ULONG);
VOID NTAPI ExFreePoolWithTag(PVOID, ULONG);
VOID NTAPI ExFreePool(PVOID);

/* -- interrupt level, locks -- */
KIRQL NTAPI KeGetCurrentIrql(VOID);
KIRQL NTAPI KfRaiseIrql(KIRQL);
KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID);
VOID NTAPI KeLowerIrql(KIRQL);
VOID NTAPI KeEnterCriticalRegion(VOID);
VOID NTAPI KeLeaveCriticalRegion(VOID);
#define KeRaiseIrql(to, old) (*(old) = KfRaiseIrql(to))
KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK);
VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK, KIRQL);
VOID NTAPI KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK);
VOID NTAPI KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK);
VOID FASTCALL KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK, PKLOCK_QUEUE_HANDLE);
VOID FASTCALL KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE);
#define KeAcquireSpinLock(lock, old)                                           \
	(*(old) = KeAcquireSpinLockRaiseToDpc(lock))
FORCEINLINE VOID KeInitializeSpinLock(PKSPIN_LOCK lock)
{
	*lock = 0;
}

/* -- waiting, deferred work -- */
VOID NTAPI KeInitializeEvent(PKEVENT, EVENT_TYPE, BOOLEAN);
LONG NTAPI KeSetEvent(PKEVENT, KPRIORITY, BOOLEAN);
LONG NTAPI KeResetEvent(PKEVENT);
VOID NTAPI KeClearEvent(PKEVENT);
LONG NTAPI KeReadStateEvent(PKEVENT);
NTSTATUS NTAPI KeWaitForSingleObject(PVOID, KWAIT_REASON, KPROCESSOR_MODE,
				     BOOLEAN, PLARGE_INTEGER);
NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE, BOOLEAN, PLARGE_INTEGER);
VOID NTAPI KeInitializeDpc(PKDPC, PKDEFERRED_ROUTINE, PVOID);
BOOLEAN NTAPI KeInsertQueueDpc(PKDPC, PVOID, PVOID);
BOOLEAN NTAPI KeRemoveQueueDpc(PKDPC);
VOID NTAPI KeFlushQueuedDpcs(VOID);
VOID NTAPI KeInitializeTimer(PKTIMER);
VOID NTAPI KeInitializeTimerEx(PKTIMER, TIMER_TYPE);
BOOLEAN NTAPI KeSetTimer(PKTIMER, LARGE_INTEGER, PKDPC);
BOOLEAN NTAPI KeSetTimerEx(PKTIMER, LARGE_INTEGER, LONG, PKDPC);
BOOLEAN NTAPI KeSetCoalescableTimer(PKTIMER, LARGE_INTEGER, ULONG, ULONG,
				    PKDPC);
BOOLEAN NTAPI KeCancelTimer(PKTIMER);
LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER);
ULONG NTAPI KeQueryTimeIncrement(VOID);
ULONGLONG NTAPI KeQueryInterruptTimePrecise(PULONG64);
ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT);
ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT);
ULONG NTAPI KeGetCurrentProcessorNumberEx(PVOID);
#define ALL_PROCESSOR_GROUPS 0xffff
typedef struct _IO_WORKITEM *PIO_WORKITEM;
typedef VOID(NTAPI IO_WORKITEM_ROUTINE)(PDEVICE_OBJECT, PVOID);
typedef IO_WORKITEM_ROUTINE *PIO_WORKITEM_ROUTINE;
PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT);
VOID NTAPI IoQueueWorkItem(PIO_WORKITEM, PIO_WORKITEM_ROUTINE, WORK_QUEUE_TYPE,
			   PVOID);
VOID NTAPI IoFreeWorkItem(PIO_WORKITEM);
VOID FASTCALL ExInitializeRundownProtection(PEX_RUNDOWN_REF);
VOID FASTCALL ExReInitializeRundownProtection(PEX_RUNDOWN_REF);
BOOLEAN FASTCALL ExAcquireRundownProtection(PEX_RUNDOWN_REF);
VOID FASTCALL ExReleaseRundownProtection(PEX_RUNDOWN_REF);
VOID FASTCALL ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF);
VOID FASTCALL ExRundownCompleted(PEX_RUNDOWN_REF);

/* -- memory descriptor lists -- */
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, size)                               \
	((ULONG)((((ULONG_PTR)(va) & (PAGE_SIZE - 1)) + (size) + PAGE_SIZE -   \
		  1) >>                                                        \
		 PAGE_SHIFT))
#define PAGE_ALIGN(va) ((PVOID)((ULONG_PTR)(va) & ~(ULONG_PTR)(PAGE_SIZE - 1)))
#define BYTE_OFFSET(va) ((ULONG)((ULONG_PTR)(va) & (PAGE_SIZE - 1)))
#define MmGetMdlVirtualAddress(mdl)                                            \
	((PVOID)((PUCHAR)(mdl)->StartVa + (mdl)->ByteOffset))
#define MmGetMdlByteCount(mdl) ((mdl)->ByteCount)
#define MmGetMdlByteOffset(mdl) ((mdl)->ByteOffset)
#define MmInitializeMdl(mdl, base, length)                                     \
	do {                                                                   \
		(mdl)->Next = NULL;                                            \
		(mdl)->Size =                                                  \
		    (CSHORT)(sizeof(MDL) + sizeof(PFN_NUMBER) *                \
					       ADDRESS_AND_SIZE_TO_SPAN_PAGES( \
						   base, length));             \
		(mdl)->MdlFlags = 0;                                           \
		(mdl)->StartVa = PAGE_ALIGN(base);                             \
		(mdl)->ByteOffset = BYTE_OFFSET(base);                         \
		(mdl)->ByteCount = (ULONG)(length);                            \
	} while (0)
PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL, KPROCESSOR_MODE,
					 MEMORY_CACHING_TYPE, PVOID, ULONG,
					 ULONG);
VOID NTAPI MmUnmapLockedPages(PVOID, PMDL);
VOID NTAPI MmBuildMdlForNonPagedPool(PMDL);
SIZE_T NTAPI MmSizeOfMdl(PVOID, SIZE_T);
PMDL NTAPI IoAllocateMdl(PVOID, ULONG, BOOLEAN, BOOLEAN, PIRP);
VOID NTAPI IoFreeMdl(PMDL);
VOID NTAPI IoBuildPartialMdl(PMDL, PMDL, PVOID, ULONG);
PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING);

FORCEINLINE PVOID MmGetSystemAddressForMdlSafe(PMDL mdl, ULONG priority)
{
	if (mdl->MdlFlags &
	    (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
		return mdl->MappedSystemVa;
	return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, 0,
					    priority);
}

FORCEINLINE VOID MmPrepareMdlForReuse(PMDL mdl)
{
	if (mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED)
		MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
}

/* -- text -- */
VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING, PCWSTR);
VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING, PCUNICODE_STRING);
BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING, PCUNICODE_STRING,
				    BOOLEAN);
ULONG NTAPI DbgPrint(PCSTR, ...);
DECLSPEC_NORETURN VOID NTAPI KeBugCheckEx(ULONG, ULONG_PTR, ULONG_PTR,
					  ULONG_PTR, ULONG_PTR);
#ifndef NT_ASSERT
#define NT_ASSERT(e) ((e) ? (void)0 : KeBugCheckEx(0xC0, __LINE__, 0, 0, 0))
#endif
#define ASSERT(e) NT_ASSERT(e)
#define PAGED_CODE()                                                           \
	(KeGetCurrentIrql() > APC_LEVEL ? KeBugCheckEx(0x0A, 0, 0, 0, 0)       \
					: (void)0)

#endif
