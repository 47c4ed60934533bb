// SPDX-License-Identifier: BSD-2-Clause
#include <irl/net.h>
#include "net/arp.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"

#define ANSWER_TTL 64

struct self {
	const struct irl_prefix4 *own;
	unsigned own_count;
	const uint8_t *mac;
};

static bool is_own(const struct self *self, uint32_t addr)
{
	for (unsigned i = 0; i < self->own_count; i++) {
		uint32_t length = self->own[i].length;
		uint32_t other = self->own[i].addr ^ addr;

		if (length == 0 || other >> (32 - length) == 0)
			return true;
	}
	return false;
}

/* An address that one host can have: RFC 1122, 3.2.1.3. */
static bool is_station(uint32_t addr)
{
	uint32_t net = addr >> 24;

	return net != 0 && net != 127 && addr < 0xe0000000u;
}

/* Sent by someone else, to us alone or (if allowed) to everybody. */
static bool is_for_us(const struct self *self, const struct irl_eth *eth,
		      bool broadcast)
{
	static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};

	return net_mac_is_station(eth->source) &&
	       memcmp(eth->source, self->mac, 6) != 0 &&
	       (memcmp(eth->dest, self->mac, 6) == 0 ||
		(broadcast && memcmp(eth->dest, all, 6) == 0));
}

/* ---- ARP --------------------------------------------------------------- */

static bool asks_for_us(const struct self *self, const struct irl_arp *arp)
{
	if (arp->operation != IRL_ARP_REQUEST ||
	    !net_mac_is_station(arp->sender_mac) ||
	    memcmp(arp->sender_mac, self->mac, 6) == 0)
		return false;
	if (!is_station(arp->target) || !is_own(self, arp->target))
		return false;
	/* Sender 0 asks whether the address is taken (RFC 5227, 2.1.1): it is.
	 * Sender == target announces it (2.3), which asks for nothing. */
	return arp->sender == 0 ||
	       (is_station(arp->sender) && !is_own(self, arp->sender));
}

static uint32_t answer_arp(const struct self *self, const uint8_t *frame,
			   uint32_t length, uint8_t *answer)
{
	struct irl_eth eth;
	struct irl_arp in, out = {.operation = IRL_ARP_REPLY};

	if (!net_arp_read(frame, length, &eth, &in) ||
	    !is_for_us(self, &eth, true) || !asks_for_us(self, &in))
		return 0;
	memcpy(out.sender_mac, self->mac, 6);
	out.sender = in.target;
	memcpy(out.target_mac, in.sender_mac, 6);
	out.target = in.sender;
	net_arp_frame(answer, in.sender_mac, &out);
	return NET_FRAME_PADDED;
}

/* ---- echo -------------------------------------------------------------- */

/* Parse as far as the echo data, which @in is then. */
static bool is_echo(const struct self *self, struct irl_bytes *in,
		    struct irl_ipv4 *ip, struct irl_icmp *icmp)
{
	if (!irl_ipv4_sound(*in) || !irl_ipv4_parse(in, ip))
		return false;
	if (ip->cut || ip->header_length != IRL_IPV4_HEADER ||
	    ip->protocol != IRL_IPV4_ICMP || ip->more_fragments ||
	    ip->fragment_offset != 0)
		return false;
	if (!is_station(ip->source) || is_own(self, ip->source) ||
	    !is_station(ip->dest) || !is_own(self, ip->dest))
		return false;
	return irl_icmp_sound(*in) && irl_icmp_parse(in, icmp) &&
	       icmp->type == IRL_ICMP_ECHO && icmp->code == 0;
}

static uint32_t answer_echo(const struct self *self, const struct irl_eth *eth,
			    struct irl_bytes in, uint8_t *answer)
{
	struct irl_eth out_eth = {.type = IRL_ETH_IPV4};
	struct irl_ipv4 ip, out_ip;
	struct irl_icmp icmp;
	uint8_t *at = answer + IRL_ETH_HEADER;
	uint32_t length;

	if (!is_echo(self, &in, &ip, &icmp))
		return 0;
	memcpy(out_eth.dest, eth->source, 6);
	memcpy(out_eth.source, self->mac, 6);
	irl_eth_write(answer, &out_eth);
	out_ip = (struct irl_ipv4){
	    .source = ip.dest,
	    .dest = ip.source,
	    .total_length = ip.total_length,
	    .tos = ip.tos, /* RFC 1122, 3.2.2.6 */
	    .ttl = ANSWER_TTL,
	    .protocol = IRL_IPV4_ICMP,
	    .dont_fragment = true, /* and so needs no id: RFC 6864, 4.1 */
	};
	irl_ipv4_write(at, &out_ip);
	icmp.type = IRL_ICMP_ECHO_REPLY;
	irl_icmp_write(at + IRL_IPV4_HEADER, &icmp, in.at, in.left);
	memcpy(at + IRL_IPV4_HEADER + IRL_ICMP_HEADER, in.at, in.left);
	length = IRL_ETH_HEADER + ip.total_length;
	if (length >= NET_FRAME_PADDED)
		return length;
	memset(answer + length, 0, NET_FRAME_PADDED - length);
	return NET_FRAME_PADDED;
}

uint32_t irl_answer(const struct irl_prefix4 own[], unsigned own_count,
		    const uint8_t mac[6], const uint8_t *frame, uint32_t length,
		    uint8_t *answer)
{
	const struct self self = {own, own_count, mac};
	struct irl_bytes in = irl_bytes(frame, length);
	struct irl_eth eth;

	if (length > IRL_FRAME_MAX || !irl_eth_parse(&in, &eth))
		return 0;
	if (eth.type == IRL_ETH_ARP)
		return answer_arp(&self, frame, length, answer);
	if (eth.type == IRL_ETH_IPV4 && is_for_us(&self, &eth, false))
		return answer_echo(&self, &eth, in, answer);
	return 0;
}
