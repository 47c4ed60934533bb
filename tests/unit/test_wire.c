// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

/* The plain reading of RFC 1071, to hold the fast one to. */
static uint16_t slow_checksum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	if (n % 2)
		sum += (uint32_t)p[n - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void fill(uint8_t *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1103515245 + 12345;
		p[i] = (uint8_t)(seed >> 16);
	}
}

static void checksum_of_the_rfc(void **state)
{
	/* RFC 1071, 3: 0001 f203 f4f5 f6f7 sums to ddf2 */
	static const uint8_t data[] = {0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(irl_checksum_finish(irl_checksum_add(0, data, 8)),
			 (uint16_t)~0xddf2);
}

static void checksum_of_any_length(void **state)
{
	uint8_t data[1601];

	(void)state;
	for (unsigned n = 0; n <= 1600; n++) {
		fill(data, n + 1, n);
		assert_int_equal(
		    irl_checksum_finish(irl_checksum_add(0, data + 1, n)),
		    slow_checksum(data + 1, n));
	}
	memset(data, 0xff, sizeof(data));
	assert_int_equal(irl_checksum_finish(irl_checksum_add(0, data, 1600)),
			 0);
}

static void checksum_updated(void **state)
{
	/* RFC 1624, 4: 5555 becomes 3285, dd2f becomes 0000 (not ffff) */
	uint8_t data[40];

	(void)state;
	assert_int_equal(irl_checksum_update(0xdd2f, 0x5555, 0x3285), 0x0000);
	for (unsigned i = 0; i < 10000; i++) {
		uint16_t sum;
		uint32_t before, after;

		fill(data, sizeof(data), i);
		sum = slow_checksum(data, sizeof(data));
		before = irl_host32(*(irl_be32 *)(data + 8));
		after = before * 2654435761u + i;
		*(irl_be32 *)(data + 8) = irl_wire32(after);
		assert_int_equal(irl_checksum_update32(sum, before, after),
				 slow_checksum(data, sizeof(data)));
	}
}

/* A real ICMP echo request as captured; checksums by another stack. */
static const uint8_t echo[] = {
    0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00,
    0x01, 0x08, 0x00, 0x45, 0x00, 0x00, 0x1c, 0x00, 0x01, 0x00, 0x00,
    0x40, 0x01, 0x66, 0xde, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00,
    0x02, 0x08, 0x00, 0xf7, 0xfe, 0x00, 0x00, 0x00, 0x01,
};

static void parses_a_packet(void **state)
{
	struct irl_bytes in = irl_bytes(echo, sizeof(echo));
	struct irl_icmp icmp;
	struct irl_ipv4 ip;
	struct irl_eth eth;

	(void)state;
	assert_true(irl_checksum_valid(echo, sizeof(echo)));
	assert_true(irl_eth_parse(&in, &eth));
	assert_int_equal(eth.type, IRL_ETH_IPV4);
	assert_int_equal(eth.dest[5], 2);
	assert_true(irl_ipv4_sound(in));
	assert_true(irl_ipv4_parse(&in, &ip));
	assert_int_equal(ip.source, 0x0a000001);
	assert_int_equal(ip.dest, 0x0a000002);
	assert_int_equal(ip.ttl, 64);
	assert_false(ip.cut);
	assert_true(irl_icmp_sound(in));
	assert_true(irl_icmp_parse(&in, &icmp));
	assert_int_equal(icmp.type, IRL_ICMP_ECHO);
	assert_int_equal(icmp.sequence, 1);
	assert_int_equal(in.left, 0);
}

/* A TCP segment with options and data; returns its frame's length. */
static uint32_t make_tcp(uint8_t *to, size_t data)
{
	static const uint8_t options[] = {1, 1, 2, 4, 0x05, 0xb4, 0, 0};
	struct irl_eth eth = {
	    {2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 0, 1}, IRL_ETH_IPV4};
	struct irl_ipv4 ip = {.source = 0x0a000001,
			      .dest = 0x0a000002,
			      .total_length = (uint16_t)(48 + data),
			      .id = 77,
			      .ttl = 9,
			      .protocol = IRL_IPV4_TCP,
			      .dont_fragment = true};
	struct irl_tcp tcp = {.source = 40000,
			      .dest = 80,
			      .seq = 0xfffffff0,
			      .ack = 5,
			      .flags = IRL_TCP_SYN | IRL_TCP_ACK,
			      .window = 65535,
			      .options = irl_bytes(options, sizeof(options))};

	fill(to + 62, data, (unsigned)data);
	irl_eth_write(to, &eth);
	irl_ipv4_write(to + 14, &ip);
	assert_int_equal(
	    irl_tcp_write(to + 34, &tcp, ip.source, ip.dest, to + 62, data),
	    28);
	return (uint32_t)(62 + data);
}

static void writes_what_it_parses(void **state)
{
	uint8_t frame[200];
	uint32_t length = make_tcp(frame, 13);
	struct irl_bytes in = irl_bytes(frame, length + 7); /* padding */
	struct irl_eth eth;
	struct irl_ipv4 ip = {0};
	struct irl_tcp tcp = {0};

	(void)state;
	assert_true(irl_checksum_valid(frame, length));
	assert_true(irl_eth_parse(&in, &eth) && irl_ipv4_parse(&in, &ip) &&
		    irl_tcp_parse(&in, &tcp));
	assert_int_equal(ip.id, 77);
	assert_true(ip.dont_fragment && !ip.more_fragments);
	assert_int_equal(tcp.seq, 0xfffffff0);
	assert_int_equal(tcp.header_length, 28);
	assert_int_equal(irl_tcp_mss(tcp.options), 1460);
	assert_int_equal(in.left, 13);
	assert_ptr_equal(in.at, frame + 62);
}

static void writes_arp_icmp_udp(void **state)
{
	struct irl_arp arp = {IRL_ARP_REPLY,
			      {2, 0, 0, 0, 0, 1},
			      {2, 0, 0, 0, 0, 2},
			      0x0a000001,
			      0x0a000002},
		       arp2;
	struct irl_icmp icmp = {.type = IRL_ICMP_ECHO_REPLY, .id = 9}, icmp2;
	struct irl_udp udp = {.source = 53, .dest = 5353}, udp2;
	uint8_t bytes[64] = "abcdefghabcde";
	struct irl_bytes in;

	(void)state;
	irl_arp_write(bytes + 20, &arp);
	in = irl_bytes(bytes + 20, 28);
	assert_true(irl_arp_parse(&in, &arp2));
	assert_int_equal(arp2.operation, IRL_ARP_REPLY);
	assert_int_equal(arp2.sender, arp.sender);
	assert_int_equal(arp2.target, arp.target);
	assert_memory_equal(arp2.sender_mac, arp.sender_mac, 6);
	assert_memory_equal(arp2.target_mac, arp.target_mac, 6);
	bytes[21] = 6; /* other hardware */
	in = irl_bytes(bytes + 20, 28);
	assert_false(irl_arp_parse(&in, &arp2));
	assert_int_equal(in.left, 28);

	irl_icmp_write(bytes, &icmp, bytes + 8, 5);
	in = irl_bytes(bytes, 13);
	assert_true(irl_icmp_sound(in));
	assert_true(irl_icmp_parse(&in, &icmp2));
	assert_int_equal(icmp2.id, 9);
	bytes[9] ^= 1;
	assert_false(irl_icmp_sound(irl_bytes(bytes, 13)));

	irl_udp_write(bytes, &udp, 1, 2, bytes + 8, 5);
	in = irl_bytes(bytes, 20);
	assert_true(irl_udp_parse(&in, &udp2));
	assert_int_equal(udp2.length, 13);
	assert_int_equal(in.left, 5);
}

/* Every cut of a packet: refused or cut, and nothing behind it is read: the
 * copy has no byte more (AddressSanitizer and valgrind watch). */
static void bears_any_cut(void **state)
{
	uint8_t frame[200];
	uint32_t length = make_tcp(frame, 40);

	(void)state;
	for (uint32_t n = 0; n < length; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		struct irl_bytes in = irl_bytes(copy, n);
		struct irl_eth eth;
		struct irl_ipv4 ip;
		struct irl_tcp tcp;

		memcpy(copy, frame, n);
		assert_int_equal(irl_eth_parse(&in, &eth), n >= 14);
		if (n >= 14) {
			assert_int_equal(irl_ipv4_parse(&in, &ip), n >= 34);
			if (n >= 34) {
				assert_true(ip.cut);
				assert_int_equal(irl_tcp_parse(&in, &tcp),
						 n >= 62);
			}
		}
		irl_checksum_fill(copy, n);
		assert_true(irl_checksum_valid(copy, n));
		free(copy);
	}
}

static void refuses_lies(void **state)
{
	uint8_t frame[200];
	uint32_t length = make_tcp(frame, 0);
	struct irl_ipv4 ip;
	struct irl_tcp tcp;
	struct irl_bytes in;

	(void)state;
	frame[14] = 0x44; /* header shorter than 20 */
	in = irl_bytes(frame + 14, length - 14);
	assert_false(irl_ipv4_parse(&in, &ip));
	frame[14] = 0x65; /* version 6 */
	assert_false(irl_ipv4_parse(&in, &ip));
	frame[14] = 0x45;
	frame[16] = 0;
	frame[17] = 19; /* total length shorter than the header */
	assert_false(irl_ipv4_parse(&in, &ip));
	frame[46] = 0x40; /* TCP header of 16 */
	in = irl_bytes(frame + 34, 28);
	assert_false(irl_tcp_parse(&in, &tcp));
	frame[46] = 0xf0; /* of 60, where there are 28 */
	assert_false(irl_tcp_parse(&in, &tcp));
	assert_int_equal(in.left, 28);
	/* options that do not end or run over */
	assert_int_equal(irl_tcp_mss(irl_bytes("\x02", 1)), 0);
	assert_int_equal(irl_tcp_mss(irl_bytes("\x02\x04\x05", 3)), 0);
	assert_int_equal(irl_tcp_mss(irl_bytes("\x08\x00\x02\x04", 4)), 0);
}

static void fills_checksums(void **state)
{
	uint8_t frame[200], want[200];
	uint32_t length = make_tcp(frame, 21);

	(void)state;
	memcpy(want, frame, sizeof(frame));
	frame[24] = frame[25] = frame[50] = frame[51] = 0xee;
	assert_false(irl_checksum_valid(frame, length));
	irl_checksum_fill(frame, length);
	assert_memory_equal(frame, want, length);
	/* A later fragment has no transport header to touch. */
	frame[20] = 0x20;
	frame[50] = 0xee;
	irl_checksum_fill(frame, length);
	assert_int_equal(frame[50], 0xee);
	assert_true(irl_ipv4_sound(irl_bytes(frame + 14, length - 14)));
}

static void sees_options(void **state)
{
	const uint8_t all[] = {1, 2, 4, 5, 0xb4, 3, 3,  7, 4, 2, 8, 10, 1, 2,
			       3, 4, 5, 6, 7,    8, 77, 3, 0, 1, 1, 0,  9, 9};
	uint8_t sack[] = {1, 1, 5, 18, 0, 0, 0, 1, 0, 0,
			  0, 2, 0, 0,  0, 5, 0, 0, 0, 9};
	struct irl_tcp_seen seen;

	(void)state;
	irl_tcp_see(irl_bytes(all, sizeof(all)), &seen);
	assert_int_equal(seen.mss, 1460);
	assert_int_equal(seen.scale, 7);
	assert_true(seen.sack_permitted && seen.timestamps);
	assert_int_equal(seen.ts_value, 0x01020304);
	assert_int_equal(seen.ts_echo, 0x05060708);
	assert_int_equal(seen.sack_count, 0);
	irl_tcp_see(irl_bytes(sack, sizeof(sack)), &seen);
	assert_int_equal(seen.mss, 0);
	assert_int_equal(seen.scale, -1);
	assert_int_equal(seen.sack_count, 2);
	assert_int_equal(seen.sack[1].begin, 5);
	assert_int_equal(seen.sack[1].end, 9);
	sack[3] = 17; /* no whole blocks */
	irl_tcp_see(irl_bytes(sack, sizeof(sack)), &seen);
	assert_int_equal(seen.sack_count, 0);
	irl_tcp_see(irl_bytes("\x03\x03\xff", 3), &seen);
	assert_int_equal(seen.scale, 14); /* RFC 7323, 2.3 */
	irl_tcp_see(irl_bytes("\x03\x00\x02\x04", 4), &seen);
	assert_int_equal(seen.scale, -1);
}

static void reads_ipv6(void **state)
{
	struct irl_ipv6 ip = {.source = {0xfe},
			      .dest = {[15] = 9},
			      .payload_length = 20,
			      .next_header = 0,
			      .traffic_class = 0xb8,
			      .hop_limit = 61},
			out;
	uint8_t packet[60] = {0};
	struct irl_bytes in = irl_bytes(packet, sizeof(packet));

	(void)state;
	irl_ipv6_write(packet, &ip);
	packet[40] = 60; /* hop-by-hop, then destination options, TCP */
	packet[48] = 6;
	assert_true(irl_ipv6_parse(&in, &out));
	assert_int_equal(out.next_header, 6);
	assert_int_equal(out.traffic_class, 0xb8);
	assert_int_equal(out.hop_limit, 61);
	assert_memory_equal(out.source, ip.source, 16);
	assert_memory_equal(out.dest, ip.dest, 16);
	assert_int_equal(in.left, 4);
	assert_false(out.cut || out.fragment);
	packet[40] = 44;
	packet[51] = 1; /* more fragments follow */
	in = irl_bytes(packet, sizeof(packet));
	assert_true(irl_ipv6_parse(&in, &out));
	assert_true(out.fragment);
	packet[51] = 0; /* an atomic one */
	in = irl_bytes(packet, sizeof(packet));
	assert_true(irl_ipv6_parse(&in, &out));
	assert_false(out.fragment);
	packet[40] = 60;
	packet[49] = 2; /* longer than what is left */
	in = irl_bytes(packet, sizeof(packet));
	assert_false(irl_ipv6_parse(&in, &out));
	assert_int_equal(in.left, 60);
	packet[49] = 0;
	in = irl_bytes(packet, 50);
	assert_true(irl_ipv6_parse(&in, &out) == false || out.cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(checksum_of_the_rfc),
	    cmocka_unit_test(checksum_of_any_length),
	    cmocka_unit_test(checksum_updated),
	    cmocka_unit_test(parses_a_packet),
	    cmocka_unit_test(writes_what_it_parses),
	    cmocka_unit_test(writes_arp_icmp_udp),
	    cmocka_unit_test(bears_any_cut),
	    cmocka_unit_test(refuses_lies),
	    cmocka_unit_test(fills_checksums),
	    cmocka_unit_test(sees_options),
	    cmocka_unit_test(reads_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
