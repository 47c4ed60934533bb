// SPDX-License-Identifier: BSD-2-Clause
/*
 * The order of a scan: a bijection for every count, reversible, different for
 * every seed, without visible structure; shards partition it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <cmocka.h>
#include <irl/target.h>
#include "target/user.h"

/* Every position once, every index once, and back. */
static void check_bijection(uint64_t count, uint64_t seed)
{
	struct irl_permutation p;
	uint8_t *seen = calloc(1, count);

	assert_non_null(seen);
	irl_permutation_init(&p, count, seed);
	assert_true((uint64_t)p.a << p.bits >= count);
	assert_true((uint64_t)p.a << p.bits < 2 * count);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t index = 0, back = 0;

		assert_true(irl_permutation_at(&p, i, &index));
		assert_true(index < count);
		assert_int_equal(seen[index], 0);
		seen[index] = 1;
		assert_true(irl_permutation_inverse(&p, index, &back));
		assert_int_equal(back, i);
	}
	free(seen);
}

static void test_bijection_small(void **state)
{
	(void)state;
	for (uint64_t count = 1; count <= 3000; count++)
		check_bijection(count, count * 7 + 1);
}

static void test_bijection_large(void **state)
{
	(void)state;
	check_bijection(1000000, 1);
	check_bijection((1 << 20) - 1, 2);
	check_bijection(1 << 20, 3);
	check_bijection((1 << 20) + 1, 4);
	check_bijection(197 * 4099, 5);
}

static void test_inverse_huge(void **state)
{
	const uint64_t counts[] = {1ull << 48,       (1ull << 48) - 1,
				   (1ull << 47) + 1, 3305111552ull,
				   1ull << 32,       (1ull << 32) + 1};

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		struct irl_permutation p;

		irl_permutation_init(&p, counts[c], 99);
		assert_true((uint64_t)p.a << p.bits >= counts[c]);
		for (uint64_t i = 0; i < 10000; i++) {
			uint64_t x = i * 0x9E3779B97F4A7C15ull % counts[c];
			uint64_t index = 0, back = 0;

			if (i < 2)
				x = i ? counts[c] - 1 : 0;
			assert_true(irl_permutation_at(&p, x, &index));
			assert_true(index < counts[c]);
			assert_true(irl_permutation_inverse(&p, index, &back));
			assert_true(back == x);
		}
	}
}

static void test_outside(void **state)
{
	struct irl_permutation p;
	uint64_t out = 0;

	(void)state;
	irl_permutation_init(&p, 10, 1);
	assert_false(irl_permutation_at(&p, 10, &out));
	assert_false(irl_permutation_inverse(&p, 10, &out));
	assert_false(irl_permutation_at(&p, UINT64_MAX, &out));
}

/* A domain far larger than the set, which init never makes: walks end. */
static void test_walk_bounded(void **state)
{
	struct irl_permutation p = {
	    .count = 1, .a = 1 << 24, .bits = 24, .key = {1, 2, 3}};
	uint64_t out = 0;

	(void)state;
	assert_false(irl_permutation_at(&p, 0, &out));
	assert_false(irl_permutation_inverse(&p, 0, &out));
}

static void test_seeds_differ(void **state)
{
	enum { COUNT = 100000 };
	struct irl_permutation p, q;
	unsigned same = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		irl_permutation_init(&p, COUNT, seed);
		irl_permutation_init(&q, COUNT, seed + 1);
		for (uint64_t i = 0; i < COUNT; i++) {
			uint64_t a = 0, b = 0;

			irl_permutation_at(&p, i, &a);
			irl_permutation_at(&q, i, &b);
			same += a == b;
		}
	}
	/* Poisson with mean 20 (one fixed point a pair of orders). */
	assert_in_range(same, 2, 60);
}

/* Each of @bins equal parts of the index space gets its share of every
 * stretch of positions: chi-square against uniform. */
static double chi_square(uint64_t count, uint64_t seed, uint64_t first,
			 uint64_t step, unsigned draws)
{
	enum { BINS = 256 };
	unsigned bin[BINS] = {0};
	double mean = (double)draws / BINS, sum = 0;
	struct irl_permutation p;

	irl_permutation_init(&p, count, seed);
	for (unsigned i = 0; i < draws; i++) {
		uint64_t index = 0;

		assert_true(
		    irl_permutation_at(&p, (first + i * step) % count, &index));
		bin[(unsigned)((double)index / (double)count * BINS)]++;
	}
	for (unsigned i = 0; i < BINS; i++)
		sum += (bin[i] - mean) * (bin[i] - mean) / mean;
	return sum;
}

static void test_uniform(void **state)
{
	const uint64_t counts[] = {3305111552ull, 1ull << 32, 1ull << 48,
				   16777216};
	const uint64_t steps[] = {1, 2, 197, 256, 65536, 1 << 12, 65537};

	(void)state;
	/* 255 degrees of freedom: mean 255, deviation 22.6; 6 of them out of
	 * 28 fixed draws would be a defect of the order. */
	for (size_t c = 0; c < 4; c++)
		for (size_t s = 0; s < 7; s++) {
			double x;

			if (steps[s] * 100000 > counts[c])
				continue; /* draws would repeat */
			x = chi_square(counts[c], 1234 + s, s * 1000003,
				       steps[s], 100000);

			assert_true(x < 255 + 6 * 22.6);
			assert_true(x > 255 - 6 * 22.6);
		}
}

/* Neighbouring positions: their indices' distance has no favourite, as an
 * arithmetic progression would have. */
static void test_no_progression(void **state)
{
	enum { COUNT = 1 << 20, BINS = 1024 };
	static unsigned bin[BINS];
	struct irl_permutation p;
	double mean = (double)(COUNT - 1) / BINS, sum = 0;
	unsigned equal = 0;
	uint64_t before = 0, distance = 0;

	(void)state;
	memset(bin, 0, sizeof(bin));
	irl_permutation_init(&p, COUNT, 5);
	irl_permutation_at(&p, 0, &before);
	for (uint64_t i = 1; i < COUNT; i++) {
		uint64_t index = 0, d;

		irl_permutation_at(&p, i, &index);
		d = (index - before) & (COUNT - 1);
		bin[d / (COUNT / BINS)]++;
		equal += d == distance;
		distance = d;
		before = index;
	}
	for (unsigned i = 0; i < BINS; i++)
		sum += (bin[i] - mean) * (bin[i] - mean) / mean;
	assert_true(fabs(sum - (BINS - 1)) < 6 * sqrt(2.0 * (BINS - 1)));
	/* The same step twice running: Poisson with mean 1. */
	assert_true(equal < 12);
}

/* Two neighbours together: where one lands says nothing of the next. */
static void test_neighbours_independent(void **state)
{
	enum { COUNT = 1 << 22, SIDE = 64 };
	static unsigned bin[SIDE * SIDE];
	const double cells = SIDE * SIDE, mean = COUNT / cells;
	struct irl_permutation p;

	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++) {
		uint64_t before = 0, index = 0;
		double sum = 0;

		memset(bin, 0, sizeof(bin));
		irl_permutation_init(&p, COUNT + 12345, seed);
		for (uint64_t i = 0; i < COUNT; i++, before = index) {
			irl_permutation_at(&p, i, &index);
			/* parts of the space, and its lowest bits */
			bin[before * SIDE / p.count * SIDE +
			    (seed % 2 ? index % SIDE
				      : index * SIDE / p.count)]++;
		}
		for (unsigned i = 0; i < SIDE * SIDE; i++)
			sum += (bin[i] - mean) * (bin[i] - mean) / mean;
		assert_true(fabs(sum - cells) < 6 * sqrt(2 * cells));
	}
}

/* One flipped bit of the position moves every bit of the index half the time.
 */
static void test_avalanche(void **state)
{
	enum { BITS = 32, DRAWS = 4000 };
	static unsigned flips[BITS][BITS];
	struct irl_permutation p;

	(void)state;
	memset(flips, 0, sizeof(flips));
	irl_permutation_init(&p, 1ull << BITS, 77);
	for (uint64_t i = 0; i < DRAWS; i++) {
		uint64_t x = i * 0x9E3779B97F4A7C15ull >> 32, a = 0, b = 0;

		irl_permutation_at(&p, x, &a);
		for (unsigned in = 0; in < BITS; in++) {
			irl_permutation_at(&p, x ^ 1ull << in, &b);
			for (unsigned out = 0; out < BITS; out++)
				flips[in][out] +=
				    (unsigned)((a ^ b) >> out & 1);
		}
	}
	/* Deviation of a fair coin: 31.6; the worst of 1,024 within 6. */
	for (unsigned in = 0; in < BITS; in++)
		for (unsigned out = 0; out < BITS; out++)
			assert_in_range(flips[in][out], DRAWS / 2 - 190,
					DRAWS / 2 + 190);
}

static void check_shards(uint64_t count, uint32_t shards)
{
	uint64_t next = 0, least = UINT64_MAX, most = 0;

	for (uint32_t s = 0; s < shards; s++) {
		uint64_t first, n;

		irl_shard(count, shards, s, &first, &n);
		assert_true(first == next);
		next = first + n;
		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	assert_true(next == count);
	assert_true(most - least <= 1);
}

static void test_shards(void **state)
{
	uint64_t first = 1, n = 1;

	(void)state;
	for (uint64_t count = 1; count < 200; count++)
		for (uint32_t shards = 1; shards < 210; shards++)
			check_shards(count, shards);
	check_shards(1ull << 48, 1000003);
	check_shards((1ull << 48) - 1, 4096);
	check_shards(3305111552ull, 197);
	irl_shard(100, 0, 0, &first, &n);
	assert_true(first == 0 && n == 100);
	irl_shard(100, 3, 3, &first, &n);
	assert_true(n == 0);
	irl_shard(1ull << 48, UINT32_MAX, UINT32_MAX - 1, &first, &n);
	assert_true(first + n == 1ull << 48);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bijection_small),
	    cmocka_unit_test(test_bijection_large),
	    cmocka_unit_test(test_inverse_huge),
	    cmocka_unit_test(test_outside),
	    cmocka_unit_test(test_walk_bounded),
	    cmocka_unit_test(test_seeds_differ),
	    cmocka_unit_test(test_uniform),
	    cmocka_unit_test(test_no_progression),
	    cmocka_unit_test(test_neighbours_independent),
	    cmocka_unit_test(test_avalanche),
	    cmocka_unit_test(test_shards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
