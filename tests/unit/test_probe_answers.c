// SPDX-License-Identifier: BSD-2-Clause
/* Answers to probes, of every kind, shape and forgery. */
#include "probe_lab.h"

struct answer {
	uint8_t bytes[200];
	uint32_t length;
};

/* What a target answers to @probe: flags and acknowledgement are given.
 * @words: of the IP header. */
static struct answer tcp_answer(const uint8_t *probe, uint8_t flags,
				uint32_t more, uint32_t words)
{
	struct answer a = {{0}, 14 + words * 4 + 20};
	uint8_t *ip = a.bytes + 14, *tcp = ip + words * 4;

	memcpy(a.bytes, probe + 6, 6);
	memcpy(a.bytes + 6, probe, 6);
	put16(a.bytes + 12, 0x0800);
	ip[0] = (uint8_t)(0x40 | words);
	put16(ip + 2, words * 4 + 20);
	put16(ip + 4, 0x1234);
	put16(ip + 6, 0x4000);
	ip[8] = 57;
	ip[9] = 6;
	memcpy(ip + 12, probe + 30, 4);
	memcpy(ip + 16, probe + 26, 4);
	memcpy(tcp, probe + 36, 2);
	memcpy(tcp + 2, probe + 34, 2);
	put32(tcp + 4, 0xabcdef01);
	put32(tcp + 8, get32(probe + 38) + more);
	tcp[12] = 0x50;
	tcp[13] = flags;
	put16(tcp + 14, 29200);
	return a;
}

/* An ICMP error from a router that quotes @probe's IP header, with @words of
 * it, and @bytes behind. */
static struct answer icmp_answer(const uint8_t *probe, uint8_t type,
				 uint8_t code, uint32_t words,
				 uint32_t quoted_words, uint32_t bytes)
{
	struct answer a = {{0}, 14 + words * 4 + 8 + quoted_words * 4 + bytes};
	uint8_t *ip = a.bytes + 14, *icmp = ip + words * 4, *q = icmp + 8;

	put16(a.bytes + 12, 0x0800);
	ip[0] = (uint8_t)(0x40 | words);
	put16(ip + 2, a.length - 14);
	put16(ip + 4, 0x4321);
	ip[8] = 200;
	ip[9] = 1;
	put32(ip + 12, ROUTER);
	memcpy(ip + 16, probe + 26, 4);
	icmp[0] = type;
	icmp[1] = code;
	memcpy(q, probe + 14, 20);
	q[0] = (uint8_t)(0x40 | quoted_words);
	q[8] = 1; /* the TTL has come down on its way */
	memcpy(q + quoted_words * 4, probe + 34, bytes);
	return a;
}

/* Through a copy of exactly the frame's length: sanitizers see overruns. */
static enum irl_probe_verdict check(const struct irl_probe *probe,
				    const struct answer *a, uint32_t length,
				    uint64_t now_ns, struct irl_hit *hit)
{
	uint8_t *copy = malloc(length ? length : 1);
	enum irl_probe_verdict verdict;

	assert_non_null(copy);
	memcpy(copy, a->bytes, length);
	memset(hit, 0xEE, sizeof(*hit));
	verdict = irl_probe_check(probe, copy, length, now_ns, hit);
	free(copy);
	return verdict;
}

static const struct irl_target some = {0x08080404, 443};

static enum irl_probe_verdict verdict_of(const struct irl_probe *probe,
					 struct answer a, uint64_t now_ns)
{
	struct irl_hit hit;

	return check(probe, &a, a.length, now_ns, &hit);
}

static void test_synack(void **state)
{
	struct bed *b = *state;
	uint64_t sent = 5 * SECOND, rtt = 123456789;
	uint8_t frame[80];
	struct irl_hit hit, expected = {
				.time_ns = sent + rtt,
				.addr = some.addr,
				.responder = some.addr,
				.port = some.port,
				.seq = 0xabcdef01,
				.window = 29200,
				.ipid = 0x1234,
				.ttl = 57,
				.verdict = IRL_ANSWER_SYNACK,
			    };

	for (int kind = 0; kind < 4; kind++)
		for (uint32_t words = 5; words <= 15; words++) {
			struct answer a;

			irl_probe_make(b->probe[kind], some,
				       irl_probe_time(sent), frame);
			a = tcp_answer(frame, 0x12, 1, words);
			assert_int_equal(check(b->probe[kind], &a, a.length,
					       sent + rtt, &hit),
					 IRL_ANSWER_SYNACK);
			expected.local = get32(frame + 26);
			expected.local_port = (uint16_t)get16(frame + 34);
			expected.ack = get32(frame + 38) + 1;
			expected.rtt_ticks =
			    irl_probe_time(sent + rtt) - irl_probe_time(sent);
			assert_memory_equal(&hit, &expected, sizeof(hit));
		}
	assert_in_range(expected.rtt_ticks, 2022, 2023); /* 123.4 ms */
}

static void test_synack_shapes(void **state)
{
	struct bed *b = *state;
	struct answer a;
	uint8_t frame[80];

	irl_probe_make(b->probe[1], some, irl_probe_time(SECOND), frame);
	/* TCP options and data */
	a = tcp_answer(frame, 0x12, 1, 5);
	a.bytes[46] = 0xf0;
	put16(a.bytes + 16, 20 + 60 + 40);
	a.length = 14 + 120;
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_SYNACK);
	/* padding of Ethernet behind */
	a = tcp_answer(frame, 0x12, 1, 5);
	a.length = 60;
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_SYNACK);
	/* ECN, PSH and URG beside */
	a.bytes[47] |= 0xe8;
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_SYNACK);
	/* a header longer than its segment, or shorter than a header */
	a = tcp_answer(frame, 0x12, 1, 5);
	a.length = 80;
	a.bytes[46] = 0x60;
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_FORM);
	a.bytes[46] = 0x40;
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_FORM);
	/* a total length beyond the frame, or below its headers */
	a = tcp_answer(frame, 0x12, 1, 5);
	put16(a.bytes + 16, 41);
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_FORM);
	put16(a.bytes + 16, 39);
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_FORM);
	put16(a.bytes + 16, 19);
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_FORM);
	/* IP versions and header lengths that are none */
	a = tcp_answer(frame, 0x12, 1, 5);
	a.bytes[14] = 0x44;
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_FORM);
	a.bytes[14] = 0x65;
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_FORM);
}

static void test_flags(void **state)
{
	struct bed *b = *state;
	struct irl_hit hit;
	uint8_t frame[80];

	irl_probe_make(b->probe[1], some, irl_probe_time(SECOND), frame);
	for (unsigned flags = 0; flags < 256; flags++) {
		enum irl_probe_verdict expected = IRL_ANSWER_FLAGS;
		struct answer a = tcp_answer(frame, (uint8_t)flags, 1, 5);

		if ((flags & 0x17) == 0x12)
			expected = IRL_ANSWER_SYNACK;
		if ((flags & 0x17) == 0x14)
			expected = IRL_ANSWER_RST;
		assert_int_equal(check(b->probe[1], &a, a.length, SECOND, &hit),
				 expected);
		if (expected != IRL_ANSWER_FLAGS)
			assert_int_equal(hit.verdict, expected);
	}
}

/* Some stacks acknowledge the SYN's own number. */
static void test_rst_acks(void **state)
{
	struct bed *b = *state;
	uint8_t frame[80];

	irl_probe_make(b->probe[1], some, irl_probe_time(SECOND), frame);
	for (uint32_t more = 0; more < 2; more++)
		assert_int_equal(verdict_of(b->probe[1],
					    tcp_answer(frame, 0x14, more, 5),
					    SECOND + 1000000),
				 IRL_ANSWER_RST);
	/* an acknowledgement from the future */
	assert_int_equal(
	    verdict_of(b->probe[1], tcp_answer(frame, 0x14, 2, 5), SECOND),
	    IRL_ANSWER_COOKIE);
}

static void test_icmp(void **state)
{
	const uint8_t types[] = {3, 4, 5, 11, 12};
	struct bed *b = *state;
	uint64_t sent = 77 * SECOND;
	struct irl_hit hit, expected = {.time_ns = sent + SECOND,
					.addr = some.addr,
					.responder = ROUTER,
					.port = some.port,
					.rtt_ticks = 16384,
					.ipid = 0x4321,
					.ttl = 200,
					.verdict = IRL_ANSWER_ICMP};
	uint8_t frame[80];

	irl_probe_make(b->probe[2], some, irl_probe_time(sent), frame);
	expected.local = get32(frame + 26);
	expected.local_port = (uint16_t)get16(frame + 34);
	expected.seq = get32(frame + 38);
	for (unsigned type = 0; type < 256; type++) {
		struct answer a =
		    icmp_answer(frame, (uint8_t)type, 13, 5, 5, 8);
		bool error = memchr(types, (int)type, sizeof(types)) != NULL;

		assert_int_equal(
		    check(b->probe[2], &a, a.length, sent + SECOND, &hit),
		    error ? IRL_ANSWER_ICMP : IRL_ANSWER_NOT);
		if (!error)
			continue;
		expected.icmp_type = (uint8_t)type;
		expected.icmp_code = 13;
		assert_in_range(hit.rtt_ticks, 16383, 16385);
		hit.rtt_ticks = 16384;
		assert_memory_equal(&hit, &expected, sizeof(hit));
	}
	/* options in either header, and more than eight bytes quoted */
	for (uint32_t words = 5; words <= 15; words++)
		for (uint32_t quoted = 5; quoted <= 15; quoted++)
			assert_int_equal(
			    verdict_of(
				b->probe[2],
				icmp_answer(frame, 3, 1, words, quoted,
					    words + quoted > 20 ? 8 : 20),
				sent),
			    IRL_ANSWER_ICMP);
}

static void test_icmp_shapes(void **state)
{
	struct bed *b = *state;
	struct answer good, a;
	uint8_t frame[80];
	const struct {
		uint32_t at;
		uint8_t value;
		enum irl_probe_verdict verdict;
	} cases[] = {
	    {42, 0x65, IRL_ANSWER_FORM},   /* quoted version */
	    {42, 0x44, IRL_ANSWER_FORM},   /* quoted header length */
	    {42, 0x4f, IRL_ANSWER_FORM},   /* beyond the message */
	    {51, 17, IRL_ANSWER_NOT},      /* a quoted datagram */
	    {48, 0x20, IRL_ANSWER_NOT},    /* a quoted fragment */
	    {49, 0x01, IRL_ANSWER_NOT},    /* a later one */
	    {54, 11, IRL_ANSWER_NOT},      /* from another host */
	    {62, 0, IRL_ANSWER_NOT},       /* from the host's port */
	    {46, 0xff, IRL_ANSWER_COOKIE}, /* identification */
	    {61, 9, IRL_ANSWER_COOKIE},    /* target */
	    {65, 22, IRL_ANSWER_COOKIE},   /* target's port */
	};

	irl_probe_make(b->probe[1], some, irl_probe_time(SECOND), frame);
	good = icmp_answer(frame, 3, 3, 5, 5, 8);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = good;
		assert_int_not_equal(a.bytes[cases[i].at], cases[i].value);
		a.bytes[cases[i].at] = cases[i].value;
		if (verdict_of(b->probe[1], a, SECOND) != cases[i].verdict)
			fail_msg("case %zu", i);
	}
	/* addressed to another of our sources than it quotes */
	a = good;
	put32(a.bytes + 30,
	      get32(a.bytes + 30) == SOURCE ? SOURCE + 1 : SOURCE);
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_NOT);
	/* a total length that cuts the quotation off */
	a = good;
	put16(a.bytes + 16, 20 + 8 + 20 + 7);
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_FORM);
}

static void test_not_ours(void **state)
{
	struct bed *b = *state;
	struct answer good, a;
	uint8_t frame[80];

	irl_probe_make(b->probe[1], some, irl_probe_time(SECOND), frame);
	good = tcp_answer(frame, 0x12, 1, 5);
#define EXPECT_NOT(change)                                                     \
	do {                                                                   \
		a = good;                                                      \
		change;                                                        \
		assert_int_equal(verdict_of(b->probe[1], a, SECOND),           \
				 IRL_ANSWER_NOT);                              \
	} while (0)
	EXPECT_NOT(put16(a.bytes + 12, 0x0806));
	EXPECT_NOT(put16(a.bytes + 12, 0x86dd));
	EXPECT_NOT(put16(a.bytes + 12, 0x8100));
	EXPECT_NOT(a.bytes[23] = 17);
	EXPECT_NOT(put16(a.bytes + 20, 0x2000));
	EXPECT_NOT(put16(a.bytes + 20, 0x0001));
	EXPECT_NOT(put32(a.bytes + 30, SOURCE - 1));
	EXPECT_NOT(put32(a.bytes + 30, SOURCE + SOURCES));
	EXPECT_NOT(put16(a.bytes + 36, 32767));
	EXPECT_NOT(put16(a.bytes + 36, 61000));
#undef EXPECT_NOT
	/* our own probe, come back by a hub */
	a.length = 60;
	memcpy(a.bytes, frame, 60);
	assert_int_equal(verdict_of(b->probe[1], a, SECOND), IRL_ANSWER_NOT);
}

/* No prefix of an answer is read beyond its end or passes. */
static void test_truncated(void **state)
{
	struct bed *b = *state;
	uint8_t frame[80];
	struct irl_hit hit;

	irl_probe_make(b->probe[1], some, irl_probe_time(SECOND), frame);
	for (int k = 0; k < 4; k++) {
		struct answer a = k == 0   ? tcp_answer(frame, 0x12, 1, 5)
				  : k == 1 ? tcp_answer(frame, 0x14, 1, 15)
				  : k == 2
				      ? icmp_answer(frame, 3, 1, 5, 5, 8)
				      : icmp_answer(frame, 11, 0, 15, 15, 8);

		for (uint32_t n = 0; n < a.length; n++)
			assert_int_equal(
			    check(b->probe[1], &a, n, SECOND, &hit),
			    n < 14 ? IRL_ANSWER_NOT : IRL_ANSWER_FORM);
		assert_in_range(check(b->probe[1], &a, a.length, SECOND, &hit),
				IRL_ANSWER_SYNACK, IRL_ANSWER_ICMP);
		/* the same, when the total length agrees with the truncation */
		for (uint32_t n = 34; n < a.length; n++) {
			struct answer c = a;

			put16(c.bytes + 16, n - 14);
			assert_int_equal(
			    check(b->probe[1], &c, n, SECOND, &hit),
			    IRL_ANSWER_FORM);
		}
	}
}

static bool is_valid(enum irl_probe_verdict v)
{
	return v >= IRL_ANSWER_SYNACK && v <= IRL_ANSWER_ICMP;
}

/*
 * A flipped bit in what the cookie covers never passes.  The low 20 bits of
 * the acknowledgement are the time's: a flip there is another age, and valid
 * exactly while that age is one.
 */
static void test_bit_flips(void **state)
{
	struct bed *b = *state;
	uint64_t sent = 100 * SECOND, now = sent + SECOND / 4;
	uint32_t age = irl_probe_time(now) - irl_probe_time(sent);
	uint64_t x = 4711;
	uint8_t frame[80];

	for (int i = 0; i < 300; i++) {
		struct irl_target target;
		struct answer good;

		irl_probe_target(
		    b->probe[1],
		    next_random(&x) % irl_targets_count(b->targets), &target);
		irl_probe_make(b->probe[1], target, irl_probe_time(sent),
			       frame);
		good = tcp_answer(frame, i % 2 ? 0x12 : 0x14, 1, 5);
		assert_true(is_valid(verdict_of(b->probe[1], good, now)));
		for (uint32_t bit = 0; bit < 96; bit++) {
			struct answer a = good;

			/* addresses and ports: 26 .. 37 */
			a.bytes[26 + bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_false(is_valid(verdict_of(b->probe[1], a, now)));
		}
		for (uint32_t bit = 0; bit < 32; bit++) {
			struct answer a = good;
			uint32_t ack = get32(a.bytes + 42) ^ 1u << bit;
			uint32_t other = age - (ack - get32(a.bytes + 42));

			put32(a.bytes + 42, ack);
			assert_int_equal(
			    is_valid(verdict_of(b->probe[1], a, now)),
			    other < IRL_PROBE_AGE_TICKS);
			if (bit >= 20)
				assert_false(
				    is_valid(verdict_of(b->probe[1], a, now)));
		}
	}
}

static void test_icmp_bit_flips(void **state)
{
	struct bed *b = *state;
	struct answer good, a;
	uint8_t frame[80];

	irl_probe_make(b->probe[1], some, irl_probe_time(SECOND), frame);
	good = icmp_answer(frame, 3, 1, 5, 5, 8);
	for (uint32_t bit = 0; bit < 32 * 8; bit++) {
		uint32_t at = 42 + bit / 8; /* quoted header, ports, seq */

		/* service, length, TTL, checksum change on the way; DF may */
		if (at == 43 || at == 44 || at == 45 || at == 50 || at == 52 ||
		    at == 53 || (at == 48 && bit % 8 >= 6))
			continue;
		/* the low 20 bits of seq are the time's */
		if (at >= 68 || (at == 67 && bit % 8 < 4))
			continue;
		if (at >= 70)
			continue;
		a = good;
		a.bytes[at] ^= (uint8_t)(1u << bit % 8);
		if (is_valid(verdict_of(b->probe[1], a, SECOND)))
			fail_msg("byte %u bit %u", at, bit % 8);
	}
}

/* 0 .. 64 s, wherever the tick counter stands, its wrap-around included. */
static void test_age(void **state)
{
	struct bed *b = *state;
	const struct irl_probe_plan *plan = irl_probe_plan(b->probe[1]);
	const uint32_t times[] = {0,
				  1,
				  IRL_PROBE_AGE_TICKS,
				  UINT32_MAX,
				  UINT32_MAX - 5,
				  UINT32_MAX - IRL_PROBE_AGE_TICKS,
				  UINT32_MAX - IRL_PROBE_AGE_TICKS + 7,
				  0x80000000};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		const struct {
			uint32_t age;
			bool valid;
		} cases[] = {{0, true},
			     {1, true},
			     {IRL_PROBE_AGE_TICKS - 1, true},
			     {IRL_PROBE_AGE_TICKS, false},
			     {IRL_PROBE_AGE_TICKS + 1, false},
			     {0x80000000, false},
			     {UINT32_MAX, false}};
		uint8_t frame[80];
		struct answer a;
		struct irl_hit hit = {0};

		irl_probe_make(b->probe[1], some, times[i], frame);
		a = tcp_answer(frame, 0x12, 1, 5);
		for (size_t k = 0; k < 7; k++) {
			enum irl_probe_verdict v =
			    irl_core_check(plan, a.bytes, a.bytes + a.length,
					   times[i] + cases[k].age, &hit);

			assert_int_equal(v, cases[k].valid ? IRL_ANSWER_SYNACK
							   : IRL_ANSWER_COOKIE);
			if (cases[k].valid)
				assert_int_equal(hit.rtt_ticks, cases[k].age);
		}
	}
}

/* Who guesses acknowledgements, the right ports even, passes once in 4,096. */
static void test_spoofed_flood(void **state)
{
	enum { FLOOD = 1000000 };
	struct bed *b = *state;
	uint64_t now = 1000 * SECOND, x = 99;
	unsigned known = 0, unknown = 0;
	uint8_t frame[80];
	struct answer a;
	struct irl_hit hit;

	irl_probe_make(b->probe[1], some, irl_probe_time(now), frame);
	a = tcp_answer(frame, 0x12, 1, 5);
	for (int i = 0; i < FLOOD; i++) {
		put32(a.bytes + 42, (uint32_t)(next_random(&x) >> 16));
		known += is_valid(
		    irl_probe_check(b->probe[1], a.bytes, a.length, now, &hit));
	}
	/* mean 244, deviation 15.6 */
	assert_in_range(known, 244 - 94, 244 + 94);
	/* ports and sources guessed too: 28,232 and 200 times harder */
	for (int i = 0; i < FLOOD; i++) {
		uint64_t r = next_random(&x);

		put32(a.bytes + 26, (uint32_t)r);
		put32(a.bytes + 30, SOURCE + (uint32_t)((r >> 32) % SOURCES));
		put16(a.bytes + 36, 32768 + (uint32_t)((r >> 40) % 28232));
		put32(a.bytes + 42, (uint32_t)(next_random(&x) >> 16));
		unknown += is_valid(
		    irl_probe_check(b->probe[1], a.bytes, a.length, now, &hit));
	}
	assert_in_range(unknown, 0, 1);
}

/* What another run with another seed is sent is not taken for ours. */
static void test_other_seed(void **state)
{
	struct bed *b = *state;
	struct irl_probe_options o = {.targets = b->targets,
				      .seed = 1,
				      .source_addr = SOURCE,
				      .source_count = SOURCES,
				      .port_first = 32768,
				      .port_last = 60999};
	struct irl_probe *p;
	unsigned valid = 0;

	assert_int_equal(irl_probe_new(&p, &o, NULL), 0);
	for (uint32_t i = 0; i < 20000; i++) {
		struct irl_target t = {0x08000000 + i, 80};
		uint8_t frame[80];

		irl_probe_make(p, t, irl_probe_time(SECOND), frame);
		assert_true(is_valid(
		    verdict_of(p, tcp_answer(frame, 0x12, 1, 5), SECOND)));
		valid += is_valid(verdict_of(
		    b->probe[1], tcp_answer(frame, 0x12, 1, 5), SECOND));
	}
	assert_int_equal(valid, 0);
	irl_probe_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_synack),
	    cmocka_unit_test(test_synack_shapes),
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_rst_acks),
	    cmocka_unit_test(test_icmp),
	    cmocka_unit_test(test_icmp_shapes),
	    cmocka_unit_test(test_not_ours),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_bit_flips),
	    cmocka_unit_test(test_icmp_bit_flips),
	    cmocka_unit_test(test_age),
	    cmocka_unit_test(test_spoofed_flood),
	    cmocka_unit_test(test_other_seed),
	};

	return cmocka_run_group_tests(tests, bed_up, bed_down);
}
