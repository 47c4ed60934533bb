// SPDX-License-Identifier: BSD-2-Clause
/*
 * ndis.sys under Wine, Win32's half: the wire is mapped, and what the drivers
 * import of ntoskrnl.exe and Wine 8 leaves undone (timers, rundown, descriptor
 * lists, ...) is replaced in memory by the double's.  The .sys files stay as
 * shipped.
 */
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <windows.h>
#include <winternl.h>
#include "wine.h"

static HMODULE self;
static bool stop; /* never: the process ends first */

void wine_yield(void)
{
	SwitchToThread();
}

void *wine_ntoskrnl(const char *name)
{
	return (void *)GetProcAddress(GetModuleHandleA("ntoskrnl.exe"), name);
}

/* Requests and their cancelling are Wine's. */
static bool is_wines(const char *name)
{
	return !strcmp(name, "IoAcquireCancelSpinLock") ||
	       !strcmp(name, "IoReleaseCancelSpinLock");
}

static void replace(IMAGE_THUNK_DATA *slot, const char *name)
{
	void *instead = adapter_instead(name);
	DWORD before;

	if (!instead && !is_wines(name))
		instead = (void *)GetProcAddress(self, name);
	if (!instead)
		return;
	VirtualProtect(slot, sizeof(*slot), PAGE_READWRITE, &before);
	slot->u1.Function = (ULONG_PTR)instead;
	VirtualProtect(slot, sizeof(*slot), before, &before);
}

static void replace_imports(BYTE *base)
{
	IMAGE_NT_HEADERS *nt =
	    (void *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
	IMAGE_DATA_DIRECTORY *imports =
	    &nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
	IMAGE_IMPORT_DESCRIPTOR *from =
	    (void *)(base + imports->VirtualAddress);

	if (!imports->VirtualAddress)
		return;
	for (; from->Name; from++) {
		IMAGE_THUNK_DATA *name =
		    (void *)(base + from->OriginalFirstThunk);
		IMAGE_THUNK_DATA *slot = (void *)(base + from->FirstThunk);

		if (!_stricmp((char *)base + from->Name, "ndis.sys"))
			continue;
		for (; name->u1.AddressOfData; name++, slot++) {
			IMAGE_IMPORT_BY_NAME *by =
			    (void *)(base + name->u1.AddressOfData);

			if (!IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal))
				replace(slot, (char *)by->Name);
		}
	}
}

static DWORD WINAPI turn(void *unused)
{
	bool *stop = unused;
	unsigned idle = 0;

	while (!*stop)
		if (adapter_turn())
			idle = 0;
		else
			Sleep(++idle < 100 ? 0 : 1);
	return 0;
}

/* With the first of the drivers: Wine loads ndis.sys into other processes, too.
 */
static void begin(void)
{
	struct wire *wire = wire_map();
	/* A driver's process has no stderr that could be reopened. */
	FILE *log = fopen(WIRE_LOG, "a");

	if (!wire || !log)
		abort();
	setvbuf(log, NULL, _IONBF, 0);
	*stderr = *log;
	adapter_start(wire);
	if (!CreateThread(NULL, 0, turn, &stop, 0, NULL))
		abort();
}

#define LOADED 1 /* LDR_DLL_NOTIFICATION_REASON_LOADED */

/* As LdrRegisterDllNotification calls it. */
struct loaded {
	ULONG flags;
	const UNICODE_STRING *path, *name;
	void *base;
	ULONG size;
};

static void CALLBACK on_module(ULONG why, const struct loaded *what,
			       void *unused)
{
	static bool begun;
	static unsigned drivers;

	(void)unused;
	if (what->name->Length < 16 ||
	    _wcsnicmp(what->name->Buffer, L"irlstack", 8))
		return;
	if (why != LOADED) {
		/* DriverUnload has returned; the service is not stopped yet. */
		if (!--drivers)
			adapter_end();
		return;
	}
	if (!begun)
		begin();
	begun = true;
	drivers++;
	replace_imports(what->base);
}

static BOOL watch(void)
{
	LONG(WINAPI * notify)
	(ULONG, void *, void *, void **) = (void *)GetProcAddress(
	    GetModuleHandleA("ntdll"), "LdrRegisterDllNotification");
	void *cookie;

	/* Threads of ours run in it: it stays. */
	return GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
				      GET_MODULE_HANDLE_EX_FLAG_PIN,
				  (char *)&watch, &self) &&
	       notify && !notify(0, (void *)on_module, NULL, &cookie);
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD why, void *reserved)
{
	(void)instance;
	(void)reserved;
	return why != DLL_PROCESS_ATTACH || watch();
}
