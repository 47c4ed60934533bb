// SPDX-License-Identifier: BSD-2-Clause
#include "port/xdp_device.h"
/* After ours: "interface" is a macro there. */
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <netioapi.h>
#include <windows.h>
#include <winternl.h>
#include <stdlib.h>
#include <string.h>

/* <winbase.h> of Windows 10 1803; mingw's of 2022 lacks it. */
#ifndef CREATE_WAITABLE_TIMER_HIGH_RESOLUTION
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 2
#endif

struct xdp_request {
	OVERLAPPED io; /* its event: reset as long as it is under way */
	HANDLE file;   /* NULL: never begun */
};

struct xdp_bell {
	HANDLE rung, timer;
};

/* The device has no name in Win32, nor has CreateFile attributes. */
uint32_t xdp_open(void **file, const struct xdp_open *ea, uint32_t bytes)
{
	static const WCHAR device[] = XDP_DEVICE;
	UNICODE_STRING name = {.Length = sizeof(device) - sizeof(WCHAR),
			       .MaximumLength = sizeof(device),
			       .Buffer = (WCHAR *)device};
	OBJECT_ATTRIBUTES attributes;
	IO_STATUS_BLOCK io;
	NTSTATUS status;

	InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE,
				   NULL, NULL);
	status = NtCreateFile(file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
			      &attributes, &io, NULL, 0,
			      FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE,
			      0, (void *)ea, bytes);
	if (status >= 0)
		return 0;
	*file = NULL;
	return RtlNtStatusToDosError(status);
}

void xdp_close(void *file)
{
	CloseHandle(file);
}

/* A notification never pends, and is sent with each batch: without an event. */
static uint32_t control(HANDLE file, uint32_t code, const void *in,
			uint32_t in_bytes, void *out, DWORD *bytes,
			OVERLAPPED *io)
{
	DWORD room = *bytes;

	*bytes = 0;
	if (DeviceIoControl(file, code, (void *)in, in_bytes, out, room, bytes,
			    io))
		return 0;
	if (!io || GetLastError() != ERROR_IO_PENDING)
		return GetLastError();
	return GetOverlappedResult(file, io, bytes, TRUE) ? 0 : GetLastError();
}

uint32_t xdp_control(void *file, uint32_t code, const void *in,
		     uint32_t in_bytes, void *out, uint32_t *out_bytes)
{
	DWORD bytes = out_bytes ? *out_bytes : 0;
	OVERLAPPED io = {0};
	uint32_t error;

	if (code == XSK_NOTIFY)
		return control(file, code, in, in_bytes, NULL, &bytes, NULL);
	io.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!io.hEvent)
		return GetLastError();
	error = control(file, code, in, in_bytes, out, &bytes, &io);
	CloseHandle(io.hEvent);
	if (out_bytes)
		*out_bytes = bytes;
	return error;
}

/* ---- requests that end later --------------------------------------------- */

struct xdp_request *xdp_request_new(void)
{
	struct xdp_request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->io.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (request->io.hEvent)
		return request;
	free(request);
	return NULL;
}

void xdp_request_free(struct xdp_request *request)
{
	DWORD bytes;

	if (request->file && !xdp_has_ended(request)) {
		CancelIoEx(request->file, &request->io);
		GetOverlappedResult(request->file, &request->io, &bytes, TRUE);
	}
	CloseHandle(request->io.hEvent);
	free(request);
}

uint32_t xdp_begin(struct xdp_request *request, void *file, uint32_t code,
		   const void *in, uint32_t in_bytes)
{
	DWORD bytes;

	request->file = NULL;
	if (DeviceIoControl(file, code, (void *)in, in_bytes, NULL, 0, &bytes,
			    &request->io))
		return 0;
	if (GetLastError() != ERROR_IO_PENDING)
		return GetLastError();
	request->file = file;
	return XDP_PENDING;
}

bool xdp_has_ended(const struct xdp_request *request)
{
	return WaitForSingleObject(request->io.hEvent, 0) == WAIT_OBJECT_0;
}

/* ---- waiting ------------------------------------------------------------- */

static HANDLE new_timer(void)
{
	/* A plain timer rounds up to the system's tick. */
	HANDLE timer = CreateWaitableTimerExW(
	    NULL, NULL, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION,
	    TIMER_ALL_ACCESS);

	return timer ? timer : CreateWaitableTimerW(NULL, FALSE, NULL);
}

struct xdp_bell *xdp_bell_new(void)
{
	struct xdp_bell *bell = calloc(1, sizeof(*bell));

	if (!bell)
		return NULL;
	bell->rung = CreateEventW(NULL, FALSE, FALSE, NULL);
	bell->timer = new_timer();
	if (bell->rung && bell->timer)
		return bell;
	xdp_bell_free(bell);
	return NULL;
}

void xdp_bell_free(struct xdp_bell *bell)
{
	if (bell->rung)
		CloseHandle(bell->rung);
	if (bell->timer)
		CloseHandle(bell->timer);
	free(bell);
}

void xdp_bell_ring(struct xdp_bell *bell)
{
	SetEvent(bell->rung);
}

bool xdp_bell_wait(struct xdp_bell *bell, struct xdp_request *const requests[],
		   unsigned count, int64_t timeout_ns)
{
	LARGE_INTEGER due = {.QuadPart = -(timeout_ns + 99) / 100};
	HANDLE handles[2 + XDP_REQUESTS_MAX] = {bell->timer, bell->rung};
	DWORD which;

	_Static_assert(2 + XDP_REQUESTS_MAX <= MAXIMUM_WAIT_OBJECTS,
		       "Windows waits for no more");
	for (unsigned i = 0; i < count; i++)
		handles[2 + i] = requests[i]->io.hEvent;
	if (!SetWaitableTimer(bell->timer, &due, 0, NULL, NULL, FALSE))
		return false;
	which = WaitForMultipleObjects(2 + count, handles, FALSE, INFINITE);
	return which > WAIT_OBJECT_0 && which < WAIT_OBJECT_0 + 2 + count;
}

/* ---- the interface ------------------------------------------------------- */

static bool is_same(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return !memcmp(a, b, whole) &&
	       (!rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

static bool overlaps(const MIB_UNICASTIPADDRESS_ROW *row,
		     const uint8_t *address, unsigned bytes, unsigned length)
{
	const SOCKADDR_INET *of = &row->Address;
	const void *theirs = bytes == 4 ? (const void *)&of->Ipv4.sin_addr
					: (const void *)&of->Ipv6.sin6_addr;

	return of->si_family == (bytes == 4 ? AF_INET : AF_INET6) &&
	       is_same(theirs, address,
		       length < row->OnLinkPrefixLength
			   ? length
			   : row->OnLinkPrefixLength);
}

bool xdp_is_on_link(unsigned ifindex, const uint8_t *address, unsigned bytes,
		    unsigned length)
{
	MIB_UNICASTIPADDRESS_TABLE *table;
	bool found = false;

	if (GetUnicastIpAddressTable(AF_UNSPEC, &table))
		return false;
	for (ULONG i = 0; !found && i < table->NumEntries; i++)
		found = table->Table[i].InterfaceIndex == ifindex &&
			overlaps(&table->Table[i], address, bytes, length);
	FreeMibTable(table);
	return found;
}
