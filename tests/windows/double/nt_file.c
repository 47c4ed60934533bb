/* SPDX-License-Identifier: BSD-2-Clause */
/* Files, and the requests of those who have them open. */
#include "nt_io.h"

#include <stdlib.h>

static struct nt_request *new_request(struct nt_file *file, UCHAR major)
{
	struct nt_request *request = calloc(1, sizeof(*request));
	PIO_STACK_LOCATION sp;

	request->file = file;
	request->limit = SIZE_MAX;
	request->irp = nt_new_irp(request);
	request->irp->irp.RequestorMode = UserMode;
	request->irp->irp.Tail.Overlay.OriginalFileObject = &file->object;
	sp = IoGetNextIrpStackLocation(&request->irp->irp);
	sp->MajorFunction = major;
	sp->FileObject = &file->object;
	nt_io_lock();
	request->next = file->requests;
	file->requests = request;
	file->pending++;
	nt_io_unlock();
	return request;
}

static struct nt_request *send(struct nt_request *request)
{
	request->irp->irp.Cancel = nt_io.arrive_cancelled;
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

	nt_io_lock();
	device = nt_find_device(name);
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
	nt_io_unlock();
	return file;
}

static void free_file(struct nt_file *file)
{
	nt_io_lock();
	file->driver->open--;
	nt_io_unlock();
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

	nt_io_lock();
	result = !file->pending;
	nt_io_unlock();
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

	nt_io_lock();
	if (file->object.Type != 5 || !file->references)
		nt_bug("ObDereferenceObject without a reference");
	left = --file->references;
	nt_io_unlock();
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
	nt_cancel_all(file);
	nt_cleanup(file);
	nt_wait_until(all_complete, file, 0, "requests of a process that died");
	while (file->requests)
		nt_finish(file->requests, NULL);
	nt_close(file);
}

/* A read's parameters are a write's. */
static struct nt_request *transfer(struct nt_file *file, UCHAR major,
				   const void *buffer, size_t length)
{
	struct nt_request *request = new_request(file, major);
	PIRP irp = &request->irp->irp;

	IoGetNextIrpStackLocation(irp)->Parameters.Write.Length = (ULONG)length;
	request->limit = length;
	irp->UserBuffer = nt_to_user(buffer);
	if (length)
		irp->MdlAddress = nt_mdl_user(buffer, length);
	return send(request);
}

struct nt_request *nt_write(struct nt_file *file, const void *buffer,
			    size_t length)
{
	return transfer(file, IRP_MJ_WRITE, buffer, length);
}

struct nt_request *nt_read(struct nt_file *file, void *buffer, size_t length)
{
	return transfer(file, IRP_MJ_READ, buffer, length);
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

	nt_io_lock();
	done = !request->irp;
	nt_io_unlock();
	return done;
}

void nt_wait(struct nt_request *request)
{
	nt_wait_until(request_done, request, 0, "a request to complete");
}

void nt_cancel(struct nt_request *request)
{
	struct nt_frame frame;
	struct irp *irp;

	nt_io_lock();
	irp = request->irp;
	if (irp)
		irp->holders++;
	nt_io_unlock();
	if (!irp)
		return;
	frame = nt_enter(PASSIVE_LEVEL);
	IoCancelIrp(&irp->irp);
	nt_leave(frame, "a cancel routine");
	nt_io_lock();
	nt_drop_irp(irp);
	nt_io_unlock();
}

void nt_cancel_all(void *context)
{
	struct nt_file *file = context;
	struct nt_request *request;

	nt_io_lock();
	request = file->requests;
	nt_io_unlock();
	for (; request; request = request->next)
		nt_cancel(request);
}

void nt_arrive_cancelled(bool cancelled)
{
	nt_io.arrive_cancelled = cancelled;
}

NTSTATUS nt_finish(struct nt_request *request, size_t *bytes)
{
	struct nt_request **at;
	NTSTATUS status;

	nt_wait(request);
	nt_io_lock();
	for (at = &request->file->requests; *at != request; at = &(*at)->next)
		;
	*at = request->next;
	nt_io_unlock();
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
	nt_narrow(text, name);
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

	nt_io_lock();
	if (file->object.Type != 5)
		nt_bug("ObReferenceObject on something else than a file");
	file->references++;
	nt_io_unlock();
	return file->references;
}

LONG_PTR FASTCALL ObfDereferenceObject(PVOID object)
{
	return drop_reference(object);
}
