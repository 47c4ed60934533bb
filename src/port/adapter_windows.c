// SPDX-License-Identifier: BSD-2-Clause
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "port/adapter_windows.h"

#define QUIET                                                                  \
	(GAA_FLAG_SKIP_UNICAST | GAA_FLAG_SKIP_ANYCAST |                       \
	 GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER)
/* An adapter appears between two calls: seldom, and not again and again. */
#define ATTEMPTS 8

/* All of them, to be freed; NULL and *error when that fails. */
static IP_ADAPTER_ADDRESSES *list(ULONG *error)
{
	ULONG bytes = 32 << 10;

	for (unsigned i = 0; i < ATTEMPTS; i++) {
		IP_ADAPTER_ADDRESSES *all = malloc(bytes);

		*error = ERROR_NOT_ENOUGH_MEMORY;
		if (!all)
			return NULL;
		*error =
		    GetAdaptersAddresses(AF_UNSPEC, QUIET, NULL, all, &bytes);
		if (!*error)
			return all;
		free(all);
		if (*error != ERROR_BUFFER_OVERFLOW)
			return NULL;
	}
	return NULL;
}

static bool is_called(const IP_ADAPTER_ADDRESSES *a, const char *name)
{
	WCHAR wide[256];
	char *end;
	unsigned long index = strtoul(name, &end, 10);

	if (!_stricmp(a->AdapterName, name))
		return true;
	if (*name && !*end && (index == a->IfIndex || index == a->Ipv6IfIndex))
		return true;
	return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1,
				   wide, 256) > 0 &&
	       !_wcsicmp(wide, a->FriendlyName);
}

static void name_it(struct irl_adapter *out, const IP_ADAPTER_ADDRESSES *a)
{
	if (WideCharToMultiByte(CP_UTF8, 0, a->FriendlyName, -1, out->ifname,
				sizeof(out->ifname), NULL, NULL) <= 0)
		snprintf(out->ifname, sizeof(out->ifname), "%u", out->ifindex);
}

static int describe(struct irl_adapter *out, const IP_ADAPTER_ADDRESSES *a,
		    const char *name, struct irl_error *err)
{
	const unsigned longest = IRL_FRAME_MAX - IRL_FRAME_MIN;

	*out = (struct irl_adapter){
	    .ifindex = a->IfIndex ? a->IfIndex : a->Ipv6IfIndex,
	    .mtu = a->Mtu < longest ? (unsigned)a->Mtu : longest,
	    /* unknown is all ones */
	    .link_bps = a->TransmitLinkSpeed + 1 > 1 ? a->TransmitLinkSpeed : 0,
	};
	if (a->PhysicalAddressLength != sizeof(out->mac) ||
	    (a->IfType != IF_TYPE_ETHERNET_CSMACD &&
	     a->IfType != IF_TYPE_IEEE80211))
		return irl_error_set(err, IRL_ENOTSUP,
				     "%s is not an Ethernet interface", name);
	memcpy(out->mac, a->PhysicalAddress, sizeof(out->mac));
	snprintf(out->guid, sizeof(out->guid), "%s", a->AdapterName);
	name_it(out, a);
	return 0;
}

int irl_adapter_find(struct irl_adapter *out, const char *name,
		     struct irl_error *err)
{
	IP_ADAPTER_ADDRESSES *all, *a;
	ULONG error;
	int rc;

	all = list(&error);
	if (!all)
		return irl_error_set(err, IRL_ESYSTEM,
				     "listing the network adapters: Windows "
				     "error %lu",
				     error);
	for (a = all; a && !is_called(a, name); a = a->Next)
		;
	rc = a ? describe(out, a, name, err)
	       : irl_error_set(err, IRL_ENODEV,
			       "%s: no such interface here; Get-NetAdapter "
			       "lists them",
			       name);
	free(all);
	return rc;
}
