// SPDX-License-Identifier: BSD-2-Clause
/* The steering rule as a table: what is in a frame, and whose it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <irl/steer.h>
#include "octets.h"

#define HOST_ADDR 0x0a000001u /* 10.0.0.1 */
#define OWN_ADDR 0x0a010203u  /* in 10.1.2.0/24 */
#define OTHER_ADDR 0x0a000002u
#define PEER_ADDR 0x0a090909u

static const struct irl_steer steer = {
    .own = {{0x0a010200, 24}, {0x0a020000, 32}},
    .own_count = 2,
    .host_addr = HOST_ADDR,
    .port_first = 40000,
    .port_last = 49999,
};

struct packet {
	uint8_t bytes[128];
	uint32_t length;
};

/* An IPv4 header with @words 32-bit words at @p; returns its length. */
static uint32_t put_ip(uint8_t *p, uint32_t words, uint8_t protocol,
		       uint32_t source, uint32_t dest, uint32_t fragment)
{
	p[0] = (uint8_t)(0x40 | words);
	put16(p + 2, 64);
	put16(p + 6, fragment);
	p[8] = 64;
	p[9] = protocol;
	put32(p + 12, source);
	put32(p + 16, dest);
	return words * 4;
}

static struct packet segment(uint32_t dest, uint8_t protocol, uint32_t port,
			     uint32_t words, uint32_t fragment)
{
	struct packet p = {{0}, 80};
	uint32_t n;

	put16(p.bytes + 12, 0x0800);
	n = put_ip(p.bytes + 14, words, protocol, PEER_ADDR, dest, fragment);
	put16(p.bytes + 14 + n, 80);
	put16(p.bytes + 16 + n, port);
	return p;
}

static struct packet icmp(uint8_t type, uint32_t quoted_source,
			  uint8_t quoted_protocol, uint32_t quoted_port,
			  uint32_t words, uint32_t quoted_fragment)
{
	struct packet p = {{0}, 14 + 20 + 8 + words * 4 + 8};
	uint8_t *q = p.bytes + 14 + 20;
	uint32_t n;

	put16(p.bytes + 12, 0x0800);
	put_ip(p.bytes + 14, 5, 1, PEER_ADDR, HOST_ADDR, 0);
	q[0] = type;
	n = put_ip(q + 8, words, quoted_protocol, quoted_source, OTHER_ADDR,
		   quoted_fragment);
	put16(q + 8 + n, quoted_port);
	put16(q + 10 + n, 80);
	return p;
}

static struct packet arp(uint32_t target, uint32_t operation)
{
	struct packet p = {{0}, 60};
	uint8_t *a = p.bytes + 14;

	put16(p.bytes + 12, 0x0806);
	put32(a, 0x00010800);
	put16(a + 4, 0x0604);
	put16(a + 6, operation);
	put32(a + 14, PEER_ADDR);
	put32(a + 24, target);
	return p;
}

static struct packet tagged(struct packet p, uint32_t type)
{
	memmove(p.bytes + 16, p.bytes + 12, p.length - 12);
	put16(p.bytes + 12, type);
	put16(p.bytes + 14, 5);
	p.length += 4;
	return p;
}

/* One byte of @p changed. */
static struct packet with(struct packet p, uint32_t at, uint8_t value)
{
	p.bytes[at] = value;
	return p;
}

/* A copy of exactly the frame's length, so that sanitizers see any overrun. */
static enum irl_steer_verdict match(const struct irl_steer *s,
				    const uint8_t *bytes, uint32_t length)
{
	uint8_t *copy = malloc(length ? length : 1);
	enum irl_steer_verdict verdict;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	verdict = irl_steer_match(s, copy, length);
	free(copy);
	return verdict;
}

static void test_table(void **state)
{
	const struct {
		const char *what;
		struct packet packet;
		enum irl_steer_verdict verdict;
	} cases[] = {
#define OURS IRL_STEER_OURS
#define HOST IRL_STEER_HOST
	    {"TCP, first port", segment(HOST_ADDR, 6, 40000, 5, 0), OURS},
	    {"TCP, last port", segment(HOST_ADDR, 6, 49999, 5, 0), OURS},
	    {"TCP, below", segment(HOST_ADDR, 6, 39999, 5, 0), HOST},
	    {"TCP, above", segment(HOST_ADDR, 6, 50000, 5, 0), HOST},
	    {"UDP, our port", segment(HOST_ADDR, 17, 45000, 5, 0), OURS},
	    {"UDP, the host's", segment(HOST_ADDR, 17, 53, 5, 0), HOST},
	    {"SCTP has no say", segment(HOST_ADDR, 132, 45000, 5, 0), HOST},
	    {"other address", segment(OTHER_ADDR, 6, 45000, 5, 0), HOST},
	    {"IP options", segment(HOST_ADDR, 6, 45000, 15, 0), OURS},
	    {"IP options, host's", segment(HOST_ADDR, 6, 22, 15, 0), HOST},
	    {"header too short", segment(HOST_ADDR, 6, 45000, 4, 0), HOST},
	    {"DF", segment(HOST_ADDR, 6, 45000, 5, 0x4000), OURS},
	    {"first fragment", segment(HOST_ADDR, 6, 45000, 5, 0x2000), HOST},
	    {"middle fragment", segment(HOST_ADDR, 6, 45000, 5, 0x2001), HOST},
	    {"last fragment", segment(HOST_ADDR, 6, 45000, 5, 0x0010), HOST},
	    {"IP version 6 inside",
	     with(segment(HOST_ADDR, 6, 45000, 5, 0), 14, 0x65), HOST},
	    {"own address, TCP", segment(OWN_ADDR, 6, 22, 5, 0), OURS},
	    {"own address, GRE", segment(OWN_ADDR, 47, 0, 5, 0), OURS},
	    {"own address, echo", segment(OWN_ADDR, 1, 0, 5, 0), OURS},
	    {"own address, fragment", segment(OWN_ADDR, 6, 1, 5, 0x2010), OURS},
	    {"own, first of prefix", segment(0x0a010200, 6, 1, 5, 0), OURS},
	    {"own, last of prefix", segment(0x0a0102ff, 6, 1, 5, 0), OURS},
	    {"before the prefix", segment(0x0a0101ff, 6, 1, 5, 0), HOST},
	    {"behind the prefix", segment(0x0a010300, 6, 1, 5, 0), HOST},
	    {"own /32", segment(0x0a020000, 6, 1, 5, 0), OURS},
	    {"beside the /32", segment(0x0a020001, 6, 1, 5, 0), HOST},
	    {"unreachable", icmp(3, HOST_ADDR, 6, 45000, 5, 0x4000), OURS},
	    {"source quench", icmp(4, HOST_ADDR, 6, 45000, 5, 0), OURS},
	    {"redirect", icmp(5, HOST_ADDR, 6, 45000, 5, 0), OURS},
	    {"time exceeded", icmp(11, HOST_ADDR, 17, 45000, 5, 0), OURS},
	    {"parameter problem", icmp(12, HOST_ADDR, 6, 45000, 5, 0), OURS},
	    {"quoted options", icmp(3, HOST_ADDR, 6, 45000, 15, 0), OURS},
	    {"quoted first fragment", icmp(3, HOST_ADDR, 6, 45000, 5, 0x2000),
	     OURS},
	    {"quoted later one", icmp(3, HOST_ADDR, 6, 45000, 5, 1), HOST},
	    {"quotes the host's port", icmp(3, HOST_ADDR, 6, 22, 5, 0), HOST},
	    {"quotes another source", icmp(3, OTHER_ADDR, 6, 45000, 5, 0),
	     HOST},
	    {"quotes ICMP", icmp(3, HOST_ADDR, 1, 45000, 5, 0), HOST},
	    {"quoted header short", icmp(3, HOST_ADDR, 6, 45000, 4, 0), HOST},
	    {"echo request", icmp(8, HOST_ADDR, 6, 45000, 5, 0), HOST},
	    {"echo reply", icmp(0, HOST_ADDR, 6, 45000, 5, 0), HOST},
	    {"ARP request, own", arp(OWN_ADDR, 1), OURS},
	    {"ARP reply, own", arp(OWN_ADDR, 2), OURS},
	    {"ARP, host's", arp(HOST_ADDR, 1), HOST},
	    {"ARP, other's", arp(OTHER_ADDR, 1), HOST},
	    {"ARP, not Ethernet", with(arp(OWN_ADDR, 1), 15, 6), HOST},
	    {"ARP, lengths lie", with(arp(OWN_ADDR, 1), 18, 8), HOST},
	    {"VLAN, our port",
	     tagged(segment(HOST_ADDR, 6, 45000, 5, 0), 0x8100), HOST},
	    {"VLAN, own", tagged(segment(OWN_ADDR, 6, 1, 5, 0), 0x8100), HOST},
	    {"QinQ", tagged(segment(OWN_ADDR, 6, 1, 5, 0), 0x88a8), HOST},
	    {"VLAN, ARP", tagged(arp(OWN_ADDR, 1), 0x8100), HOST},
	    {"IPv6", with(segment(OWN_ADDR, 6, 1, 5, 0), 12, 0x86), HOST},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (match(&steer, cases[i].packet.bytes,
			  cases[i].packet.length) != cases[i].verdict)
			fail_msg("%s", cases[i].what);
}

/* Every prefix of a frame: ours only once what decides is all there. */
static void check_prefixes(struct packet p, uint32_t needed)
{
	for (uint32_t n = 0; n <= p.length; n++)
		assert_int_equal(match(&steer, p.bytes, n),
				 n >= needed ? OURS : HOST);
}

static void test_truncated(void **state)
{
	(void)state;
	check_prefixes(segment(HOST_ADDR, 6, 45000, 5, 0), 14 + 20 + 4);
	check_prefixes(segment(HOST_ADDR, 17, 45000, 15, 0), 14 + 60 + 4);
	check_prefixes(segment(OWN_ADDR, 6, 1, 5, 0), 14 + 20);
	check_prefixes(arp(OWN_ADDR, 1), 14 + 28);
	check_prefixes(icmp(3, HOST_ADDR, 6, 45000, 5, 0), 14 + 28 + 20 + 2);
	check_prefixes(icmp(3, HOST_ADDR, 6, 45000, 15, 0), 14 + 28 + 60 + 2);
}

static void test_configurations(void **state)
{
	struct packet to_zero = segment(0, 6, 0, 5, 0);
	struct packet to_host = segment(HOST_ADDR, 6, 45000, 5, 0);
	struct packet to_own = segment(OWN_ADDR, 6, 1, 5, 0);
	struct irl_steer s = {0};

	(void)state;
	/* Nothing configured: all is the host's, address 0 too. */
	assert_int_equal(match(&s, to_zero.bytes, to_zero.length), HOST);
	assert_int_equal(match(&s, to_host.bytes, to_host.length), HOST);
	/* A /0 owns everything. */
	s.own_count = 1;
	assert_int_equal(match(&s, to_host.bytes, to_host.length), OURS);
	/* The last of all prefixes counts; a count beyond them does no harm. */
	memset(s.own, 0, sizeof(s.own));
	for (unsigned i = 0; i < IRL_STEER_PREFIXES; i++)
		s.own[i].length = 32;
	s.own_count = UINT32_MAX;
	assert_int_equal(match(&s, to_own.bytes, to_own.length), HOST);
	s.own[IRL_STEER_PREFIXES - 1] = (struct irl_prefix4){OWN_ADDR, 32};
	assert_int_equal(match(&s, to_own.bytes, to_own.length), OURS);
	s.own_count = IRL_STEER_PREFIXES - 1;
	assert_int_equal(match(&s, to_own.bytes, to_own.length), HOST);
}

/* Parts are without gap or overlap, and the queue of each port is its part's.
 */
static void check_parts(const struct irl_steer *s, unsigned queues)
{
	uint32_t first = s->port_first,
		 last = s->port_last ? s->port_last : 65535;
	uint32_t next = first, least = ~0u, most = 0;

	for (unsigned q = 0; q < queues; q++) {
		uint16_t from, to;

		if (!irl_steer_ports(s, queues, q, &from, &to)) {
			least = 0;
			continue;
		}
		assert_int_equal(from, next);
		next = to + 1u;
		least = next - from < least ? next - from : least;
		most = next - from > most ? next - from : most;
		for (uint32_t port = from; port <= to; port++) {
			struct packet p = segment(OWN_ADDR, 6, port, 5, 0);

			assert_int_equal(
			    irl_steer_queue(s, queues, p.bytes, p.length), q);
		}
	}
	assert_int_equal(next, last + 1);
	assert_true(most - least <= 1);
	if (first) {
		struct packet p = segment(OWN_ADDR, 6, first - 1, 5, 0);

		assert_int_equal(irl_steer_queue(s, queues, p.bytes, p.length),
				 0);
	}
}

static void test_parts(void **state)
{
	static const uint16_t ranges[][2] = {{0, 0}, {1, 65535}, {32768, 61000},
					     {7, 9}, {5, 5},     {100, 107}};

	(void)state;
	/* an error's port is that of the packet it quotes, whoever sent it */
	for (unsigned type = 0; type < 16; type++) {
		bool error = type == 3 || type == 4 || type == 5 ||
			     type == 11 || type == 12;
		struct packet p =
		    icmp((uint8_t)type, OWN_ADDR, 17, 47500, 6, 0);

		assert_int_equal(irl_steer_queue(&steer, 4, p.bytes, p.length),
				 error ? 3 : 0);
	}
	for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		for (unsigned queues = 1; queues <= 8; queues++)
			check_parts(
			    &(struct irl_steer){.port_first = ranges[i][0],
						.port_last = ranges[i][1]},
			    queues);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_configurations),
	    cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
