/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stateless SYNs to addresses of either family that are in no set: of a list.
 * A SYN carries its proof as a set's does (irl/probe.h): 32 bits of a keyed
 * hash of the target in the sequence number, to which the time is added, and
 * up to 16 in the source port.  Made and checked in user space.
 */
#ifndef IRL_PROBE_SYN_H
#define IRL_PROBE_SYN_H

#include <irl/ip.h>
#include <irl/probe.h>
#include "base/siphash.h"

#define IRL_SYN_MAX 94u /* bytes of a frame */

/* Plain data: filled in by irl_syn_init, then only read. */
struct irl_syn {
	struct irl_siphash key;
	uint32_t source_addr, source_count; /* 0: no IPv4 */
	struct irl_ip source6;              /* all zero: no IPv6 */
	uint32_t port_first, ports;
	uint8_t mac[6], gateway_mac[6];
	enum irl_tcp_options options;
	uint16_t mss[2]; /* of IPv4, of IPv6 */
	uint8_t ttl;
};

/* A valid answer. */
struct irl_syn_hit {
	struct irl_ip addr; /* of the target */
	uint16_t port;
	uint32_t rtt_ticks;
};

/* Of @options, targets and IPv4's sources may be missing. */
void irl_syn_init(struct irl_syn *syn, const struct irl_probe_options *options,
		  const struct irl_ip *source6);
/* A whole frame, sent at @time (irl_probe_time); its length.  There is a source
 * of the family of @addr. */
uint32_t irl_syn_make(const struct irl_syn *syn, const struct irl_ip *addr,
		      uint16_t port, uint32_t time, uint8_t frame[IRL_SYN_MAX]);
/* As irl_probe_check; @hit is written for verdicts 1 .. 3. */
enum irl_probe_verdict irl_syn_check(const struct irl_syn *syn,
				     const uint8_t *frame, uint32_t length,
				     uint64_t now_ns, struct irl_syn_hit *hit);

#endif
