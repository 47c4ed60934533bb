// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reassembly against a model that keeps a byte each: random segments overlap,
 * repeat and contradict each other; what came first stands.
 */
#include "tcp_check.h"
#include "tcp_peer.h"

#define STREAM 6000u
#define WINDOW 1000u

struct model {
	int16_t byte[STREAM + 2 * WINDOW]; /* -1: not yet */
	uint32_t front, read, edge;
};

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void model_take(struct model *m, uint32_t at, const uint8_t *data,
		       uint32_t n)
{
	if (at >= m->edge || at + n <= m->front)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (at + i >= m->front && at + i < m->edge &&
		    m->byte[at + i] < 0)
			m->byte[at + i] = data[i];
	while (m->byte[m->front] >= 0)
		m->front++;
}

static void check_sack(const struct model *m, const struct segment *s,
		       uint32_t base)
{
	uint8_t n = 0;
	const uint8_t *sack = option(s, 5, &n);

	assert_true(n <= 32);
	for (uint8_t i = 0; sack && i < n; i = (uint8_t)(i + 8)) {
		uint32_t begin = get32(sack + i) - base;
		uint32_t end = get32(sack + i + 4) - base;

		assert_true(begin < end);
		if (begin < m->front) {
			/* a duplicate that is reported */
			assert_int_equal(i, 0);
			continue;
		}
		for (uint32_t k = begin; k < end; k++)
			assert_true(m->byte[k] >= 0);
	}
	/* As long as something is ahead, it is told. */
	for (uint32_t k = m->front; k < m->edge; k++)
		if (m->byte[k] >= 0) {
			assert_non_null(sack);
			break;
		}
}

static void check_ack(struct model *m, struct lab *lab, uint32_t base)
{
	const struct segment *s;
	uint32_t edge;

	if (!lab->outs)
		return;
	s = &lab->out[lab->outs - 1];
	assert_int_equal(s->ack - base, m->front);
	edge = m->front + s->window;
	assert_true(edge >= m->edge); /* SHLD-14 */
	assert_true(edge <= m->read + WINDOW);
	m->edge = edge;
	check_sack(m, s, base);
}

static void play(uint64_t seed)
{
	struct irl_tcp_stack_options o = {.receive_bytes = WINDOW};
	static struct model m;
	uint64_t random = seed * 0x9e3779b97f4a7c15ull;
	uint8_t data[200];
	struct lab lab;
	uint32_t base;

	memset(&m, 0xff, sizeof(m));
	m.front = m.read = 0;
	m.edge = WINDOW;
	lab_init(&lab, &o);
	lab_connect(&lab);
	lab.seq = (uint32_t)draw(&random) | 0xfffff000u; /* it wraps */
	lab_answer(&lab, (const uint8_t[]){2, 4, 1, 0, 4, 2, 1, 1, 3, 3, 0, 1},
		   12);
	lab_go(&lab, 0);
	base = lab.seq;
	while (m.read < STREAM) {
		uint32_t n = 30 + (uint32_t)(draw(&random) % 120);
		uint32_t back = (uint32_t)(draw(&random) % 100);
		uint32_t at =
		    m.front + (uint32_t)(draw(&random) % (WINDOW + 100));
		const char *wrong;
		int k;

		at = at > back ? at - back : 0;
		if (draw(&random) % 6 == 0)
			at = m.front;
		for (uint32_t i = 0; i < n; i++)
			data[i] = (uint8_t)draw(&random);
		peer_at(&lab, base + at, ACK, data, n);
		model_take(&m, at, data, n);
		wrong = check_stack(lab.stack);
		if (wrong)
			fail_msg("%s", wrong);
		if (draw(&random) % 3)
			continue;
		lab_go(&lab, 50 * MS);
		check_ack(&m, &lab, base);
		k = irl_tcp_read(lab.stack, lab.id, data,
				 (uint32_t)(draw(&random) % sizeof(data)));
		assert_true(k >= 0);
		for (int i = 0; i < k; i++)
			assert_int_equal(data[i], m.byte[m.read++]);
		lab_send(&lab);
		check_ack(&m, &lab, base);
	}
	lab_free(&lab);
}

static void test_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++)
		play(seed);
}

/* More gaps than are kept: bounded, and the stream comes through. */
static void test_many_gaps(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct irl_tcp_stats stats;
	uint64_t full;
	uint8_t data[400], out[400];
	struct lab lab;

	(void)state;
	for (unsigned i = 0; i < 400; i++)
		data[i] = (uint8_t)i;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	for (uint32_t i = 1; i < 400; i += 2)
		peer_at(&lab, lab.seq + i, ACK, data + i, 1);
	irl_tcp_stats(lab.stack, &stats);
	/* The 40 ranges that docs/tcp.md promises, and their list. */
	assert_int_equal(stats.buffer_bytes, 41 * 512);
	assert_true(stats.count[IRL_TCP_N_NO_BUFFER] > 0);
	assert_null(check_stack(lab.stack));
	/* The last one may still grow. */
	peer_at(&lab, lab.seq + 80, ACK, data + 80, 1);
	full = stats.count[IRL_TCP_N_NO_BUFFER];
	irl_tcp_stats(lab.stack, &stats);
	assert_int_equal(stats.count[IRL_TCP_N_NO_BUFFER], full);
	peer_at(&lab, lab.seq, ACK, data, 400);
	assert_int_equal(irl_tcp_read(lab.stack, lab.id, out, 400), 400);
	assert_memory_equal(out, data, 400);
	assert_null(check_stack(lab.stack));
	lab_free(&lab);
}

/* The budget is kept, whoever fills it. */
static void test_budget(void **state)
{
	struct irl_tcp_stack_options o = {.buffer_bytes = 64 * 512,
					  .receive_bytes = 60000};
	static uint8_t data[1000];
	struct irl_tcp_stats stats;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	for (uint32_t i = 1; i < 58; i++)
		peer_at(&lab, lab.seq + i * 1000, ACK, data, 1000);
	irl_tcp_stats(lab.stack, &stats);
	assert_true(stats.buffer_bytes <= 64 * 512 * 7 / 8 + 3 * 512);
	/* In order it comes in all the same: what is ahead makes room. */
	for (uint32_t i = 0; i < 20; i++)
		peer(&lab, ACK, data, 1000);
	lab_go(&lab, 0);
	assert_true((int32_t)(lab.out[lab.outs - 1].ack - lab.seq) >= 0);
	assert_null(check_stack(lab.stack));
	for (uint32_t i = 0; i < 38; i++)
		peer(&lab, ACK, data, 1000);
	irl_tcp_stats(lab.stack, &stats);
	assert_true(stats.buffer_bytes <= 64 * 512);
	assert_true(stats.count[IRL_TCP_N_NO_BUFFER] > 0);
	lab_free(&lab);
}

/* What one holds ahead of a gap makes room for another's data in order. */
static void test_reclaim(void **state)
{
	struct irl_tcp_stack_options o = {.buffer_bytes = 64 * 512,
					  .receive_bytes = 60000};
	static uint8_t data[1000];
	struct irl_tcp_stats before, after;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true); /* one that holds nothing */
	lab_open(&lab, true);
	for (uint32_t i = 1; i < 58; i++)
		peer_at(&lab, lab.seq + i * 1000, ACK, data, 1000);
	lab_go(&lab, 0);
	lab_open(&lab, true);
	irl_tcp_stats(lab.stack, &before);
	for (uint32_t i = 0; i < 20; i++)
		peer(&lab, ACK, data, 1000);
	lab_go(&lab, 0);
	irl_tcp_stats(lab.stack, &after);
	assert_int_equal(lab.out[lab.outs - 1].ack, lab.seq);
	assert_int_equal(before.count[IRL_TCP_N_NO_BUFFER],
			 after.count[IRL_TCP_N_NO_BUFFER]);
	assert_null(check_stack(lab.stack));
	lab_free(&lab);
}

/* Duplicates of many connections, each of which wants to be told: an eighth of
 * the memory is kept for data in order. */
static void test_reserve(void **state)
{
	struct irl_tcp_stack_options o = {.buffer_bytes = 64 * 512,
					  .receive_bytes = 60000};
	struct irl_tcp_stats stats;
	uint16_t port[60];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	for (unsigned i = 0; i < 60; i++) {
		lab_open(&lab, true);
		port[i] = lab.port;
	}
	for (unsigned i = 0; i < 60; i++) {
		lab.port = port[i];
		peer_at(&lab, lab.seq - 1, ACK, "x", 1);
	}
	irl_tcp_stats(lab.stack, &stats);
	assert_int_equal(stats.buffer_bytes, 56 * 512);
	assert_null(check_stack(lab.stack));
	lab_free(&lab);
}

/* Without SACK each segment ahead of a gap gets its duplicate ACK. */
static void test_duplicate_acks(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, false);
	for (uint32_t i = 1; i <= 3; i++)
		peer_at(&lab, lab.seq + 10 * i, ACK, "0123456789", 10);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(lab.out[i].ack, lab.seq);
		assert_int_equal(lab.out[i].option_bytes, 0);
	}
	lab_free(&lab);
}

/* What is told does not hang on what is counted: without statistics all
 * connections share a counter, which is full one day. */
static void test_duplicates_full(void **state)
{
	struct irl_tcp_stack_options o = {0};
	const uint8_t *block;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	peer_at(&lab, lab.seq + 100, ACK, "0123456789", 10);
	lab_go(&lab, 0);
	for (uint32_t c = 0; c < lab.stack->body_fresh; c++)
		irl_tally(lab.stack, c)->duplicates = 0xffff;
	peer_at(&lab, lab.seq + 103, ACK, "345", 3);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	block = option(&lab.out[0], 5, NULL);
	assert_non_null(block);
	assert_int_equal(get32(block), lab.seq + 103);
	assert_int_equal(get32(block + 4), lab.seq + 106);
	assert_int_equal(get32(block + 8), lab.seq + 100);
	peer_at(&lab, lab.seq - 1, ACK, "x", 1);
	lab_go(&lab, 0);
	assert_int_equal(get32(option(&lab.out[0], 5, NULL)), lab.seq - 1);
	assert_int_equal(irl_tally(lab.stack, 0)->duplicates, 0xffff);
	lab_free(&lab);
}

/* A FIN is not taken before the data that came with it, for which there was no
 * memory; and the peer is told at once how much there was. */
static void test_fin_no_memory(void **state)
{
	struct irl_tcp_stack_options o = {.buffer_bytes = 64 * 512};
	static uint8_t data[1400], got[65536];
	uint32_t left;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	for (unsigned i = 0; i < 22; i++)
		peer(&lab, ACK, data, 1400);
	lab_go(&lab, 0);
	peer_at(&lab, lab.seq, FIN | ACK, data, 1400);
	lab_go(&lab, 0);
	assert_false(told(&lab, IRL_TCP_ENDED));
	assert_int_equal(lab.outs, 1);
	left = lab.seq + 1400 - lab.out[0].ack;
	assert_in_range(left, 1, 1400);
	assert_true(irl_tcp_read(lab.stack, lab.id, got, sizeof(got)) > 30000);
	peer_at(&lab, lab.seq, FIN | ACK, data, 1400);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_ENDED));
	assert_int_equal(irl_tcp_read(lab.stack, lab.id, got, sizeof(got)),
			 left);
	lab_free(&lab);
}

/* A FIN ahead of a gap is remembered. */
static void test_fin_ahead(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;
	char text[8];

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	peer_at(&lab, lab.seq + 3, FIN | ACK, "def", 3);
	lab_go(&lab, 0);
	assert_false(told(&lab, IRL_TCP_ENDED));
	peer_at(&lab, lab.seq, ACK, "abc", 3);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_ENDED));
	assert_int_equal(lab.out[0].ack, lab.seq + 7);
	assert_int_equal(irl_tcp_read(lab.stack, lab.id, text, 8), 6);
	assert_memory_equal(text, "abcdef", 6);
	lab_free(&lab);
}

static void test_zero_window(void **state)
{
	struct irl_tcp_stack_options o = {.receive_bytes = 2000};
	static uint8_t data[1000];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	peer(&lab, ACK, data, 1000);
	peer(&lab, ACK, data, 1000);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].window, 0);
	peer_at(&lab, lab.seq, ACK, data, 1); /* a probe */
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].ack, lab.seq);
	assert_int_equal(lab.out[0].window, 0);
	irl_tcp_read(lab.stack, lab.id, data, 500); /* silly (MUST-39) */
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 0);
	irl_tcp_read(lab.stack, lab.id, data, 500);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].window, 1000);
	lab_free(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_many_gaps),
	    cmocka_unit_test(test_budget),
	    cmocka_unit_test(test_reclaim),
	    cmocka_unit_test(test_reserve),
	    cmocka_unit_test(test_duplicate_acks),
	    cmocka_unit_test(test_duplicates_full),
	    cmocka_unit_test(test_fin_no_memory),
	    cmocka_unit_test(test_fin_ahead),
	    cmocka_unit_test(test_zero_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
