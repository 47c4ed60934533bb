/* SPDX-License-Identifier: BSD-2-Clause */
/* Strings, and what a driver prints. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>

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
