// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <irl/frame.h>
#include "base/os.h"
#include "net/doctor_windows.h"
#include "net/shell.h"
#include "wire/text.h"
#include "net/windows.h"

/* "Device setup classes": network adapters. */
#define CLASS_KEY                                                              \
	L"SYSTEM\\CurrentControlSet\\Control\\Class\\"                         \
	L"{4d36e972-e325-11ce-bfc1-08002be10318}"
#define GUID_TEXT 39 /* "{...}" and its end */

/* ---- mends of facts that each system has --------------------------------- */

void net_doctor_mend_address(struct irl_doctor_fact *fact,
			     const struct irl_interface *link)
{
	net_doctor_mend(fact,
			"New-NetIPAddress -InterfaceIndex %u -IPAddress "
			"ADDRESS -PrefixLength LENGTH, or scan with "
			"--source-ip",
			link->ifindex);
}

void net_doctor_mend_route(struct irl_doctor_fact *fact,
			   const struct irl_interface *link)
{
	net_doctor_mend(fact,
			"New-NetRoute -InterfaceIndex %u -DestinationPrefix "
			"0.0.0.0/0 -NextHop GATEWAY, or scan with "
			"--gateway-mac",
			link->ifindex);
}

/* ---- the adapter --------------------------------------------------------- */

static void driver(struct irl_doctor_report *r, const MIB_IF_ROW2 *row)
{
	const struct irl_interface *i = &r->link;
	char name[200] = "not told", mac[IRL_TEXT_MAC];
	struct irl_doctor_fact *fact;

	if (row->Description[0])
		WideCharToMultiByte(CP_UTF8, 0, row->Description, -1, name,
				    sizeof(name) - 1, NULL, NULL);
	if (i->ethernet) {
		net_doctor_add(r, IRL_DOCTOR_OK, "driver", "%s, %s", name,
			       irl_text_mac(i->mac, mac));
		return;
	}
	fact = net_doctor_add(r, IRL_DOCTOR_BAD, "driver",
			      "%s is not an Ethernet device", name);
	net_doctor_mend(fact, "name another interface (Get-NetAdapter)");
}

static void link_state(struct irl_doctor_report *r, const MIB_IF_ROW2 *row)
{
	/* unknown is 0 or all ones */
	uint64_t bps =
	    row->TransmitLinkSpeed + 1 > 1 ? row->TransmitLinkSpeed : 0;
	struct irl_doctor_fact *fact;
	char up[NET_SHELL_TEXT];

	if (!r->link.up) {
		fact = net_doctor_add(r, IRL_DOCTOR_BAD, "link", "down");
		net_doctor_mend(
		    fact, "%s",
		    net_shell_up(r->link.name, r->link.ifindex, up));
	} else if (!r->link.carrier) {
		fact = net_doctor_add(r, IRL_DOCTOR_BAD, "link",
				      "up, but without carrier");
		net_doctor_mend(fact, "check the cable, and the other end");
	} else if (bps) {
		net_doctor_add(r, IRL_DOCTOR_OK, "link", "up, %llu Mbit/s",
			       (unsigned long long)bps / 1000000);
	} else {
		net_doctor_add(r, IRL_DOCTOR_OK, "link",
			       "up, speed not told: --rate has no default "
			       "limit");
	}
}

static void mtu(struct irl_doctor_report *r)
{
	const unsigned longest = IRL_FRAME_MAX - IRL_FRAME_MIN;
	unsigned here = r->link.mtu;

	if (here <= longest)
		net_doctor_add(r, IRL_DOCTOR_OK, "mtu", "%u", here);
	else
		net_doctor_add(r, IRL_DOCTOR_OK, "mtu",
			       "%u, of which %u are used", here, longest);
}

/* ---- coalescing ---------------------------------------------------------- */

static void guid_text(const GUID *g, wchar_t text[GUID_TEXT])
{
	swprintf(text, GUID_TEXT,
		 L"{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}",
		 g->Data1, g->Data2, g->Data3, g->Data4[0], g->Data4[1],
		 g->Data4[2], g->Data4[3], g->Data4[4], g->Data4[5],
		 g->Data4[6], g->Data4[7]);
}

static bool read_text(HKEY key, const wchar_t *path, const wchar_t *name,
		      wchar_t *text, DWORD units)
{
	DWORD bytes = units * sizeof(*text);

	return !RegGetValueW(key, path, name, RRF_RT_REG_SZ, NULL, text,
			     &bytes);
}

/* The value of a standardized keyword ("*RscIPv4") of the adapter: 0 off, 1 on,
 * -1 not told. */
static int keyword(const GUID *adapter, const wchar_t *name)
{
	wchar_t wanted[GUID_TEXT], guid[GUID_TEXT], path[16], text[8];
	int value = -1;
	HKEY class;

	guid_text(adapter, wanted);
	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, CLASS_KEY, 0, KEY_READ, &class))
		return -1;
	for (DWORD i = 0, n = 16; value < 0; i++, n = 16) {
		LONG rc =
		    RegEnumKeyExW(class, i, path, &n, NULL, NULL, NULL, NULL);

		if (rc == ERROR_MORE_DATA) /* none of an adapter */
			continue;
		if (rc)
			break;
		if (read_text(class, path, L"NetCfgInstanceId", guid,
			      GUID_TEXT) &&
		    !_wcsicmp(guid, wanted) &&
		    read_text(class, path, name, text, 8))
			value = *text == L'1';
	}
	RegCloseKey(class);
	return value;
}

void net_doctor_coalescing(struct irl_doctor_report *r, int ipv4, int ipv6)
{
	if (ipv4 < 0 && ipv6 < 0)
		net_doctor_add(r, IRL_DOCTOR_OK, "offloads",
			       "receive coalescing (RSC) is not told of");
	else if (ipv4 <= 0 && ipv6 <= 0)
		net_doctor_add(r, IRL_DOCTOR_OK, "offloads",
			       "no receive coalescing (RSC)");
	else
		net_doctor_add(r, IRL_DOCTOR_OK, "offloads",
			       "receive coalescing (RSC) of %s%s%s: what it "
			       "joins comes apart here",
			       ipv4 > 0 ? "IPv4" : "",
			       ipv4 > 0 && ipv6 > 0 ? " and " : "",
			       ipv6 > 0 ? "IPv6" : "");
}

void net_doctor_device(struct irl_doctor_report *report)
{
	MIB_IF_ROW2 row = {.InterfaceIndex = report->link.ifindex};

	if (GetIfEntry2(&row))
		row = (MIB_IF_ROW2){0}; /* it has just gone */
	driver(report, &row);
	link_state(report, &row);
	if (report->link.ethernet)
		mtu(report);
	net_doctor_add(report, IRL_DOCTOR_OK, "processors", "%u",
		       irl_os_cores());
	net_doctor_coalescing(report, keyword(&row.InterfaceGuid, L"*RscIPv4"),
			      keyword(&row.InterfaceGuid, L"*RscIPv6"));
}
