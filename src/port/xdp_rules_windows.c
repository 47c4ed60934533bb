// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "port/xdp_device.h"
#include "port/xdp_rules.h"
#include "wire/text.h"

static void put4(uint8_t *to, uint32_t addr)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(addr >> (24 - 8 * i));
}

static struct xdp_rule *add(struct xdp_rules *out, uint32_t match)
{
	struct xdp_rule *rule = &out->rule[out->count++];

	*rule = (struct xdp_rule){
	    .match = match,
	    .action = XDP_ACTION_REDIRECT,
	    .target.type = XDP_TARGET_XSK,
	};
	return rule;
}

static void add_prefix4(struct xdp_rules *out, const struct irl_prefix4 *own)
{
	struct xdp_rule *rule = add(out, XDP_MATCH_IPV4_DST_MASK);
	uint32_t host = (uint32_t)(0xffffffffull >> (own->length & 63));

	put4(rule->prefix.mask, ~host);
	put4(rule->prefix.address, own->addr & ~host);
}

static void add_prefix6(struct xdp_rules *out, const struct irl_prefix6 *own)
{
	struct xdp_rule *rule = add(out, XDP_MATCH_IPV6_DST_MASK);

	for (uint32_t i = 0; i < 16; i++) {
		uint32_t bits =
		    own->length < 8 * i + 8
			? own->length < 8 * i ? 0 : own->length - 8 * i
			: 8;

		rule->prefix.mask[i] = (uint8_t)(0xff00u >> bits);
		rule->prefix.address[i] =
		    own->addr.byte[i] & rule->prefix.mask[i];
	}
}

static void add_ports(struct xdp_rules *out, uint32_t match,
		      const uint8_t *address, unsigned bytes)
{
	struct xdp_rule *rule = add(out, match);

	memcpy(rule->ports.address, address, bytes);
	rule->ports.set = out->ports;
}

static void set_ports(struct xdp_rules *out, const struct irl_steer *steer)
{
	for (uint32_t port = steer->port_first; port <= steer->port_last;
	     port++) {
		/* bits are counted in network order */
		uint32_t n = (port & 255) << 8 | port >> 8;

		out->ports[n / 8] |= (uint8_t)(1u << n % 8);
	}
}

void xdp_rules_make(struct xdp_rules *out, const struct irl_steer *steer)
{
	uint8_t host[4];

	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < steer->own_count; i++)
		add_prefix4(out, &steer->own[i]);
	for (uint32_t i = 0; i < steer->own6_count; i++)
		add_prefix6(out, &steer->own6[i]);
	set_ports(out, steer);
	put4(host, steer->host_addr);
	if (steer->host_addr) {
		add_ports(out, XDP_MATCH_IPV4_TCP_PORT_SET, host, 4);
		add_ports(out, XDP_MATCH_IPV4_UDP_PORT_SET, host, 4);
	}
	if (!irl_ip_is_none(&steer->host_addr6)) {
		const uint8_t *host6 = steer->host_addr6.byte;

		add_ports(out, XDP_MATCH_IPV6_TCP_PORT_SET, host6, 16);
		add_ports(out, XDP_MATCH_IPV6_UDP_PORT_SET, host6, 16);
	}
}

void xdp_rules_aim(struct xdp_rules *rules, void *xsk)
{
	for (uint32_t i = 0; i < rules->count; i++)
		rules->rule[i].target.handle = xsk;
}

static int refuse(struct irl_error *err, const char *address,
		  const char *interface, const char *protocol)
{
	return irl_error_set(
	    err, IRL_ENOTSUP,
	    "%s is on the link of %s, where neighbours ask for it by %s, and "
	    "XDP for Windows has no rule for that: use the host's own address "
	    "(no --source-ip), one that is routed to this host, or --port "
	    "windows",
	    address, interface, protocol);
}

int xdp_rules_check(const struct irl_steer *steer, unsigned ifindex,
		    const char *interface, struct irl_error *err)
{
	char text[IRL_TEXT6];
	uint8_t own[4];

	for (uint32_t i = 0; i < steer->own_count; i++) {
		put4(own, steer->own[i].addr);
		if (xdp_is_on_link(ifindex, own, 4, steer->own[i].length))
			return refuse(err, irl_text4(steer->own[i].addr, text),
				      interface, "ARP");
	}
	for (uint32_t i = 0; i < steer->own6_count; i++)
		if (xdp_is_on_link(ifindex, steer->own6[i].addr.byte, 16,
				   steer->own6[i].length))
			return refuse(err,
				      irl_text6(steer->own6[i].addr.byte, text),
				      interface, "neighbour discovery");
	return 0;
}
