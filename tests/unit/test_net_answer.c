// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <irl/net.h>

#define ADDR(a, b, c, d)                                                       \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const uint8_t us[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t them[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
static const struct irl_prefix4 own[] = {{ADDR(10, 1, 0, 0), 30},
					 {ADDR(10, 2, 3, 4), 32}};

struct frame {
	uint8_t bytes[IRL_FRAME_MAX + 1];
	uint32_t length;
};

/* The answer to a frame that ends where memory ends. */
static uint32_t answer_to(const struct frame *frame, uint8_t *answer)
{
	uint8_t *exact = malloc(frame->length ? frame->length : 1);
	uint32_t n;

	memcpy(exact, frame->bytes, frame->length);
	n = irl_answer(own, 2, us, exact, frame->length, answer);
	free(exact);
	return n;
}

static void expect_silence(const struct frame *frame)
{
	uint8_t answer[IRL_FRAME_MAX];

	assert_int_equal(answer_to(frame, answer), 0);
}

static void put(uint8_t *at, uint32_t value)
{
	for (int i = 3; i >= 0; i--, value >>= 8)
		at[i] = (uint8_t)value;
}

static uint32_t get(const uint8_t *at)
{
	return ADDR(at[0], at[1], at[2], at[3]);
}

/* RFC 1071, written apart from the library's. */
static uint16_t sum(const uint8_t *at, size_t length)
{
	uint64_t s = 0;

	for (size_t i = 0; i < length; i++)
		s += (uint64_t)at[i] << (i % 2 ? 0 : 8);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static void put_sum(uint8_t *at, const uint8_t *from, size_t length)
{
	uint16_t value;

	at[0] = at[1] = 0;
	value = sum(from, length);
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* ---- ARP --------------------------------------------------------------- */

static struct frame arp(uint32_t sender, uint32_t target)
{
	static const uint8_t form[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
	struct frame f = {.length = 60};

	memcpy(f.bytes, everybody, 6);
	memcpy(f.bytes + 6, them, 6);
	memcpy(f.bytes + 12, form, sizeof(form));
	memcpy(f.bytes + 22, them, 6);
	put(f.bytes + 28, sender);
	put(f.bytes + 38, target);
	return f;
}

static void arp_request_is_answered(void **state)
{
	static const uint8_t form[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 2};
	struct frame f = arp(ADDR(10, 9, 9, 9), ADDR(10, 1, 0, 3));
	uint8_t a[IRL_FRAME_MAX];

	(void)state;
	for (uint32_t length = 42; length <= 60; length += 18) {
		f.length = length;
		memset(a, 0xee, sizeof(a));
		assert_int_equal(answer_to(&f, a), 60);
		assert_memory_equal(a, them, 6);
		assert_memory_equal(a + 6, us, 6);
		assert_memory_equal(a + 12, form, sizeof(form));
		assert_memory_equal(a + 22, us, 6);
		assert_int_equal(get(a + 28), ADDR(10, 1, 0, 3));
		assert_memory_equal(a + 32, them, 6);
		assert_int_equal(get(a + 38), ADDR(10, 9, 9, 9));
		for (int i = 42; i < 60; i++)
			assert_int_equal(a[i], 0);
	}
}

static void arp_is_answered_for_every_own_address_only(void **state)
{
	static const struct {
		uint32_t target;
		uint32_t answer;
	} cases[] = {
	    {ADDR(10, 0, 255, 255), 0}, {ADDR(10, 1, 0, 0), 60},
	    {ADDR(10, 1, 0, 3), 60},    {ADDR(10, 1, 0, 4), 0},
	    {ADDR(10, 2, 3, 3), 0},     {ADDR(10, 2, 3, 4), 60},
	    {ADDR(10, 2, 3, 5), 0},     {ADDR(10, 9, 9, 9), 0},
	};
	uint8_t a[IRL_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame f = arp(ADDR(10, 9, 9, 9), cases[i].target);

		assert_int_equal(answer_to(&f, a), cases[i].answer);
	}
}

static void prefix_of_length_0_and_none_at_all(void **state)
{
	const struct irl_prefix4 all = {0, 0};
	struct frame f = arp(0, ADDR(10, 200, 0, 1));
	uint8_t a[IRL_FRAME_MAX];

	(void)state;
	assert_int_equal(irl_answer(&all, 1, us, f.bytes, f.length, a), 60);
	assert_int_equal(irl_answer(NULL, 0, us, f.bytes, f.length, a), 0);
}

static void arp_probe_is_answered(void **state)
{
	struct frame f = arp(0, ADDR(10, 1, 0, 1));
	uint8_t a[IRL_FRAME_MAX];

	(void)state;
	assert_int_equal(answer_to(&f, a), 60);
	assert_int_equal(get(a + 38), 0);
	memcpy(f.bytes, us, 6); /* a request to us alone */
	assert_int_equal(answer_to(&f, a), 60);
}

static void odd_arp_is_not_answered(void **state)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} change[] = {
	    {0, 0x01},  /* to another group */
	    {6, 0x03},  /* from a group */
	    {13, 0x00}, /* not ARP */
	    {15, 6},    /* IEEE 802 hardware */
	    {16, 0x86}, /* not IPv4 */
	    {18, 8},    /* long hardware addresses */
	    {19, 16},   /* long addresses */
	    {21, 2},    /* a reply */
	    {21, 3},    /* reverse ARP */
	    {20, 1},    /* operation 257 */
	    {22, 0x03}, /* sender's address is a group's */
	    {28, 127},  /* from loopback */
	    {28, 224},  /* from a group */
	    {28, 255},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		struct frame f = arp(ADDR(10, 9, 9, 9), ADDR(10, 1, 0, 1));

		f.bytes[change[i].at] = change[i].value;
		expect_silence(&f);
	}
}

static void gratuitous_and_own_arp_is_not_answered(void **state)
{
	struct frame f = arp(ADDR(10, 1, 0, 1), ADDR(10, 1, 0, 1));

	(void)state;
	expect_silence(&f);
	f = arp(ADDR(10, 1, 0, 2), ADDR(10, 1, 0, 1)); /* says it is us */
	expect_silence(&f);
	f = arp(ADDR(10, 9, 9, 9), ADDR(10, 1, 0, 1));
	memcpy(f.bytes + 22, us, 6); /* has our address */
	expect_silence(&f);
	f = arp(ADDR(10, 9, 9, 9), ADDR(10, 1, 0, 1));
	memcpy(f.bytes + 6, us, 6); /* our own frame, come back */
	expect_silence(&f);
	f = arp(ADDR(10, 9, 9, 9), ADDR(10, 1, 0, 1));
	memset(f.bytes + 22, 0, 6);
	expect_silence(&f);
	f = arp(ADDR(10, 9, 9, 9), ADDR(10, 1, 0, 1));
	f.bytes[0] = 2; /* to another station, seen by chance */
	expect_silence(&f);
}

/* ---- echo -------------------------------------------------------------- */

static struct frame echo(uint32_t source, uint32_t dest, uint32_t data)
{
	struct frame f = {.length = 42 + data};
	uint8_t *ip = f.bytes + 14, *icmp = ip + 20;

	memcpy(f.bytes, us, 6);
	memcpy(f.bytes + 6, them, 6);
	f.bytes[12] = 8;
	ip[0] = 0x45;
	ip[1] = 0xb8;
	ip[2] = (uint8_t)((28 + data) >> 8);
	ip[3] = (uint8_t)(28 + data);
	ip[4] = 0x12;
	ip[8] = 3;
	ip[9] = 1;
	put(ip + 12, source);
	put(ip + 16, dest);
	put_sum(ip + 10, ip, 20);
	icmp[0] = 8;
	put(icmp + 4, 0xabcd0007);
	for (uint32_t i = 0; i < data; i++)
		icmp[8 + i] = (uint8_t)(i * 7 + 3);
	put_sum(icmp + 2, icmp, 8 + data);
	return f;
}

static struct frame some_echo(void)
{
	return echo(ADDR(10, 9, 9, 9), ADDR(10, 1, 0, 1), 56);
}

static void fix_sums(struct frame *f)
{
	uint8_t *ip = f->bytes + 14;

	put_sum(ip + 10, ip, 20);
	put_sum(ip + 22, ip + 20, f->length - 34);
}

static void check_echo_reply(const struct frame *f, uint32_t data)
{
	uint8_t a[IRL_FRAME_MAX];
	uint32_t n = answer_to(f, a);

	assert_int_equal(n, 42 + data < 60 ? 60 : 42 + data);
	assert_memory_equal(a, them, 6);
	assert_memory_equal(a + 6, us, 6);
	assert_memory_equal(a + 12, "\x08\x00\x45\xb8", 4);
	assert_memory_equal(a + 16, f->bytes + 16, 2);
	assert_int_equal(a[20] & 0xbf, 0); /* no fragment */
	assert_int_equal(a[22], 64);
	assert_int_equal(a[23], 1);
	assert_memory_equal(a + 26, f->bytes + 30, 4);
	assert_memory_equal(a + 30, f->bytes + 26, 4);
	assert_int_equal(sum(a + 14, 20), 0);
	assert_int_equal(a[34], 0);
	assert_int_equal(a[35], 0);
	assert_int_equal(sum(a + 34, 8 + data), 0);
	assert_memory_equal(a + 38, f->bytes + 38, 4 + data);
	for (uint32_t i = 42 + data; i < 60; i++)
		assert_int_equal(a[i], 0);
}

static void echo_of_every_size_is_answered(void **state)
{
	(void)state;
	for (uint32_t data = 0; data <= 1472; data++) {
		struct frame f =
		    echo(ADDR(10, 9, 9, 9), ADDR(10, 2, 3, 4), data);

		check_echo_reply(&f, data);
	}
}

static void padding_is_not_echoed(void **state)
{
	struct frame f = echo(ADDR(10, 9, 9, 9), ADDR(10, 2, 3, 4), 5);

	(void)state;
	f.length = 60;
	memset(f.bytes + 47, 0xee, 13);
	check_echo_reply(&f, 5);
}

static void truncated_frames_are_not_answered(void **state)
{
	struct frame f = some_echo();

	(void)state;
	for (; f.length > 0; f.length--) {
		struct frame cut = f;

		cut.length--;
		expect_silence(&cut);
	}
	f = arp(ADDR(10, 9, 9, 9), ADDR(10, 1, 0, 1));
	for (f.length = 0; f.length < 42; f.length++)
		expect_silence(&f);
	f = echo(ADDR(10, 9, 9, 9), ADDR(10, 1, 0, 1), 1472);
	f.length = IRL_FRAME_MAX + 1; /* more than an answer could carry */
	expect_silence(&f);
}

static void echo_from_no_station_is_not_answered(void **state)
{
	static const uint32_t source[] = {
	    0,
	    ADDR(0, 1, 2, 3),
	    ADDR(127, 0, 0, 1),
	    ADDR(224, 0, 0, 1),
	    ADDR(239, 1, 1, 1),
	    ADDR(240, 0, 0, 1),
	    0xffffffff,
	    ADDR(10, 1, 0, 1), /* as if from ourselves */
	    ADDR(10, 2, 3, 4),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(source) / sizeof(source[0]); i++) {
		struct frame f = echo(source[i], ADDR(10, 1, 0, 1), 56);

		expect_silence(&f);
	}
}

static void echo_to_others_is_not_answered(void **state)
{
	struct frame f = echo(ADDR(10, 9, 9, 9), ADDR(10, 1, 0, 4), 56);

	(void)state;
	expect_silence(&f);
	f = some_echo();
	memcpy(f.bytes, everybody, 6); /* in an Ethernet broadcast */
	expect_silence(&f);
	f = some_echo();
	f.bytes[0] = 3;
	expect_silence(&f);
	f = some_echo();
	memcpy(f.bytes + 6, everybody, 6);
	expect_silence(&f);
	f = some_echo();
	memcpy(f.bytes + 6, us, 6);
	expect_silence(&f);
}

static void damaged_echo_is_not_answered(void **state)
{
	struct frame good = some_echo();

	(void)state;
	/* any single bit of the packet: the checksums see it, or what it makes
	 * of it is no echo request to us */
	for (unsigned bit = 14 * 8; bit < good.length * 8; bit++) {
		struct frame f = good;

		f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		expect_silence(&f);
	}
}

static void other_packets_are_not_answered(void **state)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} change[] = {
	    {12, 0x86}, /* not IPv4 */
	    {14, 0x65}, /* not version 4 */
	    {14, 0x46}, /* with options */
	    {14, 0x44}, /* header too short */
	    {17, 27},   /* too short for ICMP */
	    {20, 0x20}, /* more fragments */
	    {21, 0x01}, /* a later fragment */
	    {23, 17},   /* UDP */
	    {34, 0},    /* a reply: two of us must not talk for ever */
	    {34, 3},    /* an error */
	    {34, 13},   /* a timestamp request */
	    {35, 1},    /* echo with a code */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		struct frame f = some_echo();

		f.bytes[change[i].at] = change[i].value;
		fix_sums(&f);
		expect_silence(&f);
	}
}

static void an_answer_is_never_answered(void **state)
{
	const struct irl_prefix4 peer = {ADDR(10, 9, 9, 9), 32};
	struct frame ask[] = {some_echo(),
			      arp(ADDR(10, 9, 9, 9), ADDR(10, 1, 0, 1))};
	uint8_t a[IRL_FRAME_MAX], b[IRL_FRAME_MAX];

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint32_t n = answer_to(&ask[i], a);

		assert_true(n > 0);
		assert_int_equal(irl_answer(&peer, 1, them, a, n, b), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(arp_request_is_answered),
	    cmocka_unit_test(arp_is_answered_for_every_own_address_only),
	    cmocka_unit_test(prefix_of_length_0_and_none_at_all),
	    cmocka_unit_test(arp_probe_is_answered),
	    cmocka_unit_test(odd_arp_is_not_answered),
	    cmocka_unit_test(gratuitous_and_own_arp_is_not_answered),
	    cmocka_unit_test(echo_of_every_size_is_answered),
	    cmocka_unit_test(padding_is_not_echoed),
	    cmocka_unit_test(truncated_frames_are_not_answered),
	    cmocka_unit_test(echo_from_no_station_is_not_answered),
	    cmocka_unit_test(echo_to_others_is_not_answered),
	    cmocka_unit_test(damaged_echo_is_not_answered),
	    cmocka_unit_test(other_packets_are_not_answered),
	    cmocka_unit_test(an_answer_is_never_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
