/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Stateless probes: a frame from a target, and a verdict from an answer.
 *
 * No state is kept for silence.  A probe carries SipHash-1-3(key, target):
 * 32 bits in the TCP sequence number, to which the time of sending is added
 * (so an answer also tells its round-trip time), and up to 16 in the choice of
 * the source port.  An answer is ours only if all of it fits.
 *
 * The same functions run inside the kernel (driver/linux) and in
 * user space; a test holds both to identical frames.
 */
#ifndef IRL_PROBE_H
#define IRL_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/target.h>

enum irl_tcp_options {
	IRL_TCP_OPTIONS_NONE,    /* 54 bytes, padded to 60 */
	IRL_TCP_OPTIONS_MSS,     /* MSS: 58, padded to 60 */
	IRL_TCP_OPTIONS_LINUX,   /* MSS, SACK, timestamps, NOP, scale: 74 */
	IRL_TCP_OPTIONS_WINDOWS, /* MSS, NOP, scale, NOP, NOP, SACK: 66 */
};

/* One tick of the stamp in a probe: 2^-14 s = 61.035 us. */
#define IRL_PROBE_TICK_SHIFT 14
/* Answers older than this are not ours any more: 64 s. */
#define IRL_PROBE_AGE_TICKS (64u << IRL_PROBE_TICK_SHIFT)

/** CLOCK_MONOTONIC nanoseconds to ticks, modulo 2^32. */
IRL_API uint32_t irl_probe_time(uint64_t now_ns);

enum irl_probe_verdict {
	IRL_ANSWER_NOT = 0,      /* no answer to a probe of this kind */
	IRL_ANSWER_SYNACK = 1,   /* valid: the port is open */
	IRL_ANSWER_RST = 2,      /* valid: closed */
	IRL_ANSWER_ICMP = 3,     /* valid: an ICMP error quotes our probe */
	IRL_ANSWER_COOKIE = 4,   /* invalid: cookie, port or age do not fit */
	IRL_ANSWER_FORM = 5,     /* invalid: truncated or lengths that lie */
	IRL_ANSWER_FLAGS = 6,    /* invalid: TCP flags no answer has */
	IRL_ANSWER_VERDICTS = 8, /* array size */
};

/* A valid answer.  All host byte order. */
struct irl_hit {
	uint64_t time_ns;   /* CLOCK_MONOTONIC at the port */
	uint32_t addr;      /* the target that was probed */
	uint32_t responder; /* who answered: addr, or a router for ICMP */
	uint32_t local;     /* our address */
	uint16_t port;      /* the target's port */
	uint16_t local_port;
	uint32_t seq, ack;
	uint32_t rtt_ticks;
	uint16_t window, ipid;
	uint8_t ttl;
	uint8_t verdict; /* enum irl_probe_verdict, 1 .. 3 */
	uint8_t icmp_type, icmp_code;
	uint16_t mss; /* reserved */
	uint16_t reserved[5];
};

struct irl_probe_options {
	uint64_t seed;
	const struct irl_targets *targets; /* sealed; kept by reference */
	uint32_t source_addr;              /* first of source_count addresses */
	uint32_t source_count;             /* 0: 1 */
	uint16_t port_first, port_last;    /* source ports */
	/* These are divided as irl_steer_ports does among so many queues, and
	 * the probes of a /24 all have ports of one part: its answers come to
	 * one queue.  0: 1; at most the number of ports. */
	uint32_t port_parts;
	uint8_t source_mac[6], gateway_mac[6];
	enum irl_tcp_options options;
	uint8_t ttl;  /* 0: 255 as zmap, so that hops can be told */
	uint32_t mtu; /* of the link, which the MSS follows; 0: 1,500 */
};

/* A probe: a template, keys and tables. */
struct irl_probe;

IRL_API int irl_probe_new(struct irl_probe **out,
			  const struct irl_probe_options *options,
			  struct irl_error *err);
IRL_API void irl_probe_free(struct irl_probe *probe);
/** Bytes of every frame of this probe. */
IRL_API uint32_t irl_probe_length(const struct irl_probe *probe);
/** position -> target; false when the walk failed. */
IRL_API bool irl_probe_target(const struct irl_probe *probe, uint64_t position,
			      struct irl_target *target);
/** target -> position; false when it is not in the set. */
IRL_API bool irl_probe_position(const struct irl_probe *probe,
				struct irl_target target, uint64_t *position);
/** Write the frame for @target, sent at @time, to @frame (length bytes). */
IRL_API void irl_probe_make(const struct irl_probe *probe,
			    struct irl_target target, uint32_t time,
			    uint8_t *frame);
/** Judge a received frame.  @hit is written for verdicts 1 .. 3. */
IRL_API enum irl_probe_verdict irl_probe_check(const struct irl_probe *probe,
					       const uint8_t *frame,
					       uint32_t length, uint64_t now_ns,
					       struct irl_hit *hit);

#endif
