// SPDX-License-Identifier: BSD-2-Clause
/*
 * The far end of irl bench on Windows: whose addresses a benchmark may flood,
 * what of the frames it counts, and what its server answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "bench/far.h"

static const uint8_t near_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t far_mac[6] = {2, 0, 0, 0, 0, 2};
static const struct bench_range range = {0xc6120000, 1u << 17};

/* As RFC 1071 has it, by another way than the program's. */
static uint32_t sum_of(const uint8_t *from, uint32_t bytes, uint32_t sum)
{
	for (uint32_t i = 0; i < bytes; i++)
		sum += i % 2 ? from[i] : (uint32_t)from[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void assert_sums(const uint8_t *f, uint32_t length)
{
	uint32_t transport = bench_get16(f + 16) - 20;

	assert_true(transport + 34 <= length);
	assert_int_equal(sum_of(f + 14, 20, 0), 0xffff);
	assert_int_equal(
	    sum_of(f + 34, transport, sum_of(f + 26, 8, f[23] + transport)),
	    0xffff);
}

static void test_nobodys(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} table[] = {
	    {"198.18.0.0/15", true},
	    {"10.0.0.0/8", true},
	    {"10.64.0.0/10", true},
	    {"192.168.0.0/16", true},
	    {"172.16.0.0/12", true},
	    {"198.18.7.0/24", true},
	    {"198.18.0.0/14", false},
	    {"11.0.0.0/8", false},
	    {"8.8.8.0/24", false},
	    {"172.0.0.0/8", false},
	    {"10.0.0.0/7", false},
	    {"10.0.0.0/25", false},
	    {"10.0.0.0", false},
	    {"10.0.0.0/8x", false},
	    {"", false},
	};
	struct bench_range out;
	struct irl_error err;

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(bench_range_read(table[i].text, &out, &err) ==
				     0,
				 table[i].good);
	assert_int_equal(bench_range_read("10.65.1.1/10", &out, &err), 0);
	assert_int_equal(out.first, 0x0a400000);
	assert_int_equal(out.count, 1u << 22);
}

/* All different, valid, within the range; each counts. */
static void test_datagrams(void **state)
{
	static uint8_t seen[1u << 17];
	static struct bench_datagrams d;
	uint8_t frame[1514], reply[128];
	struct bench_far_count count = {0};
	const struct irl_frame got = {.data = frame, .length = 60};

	(void)state;
	bench_datagrams_init(&d, 60, near_mac, far_mac, 0x0a000001, &range);
	for (uint32_t i = 0; i < range.count; i++) {
		uint32_t at;

		bench_datagrams_write(&d, frame);
		at = bench_get32(frame + 30) - range.first;
		assert_true(at < range.count);
		at %= (uint32_t)sizeof(seen); /* as gcc does not know */
		assert_false(seen[at]);
		seen[at] = 1;
		assert_sums(frame, 60);
		assert_int_equal(bench_far_take(&count, &got, reply), 0);
	}
	assert_int_equal(count.frames, range.count);
	assert_int_equal(count.damaged, 0);
	bench_datagrams_init(&d, 1514, near_mac, far_mac, 0x0a000001, &range);
	bench_datagrams_write(&d, frame);
	assert_sums(frame, 1514);
}

static void test_damaged(void **state)
{
	struct bench_datagrams d;
	uint8_t frame[64], reply[128];
	struct bench_far_count count = {0};
	struct irl_frame got = {.data = frame, .length = 60};

	(void)state;
	bench_datagrams_init(&d, 60, near_mac, far_mac, 0x0a000001, &range);
	bench_datagrams_write(&d, frame);
	frame[42] ^= 1; /* the mark */
	bench_far_take(&count, &got, reply);
	frame[42] ^= 1;
	bench_put16(frame + 36, 53); /* not for the goal: nobody's */
	bench_far_take(&count, &got, reply);
	bench_put16(frame + 36, BENCH_FAR_GOAL);
	bench_put16(frame + 16, 1400); /* longer than the frame */
	bench_far_take(&count, &got, reply);
	assert_int_equal(count.damaged, 1);
	assert_int_equal(count.frames, 0);
	for (got.length = 0; got.length < 60; got.length++)
		bench_far_take(&count, &got, reply);
	assert_int_equal(count.frames + count.damaged, 1);
}

/* A segment to the server, without sums: it looks at none. */
static struct irl_frame segment(uint8_t *f, uint8_t flags, uint32_t bytes)
{
	memset(f, 0, 128);
	memcpy(f, far_mac, 6);
	memcpy(f + 6, near_mac, 6);
	bench_put16(f + 12, 0x0800);
	f[14] = 0x45;
	bench_put16(f + 16, 40 + bytes);
	f[23] = 6;
	bench_put32(f + 26, 0xc6120001);
	bench_put32(f + 30, 0xc6120200);
	bench_put16(f + 34, 40000);
	bench_put16(f + 36, BENCH_FAR_GOAL);
	bench_put32(f + 38, 77);
	bench_put32(f + 42, 1001);
	f[46] = 0x50;
	f[47] = flags;
	return (struct irl_frame){.data = f, .length = 54 + bytes};
}

static void test_server(void **state)
{
	struct bench_far_count count = {0};
	uint8_t f[128], reply[128];
	struct irl_frame got = segment(f, 2, 0); /* SYN */

	(void)state;
	assert_int_equal(bench_far_take(&count, &got, reply), 60);
	assert_sums(reply, 60);
	assert_memory_equal(reply, near_mac, 6);
	assert_int_equal(bench_get32(reply + 26), 0xc6120200);
	assert_int_equal(bench_get16(reply + 36), 40000);
	assert_int_equal(reply[47], 0x12);
	assert_int_equal(bench_get32(reply + 42), 78);
	got = segment(f, 0x10, 0); /* ACK */
	assert_int_equal(bench_far_take(&count, &got, reply), 0);
	got = segment(f, 4, 0); /* RST */
	assert_int_equal(bench_far_take(&count, &got, reply), 0);
	assert_int_equal(count.answered, 0);
	got = segment(f, 0x18, 30); /* the request */
	assert_true(bench_far_take(&count, &got, reply) > 60);
	assert_sums(reply, sizeof(reply));
	assert_int_equal(bench_get32(reply + 38), 1001);
	assert_int_equal(bench_get32(reply + 42), 77 + 30);
	assert_memory_equal(reply + 54, "HTTP/1.1 200 ", 13);
	assert_int_equal(count.answered, 1);
	f[46] = 0xf0; /* a header longer than the segment */
	assert_int_equal(bench_far_take(&count, &got, reply), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nobodys),
	    cmocka_unit_test(test_datagrams),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
