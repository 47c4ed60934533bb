/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices, links to them, and whom their access lists let in. */
#include "nt_io.h"

#include <stdlib.h>

struct device *nt_find_device(const char *name)
{
	struct device *device;

	for (struct link *l = nt_io.links; l; l = l->next)
		if (!strcmp(l->name, name))
			name = l->target;
	for (device = nt_io.devices; device && strcmp(device->name, name);
	     device = device->next)
		;
	return device;
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
		nt_narrow(text, name);
	if (nt_may_fail())
		return STATUS_INSUFFICIENT_RESOURCES;
	if (*text && nt_find_device(text))
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
	nt_io_lock();
	device->next = nt_io.devices;
	nt_io.devices = device;
	nt_io_unlock();
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
	nt_io_lock();
	for (at = &nt_io.devices; *at && *at != device; at = &(*at)->next)
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
	nt_io_unlock();
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
	nt_narrow(link->name, name);
	nt_narrow(link->target, target);
	nt_io_lock();
	link->next = nt_io.links;
	nt_io.links = link;
	nt_io_unlock();
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoDeleteSymbolicLink(PUNICODE_STRING name)
{
	struct link **at, *link;
	char text[NAME_LENGTH];

	nt_at_most(PASSIVE_LEVEL, "IoDeleteSymbolicLink");
	nt_narrow(text, name);
	nt_io_lock();
	for (at = &nt_io.links; *at && strcmp((*at)->name, text);
	     at = &(*at)->next)
		;
	link = *at;
	if (link)
		*at = link->next;
	nt_io_unlock();
	free(link);
	return link ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

/* -- access -- */
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
		device->admins |= ace[8 + 1] == admins[1];
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

bool nt_admits_admins(const char *name)
{
	struct device *device;
	bool admits;

	nt_io_lock();
	device = nt_find_device(name);
	admits = device && device->admins;
	nt_io_unlock();
	return admits;
}
