// SPDX-License-Identifier: BSD-2-Clause
/* Stateless SYNs of both families: what is made, and which answers are taken
 * for answers to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <irl/net.h>
#include "probe/probe.h"
#include "probe/syn.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"

#define NOW 77000000000u /* ns */
#define RTT 30000000u
#define SOURCE 0x0a000003u

static struct irl_ip ip(const char *text)
{
	struct irl_ip addr;

	assert_true(irl_ip_read(text, &addr));
	return addr;
}

static struct irl_syn syn_on(uint32_t mtu, enum irl_tcp_options options)
{
	const struct irl_probe_options o = {
	    .seed = 5,
	    .source_addr = SOURCE,
	    .source_count = 4,
	    .port_first = 40000,
	    .port_last = 40999,
	    .source_mac = {2, 0, 0, 0, 0, 1},
	    .gateway_mac = {2, 0, 0, 0, 0, 2},
	    .options = options,
	    .ttl = 9,
	    .mtu = mtu,
	};
	const struct irl_ip source6 = ip("fd00::3");
	struct irl_syn syn;

	irl_syn_init(&syn, &o, &source6);
	return syn;
}

static struct irl_syn syn_of(enum irl_tcp_options options)
{
	return syn_on(0, options);
}

/* ---- a SYN, read back ---------------------------------------------------- */

struct seen {
	struct irl_ip source, dest;
	uint8_t ttl;
	struct irl_tcp tcp;
};

static void read_syn(const uint8_t *frame, uint32_t length, struct seen *s)
{
	struct irl_bytes in = irl_bytes(frame, length);
	struct irl_ipv4 v4;
	struct irl_ipv6 v6;
	struct irl_eth eth;

	assert_true(irl_checksum_valid(frame, length));
	assert_true(irl_eth_parse(&in, &eth));
	assert_memory_equal(eth.dest, "\2\0\0\0\0\2", 6);
	assert_memory_equal(eth.source, "\2\0\0\0\0\1", 6);
	if (eth.type == IRL_ETH_IPV6) {
		assert_true(irl_ipv6_parse(&in, &v6));
		memcpy(s->source.byte, v6.source, 16);
		memcpy(s->dest.byte, v6.dest, 16);
		s->ttl = v6.hop_limit;
	} else {
		assert_int_equal(eth.type, IRL_ETH_IPV4);
		assert_true(irl_ipv4_parse(&in, &v4));
		assert_true(v4.dont_fragment);
		s->source = irl_ip4(v4.source);
		s->dest = irl_ip4(v4.dest);
		s->ttl = v4.ttl;
	}
	assert_true(irl_tcp_parse(&in, &s->tcp));
	assert_int_equal(in.left, 0);
}

/* ---- answers to it ------------------------------------------------------- */

/* A segment from the target back; its length. */
static uint32_t answer(const struct seen *s, uint8_t flags, uint32_t ack,
		       uint8_t frame[IRL_SYN_MAX])
{
	bool six = !irl_ip_is4(&s->dest);
	uint32_t header = six ? IRL_IPV6_HEADER : IRL_IPV4_HEADER;
	const struct irl_eth eth = {.type = six ? IRL_ETH_IPV6 : IRL_ETH_IPV4};
	const struct irl_tcp tcp = {.source = s->tcp.dest,
				    .dest = s->tcp.source,
				    .seq = 99,
				    .ack = ack,
				    .flags = flags};
	struct irl_ipv6 v6 = {.payload_length = IRL_TCP_HEADER,
			      .next_header = IRL_IPV6_TCP,
			      .hop_limit = 60};
	struct irl_ipv4 v4 = {.total_length = IRL_IPV4_HEADER + IRL_TCP_HEADER,
			      .ttl = 60,
			      .protocol = IRL_IPV4_TCP};

	irl_eth_write(frame, &eth);
	if (six) {
		memcpy(v6.source, s->dest.byte, 16);
		memcpy(v6.dest, s->source.byte, 16);
		irl_ipv6_write(frame + IRL_ETH_HEADER, &v6);
	} else {
		v4.source = irl_ip_addr4(&s->dest);
		v4.dest = irl_ip_addr4(&s->source);
		irl_ipv4_write(frame + IRL_ETH_HEADER, &v4);
	}
	irl_tcp_write_over(frame + IRL_ETH_HEADER + header, &tcp, 0, NULL, 0);
	return IRL_ETH_HEADER + header + IRL_TCP_HEADER;
}

/* An error by a router that quotes @quoted bytes of the packet. */
static uint32_t error(const struct seen *s, const uint8_t *syn, uint32_t quoted,
		      uint8_t *frame)
{
	bool six = !irl_ip_is4(&s->dest);
	struct irl_eth eth = {.type = six ? IRL_ETH_IPV6 : IRL_ETH_IPV4};
	struct irl_ipv6 v6 = {.payload_length =
				  (uint16_t)(IRL_ICMP_HEADER + quoted),
			      .next_header = IRL_IPV6_ICMP,
			      .hop_limit = 60};
	struct irl_ipv4 v4 = {
	    .total_length =
		(uint16_t)(IRL_IPV4_HEADER + IRL_ICMP_HEADER + quoted),
	    .source = 0x0a090909,
	    .dest = irl_ip_addr4(&s->source),
	    .ttl = 60,
	    .protocol = IRL_IPV4_ICMP};
	uint8_t *icmp =
	    frame + IRL_ETH_HEADER + (six ? IRL_IPV6_HEADER : IRL_IPV4_HEADER);

	memcpy(v6.source, ip("fd00::99").byte, 16);
	memcpy(v6.dest, s->source.byte, 16);
	irl_eth_write(frame, &eth);
	if (six)
		irl_ipv6_write(frame + IRL_ETH_HEADER, &v6);
	else
		irl_ipv4_write(frame + IRL_ETH_HEADER, &v4);
	memset(icmp, 0, IRL_ICMP_HEADER);
	icmp[0] = six ? IRL_ICMP6_UNREACHABLE : IRL_ICMP_UNREACHABLE;
	memcpy(icmp + IRL_ICMP_HEADER, syn + IRL_ETH_HEADER, quoted);
	return (uint32_t)(icmp - frame) + IRL_ICMP_HEADER + quoted;
}

static const char *const targets[] = {"10.1.2.3", "fd07::4", "192.0.2.255",
				      "2001:db8::ffff:1"};

/* ---- tests --------------------------------------------------------------- */

static void test_made(void **state)
{
	static const uint16_t bytes[][2] = {
	    {60, 74}, {60, 78}, {74, 94}, {66, 86}};
	struct irl_tcp_seen options;
	uint8_t frame[IRL_SYN_MAX];
	struct seen s;

	(void)state;
	for (unsigned kind = 0; kind < 4; kind++)
		for (unsigned i = 0; i < 4; i++) {
			struct irl_syn syn = syn_of((enum irl_tcp_options)kind);
			const struct irl_ip to = ip(targets[i]);
			uint32_t length = irl_syn_make(
			    &syn, &to, 443, irl_probe_time(NOW), frame);

			assert_int_equal(length, bytes[kind][i % 2]);
			read_syn(frame, length, &s);
			assert_true(irl_ip_equal(&s.dest, &to));
			assert_int_equal(s.ttl, 9);
			assert_int_equal(s.tcp.dest, 443);
			assert_int_equal(s.tcp.flags, IRL_TCP_SYN);
			assert_in_range(s.tcp.source, 40000, 40999);
			if (i % 2)
				assert_string_equal(
				    irl_ip_text(&s.source, (char[46]){0}),
				    "fd00::3");
			else
				assert_in_range(irl_ip_addr4(&s.source), SOURCE,
						SOURCE + 3);
			irl_tcp_see(s.tcp.options, &options);
			assert_int_equal(options.mss, !kind   ? 0
						      : i % 2 ? 1440
							      : 1460);
			assert_int_equal(options.timestamps, kind == 2);
			if (kind == 2)
				assert_int_equal(options.ts_value,
						 irl_probe_time(NOW) >> 5);
		}
}

/* Of a link that takes less, no longer segments are asked for (MUST-67). */
static void test_mss(void **state)
{
	struct irl_syn syn = syn_on(1280, IRL_TCP_OPTIONS_WINDOWS);
	struct irl_tcp_seen options;
	uint8_t frame[IRL_SYN_MAX];
	struct seen s;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		const struct irl_ip to = ip(targets[i]);

		read_syn(frame, irl_syn_make(&syn, &to, 443, 5, frame), &s);
		irl_tcp_see(s.tcp.options, &options);
		assert_int_equal(options.mss, i % 2 ? 1220 : 1240);
	}
}

static enum irl_probe_verdict check(const struct irl_syn *syn,
				    const uint8_t *frame, uint32_t length,
				    uint64_t now, struct irl_syn_hit *hit)
{
	return irl_syn_check(syn, frame, length, now, hit);
}

static void test_answers(void **state)
{
	const uint64_t later = NOW + RTT;
	struct irl_syn syn = syn_of(IRL_TCP_OPTIONS_LINUX);
	uint8_t sent[IRL_SYN_MAX], frame[IRL_SYN_MAX];
	struct irl_syn_hit hit;
	struct seen s;
	uint32_t n;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		const struct irl_ip to = ip(targets[i]);

		n = irl_syn_make(&syn, &to, 80, irl_probe_time(NOW), sent);
		read_syn(sent, n, &s);
		n = answer(&s, IRL_TCP_SYN | IRL_TCP_ACK, s.tcp.seq + 1, frame);
		assert_int_equal(check(&syn, frame, n, later, &hit),
				 IRL_ANSWER_SYNACK);
		assert_true(irl_ip_equal(&hit.addr, &to));
		assert_int_equal(hit.port, 80);
		assert_int_equal(hit.rtt_ticks,
				 irl_probe_time(later) - irl_probe_time(NOW));
		/* Cut anywhere it is no answer. */
		for (uint32_t cut = 0; cut < n; cut++)
			assert_true(check(&syn, frame, cut, later, &hit) >
					IRL_ANSWER_ICMP ||
				    cut < IRL_ETH_HEADER);
		/* Of another port, too old, too new, with another number. */
		frame[n - IRL_TCP_HEADER + 1] ^= 1;
		assert_int_equal(check(&syn, frame, n, later, &hit),
				 IRL_ANSWER_COOKIE);
		frame[n - IRL_TCP_HEADER + 1] ^= 1;
		assert_int_equal(
		    check(&syn, frame, n, NOW + 65000000000u, &hit),
		    IRL_ANSWER_COOKIE);
		assert_int_equal(check(&syn, frame, n, NOW - 1000000, &hit),
				 IRL_ANSWER_COOKIE);
		n = answer(&s, IRL_TCP_SYN | IRL_TCP_ACK,
			   s.tcp.seq + 1 + 0x10000000, frame);
		assert_int_equal(check(&syn, frame, n, later, &hit),
				 IRL_ANSWER_COOKIE);
		n = answer(&s, IRL_TCP_RST | IRL_TCP_ACK, s.tcp.seq + 1, frame);
		assert_int_equal(check(&syn, frame, n, later, &hit),
				 IRL_ANSWER_RST);
		n = answer(&s, IRL_TCP_ACK, s.tcp.seq + 1, frame);
		assert_int_equal(check(&syn, frame, n, later, &hit),
				 IRL_ANSWER_FLAGS);
		/* Another's key. */
		syn.key.key[0] ^= 1;
		n = answer(&s, IRL_TCP_SYN | IRL_TCP_ACK, s.tcp.seq + 1, frame);
		assert_int_equal(check(&syn, frame, n, later, &hit),
				 IRL_ANSWER_COOKIE);
		syn.key.key[0] ^= 1;
	}
}

static void test_errors(void **state)
{
	struct irl_syn syn = syn_of(IRL_TCP_OPTIONS_MSS);
	uint8_t sent[IRL_SYN_MAX], frame[256];
	struct irl_syn_hit hit;
	struct seen s;
	uint32_t n, least;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		const struct irl_ip to = ip(targets[i]);

		n = irl_syn_make(&syn, &to, 80, irl_probe_time(NOW), sent);
		read_syn(sent, n, &s);
		least = i % 2 ? IRL_IPV6_HEADER + 8 : IRL_IPV4_HEADER + 8;
		for (uint32_t quoted = 0; quoted <= n - IRL_ETH_HEADER;
		     quoted++) {
			enum irl_probe_verdict got =
			    check(&syn, frame, error(&s, sent, quoted, frame),
				  NOW + RTT, &hit);

			if (quoted < least) {
				assert_int_not_equal(got, IRL_ANSWER_ICMP);
				continue;
			}
			assert_int_equal(got, IRL_ANSWER_ICMP);
			assert_true(irl_ip_equal(&hit.addr, &to));
		}
		sent[IRL_ETH_HEADER + least - 4] ^= 64; /* its number */
		n = error(&s, sent, n - IRL_ETH_HEADER, frame);
		assert_int_equal(check(&syn, frame, n, NOW + RTT, &hit),
				 IRL_ANSWER_COOKIE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_made),
	    cmocka_unit_test(test_mss),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
