// SPDX-License-Identifier: BSD-2-Clause
/* The parts of the stack against naive models: index, wheel, buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tcp/buffer.h"
#include "tcp/conn.h"
#include "tcp/table.h"
#include "tcp/stack.h"
#include "tcp/timer.h"

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* ---- index -------------------------------------------------------------- */

#define SLOTS 3000u

static bool has(const struct irl_index *index, uint64_t hash, uint32_t slot)
{
	struct irl_index_walk walk = irl_index_at(index, hash);
	uint32_t found;

	while ((found = irl_index_next(index, &walk)) != IRL_INDEX_NONE)
		if (found == slot)
			return true;
	return false;
}

static void check_index(const struct irl_index *index, const uint64_t *hash,
			const bool *in)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < SLOTS; i++) {
		assert_int_equal(has(index, hash[i], i), in[i]);
		n += in[i];
	}
	assert_int_equal(index->count, n);
}

/* Long runs of random insertions and removals: no decay. */
/* A slot has 24 bits. */
static void test_index_high(void **state)
{
	struct irl_index index = {.size = irl_index_size(SLOTS)};
	const uint32_t slot = 0xfedcba;
	struct irl_index_walk walk;

	(void)state;
	index.bucket = test_calloc(index.size, sizeof(struct irl_bucket));
	assert_true(irl_index_insert(&index, 7, slot));
	walk = irl_index_at(&index, 7);
	assert_int_equal(irl_index_next(&index, &walk), slot);
	irl_index_remove(&index, 7, slot);
	assert_int_equal(index.count, 0);
	test_free(index.bucket);
}

static void test_index(void **state)
{
	static uint64_t hash[SLOTS];
	static bool in[SLOTS];
	uint64_t random = 1;
	struct irl_index index = {.size = irl_index_size(SLOTS)};

	(void)state;
	index.bucket = test_calloc(index.size, sizeof(struct irl_bucket));
	for (uint32_t i = 0; i < SLOTS; i++)
		hash[i] = draw(&random);
	for (unsigned round = 0; round < 200000; round++) {
		uint32_t i = (uint32_t)(draw(&random) % SLOTS);

		if (in[i])
			irl_index_remove(&index, hash[i], i);
		else
			assert_true(irl_index_insert(&index, hash[i], i));
		in[i] = !in[i];
		if (round % 20000 == 0)
			check_index(&index, hash, in);
	}
	for (uint32_t i = 0; i < SLOTS; i++) {
		if (!in[i])
			assert_true(irl_index_insert(&index, hash[i], i));
		in[i] = true;
	}
	check_index(&index, hash, in);
	for (uint32_t i = 0; i < SLOTS; i++)
		irl_index_remove(&index, hash[i], i);
	for (uint32_t i = 0; i < index.size; i++) {
		assert_int_equal(index.bucket[i].passed, 0);
		assert_int_equal(irl_bucket_match(&index.bucket[i], 0), 0x7fff);
	}
	test_free(index.bucket);
}

/* All keys of one home: refused before the run is endless, nothing lost. */
static void test_index_same_home(void **state)
{
	static struct irl_bucket bucket[128];
	struct irl_index index = {.bucket = bucket, .size = 128};
	uint32_t n = 0;

	(void)state;
	/* The home near the end, so that the run wraps. */
	while (irl_index_insert(&index, 0xff800000u, n))
		n++;
	assert_int_equal(n, IRL_INDEX_RUN * IRL_INDEX_CELLS);
	for (uint32_t i = 0; i < n; i++)
		assert_true(has(&index, 0xff800000u, i));
	for (uint32_t i = 0; i < n; i += 2)
		irl_index_remove(&index, 0xff800000u, i);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(has(&index, 0xff800000u, i), i & 1);
	for (uint32_t i = 1; i < n; i += 2)
		irl_index_remove(&index, 0xff800000u, i);
	/* A counter that was full knows no more, and others pay for it. */
	assert_true(irl_index_insert(&index, 0xff800000u, 7));
	assert_true(has(&index, 0xff800000u, 7));
	assert_false(has(&index, 0xff800000u, 8));
}

/* Fuller than irl_index_size makes any, full buckets stand in long rows: there
 * is room nonetheless, at any time. */
static void test_index_crowded(void **state)
{
	static struct irl_bucket bucket[1024];
	static uint64_t hash[1024 * 25 / 2];
	struct irl_index index = {.bucket = bucket, .size = 1024};
	const uint32_t n = 1024 * 25 / 2;
	uint64_t random = 3;

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		hash[i] = draw(&random);
		assert_true(irl_index_insert(&index, hash[i], i));
	}
	for (unsigned round = 0; round < 500000; round++) {
		uint32_t i = (uint32_t)(draw(&random) % n);

		assert_true(has(&index, hash[i], i));
		irl_index_remove(&index, hash[i], i);
		hash[i] = draw(&random);
		assert_true(irl_index_insert(&index, hash[i], i));
	}
}

#define BUCKETS 1024u
#define ENTRIES (BUCKETS * 11)

/* Ends as scans and benchmarks have them, which differ in few bits. */
static struct irl_ends ends_of(unsigned pattern, uint32_t i)
{
	struct irl_ends ends = {.local_port = 1024, .remote_port = 80};

	switch (pattern) {
	case 0: /* the next address, the next port */
		ends.remote4 = 0x0a000000 + i;
		ends.local_port = (uint16_t)(1024 + i);
		break;
	case 1: /* one host, all of our addresses in turn */
		ends.remote4 = 0x0a000001;
		ends.local = (uint8_t)(i % 200);
		ends.local_port = (uint16_t)(1024 + i / 200);
		break;
	case 2: /* the hosts .1 of networks */
		ends.remote4 = (i << 8) + 1;
		break;
	default: /* one network of IPv6 */
		ends.v6 = true;
		ends.remote6[0] = 0xfd;
		ends.remote6[14] = (uint8_t)(i >> 8);
		ends.remote6[15] = (uint8_t)i;
		break;
	}
	return ends;
}

static void check_spread(const struct irl_tcp_stack *st, unsigned pattern)
{
	static uint16_t home[BUCKETS], tag[256], counter[8];
	struct irl_index index = {.size = BUCKETS};

	memset(home, 0, sizeof(home));
	memset(tag, 0, sizeof(tag));
	memset(counter, 0, sizeof(counter));
	for (uint32_t i = 0; i < ENTRIES; i++) {
		struct irl_ends ends = ends_of(pattern, i);
		uint64_t hash = irl_ends_index(st, &ends);

		home[irl_index_home(&index, hash)]++;
		tag[irl_index_tag(hash)]++;
		counter[hash & 7]++;
	}
	/* By chance one in 10^12 seeds has a home with more than 43. */
	for (uint32_t i = 0; i < BUCKETS; i++)
		assert_in_range(home[i], 0, 43);
	for (uint32_t i = 2; i < 256; i++) /* 44 each */
		assert_in_range(tag[i], 5, 110);
	for (uint32_t i = 0; i < 8; i++) /* 1,408 each */
		assert_in_range(counter[i], 1100, 1750);
}

/* The index's own hash spreads what is alike, whatever the seed. */
static void test_index_spread(void **state)
{
	const struct irl_tcp_local local = {irl_ip4(0x0a000009), 1024, 65535};
	struct irl_tcp_stack_options o = {
	    .locals = &local, .local_count = 1, .connections = 64};

	(void)state;
	for (o.seed = 0; o.seed < 200; o.seed++) {
		struct irl_tcp_stack *st;

		assert_int_equal(irl_tcp_new(&st, &o, NULL), 0);
		for (unsigned pattern = 0; pattern < 4; pattern++)
			check_spread(st, pattern);
		irl_tcp_free(st);
	}
}

static void flip(struct irl_ends *ends, unsigned bit)
{
	const uint8_t mask = (uint8_t)(1u << bit % 8);

	if (bit < 8)
		ends->local ^= mask;
	else if (bit < 24)
		ends->local_port ^= (uint16_t)(1u << (bit - 8));
	else if (bit < 40)
		ends->remote_port ^= (uint16_t)(1u << (bit - 24));
	else if (ends->v6)
		ends->remote6[bit / 8 - 5] ^= mask;
	else
		ends->remote4 ^= 1u << (bit - 40);
}

/* Both hashes of the ends with one bit more or less, or as they are. */
static void hashes(const struct irl_tcp_stack *st, struct irl_ends ends,
		   unsigned bit, unsigned bits, uint64_t out[2])
{
	if (bit < bits)
		flip(&ends, bit);
	out[0] = irl_ends_hash(st, &ends);
	out[1] = irl_ends_index(st, &ends);
}

/* Each bit of the ends counts in both hashes: without one, hosts of a network
 * would share their initial sequence numbers (RFC 6528), or their bucket. */
static void test_every_bit(void **state)
{
	const struct irl_tcp_local local = {irl_ip4(0x0a000009), 1024, 65535};
	struct irl_tcp_stack_options o = {
	    .locals = &local, .local_count = 1, .connections = 64};
	struct irl_tcp_stack *st;

	(void)state;
	assert_int_equal(irl_tcp_new(&st, &o, NULL), 0);
	for (unsigned v6 = 0; v6 < 2; v6++) {
		const unsigned bits = 40 + (v6 ? 128 : 32);
		struct irl_ends ends = ends_of(v6 ? 3 : 0, 7);
		uint64_t a[2], b[2];

		for (unsigned i = 0; i <= bits; i++)
			for (unsigned j = 0; j < i; j++) {
				hashes(st, ends, i, bits, a);
				hashes(st, ends, j, bits, b);
				assert_true(a[0] >> 32 != b[0] >> 32);
				assert_true(a[1] != b[1]);
			}
	}
	irl_tcp_free(st);
}

/* ---- slots -------------------------------------------------------------- */

static struct irl_tcp_stack *small_stack(void)
{
	const struct irl_tcp_local locals[] = {
	    {irl_ip4(0x0a000009), 1024, 65535},
	    {irl_ip4(0x0a00000a), 1024, 65535},
	    {{{0xfd, [15] = 9}}, 1024, 65535},
	};
	struct irl_tcp_stack_options o = {
	    .locals = locals, .local_count = 3, .connections = 8};
	struct irl_tcp_stack *st;

	assert_int_equal(irl_tcp_new(&st, &o, NULL), 0);
	return st;
}

/* Of connections that share a hash, the one whose ends they are. */
static void test_same_hash(void **state)
{
	const uint64_t hash = 77;
	const struct irl_ends ends[] = {
	    {.local_port = 1024, .remote_port = 80, .remote4 = 1},
	    {.local = 1, .local_port = 1024, .remote_port = 80, .remote4 = 1},
	    {.local_port = 1025, .remote_port = 80, .remote4 = 1},
	    {.local_port = 1024, .remote_port = 81, .remote4 = 1},
	    {.local_port = 1024, .remote_port = 80, .remote4 = 2},
	    {.v6 = true,
	     .local = 2,
	     .local_port = 1024,
	     .remote_port = 80,
	     .remote6 = {0xfd, [15] = 1}},
	    {.v6 = true,
	     .local = 2,
	     .local_port = 1024,
	     .remote_port = 80,
	     .remote6 = {0xfd, [15] = 2}},
	};
	const unsigned count = sizeof(ends) / sizeof(ends[0]);
	struct irl_tcp_stack *st = small_stack();
	uint32_t s[sizeof(ends) / sizeof(ends[0])];

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(irl_stub_find(st, &ends[i], hash),
				 IRL_CONN_NONE);
		s[i] = irl_stub_take(st, &ends[i], hash);
		irl_stub_set(st, s[i], IRL_STUB_SEND);
	}
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(irl_stub_find(st, &ends[i], hash), s[i]);
		for (unsigned likely = 0; likely < count; likely++)
			assert_int_equal(
			    irl_stub_find_at(st, &ends[i], hash, s[likely]),
			    s[i]);
	}
	/* One that has gone is not found, though it still looks like it. */
	irl_index_remove(&st->index, hash, s[0]);
	irl_stub_give(st, s[0]);
	assert_int_equal(irl_stub_find_at(st, &ends[0], hash, s[0]),
			 IRL_CONN_NONE);
	irl_tcp_free(st);
}

/* When a slot's generations have come round, the port still tells. */
static void test_generations(void **state)
{
	struct irl_tcp_stack *st = small_stack();
	struct irl_ends ends = {.local_port = 1024, .remote_port = 80};
	uint32_t s = irl_stub_take(st, &ends, 1);
	uint64_t first = irl_stub_id(st, s);
	uint16_t generation = st->stub[s].generation;

	(void)state;
	for (unsigned i = 0; i < 65535; i++) {
		irl_index_remove(&st->index, 1, s);
		irl_stub_give(st, s);
		ends.local_port = 1025;
		assert_int_equal(irl_stub_take(st, &ends, 1), s);
		irl_stub_set(st, s, IRL_STUB_SEND);
		assert_int_equal(irl_stub_of(st, first), IRL_CONN_NONE);
	}
	assert_int_equal(st->stub[s].generation, generation);
	assert_int_equal(irl_stub_of(st, irl_stub_id(st, s)), s);
	irl_tcp_free(st);
}

/* ---- wheel -------------------------------------------------------------- */

#define TIMERS 500u

static void test_wheel(void **state)
{
	static struct {
		struct irl_timer timer;
		uint32_t due;
	} record[TIMERS + IRL_WHEEL_HEADS];
	static uint32_t due[TIMERS];
	static unsigned early[TIMERS]; /* how often it came so */
	static bool armed[TIMERS];
	uint32_t now = 0xfffff000u; /* it wraps */
	struct irl_wheel wheel;
	uint64_t random = 7;

	(void)state;
	irl_wheel_init(&wheel, record, sizeof(record[0]), TIMERS, now);
	for (unsigned round = 0; round < 30000; round++) {
		uint32_t i = (uint32_t)(draw(&random) % TIMERS), tick, node;
		uint32_t bits = (uint32_t)(draw(&random) % 31);
		uint32_t ahead =
		    1 + (uint32_t)(draw(&random) >> 33) % (1u << bits);

		if (armed[i])
			irl_wheel_stop(&wheel, i);
		armed[i] = !armed[i];
		due[i] = now + ahead;
		early[i] = 0;
		if (armed[i])
			irl_wheel_arm(&wheel, i, due[i]);
		if (irl_wheel_next(&wheel, &tick))
			for (uint32_t k = 0; k < TIMERS; k++)
				assert_true(!armed[k] ||
					    (int32_t)(due[k] - tick) >= 0);
		now += (uint32_t)(draw(&random) % (round % 100 ? 20 : 90000));
		while ((node = irl_wheel_pop(&wheel, now)) != IRL_WHEEL_NONE) {
			assert_true(armed[node]);
			armed[node] = (int32_t)(due[node] - now) > 0;
			if (!armed[node])
				continue;
			assert_true(++early[node] <= 3);
			irl_wheel_arm(&wheel, node, due[node]);
		}
		for (uint32_t k = 0; k < TIMERS; k++)
			assert_true(!armed[k] || (int32_t)(due[k] - now) > 0);
	}
}

/* What is due already comes with the next tick, not with this one: whoever
 * arms again what fired would never see the end. */
static void test_wheel_past(void **state)
{
	static struct irl_timer record[1 + IRL_WHEEL_HEADS];
	const uint32_t now = 1000;
	struct irl_wheel wheel;
	uint32_t tick;

	(void)state;
	irl_wheel_init(&wheel, record, sizeof(record[0]), 1, now);
	for (uint32_t ago = 0; ago < 600; ago += 200) {
		irl_wheel_arm(&wheel, 0, wheel.now - ago);
		assert_int_equal(irl_wheel_pop(&wheel, wheel.now),
				 IRL_WHEEL_NONE);
		assert_true(irl_wheel_next(&wheel, &tick));
		assert_int_equal(tick, wheel.now + 1);
		assert_int_equal(irl_wheel_pop(&wheel, tick), 0);
	}
}

/* ---- buffers ------------------------------------------------------------ */

#define STREAM 60000u
#define CHUNKS 64u

struct model {
	uint8_t bytes[STREAM];
	uint32_t size;
};

static void test_queue(void **state)
{
	static uint8_t memory[CHUNKS * IRL_CHUNK], text[3000], out[3000];
	static struct irl_carved carved[CHUNKS + 1];
	static struct model model;
	struct irl_pool_memory pool;
	uint64_t random = 3;
	uint32_t queue = 0, n, done;

	(void)state;
	irl_buffer_init(&pool, memory, carved, CHUNKS);
	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 31 + i / 256);
	for (unsigned round = 0; round < 20000; round++) {
		const uint8_t *from = text + draw(&random) % 1000;

		n = 1 + (uint32_t)(draw(&random) % 2000);
		switch (draw(&random) % 4) {
		case 0:
			if (model.size + n > STREAM)
				break;
			done = irl_queue_append(&pool, &queue, from, n);
			assert_true(done == n || !irl_buffer_left(&pool));
			memcpy(model.bytes + model.size, from, done);
			model.size += done;
			break;
		case 1:
			if (model.size + n > STREAM ||
			    !irl_queue_refer(&pool, &queue, from, n))
				break;
			memcpy(model.bytes + model.size, from, n);
			model.size += n;
			break;
		default:
			done = irl_queue_take(&pool, &queue, out, n);
			assert_int_equal(done, n < model.size ? n : model.size);
			assert_memory_equal(out, model.bytes, done);
			model.size -= done;
			memmove(model.bytes, model.bytes + done, model.size);
			break;
		}
		n = (uint32_t)(draw(&random) % (model.size + 1));
		done = irl_queue_peek(&pool, queue, n, out, 700);
		assert_int_equal(done,
				 model.size - n < 700 ? model.size - n : 700);
		assert_memory_equal(out, model.bytes + n, done);
		assert_true(pool.in_use <= CHUNKS);
		assert_true(model.size || !pool.in_use);
	}
	irl_queue_clear(&pool, &queue);
	assert_int_equal(pool.in_use, 0);
}

/* Blocks and chunks never overlap, and all come back. */
static void test_blocks(void **state)
{
	static uint8_t memory[CHUNKS * IRL_CHUNK];
	static struct irl_carved carved[CHUNKS + 1];
	uint32_t held[CHUNKS * 8], count = 0;
	struct irl_pool_memory pool;
	uint64_t random = 5;

	(void)state;
	irl_buffer_init(&pool, memory, carved, CHUNKS);
	for (unsigned round = 0; round < 50000; round++) {
		uint32_t what = (uint32_t)(draw(&random) % 5), handle;

		if (what < 3 && count < CHUNKS * 8) {
			handle = what ? irl_buffer_block(&pool)
				      : irl_buffer_chunk(&pool);
			if (!handle)
				continue;
			memset(irl_buffer_at(&pool, handle), (int)handle & 255,
			       what ? IRL_BLOCK : IRL_CHUNK);
			held[count++] = handle;
		} else if (count) {
			uint32_t i = (uint32_t)(draw(&random) % count);
			const uint8_t *at = irl_buffer_at(&pool, held[i]);
			unsigned size =
			    held[i] & IRL_HANDLE_BLOCK ? IRL_BLOCK : IRL_CHUNK;

			for (unsigned k = 0; k < size; k++)
				assert_int_equal(at[k], held[i] & 255);
			irl_buffer_give(&pool, held[i]);
			held[i] = held[--count];
		}
		assert_true(pool.in_use <= CHUNKS);
	}
	while (count)
		irl_buffer_give(&pool, held[--count]);
	assert_int_equal(pool.in_use, 0);
	for (unsigned i = 0; i < CHUNKS; i++)
		assert_true(irl_buffer_chunk(&pool));
	assert_false(irl_buffer_block(&pool));
}

/* What the budget of memory a connection rests on. */
static void test_sizes(void **state)
{
	(void)state;
	/* Half-open: its record and its part of the index. */
	assert_true(
	    sizeof(struct irl_stub) + sizeof(struct irl_bucket) / 11.0 <= 32);
	/* And established: the body. */
	assert_int_equal(sizeof(struct irl_hot) + sizeof(struct irl_cold), 96);
	assert_int_equal(sizeof(struct irl_tally), 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_index),
	    cmocka_unit_test(test_index_high),
	    cmocka_unit_test(test_index_same_home),
	    cmocka_unit_test(test_index_crowded),
	    cmocka_unit_test(test_index_spread),
	    cmocka_unit_test(test_every_bit),
	    cmocka_unit_test(test_same_hash),
	    cmocka_unit_test(test_generations),
	    cmocka_unit_test(test_wheel),
	    cmocka_unit_test(test_wheel_past),
	    cmocka_unit_test(test_queue),
	    cmocka_unit_test(test_blocks),
	    cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
