// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>
#include <irl/abi/windows.h>
#include <irl/port.h>
#include <irl/privilege.h>
#include "base/os.h"
#include "net/doctor_windows.h"
#include <windows.h>
#include <winsvc.h>

#define ADAPTERS 64u
/* <winerror.h>; mingw's of 2022 lacks it. */
#ifndef ERROR_INVALID_IMAGE_HASH
#define ERROR_INVALID_IMAGE_HASH 577
#endif

/* ---- Windows ------------------------------------------------------------- */

static void privilege(struct irl_doctor_report *r)
{
	struct irl_error err = {0};
	struct irl_doctor_fact *fact;

	if (!irl_privilege_check(IRL_PRIVILEGE_ALL, &err)) {
		net_doctor_add(r, IRL_DOCTOR_OK, "privilege", "administrator");
		return;
	}
	fact = net_doctor_add(r, IRL_DOCTOR_BAD, "privilege",
			      "not an administrator");
	net_doctor_mend(fact, "run it from a console that was started as "
			      "administrator");
}

static void system_version(struct irl_doctor_report *r)
{
	struct irl_os_host host;
	struct irl_doctor_fact *fact;
	unsigned major = 0;

	irl_os_host(&host);
	if (sscanf(host.kernel, "%u", &major) == 1 && major >= 10) {
		net_doctor_add(r, IRL_DOCTOR_OK, "Windows", "%s", host.kernel);
		return;
	}
	fact = net_doctor_add(r, IRL_DOCTOR_BAD, "Windows",
			      "%s: too old for the drivers", host.kernel);
	net_doctor_mend(fact, "Windows 10 or later");
}

/* NtQuerySystemInformation, as Microsoft documents it. */
#define SYSTEM_CODE_INTEGRITY 103
#define INTEGRITY_ON 0x1u
#define INTEGRITY_TEST_SIGNED 0x2u
#define INTEGRITY_HVCI 0x400u

struct code_integrity {
	ULONG length, options;
};

void net_doctor_integrity(struct irl_doctor_report *r, uint32_t options)
{
	const char *hvci =
	    options & INTEGRITY_HVCI ? ", memory integrity is on" : "";

	if (options & INTEGRITY_TEST_SIGNED || !(options & INTEGRITY_ON))
		net_doctor_add(
		    r, IRL_DOCTOR_OK, "signatures", "drivers need %s%s",
		    options & INTEGRITY_ON ? "a test signature" : "none", hvci);
	else
		net_doctor_add(r, IRL_DOCTOR_OK, "signatures",
			       "drivers need Microsoft's (test signing is "
			       "off)%s",
			       hvci);
}

static void integrity(struct irl_doctor_report *r)
{
	struct code_integrity info = {.length = sizeof(info)};
	LONG(WINAPI * query)(ULONG, void *, ULONG, ULONG *) = NULL;
	FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"),
				       "NtQuerySystemInformation");

	memcpy(&query, &found, sizeof(query));
	if (query && !query(SYSTEM_CODE_INTEGRITY, &info, sizeof(info), NULL))
		net_doctor_integrity(r, info.options);
}

/* ---- services ------------------------------------------------------------ */

static struct net_service look_up(const char *name)
{
	SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
	SC_HANDLE service =
	    manager ? OpenServiceA(manager, name, SERVICE_QUERY_STATUS) : NULL;
	/* Installed, but not for us to see, is not running for us either. */
	struct net_service out = {
	    .installed =
		service ||
		(manager && GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST)};
	SERVICE_STATUS status;

	if (service && QueryServiceStatus(service, &status)) {
		out.running = status.dwCurrentState == SERVICE_RUNNING;
		/* "Never started" is no failure. */
		if (status.dwWin32ExitCode != ERROR_SERVICE_NEVER_STARTED)
			out.error = status.dwWin32ExitCode;
	}
	if (service)
		CloseServiceHandle(service);
	if (manager)
		CloseServiceHandle(manager);
	return out;
}

/* The last start failed. */
static void tell_failed(struct irl_doctor_report *r, const char *name,
			uint32_t error)
{
	struct irl_doctor_fact *fact;

	if (error != ERROR_INVALID_IMAGE_HASH) {
		fact = net_doctor_add(r, IRL_DOCTOR_BAD, name,
				      "installed, but its start failed: "
				      "Windows error %u",
				      error);
		net_doctor_mend(fact, "net helpmsg %u says why; sc start %s",
				error, name);
		return;
	}
	fact = net_doctor_add(r, IRL_DOCTOR_BAD, name,
			      "installed, but Windows does not accept its "
			      "signature");
	net_doctor_mend(fact, "bcdedit /set testsigning on, with Secure Boot "
			      "off, and start Windows anew; or a driver that "
			      "Microsoft has signed");
}

void net_doctor_service(struct irl_doctor_report *r, const char *name,
			const struct net_service *service)
{
	struct irl_doctor_fact *fact;

	if (service->running) {
		net_doctor_add(r, IRL_DOCTOR_OK, name, "runs");
	} else if (!service->installed) {
		fact = net_doctor_add(r, IRL_DOCTOR_BAD, name, "not installed");
		net_doctor_mend(fact, "install both drivers as docs/windows.md "
				      "says");
	} else if (service->error) {
		tell_failed(r, name, service->error);
	} else {
		fact = net_doctor_add(r, IRL_DOCTOR_BAD, name,
				      "installed, but not started");
		net_doctor_mend(fact, "sc start %s", name);
	}
}

/* Known ones that look at each frame on its way, ours too. */
static void others(struct irl_doctor_report *r)
{
	static const struct {
		const char *service, *name;
	} known[] = {
	    {"npcap", "Npcap"},
	    {"npf", "WinPcap"},
	    {"VBoxNetLwf", "VirtualBox's bridge"},
	    {"VMnetBridge", "VMware's bridge"},
	};
	char list[120] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (look_up(known[i].service).running)
			used += (size_t)snprintf(
			    list + used, sizeof(list) - used, "%s%s",
			    used ? ", " : "", known[i].name);
	if (used)
		net_doctor_add(r, IRL_DOCTOR_WARN, "other filters",
			       "%s: where they are bound, each frame passes "
			       "them, too, which takes time",
			       list);
}

/* ---- the two drivers ----------------------------------------------------- */

static bool ask(HANDLE device, uint32_t code, void *out, DWORD room,
		DWORD *bytes)
{
	return DeviceIoControl(device, code, NULL, 0, out, room, bytes, NULL);
}

/* Do they speak what this program speaks? */
static bool version(struct irl_doctor_report *r, HANDLE device)
{
	struct irl_win_version v = {0};
	struct irl_doctor_fact *fact;
	DWORD bytes;

	if (!ask(device, IRL_WIN_QUERY, &v, sizeof(v), &bytes) ||
	    v.head.version != IRL_WIN_VERSION) {
		fact = net_doctor_add(
		    r, IRL_DOCTOR_BAD, "driver version",
		    "the drivers speak version %u, this program %u",
		    v.head.version, IRL_WIN_VERSION);
		net_doctor_mend(fact, "install those that came together");
		return false;
	}
	net_doctor_add(r, IRL_DOCTOR_OK, "driver version",
		       "%u.%u for NDIS %u.%u, speaks version %u as this "
		       "program",
		       v.driver >> 16, v.driver & 0xffff, v.ndis >> 16,
		       v.ndis & 0xffff, v.head.version);
	return true;
}

static const struct irl_win_adapter *
find_adapter(const struct irl_win_adapter all[], unsigned count,
	     unsigned ifindex)
{
	for (unsigned i = 0; i < count; i++)
		if (all[i].if_index == ifindex)
			return &all[i];
	return NULL;
}

/* Frames for an address that nobody has (RFC 5737) are ours for a moment: then
 * the filter is there, too. */
static void binding(struct irl_doctor_report *r, bool bound)
{
	const struct irl_steer rule = {.own = {{0xc0000201, 32}},
				       .own_count = 1,
				       .port_first = 65535,
				       .port_last = 65535};
	const struct irl_port_options options = {
	    .ifname = r->link.name, .kind = "windows", .steer = &rule};
	struct irl_error err = {0};
	struct irl_doctor_fact *fact;
	struct irl_port *port;

	if (!bound) {
		fact = net_doctor_add(r, IRL_DOCTOR_BAD, "binding",
				      "irlstackp is not bound to %s",
				      r->link.name);
		net_doctor_mend(fact,
				"Get-NetAdapter -InterfaceIndex %u | "
				"Enable-NetAdapterBinding -ComponentID "
				"irlstackp",
				r->link.ifindex);
	} else if (irl_port_open(&port, &options, &err)) {
		net_doctor_add(r, IRL_DOCTOR_BAD, "binding", "%s", err.text);
	} else {
		net_doctor_add(r, IRL_DOCTOR_OK, "binding",
			       "irlstackp sends, irlstackf receives");
		irl_port_close(port);
	}
}

static void examine(struct irl_doctor_report *r, HANDLE device)
{
	struct irl_win_adapter all[ADAPTERS];
	DWORD bytes = 0;

	if (version(r, device))
		binding(r, ask(device, IRL_WIN_ADAPTERS, all, sizeof(all),
			       &bytes) &&
			       find_adapter(all, bytes / sizeof(all[0]),
					    r->link.ifindex));
}

static void drivers(struct irl_doctor_report *r)
{
	const struct net_service p = look_up("irlstackp");
	const struct net_service f = look_up("irlstackf");
	HANDLE device;

	net_doctor_service(r, "irlstackp", &p);
	net_doctor_service(r, "irlstackf", &f);
	if (!p.running)
		return;
	device = CreateFileA(IRL_WIN_DEVICE, GENERIC_READ | GENERIC_WRITE,
			     FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
			     OPEN_EXISTING, 0, NULL);
	/* Why not, the port tells in the verdict. */
	if (device == INVALID_HANDLE_VALUE)
		return;
	examine(r, device);
	CloseHandle(device);
}

void net_doctor_kernel(struct irl_doctor_report *report)
{
	privilege(report);
	system_version(report);
	integrity(report);
	drivers(report);
	others(report);
}
