/* SPDX-License-Identifier: BSD-2-Clause */
/* Network adapters as Windows knows them, by the IP helper API. */
#ifndef IRL_PORT_ADAPTER_WINDOWS_H
#define IRL_PORT_ADAPTER_WINDOWS_H

#include <irl/port.h>

struct irl_adapter {
	/* As irl_port_info has it: what Windows calls it where that fits, else
	 * its index; irl_adapter_find takes both. */
	char ifname[16];
	char guid[48]; /* "{...}" */
	unsigned ifindex;
	unsigned mtu;
	uint8_t mac[6];
	uint64_t link_bps; /* 0: unknown */
};

/**
 * @name  what Windows calls it ("Ethernet 2", in UTF-8), its index in digits,
 *        or its GUID in braces
 * Returns 0 or -IRL_ENODEV, -IRL_ENOTSUP (has no Ethernet frames), ...
 */
int irl_adapter_find(struct irl_adapter *out, const char *name,
		     struct irl_error *err);

#endif
