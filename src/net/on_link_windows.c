// SPDX-License-Identifier: BSD-2-Clause
/* On link is what the route table sends there without a next hop. */
#include "net/on_link.h"
/* After ours: "interface" is a macro there. */
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <netioapi.h>

static int add(struct net_on_link *out, uint32_t addr, uint32_t length,
	       enum net_place place, unsigned ifindex, struct irl_error *err)
{
	struct irl_prefix4 prefix = {.addr = addr, .length = length};

	if (net_on_link_add(out, prefix, place))
		return 0;
	return irl_error_set(err, IRL_EINVAL,
			     "more than %u routes concern what is on the link "
			     "of interface %u; give the next hop by "
			     "--gateway-mac",
			     NET_ON_LINK_MAX, ifindex);
}

static bool is_link(const MIB_IPFORWARD_ROW2 *row, unsigned ifindex)
{
	return row->InterfaceIndex == ifindex &&
	       row->NextHop.Ipv4.sin_addr.s_addr == 0;
}

static uint32_t dest_of(const MIB_IPFORWARD_ROW2 *row)
{
	return ntohl(row->DestinationPrefix.Prefix.Ipv4.sin_addr.s_addr);
}

static bool is_inside(const MIB_IPFORWARD_TABLE2 *table,
		      const MIB_IPFORWARD_ROW2 *row, unsigned ifindex)
{
	for (ULONG i = 0; i < table->NumEntries; i++) {
		const MIB_IPFORWARD_ROW2 *link = &table->Table[i];
		struct irl_prefix4 prefix = {
		    .addr = dest_of(link),
		    .length = link->DestinationPrefix.PrefixLength};

		if (is_link(link, ifindex) &&
		    prefix.length <= row->DestinationPrefix.PrefixLength &&
		    net_on_link_holds(&prefix, dest_of(row)))
			return true;
	}
	return false;
}

static int read_routes(unsigned ifindex, struct net_on_link *out,
		       struct irl_error *err)
{
	MIB_IPFORWARD_TABLE2 *table;
	int rc = 0;

	if (GetIpForwardTable2(AF_INET, &table))
		return irl_error_set(err, IRL_ESYSTEM,
				     "cannot list the routes");
	for (ULONG i = 0; !rc && i < table->NumEntries; i++) {
		const MIB_IPFORWARD_ROW2 *row = &table->Table[i];
		bool link = is_link(row, ifindex);

		if (link || is_inside(table, row, ifindex))
			rc = add(out, dest_of(row),
				 row->DestinationPrefix.PrefixLength,
				 link ? NET_PLACE_ON_LINK : NET_PLACE_FAR,
				 ifindex, err);
	}
	FreeMibTable(table);
	return rc;
}

/* The host's own addresses: longer than any prefix, and asked before it. */
static int read_addresses(unsigned ifindex, struct net_on_link *out,
			  struct irl_error *err)
{
	MIB_UNICASTIPADDRESS_TABLE *table;
	int rc = 0;

	if (GetUnicastIpAddressTable(AF_INET, &table))
		return irl_error_set(err, IRL_ESYSTEM,
				     "cannot list the addresses");
	for (ULONG i = 0; !rc && i < table->NumEntries; i++)
		rc = add(out,
			 ntohl(table->Table[i].Address.Ipv4.sin_addr.s_addr),
			 32, NET_PLACE_NOBODY, ifindex, err);
	FreeMibTable(table);
	return rc;
}

int net_on_link_read(unsigned ifindex, struct net_on_link *out,
		     struct irl_error *err)
{
	int rc;

	*out = (struct net_on_link){0};
	rc = read_addresses(ifindex, out, err);
	return rc ? rc : read_routes(ifindex, out, err);
}
