// SPDX-License-Identifier: BSD-2-Clause
/* The world's model: pure, unchanging, and with the shares that were asked. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "world/core.h"

static struct irl_world_model model_of(uint64_t seed)
{
	struct irl_world_model m;

	irl_world_model_init(&m);
	m.seed = seed;
	return m;
}

/* @count of @n, where each was to happen with probability @share: within five
 * standard deviations (1 test in a million fails by chance; these are fixed).
 */
static void assert_share(uint64_t count, uint64_t n, double share)
{
	double expected = (double)n * share;
	double sigma = sqrt((double)n * share * (1 - share));

	if (fabs((double)count - expected) <= 5 * sigma)
		return;
	fprintf(stderr, "%llu of %llu, expected %.1f +- %.1f\n",
		(unsigned long long)count, (unsigned long long)n, expected,
		sigma);
	fail();
}

static void assert_same(struct irl_world_answer a, struct irl_world_answer b)
{
	assert_int_equal(a.kind, b.kind);
	assert_int_equal(a.responder, b.responder);
	assert_int_equal(a.ttl, b.ttl);
	assert_int_equal(a.icmp_code, b.icmp_code);
	assert_int_equal(a.window, b.window);
	assert_int_equal(a.mss, b.mss);
}

/* A seed names the same world in every version: these never change. */
static void test_hashes_are_fixed(void **state)
{
	static const struct {
		uint64_t seed;
		uint32_t addr;
		uint64_t hash;
		enum irl_world_state state;
	} fixed[] = {
	    {0, 0x0a000104, 0xc65e7cc78eff2985ull, IRL_WORLD_DEAD},
	    {1, 0x0a000104, 0x01b531820ef781c4ull, IRL_WORLD_ALIVE},
	    {1, 0x0affffff, 0x2aa7c80bbadccc41ull, IRL_WORLD_DEAD},
	    {UINT64_MAX, 0x0a123456, 0x6158bf42099c202cull, IRL_WORLD_DEAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		struct irl_world_model m = model_of(fixed[i].seed);
		struct irl_world_host h = irl_world_host(&m, fixed[i].addr);

		assert_true(h.hash == fixed[i].hash);
		assert_int_equal(h.state, fixed[i].state);
	}
}

static void test_answers_are_fixed(void **state)
{
	static const struct {
		uint32_t addr;
		uint16_t port;
		struct irl_world_answer answer;
	} fixed[] = {
	    {0x0a010203, 80, {IRL_WORLD_ICMP, 0x0a010201, 236, 1, 0, 0}},
	    {0x0a0361a5, 2080, {IRL_WORLD_ICMP, 0x0a036101, 250, 10, 0, 0}},
	    {0x0a049176,
	     3080,
	     {IRL_WORLD_SYNACK, 0x0a049176, 42, 0, 64240, 536}},
	    {0x0a05c147,
	     4080,
	     {IRL_WORLD_SYNACK, 0x0a05c147, 120, 0, 8192, 1460}},
	    {0x0a06f118,
	     5080,
	     {IRL_WORLD_SYNACK, 0x0a06f118, 233, 0, 4128, 536}},
	    {0x0a0820e9, 6080, {IRL_WORLD_SILENT, 0x0a0820e9, 0, 0, 0, 0}},
	};
	struct irl_world_model m = model_of(7);

	(void)state;
	m.alive = irl_world_share(0.5);
	m.unreachable = irl_world_share(0.25);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		assert_same(irl_world_answer(&m, fixed[i].addr, fixed[i].port),
			    fixed[i].answer);
}

/* Neither the order of the questions nor what was asked before matters. */
static void test_answers_are_pure(void **state)
{
	enum { N = 5000 };
	static struct irl_world_answer first[N];
	struct irl_world_model m = model_of(3);

	(void)state;
	m.alive = irl_world_share(0.6);
	for (uint32_t i = 0; i < N; i++)
		first[i] = irl_world_answer(&m, 0x0a400000 + i * 7919,
					    (uint16_t)(i % 11));
	for (uint32_t i = N; i-- > 0;) {
		struct irl_world_answer again = irl_world_answer(
		    &m, 0x0a400000 + i * 7919, (uint16_t)(i % 11));

		assert_same(first[i], again);
	}
}

static void check_hosts(const struct irl_world_model *m, double alive,
			double unreachable)
{
	const uint32_t n = 1u << 20;
	uint64_t count[3] = {0}, both = 0;
	bool before = false;

	for (uint32_t i = 0; i < n; i++) {
		struct irl_world_host h = irl_world_host(m, 0x0a100000 + i);
		bool is = h.state == IRL_WORLD_ALIVE;

		count[h.state]++;
		both += is && before;
		before = is;
	}
	assert_share(count[IRL_WORLD_ALIVE], n, alive);
	assert_share(count[IRL_WORLD_UNREACHABLE], n, unreachable);
	/* Neighbours are independent. */
	assert_share(both, n - 1, alive * alive);
}

static void test_hosts_have_their_shares(void **state)
{
	static const double share[][2] = {{0.01, 0.002}, {0.5, 0.5}, {0.1, 0},
					  {0, 0.1},      {1, 0},     {0, 1},
					  {0, 0}};

	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++) {
		for (size_t i = 0; i < sizeof(share) / sizeof(share[0]); i++) {
			struct irl_world_model m = model_of(seed);

			m.alive = irl_world_share(share[i][0]);
			m.unreachable = irl_world_share(share[i][1]);
			check_hosts(&m, share[i][0], share[i][1]);
		}
	}
}

static void check_ports(const struct irl_world_model *m, double open,
			double closed)
{
	uint64_t count[4] = {0}, n = 0, pairs = 0;

	for (uint32_t i = 0; i < 20000; i++) {
		uint64_t hash = irl_world_host(m, 0x0a200000 + i).hash;
		bool before = false;

		for (uint32_t port = 0; port < 50; port++, n++) {
			enum irl_world_kind kind =
			    irl_world_port(m, hash, (uint16_t)(port * 1311));
			bool is = kind == IRL_WORLD_SYNACK;

			count[kind]++;
			pairs += port && is && before;
			before = is;
		}
	}
	assert_share(count[IRL_WORLD_SYNACK], n, open);
	assert_share(count[IRL_WORLD_RST], n, closed);
	assert_int_equal(count[IRL_WORLD_ICMP], 0);
	assert_share(pairs, n / 50 * 49, open * open);
}

static void test_ports_have_their_shares(void **state)
{
	static const double share[][2] = {
	    {0.5, 0.25}, {0.02, 0.9}, {1, 0}, {0, 1}, {0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(share) / sizeof(share[0]); i++) {
		struct irl_world_model m = model_of(11 + i);

		m.open = irl_world_share(share[i][0]);
		m.closed = irl_world_share(share[i][1]);
		check_ports(&m, share[i][0], share[i][1]);
	}
}

/* Classes do not depend on the share of alive hosts. */
static void test_classes_and_hops(void **state)
{
	struct irl_world_model m = model_of(5);
	uint64_t class[3] = {0}, hops[32] = {0}, n = 0;

	(void)state;
	for (uint32_t i = 0; i < 1u << 22; i++) {
		struct irl_world_host h = irl_world_host(&m, 0x0a800000 + i);

		if (h.state != IRL_WORLD_ALIVE)
			continue;
		n++;
		class[irl_world_class(h.hash)]++;
		assert_in_range(irl_world_hops(h.hash), 3, 26);
		hops[irl_world_hops(h.hash)]++;
	}
	assert_share(class[IRL_WORLD_LINUX], n, 10 / 16.);
	assert_share(class[IRL_WORLD_WINDOWS], n, 4 / 16.);
	assert_share(class[IRL_WORLD_EMBEDDED], n, 2 / 16.);
	for (int i = 3; i <= 26; i++)
		assert_true(hops[i] > n / 40);
}

static void test_seeds_differ(void **state)
{
	struct irl_world_model a = model_of(1), b = model_of(2);
	uint64_t both = 0;
	const uint32_t n = 1u << 22;

	(void)state;
	for (uint32_t i = 0; i < n; i++)
		both +=
		    irl_world_host(&a, 0x0a000000 + i).state ==
			IRL_WORLD_ALIVE &&
		    irl_world_host(&b, 0x0a000000 + i).state == IRL_WORLD_ALIVE;
	assert_share(both, n, 0.01 * 0.01);
}

/* A probe is answered with (1 - loss)^2. */
static void test_loss(void **state)
{
	struct irl_world_model m = model_of(1);
	uint64_t random = 88172645463325252ull, lost = 0;
	const uint32_t n = 1000000;

	(void)state;
	m.loss = irl_world_share(0.05);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t r = irl_world_mix(random += 0x9e3779b97f4a7c15ull);

		lost += irl_world_lost(&m, (uint32_t)r, (uint32_t)(r >> 32));
	}
	assert_share(lost, n, 1 - 0.95 * 0.95);
	m.loss = 0;
	assert_false(irl_world_lost(&m, 0, 0));
	m.loss = IRL_WORLD_ONE;
	assert_true(irl_world_lost(&m, UINT32_MAX, UINT32_MAX));
}

static void test_edges(void **state)
{
	struct irl_world_model m = model_of(1);
	struct irl_error err;

	(void)state;
	m.alive = IRL_WORLD_ONE;
	m.unreachable = 0;
	m.open = IRL_WORLD_ONE;
	m.closed = 0;
	assert_int_equal(irl_world_model_range(&m, "10.64.0.0/10", &err), 0);
	assert_int_equal(irl_world_model_check(&m, &err), 0);
	assert_int_equal(irl_world_answer(&m, 0x0a400000, 1).kind, 1);
	assert_int_equal(irl_world_answer(&m, 0x0a7fffff, 65535).kind, 1);
	/* Outside of the range, and of all ranges. */
	assert_int_equal(irl_world_answer(&m, 0x0a3fffff, 1).kind, 0);
	assert_int_equal(irl_world_answer(&m, 0x0a800000, 1).kind, 0);
	assert_int_equal(irl_world_answer(&m, 0xc0000201, 1).kind, 0);
	/* The kernel's: the gateway refuses, the rest of the /24 is silent. */
	assert_int_equal(irl_world_model_range(&m, "10.0.0.0/8", &err), 0);
	assert_int_equal(irl_world_answer(&m, 0x0a000001, 1).kind, 0);
	assert_int_equal(irl_world_answer(&m, 0x0a000002, 1).kind, 2);
	assert_int_equal(irl_world_answer(&m, 0x0a0000ff, 1).kind, 0);
	assert_int_equal(irl_world_answer(&m, 0x0a000100, 1).kind, 1);
}

static void test_bad_ranges(void **state)
{
	static const char *const bad[] = {
	    "",
	    "10.0.0.0",
	    "10.0.0.0/",
	    "10.0.0.0/7",
	    "10.0.0.0/33",
	    "11.0.0.0/8",
	    "10.0.0/8",
	    "10.0.0.0/8x",
	    "10.0.0.0/-9",
	    "10.0.0.0/ 8",
	    "0.0.0.0/0",
	    "x/8",
	    "10.0.0.256/32",
	    "10.0.0.0/99999999999999999999",
	    "10.0.0.0/8 and very much more of it"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct irl_world_model m = model_of(1);
		struct irl_error err = {0};

		assert_int_equal(irl_world_model_range(&m, bad[i], &err),
				 -IRL_EINVAL);
		assert_non_null(strstr(err.text, "10.20.0.0/16"));
	}
}

static void test_bad_models(void **state)
{
	struct irl_world_model bad[6];

	(void)state;
	for (int i = 0; i < 6; i++)
		bad[i] = model_of(1);
	bad[0].alive = IRL_WORLD_ONE;
	bad[1].open = irl_world_share(0.8);
	bad[2].loss = IRL_WORLD_ONE + 1;
	bad[3].range_mask = 0xff00ff00;
	bad[4].range_addr = 0x0a000001;
	bad[5].range_addr = 0x0b000000;
	for (int i = 0; i < 6; i++)
		assert_int_equal(irl_world_model_check(&bad[i], NULL),
				 -IRL_EINVAL);
	assert_true(irl_world_share(-1) == 0 && irl_world_share(NAN) == 0);
	assert_true(irl_world_share(2) == IRL_WORLD_ONE);
}

/* ---- truth ------------------------------------------------------------------
 */

struct walk {
	const struct irl_world_model *model;
	const struct irl_targets *targets;
	uint64_t index; /* where the next target is looked for */
	bool all;
	uint64_t found;
};

static bool counts(const struct walk *w, struct irl_world_answer a)
{
	return a.kind == IRL_WORLD_SYNACK ||
	       (w->all && a.kind != IRL_WORLD_SILENT);
}

/* Each call must bring the next target of the set that answers. */
static int next_expected(void *context, struct irl_target target,
			 const struct irl_world_answer *answer)
{
	struct walk *w = context;

	for (; w->index < irl_targets_count(w->targets); w->index++) {
		struct irl_target t = irl_targets_at(w->targets, w->index);
		struct irl_world_answer a =
		    irl_world_answer(w->model, t.addr, t.port);

		if (!counts(w, a))
			continue;
		assert_int_equal(t.addr, target.addr);
		assert_int_equal(t.port, target.port);
		assert_int_equal(a.kind, answer->kind);
		w->index++;
		w->found++;
		return 0;
	}
	fail_msg("more than there is");
	return 0;
}

static int refuse(void *context, struct irl_target target,
		  const struct irl_world_answer *answer)
{
	(void)target;
	(void)answer;
	++*(int *)context;
	return -IRL_EPIPE;
}

static struct irl_targets *some_targets(void)
{
	struct irl_targets *t;

	assert_int_equal(irl_targets_new(&t, NULL), 0);
	irl_targets_allow_special(t, "10.0.0.0/8", NULL);
	assert_int_equal(
	    irl_targets_allow(t,
			      "10.0.0.0-10.0.3.9, 10.9.8.0/20, "
			      "192.0.0.0-192.0.2.9, 10.255.255.255",
			      NULL),
	    0);
	assert_int_equal(irl_targets_ports(t, "22,80,443,8000-8010", NULL), 0);
	assert_int_equal(irl_targets_seal(t, NULL), 0);
	return t;
}

static void test_truth_is_all_answers_in_order(void **state)
{
	struct irl_targets *targets = some_targets();
	struct irl_world_model m = model_of(21);
	int calls = 0;

	(void)state;
	m.alive = irl_world_share(0.1);
	m.unreachable = irl_world_share(0.1);
	for (int all = 0; all < 2; all++) {
		struct walk w = {&m, targets, 0, all, 0};

		assert_int_equal(
		    irl_world_truth(&m, targets, all, next_expected, &w), 0);
		for (; w.index < irl_targets_count(targets); w.index++) {
			struct irl_target t = irl_targets_at(targets, w.index);

			assert_false(
			    counts(&w, irl_world_answer(&m, t.addr, t.port)));
		}
		assert_true(w.found > 1000);
	}
	assert_int_equal(irl_world_truth(&m, targets, true, refuse, &calls),
			 -IRL_EPIPE);
	assert_int_equal(calls, 1);
	irl_targets_free(targets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hashes_are_fixed),
	    cmocka_unit_test(test_answers_are_fixed),
	    cmocka_unit_test(test_answers_are_pure),
	    cmocka_unit_test(test_hosts_have_their_shares),
	    cmocka_unit_test(test_ports_have_their_shares),
	    cmocka_unit_test(test_classes_and_hops),
	    cmocka_unit_test(test_seeds_differ),
	    cmocka_unit_test(test_loss),
	    cmocka_unit_test(test_edges),
	    cmocka_unit_test(test_bad_ranges),
	    cmocka_unit_test(test_bad_models),
	    cmocka_unit_test(test_truth_is_all_answers_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
