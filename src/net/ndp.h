/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole frames of neighbour discovery (RFC 4861), as we ask and answer with.
 */
#ifndef IRL_NET_NDP_H
#define IRL_NET_NDP_H

#include "wire/eth.h"
#include "wire/ndp.h"

#define NET_NDP_FRAME (IRL_ETH_HEADER + IRL_IPV6_HEADER + IRL_NDP_MAX)

/* Addresses of a message, of Ethernet's and IPv6's header. */
struct net_ndp_ends {
	uint8_t source_mac[6], dest_mac[6];
	uint8_t source[16], dest[16];
};

/* The frame's length, NET_NDP_FRAME at most. */
uint32_t net_ndp_frame(uint8_t frame[NET_NDP_FRAME],
		       const struct net_ndp_ends *ends,
		       const struct irl_ndp *ndp);

/* A valid message; false if the frame is something else. */
bool net_ndp_read(const uint8_t *frame, uint32_t length,
		  struct net_ndp_ends *ends, struct irl_ndp *ndp);

/* Who has @target?  From @source, to the group that it is in; all zero: from
 * nobody, to whom all nodes are told. */
uint32_t net_ndp_solicit(uint8_t frame[NET_NDP_FRAME], const uint8_t mac[6],
			 const uint8_t source[16], const uint8_t target[16]);

#endif
