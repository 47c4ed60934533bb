// SPDX-License-Identifier: BSD-2-Clause
/*
 * Control devices with an access list of their own.  IoCreateDeviceSecure is
 * the usual way, but it is a static library of the WDK.
 */
#include "common.h"

/* Exported by the kernel; declared by <ntifs.h> only, which cannot stand beside
 * <ntddk.h>. */
NTKERNELAPI NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG Attributes,
						 PVOID AccessState,
						 ACCESS_MASK Access, PVOID Type,
						 KPROCESSOR_MODE Mode,
						 PHANDLE Handle);
NTKERNELAPI NTSTATUS NTAPI ZwSetSecurityObject(HANDLE Handle, ULONG Information,
					       PVOID Descriptor);

/* A security descriptor in self-relative form ([MS-DTYP] 2.4.6): what the text
 * D:P(A;;FA;;;SY)(A;;FA;;;BA) stands for.  The first of the entries alone is
 * D:P(A;;FA;;;SY). */
#pragma pack(push, 1)
typedef struct _ALLOWED_ENTRY {
	UCHAR Type, Flags;
	USHORT Size;
	ULONG Mask;
	UCHAR SidRevision, SubAuthorities, Authority[6];
	ULONG SubAuthority[2];
} ALLOWED_ENTRY;

typedef struct _ACCESS_DESCRIPTOR {
	UCHAR Revision, Zero;
	USHORT Control;
	ULONG Owner, Group, Sacl, Dacl;
	UCHAR AclRevision, AclZero;
	USHORT AclSize, AclEntries, AclZero2;
	struct {
		UCHAR Type, Flags;
		USHORT Size;
		ULONG Mask;
		UCHAR SidRevision, SubAuthorities, Authority[6];
		ULONG SubAuthority;
	} System;
	ALLOWED_ENTRY Administrators;
} ACCESS_DESCRIPTOR;
#pragma pack(pop)

C_ASSERT(sizeof(ALLOWED_ENTRY) == 24);
C_ASSERT(sizeof(ACCESS_DESCRIPTOR) == 20 + 8 + 20 + 24);

#define SELF_RELATIVE 0x8000
#define DACL_PROTECTED 0x1000
#define DACL_PRESENT 0x0004
#define ALL_OF_A_FILE 0x001f01ff /* FA */

static const ACCESS_DESCRIPTOR Descriptor = {
    .Revision = 1,
    .Control = SELF_RELATIVE | DACL_PROTECTED | DACL_PRESENT,
    .Dacl = 20,
    .AclRevision = 2,
    .AclSize = 8 + 20 + 24,
    .AclEntries = 2,
    .System = {.Size = 20,
	       .Mask = ALL_OF_A_FILE,
	       .SidRevision = 1,
	       .SubAuthorities = 1,
	       .Authority = {0, 0, 0, 0, 0, 5},
	       .SubAuthority = 18}, /* S-1-5-18 */
    .Administrators = {.Size = 24,
		       .Mask = ALL_OF_A_FILE,
		       .SidRevision = 1,
		       .SubAuthorities = 2,
		       .Authority = {0, 0, 0, 0, 0, 5},
		       .SubAuthority = {32, 544}}, /* S-1-5-32-544 */
};

static NTSTATUS Protect(PDEVICE_OBJECT Device, IRL_ACCESS Access)
{
	ACCESS_DESCRIPTOR Mine = Descriptor;
	HANDLE Handle;
	NTSTATUS Status;

	if (Access == IrlAccessSystem) {
		Mine.AclSize = 8 + 20;
		Mine.AclEntries = 1;
	}
	Status = ObOpenObjectByPointer(Device, OBJ_KERNEL_HANDLE, NULL,
				       WRITE_DAC, NULL, KernelMode, &Handle);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION,
				     (PVOID)&Mine);
	ZwClose(Handle);
	return Status;
}

NTSTATUS IrlCreateDevice(PDRIVER_OBJECT Driver, PCWSTR Name, ULONG Extension,
			 IRL_ACCESS Access, PDEVICE_OBJECT *Device)
{
	UNICODE_STRING String;
	NTSTATUS Status;

	RtlInitUnicodeString(&String, Name);
	Status = IoCreateDevice(Driver, Extension, &String, FILE_DEVICE_NETWORK,
				FILE_DEVICE_SECURE_OPEN, FALSE, Device);
	if (!NT_SUCCESS(Status))
		return Status;
	RtlZeroMemory((*Device)->DeviceExtension, Extension);
	Status = Protect(*Device, Access);
	if (!NT_SUCCESS(Status))
		IoDeleteDevice(*Device);
	return Status;
}
