/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The double itself: it ends the process, with the right word, for each thing
 * that a driver must not do, and stays quiet for one that does none of them.
 */
#include "double/ndis6.h"
#include "double/ndis_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define TAG 0x74736554

/* A small driver: what it does is set by the case. */
static struct {
	PDRIVER_DISPATCH write;
	PDEVICE_OBJECT device;
	NDIS_HANDLE protocol, filter, binding, pool;
	PIRP irp;
	PNET_BUFFER_LIST nbl;
	UCHAR frame[60];
	PMDL mdl;
	bool no_close, no_free, refuse_return;
} toy;

static NTSTATUS NTAPI ok(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	irp->IoStatus.Status = STATUS_SUCCESS;
	irp->IoStatus.Information = 0;
	IoCompleteRequest(irp, 0);
	return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
	(void)driver;
	IoDeleteDevice(toy.device);
}

static NTSTATUS NTAPI entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	static WCHAR text[] = {'\\', 'T', 0};
	UNICODE_STRING name;

	(void)path;
	RtlInitUnicodeString(&name, text);
	driver->DriverUnload = unload;
	for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
		driver->MajorFunction[i] = ok;
	if (toy.write)
		driver->MajorFunction[IRP_MJ_WRITE] = toy.write;
	return IoCreateDevice(driver, 0, &name, FILE_DEVICE_NETWORK, 0, FALSE,
			      &toy.device);
}

static void run(PDRIVER_DISPATCH write)
{
	static char byte[4];
	struct nt_driver *driver;
	struct nt_request *request;
	struct nt_file *file;
	NTSTATUS status;

	nt_start(NT_STEPS);
	toy.write = write;
	driver = nt_load("toy", entry, &status);
	file = nt_open("\\T", &status);
	request = nt_write(file, byte, sizeof(byte));
	nt_settle();
	nt_cancel(request);
	nt_finish(request, NULL);
	nt_close(file);
	nt_unload(driver);
	nt_stop();
}

/* -- requests -- */
static NTSTATUS NTAPI completes_twice(PDEVICE_OBJECT device, PIRP irp)
{
	ok(device, irp);
	IoCompleteRequest(irp, 0);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI pending_unmarked(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	(void)irp;
	return STATUS_PENDING;
}

static NTSTATUS NTAPI marked_not_pending(PDEVICE_OBJECT device, PIRP irp)
{
	IoMarkIrpPending(irp);
	return ok(device, irp);
}

static NTSTATUS NTAPI not_completed(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	(void)irp;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI never_completed(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoMarkIrpPending(irp);
	return STATUS_PENDING;
}

static NTSTATUS NTAPI too_many_bytes(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	irp->IoStatus.Status = STATUS_SUCCESS;
	irp->IoStatus.Information = 5;
	IoCompleteRequest(irp, 0);
	return STATUS_SUCCESS;
}

static VOID NTAPI cancel_nothing(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoReleaseCancelSpinLock(irp->CancelIrql);
}

static NTSTATUS NTAPI completed_cancelable(PDEVICE_OBJECT device, PIRP irp)
{
	IoSetCancelRoutine(irp, cancel_nothing);
	return ok(device, irp);
}

static VOID NTAPI cancel_locked(PDEVICE_OBJECT device, PIRP irp)
{
	ok(device, irp);
}

static NTSTATUS NTAPI cancel_keeps_lock(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoMarkIrpPending(irp);
	IoSetCancelRoutine(irp, cancel_locked);
	return STATUS_PENDING;
}

/* -- levels and locks -- */
static NTSTATUS NTAPI irql_leak(PDEVICE_OBJECT device, PIRP irp)
{
	KeRaiseIrqlToDpcLevel();
	return ok(device, irp);
}

static NTSTATUS NTAPI recursive_lock(PDEVICE_OBJECT device, PIRP irp)
{
	KSPIN_LOCK lock = 0;
	KIRQL level;

	KeAcquireSpinLock(&lock, &level);
	KeAcquireSpinLock(&lock, &level);
	return ok(device, irp);
}

static KSPIN_LOCK kept_lock;

static NTSTATUS NTAPI lock_kept(PDEVICE_OBJECT device, PIRP irp)
{
	KIRQL level;

	KeAcquireSpinLock(&kept_lock, &level);
	return ok(device, irp);
}

static NTSTATUS NTAPI waits_at_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
	KEVENT event;

	KeInitializeEvent(&event, NotificationEvent, TRUE);
	KeRaiseIrqlToDpcLevel();
	KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
	return ok(device, irp);
}

/* -- memory -- */
static NTSTATUS NTAPI pool_leak(PDEVICE_OBJECT device, PIRP irp)
{
	ExAllocatePool2(POOL_FLAG_NON_PAGED, 10, TAG);
	return ok(device, irp);
}

static NTSTATUS NTAPI pool_freed_twice(PDEVICE_OBJECT device, PIRP irp)
{
	PVOID memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 10, TAG);

	ExFreePoolWithTag(memory, TAG);
	ExFreePoolWithTag(memory, TAG);
	return ok(device, irp);
}

static NTSTATUS NTAPI pool_other_tag(PDEVICE_OBJECT device, PIRP irp)
{
	ExFreePoolWithTag(ExAllocatePool2(POOL_FLAG_NON_PAGED, 10, TAG),
			  TAG + 1);
	return ok(device, irp);
}

static NTSTATUS NTAPI pool_executable(PDEVICE_OBJECT device, PIRP irp)
{
	ExAllocatePoolWithTag(NonPagedPool, 10, TAG);
	return ok(device, irp);
}

static NTSTATUS NTAPI partial_outside(PDEVICE_OBJECT device, PIRP irp)
{
	struct {
		MDL mdl;
		PFN_NUMBER pages[4];
	} part;
	PUCHAR va = MmGetMdlVirtualAddress(irp->MdlAddress);

	MmInitializeMdl(&part.mdl, va, PAGE_SIZE);
	IoBuildPartialMdl(irp->MdlAddress, &part.mdl, va + 2, 3);
	return ok(device, irp);
}

static NTSTATUS NTAPI mapping_leaked(PDEVICE_OBJECT device, PIRP irp)
{
	static struct {
		MDL mdl;
		PFN_NUMBER pages[4];
	} part;
	PUCHAR va = MmGetMdlVirtualAddress(irp->MdlAddress);

	MmInitializeMdl(&part.mdl, va, PAGE_SIZE);
	IoBuildPartialMdl(irp->MdlAddress, &part.mdl, va, 4);
	MmGetSystemAddressForMdlSafe(&part.mdl,
				     NormalPagePriority | MdlMappingNoExecute);
	return ok(device, irp);
}

static NTSTATUS NTAPI allocation_fails_once(PDEVICE_OBJECT device, PIRP irp)
{
	nt_fail_at(1);
	ExFreePool(ExAllocatePool2(POOL_FLAG_NON_PAGED, 1, TAG));
	if (ExAllocatePool2(POOL_FLAG_NON_PAGED, 1, TAG) || !nt_failed())
		abort();
	ExFreePool(ExAllocatePool2(POOL_FLAG_NON_PAGED, 1, TAG));
	return ok(device, irp);
}

/* -- NDIS -- */
static NDIS_STATUS NTAPI bind(NDIS_HANDLE driver, NDIS_HANDLE context,
			      PNDIS_BIND_PARAMETERS parameters)
{
	static NDIS_MEDIUM medium;
	UINT selected;
	NDIS_OPEN_PARAMETERS open = {
	    .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, 1, 0x34},
	    .AdapterName = parameters->AdapterName,
	    .MediumArray = &medium,
	    .MediumArraySize = 1,
	    .SelectedMediumIndex = &selected};

	(void)driver;
	return NdisOpenAdapterEx(toy.protocol, &toy, &open, context,
				 &toy.binding);
}

static NDIS_STATUS NTAPI unbind(NDIS_HANDLE unbind_context, NDIS_HANDLE context)
{
	(void)unbind_context;
	(void)context;
	return toy.no_close ? NDIS_STATUS_SUCCESS
			    : NdisCloseAdapterEx(toy.binding);
}

static VOID NTAPI opened(NDIS_HANDLE context, NDIS_STATUS status)
{
	(void)context;
	(void)status;
}

static VOID NTAPI closed(NDIS_HANDLE context)
{
	(void)context;
}

static NDIS_STATUS NTAPI pnp(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION n)
{
	(void)context;
	(void)n;
	return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI oid_done(NDIS_HANDLE context, PNDIS_OID_REQUEST request,
			   NDIS_STATUS status)
{
	(void)context;
	(void)request;
	(void)status;
}

static VOID NTAPI status_changed(NDIS_HANDLE context, PNDIS_STATUS_INDICATION s)
{
	(void)context;
	(void)s;
}

static VOID NTAPI received(NDIS_HANDLE context, PNET_BUFFER_LIST list,
			   NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
	(void)context;
	(void)list;
	(void)port;
	(void)count;
	(void)flags;
}

static VOID NTAPI sent(NDIS_HANDLE context, PNET_BUFFER_LIST list, ULONG flags)
{
	(void)context;
	(void)flags;
	if (!toy.no_free)
		NdisFreeNetBufferList(list);
}

static NDIS_STATUS register_protocol(USHORT size)
{
	static WCHAR name[] = {'T', 0};
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c = {
	    .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, 2,
		       size},
	    .MajorNdisVersion = 6,
	    .MinorNdisVersion = 30,
	    .Name = {2, 4, name},
	    .BindAdapterHandlerEx = bind,
	    .UnbindAdapterHandlerEx = unbind,
	    .OpenAdapterCompleteHandlerEx = opened,
	    .CloseAdapterCompleteHandlerEx = closed,
	    .NetPnPEventHandler = pnp,
	    .OidRequestCompleteHandler = oid_done,
	    .StatusHandlerEx = status_changed,
	    .ReceiveNetBufferListsHandler = received,
	    .SendNetBufferListsCompleteHandler = sent};

	return NdisRegisterProtocolDriver(NULL, &c, &toy.protocol);
}

static const struct nd_config card = {
    .name = "\\DEVICE\\{T}", .mac = {2}, .mtu = 1500, .index = 1};

static struct nd_adapter *up(void)
{
	NET_BUFFER_LIST_POOL_PARAMETERS pool = {
	    .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, 16},
	    .fAllocateNetBuffer = TRUE,
	    .ContextSize = 64,
	    .PoolTag = TAG};

	nt_start(NT_STEPS);
	nd_start();
	toy.pool = NdisAllocateNetBufferListPool(NULL, &pool);
	register_protocol(sizeof(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS));
	toy.mdl =
	    IoAllocateMdl(toy.frame, sizeof(toy.frame), FALSE, FALSE, NULL);
	MmBuildMdlForNonPagedPool(toy.mdl);
	return nd_add(&card);
}

static void down(struct nd_adapter *adapter)
{
	NdisDeregisterProtocolDriver(toy.protocol);
	nd_remove(adapter, false);
	NdisFreeNetBufferListPool(toy.pool);
	IoFreeMdl(toy.mdl);
	nd_stop();
	nt_stop();
}

static PNET_BUFFER_LIST frame_of(ULONG length)
{
	PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(
	    toy.pool, 0, 0, toy.mdl, 0, length);

	nbl->SourceHandle = toy.binding;
	return nbl;
}

static void sends_well(void)
{
	struct nd_adapter *adapter = up();
	struct nd_counters counters;

	NdisSendNetBufferLists(toy.binding, frame_of(60), 0, 0);
	nd_count(adapter, &counters);
	if (counters.sent != 1 || counters.completed != 1 || counters.live)
		abort();
	down(adapter);
}

static void list_leaked(void)
{
	struct nd_adapter *adapter = up();

	toy.no_free = true;
	NdisSendNetBufferLists(toy.binding, frame_of(60), 0, 0);
	down(adapter);
}

static void list_sent_twice(void)
{
	struct nd_adapter *adapter = up();
	PNET_BUFFER_LIST nbl = frame_of(60);

	nd_complete_mode(adapter, ND_HELD);
	NdisSendNetBufferLists(toy.binding, nbl, 0, 0);
	NdisSendNetBufferLists(toy.binding, nbl, 0, 0);
}

static void list_freed_early(void)
{
	struct nd_adapter *adapter = up();
	PNET_BUFFER_LIST nbl = frame_of(60);

	nd_complete_mode(adapter, ND_HELD);
	NdisSendNetBufferLists(toy.binding, nbl, 0, 0);
	NdisFreeNetBufferList(nbl);
}

static void frame_too_short(void)
{
	up();
	NdisSendNetBufferLists(toy.binding, frame_of(13), 0, 0);
}

static void frame_beyond_memory(void)
{
	up();
	NdisSendNetBufferLists(toy.binding, frame_of(61), 0, 0);
}

static void no_source_handle(void)
{
	PNET_BUFFER_LIST nbl;

	up();
	nbl = frame_of(60);
	nbl->SourceHandle = NULL;
	NdisSendNetBufferLists(toy.binding, nbl, 0, 0);
}

static void paused_outstanding(void)
{
	struct nd_adapter *adapter = up();

	nd_complete_mode(adapter, ND_HELD);
	NdisSendNetBufferLists(toy.binding, frame_of(60), 0, 0);
	nd_pause(adapter);
}

static void send_while_paused(void)
{
	struct nd_adapter *adapter = up();

	nd_pause(adapter);
	NdisSendNetBufferLists(toy.binding, frame_of(60), 0, 0);
}

static void cancels_others(void)
{
	up();
	NdisGeneratePartialCancelId();
	NdisCancelSendNetBufferLists(toy.binding, (PVOID)(uintptr_t)7);
}

static void cancels_when_closed(void)
{
	PVOID id = (PVOID)((uintptr_t)NdisGeneratePartialCancelId() << 56);
	struct nd_adapter *adapter = up();

	nd_unbind(adapter);
	NdisCancelSendNetBufferLists(toy.binding, id);
}

static void unbind_without_close(void)
{
	struct nd_adapter *adapter = up();

	toy.no_close = true;
	down(adapter);
}

static void wrong_size(void)
{
	nt_start(NT_STEPS);
	register_protocol(0x78);
}

/* -- a filter -- */
static NDIS_STATUS NTAPI attach(NDIS_HANDLE handle, NDIS_HANDLE context,
				PNDIS_FILTER_ATTACH_PARAMETERS p)
{
	NDIS_FILTER_ATTRIBUTES a = {
	    {NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, 1, sizeof(a)}, 0};

	(void)context;
	(void)p;
	toy.binding = handle;
	return NdisFSetAttributes(handle, &toy, &a);
}

static VOID NTAPI detach(NDIS_HANDLE context)
{
	(void)context;
}

static NDIS_STATUS NTAPI restart(NDIS_HANDLE context,
				 PNDIS_FILTER_RESTART_PARAMETERS p)
{
	(void)context;
	(void)p;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI pause_filter(NDIS_HANDLE context,
				      PNDIS_FILTER_PAUSE_PARAMETERS p)
{
	(void)context;
	(void)p;
	return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI keep(NDIS_HANDLE context, PNET_BUFFER_LIST list,
		       NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
	(void)context;
	(void)port;
	(void)count;
	toy.nbl = list;
	if (toy.refuse_return)
		return;
	if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
		NdisFReturnNetBufferLists(toy.binding, list, 0);
}

static struct nd_adapter *filtered(void)
{
	static WCHAR name[] = {'T', 0};
	UNICODE_STRING text = {2, 4, name};
	NDIS_FILTER_DRIVER_CHARACTERISTICS c = {
	    .Header = {NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS, 2,
		       NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2},
	    .MajorNdisVersion = 6,
	    .MinorNdisVersion = 30,
	    .FriendlyName = text,
	    .UniqueName = text,
	    .ServiceName = text,
	    .AttachHandler = attach,
	    .DetachHandler = detach,
	    .RestartHandler = restart,
	    .PauseHandler = pause_filter,
	    .ReceiveNetBufferListsHandler = keep};
	static DRIVER_OBJECT object;

	nt_start(NT_STEPS);
	nd_start();
	if (NdisFRegisterFilterDriver(&object, NULL, &c, &toy.filter))
		abort();
	return nd_add(&card);
}

static void receive(struct nd_adapter *adapter, unsigned flags)
{
	struct nd_frame frame = {.bytes = toy.frame, .length = 60};

	if (nd_receive(adapter, &frame, 1, flags) != 1)
		abort();
}

static void never_returned(void)
{
	struct nd_adapter *adapter = filtered();

	toy.refuse_return = true;
	receive(adapter, 0);
	nd_pause(adapter);
}

static void lent_returned(void)
{
	receive(filtered(), ND_RESOURCES);
}

/* What the small driver does with a write, or a case with more to it; and the
 * word, NULL where the double has to stay quiet. */
static const struct example {
	PDRIVER_DISPATCH write;
	void (*doing)(void);
	const char *word;
} cases[] = {
    {.write = ok},
    {.doing = sends_well},
    {.write = allocation_fails_once},
    {.write = completes_twice, .word = "request completed twice"},
    {.write = pending_unmarked, .word = "STATUS_PENDING without marking"},
    {.write = marked_not_pending,
     .word = "marked its request pending and returned"},
    {.write = not_completed, .word = "without completing its request"},
    {.write = never_completed, .word = "waits for ever"},
    {.write = too_many_bytes, .word = "completed with 5 bytes of 4"},
    {.write = completed_cancelable, .word = "with its cancel routine set"},
    {.write = cancel_keeps_lock, .word = "spin lock kept"},
    {.write = irql_leak, .word = "IRQL leak"},
    {.write = recursive_lock, .word = "recursive spin lock"},
    {.write = lock_kept, .word = "spin lock kept"},
    {.write = waits_at_dispatch, .word = "KeWaitForSingleObject at IRQL 2"},
    {.write = pool_leak, .word = "pool leaked at unload"},
    {.write = pool_freed_twice, .word = "pool freed twice"},
    {.write = pool_other_tag, .word = "another tag"},
    {.write = pool_executable, .word = "executable pool"},
    {.write = partial_outside, .word = "ends outside its source"},
    {.write = mapping_leaked, .word = "mappings of partial MDLs leaked"},
    {.doing = list_leaked, .word = "1 net buffer lists leaked"},
    {.doing = list_sent_twice, .word = "net buffer list is NDIS's"},
    {.doing = list_freed_early, .word = "net buffer list is NDIS's"},
    {.doing = frame_too_short, .word = "a frame of 13 bytes"},
    {.doing = frame_beyond_memory, .word = "a frame of 61 bytes in 60"},
    {.doing = no_source_handle, .word = "SourceHandle is not the binding"},
    {.doing = paused_outstanding, .word = "paused with 1 sends outstanding"},
    {.doing = send_while_paused, .word = "send on a paused binding"},
    {.doing = cancels_others, .word = "a cancel id 0x7 of somebody else"},
    {.doing = cancels_when_closed,
     .word = "cancelled on a binding that is not open"},
    {.doing = unbind_without_close,
     .word = "unbound without NdisCloseAdapterEx"},
    {.doing = wrong_size, .word = "header type 0x95 revision 2 size 120"},
    {.doing = never_returned, .word = "received lists to be returned"},
    {.doing = lent_returned, .word = "indicated with RESOURCES was returned"},
};

static void dispatch_case(const struct example *of, int stderr_to)
{
	dup2(stderr_to, 2);
	/* A sanitizer's own report of the abort would only cost time. */
	if (of->write)
		run(of->write);
	else
		of->doing();
	_exit(0);
}

static void expect(const struct example *of)
{
	char text[4096];
	size_t length = 0;
	ssize_t got;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child)
		dispatch_case(of, ends[1]);
	close(ends[1]);
	while (length < sizeof(text) - 1 &&
	       (got = read(ends[0], text + length, sizeof(text) - 1 - length)) >
		   0)
		length += (size_t)got;
	text[length] = 0;
	close(ends[0]);
	waitpid(child, &status, 0);
	if (!of->word) {
		assert_string_equal(text, "");
		assert_int_equal(status, 0);
		return;
	}
	assert_int_not_equal(status, 0);
	if (!strstr(text, "BUGCHECK: ") || !strstr(text, of->word))
		fail_msg("not \"%s\" but: %s", of->word, text);
}

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++)
		expect(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
