// SPDX-License-Identifier: BSD-2-Clause
/* The steering rule for IPv6, as a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <irl/steer.h>
#include "octets.h"

#define OURS IRL_STEER_OURS
#define HOST IRL_STEER_HOST

/* 16 bytes: the first four and the last four; zeros between. */
struct addr {
	uint32_t first, last;
};
static const struct addr host = {0xfd000000, 1}, other = {0xfd000000, 2},
			 peer = {0xfd090909, 9}, nobody = {0, 0},
			 own = {0xfd010000, 0xabcdef}, /* of a /127 */
    own_other = {0xfd010000, 0xabcdee}, below = {0xfd010000, 0xabcded},
			 above = {0xfd010000, 0xabcdf0},
			 wide = {0xfd0200ff, 77}, /* of a /24 */
    beside_wide = {0xfd030000, 77}, all_nodes = {0xff020000, 1};

static void put_addr(uint8_t *p, struct addr a)
{
	put32(p, a.first);
	put32(p + 12, a.last);
}

static struct irl_steer rule(void)
{
	struct irl_steer s = {.port_first = 40000, .port_last = 49999};

	put_addr(s.host_addr6.byte, host);
	s.own6_count = 2;
	put_addr(s.own6[0].addr.byte, own_other);
	s.own6[0].length = 127;
	put_addr(s.own6[1].addr.byte, (struct addr){0xfd020000, 0});
	s.own6[1].length = 24;
	return s;
}

struct packet {
	uint8_t bytes[200];
	uint32_t length;
};

static void put_ip(uint8_t *p, uint8_t next, struct addr source,
		   struct addr dest)
{
	p[0] = 0x60;
	put16(p + 4, 64);
	p[6] = next;
	p[7] = 64;
	put_addr(p + 8, source);
	put_addr(p + 24, dest);
}

static struct packet segment(struct addr dest, uint8_t protocol, uint32_t port)
{
	struct packet p = {{0}, 14 + 40 + 20};

	put16(p.bytes + 12, 0x86dd);
	put_ip(p.bytes + 14, protocol, peer, dest);
	put16(p.bytes + 54, 80);
	put16(p.bytes + 56, port);
	return p;
}

/* An extension header of 8 * (@words + 1) bytes before what there is. */
static struct packet behind(struct packet p, uint8_t type, uint32_t words)
{
	uint32_t n = (words + 1) * 8;

	memmove(p.bytes + 54 + n, p.bytes + 54, p.length - 54);
	memset(p.bytes + 54, 0, n);
	p.bytes[54] = p.bytes[20];
	p.bytes[55] = (uint8_t)words;
	p.bytes[20] = type;
	p.length += n;
	return p;
}

static struct packet icmp(uint8_t type, struct addr source, uint8_t protocol,
			  uint32_t port)
{
	struct packet p = segment(host, 58, 0);
	uint8_t *q = p.bytes + 54;

	memset(q, 0, 8);
	q[0] = type;
	put_ip(q + 8, protocol, source, peer);
	put16(q + 48, port);
	put16(q + 50, 80);
	p.length = 14 + 40 + 8 + 40 + 8;
	return p;
}

/* A solicitation or what else is of @type, to the group of @group. */
static struct packet ask(uint8_t type, struct addr target, struct addr group)
{
	struct packet p =
	    segment((struct addr){0xff020000, 0xff000000 | group.last}, 58, 0);

	p.bytes[14 + 24 + 11] = 1;
	p.bytes[21] = 255;
	memset(p.bytes + 54, 0, 8);
	p.bytes[54] = type;
	put_addr(p.bytes + 62, target);
	p.length = 54 + 24;
	return p;
}

static struct packet to(struct packet p, struct addr dest)
{
	memset(p.bytes + 38, 0, 16);
	put_addr(p.bytes + 38, dest);
	return p;
}

static struct packet with(struct packet p, uint32_t at, uint8_t value)
{
	p.bytes[at] = value;
	return p;
}

static struct packet tagged(struct packet p)
{
	memmove(p.bytes + 16, p.bytes + 12, p.length - 12);
	put16(p.bytes + 12, 0x8100);
	put16(p.bytes + 14, 5);
	p.length += 4;
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
	const struct irl_steer steer = rule();
	const struct packet ours = segment(host, 6, 45000);
	const struct {
		const char *what;
		struct packet packet;
		enum irl_steer_verdict verdict;
	} cases[] = {
	    {"TCP, first port", segment(host, 6, 40000), OURS},
	    {"TCP, last port", segment(host, 6, 49999), OURS},
	    {"TCP, below", segment(host, 6, 39999), HOST},
	    {"TCP, above", segment(host, 6, 50000), HOST},
	    {"UDP, our port", segment(host, 17, 45000), OURS},
	    {"UDP, the host's", segment(host, 17, 53), HOST},
	    {"SCTP has no say", segment(host, 132, 45000), HOST},
	    {"no next header", segment(host, 59, 45000), HOST},
	    {"other address", segment(other, 6, 45000), HOST},
	    {"unspecified", segment(nobody, 6, 45000), HOST},
	    {"one bit of the address",
	     with(segment(host, 6, 45000), 14 + 24 + 8, 1), HOST},
	    {"IP version 4 inside", with(ours, 14, 0x40), HOST},
	    {"hop-by-hop options", behind(ours, 0, 0), OURS},
	    {"destination options", behind(ours, 60, 0), OURS},
	    {"longer options", behind(ours, 60, 3), OURS},
	    {"both", behind(behind(ours, 60, 1), 0, 1), OURS},
	    {"both, host's port",
	     behind(behind(segment(host, 6, 22), 60, 1), 0, 1), HOST},
	    {"three", behind(behind(behind(ours, 60, 0), 60, 0), 0, 0), HOST},
	    {"routing", behind(ours, 43, 0), HOST},
	    {"fragment", behind(ours, 44, 0), HOST},
	    {"first fragment", with(behind(ours, 44, 0), 57, 1), HOST},
	    {"options, fragment", behind(behind(ours, 44, 0), 0, 0), HOST},
	    {"own address, TCP", segment(own, 6, 22), OURS},
	    {"own address, GRE", segment(own, 47, 0), OURS},
	    {"own address, fragment", behind(segment(own, 6, 1), 44, 0), OURS},
	    {"own address, advertisement", to(ask(136, own, own), own), OURS},
	    {"own address, asked for another", to(ask(135, host, own), own),
	     OURS},
	    {"own, first of prefix", segment(own_other, 6, 1), OURS},
	    {"before the prefix", segment(below, 6, 1), HOST},
	    {"behind the prefix", segment(above, 6, 1), HOST},
	    {"own /24", segment(wide, 6, 1), OURS},
	    {"beside the /24", segment(beside_wide, 6, 1), HOST},
	    {"unreachable", icmp(1, host, 6, 45000), OURS},
	    {"too big", icmp(2, host, 6, 45000), OURS},
	    {"time exceeded", icmp(3, host, 17, 45000), OURS},
	    {"parameter problem", icmp(4, host, 6, 45000), OURS},
	    {"error, options", behind(icmp(2, host, 6, 45000), 0, 0), OURS},
	    {"type 0", icmp(0, host, 6, 45000), HOST},
	    {"type 5", icmp(5, host, 6, 45000), HOST},
	    {"echo request", icmp(128, host, 6, 45000), HOST},
	    {"echo reply", icmp(129, host, 6, 45000), HOST},
	    {"quotes the host's port", icmp(2, host, 6, 22), HOST},
	    {"quotes another source", icmp(2, other, 6, 45000), HOST},
	    {"quotes ICMP", icmp(2, host, 58, 45000), HOST},
	    {"quotes a fragment", icmp(2, host, 44, 45000), HOST},
	    {"quotes IPv4", with(icmp(2, host, 6, 45000), 62, 0x45), HOST},
	    {"asked for, own", ask(135, own, own), OURS},
	    {"asked for, of a /24", ask(135, wide, wide), OURS},
	    {"asked for, host's", ask(135, host, host), HOST},
	    {"asked for, other's", ask(135, other, other), HOST},
	    {"own, of another group", ask(135, own, own_other), HOST},
	    {"own, of all nodes", to(ask(135, own, own), all_nodes), HOST},
	    {"own, group of the link's scope only",
	     with(ask(135, own, own), 39, 5), HOST},
	    {"group, not one of its addresses",
	     with(ask(135, own, own), 39 + 10, 0), HOST},
	    {"own, advertised to all nodes", to(ask(136, own, own), all_nodes),
	     OURS},
	    {"own, advertised to all of the interface",
	     with(to(ask(136, own, own), all_nodes), 39, 1), HOST},
	    {"own, advertised to all routers",
	     with(to(ask(136, own, own), all_nodes), 53, 2), HOST},
	    {"host's, advertised to all nodes",
	     to(ask(136, host, host), all_nodes), HOST},
	    {"own, redirect to group 0",
	     with(to(ask(137, own, own), all_nodes), 53, 0), HOST},
	    {"own, redirect to all nodes", to(ask(137, own, own), all_nodes),
	     HOST},
	    {"own, advertised to a group", ask(136, own, own), HOST},
	    {"own, redirect to a group", ask(137, own, own), HOST},
	    {"asked for behind options", behind(ask(135, own, own), 0, 0),
	     HOST},
	    {"group, no ICMPv6", with(ask(135, own, own), 20, 6), HOST},
	    {"VLAN, our port", tagged(ours), HOST},
	    {"VLAN, own", tagged(segment(own, 6, 1)), HOST},
	    {"IPv4's type", with(with(ours, 12, 8), 13, 0), HOST},
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
	const struct irl_steer steer = rule();

	for (uint32_t n = 0; n <= p.length; n++)
		assert_int_equal(match(&steer, p.bytes, n),
				 n >= needed ? OURS : HOST);
}

static void test_truncated(void **state)
{
	(void)state;
	check_prefixes(segment(host, 6, 45000), 54 + 4);
	check_prefixes(behind(segment(host, 17, 45000), 0, 0), 54 + 8 + 4);
	check_prefixes(behind(behind(segment(host, 6, 45000), 60, 2), 0, 1),
		       54 + 24 + 16 + 4);
	check_prefixes(segment(own, 6, 1), 54);
	check_prefixes(icmp(2, host, 6, 45000), 54 + 8 + 40 + 2);
	check_prefixes(ask(135, own, own), 54 + 24);
	check_prefixes(to(ask(136, own, own), all_nodes), 54 + 24);
}

static void test_configurations(void **state)
{
	struct packet to_nobody = segment(nobody, 6, 0);
	struct packet to_host = segment(host, 6, 45000);
	struct packet to_own = segment(own, 6, 1);
	struct packet to_all = ask(135, all_nodes, all_nodes);
	struct irl_steer s = {.host_addr = 0x0a000001, .own_count = 1};

	(void)state;
	/* All of IPv4, but nothing of IPv6. */
	assert_int_equal(match(&s, to_nobody.bytes, to_nobody.length), HOST);
	assert_int_equal(match(&s, to_host.bytes, to_host.length), HOST);
	/* A ::/0 owns everything but multicast. */
	s.own6_count = 1;
	assert_int_equal(match(&s, to_host.bytes, to_host.length), OURS);
	to_all = to(to_all, all_nodes);
	assert_int_equal(match(&s, to_all.bytes, to_all.length), HOST);
	/* The last of all prefixes counts; a count beyond them does no harm. */
	for (unsigned i = 0; i < IRL_STEER_PREFIXES6; i++)
		s.own6[i].length = 128;
	s.own6_count = UINT32_MAX;
	assert_int_equal(match(&s, to_own.bytes, to_own.length), HOST);
	put_addr(s.own6[IRL_STEER_PREFIXES6 - 1].addr.byte, own);
	assert_int_equal(match(&s, to_own.bytes, to_own.length), OURS);
	s.own6_count = IRL_STEER_PREFIXES6 - 1;
	assert_int_equal(match(&s, to_own.bytes, to_own.length), HOST);
}

/* Each bit of an address counts, up to the prefix's length. */
static void test_lengths(void **state)
{
	struct irl_steer s = {.own6_count = 1};

	(void)state;
	put_addr(s.own6[0].addr.byte, own);
	for (uint32_t length = 0; length <= 128; length++) {
		s.own6[0].length = length;
		for (uint32_t bit = 8; bit < 128; bit++) {
			struct packet p = segment(own, 6, 1);

			p.bytes[38 + bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			assert_int_equal(match(&s, p.bytes, p.length),
					 bit >= length ? OURS : HOST);
		}
	}
}

/* A frame's queue is that of its port, wherever this stands. */
static void test_parts(void **state)
{
	const struct irl_steer s = {.port_first = 40000, .port_last = 49999};
	const struct packet tcp = segment(own, 6, 47500);
	const struct {
		struct packet packet;
		unsigned queue;
	} cases[] = {
	    {tcp, 3},
	    {segment(host, 17, 40000), 0},
	    {segment(host, 17, 42500), 1},
	    {segment(own, 6, 39999), 0},
	    {segment(own, 47, 47500), 0},
	    {behind(tcp, 60, 1), 3},
	    {behind(behind(tcp, 60, 4), 0, 2), 3},
	    {behind(behind(behind(tcp, 60, 0), 60, 0), 0, 0), 0},
	    {behind(tcp, 44, 0), 0},
	    {icmp(1, own, 6, 45000), 2},
	    {icmp(4, nobody, 17, 45000), 2},
	    {behind(icmp(2, own, 6, 45000), 0, 0), 2},
	    {icmp(0, own, 6, 45000), 0},
	    {icmp(5, own, 6, 45000), 0},
	    {icmp(2, own, 58, 45000), 0},
	    {ask(135, own, own), 0},
	    {with(tcp, 14, 0x45), 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(irl_steer_queue(&s, 4, cases[i].packet.bytes,
						 cases[i].packet.length),
				 cases[i].queue);
	for (uint32_t n = 0; n <= tcp.length; n++)
		assert_int_equal(irl_steer_queue(&s, 4, tcp.bytes, n),
				 n >= 58 ? 3 : 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_configurations),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
