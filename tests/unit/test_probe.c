// SPDX-License-Identifier: BSD-2-Clause
/*
 * Probes: the cookie's hash against published vectors, frames against the RFCs
 * and an independent checksum.
 */
#include "probe_lab.h"

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
		for (uint32_t q = 0; q < o.port_parts; q++)
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

/* Longer segments than the link takes are not asked for (MUST-67); no host may
 * take less than 576 bytes, and frames have 1,500 at most. */
static void test_mss(void **state)
{
	static const uint32_t rows[][2] = {
	    {0, 1460},    {68, 536},    {576, 536},   {1280, 1240},
	    {1492, 1452}, {1500, 1460}, {9000, 1460}, {65536, 1460}};
	struct bed *b = *state;
	struct irl_probe_options o = {.targets = b->targets,
				      .source_addr = SOURCE,
				      .port_first = 1,
				      .port_last = 65535,
				      .options = IRL_TCP_OPTIONS_LINUX};
	uint8_t frame[80];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct irl_probe *probe;
		struct irl_target target;

		o.mtu = rows[i][0];
		assert_int_equal(irl_probe_new(&probe, &o, NULL), 0);
		assert_true(irl_probe_target(probe, i, &target));
		irl_probe_make(probe, target, 7, frame);
		assert_int_equal(get32(frame + 54), 0x02040000 | rows[i][1]);
		assert_true(checksums_valid(frame));
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
	    cmocka_unit_test(test_mss),
	    cmocka_unit_test(test_options_refused),
	    cmocka_unit_test(test_seeds),
	};

	return cmocka_run_group_tests(tests, bed_up, bed_down);
}
