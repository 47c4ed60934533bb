// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <irl/net.h>
#include <irl/privilege.h>
#include "base/clock.h"
#include "base/netlink.h"
#include "net/shell.h"

#define TIMEOUT_MS 4000u /* the kernel asks three times, a second apart */

struct lookup {
	unsigned ifindex;
	const struct irl_ip *addr;
	struct irl_neighbour *out;
};

/* An address as netlink has it: of 4 or 16 bytes. */
static size_t size_of(const struct irl_ip *ip)
{
	return irl_ip_is4(ip) ? 4 : 16;
}

static const uint8_t *bytes_of(const struct irl_ip *ip)
{
	return ip->byte + 16 - size_of(ip);
}

static uint8_t family_of(const struct irl_ip *ip)
{
	return irl_ip_is4(ip) ? AF_INET : AF_INET6;
}

static bool is_about(const struct nlattr *attribute, const struct irl_ip *ip)
{
	return attribute && irl_netlink_size(attribute) == size_of(ip) &&
	       memcmp(irl_netlink_data(attribute), bytes_of(ip), size_of(ip)) ==
		   0;
}

static void forget_neighbour(void *context)
{
	const struct lookup *lookup = context;

	memset(lookup->out, 0, sizeof(*lookup->out));
}

static enum irl_neighbour_state state_of(uint16_t nud)
{
	if (nud & (NUD_REACHABLE | NUD_PERMANENT | NUD_NOARP))
		return IRL_NEIGHBOUR_GOOD;
	if (nud & (NUD_STALE | NUD_DELAY | NUD_PROBE))
		return IRL_NEIGHBOUR_OLD;
	if (nud & NUD_INCOMPLETE)
		return IRL_NEIGHBOUR_ASKING;
	return nud & NUD_FAILED ? IRL_NEIGHBOUR_FAILED : IRL_NEIGHBOUR_NONE;
}

static int visit_neighbour(void *context, const struct nlmsghdr *message)
{
	const struct lookup *lookup = context;
	const struct ndmsg *entry = irl_netlink_fixed(message, sizeof(*entry));
	const struct nlattr *table[NDA_LLADDR + 1];
	struct irl_neighbour *out = lookup->out;

	if (message->nlmsg_type != RTM_NEWNEIGH || !entry ||
	    entry->ndm_family != family_of(lookup->addr) ||
	    (unsigned)entry->ndm_ifindex != lookup->ifindex)
		return 0;
	irl_netlink_attributes(message, sizeof(*entry), table, NDA_LLADDR + 1);
	if (!is_about(table[NDA_DST], lookup->addr))
		return 0;
	out->state = state_of(entry->ndm_state);
	if (out->state < IRL_NEIGHBOUR_OLD)
		return 0;
	if (!table[NDA_LLADDR] ||
	    irl_netlink_size(table[NDA_LLADDR]) != sizeof(out->mac)) {
		out->state = IRL_NEIGHBOUR_NONE;
		return 0;
	}
	memcpy(out->mac, irl_netlink_data(table[NDA_LLADDR]), sizeof(out->mac));
	return 0;
}

int irl_ip_neighbour_get(unsigned ifindex, const struct irl_ip *addr,
			 struct irl_neighbour *out, struct irl_error *err)
{
	struct lookup lookup = {ifindex, addr, out};
	struct irl_netlink request;
	struct ndmsg *entry;
	char text[IRL_IP_TEXT];
	int result;

	/* A dump, filtered by interface: asking for one entry is younger than
	 * the oldest kernel that `live` runs on, but not than `packet`'s. */
	entry = irl_netlink_init(&request, RTM_GETNEIGH, 0, sizeof(*entry));
	entry->ndm_family = family_of(addr);
	irl_netlink_put(&request, NDA_IFINDEX, &ifindex, sizeof(ifindex));
	result = irl_netlink_dump(NETLINK_ROUTE, &request, visit_neighbour,
				  forget_neighbour, &lookup);
	if (result < 0)
		return irl_error_errno(err, -result,
				       "cannot look up neighbour %s",
				       irl_ip_text(addr, text));
	return 0;
}

/* Have the kernel ask for @addr: afresh, or to confirm what it has. */
static int provoke(unsigned ifindex, const struct irl_ip *addr,
		   enum irl_neighbour_state state)
{
	struct irl_netlink request;
	struct ndmsg *entry;

	entry = irl_netlink_init(&request, RTM_NEWNEIGH,
				 NLM_F_CREATE | NLM_F_REPLACE, sizeof(*entry));
	entry->ndm_family = family_of(addr);
	entry->ndm_ifindex = (int)ifindex;
	if (state == IRL_NEIGHBOUR_OLD)
		entry->ndm_state = NUD_PROBE;
	else
		entry->ndm_flags = NTF_USE;
	irl_netlink_put(&request, NDA_DST, bytes_of(addr), size_of(addr));
	return irl_netlink_call(NETLINK_ROUTE, &request, NULL, NULL);
}

/* Poll until the entry is good, failed, or time is up; 0 or -IRL_E... . */
static int await(unsigned ifindex, const struct irl_ip *addr, uint64_t end_ms,
		 struct irl_neighbour *found, struct irl_error *err)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	char text[IRL_IP_TEXT];

	for (;;) {
		int result = irl_ip_neighbour_get(ifindex, addr, found, err);

		if (result < 0)
			return result;
		if (found->state == IRL_NEIGHBOUR_GOOD ||
		    found->state == IRL_NEIGHBOUR_FAILED ||
		    irl_clock_ns() / IRL_NS_PER_MS >= end_ms)
			return 0;
		if (nanosleep(&pause, NULL))
			return irl_error_set(err, IRL_EINTR,
					     "interrupted while waiting for "
					     "neighbour %s",
					     irl_ip_text(addr, text));
	}
}

static int silent(unsigned ifindex, const struct irl_ip *addr,
		  struct irl_error *err)
{
	char text[IRL_IP_TEXT], name[IF_NAMESIZE] = "?";

	if_indextoname(ifindex, name);
	return irl_error_set(err, IRL_ENEIGH,
			     "%s does not answer %s on %s: is it up, and is "
			     "this the right gateway (%s)? Or give "
			     "--gateway-mac",
			     irl_ip_text(addr, text),
			     irl_ip_is4(addr) ? "ARP" : "neighbour discovery",
			     name, net_shell_routes());
}

static int provoke_error(int result, unsigned ifindex,
			 const struct irl_ip *addr, struct irl_error *err)
{
	char text[IRL_IP_TEXT], name[IF_NAMESIZE] = "?";
	struct irl_error why;
	char up[NET_SHELL_TEXT];

	irl_ip_text(addr, text);
	if_indextoname(ifindex, name);
	if (result == -EPERM &&
	    irl_privilege_check(IRL_PRIVILEGE_NET_ADMIN, &why))
		return irl_error_set(err, IRL_EPERM,
				     "cannot ask for neighbour %s: %s; or give "
				     "--gateway-mac",
				     text, why.text);
	if (result == -ENETDOWN)
		return irl_error_set(err, IRL_ELINK, "%s is down: %s", name,
				     net_shell_up(name, ifindex, up));
	return irl_error_errno(err, -result,
			       "cannot have neighbour %s resolved", text);
}

int irl_ip_neighbour_resolve(unsigned ifindex, const struct irl_ip *addr,
			     unsigned timeout_ms, uint8_t mac[6],
			     struct irl_error *err)
{
	uint64_t end_ms = irl_clock_ns() / IRL_NS_PER_MS +
			  (timeout_ms ? timeout_ms : TIMEOUT_MS);
	struct irl_neighbour found;
	int result = irl_ip_neighbour_get(ifindex, addr, &found, err);

	/* Twice: where the known address is silent, ask everybody. */
	for (int i = 0; i < 2 && result == 0; i++) {
		enum irl_neighbour_state before = found.state;

		if (before == IRL_NEIGHBOUR_GOOD)
			break;
		result = provoke(ifindex, addr, before);
		if (result < 0)
			return provoke_error(result, ifindex, addr, err);
		result = await(ifindex, addr, end_ms, &found, err);
		if (before != IRL_NEIGHBOUR_OLD)
			break;
	}
	if (result < 0)
		return result;
	if (found.state != IRL_NEIGHBOUR_GOOD)
		return silent(ifindex, addr, err);
	memcpy(mac, found.mac, sizeof(found.mac));
	return 0;
}
