// SPDX-License-Identifier: BSD-2-Clause
/* The scoreboard against what it stands for: a fate for each byte in flight. */
#include "tcp_peer.h"

#define BYTES 8192u
#define MSS 1000u

struct byte {
	uint32_t sent;
	uint8_t how;
	bool again;
};

/* Of a connection whose numbers, and whose clock, wrap meanwhile. */
struct model {
	struct lab lab;
	struct irl_hot *h;
	struct irl_tx *tx;
	uint32_t first; /* the number of byte[0] */
	uint32_t una, nxt;
	struct byte byte[BYTES];
	uint32_t sent, end, rtt, high; /* RFC 8985: RACK's */
	bool reordered;
	uint32_t longest; /* of what a SACK tells */
	uint64_t random;
};

static uint32_t draw(struct model *m, uint32_t below)
{
	m->random = m->random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(m->random >> 33) % below;
}

static uint32_t now(const struct model *m)
{
	return irl_micro(m->lab.stack->now_ns);
}

static struct irl_board *board(const struct model *m)
{
	return irl_board_of(m->lab.stack, m->tx);
}

static struct byte *at(struct model *m, uint32_t seq)
{
	return &m->byte[seq - m->first];
}

static bool alike(const struct byte *a, const struct byte *b)
{
	return a->how == b->how && a->again == b->again && a->sent == b->sent;
}

/* Where the bytes that share the fate of that at @seq end. */
static uint32_t run_end(struct model *m, uint32_t seq)
{
	uint32_t end = seq + 1;

	while (end != m->nxt && alike(at(m, seq), at(m, end)))
		end++;
	return end;
}

static void fill(struct model *m, uint32_t begin, uint32_t end,
		 struct byte fate)
{
	for (; begin != end; begin++)
		*at(m, begin) = fate;
}

/* RFC 8985, 6.2, steps 2 and 3, byte by byte. */
static void arrive(struct model *m, uint32_t begin, uint32_t end)
{
	uint32_t usual = m->lab.stack->cold[0].srtt;

	for (; begin != end; begin++) {
		const struct byte *b = at(m, begin);
		uint32_t rtt = now(m) - b->sent, behind = begin + 1;

		if (b->how == IRL_MARK_SACKED)
			continue;
		if (!b->again && irl_seq_before(behind, m->high))
			m->reordered = true;
		m->high = irl_seq_later(m->high, behind);
		if (b->again && rtt < usual - usual / 4)
			continue;
		if ((int32_t)(b->sent - m->sent) > 0 ||
		    (b->sent == m->sent && irl_seq_before(m->end, behind))) {
			m->sent = b->sent;
			m->end = behind;
			m->rtt = rtt;
		}
	}
}

static void begin(struct model *m, uint64_t seed)
{
	struct irl_tcp_stack_options o = {0};

	memset(m, 0, sizeof(*m));
	m->random = seed;
	m->longest = 300;
	lab_init(&m->lab, &o);
	lab_open(&m->lab, true);
	m->lab.stack->now_ns = (1ull << 42) - 300 * MS;
	m->h = &m->lab.stack->hot[0];
	m->tx = irl_tx_need(m->lab.stack, 0);
	m->lab.stack->cold[0].srtt = 10000;
	m->first = m->una = m->h->una = 0u - 1500;
	m->nxt = m->h->nxt = m->una + 2000;
	m->sent = now(m) - 10000;
	m->rtt = 10000;
	m->end = m->high = m->una;
	fill(m, m->una, m->nxt, (struct byte){.sent = m->sent});
	assert_non_null(irl_board_need(m->lab.stack, 0, m->una));
}

/* ---- what happens ------------------------------------------------------- */

static void send_new(struct model *m)
{
	uint32_t n = 1 + draw(m, 400), end = m->nxt + n;

	if (end - m->first > BYTES)
		return;
	irl_board_new(m->lab.stack, board(m), m->nxt);
	m->nxt = m->h->nxt = end;
	fill(m, end - n, end, (struct byte){.sent = now(m)});
}

static void sack(struct model *m)
{
	uint32_t out = m->nxt - m->una, from = m->una + 1 + draw(m, out);
	struct irl_range range = {from, from + 1 + draw(m, m->longest)};
	bool lie = range.end - m->una > out || from == m->nxt;

	irl_board_sacked(m->lab.stack, 0, m->una, &range);
	if (lie)
		return;
	arrive(m, range.begin, range.end);
	fill(m, range.begin, range.end, (struct byte){.how = IRL_MARK_SACKED});
}

static void ack(struct model *m)
{
	uint32_t to = m->una + draw(m, 500);

	if (to - m->una >= m->nxt - m->una || at(m, to)->how == IRL_MARK_SACKED)
		return;
	irl_board_acked(m->lab.stack, 0, to);
	arrive(m, m->una, to);
	m->una = m->h->una = to;
}

static void send_again(struct model *m)
{
	struct irl_range hole;

	if (!irl_board_hole(board(m), m->nxt, &hole))
		return;
	hole.end =
	    hole.begin + irl_least(hole.end - hole.begin, 1 + draw(m, 200));
	irl_board_again(m->lab.stack, board(m), m->nxt, &hole);
	fill(m, hole.begin, hole.end,
	     (struct byte){.sent = now(m), .again = true});
}

static void lose_first(struct model *m)
{
	uint32_t n = 1 + draw(m, 300);
	struct byte lost = *at(m, m->una);

	lost.how = IRL_MARK_LOST;
	irl_board_lose_first(board(m), m->nxt, n);
	n = irl_least(n, m->nxt - m->una);
	fill(m, m->una, m->una + n, lost);
}

static void lose_all(struct model *m)
{
	irl_board_lose_all(board(m));
	for (uint32_t seq = m->una; seq != m->nxt; seq++) {
		at(m, seq)->how = IRL_MARK_LOST;
		at(m, seq)->again = true;
	}
}

static uint32_t patience(struct model *m)
{
	uint32_t ranges = 0, bytes = 0;

	for (uint32_t seq = m->una; seq != m->nxt; seq++) {
		bool is = at(m, seq)->how == IRL_MARK_SACKED;

		bytes += is;
		ranges += is && at(m, seq - 1)->how != IRL_MARK_SACKED;
	}
	return !m->reordered && (ranges >= 3 || bytes > 2 * MSS) ? 0 : 2500;
}

/* RFC 8985, 6.2, step 5. */
static void detect(struct model *m)
{
	uint32_t due = m->rtt + patience(m), wait = 0, end;

	for (uint32_t seq = m->una; seq != m->nxt; seq = end) {
		struct byte b = *at(m, seq);
		int32_t left = (int32_t)(b.sent + due - now(m));

		end = run_end(m, seq);
		if (b.how != IRL_MARK_OUT ||
		    !((int32_t)(m->sent - b.sent) > 0 ||
		      (m->sent == b.sent && irl_seq_before(end, m->end))))
			continue;
		b.how = IRL_MARK_LOST;
		if (left <= 0)
			fill(m, seq, end, b);
		else
			wait = irl_most(wait, (uint32_t)left);
	}
	assert_int_equal(irl_board_detect(m->lab.stack, 0), wait);
}

/* ---- what must hold ----------------------------------------------------- */

static void compare(struct model *m)
{
	const struct irl_board *b = board(m);
	uint32_t count[3] = {0}, i = 0, lost = m->una, end;
	struct irl_range hole;

	assert_int_equal(b->mark[0].begin, m->una);
	for (uint32_t seq = m->una; seq != m->nxt; seq++) {
		const struct byte *byte = at(m, seq);

		if (i + 1 < b->count && b->mark[i + 1].begin == seq) {
			i++;
			/* No mark more than are needed. */
			assert_false(byte->how != IRL_MARK_LOST &&
				     alike(byte, at(m, seq - 1)));
		}
		assert_int_equal(b->mark[i].how, byte->how);
		assert_int_equal(b->mark[i].again, byte->again);
		assert_int_equal(b->mark[i].sent, byte->sent);
		count[byte->how]++;
	}
	assert_int_equal(i + 1, b->count);
	for (unsigned how = 0; how < 3; how++)
		assert_int_equal(irl_board_count(b, m->nxt, how), count[how]);
	assert_int_equal(b->sent, m->sent);
	assert_int_equal(b->end, m->end);
	assert_int_equal(b->high, m->high);
	assert_int_equal(b->rtt, m->rtt);
	assert_int_equal(m->tx->reordered, m->reordered);
	while (lost != m->nxt && at(m, lost)->how != IRL_MARK_LOST)
		lost++;
	assert_int_equal(irl_board_hole(b, m->nxt, &hole), lost != m->nxt);
	if (lost == m->nxt)
		return;
	for (end = lost; end != m->nxt && at(m, end)->how == IRL_MARK_LOST;)
		end++;
	assert_int_equal(hole.begin, lost);
	assert_int_equal(hole.end, end);
}

static void step(struct model *m)
{
	static void (*const all[])(struct model *) = {
	    send_new,   sack,       sack,   ack,
	    send_again, send_again, detect, lose_first,
	};

	m->lab.stack->now_ns += draw(m, 3) * MS;
	if (draw(m, 60))
		all[draw(m, 8)](m);
	else
		lose_all(m);
}

/* While there are marks enough it is exact. */
static void test_exact(void **state)
{
	static struct model m;

	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		begin(&m, seed);
		compare(&m);
		for (unsigned i = 0; i < 80; i++) {
			step(&m);
			compare(&m);
			if (board(&m)->count >= IRL_BOARD_MARKS / 2)
				break;
		}
		lab_free(&m.lab);
	}
}

/* When all is acknowledged it goes, and what comes then begins anew. */
static void test_all_acked(void **state)
{
	static struct model m;

	(void)state;
	begin(&m, 1);
	irl_board_acked(m.lab.stack, 0, m.nxt);
	assert_null(board(&m));
	m.una = m.h->una = m.nxt;
	m.nxt = m.h->nxt = m.una + 100;
	assert_non_null(irl_board_need(m.lab.stack, 0, m.una));
	assert_int_equal(board(&m)->count, 1);
	assert_int_equal(board(&m)->mark[0].begin, m.una);
	lab_free(&m.lab);
}

/* When there are not, what it says is still safe: no byte that did not arrive
 * counts as arrived, and all that is lost is sent again some day. */
static void test_full(void **state)
{
	static struct model m;

	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		bool full = false;

		begin(&m, seed);
		m.longest = 10;
		for (unsigned i = 0; i < 400; i++) {
			const struct irl_board *b = board(&m);
			uint32_t k = 0;

			if (draw(&m, 3))
				sack(&m);
			else
				send_new(&m);
			if (draw(&m, 20) == 0)
				irl_board_lose_first(board(&m), m.nxt, 200);
			if (draw(&m, 4) == 0)
				send_again(&m);
			m.lab.stack->now_ns += MS;
			full |= b->count + 2 > IRL_BOARD_MARKS;
			assert_in_range(b->count, 1, IRL_BOARD_MARKS);
			for (uint32_t s = m.una; s != m.nxt; s++) {
				if (k + 1 < b->count &&
				    b->mark[k + 1].begin == s)
					k++;
				if (b->mark[k].how == IRL_MARK_SACKED)
					assert_int_equal(at(&m, s)->how,
							 IRL_MARK_SACKED);
			}
			assert_int_equal(k + 1, b->count);
		}
		assert_true(full);
		lab_free(&m.lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exact),
	    cmocka_unit_test(test_all_acked),
	    cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
