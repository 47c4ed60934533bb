// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stdio.h>
#include <irl/error.h>
#include <irl/wrap.h>
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/text.h"
#include "wire/udp.h"

/* Text that is cut when its room is used up. */
struct text {
	char *to;
	size_t left;
};

static void say(struct text *t, const char *format, ...) IRL_PRINTF(2, 3);

static void say(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->to, t->left, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= t->left)
		n = t->left ? (int)t->left - 1 : 0;
	t->to += n;
	t->left -= (size_t)n;
}

static void say_addr(struct text *t, uint32_t addr)
{
	say(t, "%u.%u.%u.%u", addr >> 24, addr >> 16 & 255, addr >> 8 & 255,
	    addr & 255);
}

static void say_mac(struct text *t, const uint8_t mac[6])
{
	char text[IRL_TEXT_MAC];

	say(t, "%s", irl_text_mac(mac, text));
}

static void say_pair(struct text *t, const char *what,
		     const struct irl_ipv4 *ip, uint16_t source, uint16_t dest)
{
	say(t, "%s ", what);
	say_addr(t, ip->source);
	say(t, ":%u > ", source);
	say_addr(t, ip->dest);
	say(t, ":%u", dest);
}

static void say_tcp(struct text *t, const struct irl_ipv4 *ip,
		    const struct irl_tcp *tcp, size_t data)
{
	static const char *const name[] = {"FIN", "SYN", "RST", "PSH",
					   "ACK", "URG", "ECE", "CWR"};
	const char *before = " ";

	say_pair(t, "tcp", ip, tcp->source, tcp->dest);
	for (unsigned i = 0; i < 8; i++)
		if (tcp->flags & 1u << i) {
			say(t, "%s%s", before, name[i]);
			before = ",";
		}
	say(t, " seq %u ack %u win %u len %zu", tcp->seq, tcp->ack, tcp->window,
	    data);
}

static void say_ipv4(struct text *t, struct irl_bytes in, bool quoted);

static void say_icmp(struct text *t, const struct irl_ipv4 *ip,
		     const struct irl_icmp *icmp, struct irl_bytes rest)
{
	say(t, "icmp ");
	say_addr(t, ip->source);
	say(t, " > ");
	say_addr(t, ip->dest);
	if (icmp->type == IRL_ICMP_ECHO || icmp->type == IRL_ICMP_ECHO_REPLY)
		say(t, " echo %s id %u seq %u",
		    icmp->type == IRL_ICMP_ECHO ? "request" : "reply", icmp->id,
		    icmp->sequence);
	else
		say(t, " type %u code %u", icmp->type, icmp->code);
	if (irl_icmp_is_error(icmp->type)) {
		say(t, " of [");
		say_ipv4(t, rest, true);
		say(t, "]");
	}
}

/* @quoted: in an ICMP error, where 8 bytes of payload may be all there is. */
static void say_ipv4(struct text *t, struct irl_bytes in, bool quoted)
{
	struct irl_ipv4 ip;
	struct irl_icmp icmp;
	struct irl_tcp tcp;
	struct irl_udp udp;

	if (!irl_ipv4_parse(&in, &ip)) {
		say(t, "ip, malformed");
		return;
	}
	if (ip.fragment_offset == 0) {
		if (ip.protocol == IRL_IPV4_TCP && irl_tcp_parse(&in, &tcp)) {
			say_tcp(t, &ip, &tcp, in.left);
			return;
		}
		if (ip.protocol == IRL_IPV4_UDP && irl_udp_parse(&in, &udp)) {
			say_pair(t, "udp", &ip, udp.source, udp.dest);
			say(t, " len %u", udp.length - IRL_UDP_HEADER);
			return;
		}
		if (!quoted && ip.protocol == IRL_IPV4_ICMP &&
		    irl_icmp_parse(&in, &icmp)) {
			say_icmp(t, &ip, &icmp, in);
			return;
		}
	}
	say(t, "ip ");
	say_addr(t, ip.source);
	say(t, " > ");
	say_addr(t, ip.dest);
	say(t, " protocol %u", ip.protocol);
	if (ip.fragment_offset || ip.more_fragments)
		say(t, " fragment at %u", ip.fragment_offset);
	say(t, " len %zu%s", in.left, ip.cut ? ", cut" : "");
}

static void say_arp(struct text *t, struct irl_bytes in)
{
	struct irl_arp arp;

	if (!irl_arp_parse(&in, &arp)) {
		say(t, "arp, malformed");
	} else if (arp.operation == IRL_ARP_REQUEST) {
		say(t, "arp who-has ");
		say_addr(t, arp.target);
		say(t, " tell ");
		say_addr(t, arp.sender);
	} else {
		say(t, "arp ");
		say_addr(t, arp.sender);
		say(t, " is-at ");
		say_mac(t, arp.sender_mac);
	}
}

void irl_frame_text(const void *frame, uint32_t length, char *to, size_t size)
{
	struct text t = {to, size};
	struct irl_bytes in = irl_bytes(frame, length);
	struct irl_eth eth;

	if (size)
		*to = '\0';
	if (!irl_eth_parse(&in, &eth)) {
		say(&t, "cut at %u bytes", length);
	} else if (eth.type == IRL_ETH_IPV4) {
		say_ipv4(&t, in, false);
	} else if (eth.type == IRL_ETH_ARP) {
		say_arp(&t, in);
	} else {
		say_mac(&t, eth.source);
		say(&t, " > ");
		say_mac(&t, eth.dest);
		say(&t, " type 0x%04x", eth.type);
	}
}
