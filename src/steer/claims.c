// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "steer/claims.h"
#include "steer/core.h"

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

bool irl_steer_overlap(const struct irl_steer *a, const struct irl_steer *b,
		       char *text, size_t size)
{
	const struct irl_prefix4 *p = common(a, b);
	bool shared = has_ports(b) && irl_steer_is_own(a, b->host_addr);

	if (has_ports(a) && has_ports(b) && a->host_addr == b->host_addr)
		shared |= a->port_first <= b->port_last &&
			  b->port_first <= a->port_last;
	if (p)
		tell_prefix(p, text, size);
	else if (shared)
		tell_ports(b, text, size);
	return p || shared;
}
