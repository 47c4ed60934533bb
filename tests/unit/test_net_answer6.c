// SPDX-License-Identifier: BSD-2-Clause
/* What we answer over IPv6: solicitations and echo requests, and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <irl/net.h>
#include "octets.h"
#include "wire/checksum.h"

static const uint8_t us[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t them[6] = {2, 0, 0, 0, 0, 2};
/* fd01::ab:cdee/127 and fd02::/16 */
static const struct irl_prefix6 own[] = {
    {{{0xfd, 1, [13] = 0xab, 0xcd, 0xee}}, 127}, {{{0xfd, 2}}, 16}};
static const uint8_t ours[16] = {0xfd, 1, [13] = 0xab, 0xcd, 0xef};
static const uint8_t theirs[16] = {0xfd, 9, [15] = 9};
static const uint8_t beside[16] = {0xfd, 1, [13] = 0xab, 0xcd, 0xf0};
static const uint8_t nobody[16];
static const uint8_t loopback[16] = {[15] = 1};
static const uint8_t group[16] = {0xff, 2, [11] = 1, 0xff, 0xab, 0xcd, 0xef};
static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};

/* Where things stand in a frame. */
enum { SOURCE = 22, DEST = 38, ICMP = 54, TARGET = 62, OPTION = 78 };

struct frame {
	uint8_t bytes[IRL_FRAME_MAX + 1];
	uint32_t length;
};

/* The answer to a frame that ends where memory ends. */
static uint32_t answer_to(const struct frame *frame, uint8_t *answer)
{
	uint8_t *exact = malloc(frame->length ? frame->length : 1);
	uint32_t n;

	assert_non_null(exact);
	memcpy(exact, frame->bytes, frame->length);
	n = irl_answer6(own, 2, us, exact, frame->length, answer);
	free(exact);
	return n;
}

static struct frame packet(const uint8_t source[16], const uint8_t dest[16],
			   uint8_t hops, uint32_t size)
{
	struct frame f = {.length = ICMP + size};

	memcpy(f.bytes, us, 6);
	memcpy(f.bytes + 6, them, 6);
	put16(f.bytes + 12, 0x86dd);
	f.bytes[14] = 0x6a; /* a traffic class */
	f.bytes[15] = 0xb0;
	put16(f.bytes + 18, size);
	f.bytes[20] = 58;
	f.bytes[21] = hops;
	memcpy(f.bytes + SOURCE, source, 16);
	memcpy(f.bytes + DEST, dest, 16);
	return f;
}

/* Who has @target? */
static struct frame ask(const uint8_t source[16], const uint8_t dest[16],
			const uint8_t target[16], bool named)
{
	struct frame f = packet(source, dest, 255, named ? 32 : 24);

	if (dest[0] == 0xff) {
		memset(f.bytes, 0x33, 2);
		memcpy(f.bytes + 2, dest + 12, 4);
	}
	f.bytes[ICMP] = 135;
	memcpy(f.bytes + TARGET, target, 16);
	if (named) {
		put16(f.bytes + OPTION, 0x0101);
		memcpy(f.bytes + OPTION + 2, them, 6);
	}
	irl_checksum_fill(f.bytes, f.length);
	return f;
}

static struct frame echo(const uint8_t source[16], const uint8_t dest[16],
			 uint32_t data)
{
	struct frame f = packet(source, dest, 3, 8 + data);

	f.bytes[ICMP] = 128;
	put32(f.bytes + ICMP + 4, 0xabcd0007);
	for (uint32_t i = 0; i < data; i++)
		f.bytes[ICMP + 8 + i] = (uint8_t)(i * 7 + 3);
	irl_checksum_fill(f.bytes, f.length);
	return f;
}

/* One byte changed, and the checksum right again. */
static struct frame with(struct frame f, uint32_t at, uint8_t value)
{
	f.bytes[at] = value;
	irl_checksum_fill(f.bytes, f.length);
	return f;
}

static void expect_silence(struct frame f, const char *what)
{
	uint8_t a[IRL_FRAME_MAX];

	if (answer_to(&f, a) != 0)
		fail_msg("%s", what);
}
#define SILENT(frame) expect_silence(frame, #frame)

/* Our advertisement of @target, with @flags, to @dest at @mac. */
static void expect_advert(struct frame f, const uint8_t target[16],
			  uint8_t flags, const uint8_t dest[16],
			  const uint8_t mac[6])
{
	uint8_t a[IRL_FRAME_MAX];

	assert_int_equal(answer_to(&f, a), 86);
	assert_true(irl_checksum_valid(a, 86));
	assert_memory_equal(a, mac, 6);
	assert_memory_equal(a + 6, us, 6);
	assert_int_equal(get16(a + 12), 0x86dd);
	assert_int_equal(get16(a + 18), 32);
	assert_int_equal(a[20], 58);
	assert_int_equal(a[21], 255);
	assert_memory_equal(a + SOURCE, target, 16);
	assert_memory_equal(a + DEST, dest, 16);
	assert_int_equal(get16(a + ICMP), 136 << 8);
	assert_int_equal(get32(a + ICMP + 4), (uint32_t)flags << 24);
	assert_memory_equal(a + TARGET, target, 16);
	assert_int_equal(get16(a + OPTION), 0x0201);
	assert_memory_equal(a + OPTION + 2, us, 6);
}

static void solicitations_are_answered(void **state)
{
	static const uint8_t other_mac[6] = {2, 0, 0, 0, 0, 7};
	static const uint8_t in_wide[16] = {0xfd, 2, 3};
	struct frame f;

	(void)state;
	expect_advert(ask(theirs, group, ours, true), ours, 0x60, theirs, them);
	expect_advert(ask(theirs, ours, ours, true), ours, 0x60, theirs, them);
	expect_advert(ask(theirs, ours, ours, false), ours, 0x60, theirs, them);
	expect_advert(ask(theirs, in_wide, in_wide, true), in_wide, 0x60,
		      theirs, them);
	/* the option tells where, not the frame's sender */
	f = ask(theirs, group, ours, true);
	memcpy(f.bytes + OPTION + 2, other_mac, 6);
	irl_checksum_fill(f.bytes, f.length);
	expect_advert(f, ours, 0x60, theirs, other_mac);
	/* who is about to take the address is told that it is taken */
	expect_advert(ask(nobody, group, ours, false), ours, 0x20, all_nodes,
		      (const uint8_t *)"\x33\x33\0\0\0\x01");
}

static void nobody_is_answered_for_others(void **state)
{
	static const uint8_t beside_group[16] = {0xff, 2,    [11] = 1, 0xff,
						 0xab, 0xcd, 0xf0};

	(void)state;
	SILENT(ask(theirs, beside_group, beside, true));
	SILENT(ask(theirs, beside, beside, true));
	SILENT(ask(theirs, ours, beside, true));
	SILENT(echo(theirs, beside, 8));
	SILENT(echo(theirs, all_nodes, 8));
}

static void odd_solicitations_are_not_answered(void **state)
{
	const struct frame good = ask(theirs, group, ours, true);
	struct frame f;

	(void)state;
	SILENT(with(good, 21, 254));            /* hop limit */
	SILENT(with(good, ICMP, 136));          /* an advertisement */
	SILENT(with(good, ICMP, 133));          /* for a router */
	SILENT(with(good, ICMP + 1, 1));        /* a code */
	SILENT(with(good, OPTION + 1, 0));      /* an option of length 0 */
	SILENT(with(good, OPTION + 1, 2));      /* and one that is cut */
	SILENT(with(good, TARGET, 0xff));       /* a group's address */
	SILENT(with(good, OPTION + 2, 1));      /* at a group's MAC */
	SILENT(with(good, OPTION + 7, 1));      /* at ours */
	SILENT(with(good, 6, 3));               /* from a group */
	SILENT(with(good, 11, 1));              /* our own frame, come back */
	SILENT(with(good, 2, 0xfe));            /* to another group's MAC */
	SILENT(with(good, 13, 0));              /* not IPv6 */
	SILENT(with(good, 20, 6));              /* not ICMPv6 */
	SILENT(ask(nobody, group, ours, true)); /* nobody has a MAC */
	SILENT(ask(nobody, ours, ours, false)); /* nobody asks one alone */
	SILENT(ask(theirs, all_nodes, ours, true));
	SILENT(ask(ours, group, ours, true));
	SILENT(ask(loopback, group, ours, true));
	SILENT(ask(all_nodes, group, ours, true));
	f = good;
	f.bytes[ICMP + 2] ^= 1;
	expect_silence(f, "a wrong checksum");
	for (uint32_t n = 0; n < good.length; n++) {
		f = good;
		f.length = n;
		expect_silence(f, "cut");
	}
}

static void echo_is_answered(void **state)
{
	static const uint32_t sizes[] = {0, 1, 56, 1452};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct frame f = echo(theirs, ours, sizes[i]);
		uint8_t a[IRL_FRAME_MAX];

		assert_int_equal(answer_to(&f, a), f.length);
		assert_true(irl_checksum_valid(a, f.length));
		assert_memory_equal(a, them, 6);
		assert_memory_equal(a + 6, us, 6);
		assert_int_equal(get16(a + 14), 0x6ab0);
		assert_int_equal(a[21], 64);
		assert_memory_equal(a + SOURCE, ours, 16);
		assert_memory_equal(a + DEST, theirs, 16);
		assert_int_equal(get16(a + ICMP), 129 << 8);
		assert_memory_equal(a + ICMP + 4, f.bytes + ICMP + 4,
				    4 + sizes[i]);
		/* padding is not data */
		f.bytes[f.length++] = 7;
		if (f.length <= IRL_FRAME_MAX)
			assert_int_equal(answer_to(&f, a), f.length - 1);
	}
}

static void odd_echo_is_not_answered(void **state)
{
	const struct frame good = echo(theirs, ours, 8);
	struct frame f;

	(void)state;
	SILENT(with(good, ICMP, 129));
	SILENT(with(good, ICMP + 1, 1));
	SILENT(with(good, 0, 0x33));
	SILENT(with(good, 5, 9));
	SILENT(with(good, 6, 3));
	SILENT(with(good, 20, 0));  /* hop-by-hop */
	SILENT(with(good, 19, 17)); /* longer than it is */
	SILENT(echo(ours, ours, 8));
	SILENT(echo(nobody, ours, 8));
	SILENT(echo(loopback, ours, 8));
	SILENT(echo(all_nodes, ours, 8));
	f = good;
	f.bytes[ICMP + 9] ^= 1;
	expect_silence(f, "a wrong checksum");
	for (uint32_t n = 0; n < good.length; n++) {
		f = good;
		f.length = n;
		expect_silence(f, "cut");
	}
}

static void a_rule_answers_for_both_families(void **state)
{
	struct irl_steer rule = {.own = {{0x0a010000, 30}}, .own_count = 1};
	struct frame f = echo(theirs, ours, 8);
	uint8_t a[IRL_FRAME_MAX], arp[60] = {0};

	(void)state;
	assert_int_equal(irl_answer_steered(&rule, us, f.bytes, f.length, a),
			 0);
	rule.own6[0] = own[0];
	rule.own6_count = 1;
	assert_int_equal(irl_answer_steered(&rule, us, f.bytes, f.length, a),
			 f.length);
	memset(arp, 0xff, 6);
	memcpy(arp + 6, them, 6);
	memcpy(arp + 12, "\x08\x06\0\x01\x08\0\x06\x04\0\x01", 10);
	memcpy(arp + 22, them, 6);
	put32(arp + 28, 0x0a090909);
	put32(arp + 38, 0x0a010001);
	assert_int_equal(irl_answer_steered(&rule, us, arp, 60, a), 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(solicitations_are_answered),
	    cmocka_unit_test(nobody_is_answered_for_others),
	    cmocka_unit_test(odd_solicitations_are_not_answered),
	    cmocka_unit_test(echo_is_answered),
	    cmocka_unit_test(odd_echo_is_not_answered),
	    cmocka_unit_test(a_rule_answers_for_both_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
