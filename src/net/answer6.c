// SPDX-License-Identifier: BSD-2-Clause
#include <irl/net.h>
#include "net/arp.h"
#include "net/ndp.h"
#include "steer/core.h"

#define ANSWER_HOPS 64

static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};

struct self {
	struct irl_steer own; /* own6 alone */
	const uint8_t *mac;
};

/* An address that one host on a network can have. */
static bool is_station(const uint8_t addr[16])
{
	static const uint8_t loopback[16] = {[15] = 1};

	return addr[0] != 0xff && memcmp(addr, loopback, 16) != 0 &&
	       !irl_ndp_is_unspecified(addr);
}

static bool is_own(const struct self *self, const uint8_t addr[16])
{
	return is_station(addr) && irl_steer_is_own6(&self->own, addr);
}

static bool is_other(const struct self *self, const uint8_t addr[16])
{
	return is_station(addr) && !irl_steer_is_own6(&self->own, addr);
}

static bool is_other_mac(const struct self *self, const uint8_t mac[6])
{
	return net_mac_is_station(mac) && memcmp(mac, self->mac, 6) != 0;
}

/* ---- solicitations ------------------------------------------------------ */

/* To us alone, or to the group that the address is in. */
static bool is_for_us(const struct self *self, const struct net_ndp_ends *ends,
		      const uint8_t target[16])
{
	uint8_t group[16], mac[6];

	irl_ndp_group(target, group);
	irl_ndp_group_mac(group, mac);
	if (memcmp(ends->dest, target, 16) != 0 &&
	    memcmp(ends->dest, group, 16) != 0)
		return false;
	return memcmp(ends->dest_mac, self->mac, 6) == 0 ||
	       memcmp(ends->dest_mac, mac, 6) == 0;
}

static bool asks_for_us(const struct self *self,
			const struct net_ndp_ends *ends,
			const struct irl_ndp *ndp)
{
	if (ndp->type != IRL_ICMP6_SOLICIT || !is_own(self, ndp->target) ||
	    !is_for_us(self, ends, ndp->target) ||
	    !is_other_mac(self, ends->source_mac))
		return false;
	if (ndp->has_mac && !is_other_mac(self, ndp->mac))
		return false;
	return irl_ndp_is_unspecified(ends->source) ||
	       is_other(self, ends->source);
}

static uint32_t answer_solicit(const struct self *self, const uint8_t *frame,
			       uint32_t length, uint8_t *answer)
{
	struct irl_ndp in, out = {.type = IRL_ICMP6_ADVERT,
				  .flags = IRL_NDP_OVERRIDE,
				  .has_mac = true};
	struct net_ndp_ends ends, back;

	if (!net_ndp_read(frame, length, &ends, &in) ||
	    !asks_for_us(self, &ends, &in))
		return 0;
	memcpy(back.source_mac, self->mac, 6);
	memcpy(back.source, in.target, 16);
	if (irl_ndp_is_unspecified(ends.source)) {
		memcpy(back.dest, all_nodes, 16);
		irl_ndp_group_mac(back.dest, back.dest_mac);
	} else {
		out.flags |= IRL_NDP_SOLICITED;
		memcpy(back.dest, ends.source, 16);
		memcpy(back.dest_mac, in.has_mac ? in.mac : ends.source_mac, 6);
	}
	memcpy(out.target, in.target, 16);
	memcpy(out.mac, self->mac, 6);
	return net_ndp_frame(answer, &back, &out);
}

/* ---- echo -------------------------------------------------------------- */

/* Parse as far as the echo data, which @in is then. */
static bool is_echo(const struct self *self, struct irl_bytes *in,
		    struct irl_ipv6 *ip, struct irl_icmp *icmp)
{
	const uint8_t *header = in->at;

	/* in the first header: none between them */
	if (!irl_ipv6_parse(in, ip) || ip->cut || header[6] != IRL_IPV6_ICMP)
		return false;
	return is_other(self, ip->source) && is_own(self, ip->dest) &&
	       irl_icmp6_sound(ip, *in) && irl_icmp_parse(in, icmp) &&
	       icmp->type == IRL_ICMP6_ECHO && icmp->code == 0;
}

static uint32_t answer_echo(const struct self *self, const struct irl_eth *eth,
			    struct irl_bytes in, uint8_t *answer)
{
	struct irl_eth out_eth = {.type = IRL_ETH_IPV6};
	struct irl_ipv6 ip, out_ip;
	struct irl_icmp icmp;
	uint8_t *at = answer + IRL_ETH_HEADER;

	if (!is_echo(self, &in, &ip, &icmp))
		return 0;
	memcpy(out_eth.dest, eth->source, 6);
	memcpy(out_eth.source, self->mac, 6);
	irl_eth_write(answer, &out_eth);
	out_ip = (struct irl_ipv6){.payload_length = ip.payload_length,
				   .next_header = IRL_IPV6_ICMP,
				   .traffic_class = ip.traffic_class,
				   .hop_limit = ANSWER_HOPS};
	memcpy(out_ip.source, ip.dest, 16);
	memcpy(out_ip.dest, ip.source, 16);
	irl_ipv6_write(at, &out_ip);
	at += IRL_IPV6_HEADER;
	icmp.type = IRL_ICMP6_ECHO_REPLY;
	irl_icmp6_write(at, &icmp, out_ip.source, out_ip.dest, in.at, in.left);
	memcpy(at + IRL_ICMP_HEADER, in.at, in.left);
	return IRL_ETH_HEADER + IRL_IPV6_HEADER + ip.payload_length;
}

uint32_t irl_answer6(const struct irl_prefix6 own[], unsigned own_count,
		     const uint8_t mac[6], const uint8_t *frame,
		     uint32_t length, uint8_t *answer)
{
	struct self self = {.own.own6_count = own_count, .mac = mac};
	struct irl_bytes in = irl_bytes(frame, length);
	struct irl_eth eth;
	uint32_t n;

	if (length > IRL_FRAME_MAX || own_count > IRL_STEER_PREFIXES6 ||
	    !irl_eth_parse(&in, &eth) || eth.type != IRL_ETH_IPV6)
		return 0;
	memcpy(self.own.own6, own, own_count * sizeof(*own));
	n = answer_solicit(&self, frame, length, answer);
	if (n || !is_other_mac(&self, eth.source) ||
	    memcmp(eth.dest, mac, 6) != 0)
		return n;
	return answer_echo(&self, &eth, in, answer);
}

uint32_t irl_answer_steered(const struct irl_steer *steer, const uint8_t mac[6],
			    const uint8_t *frame, uint32_t length,
			    uint8_t *answer)
{
	uint32_t n = irl_answer(steer->own, steer->own_count, mac, frame,
				length, answer);

	return n ? n
		 : irl_answer6(steer->own6, steer->own6_count, mac, frame,
			       length, answer);
}
