// SPDX-License-Identifier: BSD-2-Clause
/* ICMPv6 and neighbour discovery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "wire/checksum.h"
#include "wire/ndp.h"

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

static const uint8_t addr_a[16] = {0xfd, [14] = 1, [15] = 2};
static const uint8_t addr_b[16] = {0xfd, 1, [13] = 0xab, 0xcd, 0xef};
static const uint8_t nobody[16];

/* RFC 8200, 8.1, in the plain way. */
static uint16_t slow_sum6(const struct irl_ipv6 *ip, const uint8_t *p, size_t n)
{
	uint8_t all[40 + 1600] = {0};

	memcpy(all, ip->source, 16);
	memcpy(all + 16, ip->dest, 16);
	all[34] = (uint8_t)(n >> 8);
	all[35] = (uint8_t)n;
	all[39] = ip->next_header;
	memcpy(all + 40, p, n);
	return slow_checksum(all, 40 + n);
}

static struct irl_ipv6 header6(const uint8_t source[16], const uint8_t dest[16])
{
	struct irl_ipv6 ip = {.next_header = 58, .hop_limit = 255};

	memcpy(ip.source, source, 16);
	memcpy(ip.dest, dest, 16);
	return ip;
}

static void icmp6_checksums_cover_the_addresses(void **state)
{
	struct irl_ipv6 ip = header6(addr_a, addr_b);
	struct irl_icmp icmp = {.type = 128, .id = 7, .sequence = 9};
	uint8_t bytes[8 + 5];

	(void)state;
	for (unsigned n = 0; n <= 5; n++) {
		fill(bytes, sizeof(bytes), n);
		irl_icmp6_write(bytes, &icmp, addr_a, addr_b, bytes + 8, n);
		assert_int_equal(slow_sum6(&ip, bytes, 8 + n), 0);
		assert_true(irl_icmp6_sound(&ip, irl_bytes(bytes, 8 + n)));
		ip.dest[15]++;
		assert_false(irl_icmp6_sound(&ip, irl_bytes(bytes, 8 + n)));
		ip.dest[15]--;
	}
	assert_false(irl_icmp6_sound(&ip, irl_bytes(bytes, 7)));
	for (unsigned type = 0; type < 256; type++)
		assert_int_equal(irl_icmp6_is_error((uint8_t)type),
				 type >= 1 && type <= 4);
}

static void errors_in_words(void **state)
{
	(void)state;
	assert_string_equal(irl_icmp_error_name(3, 1), "host unreachable");
	assert_string_equal(irl_icmp_error_name(3, 15), "precedence cutoff");
	assert_string_equal(irl_icmp_error_name(3, 16), "unreachable");
	assert_string_equal(irl_icmp_error_name(11, 0), "time exceeded");
	assert_null(irl_icmp_error_name(0, 0));
	assert_string_equal(irl_icmp6_error_name(1, 3), "host unreachable");
	assert_string_equal(irl_icmp6_error_name(1, 6), "route rejected");
	assert_string_equal(irl_icmp6_error_name(1, 7), "unreachable");
	assert_string_equal(irl_icmp6_error_name(3, 0), "time exceeded");
	assert_null(irl_icmp6_error_name(2, 0));
}

static void ndp_of_the_rfc(void **state)
{
	/* RFC 4861, 4.3 and 4.6.1, but for the checksum */
	static const uint8_t expected[] = {
	    135, 0, 0, 0, 0, 0,    0,    0,    0xfd, 1, 0, 0, 0, 0, 0, 0,
	    0,   0, 0, 0, 0, 0xab, 0xcd, 0xef, 1,    1, 2, 3, 4, 5, 6, 7};
	struct irl_ndp ndp = {.type = IRL_ICMP6_SOLICIT,
			      .has_mac = true,
			      .mac = {2, 3, 4, 5, 6, 7}};
	struct irl_ipv6 ip = header6(addr_a, addr_b);
	uint8_t bytes[IRL_NDP_MAX], group[16], mac[6];

	(void)state;
	memcpy(ndp.target, addr_b, 16);
	assert_int_equal(irl_ndp_write(bytes, &ndp, addr_a, addr_b), 32);
	assert_int_equal(slow_sum6(&ip, bytes, 32), 0);
	bytes[2] = bytes[3] = 0;
	assert_memory_equal(bytes, expected, 32);
	/* RFC 4861, 4.4: flags stand first */
	ndp = (struct irl_ndp){.type = IRL_ICMP6_ADVERT,
			       .flags = IRL_NDP_SOLICITED | IRL_NDP_OVERRIDE};
	assert_int_equal(irl_ndp_write(bytes, &ndp, addr_a, addr_b), 24);
	assert_int_equal(bytes[4], 0x60);
	irl_ndp_group(addr_b, group);
	assert_memory_equal(group, "\xff\2\0\0\0\0\0\0\0\0\0\1\xff\xab\xcd\xef",
			    16);
	assert_true(irl_ndp_is_group(group));
	group[11]++;
	assert_false(irl_ndp_is_group(group));
	irl_ndp_group_mac(group, mac);
	assert_memory_equal(mac, "\x33\x33\xff\xab\xcd\xef", 6);
}

/* A message with @n bytes of options, written by hand, and a right checksum. */
static bool reads(struct irl_ipv6 ip, uint8_t type, uint8_t code, uint8_t flags,
		  const uint8_t target[16], const void *options, size_t n,
		  struct irl_ndp *out)
{
	uint8_t *bytes = calloc(1, 24 + n);
	struct irl_bytes in = irl_bytes(bytes, 24 + n);
	uint16_t sum;
	bool yes;

	assert_non_null(bytes);
	bytes[0] = type;
	bytes[1] = code;
	bytes[4] = flags;
	memcpy(bytes + 8, target, 16);
	if (n)
		memcpy(bytes + 24, options, n);
	ip.payload_length = (uint16_t)(24 + n);
	sum = slow_sum6(&ip, bytes, 24 + n);
	bytes[2] = (uint8_t)(sum >> 8);
	bytes[3] = (uint8_t)sum;
	yes = irl_ndp_parse(&ip, &in, out);
	assert_int_equal(in.left, yes ? 0 : 24 + n);
	if (yes) { /* any bit more is a wrong checksum */
		bytes[23] ^= 1;
		in = irl_bytes(bytes, 24 + n);
		assert_false(irl_ndp_parse(&ip, &in, out));
		bytes[23] ^= 1;
		in = irl_bytes(bytes, 24 + n);
		assert_true(irl_ndp_parse(&ip, &in, out));
		for (size_t cut = 0; cut < 24; cut++) {
			in = irl_bytes(bytes, cut);
			assert_false(irl_ndp_parse(&ip, &in, out));
		}
	}
	free(bytes);
	return yes;
}

static void ndp_that_must_be_dropped(void **state)
{
	static const uint8_t mac[] = {1, 1, 2, 2, 2, 2, 2, 2};
	static const uint8_t both[] = {9, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0,
				       0, 0, 0, 0, 0, 2, 1, 3, 3, 3, 3,
				       3, 3, 2, 1, 4, 4, 4, 4, 4, 4};
	static const uint8_t none[] = {1, 0, 2, 2, 2, 2, 2, 2};
	static const uint8_t longer[] = {1, 2, 2, 2, 2, 2, 2, 2};
	struct irl_ipv6 ip = header6(addr_a, addr_b), change;
	uint8_t group[16];
	struct irl_ndp n;

	(void)state;
	irl_ndp_group(addr_b, group);
	assert_true(reads(ip, 135, 0, 0, addr_b, mac, 8, &n));
	assert_true(n.has_mac && n.mac[5] == 2 && n.flags == 0);
	assert_memory_equal(n.target, addr_b, 16);
	assert_true(reads(ip, 136, 0, 0xe0, addr_b, both, 32, &n));
	assert_true(n.has_mac && n.mac[5] == 3 && n.flags == 0xe0);
	/* the other type's option tells nothing */
	assert_true(reads(ip, 136, 0, 0, addr_b, mac, 8, &n) && !n.has_mac);
	assert_false(reads(ip, 137, 0, 0, addr_b, NULL, 0, &n));
	assert_false(reads(ip, 135, 1, 0, addr_b, NULL, 0, &n));
	assert_false(reads(ip, 135, 0, 0, group, NULL, 0, &n));
	assert_false(reads(ip, 135, 0, 0, addr_b, none, 8, &n));
	assert_false(reads(ip, 135, 0, 0, addr_b, longer, 8, &n));
	assert_false(reads(ip, 135, 0, 0, addr_b, mac, 1, &n));
	change = ip;
	change.hop_limit = 254;
	assert_false(reads(change, 135, 0, 0, addr_b, NULL, 0, &n));
	change = ip;
	change.cut = true;
	assert_false(reads(change, 135, 0, 0, addr_b, NULL, 0, &n));
	/* from nobody: to a group, and without a name */
	assert_true(
	    reads(header6(nobody, group), 135, 0, 0, addr_b, NULL, 0, &n));
	assert_false(
	    reads(header6(nobody, group), 135, 0, 0, addr_b, mac, 8, &n));
	assert_false(
	    reads(header6(nobody, addr_b), 135, 0, 0, addr_b, NULL, 0, &n));
	/* to a group: not in answer to anybody */
	assert_true(
	    reads(header6(addr_a, group), 136, 0, 0xa0, addr_b, NULL, 0, &n));
	assert_false(
	    reads(header6(addr_a, group), 136, 0, 0x40, addr_b, NULL, 0, &n));
}

/* A frame with TCP, UDP or ICMPv6 over IPv6 behind @extra bytes of options. */
static void checksums_are_filled_over_ipv6(void **state)
{
	static const uint8_t protocol[] = {6, 17, 58}, at[] = {16, 6, 2};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		unsigned extra = i / 3 * 8, size = 20 + i % 2;
		uint8_t frame[14 + 40 + 8 + 21] = {0};
		uint8_t *up = frame + 54 + extra;
		struct irl_ipv6 ip = header6(addr_a, addr_b);

		frame[12] = 0x86;
		frame[13] = 0xdd;
		ip.payload_length = (uint16_t)(extra + size);
		ip.next_header = extra ? 60 : protocol[i % 3];
		irl_ipv6_write(frame + 14, &ip);
		frame[54] = extra ? protocol[i % 3] : 0;
		fill(up, size, i);
		if (protocol[i % 3] == 17) {
			up[4] = 0;
			up[5] = (uint8_t)size;
		}
		ip.next_header = protocol[i % 3];
		irl_checksum_fill(frame, 54 + extra + size);
		assert_int_equal(slow_sum6(&ip, up, size), 0);
		assert_true(irl_checksum_valid(frame, 54 + extra + size));
		up[at[i % 3]] ^= 1;
		assert_false(irl_checksum_valid(frame, 54 + extra + size));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(icmp6_checksums_cover_the_addresses),
	    cmocka_unit_test(errors_in_words),
	    cmocka_unit_test(ndp_of_the_rfc),
	    cmocka_unit_test(ndp_that_must_be_dropped),
	    cmocka_unit_test(checksums_are_filled_over_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
