// SPDX-License-Identifier: BSD-2-Clause
#include "engine/device.h"
/* After ours: "interface" is a macro there. */
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <netioapi.h>

/* By driver, as any real device's: told, not judged. */
bool irl_device_read(unsigned ifindex, struct irl_device *out)
{
	MIB_IF_ROW2 row = {.InterfaceIndex = ifindex};

	*out = (struct irl_device){0};
	if (GetIfEntry2(&row))
		return false;
	out->tx_frames = row.OutUcastPkts + row.OutNUcastPkts;
	out->tx_dropped = row.OutDiscards + row.OutErrors;
	out->rx_frames = row.InUcastPkts + row.InNUcastPkts;
	out->rx_dropped = row.InDiscards + row.InErrors;
	return true;
}
