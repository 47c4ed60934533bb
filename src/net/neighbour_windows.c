// SPDX-License-Identifier: BSD-2-Clause
#include <irl/net.h>
#include "net/route.h"
#include "net/shell.h"
#include "net/windows.h"

static enum irl_neighbour_state state_of(NL_NEIGHBOR_STATE state)
{
	switch (state) {
	case NlnsPermanent:
	case NlnsReachable:
		return IRL_NEIGHBOUR_GOOD;
	case NlnsStale:
	case NlnsDelay:
	case NlnsProbe:
		return IRL_NEIGHBOUR_OLD;
	case NlnsIncomplete:
		return IRL_NEIGHBOUR_ASKING;
	case NlnsUnreachable:
		return IRL_NEIGHBOUR_FAILED;
	default:
		return IRL_NEIGHBOUR_NONE;
	}
}

static void read_row(const MIB_IPNET_ROW2 *row, struct irl_neighbour *out)
{
	out->state = state_of(row->State);
	if (out->state < IRL_NEIGHBOUR_OLD)
		return;
	if (row->PhysicalAddressLength == sizeof(out->mac))
		memcpy(out->mac, row->PhysicalAddress, sizeof(out->mac));
	else
		out->state = IRL_NEIGHBOUR_NONE;
}

int irl_ip_neighbour_get(unsigned ifindex, const struct irl_ip *addr,
			 struct irl_neighbour *out, struct irl_error *err)
{
	MIB_IPNET_TABLE2 *table;
	ULONG error =
	    GetIpNetTable2(irl_ip_is4(addr) ? AF_INET : AF_INET6, &table);
	char text[IRL_IP_TEXT];

	*out = (struct irl_neighbour){0};
	if (error == ERROR_NOT_FOUND) /* it is empty */
		return 0;
	if (error)
		return irl_error_set(err, IRL_ESYSTEM,
				     "cannot look up neighbour %s: Windows "
				     "error %lu",
				     irl_ip_text(addr, text), error);
	for (ULONG i = 0; i < table->NumEntries; i++) {
		struct irl_ip ip = net_from_windows(&table->Table[i].Address);

		if (table->Table[i].InterfaceIndex == ifindex &&
		    irl_ip_equal(&ip, addr))
			read_row(&table->Table[i], out);
	}
	FreeMibTable(table);
	return 0;
}

/* Windows asks, and waits by a clock of its own. */
int irl_ip_neighbour_resolve(unsigned ifindex, const struct irl_ip *addr,
			     unsigned timeout_ms, uint8_t mac[6],
			     struct irl_error *err)
{
	MIB_IPNET_ROW2 row = {.Address = net_to_windows(addr),
			      .InterfaceIndex = ifindex};
	char text[IRL_IP_TEXT], name[16];

	(void)timeout_ms;
	if (!ResolveIpNetEntry2(&row, NULL) && row.PhysicalAddressLength == 6) {
		memcpy(mac, row.PhysicalAddress, 6);
		return 0;
	}
	return irl_error_set(err, IRL_ENEIGH,
			     "%s does not answer %s on %s: is it up, and is "
			     "this the right gateway (%s)? Or give "
			     "--gateway-mac",
			     irl_ip_text(addr, text),
			     irl_ip_is4(addr) ? "ARP" : "neighbour discovery",
			     net_interface_name(ifindex, name),
			     net_shell_routes());
}
