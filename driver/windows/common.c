// SPDX-License-Identifier: BSD-2-Clause
#include "common.h"

PVOID IrlAllocate(SIZE_T Bytes)
{
	PVOID Memory = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, IRL_TAG);

	if (Memory)
		RtlZeroMemory(Memory, Bytes);
	return Memory;
}

VOID IrlFree(PVOID Memory)
{
	if (Memory)
		ExFreePoolWithTag(Memory, IRL_TAG);
}

ULONG IrlNdisVersion(void)
{
	static const ULONG Known[] = {0x60050, 0x60032, 0x60028, 0x6001e};
	ULONG Version = NdisGetVersion();

	/* 6.80, 6.50, 6.40, 6.30: Windows 10 1709, 10, 8.1, 8 */
	for (ULONG i = 0; i < sizeof(Known) / sizeof(Known[0]); i++)
		if (Version >= Known[i])
			return Known[i];
	return 0;
}

VOID IrlTakeTurn(PKEVENT Turn)
{
	KeEnterCriticalRegion();
	KeWaitForSingleObject(Turn, Executive, KernelMode, FALSE, NULL);
}

VOID IrlEndTurn(PKEVENT Turn)
{
	KeSetEvent(Turn, IO_NO_INCREMENT, FALSE);
	KeLeaveCriticalRegion();
}

NTSTATUS IrlComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
	Irp->IoStatus.Status = Status;
	Irp->IoStatus.Information = Information;
	IoCompleteRequest(Irp, IO_NETWORK_INCREMENT);
	return Status;
}

/* ---- names --------------------------------------------------------------- */

static VOID Point(PIRL_NAME Name, USHORT Length)
{
	Name->String.Buffer = Name->Buffer;
	Name->String.Length = Length;
	Name->String.MaximumLength = sizeof(Name->Buffer);
}

NTSTATUS IrlSetName(PIRL_NAME Name, const UNICODE_STRING *From)
{
	if (!From || !From->Length ||
	    From->Length > sizeof(Name->Buffer) - sizeof(WCHAR))
		return STATUS_INVALID_PARAMETER;
	RtlZeroMemory(Name->Buffer, sizeof(Name->Buffer));
	RtlCopyMemory(Name->Buffer, From->Buffer, From->Length);
	Point(Name, From->Length);
	return STATUS_SUCCESS;
}

NTSTATUS IrlSetNameFrom(PIRL_NAME Name, const uint16_t From[IRL_WIN_NAME])
{
	USHORT Units = 0;

	while (Units < IRL_WIN_NAME && From[Units])
		Units++;
	if (Units == 0 || Units == IRL_WIN_NAME)
		return STATUS_INVALID_PARAMETER;
	RtlZeroMemory(Name->Buffer, sizeof(Name->Buffer));
	RtlCopyMemory(Name->Buffer, From, Units * sizeof(WCHAR));
	Point(Name, (USHORT)(Units * sizeof(WCHAR)));
	return STATUS_SUCCESS;
}

/* Names of devices are GUIDs: ASCII.  (RtlEqualUnicodeString may not be called
 * under a spin lock.) */
static WCHAR Upper(WCHAR Unit)
{
	return Unit >= 'a' && Unit <= 'z' ? (WCHAR)(Unit - 'a' + 'A') : Unit;
}

BOOLEAN IrlSameName(PIRL_NAME A, PIRL_NAME B)
{
	if (A->String.Length != B->String.Length)
		return FALSE;
	for (ULONG i = 0; i < A->String.Length / sizeof(WCHAR); i++)
		if (Upper(A->Buffer[i]) != Upper(B->Buffer[i]))
			return FALSE;
	return TRUE;
}
