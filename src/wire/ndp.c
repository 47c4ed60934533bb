// SPDX-License-Identifier: BSD-2-Clause
#include "wire/ndp.h"

/* Behind the ICMP header, whose last four bytes are flags and reserved. */
struct body {
	uint8_t target[16];
};

struct option {
	uint8_t type, length; /* in units of 8 bytes */
	uint8_t mac[6];
};
_Static_assert(IRL_ICMP_HEADER + sizeof(struct body) + sizeof(struct option) ==
		   IRL_NDP_MAX,
	       "on the wire");

#define SOURCE_MAC 1 /* RFC 4861, 4.6.1 */
#define TARGET_MAC 2

static const uint8_t group_prefix[13] = {0xff, 2, 0, 0, 0, 0,   0,
					 0,    0, 0, 0, 1, 0xff};

void irl_ndp_group(const uint8_t addr[16], uint8_t group[16])
{
	memcpy(group, group_prefix, sizeof(group_prefix));
	memcpy(group + 13, addr + 13, 3);
}

bool irl_ndp_is_group(const uint8_t addr[16])
{
	return memcmp(addr, group_prefix, sizeof(group_prefix)) == 0;
}

void irl_ndp_group_mac(const uint8_t group[16], uint8_t mac[6])
{
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, group + 12, 4);
}

bool irl_ndp_is_unspecified(const uint8_t addr[16])
{
	static const uint8_t none[16];

	return memcmp(addr, none, sizeof(none)) == 0;
}

static uint8_t option_of(uint8_t type)
{
	return type == IRL_ICMP6_SOLICIT ? SOURCE_MAC : TARGET_MAC;
}

/* Options that are not known are passed over (RFC 4861, 4.6); the first of
 * several counts. */
static bool read_options(struct irl_bytes in, struct irl_ndp *out)
{
	while (in.left) {
		const struct option *o = (const void *)in.at;

		if (in.left < 2 || !o->length ||
		    !irl_bytes_take(&in, o->length * 8u))
			return false;
		if (o->type != option_of(out->type) || out->has_mac)
			continue;
		out->has_mac = true;
		memcpy(out->mac, o->mac, sizeof(out->mac));
	}
	return true;
}

static bool fits_header(const struct irl_ipv6 *ip, const struct irl_ndp *ndp)
{
	if (ndp->type == IRL_ICMP6_ADVERT)
		return ip->dest[0] != 0xff || !(ndp->flags & IRL_NDP_SOLICITED);
	return !irl_ndp_is_unspecified(ip->source) ||
	       (irl_ndp_is_group(ip->dest) && !ndp->has_mac);
}

bool irl_ndp_parse(const struct irl_ipv6 *ip, struct irl_bytes *in,
		   struct irl_ndp *out)
{
	struct irl_bytes rest = *in;
	const struct body *body;
	struct irl_icmp icmp;

	if (ip->next_header != IRL_IPV6_ICMP || ip->cut ||
	    ip->hop_limit != IRL_NDP_HOPS || !irl_icmp_parse(&rest, &icmp) ||
	    (icmp.type != IRL_ICMP6_SOLICIT && icmp.type != IRL_ICMP6_ADVERT) ||
	    icmp.code != 0)
		return false;
	body = irl_bytes_take(&rest, sizeof(*body));
	if (!body || body->target[0] == 0xff || !irl_icmp6_sound(ip, *in))
		return false;
	*out = (struct irl_ndp){.type = icmp.type};
	if (icmp.type == IRL_ICMP6_ADVERT)
		out->flags = (uint8_t)(icmp.id >> 8);
	memcpy(out->target, body->target, sizeof(out->target));
	if (!read_options(rest, out) || !fits_header(ip, out))
		return false;
	*in = (struct irl_bytes){rest.at + rest.left, 0};
	return true;
}

size_t irl_ndp_write(uint8_t to[IRL_NDP_MAX], const struct irl_ndp *ndp,
		     const uint8_t source[16], const uint8_t dest[16])
{
	const struct irl_icmp icmp = {.type = ndp->type,
				      .id = (uint16_t)(ndp->flags << 8)};
	struct option option = {.type = option_of(ndp->type), .length = 1};
	uint8_t *at = to + IRL_ICMP_HEADER;

	memcpy(at, ndp->target, sizeof(ndp->target));
	at += sizeof(struct body);
	if (ndp->has_mac) {
		memcpy(option.mac, ndp->mac, sizeof(option.mac));
		memcpy(at, &option, sizeof(option));
		at += sizeof(option);
	}
	irl_icmp6_write(to, &icmp, source, dest, to + IRL_ICMP_HEADER,
			(size_t)(at - to) - IRL_ICMP_HEADER);
	return (size_t)(at - to);
}
