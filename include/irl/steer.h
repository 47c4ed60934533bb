/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Steering: which received frames are ours; all others are the host's.
 *
 * The rule, over untagged Ethernet, of IPv4 (paper: "redirecting any incoming
 * traffic destined to non-default IP addresses on the NIC"):
 *  - to an address of `own`: ours, whatever it carries, ARP for it included;
 *  - to `host_addr`: ours when it is TCP or UDP to a port in
 *    [port_first, port_last], or an ICMP error that quotes a packet which we
 *    sent from `host_addr` and such a port;
 *  - everything else, later fragments and VLAN tags included: the host's.
 * A first fragment to `host_addr` is the host's too, so that it can reassemble.
 *
 * IPv6 likewise, with `own6`, `host_addr6` and the same ports:
 *  - to an address of `own6`: ours, and neighbour solicitations for it to its
 *    solicited-node group, and advertisements of it to all nodes; all other
 *    multicast is the host's;
 *  - to `host_addr6`: TCP and UDP to our ports, behind IRL_STEER_EXTENSIONS
 *    headers of hop-by-hop or destination options at most, and ICMPv6 errors
 *    that quote a packet which we sent from it and such a port;
 *  - whatever else to `host_addr6`, and each fragment: the host's.
 *
 * A port of several queues gives a frame of ours to the queue of its local port
 * (destination port; of an ICMP error the quoted source port), whatever receive
 * queue of the card it came by: queue i has the i-th part of
 * [port_first, port_last], or of all ports where both are 0.  What has no such
 * port (ARP, neighbour discovery, echo, any fragment, ports outside the range)
 * goes to queue 0.
 * So a worker that sends from ports of its part has the answers in its queue.
 *
 * The same rule is compiled for the kernel (driver/linux) and for user space.
 */
#ifndef IRL_STEER_H
#define IRL_STEER_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/ip.h>

#define IRL_STEER_PREFIXES 16
#define IRL_STEER_PREFIXES6 8
#define IRL_STEER_EXTENSIONS 2

struct irl_prefix4 {
	uint32_t addr;   /* host byte order, host bits zero */
	uint32_t length; /* 0 .. 32 */
};

struct irl_prefix6 {
	struct irl_ip addr; /* host bits zero; not multicast */
	uint32_t length;    /* 0 .. 128 */
};

/* Plain data, shared with the kernel side as it is. */
struct irl_steer {
	struct irl_prefix4 own[IRL_STEER_PREFIXES];
	uint32_t own_count;
	uint32_t host_addr; /* host byte order; 0: no shared address */
	uint16_t port_first, port_last; /* for `own`: divide queues only */
	uint32_t own6_count;
	struct irl_prefix6 own6[IRL_STEER_PREFIXES6];
	struct irl_ip host_addr6; /* all zero: no shared address */
};

enum irl_steer_verdict {
	IRL_STEER_HOST = 0,
	IRL_STEER_OURS = 1,
};

/** Classify one frame.  Never reads past @length.  Cost: a few compares. */
IRL_API enum irl_steer_verdict irl_steer_match(const struct irl_steer *steer,
					       const void *frame,
					       uint32_t length);

/** The queue, 0 .. queues - 1, that a frame of ours goes to. */
IRL_API unsigned irl_steer_queue(const struct irl_steer *steer, unsigned queues,
				 const void *frame, uint32_t length);

/** The ports of @queue's part.  Returns false if there are none: fewer ports
 * than queues; @first and @last then mean nothing. */
IRL_API bool irl_steer_ports(const struct irl_steer *steer, unsigned queues,
			     unsigned queue, uint16_t *first, uint16_t *last);

#endif
