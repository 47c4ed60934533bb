// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "steer/claims.h"
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

static void tell6(const struct irl_common *common, const struct irl_steer *s,
		  char *text, size_t size)
{
	const struct irl_prefix6 *p = common->own6;
	char addr[IRL_TEXT6];

	if (p)
		snprintf(text, size, "%s/%u", irl_text6(p->addr.byte, addr),
			 p->length);
	else
		snprintf(text, size, "ports %u-%u of %s", s->port_first,
			 s->port_last, irl_text6(s->host_addr6.byte, addr));
}

enum irl_overlap irl_steer_overlap(const struct irl_steer *a,
				   const struct irl_steer *b, char *text,
				   size_t size)
{
	struct irl_common common = irl_steer_common(a, b);

	if (!common.overlap)
		return IRL_OVERLAP_NONE;
	if (common.own)
		tell_prefix(common.own, text, size);
	else if (common.ipv6)
		tell6(&common, b, text, size);
	else
		tell_ports(b, text, size);
	return common.overlap;
}
