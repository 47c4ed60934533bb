/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What two rules claim both: for the library, where processes share an
 * interface, and for the Windows filter driver.  No text, no library.
 */
#ifndef IRL_STEER_OVERLAP_H
#define IRL_STEER_OVERLAP_H

#include <stddef.h>
#include "steer/core.h"

enum irl_overlap {
	IRL_OVERLAP_NONE,
	IRL_OVERLAP_PORTS,   /* other ports of the same address are free */
	IRL_OVERLAP_ADDRESS, /* one has the address alone */
};

/* Of the second rule: a prefix, or else the ports of its address. */
struct irl_common {
	enum irl_overlap overlap;
	const struct irl_prefix4 *own;
	const struct irl_prefix6 *own6;
	bool ipv6;
};

static inline bool irl_steer_has_host(const struct irl_steer *s)
{
	return s->host_addr && s->port_first <= s->port_last;
}

static inline bool irl_steer_has_host6(const struct irl_steer *s)
{
	return !irl_ip_is_none(&s->host_addr6) && s->port_first <= s->port_last;
}

static inline bool irl_steer_share_ports(const struct irl_steer *a,
					 const struct irl_steer *b)
{
	return a->port_first <= b->port_last && b->port_first <= a->port_last;
}

static inline enum irl_overlap irl_steer_verdict_of(bool address, bool ports)
{
	if (address)
		return IRL_OVERLAP_ADDRESS;
	return ports ? IRL_OVERLAP_PORTS : IRL_OVERLAP_NONE;
}

/* The shorter prefix covers the longer or they have nothing in common. */
static inline const struct irl_prefix4 *
irl_steer_common_own(const struct irl_steer *a, const struct irl_steer *b)
{
	for (uint32_t i = 0; i < b->own_count; i++) {
		const struct irl_prefix4 *p = &b->own[i];

		for (uint32_t k = 0; k < a->own_count; k++) {
			const struct irl_prefix4 *q = &a->own[k];
			uint32_t length =
			    p->length < q->length ? p->length : q->length;

			if (!((uint64_t)(p->addr ^ q->addr) >> (32 - length)))
				return p;
		}
		if (irl_steer_has_host(a) &&
		    !((uint64_t)(p->addr ^ a->host_addr) >> (32 - p->length)))
			return p;
	}
	return NULL;
}

static inline struct irl_common irl_steer_common4(const struct irl_steer *a,
						  const struct irl_steer *b)
{
	struct irl_common common = {.own = irl_steer_common_own(a, b)};
	bool own = irl_steer_has_host(b) && irl_steer_is_own(a, b->host_addr);
	bool shared = irl_steer_has_host(a) && irl_steer_has_host(b) &&
		      a->host_addr == b->host_addr &&
		      irl_steer_share_ports(a, b);

	common.overlap = irl_steer_verdict_of(common.own || own, shared);
	return common;
}

/* ---- IPv6, likewise ------------------------------------------------------ */

static inline bool irl_steer_covers6(const struct irl_prefix6 *own,
				     const uint8_t *addr)
{
	const struct irl_steer one = {.own6 = {*own}, .own6_count = 1};

	return irl_steer_is_own6(&one, addr);
}

static inline const struct irl_prefix6 *
irl_steer_common_own6(const struct irl_steer *a, const struct irl_steer *b)
{
	for (uint32_t i = 0; i < b->own6_count; i++) {
		const struct irl_prefix6 *p = &b->own6[i];

		for (uint32_t k = 0; k < a->own6_count; k++)
			if (irl_steer_covers6(p, a->own6[k].addr.byte) ||
			    irl_steer_covers6(&a->own6[k], p->addr.byte))
				return p;
		if (irl_steer_has_host6(a) &&
		    irl_steer_covers6(p, a->host_addr6.byte))
			return p;
	}
	return NULL;
}

static inline struct irl_common irl_steer_common6(const struct irl_steer *a,
						  const struct irl_steer *b)
{
	struct irl_common common = {.ipv6 = true,
				    .own6 = irl_steer_common_own6(a, b)};
	bool own =
	    irl_steer_has_host6(b) && irl_steer_is_own6(a, b->host_addr6.byte);
	bool shared = irl_steer_has_host6(a) && irl_steer_has_host6(b) &&
		      irl_ip_equal(&a->host_addr6, &b->host_addr6) &&
		      irl_steer_share_ports(a, b);

	common.overlap = irl_steer_verdict_of(common.own6 || own, shared);
	return common;
}

/* Is some frame ours by @a and by @b?  It points into @b. */
static inline struct irl_common irl_steer_common(const struct irl_steer *a,
						 const struct irl_steer *b)
{
	struct irl_common common = irl_steer_common4(a, b);

	return common.overlap ? common : irl_steer_common6(a, b);
}

#endif
