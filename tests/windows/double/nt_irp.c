/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests as drivers have them: made, sent, completed, cancelled. */
#include "nt_io.h"

#include <stdlib.h>

static struct irp *irp_of(PIRP irp)
{
	return CONTAINING_RECORD(irp, struct irp, irp);
}

struct irp *nt_new_irp(struct nt_request *request)
{
	struct irp *irp;

	if (posix_memalign((void **)&irp, 16, sizeof(*irp)))
		abort();
	memset(irp, 0, sizeof(*irp));
	irp->irp.Type = 6;
	irp->irp.Size = sizeof(IRP) + sizeof(irp->stack);
	irp->irp.StackCount = STACK_LOCATIONS;
	irp->irp.CurrentLocation = STACK_LOCATIONS + 1;
	irp->irp.Tail.Overlay.CurrentStackLocation =
	    irp->stack + STACK_LOCATIONS;
	InitializeListHead(&irp->irp.ThreadListEntry);
	irp->request = request;
	irp->holders = 1;
	nt_io_lock();
	irp->next = nt_io.irps;
	nt_io.irps = irp;
	nt_io_unlock();
	return irp;
}

/* Locked.  By address, for one that was completed before is freed. */
static void take_incomplete(struct irp *irp)
{
	struct irp **at;

	for (at = &nt_io.irps; *at && *at != irp; at = &(*at)->next)
		;
	if (!*at)
		nt_bug("request completed twice");
	*at = irp->next;
}

/* Locked. */
void nt_drop_irp(struct irp *irp)
{
	if (!--irp->holders)
		free(irp);
}

static bool buffered_out(const IO_STACK_LOCATION *sp)
{
	return (sp->MajorFunction == IRP_MJ_DEVICE_CONTROL ||
		sp->MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL) &&
	       (sp->Parameters.DeviceIoControl.IoControlCode & 3) ==
		   METHOD_BUFFERED;
}

/* Locked.  What the I/O manager gives back to whoever asked. */
static void hand_back(struct irp *irp, PIO_STACK_LOCATION sp)
{
	struct nt_request *request = irp->request;
	size_t bytes = irp->irp.IoStatus.Information;

	if (request->limit != SIZE_MAX && bytes > request->limit)
		nt_bug("completed with %zu bytes of %zu", bytes,
		       request->limit);
	if (buffered_out(sp) && request->out && bytes &&
	    irp->irp.IoStatus.Status >= 0)
		memcpy(request->out, irp->irp.AssociatedIrp.SystemBuffer,
		       bytes);
	if (request->file)
		free(irp->irp.AssociatedIrp.SystemBuffer);
	if (irp->irp.MdlAddress)
		nt_mdl_release(irp->irp.MdlAddress);
	request->bytes = bytes;
	request->status = irp->irp.IoStatus.Status;
	request->marked = sp->Control & SL_PENDING_RETURNED;
	request->irp = NULL;
	nt_io.counters.cancelled += request->status == STATUS_CANCELLED;
	if (request->file)
		request->file->pending--;
}

VOID NTAPI IofCompleteRequest(PIRP target, CCHAR boost)
{
	struct irp *irp = irp_of(target);
	struct nt_request *request;
	PKEVENT event;

	(void)boost;
	nt_at_most(DISPATCH_LEVEL, "IoCompleteRequest");
	nt_io_lock();
	take_incomplete(irp);
	request = irp->request;
	event = target->UserEvent;
	if (__atomic_load_n((PVOID *)&target->CancelRoutine, __ATOMIC_ACQUIRE))
		nt_bug("request completed with its cancel routine set");
	if (target->IoStatus.Status == STATUS_PENDING)
		nt_bug("request completed with STATUS_PENDING");
	if (target->UserIosb)
		*target->UserIosb = target->IoStatus;
	hand_back(irp, IoGetCurrentIrpStackLocation(target));
	nt_drop_irp(irp);
	if (!request->file)
		free(request);
	nt_io_unlock();
	/* From here on the request may be gone. */
	if (event)
		KeSetEvent(event, 0, FALSE);
	nt_changed();
}

static const char *major_name(UCHAR major)
{
	static const char *const names[] = {
	    [IRP_MJ_CREATE] = "IRP_MJ_CREATE",
	    [IRP_MJ_CLOSE] = "IRP_MJ_CLOSE",
	    [IRP_MJ_READ] = "IRP_MJ_READ",
	    [IRP_MJ_WRITE] = "IRP_MJ_WRITE",
	    [IRP_MJ_DEVICE_CONTROL] = "IRP_MJ_DEVICE_CONTROL",
	    [IRP_MJ_INTERNAL_DEVICE_CONTROL] = "IRP_MJ_INTERNAL_DEVICE_CONTROL",
	    [IRP_MJ_CLEANUP] = "IRP_MJ_CLEANUP"};

	return names[major];
}

/* A copy of what matters: the request may be gone when the driver returns. */
struct dispatch {
	struct irp *irp;
	const char *name;
	struct nt_request *request;
	bool kernel;
};

static void check_dispatch(const struct dispatch *of, NTSTATUS status)
{
	bool complete, marked;

	nt_io_lock();
	if (of->kernel) {
		/* request and irp are held by the caller of IoCallDriver */
		complete = of->irp->holders == 1;
		marked = of->irp->stack[STACK_LOCATIONS - 1].Control &
			 SL_PENDING_RETURNED;
		nt_drop_irp(of->irp);
	} else {
		complete = !of->request->irp;
		marked = complete
			     ? of->request->marked
			     : of->irp->stack[STACK_LOCATIONS - 1].Control &
				   SL_PENDING_RETURNED;
	}
	nt_io_unlock();
	if (status == STATUS_PENDING && !marked)
		nt_bug("%s returned STATUS_PENDING without marking its request",
		       of->name);
	if (status != STATUS_PENDING && marked)
		nt_bug("%s marked its request pending and returned %#x",
		       of->name, status);
	if (status != STATUS_PENDING && !complete)
		nt_bug("%s returned %#x without completing its request",
		       of->name, status);
}

NTSTATUS NTAPI IofCallDriver(PDEVICE_OBJECT device, PIRP target)
{
	struct irp *irp = irp_of(target);
	PIO_STACK_LOCATION sp = --target->Tail.Overlay.CurrentStackLocation;
	struct dispatch of = {.irp = irp,
			      .name = major_name(sp->MajorFunction),
			      .request = irp->request,
			      .kernel = !irp->request->file};
	struct nt_frame frame;
	NTSTATUS status;

	nt_at_most(DISPATCH_LEVEL, "IoCallDriver");
	target->CurrentLocation--;
	sp->DeviceObject = device;
	nt_io_lock();
	nt_io.counters.requests++;
	if (of.kernel)
		irp->holders++;
	nt_io_unlock();
	frame = nt_enter(PASSIVE_LEVEL);
	status = device->DriverObject->MajorFunction[sp->MajorFunction](device,
									target);
	nt_leave(frame, of.name);
	check_dispatch(&of, status);
	return status;
}

PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG code, PDEVICE_OBJECT device,
					 PVOID in, ULONG in_length, PVOID out,
					 ULONG out_length, BOOLEAN internal,
					 PKEVENT event, PIO_STATUS_BLOCK status)
{
	struct nt_request *request;
	PIO_STACK_LOCATION sp;
	struct irp *irp;

	(void)device;
	nt_at_most(PASSIVE_LEVEL, "IoBuildDeviceIoControlRequest");
	if ((code & 3) != METHOD_NEITHER && (in_length || out_length) &&
	    (code & 3) != METHOD_BUFFERED)
		nt_bug("a direct control between drivers: not in the double");
	if (nt_may_fail())
		return NULL;
	request = calloc(1, sizeof(*request));
	request->limit = SIZE_MAX;
	irp = request->irp = nt_new_irp(request);
	sp = IoGetNextIrpStackLocation(&irp->irp);
	sp->MajorFunction =
	    internal ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
	sp->Parameters.DeviceIoControl.IoControlCode = code;
	sp->Parameters.DeviceIoControl.InputBufferLength = in_length;
	sp->Parameters.DeviceIoControl.OutputBufferLength = out_length;
	if ((code & 3) == METHOD_BUFFERED) {
		/* Kernel memory either way: used in place, in then out. */
		irp->irp.AssociatedIrp.SystemBuffer = in_length ? in : out;
		request->out = out;
	} else {
		sp->Parameters.DeviceIoControl.Type3InputBuffer = in;
		irp->irp.UserBuffer = out;
	}
	irp->irp.UserEvent = event;
	irp->irp.UserIosb = status;
	return &irp->irp;
}

BOOLEAN NTAPI IoCancelIrp(PIRP irp)
{
	PDRIVER_CANCEL routine;
	KIRQL old;

	IoAcquireCancelSpinLock(&old);
	irp->Cancel = TRUE;
	routine = IoSetCancelRoutine(irp, NULL);
	if (!routine) {
		IoReleaseCancelSpinLock(old);
		return FALSE;
	}
	irp->CancelIrql = old;
	routine(IoGetCurrentIrpStackLocation(irp)->DeviceObject, irp);
	return TRUE;
}
