/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames <-> segments, of both families.  Pure but for the counters. */
#ifndef IRL_TCP_SEGMENT_H
#define IRL_TCP_SEGMENT_H

#include <irl/tcp.h>
#include "wire/bytes.h"
#include "wire/tcp.h"

/* A connection's two ends; what the index is keyed by. */
struct irl_ends {
	uint8_t local; /* of the stack's locals */
	bool v6;
	uint16_t local_port, remote_port;
	uint32_t remote4; /* host order */
	uint8_t remote6[16];
};

struct irl_segment {
	struct irl_ends ends;
	bool icmp; /* an error; icmp_..., mtu and the quoted seq count */
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_mtu;
	uint8_t ttl, flags;
	uint16_t window;
	uint32_t seq, ack;
	uint32_t length; /* of data, without SYN and FIN */
	const uint8_t *data;
	struct irl_tcp_seen seen;
	uint64_t hash; /* irl_ends_index */
};

/* To write; data stands in the frame already, where irl_segment_data says. */
struct irl_segment_out {
	const struct irl_ends *ends;
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags;
	uint8_t option_bytes; /* a multiple of 4 */
	uint32_t length;
	uint8_t options[40];
};

struct irl_tcp_stack;

/* IRL_TCP_TAKEN here means: a segment, or an error about one, whose near end
 * is ours; @why is the counter otherwise. */
enum irl_tcp_verdict irl_segment_parse(const struct irl_tcp_stack *stack,
				       const struct irl_frame *frame,
				       struct irl_segment *out,
				       enum irl_tcp_count *why);

/* Make one of locals known by its address. */
void irl_segment_map_local(struct irl_tcp_stack *stack, unsigned local);
bool irl_segment_is_local(const struct irl_tcp_stack *stack,
			  const struct irl_ip *ip);

uint8_t *irl_segment_data(uint8_t *frame, const struct irl_segment_out *out);
/* Returns the length of the frame. */
uint32_t irl_segment_write(const struct irl_tcp_stack *stack, uint8_t *frame,
			   const struct irl_segment_out *out);

/* Keyed: TIME-WAIT, ports, clocks, and in its upper half RFC 6528's F(). */
uint64_t irl_ends_hash(const struct irl_tcp_stack *stack,
		       const struct irl_ends *ends);
/* Keyed too, for the index only: a third of the time, and never seen outside.
 * Not 0. */
uint64_t irl_ends_index(const struct irl_tcp_stack *stack,
			const struct irl_ends *ends);

#endif
