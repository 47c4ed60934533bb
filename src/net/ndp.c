// SPDX-License-Identifier: BSD-2-Clause
#include "net/ndp.h"

uint32_t net_ndp_frame(uint8_t frame[NET_NDP_FRAME],
		       const struct net_ndp_ends *ends,
		       const struct irl_ndp *ndp)
{
	struct irl_eth eth = {.type = IRL_ETH_IPV6};
	struct irl_ipv6 ip = {.next_header = IRL_IPV6_ICMP,
			      .hop_limit = IRL_NDP_HOPS};
	uint8_t *at = frame + IRL_ETH_HEADER;
	size_t length =
	    irl_ndp_write(at + IRL_IPV6_HEADER, ndp, ends->source, ends->dest);

	memcpy(eth.dest, ends->dest_mac, 6);
	memcpy(eth.source, ends->source_mac, 6);
	irl_eth_write(frame, &eth);
	ip.payload_length = (uint16_t)length;
	memcpy(ip.source, ends->source, 16);
	memcpy(ip.dest, ends->dest, 16);
	irl_ipv6_write(at, &ip);
	return IRL_ETH_HEADER + IRL_IPV6_HEADER + (uint32_t)length;
}

bool net_ndp_read(const uint8_t *frame, uint32_t length,
		  struct net_ndp_ends *ends, struct irl_ndp *ndp)
{
	struct irl_bytes in = irl_bytes(frame, length);
	struct irl_eth eth;
	struct irl_ipv6 ip;

	if (!irl_eth_parse(&in, &eth) || eth.type != IRL_ETH_IPV6 ||
	    !irl_ipv6_parse(&in, &ip) || !irl_ndp_parse(&ip, &in, ndp))
		return false;
	memcpy(ends->source_mac, eth.source, 6);
	memcpy(ends->dest_mac, eth.dest, 6);
	memcpy(ends->source, ip.source, 16);
	memcpy(ends->dest, ip.dest, 16);
	return true;
}

uint32_t net_ndp_solicit(uint8_t frame[NET_NDP_FRAME], const uint8_t mac[6],
			 const uint8_t source[16], const uint8_t target[16])
{
	struct irl_ndp ndp = {.type = IRL_ICMP6_SOLICIT,
			      .has_mac = !irl_ndp_is_unspecified(source)};
	struct net_ndp_ends ends;

	memcpy(ends.source_mac, mac, 6);
	memcpy(ends.source, source, 16);
	irl_ndp_group(target, ends.dest);
	irl_ndp_group_mac(ends.dest, ends.dest_mac);
	memcpy(ndp.target, target, 16);
	memcpy(ndp.mac, mac, 6);
	return net_ndp_frame(frame, &ends, &ndp);
}
