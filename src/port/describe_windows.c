// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "port/adapter_windows.h"
#include "port/port.h"

int irl_port_describe(struct irl_port_info *info, const char *interface,
		      struct irl_error *err)
{
	struct irl_adapter adapter;
	int rc = irl_adapter_find(&adapter, interface, err);

	if (rc)
		return rc;
	memcpy(info->ifname, adapter.ifname, sizeof(info->ifname));
	memcpy(info->mac, adapter.mac, sizeof(info->mac));
	info->ifindex = adapter.ifindex;
	info->mtu = adapter.mtu;
	info->link_bps = adapter.link_bps;
	return 0;
}
