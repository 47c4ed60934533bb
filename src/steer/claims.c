// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "steer/claims.h"
#include "steer/core.h"
#include "wire/text.h"

static void tell_prefix(const struct irl_prefix4 *p, char *text, size_t size)
{
	snprintf(text, size, "%u.%u.%u.%u/%u", p->addr >> 24,
		 p->addr >> 16 & 255, p->addr >> 8 & 255, p->addr & 255,
		 p->length);
}

static void tell_ports(const struct irl_steer *s, char *text, size_t size)
{
	snprintf(text, size, "ports %u-%u of %u.%u.%u.%u", s->port_first,
		 s->port_last, s->host_addr >> 24, s->host_addr >> 16 & 255,
		 s->host_addr >> 8 & 255, s->host_addr & 255);
}

static bool has_ports(const struct irl_steer *s)
{
	return s->host_addr && s->port_first <= s->port_last;
}

/* The shorter prefix covers the longer or they have nothing in common. */
static const struct irl_prefix4 *common(const struct irl_steer *a,
					const struct irl_steer *b)
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
		if (has_ports(a) &&
		    !((uint64_t)(p->addr ^ a->host_addr) >> (32 - p->length)))
			return p;
	}
	return NULL;
}

/* ---- IPv6 ---------------------------------------------------------------- */

static bool has_ports6(const struct irl_steer *s)
{
	static const struct irl_ip none;

	return !irl_ip_equal(&s->host_addr6, &none) &&
	       s->port_first <= s->port_last;
}

static bool covers6(const struct irl_prefix6 *own, const uint8_t *addr)
{
	const struct irl_steer one = {.own6 = {*own}, .own6_count = 1};

	return irl_steer_is_own6(&one, addr);
}

/* As above. */
static const struct irl_prefix6 *common6(const struct irl_steer *a,
					 const struct irl_steer *b)
{
	for (uint32_t i = 0; i < b->own6_count; i++) {
		const struct irl_prefix6 *p = &b->own6[i];

		for (uint32_t k = 0; k < a->own6_count; k++)
			if (covers6(p, a->own6[k].addr.byte) ||
			    covers6(&a->own6[k], p->addr.byte))
				return p;
		if (has_ports6(a) && covers6(p, a->host_addr6.byte))
			return p;
	}
	return NULL;
}

static bool share_ports(const struct irl_steer *a, const struct irl_steer *b)
{
	return a->port_first <= b->port_last && b->port_first <= a->port_last;
}

static enum irl_overlap verdict(bool address, bool ports)
{
	if (address)
		return IRL_OVERLAP_ADDRESS;
	return ports ? IRL_OVERLAP_PORTS : IRL_OVERLAP_NONE;
}

static enum irl_overlap overlap6(const struct irl_steer *a,
				 const struct irl_steer *b, char *text,
				 size_t size)
{
	const struct irl_prefix6 *p = common6(a, b);
	bool own = has_ports6(b) && irl_steer_is_own6(a, b->host_addr6.byte);
	bool shared = has_ports6(a) && has_ports6(b) &&
		      irl_ip_equal(&a->host_addr6, &b->host_addr6) &&
		      share_ports(a, b);
	char addr[IRL_TEXT6];

	if (p) {
		snprintf(text, size, "%s/%u", irl_text6(p->addr.byte, addr),
			 p->length);
	} else if (own || shared) {
		snprintf(text, size, "ports %u-%u of %s", b->port_first,
			 b->port_last, irl_text6(b->host_addr6.byte, addr));
	}
	return verdict(p || own, shared);
}

enum irl_overlap irl_steer_overlap(const struct irl_steer *a,
				   const struct irl_steer *b, char *text,
				   size_t size)
{
	const struct irl_prefix4 *p = common(a, b);
	bool own = has_ports(b) && irl_steer_is_own(a, b->host_addr);
	bool shared = has_ports(a) && has_ports(b) &&
		      a->host_addr == b->host_addr && share_ports(a, b);

	if (p)
		tell_prefix(p, text, size);
	else if (own || shared)
		tell_ports(b, text, size);
	else
		return overlap6(a, b, text, size);
	return verdict(p || own, shared);
}
