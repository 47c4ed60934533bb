// SPDX-License-Identifier: BSD-2-Clause
/* Interfaces are called by their alias ("Ethernet 2"), or where that is too
 * long for us by their index; both are understood, in any case of letters. */
#include <stdio.h>
#include <stdlib.h>
#include <irl/net.h>
#include "net/route.h"
#include "net/windows.h"

static int fail(ULONG error, const char *what, struct irl_error *err)
{
	return irl_error_set(err, IRL_ESYSTEM,
			     "cannot list the %s: Windows error %lu", what,
			     error);
}

static void name_of(const MIB_IF_ROW2 *row, char name[16])
{
	if (WideCharToMultiByte(CP_UTF8, 0, row->Alias, -1, name, 16, NULL,
				NULL) <= 1)
		snprintf(name, 16, "%lu", row->InterfaceIndex);
}

const char *net_interface_name(unsigned ifindex, char name[16])
{
	MIB_IF_ROW2 row = {.InterfaceIndex = ifindex};

	if (GetIfEntry2(&row))
		strcpy(name, "?");
	else
		name_of(&row, name);
	return name;
}

static void describe(const MIB_IF_ROW2 *row, struct irl_interface *out)
{
	*out = (struct irl_interface){
	    .ifindex = row->InterfaceIndex,
	    .mtu = row->Mtu,
	    .loopback = row->Type == IF_TYPE_SOFTWARE_LOOPBACK,
	    .ethernet = (row->Type == IF_TYPE_ETHERNET_CSMACD ||
			 row->Type == IF_TYPE_IEEE80211) &&
			row->PhysicalAddressLength == sizeof(out->mac),
	    .up = row->AdminStatus == NET_IF_ADMIN_STATUS_UP,
	    .carrier = row->OperStatus == IfOperStatusUp,
	};
	if (out->ethernet)
		memcpy(out->mac, row->PhysicalAddress, sizeof(out->mac));
	name_of(row, out->name);
}

static bool is_called(const MIB_IF_ROW2 *row, const char *name)
{
	wchar_t wide[256];
	char *end;
	unsigned long index = strtoul(name, &end, 10);

	if (*name && !*end && index == row->InterfaceIndex)
		return true;
	return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1,
				   wide, 256) > 0 &&
	       !_wcsicmp(wide, row->Alias);
}

/* A filter driver's shadow of an interface is none. */
static bool is_own(const MIB_IF_ROW2 *row)
{
	return !row->InterfaceAndOperStatusFlags.FilterInterface;
}

int irl_interface_list(struct irl_interface list[], unsigned max,
		       struct irl_error *err)
{
	MIB_IF_TABLE2 *table;
	unsigned count = 0;
	ULONG error = GetIfTable2(&table);

	if (error)
		return fail(error, "interfaces", err);
	for (ULONG i = 0; i < table->NumEntries; i++) {
		if (!is_own(&table->Table[i]))
			continue;
		if (count < max)
			describe(&table->Table[i], &list[count]);
		count++;
	}
	FreeMibTable(table);
	return (int)count;
}

static int no_such_interface(const char *name, struct irl_error *err)
{
	struct irl_interface list[32];
	char names[sizeof(err->text) / 2] = "";
	int n = irl_interface_list(list, 32, NULL);
	size_t at = 0;

	for (int i = 0; i < n && i < 32 && at < sizeof(names) - 20; i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
				       at ? ", " : "", list[i].name);
	return irl_error_set(err, IRL_ENODEV,
			     "no interface named %.32s; there are: %s", name,
			     at ? names : "none");
}

int irl_interface_get(const char *name, struct irl_interface *out,
		      struct irl_error *err)
{
	MIB_IF_TABLE2 *table;
	ULONG error = GetIfTable2(&table);
	bool found = false;

	*out = (struct irl_interface){0};
	if (error)
		return fail(error, "interfaces", err);
	for (ULONG i = 0; !found && i < table->NumEntries; i++) {
		found = is_own(&table->Table[i]) &&
			is_called(&table->Table[i], name);
		if (found)
			describe(&table->Table[i], out);
	}
	FreeMibTable(table);
	return found ? 0 : no_such_interface(name, err);
}

/* ---- addresses --------------------------------------------------------- */

int irl_address_list(unsigned ifindex, struct irl_address list[], unsigned max,
		     struct irl_error *err)
{
	MIB_UNICASTIPADDRESS_TABLE *table;
	ULONG error = GetUnicastIpAddressTable(AF_INET, &table);
	unsigned count = 0;

	if (error)
		return fail(error, "IPv4 addresses", err);
	for (ULONG i = 0; i < table->NumEntries; i++) {
		const MIB_UNICASTIPADDRESS_ROW *row = &table->Table[i];
		struct irl_ip ip = net_from_windows(&row->Address);

		if (ifindex && row->InterfaceIndex != ifindex)
			continue;
		if (count < max)
			list[count] = (struct irl_address){
			    .addr = irl_ip_addr4(&ip),
			    .length = row->OnLinkPrefixLength,
			    .ifindex = row->InterfaceIndex};
		count++;
	}
	FreeMibTable(table);
	return (int)count;
}

int irl_ip_is_host(const struct irl_ip *addr, struct irl_error *err)
{
	MIB_UNICASTIPADDRESS_TABLE *table;
	ULONG error = GetUnicastIpAddressTable(AF_UNSPEC, &table);
	int found = irl_ip_is_loopback(addr);

	if (error)
		return fail(error, "addresses", err);
	for (ULONG i = 0; !found && i < table->NumEntries; i++) {
		struct irl_ip own = net_from_windows(&table->Table[i].Address);

		found = irl_ip_equal(&own, addr);
	}
	FreeMibTable(table);
	return found;
}
