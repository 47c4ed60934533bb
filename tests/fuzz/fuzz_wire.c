// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes as a frame: parsers, text and checksums stay inside them. */
#include <stdlib.h>
#include <irl/pool.h>
#include <irl/wrap.h>
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ndp.h"
#include "wire/tcp.h"
#include "wire/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_options(struct irl_bytes options)
{
	struct irl_tcp_seen seen;

	irl_tcp_see(options, &seen);
	check(seen.scale >= -1 && seen.scale <= 14);
	check(seen.sack_count <= IRL_TCP_SACK_BLOCKS);
	check(!irl_tcp_mss(options) || seen.mss);
}

static void parse_ipv4(struct irl_bytes in)
{
	const uint8_t *end = in.at + in.left;
	struct irl_icmp icmp;
	struct irl_ipv4 ip;
	struct irl_tcp tcp;
	struct irl_udp udp;
	struct irl_bytes rest;

	irl_ipv4_sound(in);
	if (!irl_ipv4_parse(&in, &ip))
		return;
	check(in.at + in.left <= end);
	check(ip.cut ||
	      in.left == (size_t)(ip.total_length - ip.header_length));
	rest = in;
	if (irl_tcp_parse(&rest, &tcp)) {
		check(rest.at == in.at + tcp.header_length);
		check_options(tcp.options);
	}
	rest = in;
	if (irl_udp_parse(&rest, &udp))
		check(rest.left <= in.left - IRL_UDP_HEADER);
	irl_icmp_sound(in);
	if (irl_icmp_parse(&in, &icmp) && irl_icmp_is_error(icmp.type))
		irl_ipv4_parse(&in, &ip);
}

/* What was understood, written and read again, says the same. */
static void check_ndp(const struct irl_ipv6 *ip, const struct irl_ndp *ndp)
{
	uint8_t again[IRL_NDP_MAX];
	struct irl_bytes in;
	struct irl_ndp read;

	check(ndp->target[0] != 0xff && ip->hop_limit == 255);
	in = irl_bytes(again, irl_ndp_write(again, ndp, ip->source, ip->dest));
	check(irl_ndp_parse(ip, &in, &read) && !in.left);
	check(read.type == ndp->type && read.has_mac == ndp->has_mac &&
	      (ndp->type == IRL_ICMP6_SOLICIT || read.flags == ndp->flags) &&
	      !memcmp(read.target, ndp->target, 16) &&
	      !memcmp(read.mac, ndp->mac, 6));
}

static void parse_ipv6(struct irl_bytes in)
{
	const uint8_t *end = in.at + in.left;
	struct irl_icmp icmp;
	struct irl_bytes rest;
	struct irl_ipv6 ip;
	struct irl_ndp ndp;
	bool sound;

	if (!irl_ipv6_parse(&in, &ip))
		return;
	check(in.at + in.left <= end);
	check(ip.cut || in.left <= ip.payload_length);
	sound = irl_icmp6_sound(&ip, in);
	rest = in;
	if (irl_ndp_parse(&ip, &rest, &ndp)) {
		check(sound && !rest.left && rest.at == in.at + in.left);
		check_ndp(&ip, &ndp);
	}
	if (irl_icmp_parse(&in, &icmp) && irl_icmp6_is_error(icmp.type))
		irl_ipv6_parse(&in, &ip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct irl_template template;
	uint8_t made[IRL_FRAME_MAX], *copy = malloc(size ? size : 1);
	struct irl_frame frame = {.data = made};
	struct irl_bytes in = irl_bytes(copy, size);
	struct irl_eth eth;
	struct irl_arp arp;
	char text[100];

	check(copy);
	memcpy(copy, data, size);
	if (irl_eth_parse(&in, &eth)) {
		struct irl_bytes rest = in;

		irl_arp_parse(&rest, &arp);
		parse_ipv4(in);
		parse_ipv6(in);
	}
	irl_frame_text(copy, (uint32_t)size, text, sizeof(text));
	irl_frame_text(copy, (uint32_t)size, text, 1);
	check(!text[0]);
	irl_checksum_fill(copy, size);
	check(irl_checksum_valid(copy, size));
	if (size <= IRL_FRAME_MAX &&
	    !irl_template_init(&template, copy, (uint32_t)size, NULL)) {
		/* What the update makes is what summing anew makes. */
		irl_template_make(&template, 0x0a0b0c0d, 4321, &frame);
		memcpy(copy, made, size);
		irl_checksum_fill(copy, size);
		check(!memcmp(copy, made, size));
	}
	free(copy);
	return 0;
}
