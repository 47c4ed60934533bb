/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as the IP helper API has them.  Included after our own headers,
 * which use "interface" as a name: it is a macro of Windows'. */
#ifndef IRL_NET_WINDOWS_H
#define IRL_NET_WINDOWS_H

#include <string.h>
#include <irl/ip.h>
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <netioapi.h>

static inline SOCKADDR_INET net_to_windows(const struct irl_ip *ip)
{
	SOCKADDR_INET out = {0};

	if (irl_ip_is4(ip)) {
		out.Ipv4.sin_family = AF_INET;
		memcpy(&out.Ipv4.sin_addr, ip->byte + 12, 4);
	} else {
		out.Ipv6.sin6_family = AF_INET6;
		memcpy(&out.Ipv6.sin6_addr, ip->byte, 16);
	}
	return out;
}

static inline struct irl_ip net_from_windows(const SOCKADDR_INET *in)
{
	struct irl_ip out = {{0}};

	if (in->si_family == AF_INET)
		return irl_ip4(ntohl(in->Ipv4.sin_addr.s_addr));
	memcpy(out.byte, &in->Ipv6.sin6_addr, 16);
	return out;
}

/* The same, but "none" for an address that is all zero. */
static inline struct irl_ip net_hop_from_windows(const SOCKADDR_INET *in)
{
	static const struct irl_ip none;
	struct irl_ip out = net_from_windows(in);

	return irl_ip_is4(&out) && !irl_ip_addr4(&out) ? none : out;
}

#endif
