// SPDX-License-Identifier: BSD-2-Clause
/*
 * Probes: the cookie's hash against published vectors, frames against the RFCs
 * and an independent checksum, answers of every kind, shape and forgery.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <irl/probe.h>
#include <irl/steer.h>
#include "target/user.h"
#include "probe/core.h"
#include "probe/probe.h"
#include "octets.h"

#define SECOND 1000000000ull
#define SOURCE 0x0a000001u
#define SOURCES 200u
#define ROUTER 0x0a636363u

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* ---- a set and a probe for all tests ----------------------------------- */

struct bed {
	struct irl_targets *targets;
	struct irl_probe *probe[4]; /* by kind of options */
};

static int bed_up(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));
	struct irl_probe_options o = {.seed = 42,
				      .source_addr = SOURCE,
				      .source_count = SOURCES,
				      .port_first = 32768,
				      .port_last = 60999,
				      .source_mac = {2, 0, 0, 0, 0, 1},
				      .gateway_mac = {2, 0, 0, 0, 0, 2}};

	assert_non_null(b);
	assert_int_equal(irl_targets_new(&b->targets, NULL), 0);
	assert_int_equal(irl_targets_block(b->targets, "0.0.0.0/9", NULL), 0);
	assert_int_equal(
	    irl_targets_ports(b->targets, "22,80,443,8000-8999", NULL), 0);
	assert_int_equal(irl_targets_seal(b->targets, NULL), 0);
	o.targets = b->targets;
	for (int k = 0; k < 4; k++) {
		o.options = (enum irl_tcp_options)k;
		assert_int_equal(irl_probe_new(&b->probe[k], &o, NULL), 0);
	}
	*state = b;
	return 0;
}

static int bed_down(void **state)
{
	struct bed *b = *state;

	for (int k = 0; k < 4; k++)
		irl_probe_free(b->probe[k]);
	irl_targets_free(b->targets);
	free(b);
	return 0;
}

/* ---- the hash --------------------------------------------------------- */

/* SipHash-c-d of @n bytes, from the core's round. */
static uint64_t siphash(int c, int d, const uint64_t key[2], const uint8_t *in,
			size_t n)
{
	uint64_t v0 = key[0] ^ 0x736f6d6570736575ull;
	uint64_t v1 = key[1] ^ 0x646f72616e646f6dull;
	uint64_t v2 = key[0] ^ 0x6c7967656e657261ull;
	uint64_t v3 = key[1] ^ 0x7465646279746573ull;

	for (size_t i = 0; i <= n / 8; i++) {
		uint64_t m = i == n / 8 ? (uint64_t)n << 56 : 0;

		for (size_t k = 0; k < 8 && i * 8 + k < n; k++)
			m |= (uint64_t)in[i * 8 + k] << (8 * k);
		v3 ^= m;
		for (int r = 0; r < c; r++)
			IRL_SIPROUND;
		v0 ^= m;
	}
	v2 ^= 0xff;
	for (int r = 0; r < d; r++)
		IRL_SIPROUND;
	return v0 ^ v1 ^ v2 ^ v3;
}

static void test_siphash(void **state)
{
	const uint64_t key[2] = {0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};
	struct irl_sip_state keyed;
	uint8_t in[15];

	(void)state;
	irl_siphash13_key(key, &keyed);
	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	/* SipHash-2-4: the paper's appendix A and the reference's vectors. */
	assert_true(siphash(2, 4, key, in, 15) == 0xa129ca6149be45e5ull);
	assert_true(siphash(2, 4, key, in, 0) == 0x726fdb47dd0e0e31ull);
	assert_true(siphash(2, 4, key, in, 8) == 0x93f5f5799a932462ull);
	/* SipHash-1-3 of no and of eight bytes, from independent programs. */
	assert_true(siphash(1, 3, key, in, 0) == 0xabac0158050fc4dcull);
	assert_true(siphash(1, 3, key, in, 8) == 0x369095118d299a8eull);
	for (uint64_t i = 0, x = 7; i < 1000; i++) {
		uint64_t m = next_random(&x);
		uint8_t bytes[8];

		memcpy(bytes, &m, 8);
		/* six bytes: 16 bits of port, then 32 of address */
		assert_true(irl_siphash13_target(&keyed, (uint32_t)(m >> 16),
						 (uint16_t)m) ==
			    siphash(1, 3, key, bytes, 6));
	}
}

/* ---- time ------------------------------------------------------------- */

static void test_time(void **state)
{
	uint32_t before = 0;

	(void)state;
	assert_int_equal(irl_probe_time(0), 0);
	/* within a tick of ns * 2^14 / 10^9, for an hour of milliseconds */
	for (uint64_t ns = 0; ns < 3600 * SECOND; ns += 999983) {
		uint64_t exact = (ns << 14) / SECOND;
		uint32_t t = irl_probe_time(ns);

		assert_in_range(exact - t + 1, 0, 2);
		assert_true(t >= before);
		before = t;
	}
	/* a day, a year, the last nanosecond: the rate is right to 10^-9 */
	for (uint64_t s = 86400; s < 18446744073ull; s = s * 3 + 1) {
		unsigned __int128 exact =
		    ((unsigned __int128)s * SECOND << 14) / SECOND;
		uint32_t t = irl_probe_time(s * SECOND);
		uint64_t late = (uint32_t)((uint32_t)exact - t);

		assert_true(late <= s * 16384 / 1000000000 + 2);
	}
	/* 61.035 us a tick, and it never stands still or jumps */
	for (uint64_t ns = UINT64_MAX - 10000000; ns < UINT64_MAX - 70000;
	     ns += 61035)
		assert_in_range(irl_probe_time(ns + 61036) - irl_probe_time(ns),
				0, 2);
}

/* ---- frames ----------------------------------------------------------- */

/* RFC 1071, the slow way. */
static uint32_t sum_bytes(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static bool checksums_valid(const uint8_t *frame)
{
	const uint8_t *ip = frame + 14;
	uint32_t header = (ip[0] & 15) * 4u;
	uint32_t segment = get16(ip + 2) - header;
	uint32_t pseudo = sum_bytes(ip + 12, 8, ip[9] + segment);

	return sum_bytes(ip, header, 0) == 0xffff &&
	       sum_bytes(ip + header, segment, pseudo) == 0xffff;
}

static void check_frame(const struct irl_probe *probe, int kind,
			struct irl_target target, uint32_t time)
{
	static const struct {
		uint32_t length, ip_length, window;
		uint8_t options[21], count;
	} form[4] = {
	    {60, 40, 65535, "", 0},
	    {60, 44, 65535, "\x02\x04\x05\xb4", 4},
	    /* RFC 9293 MSS, RFC 2018 SACK permitted, RFC 7323 TS, NOP, WS */
	    {74, 60, 64240,
	     "\x02\x04\x05\xb4\x04\x02\x08\x0a\0\0\0\0\0\0\0\0\x01\x03\x03\x07",
	     20},
	    {66, 52, 65535, "\x02\x04\x05\xb4\x01\x03\x03\x08\x01\x01\x04\x02",
	     12},
	};
	uint8_t frame[IRL_PROBE_FRAME_MAX + 8], options[20];
	const uint8_t *ip = frame + 14, *tcp = frame + 34;
	uint32_t source, port, length = irl_probe_length(probe);

	memset(frame, 0xEE, sizeof(frame));
	irl_probe_make(probe, target, time, frame);
	assert_int_equal(length, form[kind].length);
	for (size_t i = length; i < sizeof(frame); i++)
		assert_int_equal(frame[i], 0xEE);
	assert_memory_equal(frame, "\2\0\0\0\0\2\2\0\0\0\0\1\x08\0", 14);
	assert_int_equal(ip[0], 0x45);
	assert_int_equal(ip[1], 0);
	assert_int_equal(get16(ip + 2), form[kind].ip_length);
	assert_int_equal(get16(ip + 6), 0x4000);
	assert_int_equal(ip[8], 255);
	assert_int_equal(ip[9], 6);
	source = get32(ip + 12);
	port = get16(tcp);
	assert_in_range(source, SOURCE, SOURCE + SOURCES - 1);
	assert_in_range(port, 32768, 60999);
	assert_int_equal(get32(ip + 16), target.addr);
	assert_int_equal(get16(tcp + 2), target.port);
	assert_int_equal(get32(tcp + 8), 0);
	assert_int_equal(tcp[12], (20 + form[kind].count) / 4 << 4);
	assert_int_equal(tcp[13], 2);
	assert_int_equal(get16(tcp + 14), form[kind].window);
	assert_int_equal(get16(tcp + 18), 0);
	memcpy(options, tcp + 20, form[kind].count);
	if (kind == IRL_TCP_OPTIONS_LINUX) {
		assert_int_equal(get32(options + 8), time >> 5);
		memset(options + 8, 0, 4);
	}
	assert_memory_equal(options, form[kind].options, form[kind].count);
	for (size_t i = 14 + form[kind].ip_length; i < length; i++)
		assert_int_equal(frame[i], 0);
	assert_true(checksums_valid(frame));
}

static void test_frames(void **state)
{
	struct bed *b = *state;
	uint64_t x = 12345;

	for (int kind = 0; kind < 4; kind++)
		for (int i = 0; i < 30000; i++) {
			uint64_t r = next_random(&x);
			struct irl_target target;
			uint64_t position = r % irl_targets_count(b->targets),
				 back;

			assert_true(irl_probe_target(b->probe[kind], position,
						     &target));
			assert_true(
			    irl_probe_position(b->probe[kind], target, &back));
			assert_true(back == position);
			check_frame(b->probe[kind], kind, target,
				    (uint32_t)(r >> 32));
		}
}

/* Sums at the edges, where a carry is easily lost. */
static void test_checksum_edges(void **state)
{
	const uint32_t edge[] = {0,          1,          0xffff,
				 0x10000,    0xfffeffff, 0xffff0000,
				 0xffffffff, 0x7fffffff};
	struct bed *b = *state;
	uint8_t frame[IRL_PROBE_FRAME_MAX];

	for (int kind = 0; kind < 4; kind++)
		for (size_t a = 0; a < 8; a++)
			for (size_t t = 0; t < 8; t++)
				for (uint32_t p = 0; p < 65536; p += 0xfff) {
					struct irl_target target = {
					    edge[a], (uint16_t)p};

					irl_probe_make(b->probe[kind], target,
						       edge[t], frame);
					assert_true(checksums_valid(frame));
				}
}

static void test_seq_is_cookie_plus_time(void **state)
{
	struct bed *b = *state;
	struct irl_target target = {0x08080808, 443};
	uint8_t one[80], two[80];

	irl_probe_make(b->probe[1], target, 1000, one);
	irl_probe_make(b->probe[1], target, 4000000000u, two);
	assert_int_equal(get32(two + 38) - get32(one + 38), 3999999000u);
	/* nothing else tells the time but the checksum */
	memcpy(two + 38, one + 38, 4);
	memcpy(two + 50, one + 50, 2);
	assert_memory_equal(one, two, 60);
}

/* Sources, ports and identifications are all used, evenly. */
static void test_spread(void **state)
{
	enum { DRAWS = 200000 };
	struct bed *b = *state;
	static unsigned port[64], source[SOURCES], id[64];
	uint8_t frame[80];

	memset(port, 0, sizeof(port));
	memset(source, 0, sizeof(source));
	memset(id, 0, sizeof(id));
	for (uint32_t i = 0; i < DRAWS; i++) {
		struct irl_target target = {0x01000000 + i, 80};

		irl_probe_make(b->probe[1], target, 0, frame);
		port[(get16(frame + 34) - 32768) * 64 / (61000 - 32768)]++;
		source[get32(frame + 26) - SOURCE]++;
		id[get16(frame + 18) / 1024]++;
	}
	/* means 3125 and 1000, deviations 55 and 32 */
	for (int i = 0; i < 64; i++) {
		assert_in_range(port[i], 3125 - 330, 3125 + 330);
		assert_in_range(id[i], 3125 - 330, 3125 + 330);
	}
	for (unsigned i = 0; i < SOURCES; i++)
		assert_in_range(source[i], 1000 - 190, 1000 + 190);
}

/* Of divided ports all probes of a /24 have those of one queue's part, each
 * part is used, and answers are judged as ever. */
static void test_parts(void **state)
{
	const struct irl_steer steer = {.port_first = 32768,
					.port_last = 32768 + 1000};
	struct bed *b = *state;
	struct irl_probe_options o = {.targets = b->targets,
				      .source_addr = SOURCE,
				      .port_first = steer.port_first,
				      .port_last = steer.port_last};
	uint8_t frame[80];

	for (o.port_parts = 1; o.port_parts <= 7; o.port_parts++) {
		uint16_t first[7], last[7], port;
		unsigned nets[7] = {0};
		struct irl_probe *probe;

		assert_int_equal(irl_probe_new(&probe, &o, NULL), 0);
		for (uint16_t q = 0; q < o.port_parts; q++)
			assert_true(irl_steer_ports(&steer, o.port_parts, q,
						    &first[q], &last[q]));
		for (uint32_t net = 0; net < 1000; net++) {
			unsigned q = 0;

			for (uint32_t i = 0; i < 256; i += 5) {
				struct irl_target target = {
				    .addr = 0x01000000 | net << 8 | i,
				    .port = (uint16_t)(8000 + i)};

				irl_probe_make(probe, target, 0, frame);
				port = (uint16_t)get16(frame + 34);
				while (!i && port > last[q])
					q++;
				assert_in_range(port, first[q], last[q]);
			}
			nets[q]++;
		}
		for (unsigned q = 0; q < o.port_parts; q++)
			assert_in_range(nets[q], 700 / o.port_parts,
					1300 / o.port_parts);
		irl_probe_free(probe);
	}
}

static void test_options_refused(void **state)
{
	struct bed *b = *state;
	struct irl_probe_options good = {.targets = b->targets,
					 .source_addr = SOURCE,
					 .port_first = 1,
					 .port_last = 65535};
	struct irl_probe_options bad;
	struct irl_targets *open;
	struct irl_probe *p = (void *)1;
	struct irl_error err;

	assert_int_equal(irl_targets_new(&open, NULL), 0);
#define REFUSED(change)                                                        \
	do {                                                                   \
		bad = good;                                                    \
		bad.change;                                                    \
		p = (void *)1;                                                 \
		assert_int_equal(irl_probe_new(&p, &bad, &err), -IRL_EINVAL);  \
		assert_null(p);                                                \
		assert_true(err.text[0] != 0);                                 \
	} while (0)
	REFUSED(targets = NULL);
	REFUSED(targets = open);
	REFUSED(port_first = 0);
	REFUSED(port_last = 0);
	REFUSED(port_parts = 65536);
	REFUSED(source_count = 65537);
	REFUSED(source_addr = UINT32_MAX; bad.source_count = 2);
	REFUSED(options = (enum irl_tcp_options)4);
	REFUSED(options = (enum irl_tcp_options) - 1);
#undef REFUSED
	assert_int_equal(irl_probe_new(&p, &good, &err), 0);
	irl_probe_free(p);
	good.source_addr = UINT32_MAX;
	good.source_count = 1;
	good.ttl = 64;
	assert_int_equal(irl_probe_new(&p, &good, &err), 0);
	irl_probe_free(p);
	irl_probe_free(NULL);
	irl_targets_free(open);
}

/* Another seed: other cookies, ports and order; the same seed: the same. */
static void test_seeds(void **state)
{
	struct bed *b = *state;
	struct irl_probe_options o = {.targets = b->targets,
				      .seed = 43,
				      .source_addr = SOURCE,
				      .source_count = SOURCES,
				      .port_first = 32768,
				      .port_last = 60999};
	struct irl_target t = {0x08080808, 443}, one, two;
	struct irl_probe *p, *q;
	uint8_t x[80], y[80], z[80];

	assert_int_equal(irl_probe_new(&p, &o, NULL), 0);
	assert_int_equal(irl_probe_new(&q, &o, NULL), 0);
	irl_probe_make(p, t, 0, x);
	irl_probe_make(q, t, 0, y);
	irl_probe_make(b->probe[0], t, 0, z);
	assert_memory_equal(x, y, 60);
	assert_int_not_equal(get32(x + 38), get32(z + 38));
	assert_true(irl_probe_target(p, 0, &one));
	assert_true(irl_probe_target(b->probe[0], 0, &two));
	assert_true(one.addr != two.addr);
	assert_false(irl_probe_target(p, irl_targets_count(b->targets), &one));
	t.port = 1;
	assert_false(irl_probe_position(p, t, &(uint64_t){0}));
	irl_probe_free(p);
	irl_probe_free(q);
}

/* ---- answers ---------------------------------------------------------- */

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
	    cmocka_unit_test(test_siphash),
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_frames),
	    cmocka_unit_test(test_checksum_edges),
	    cmocka_unit_test(test_seq_is_cookie_plus_time),
	    cmocka_unit_test(test_spread),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_options_refused),
	    cmocka_unit_test(test_seeds),
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
