/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world(seed, addr, port) as inline code, compiled into the XDP responder and
 * into the library.  Pure: nothing but the arguments is read.  One hash of the
 * address decides silence, which 99 of 100 addresses keep.
 *
 * The values are part of the contract (tests/unit/test_world_model.c holds
 * fixed vectors): a seed names the same world in every version.
 */
#ifndef IRL_WORLD_CORE_H
#define IRL_WORLD_CORE_H

#include <irl/world.h>

#define IRL_WORLD_INLINE static inline __attribute__((always_inline))

enum irl_world_state {
	IRL_WORLD_DEAD,
	IRL_WORLD_ALIVE,
	IRL_WORLD_UNREACHABLE,
	IRL_WORLD_MIDDLEBOX, /* something before it accepts every port */
};

/* Kinds of hosts: initial TTL, window and SYN-ACK options differ. */
enum irl_world_class {
	IRL_WORLD_LINUX,    /* TTL 64: MSS, SACK, timestamps, scale */
	IRL_WORLD_WINDOWS,  /* TTL 128: MSS, scale, SACK */
	IRL_WORLD_EMBEDDED, /* TTL 255: MSS only */
};

struct irl_world_host {
	uint64_t hash; /* further properties are drawn from it */
	enum irl_world_state state;
};

/* A mixer of 64 bits: two multiplications, about 3 ns. */
IRL_WORLD_INLINE uint64_t irl_world_mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	return x ^ x >> 32;
}

IRL_WORLD_INLINE bool irl_world_owns(const struct irl_world_model *m,
				     uint32_t addr)
{
	return (addr & m->range_mask) == m->range_addr;
}

IRL_WORLD_INLINE bool irl_world_reserved(uint32_t addr)
{
	return (addr & IRL_WORLD_RESERVED_MASK) == IRL_WORLD_RESERVED;
}

/* The box that answers for the whole /24, if there is one. */
IRL_WORLD_INLINE uint64_t irl_world_box(const struct irl_world_model *m,
					uint32_t addr)
{
	return irl_world_mix((m->seed + 2) * 0x9e3779b97f4a7c15ull ^ addr >> 8);
}

IRL_WORLD_INLINE struct irl_world_host
irl_world_host(const struct irl_world_model *m, uint32_t addr)
{
	struct irl_world_host h;
	uint64_t draw;

	h.hash = irl_world_mix((m->seed + 1) * 0x9e3779b97f4a7c15ull ^ addr);
	draw = h.hash >> 32;
	if (draw >= m->alive + m->unreachable)
		h.state = IRL_WORLD_DEAD;
	else
		h.state =
		    draw < m->alive ? IRL_WORLD_ALIVE : IRL_WORLD_UNREACHABLE;
	if (!m->services.middlebox ||
	    irl_world_box(m, addr) >> 32 >= m->services.middlebox)
		return h;
	h.hash = irl_world_box(m, addr);
	h.state = IRL_WORLD_MIDDLEBOX;
	return h;
}

/* The answer of an alive host's port to a SYN. */
IRL_WORLD_INLINE enum irl_world_kind
irl_world_port(const struct irl_world_model *m, uint64_t hash, uint16_t port)
{
	uint64_t draw;

	draw = irl_world_mix(hash + (port + 1) * 0x9e3779b97f4a7c15ull) >> 32;
	if (draw < m->open)
		return IRL_WORLD_SYNACK;
	return draw < m->open + m->closed ? IRL_WORLD_RST : IRL_WORLD_SILENT;
}

/* The same for a host that is alive or boxed. */
IRL_WORLD_INLINE enum irl_world_kind
irl_world_knock(const struct irl_world_model *m, struct irl_world_host host,
		uint16_t port)
{
	if (host.state == IRL_WORLD_MIDDLEBOX)
		return IRL_WORLD_SYNACK;
	return irl_world_port(m, host.hash, port);
}

/* The upper half of the hash has decided about life; what follows is drawn
 * from the lower half, so that all hosts together look alike for any share. */
IRL_WORLD_INLINE enum irl_world_class irl_world_class(uint64_t hash)
{
	uint32_t draw = hash & 15;

	if (draw < 10)
		return IRL_WORLD_LINUX;
	return draw < 14 ? IRL_WORLD_WINDOWS : IRL_WORLD_EMBEDDED;
}

/* Routers on the way: 3 .. 26. */
IRL_WORLD_INLINE uint8_t irl_world_hops(uint64_t hash)
{
	return (uint8_t)(3 + ((hash >> 4 & 0xff) * 24 >> 8));
}

/* As it arrives here. */
IRL_WORLD_INLINE uint8_t irl_world_ttl(uint64_t hash)
{
	uint8_t initial = 64;

	if (irl_world_class(hash) == IRL_WORLD_WINDOWS)
		initial = 128;
	if (irl_world_class(hash) == IRL_WORLD_EMBEDDED)
		initial = 255;
	return (uint8_t)(initial - irl_world_hops(hash));
}

IRL_WORLD_INLINE uint16_t irl_world_mss(uint64_t hash)
{
	uint32_t draw = hash >> 12 & 7;

	if (draw < 5)
		return 1460;
	if (draw < 7)
		return 1440;
	return 536;
}

IRL_WORLD_INLINE uint16_t irl_world_window(uint64_t hash)
{
	if (irl_world_class(hash) == IRL_WORLD_LINUX)
		return hash >> 15 & 1 ? 64240 : 65160;
	if (irl_world_class(hash) == IRL_WORLD_WINDOWS)
		return hash >> 15 & 1 ? 65535 : 8192;
	return 4128;
}

IRL_WORLD_INLINE uint8_t irl_world_scale(uint64_t hash)
{
	return irl_world_class(hash) == IRL_WORLD_LINUX ? 7 : 8;
}

/* The router that speaks for an unreachable address. */
IRL_WORLD_INLINE uint32_t irl_world_router(uint32_t addr)
{
	return (addr & 0xffffff00u) | 1;
}

IRL_WORLD_INLINE uint8_t irl_world_router_ttl(uint64_t hash)
{
	return (uint8_t)(255 - irl_world_hops(hash));
}

/* Of type 3: host 1, net 0, host prohibited 10, administratively 13. */
IRL_WORLD_INLINE uint8_t irl_world_icmp_code(uint64_t hash)
{
	uint32_t draw = hash >> 16 & 7;

	if (draw < 4)
		return 1;
	if (draw < 5)
		return 0;
	return draw < 6 ? 10 : 13;
}

/* Initial sequence number: differs for each flow and each attempt. */
IRL_WORLD_INLINE uint32_t irl_world_isn(uint64_t hash, uint32_t ports,
					uint32_t seq)
{
	return (uint32_t)irl_world_mix(hash ^ ((uint64_t)ports << 32 | seq));
}

/* Is the probe, or its answer, lost?  Two fresh random words, so that passes
 * and retransmissions are independent: answered with (1 - loss)^2. */
IRL_WORLD_INLINE bool irl_world_lost(const struct irl_world_model *m,
				     uint32_t random, uint32_t other)
{
	return random < m->loss || other < m->loss;
}

#endif
