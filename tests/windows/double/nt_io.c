/* SPDX-License-Identifier: BSD-2-Clause */
/* The I/O manager: what its parts share, and the drivers loaded. */
#include "nt_io.h"

#include <stdio.h>
#include <stdlib.h>

struct nt_io nt_io = {.lock = PTHREAD_MUTEX_INITIALIZER};

void nt_io_lock(void)
{
	pthread_mutex_lock(&nt_io.lock);
}

void nt_io_unlock(void)
{
	pthread_mutex_unlock(&nt_io.lock);
}

void nt_io_start(void)
{
	memset(&nt_io.counters, 0, sizeof(nt_io.counters));
}

void nt_io_count(struct nt_counters *counters)
{
	nt_io_lock();
	counters->requests = nt_io.counters.requests;
	counters->cancelled = nt_io.counters.cancelled;
	nt_io_unlock();
}

void nt_io_check(void)
{
	if (nt_io.drivers)
		nt_bug("driver %s is still loaded", nt_io.drivers->name);
	if (nt_io.devices)
		nt_bug("device %s left behind", nt_io.devices->name);
	if (nt_io.links)
		nt_bug("symbolic link %s left behind", nt_io.links->name);
}

void nt_narrow(char to[NAME_LENGTH], PCUNICODE_STRING from)
{
	unsigned length = from->Length / 2;

	if (length >= NAME_LENGTH)
		length = NAME_LENGTH - 1;
	for (unsigned i = 0; i < length; i++)
		to[i] = (char)from->Buffer[i];
	to[length] = 0;
}

struct nt_driver *nt_driver_of(PDRIVER_OBJECT object)
{
	return CONTAINING_RECORD(object, struct nt_driver, object);
}

/* -- drivers -- */
static NTSTATUS NTAPI no_such_function(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
	irp->IoStatus.Information = 0;
	IofCompleteRequest(irp, IO_NO_INCREMENT);
	return STATUS_INVALID_DEVICE_REQUEST;
}

/* Nobody opens a device before its driver has started. */
static void make_ready(struct nt_driver *driver)
{
	nt_io_lock();
	for (PDEVICE_OBJECT d = driver->object.DeviceObject; d;
	     d = d->NextDevice) {
		d->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
		((struct device *)d)->ready = true;
	}
	nt_io_unlock();
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
	nt_io_lock();
	driver->next = nt_io.drivers;
	nt_io.drivers = driver;
	nt_io_unlock();
	frame = nt_enter(PASSIVE_LEVEL);
	*status = entry(&driver->object, &registry);
	nt_leave(frame, "DriverEntry");
	make_ready(driver);
	if (*status >= 0)
		return driver;
	if (driver->object.DeviceObject)
		nt_bug("%s failed to load and left a device", name);
	nt_io_lock();
	nt_io.drivers = driver->next;
	nt_io_unlock();
	free(driver);
	return NULL;
}

static bool nobody_has_it_open(void *context)
{
	struct nt_driver *driver = context;
	bool result;

	nt_io_lock();
	result = !driver->open;
	nt_io_unlock();
	return result;
}

void nt_unload(struct nt_driver *driver)
{
	struct nt_driver **at;
	struct nt_frame frame;

	nt_io_lock();
	driver->leaving = true;
	nt_io_unlock();
	nt_wait_until(nobody_has_it_open, driver, 0, "handles to be closed");
	if (!driver->object.DriverUnload)
		nt_bug("%s cannot be unloaded", driver->name);
	frame = nt_enter(PASSIVE_LEVEL);
	driver->object.DriverUnload(&driver->object);
	nt_leave(frame, "DriverUnload");
	if (driver->object.DeviceObject)
		nt_bug("%s unloaded and left a device", driver->name);
	nt_io_lock();
	for (at = &nt_io.drivers; *at != driver; at = &(*at)->next)
		;
	*at = driver->next;
	nt_io_unlock();
	free(driver);
}

HANDLE NTAPI PsGetCurrentProcessId(VOID)
{
	return (HANDLE)(ULONG_PTR)4;
}
