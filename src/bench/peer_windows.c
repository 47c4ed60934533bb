// SPDX-License-Identifier: BSD-2-Clause
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#undef far /* of 16-bit pointers */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <irl/net.h>
#include "base/os.h"
#include "bench/peer_windows.h"

#define ANSWER_NS 5000000000ull
#define NAP_NS 200000ull
#define SETTLE_NS 20000000ull
#define SETTLE_ROUNDS 100
#define STILL_ROUNDS 5 /* nothing more comes */
#define LIST_BYTES (64u << 10)

int bench_pin(unsigned core, struct irl_error *err)
{
	if (core >= 64 ||
	    !SetThreadAffinityMask(GetCurrentThread(), 1ull << core))
		return irl_error_set(err, IRL_ESYSTEM, "cannot run on core %u",
				     core);
	return 0;
}

/* ---- words ---------------------------------------------------------------
 */

static int ask(struct bench_peer *peer, const char *question,
	       char answer[BENCH_LINE])
{
	uint64_t end = irl_os_clock_ns() + ANSWER_NS;
	int r = bench_channel_send(&peer->channel, question);

	while (r == 0 && irl_os_clock_ns() < end) {
		r = bench_channel_line(&peer->channel, answer);
		if (r > 0)
			return 0;
		if (r == 0)
			irl_os_sleep_until(irl_os_clock_ns() + NAP_NS);
	}
	return -IRL_EPIPE;
}

static int greet(struct bench_peer *peer, struct irl_error *err)
{
	char line[BENCH_LINE];
	uint8_t *m = peer->far_mac;
	int r = ask(peer, BENCH_FAR_HELLO "\n", line);

	if (r < 0 ||
	    sscanf(line,
		   BENCH_FAR_HELLO " %hhx:%hhx:%hhx:%hhx:%hhx:%hhx %" SCNu32
				   " %" SCNu32,
		   &m[0], &m[1], &m[2], &m[3], &m[4], &m[5], &peer->range.first,
		   &peer->range.count) != 8 ||
	    !bench_is_nobodys(&peer->range) || peer->range.count < 256 ||
	    (peer->range.count & (peer->range.count - 1)))
		return irl_error_set(err, IRL_ENEIGH,
				     "what answers there is no irl bench far "
				     "of this version");
	return 0;
}

int bench_peer_count(struct bench_peer *peer, struct bench_far_count *out)
{
	char line[BENCH_LINE];
	int r = ask(peer, "count\n", line);

	if (r < 0)
		return r;
	return sscanf(
		   line, "counted %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
		   &out->frames, &out->full, &out->damaged, &out->answered) == 4
		   ? 0
		   : -IRL_EPIPE;
}

static uint64_t total(const struct bench_far_count *count)
{
	return count->frames + count->full + count->damaged;
}

int bench_peer_settled(struct bench_peer *peer, uint64_t expected,
		       struct bench_far_count *out)
{
	struct bench_far_count last;
	int r = bench_peer_count(peer, out);
	unsigned still = 0;

	for (unsigned i = 0;
	     r == 0 && out->frames + out->full < expected && i < SETTLE_ROUNDS;
	     i++) {
		last = *out;
		irl_os_sleep_until(irl_os_clock_ns() + SETTLE_NS);
		r = bench_peer_count(peer, out);
		still = total(out) == total(&last) ? still + 1 : 0;
		if (still == STILL_ROUNDS)
			break;
	}
	return r;
}

/* ---- the link ------------------------------------------------------------
 */

static const IP_ADAPTER_UNICAST_ADDRESS *
find_address(const IP_ADAPTER_ADDRESSES *a, uint32_t addr)
{
	const IP_ADAPTER_UNICAST_ADDRESS *u = a->FirstUnicastAddress;

	for (; u; u = u->Next) {
		const struct sockaddr_in *in =
		    (const void *)u->Address.lpSockaddr;

		if (in->sin_family == AF_INET &&
		    in->sin_addr.s_addr == htonl(addr))
			return u;
	}
	return NULL;
}

static MIB_IPFORWARDTABLE *list_routes(void)
{
	ULONG bytes = LIST_BYTES;
	MIB_IPFORWARDTABLE *all = malloc(bytes);

	if (all && !GetIpForwardTable(all, &bytes, FALSE))
		return all;
	free(all);
	return NULL;
}

/* To hosts of the link itself, or to the peer, but not to the world by it. */
static bool is_harmless(const struct bench_peer *peer,
			const MIB_IPFORWARDROW *route)
{
	uint32_t hop = ntohl(route->dwForwardNextHop);

	if (!route->dwForwardDest && !route->dwForwardMask)
		return false;
	return !hop || hop == peer->near_addr || hop == peer->far_addr;
}

/* Whether the interface has a route to anybody but the peer; yes where that
 * cannot be told. */
static bool leads_out(const struct bench_peer *peer, DWORD ifindex)
{
	MIB_IPFORWARDTABLE *all = list_routes();
	bool out = !all;

	for (DWORD i = 0; all && i < all->dwNumEntries; i++)
		out |= all->table[i].dwForwardIfIndex == ifindex &&
		       !is_harmless(peer, &all->table[i]);
	free(all);
	return out;
}

static int check_link(struct bench_peer *peer, const IP_ADAPTER_ADDRESSES *a,
		      const IP_ADAPTER_UNICAST_ADDRESS *own,
		      struct irl_error *err)
{
	uint32_t bits = own->OnLinkPrefixLength;
	uint32_t mask = bits ? ~0u << (32 - bits) : 0;

	if (a->PhysicalAddressLength != 6)
		return irl_error_set(err, IRL_ENOTSUP,
				     "the peer is reached by no Ethernet: name "
				     "the other end of a cable");
	if (leads_out(peer, a->IfIndex))
		return irl_error_set(
		    err, IRL_EPERM,
		    "interface %lu has a route to others (Get-NetRoute): a "
		    "benchmark floods, so it needs a cable without a way out; "
		    "remove the gateway there",
		    (unsigned long)a->IfIndex);
	if ((peer->near_addr ^ peer->far_addr) & mask)
		return irl_error_set(err, IRL_EPERM,
				     "the peer is not on the link of interface "
				     "%lu",
				     (unsigned long)a->IfIndex);
	peer->ifindex = a->IfIndex;
	snprintf(peer->ifname, sizeof(peer->ifname), "%lu",
		 (unsigned long)a->IfIndex);
	snprintf(peer->guid, sizeof(peer->guid), "%s", a->AdapterName);
	memcpy(peer->near_mac, a->PhysicalAddress, 6);
	return 0;
}

static int find_link(struct bench_peer *peer, struct irl_error *err)
{
	IP_ADAPTER_ADDRESSES *all = malloc(LIST_BYTES);
	ULONG bytes = LIST_BYTES;
	int r = irl_error_set(err, IRL_ESYSTEM,
			      "the interface with the address of this end is "
			      "not listed");

	if (all && !GetAdaptersAddresses(AF_INET, 0, NULL, all, &bytes))
		for (IP_ADAPTER_ADDRESSES *a = all; a; a = a->Next) {
			const IP_ADAPTER_UNICAST_ADDRESS *own =
			    find_address(a, peer->near_addr);

			if (own)
				r = check_link(peer, a, own, err);
		}
	free(all);
	return r;
}

static bool is_routed(const struct bench_peer *peer)
{
	MIB_IPFORWARDROW row;

	return !GetBestRoute(htonl(peer->range.first + 1), 0, &row) &&
	       row.dwForwardIfIndex == peer->ifindex &&
	       row.dwForwardNextHop == htonl(peer->far_addr);
}

int bench_peer_need_route(const struct bench_peer *peer, struct irl_error *err)
{
	struct in_addr first, hop;
	char from[16], to[16];
	unsigned bits = 32;

	if (peer->routed)
		return 0;
	while (peer->range.count >> (32 - bits) > 1)
		bits--;
	first.s_addr = htonl(peer->range.first);
	hop.s_addr = htonl(peer->far_addr);
	inet_ntop(AF_INET, &first, from, sizeof(from));
	inet_ntop(AF_INET, &hop, to, sizeof(to));
	return irl_error_set(err, IRL_ENOTSUP,
			     "needs: New-NetRoute -DestinationPrefix %s/%u "
			     "-InterfaceIndex %u -NextHop %s",
			     from, bits, peer->ifindex, to);
}

/* ---- opening -------------------------------------------------------------
 */

static int read_address(struct bench_peer *peer, const char *address,
			struct irl_error *err)
{
	struct bench_range one = {.count = 1};
	struct irl_ip ip;

	if (!address || !irl_ip_read(address, &ip) || !irl_ip_is4(&ip))
		return irl_error_set(err, IRL_EINVAL,
				     "give --peer, the IPv4 address of the "
				     "other end of the cable, where irl bench "
				     "far runs");
	peer->far_addr = one.first = irl_ip_addr4(&ip);
	if (!bench_is_nobodys(&one))
		return irl_error_set(err, IRL_EINVAL,
				     "--peer: %s is no private address; a "
				     "benchmark floods, so it goes to one at "
				     "the other end of a cable only",
				     address);
	return 0;
}

int bench_peer_open(struct bench_peer *peer, const char *address,
		    struct irl_error *err)
{
	int r;

	*peer = (struct bench_peer){0};
	bench_channel_init(&peer->channel);
	r = read_address(peer, address, err);
	if (r == 0)
		r = bench_channel_connect(&peer->channel, peer->far_addr,
					  BENCH_FAR_PORT, &peer->near_addr,
					  err);
	if (r == 0)
		r = find_link(peer, err);
	if (r == 0)
		r = greet(peer, err);
	if (r < 0)
		bench_peer_close(peer);
	else
		peer->routed = is_routed(peer);
	return r;
}

void bench_peer_close(struct bench_peer *peer)
{
	bench_channel_close(&peer->channel);
}
