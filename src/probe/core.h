/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The probe's core: cookie, frame and check as inline functions without memory
 * of their own.  Compiled twice: into the library and into the kernel program,
 * which therefore make the same frames and the same verdicts.  Whoever includes
 * it defines the macros of src/target/core.h before.
 *
 * For the verifier's sake: no loop without a constant bound, every access to a
 * frame behind a comparison with its end.
 *
 * Each step is one long chain of dependent operations.  Whoever makes many
 * probes takes several targets through a step before the next one, so that a
 * CPU overlaps them: half the time a probe, and the tables' cache misses hide.
 */
#ifndef IRL_PROBE_CORE_H
#define IRL_PROBE_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/probe.h>
#include "target/core.h"

#define IRL_PROBE_FRAME_MAX 80

/* Frame lengths by kind of options; NONE and MSS are padded to 60. */
#define IRL_PROBE_LENGTH_SHORT 60
#define IRL_PROBE_LENGTH_WINDOWS 66
#define IRL_PROBE_LENGTH_LINUX 74

/* ---- SipHash-1-3 (Aumasson and Bernstein, 2012) ------ */

#define IRL_ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
#define IRL_SIPROUND                                                           \
	do {                                                                   \
		v0 += v1;                                                      \
		v1 = IRL_ROTL(v1, 13) ^ v0;                                    \
		v0 = IRL_ROTL(v0, 32);                                         \
		IRL_SIPROUND_REST;                                             \
	} while (0)
#define IRL_SIPROUND_REST                                                      \
	do {                                                                   \
		v2 += v3;                                                      \
		v3 = IRL_ROTL(v3, 16) ^ v2;                                    \
		v0 += v3;                                                      \
		v3 = IRL_ROTL(v3, 21) ^ v0;                                    \
		v2 += v1;                                                      \
		v1 = IRL_ROTL(v1, 17) ^ v2;                                    \
		v2 = IRL_ROTL(v2, 32);                                         \
	} while (0)

/*
 * What the key alone decides: the initial state, and the half of the first
 * round that the word does not reach (a tenth of all the work).
 */
struct irl_sip_state {
	uint64_t v0, v1, v2, v3;
};

IRL_INLINE void irl_siphash13_key(const uint64_t key[2],
				  struct irl_sip_state *s)
{
	s->v0 = key[0] ^ 0x736f6d6570736575ull;
	s->v1 = key[1] ^ 0x646f72616e646f6dull;
	s->v2 = key[0] ^ 0x6c7967656e657261ull;
	s->v3 = key[1] ^ 0x7465646279746573ull;
	s->v0 += s->v1;
	s->v1 = IRL_ROTL(s->v1, 13) ^ s->v0;
	s->v0 = IRL_ROTL(s->v0, 32);
}

/* Of six bytes, port and address: they and the length fill a single block,
 * which saves one round in five. */
IRL_INLINE uint64_t irl_siphash13_target(const struct irl_sip_state *s,
					 uint32_t addr, uint16_t port)
{
	uint64_t block = 6ull << 56 | (uint64_t)addr << 16 | port;
	uint64_t v0 = s->v0, v1 = s->v1, v2 = s->v2, v3 = s->v3 ^ block;

	IRL_SIPROUND_REST;
	v0 ^= block;
	v2 ^= 0xff;
	IRL_SIPROUND;
	IRL_SIPROUND;
	IRL_SIPROUND;
	return v0 ^ v1 ^ v2 ^ v3;
}

/* ---- the plan --------------------------------------------------------- */

/* Everything that shapes a probe; plain data, the same bytes in the kernel. */
struct irl_probe_plan {
	struct irl_permutation order;
	struct irl_sip_state sip; /* keyed */
	struct irl_core_shape shape;
	uint32_t source_addr, source_count;
	uint32_t source_port, source_ports; /* first, number */
	uint32_t source_parts, part_key;    /* of the ports; 1: undivided */
	uint32_t ip_sum, tcp_sum; /* of the template, in the machine's byte
				     order, variable fields zero */
	uint32_t length;          /* of the frame, padding included */
	uint8_t frame[IRL_PROBE_FRAME_MAX]; /* the template */
};

/* What a target fixes of its probe. */
struct irl_probe_fields {
	uint32_t addr;
	uint32_t source;
	uint32_t cookie; /* of the sequence number, before the time is added */
	uint16_t port;
	uint16_t source_port;
	uint16_t ipid;
	uint16_t pad;
};

/* clang passes over the GCC pragma in silence: a loop of seven rounds would be
 * 42 instructions more than seven pairs of load and store. */
#ifdef __clang__
#define IRL_UNROLL _Pragma("unroll")
#else
#define IRL_UNROLL _Pragma("GCC unroll 10")
#endif

/* ---- bytes ------------------------------------------------------------ */

/*
 * Offsets in a frame are even, not aligned.  The kernel side may load them
 * whole (clang would take byte by byte what is not aligned); in user space
 * memcpy says the same without undefined behaviour.
 */
#ifdef __bpf__
typedef uint16_t __attribute__((may_alias)) irl_alias16;
typedef uint32_t __attribute__((may_alias)) irl_alias32;
typedef uint64_t __attribute__((may_alias)) irl_alias64;
#define IRL_LOAD_STORE(bits)                                                   \
	IRL_INLINE uint##bits##_t irl_load##bits(const uint8_t *p)             \
	{                                                                      \
		return *(const irl_alias##bits *)p;                            \
	}                                                                      \
	IRL_INLINE void irl_store##bits(uint8_t *p, uint##bits##_t v)          \
	{                                                                      \
		*(irl_alias##bits *)p = v;                                     \
	}
#else
#define IRL_LOAD_STORE(bits)                                                   \
	IRL_INLINE uint##bits##_t irl_load##bits(const uint8_t *p)             \
	{                                                                      \
		uint##bits##_t v;                                              \
                                                                               \
		__builtin_memcpy(&v, p, sizeof(v));                            \
		return v;                                                      \
	}                                                                      \
	IRL_INLINE void irl_store##bits(uint8_t *p, uint##bits##_t v)          \
	{                                                                      \
		__builtin_memcpy(p, &v, sizeof(v));                            \
	}
#endif

IRL_LOAD_STORE(16)
IRL_LOAD_STORE(32)
IRL_LOAD_STORE(64)
#undef IRL_LOAD_STORE

/* Between the machine's order and the network's. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define IRL_NET16(x) __builtin_bswap16(x)
#define IRL_NET32(x) __builtin_bswap32(x)
#else
#define IRL_NET16(x) ((uint16_t)(x))
#define IRL_NET32(x) ((uint32_t)(x))
#endif

/* ---- time ------------------------------------------------------------- */

/*
 * Nanoseconds -> ticks of 2^-14 s, modulo 2^32: ns / 512 * 2^23 / 10^9 as a
 * 32.32 fixed-point factor.  Two multiplications, monotonic, never overflows;
 * the factor's rounding makes a tick 0.6 parts in 10^9 too long.
 */
IRL_INLINE uint32_t irl_core_ticks(uint64_t ns)
{
	const uint64_t factor = 36028797; /* 2^32 * 2^23 / 10^9 */
	uint64_t u = ns >> 9;

	return (uint32_t)((u >> 32) * factor +
			  (((u & 0xffffffff) * factor) >> 32));
}

/* ---- target ----------------------------------------------------------- */

/* Index 0 .. count - 1 -> the target. */
IRL_INLINE void irl_core_target(const struct irl_probe_plan *plan,
				const struct irl_core_tables *tables,
				uint64_t index, uint32_t *addr, uint16_t *port)
{
	irl_core_rank(&plan->shape, tables, index, addr, port);
}

/* ---- the probe -------------------------------------------------------- */

/* Of divided ports, one of those that the probes of the /24 have.  The division
 * is that of irl_steer_ports. */
IRL_INLINE uint16_t irl_core_part_port(const struct irl_probe_plan *plan,
				       uint32_t addr, uint64_t choice)
{
	uint32_t ports = plan->source_ports, parts = plan->source_parts;
	uint32_t h = ((addr >> 8) ^ plan->part_key) * 0x9E3779B1u;
	uint32_t part, first, end;

	h = (h ^ h >> 15) * 0x85EBCA77u;
	h ^= h >> 13;
	part = (uint32_t)((uint64_t)h * parts >> 32);
	first = (part * ports + parts - 1) / parts;
	end = ((part + 1) * ports + parts - 1) / parts;
	return (uint16_t)(plan->source_port + first +
			  (choice * (end - first) >> 16));
}

/* All that the cookie decides.  The IP identification may carry it because
 * the datagram is atomic (DF set): RFC 6864, 4.1. */
IRL_INLINE void irl_core_fields(const struct irl_probe_plan *plan,
				uint32_t addr, uint16_t port,
				struct irl_probe_fields *f)
{
	uint64_t cookie = irl_siphash13_target(&plan->sip, addr, port);
	uint64_t choice = (cookie >> 32) & 0xffff, id = cookie >> 48;

	f->addr = addr;
	f->port = port;
	f->cookie = (uint32_t)cookie;
	if (plan->source_parts > 1)
		f->source_port = irl_core_part_port(plan, addr, choice);
	else
		f->source_port =
		    (uint16_t)(plan->source_port +
			       ((choice * plan->source_ports) >> 16));
	f->ipid = (uint16_t)id;
	f->source = plan->source_addr;
	if (plan->source_count > 1)
		f->source += (uint32_t)((id * plan->source_count) >> 16);
	f->pad = 0;
}

/* A sum of words -> the Internet checksum (RFC 1071), order as it was.  Each
 * half added to the other leaves the sum, carry around, in the upper one. */
IRL_INLINE uint16_t irl_core_fold(uint64_t sum)
{
	uint32_t half;

	sum += sum << 32 | sum >> 32;
	half = (uint32_t)(sum >> 32);
	half += half << 16 | half >> 16;
	return (uint16_t)(~half >> 16);
}

/*
 * Write the frame of @f, sent at @time: the template, then what varies, with
 * both checksums completed from the template's.  Writes exactly @length bytes,
 * which must be plan->length and, for the kernel, a constant.
 */
IRL_INLINE void irl_core_make(const struct irl_probe_plan *plan,
			      const struct irl_probe_fields *f, uint32_t time,
			      uint8_t *frame, const uint32_t length)
{
	uint32_t source = IRL_NET32(f->source), addr = IRL_NET32(f->addr);
	uint32_t ports = IRL_NET32((uint32_t)f->source_port << 16 | f->port);
	uint32_t seq = IRL_NET32(f->cookie + time);
	uint16_t ipid = IRL_NET16(f->ipid);
	uint64_t pair = (uint64_t)source + addr;
	uint64_t sum = plan->tcp_sum + pair + ports + seq;
	uint32_t at = 0;

	IRL_UNROLL
	for (; at + 8 <= length; at += 8)
		if (at < 24 || at >= 40) /* all of that varies */
			irl_store64(frame + at, irl_load64(plan->frame + at));
	if (at + 4 <= length) {
		irl_store32(frame + at, irl_load32(plan->frame + at));
		at += 4;
	}
	if (at + 2 <= length)
		irl_store16(frame + at, irl_load16(plan->frame + at));

	irl_store16(frame + 18, ipid);
	irl_store16(frame + 24, irl_core_fold(plan->ip_sum + pair + ipid));
	irl_store32(frame + 26, source);
	irl_store32(frame + 30, addr);
	irl_store32(frame + 34, ports);
	irl_store32(frame + 38, seq);
	if (length == IRL_PROBE_LENGTH_LINUX) {
		/* 32 ticks = 1.95 ms; RFC 7323, 5.4 wants 1 ms to 1 s */
		uint32_t stamp = IRL_NET32(time >> 5);

		irl_store32(frame + 62, stamp);
		sum += stamp;
	}
	irl_store16(frame + 50, irl_core_fold(sum));
}

/* ---- the check -------------------------------------------------------- */

/* What an answer says about the probe that it answers. */
struct irl_core_claim {
	uint32_t addr;  /* the target */
	uint32_t local; /* who sent the probe */
	uint32_t seq;   /* the probe's sequence number */
	uint16_t port, local_port;
	uint16_t ipid; /* the probe's, if quoted */
	bool quoted;
	uint8_t verdict; /* if the claim is true */
};

IRL_INLINE bool irl_core_is_source(const struct irl_probe_plan *plan,
				   uint32_t addr, uint16_t port)
{
	return addr - plan->source_addr < plan->source_count &&
	       port - plan->source_port < plan->source_ports;
}

/* @tcp: the header of an answer, @length bytes of segment claimed. */
IRL_INLINE enum irl_probe_verdict
irl_core_claim_tcp(const struct irl_probe_plan *plan, const uint8_t *tcp,
		   const uint8_t *end, uint32_t length,
		   struct irl_core_claim *claim, struct irl_hit *hit)
{
	uint32_t header, flags;

	if (tcp + 20 > end || length < 20)
		return IRL_ANSWER_FORM;
	claim->port = IRL_NET16(irl_load16(tcp));
	claim->local_port = IRL_NET16(irl_load16(tcp + 2));
	if (!irl_core_is_source(plan, claim->local, claim->local_port))
		return IRL_ANSWER_NOT;
	header = (uint32_t)(tcp[12] >> 4) * 4;
	if (header < 20 || header > length)
		return IRL_ANSWER_FORM;
	/* RFC 9293, 3.10.7.3: the answer to a SYN is SYN,ACK or RST,ACK */
	flags = tcp[13] & 0x17; /* ACK 10, RST 4, SYN 2, FIN 1 */
	if (flags != 0x12 && flags != 0x14)
		return IRL_ANSWER_FLAGS;
	claim->verdict = flags == 0x12 ? IRL_ANSWER_SYNACK : IRL_ANSWER_RST;
	hit->seq = IRL_NET32(irl_load32(tcp + 4));
	hit->ack = IRL_NET32(irl_load32(tcp + 8));
	hit->window = IRL_NET16(irl_load16(tcp + 14));
	/* A RST that acknowledges the SYN's number itself, as some stacks
	 * send, passes too: it looks one tick older. */
	claim->seq = hit->ack - 1;
	claim->quoted = false;
	return (enum irl_probe_verdict)claim->verdict;
}

/* RFC 792: unreachable, source quench, redirect, time exceeded, parameter */
IRL_INLINE bool irl_core_is_icmp_error(uint8_t type)
{
	return type < 32 && ((1u << type) & (1u << 3 | 1u << 4 | 1u << 5 |
					     1u << 11 | 1u << 12)) != 0;
}

/* @icmp: the message, @length bytes of it claimed. */
IRL_INLINE enum irl_probe_verdict
irl_core_claim_icmp(const struct irl_probe_plan *plan, const uint8_t *icmp,
		    const uint8_t *end, uint32_t length,
		    struct irl_core_claim *claim, struct irl_hit *hit)
{
	const uint8_t *ip = icmp + 8, *tcp;
	uint32_t local = claim->local, header;

	if (icmp + 8 > end || length < 8)
		return IRL_ANSWER_FORM;
	if (!irl_core_is_icmp_error(icmp[0]))
		return IRL_ANSWER_NOT;
	hit->icmp_type = icmp[0];
	hit->icmp_code = icmp[1];
	if (icmp + 28 > end || length < 28)
		return IRL_ANSWER_FORM;
	header = (uint32_t)(ip[0] & 15) * 4;
	if (ip[0] >> 4 != 4 || header < 20)
		return IRL_ANSWER_FORM;
	/* Our probes are TCP and never fragmented. */
	if (ip[9] != 6 || (irl_load16(ip + 6) & IRL_NET16(0x3fff)) != 0)
		return IRL_ANSWER_NOT;
	claim->ipid = IRL_NET16(irl_load16(ip + 4));
	claim->local = IRL_NET32(irl_load32(ip + 12));
	claim->addr = IRL_NET32(irl_load32(ip + 16));
	if (length < 8 + header + 8)
		return IRL_ANSWER_FORM;
	tcp = ip + header;
	IRL_KEEP(tcp);
	if (tcp + 8 > end)
		return IRL_ANSWER_FORM;
	claim->local_port = IRL_NET16(irl_load16(tcp));
	claim->port = IRL_NET16(irl_load16(tcp + 2));
	claim->seq = IRL_NET32(irl_load32(tcp + 4));
	if (local != claim->local ||
	    !irl_core_is_source(plan, local, claim->local_port))
		return IRL_ANSWER_NOT;
	hit->seq = claim->seq;
	hit->ack = 0;
	hit->window = 0;
	claim->quoted = true;
	claim->verdict = IRL_ANSWER_ICMP;
	return IRL_ANSWER_ICMP;
}

/* Parse down to the claim; verdict 1 .. 3 means "if the cookie fits". */
IRL_INLINE enum irl_probe_verdict
irl_core_parse(const struct irl_probe_plan *plan, const uint8_t *data,
	       const uint8_t *end, struct irl_core_claim *claim,
	       struct irl_hit *hit)
{
	const uint8_t *ip = data + 14, *next;
	uint32_t header, total;

	if (data + 14 > end)
		return IRL_ANSWER_NOT;
	if (irl_load16(data + 12) != IRL_NET16(0x0800))
		return IRL_ANSWER_NOT;
	if (data + 34 > end)
		return IRL_ANSWER_FORM;
	header = (uint32_t)(ip[0] & 15) * 4;
	total = IRL_NET16(irl_load16(ip + 2));
	if (ip[0] >> 4 != 4 || header < 20 || total < header)
		return IRL_ANSWER_FORM;
	claim->local = IRL_NET32(irl_load32(ip + 16));
	if (claim->local - plan->source_addr >= plan->source_count ||
	    (ip[9] != 6 && ip[9] != 1))
		return IRL_ANSWER_NOT;
	/* A fragment says too little (MF or offset; DF is fine). */
	if ((irl_load16(ip + 6) & IRL_NET16(0x3fff)) != 0)
		return IRL_ANSWER_NOT;
	if (ip + total > end)
		return IRL_ANSWER_FORM;
	claim->addr = IRL_NET32(irl_load32(ip + 12));
	hit->responder = claim->addr;
	hit->ipid = IRL_NET16(irl_load16(ip + 4));
	hit->ttl = ip[8];
	next = ip + header;
	IRL_KEEP(next);
	if (ip[9] == 6)
		return irl_core_claim_tcp(plan, next, end, total - header,
					  claim, hit);
	return irl_core_claim_icmp(plan, next, end, total - header, claim, hit);
}

/*
 * Judge a frame from @data to @end.  @hit is written whole for verdicts 1 ..
 * 3, but for time_ns, which is the caller's; it is undefined otherwise.
 *
 * A valid answer came to the address and port that the cookie of its target
 * chose, and names a sequence number which such a probe had in the last
 * IRL_PROBE_AGE_TICKS.  A guesser who knows address and port hits one of 4,096
 * sequence numbers; a quoted probe shows its IP identification besides.
 * Checksums of answers are the NIC's business (a virtual link has none).
 */
IRL_INLINE enum irl_probe_verdict
irl_core_check(const struct irl_probe_plan *plan, const void *data,
	       const void *end, uint32_t now_ticks, struct irl_hit *hit)
{
	struct irl_core_claim claim = {0};
	struct irl_probe_fields f;
	enum irl_probe_verdict verdict;
	uint32_t age;

	hit->icmp_type = 0;
	hit->icmp_code = 0;
	verdict = irl_core_parse(plan, (const uint8_t *)data,
				 (const uint8_t *)end, &claim, hit);
	if (verdict == IRL_ANSWER_NOT || verdict > IRL_ANSWER_ICMP)
		return verdict;
	irl_core_fields(plan, claim.addr, claim.port, &f);
	age = now_ticks - (claim.seq - f.cookie);
	if (f.source != claim.local || f.source_port != claim.local_port ||
	    (claim.quoted && claim.ipid != f.ipid) ||
	    age >= IRL_PROBE_AGE_TICKS)
		return IRL_ANSWER_COOKIE;
	hit->addr = claim.addr;
	hit->local = claim.local;
	hit->port = claim.port;
	hit->local_port = claim.local_port;
	hit->rtt_ticks = age;
	hit->verdict = claim.verdict;
	hit->mss = 0;
	for (unsigned i = 0; i < sizeof(hit->reserved) / 2; i++)
		hit->reserved[i] = 0;
	return verdict;
}

#endif
