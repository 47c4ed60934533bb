/* SPDX-License-Identifier: BSD-2-Clause */
/* Drivers, devices, handles and requests: the I/O manager. */
#include "internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_LENGTH 128
#define STACK_LOCATIONS 2

struct nt_driver {
	struct nt_driver *next;
	DRIVER_OBJECT object;
	char name[NAME_LENGTH];
	unsigned open; /* file objects on its devices */
	bool leaving;
};

struct device {
	DEVICE_OBJECT object; /* first: it is what drivers see */
	struct device *next;
	char name[NAME_LENGTH];
	bool ready;   /* its driver has started */
	bool guarded; /* has an access list of its own */
	unsigned handles;
};

struct link {
	struct link *next;
	char name[NAME_LENGTH], target[NAME_LENGTH];
};

struct nt_file {
	FILE_OBJECT object; /* first: it is what drivers see */
	struct nt_driver *driver;
	struct nt_request *requests; /* not freed yet */
	unsigned pending;
	unsigned references; /* of kernel code; a handle counts as one */
	bool clean;
};

struct irp {
	IRP irp;
	IO_STACK_LOCATION stack[STACK_LOCATIONS];
	struct irp *next; /* of those not complete */
	struct nt_request *request;
	int holders; /* 1 until complete, and one for a canceller */
};

struct nt_request {
	struct nt_request *next;
	struct nt_file *file; /* NULL: sent by a driver */
	struct irp *irp;      /* NULL: complete */
	void *out;            /* user's, buffered control */
	size_t out_length, limit;
	bool marked; /* as pending, when it completed */
	NTSTATUS status;
	size_t bytes;
};

static struct {
	pthread_mutex_t lock; /* of all below and of every request */
	struct nt_driver *drivers, *loading;
	struct device *devices;
	struct link *links;
	struct irp *irps; /* not complete */
	struct nt_counters counters;
} io = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void lock(void)
{
	pthread_mutex_lock(&io.lock);
}

static void unlock(void)
{
	pthread_mutex_unlock(&io.lock);
}

void nt_io_start(void)
{
	memset(&io.counters, 0, sizeof(io.counters));
}

void nt_io_count(struct nt_counters *counters)
{
	lock();
	counters->requests = io.counters.requests;
	counters->cancelled = io.counters.cancelled;
	unlock();
}

void nt_io_check(void)
{
	if (io.drivers)
		nt_bug("driver %s is still loaded", io.drivers->name);
	if (io.devices)
		nt_bug("device %s left behind", io.devices->name);
	if (io.links)
		nt_bug("symbolic link %s left behind", io.links->name);
}

static void narrow(char to[NAME_LENGTH], PCUNICODE_STRING from)
{
	unsigned length = from->Length / 2;

	if (length >= NAME_LENGTH)
		length = NAME_LENGTH - 1;
	for (unsigned i = 0; i < length; i++)
		to[i] = (char)from->Buffer[i];
	to[length] = 0;
}

/* -- devices -- */
static struct device *find_device(const char *name)
{
	struct device *device;

	for (struct link *l = io.links; l; l = l->next)
		if (!strcmp(l->name, name))
			name = l->target;
	for (device = io.devices; device && strcmp(device->name, name);
	     device = device->next)
		;
	return device;
}

struct nt_driver *nt_driver_of(PDRIVER_OBJECT object)
{
	return CONTAINING_RECORD(object, struct nt_driver, object);
}

NTSTATUS NTAPI IoCreateDevice(PDRIVER_OBJECT driver, ULONG extension,
			      PUNICODE_STRING name, DEVICE_TYPE type,
			      ULONG characteristics, BOOLEAN exclusive,
			      PDEVICE_OBJECT *out)
{
	struct device *device;
	char text[NAME_LENGTH] = "";

	nt_at_most(APC_LEVEL, "IoCreateDevice");
	*out = NULL;
	if (name)
		narrow(text, name);
	if (nt_may_fail())
		return STATUS_INSUFFICIENT_RESOURCES;
	if (*text && find_device(text))
		return STATUS_OBJECT_NAME_COLLISION;
	if (posix_memalign((void **)&device, 64, sizeof(*device)))
		return STATUS_INSUFFICIENT_RESOURCES;
	memset(device, 0, sizeof(*device));
	strcpy(device->name, text);
	device->object.Type = 3;
	device->object.Size = sizeof(DEVICE_OBJECT);
	device->object.DriverObject = driver;
	device->object.DeviceType = type;
	device->object.Characteristics = characteristics;
	device->object.StackSize = 1;
	device->object.Flags =
	    DO_DEVICE_INITIALIZING | (exclusive ? DO_EXCLUSIVE : 0);
	device->object.NextDevice = driver->DeviceObject;
	driver->DeviceObject = &device->object;
	if (extension)
		device->object.DeviceExtension = calloc(1, extension);
	lock();
	device->next = io.devices;
	io.devices = device;
	unlock();
	*out = &device->object;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdmlibIoCreateDeviceSecure(
    PDRIVER_OBJECT driver, ULONG extension, PUNICODE_STRING name,
    DEVICE_TYPE type, ULONG characteristics, BOOLEAN exclusive,
    PCUNICODE_STRING sddl, const GUID *class, PDEVICE_OBJECT *out)
{
	if (!sddl || !sddl->Length || !class)
		nt_bug("IoCreateDeviceSecure without security");
	return IoCreateDevice(driver, extension, name, type, characteristics,
			      exclusive, out);
}

VOID NTAPI IoDeleteDevice(PDEVICE_OBJECT object)
{
	struct device **at, *device = (struct device *)object;
	PDEVICE_OBJECT *of;

	nt_at_most(APC_LEVEL, "IoDeleteDevice");
	lock();
	for (at = &io.devices; *at && *at != device; at = &(*at)->next)
		;
	if (!*at)
		nt_bug("device deleted that does not exist");
	*at = device->next;
	if (device->handles)
		nt_bug("device deleted with a handle open");
	for (of = &object->DriverObject->DeviceObject; *of != object;
	     of = &(*of)->NextDevice)
		;
	*of = object->NextDevice;
	unlock();
	free(object->DeviceExtension);
	free(device);
}

NTSTATUS NTAPI IoCreateSymbolicLink(PUNICODE_STRING name,
				    PUNICODE_STRING target)
{
	struct link *link;

	nt_at_most(PASSIVE_LEVEL, "IoCreateSymbolicLink");
	if (nt_may_fail())
		return STATUS_INSUFFICIENT_RESOURCES;
	link = calloc(1, sizeof(*link));
	narrow(link->name, name);
	narrow(link->target, target);
	lock();
	link->next = io.links;
	io.links = link;
	unlock();
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoDeleteSymbolicLink(PUNICODE_STRING name)
{
	struct link **at, *link;
	char text[NAME_LENGTH];

	nt_at_most(PASSIVE_LEVEL, "IoDeleteSymbolicLink");
	narrow(text, name);
	lock();
	for (at = &io.links; *at && strcmp((*at)->name, text);
	     at = &(*at)->next)
		;
	link = *at;
	if (link)
		*at = link->next;
	unlock();
	free(link);
	return link ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

/* -- requests -- */
static struct irp *irp_of(PIRP irp)
{
	return CONTAINING_RECORD(irp, struct irp, irp);
}

static struct irp *new_irp(struct nt_request *request)
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
	lock();
	irp->next = io.irps;
	io.irps = irp;
	unlock();
	return irp;
}

/* Locked.  By address, for one that was completed before is freed. */
static void take_incomplete(struct irp *irp)
{
	struct irp **at;

	for (at = &io.irps; *at && *at != irp; at = &(*at)->next)
		;
	if (!*at)
		nt_bug("request completed twice");
	*at = irp->next;
}

/* Locked. */
static void drop_irp(struct irp *irp)
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
	io.counters.cancelled += request->status == STATUS_CANCELLED;
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
	lock();
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
	drop_irp(irp);
	if (!request->file)
		free(request);
	unlock();
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

	lock();
	if (of->kernel) {
		/* request and irp are held by the caller of IoCallDriver */
		complete = of->irp->holders == 1;
		marked = of->irp->stack[STACK_LOCATIONS - 1].Control &
			 SL_PENDING_RETURNED;
		drop_irp(of->irp);
	} else {
		complete = !of->request->irp;
		marked = complete
			     ? of->request->marked
			     : of->irp->stack[STACK_LOCATIONS - 1].Control &
				   SL_PENDING_RETURNED;
	}
	unlock();
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
	lock();
	io.counters.requests++;
	if (of.kernel)
		irp->holders++;
	unlock();
	frame = nt_enter(PASSIVE_LEVEL);
	status = device->DriverObject->MajorFunction[sp->MajorFunction](device,
									target);
	nt_leave(frame, of.name);
	check_dispatch(&of, status);
	return status;
}

static NTSTATUS NTAPI no_such_function(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
	irp->IoStatus.Information = 0;
	IofCompleteRequest(irp, IO_NO_INCREMENT);
	return STATUS_INVALID_DEVICE_REQUEST;
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
	irp = request->irp = new_irp(request);
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

/* -- drivers -- */
/* Nobody opens a device before its driver has started. */
static void make_ready(struct nt_driver *driver)
{
	lock();
	for (PDEVICE_OBJECT d = driver->object.DeviceObject; d;
	     d = d->NextDevice) {
		d->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
		((struct device *)d)->ready = true;
	}
	unlock();
}

struct nt_driver *nt_load(const char *name, DRIVER_INITIALIZE *entry,
			  NTSTATUS *status)
{
	struct nt_driver *driver = calloc(1, sizeof(*driver));
	static WCHAR path[] = {'\\', 'R', 0};
	UNICODE_STRING registry = {4, 6, path};
	struct nt_frame frame;

	snprintf(driver->name, sizeof(driver->name), "%s", name);
	driver->object.Type = 4;
	driver->object.Size = sizeof(DRIVER_OBJECT);
	for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
		driver->object.MajorFunction[i] = no_such_function;
	lock();
	driver->next = io.drivers;
	io.drivers = driver;
	unlock();
	frame = nt_enter(PASSIVE_LEVEL);
	*status = entry(&driver->object, &registry);
	nt_leave(frame, "DriverEntry");
	make_ready(driver);
	if (*status >= 0)
		return driver;
	if (driver->object.DeviceObject)
		nt_bug("%s failed to load and left a device", name);
	lock();
	io.drivers = driver->next;
	unlock();
	free(driver);
	return NULL;
}

static bool nobody_has_it_open(void *context)
{
	struct nt_driver *driver = context;
	bool result;

	lock();
	result = !driver->open;
	unlock();
	return result;
}

void nt_unload(struct nt_driver *driver)
{
	struct nt_driver **at;
	struct nt_frame frame;

	lock();
	driver->leaving = true;
	unlock();
	nt_wait_until(nobody_has_it_open, driver, 0, "handles to be closed");
	if (!driver->object.DriverUnload)
		nt_bug("%s cannot be unloaded", driver->name);
	frame = nt_enter(PASSIVE_LEVEL);
	driver->object.DriverUnload(&driver->object);
	nt_leave(frame, "DriverUnload");
	if (driver->object.DeviceObject)
		nt_bug("%s unloaded and left a device", driver->name);
	lock();
	for (at = &io.drivers; *at != driver; at = &(*at)->next)
		;
	*at = driver->next;
	unlock();
	free(driver);
}

/* -- handles -- */
static struct nt_request *new_request(struct nt_file *file, UCHAR major)
{
	struct nt_request *request = calloc(1, sizeof(*request));
	PIO_STACK_LOCATION sp;

	request->file = file;
	request->limit = SIZE_MAX;
	request->irp = new_irp(request);
	request->irp->irp.RequestorMode = UserMode;
	request->irp->irp.Tail.Overlay.OriginalFileObject = &file->object;
	sp = IoGetNextIrpStackLocation(&request->irp->irp);
	sp->MajorFunction = major;
	sp->FileObject = &file->object;
	lock();
	request->next = file->requests;
	file->requests = request;
	file->pending++;
	unlock();
	return request;
}

static struct nt_request *send(struct nt_request *request)
{
	IofCallDriver(request->file->object.DeviceObject, &request->irp->irp);
	return request;
}

static NTSTATUS simple(struct nt_file *file, UCHAR major)
{
	struct nt_request *request = send(new_request(file, major));

	return nt_finish(request, NULL);
}

static struct nt_file *new_file(const char *name, NTSTATUS *status)
{
	struct device *device;
	struct nt_file *file = NULL;

	lock();
	device = find_device(name);
	*status = STATUS_OBJECT_NAME_NOT_FOUND;
	if (device && !device->ready)
		device = NULL;
	if (device &&
	    device->object.Characteristics & FILE_DEVICE_SECURE_OPEN &&
	    !device->guarded)
		nt_bug("device %s is open to everybody", name);
	if (device && !nt_driver_of(device->object.DriverObject)->leaving) {
		file = calloc(1, sizeof(*file));
		file->object.Type = 5;
		file->object.Size = sizeof(FILE_OBJECT);
		file->object.DeviceObject = &device->object;
		file->driver = nt_driver_of(device->object.DriverObject);
		file->driver->open++;
		file->references = 1;
		*status = STATUS_SUCCESS;
	}
	unlock();
	return file;
}

static void free_file(struct nt_file *file)
{
	lock();
	file->driver->open--;
	unlock();
	free(file);
	nt_changed();
}

struct nt_file *nt_open(const char *name, NTSTATUS *status)
{
	struct nt_file *file = new_file(name, status);

	if (!file)
		return NULL;
	*status = simple(file, IRP_MJ_CREATE);
	if (*status >= 0)
		return file;
	free_file(file);
	return NULL;
}

void nt_cleanup(struct nt_file *file)
{
	if (file->clean)
		return;
	file->clean = true;
	if (simple(file, IRP_MJ_CLEANUP) < 0)
		nt_bug("IRP_MJ_CLEANUP failed");
}

static bool all_complete(void *context)
{
	struct nt_file *file = context;
	bool result;

	lock();
	result = !file->pending;
	unlock();
	return result;
}

/* Nobody has a reference any more. */
static void file_gone(void *context)
{
	struct nt_file *file = context;

	if (simple(file, IRP_MJ_CLOSE) < 0)
		nt_bug("IRP_MJ_CLOSE failed");
	if (file->requests)
		nt_bug("test: a request was not finished before nt_close()");
	free_file(file);
}

static unsigned drop_reference(struct nt_file *file)
{
	unsigned left;

	lock();
	if (file->object.Type != 5 || !file->references)
		nt_bug("ObDereferenceObject without a reference");
	left = --file->references;
	unlock();
	if (left)
		return left;
	/* At a raised level the object's end is left to a system thread. */
	if (KeGetCurrentIrql() > PASSIVE_LEVEL)
		nt_queue(file_gone, file, PASSIVE_LEVEL, 0, file);
	else
		file_gone(file);
	return 0;
}

void nt_close(struct nt_file *file)
{
	nt_cleanup(file);
	nt_wait_until(all_complete, file, 0,
		      "requests to complete after IRP_MJ_CLEANUP");
	drop_reference(file);
}

void nt_kill(struct nt_file *file)
{
	struct nt_request *request;

	lock();
	request = file->requests;
	unlock();
	for (; request; request = request->next)
		nt_cancel(request);
	nt_cleanup(file);
	nt_wait_until(all_complete, file, 0, "requests of a process that died");
	while (file->requests)
		nt_finish(file->requests, NULL);
	nt_close(file);
}

struct nt_request *nt_write(struct nt_file *file, const void *buffer,
			    size_t length)
{
	struct nt_request *request = new_request(file, IRP_MJ_WRITE);
	PIRP irp = &request->irp->irp;

	IoGetNextIrpStackLocation(irp)->Parameters.Write.Length = (ULONG)length;
	request->limit = length;
	irp->UserBuffer = nt_to_user(buffer);
	if (length)
		irp->MdlAddress = nt_mdl_user(buffer, length);
	return send(request);
}

struct nt_request *nt_read(struct nt_file *file, void *buffer, size_t length)
{
	struct nt_request *request = new_request(file, IRP_MJ_READ);
	PIRP irp = &request->irp->irp;

	IoGetNextIrpStackLocation(irp)->Parameters.Read.Length = (ULONG)length;
	request->limit = length;
	irp->UserBuffer = nt_to_user(buffer);
	if (length)
		irp->MdlAddress = nt_mdl_user(buffer, length);
	return send(request);
}

static PVOID system_buffer(const void *in, size_t in_length, size_t length)
{
	PVOID buffer = length ? malloc(length) : NULL;

	if (buffer)
		memset(buffer, 0xa5, length);
	if (in_length)
		memcpy(buffer, in, in_length);
	return buffer;
}

struct nt_request *nt_control(struct nt_file *file, uint32_t code,
			      const void *in, size_t in_length, void *out,
			      size_t out_length)
{
	struct nt_request *request = new_request(file, IRP_MJ_DEVICE_CONTROL);
	PIRP irp = &request->irp->irp;
	PIO_STACK_LOCATION sp = IoGetNextIrpStackLocation(irp);
	size_t largest = in_length > out_length ? in_length : out_length;

	sp->Parameters.DeviceIoControl.IoControlCode = code;
	sp->Parameters.DeviceIoControl.InputBufferLength = (ULONG)in_length;
	sp->Parameters.DeviceIoControl.OutputBufferLength = (ULONG)out_length;
	request->out = out;
	request->out_length = out_length;
	request->limit = out_length;
	switch (code & 3) {
	case METHOD_BUFFERED:
		irp->AssociatedIrp.SystemBuffer =
		    system_buffer(in, in_length, largest);
		break;
	case METHOD_IN_DIRECT:
	case METHOD_OUT_DIRECT:
		irp->AssociatedIrp.SystemBuffer =
		    system_buffer(in, in_length, in_length);
		if (out_length)
			irp->MdlAddress = nt_mdl_user(out, out_length);
		break;
	default:
		sp->Parameters.DeviceIoControl.Type3InputBuffer =
		    nt_to_user(in);
		irp->UserBuffer = nt_to_user(out);
		request->limit = SIZE_MAX;
	}
	return send(request);
}

static bool request_done(void *context)
{
	return nt_done(context);
}

bool nt_done(struct nt_request *request)
{
	bool done;

	lock();
	done = !request->irp;
	unlock();
	return done;
}

void nt_wait(struct nt_request *request)
{
	nt_wait_until(request_done, request, 0, "a request to complete");
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

void nt_cancel(struct nt_request *request)
{
	struct nt_frame frame;
	struct irp *irp;

	lock();
	irp = request->irp;
	if (irp)
		irp->holders++;
	unlock();
	if (!irp)
		return;
	frame = nt_enter(PASSIVE_LEVEL);
	IoCancelIrp(&irp->irp);
	nt_leave(frame, "a cancel routine");
	lock();
	drop_irp(irp);
	unlock();
}

NTSTATUS nt_finish(struct nt_request *request, size_t *bytes)
{
	struct nt_request **at;
	NTSTATUS status;

	nt_wait(request);
	lock();
	for (at = &request->file->requests; *at != request; at = &(*at)->next)
		;
	*at = request->next;
	unlock();
	if (bytes)
		*bytes = request->bytes;
	status = request->status;
	free(request);
	return status;
}

/* -- drivers that open drivers -- */
NTSTATUS NTAPI IoGetDeviceObjectPointer(PUNICODE_STRING name,
					ACCESS_MASK access,
					PFILE_OBJECT *file_out,
					PDEVICE_OBJECT *device_out)
{
	struct nt_file *file;
	char text[NAME_LENGTH];
	NTSTATUS status;

	(void)access;
	nt_at_most(PASSIVE_LEVEL, "IoGetDeviceObjectPointer");
	narrow(text, name);
	file = nt_open(text, &status);
	if (!file)
		return status;
	/* Windows opens a handle and closes it, keeping the file object. */
	nt_cleanup(file);
	*file_out = &file->object;
	*device_out = file->object.DeviceObject;
	return STATUS_SUCCESS;
}

LONG_PTR FASTCALL ObfReferenceObject(PVOID object)
{
	struct nt_file *file = object;

	lock();
	if (file->object.Type != 5)
		nt_bug("ObReferenceObject on something else than a file");
	file->references++;
	unlock();
	return file->references;
}

LONG_PTR FASTCALL ObfDereferenceObject(PVOID object)
{
	return drop_reference(object);
}

NTSTATUS NTAPI ObOpenObjectByPointer(PVOID object, ULONG attributes,
				     PVOID state, ACCESS_MASK access,
				     PVOID type, KPROCESSOR_MODE mode,
				     PHANDLE handle)
{
	struct device *device = object;

	(void)state;
	(void)access;
	(void)type;
	nt_at_most(PASSIVE_LEVEL, "ObOpenObjectByPointer");
	if (mode != KernelMode || !(attributes & OBJ_KERNEL_HANDLE))
		nt_bug("a handle that the user's process could use");
	if (device->object.Type != 3)
		nt_bug("ObOpenObjectByPointer on something else than a device");
	if (nt_may_fail())
		return STATUS_INSUFFICIENT_RESOURCES;
	device->handles++;
	*handle = device;
	return STATUS_SUCCESS;
}

/* A self-relative descriptor, [MS-DTYP] 2.4.6, whose access list is protected
 * and lets nobody in but the system and administrators. */
NTSTATUS NTAPI ZwSetSecurityObject(HANDLE handle, ULONG information,
				   PVOID descriptor)
{
	static const UCHAR system[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
	static const UCHAR admins[] = {1,  2, 0, 0, 0,  0, 0, 5,
				       32, 0, 0, 0, 32, 2, 0, 0};
	struct device *device = handle;
	const UCHAR *d = descriptor, *acl, *ace;
	USHORT control, size, entries;
	ULONG offset;

	memcpy(&control, d + 2, 2);
	memcpy(&offset, d + 16, 4);
	acl = d + offset;
	memcpy(&size, acl + 2, 2);
	memcpy(&entries, acl + 4, 2);
	if (information != DACL_SECURITY_INFORMATION || d[0] != 1 ||
	    (control & 0x9004) != 0x9004 || acl[0] != 2 || !entries)
		nt_bug("a security descriptor that is none");
	for (ace = acl + 8; entries--; ace += size) {
		memcpy(&size, ace + 2, 2);
		if (ace[0] || (memcmp(ace + 8, system, sizeof(system)) &&
			       memcmp(ace + 8, admins, sizeof(admins))))
			nt_bug("an access list that lets others in");
	}
	memcpy(&size, acl + 2, 2);
	if (ace != acl + size)
		nt_bug("an access list of %u bytes that says %u",
		       (unsigned)(ace - acl), size);
	if (nt_may_fail())
		return STATUS_INSUFFICIENT_RESOURCES;
	device->guarded = true;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwClose(HANDLE handle)
{
	struct device *device = handle;

	if (!device->handles)
		nt_bug("ZwClose of a handle that is not open");
	device->handles--;
	return STATUS_SUCCESS;
}

HANDLE NTAPI PsGetCurrentProcessId(VOID)
{
	return (HANDLE)(ULONG_PTR)4;
}

/* -- text -- */
VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING string, PCWSTR text)
{
	USHORT length = 0;

	while (text && text[length])
		length++;
	string->Buffer = (PWSTR)text;
	string->Length = (USHORT)(length * 2);
	string->MaximumLength = (USHORT)(text ? length * 2 + 2 : 0);
}

VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING to, PCUNICODE_STRING from)
{
	USHORT length = from ? from->Length : 0;

	if (length > to->MaximumLength)
		length = to->MaximumLength;
	if (length)
		memcpy(to->Buffer, from->Buffer, length);
	to->Length = length;
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b,
				    BOOLEAN fold)
{
	if (a->Length != b->Length)
		return FALSE;
	for (unsigned i = 0; i < a->Length / 2u; i++) {
		WCHAR x = a->Buffer[i], y = b->Buffer[i];

		if (fold && x >= 'a' && x <= 'z')
			x = (WCHAR)(x - 32);
		if (fold && y >= 'a' && y <= 'z')
			y = (WCHAR)(y - 32);
		if (x != y)
			return FALSE;
	}
	return TRUE;
}

ULONG NTAPI DbgPrint(PCSTR format, ...)
{
	/* Its formats are not C's: the text alone says enough. */
	if (getenv("IRL_DBGPRINT"))
		fprintf(stderr, "DbgPrint: %s\n", format);
	return 0;
}

DECLSPEC_NORETURN VOID NTAPI KeBugCheckEx(ULONG code, ULONG_PTR a, ULONG_PTR b,
					  ULONG_PTR c, ULONG_PTR d)
{
	nt_bug("the driver stopped the machine: %#x (%#llx %#llx %#llx %#llx)",
	       code, (unsigned long long)a, (unsigned long long)b,
	       (unsigned long long)c, (unsigned long long)d);
}
