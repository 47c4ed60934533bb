// SPDX-License-Identifier: BSD-2-Clause
/* What runs behind the open ports: unchanging, with its shares, and bytes that
 * an HTTP client can read. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "world/path.h"
#include "world/service.h"

static struct irl_world_model model_of(enum irl_world_serve serve)
{
	struct irl_world_model m;

	irl_world_model_init(&m);
	m.seed = 9;
	m.alive = IRL_WORLD_ONE;
	m.unreachable = 0;
	m.open = IRL_WORLD_ONE;
	m.closed = 0;
	m.services.serve = serve;
	return m;
}

static void assert_share(uint64_t count, uint64_t n, double share)
{
	double expected = (double)n * share;
	double sigma = sqrt((double)n * share * (1 - share));

	if (fabs((double)count - expected) > 5 * sigma + 0.5)
		fail_msg("%llu of %llu, expected %.1f +- %.1f",
			 (unsigned long long)count, (unsigned long long)n,
			 expected, sigma);
}

/* A seed names the same services in every version: these never change. */
static void test_services_are_fixed(void **state)
{
	static const struct {
		uint32_t addr;
		uint16_t port;
		struct irl_world_service s;
		uint64_t hash;
	} fixed[] = {
	    {0x0a400000,
	     80,
	     {0x845f101f06247e25ull,
	      450,
	      657,
	      32768,
	      200,
	      1,
	      1,
	      0,
	      0,
	      0,
	      0,
	      1,
	      {0}},
	     0x27db52080e2cbd10ull},
	    {0x0a401eef,
	     443,
	     {0x937d1b4e84fbd8acull, 64, 64, 0, 0, 2, 0, 0, 4, 0, 0, 0, {0}},
	     0xc088c69bbb8a1ff2ull},
	    {0x0a403dde,
	     22,
	     {0x61eaeaec6afabee6ull,
	      2245,
	      2452,
	      32768,
	      200,
	      1,
	      1,
	      0,
	      3,
	      0,
	      0,
	      1,
	      {0}},
	     0xe65b3b88f9d0a372ull},
	    {0x0a405ccd,
	     8080,
	     {0xf978ce1c855a8964ull,
	      2830,
	      3037,
	      16384,
	      200,
	      1,
	      1,
	      0,
	      5,
	      0,
	      0,
	      0,
	      {0}},
	     0x0d5b18d04b83318full},
	    {0x0a407bbc,
	     80,
	     {0x8d599f4526be6d3full,
	      2385,
	      2577,
	      32768,
	      500,
	      1,
	      2,
	      0,
	      4,
	      0,
	      0,
	      1,
	      {0}},
	     0x10c9bad6cc634c3eull},
	    {0x0a409aab,
	     443,
	     {0x228558e933e57821ull,
	      119,
	      326,
	      16384,
	      200,
	      1,
	      1,
	      0,
	      0,
	      0,
	      0,
	      0,
	      {0}},
	     0x9f49fa23ae740768ull},
	    {0x0a40b99a,
	     22,
	     {0x9918e2efd1a5257dull, 64, 64, 0, 0, 2, 0, 0, 5, 0, 0, 0, {0}},
	     0xe3d6e7089e847e0eull},
	    {0x0a40d889,
	     8080,
	     {0xddbaed253537ba65ull,
	      400,
	      607,
	      16384,
	      200,
	      1,
	      1,
	      0,
	      1,
	      0,
	      0,
	      1,
	      {0}},
	     0xdf31e1b23de6b2fdull},
	};
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_ALL);

	(void)state;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		struct irl_world_fetch f =
		    irl_world_fetch(&m, fixed[i].addr, fixed[i].port);
		const struct irl_world_service *s = &fixed[i].s;

		assert_true(f.hash == fixed[i].hash &&
			    memcmp(s, &f.service, sizeof(*s)) == 0);
	}
}

static void test_kinds_have_their_shares(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_ALL);
	uint64_t kind[5] = {0}, status[600] = {0}, framing[3] = {0};
	uint64_t n = 200000, deaf = 0, tarpits = 0, small = 0, middle = 0;
	uint64_t large = 0, pages;

	(void)state;
	m.services.tarpit = irl_world_share(0.1);
	for (uint32_t i = 0; i < n; i++) {
		struct irl_world_service s = irl_world_service(
		    &m, 0x0a400000 + i / 8, (uint16_t)(80 + i % 8 * 1009));

		kind[s.kind]++;
		if (s.kind != IRL_WORLD_HTTP)
			continue;
		status[s.status]++;
		framing[s.framing]++;
		deaf += s.deaf;
		tarpits += s.tarpit != 0;
		small += s.body <= 4096;
		middle += s.body > 4096 && s.body <= 65536;
		large += s.body > 65536;
		assert_in_range(s.body, 100, 1u << 20);
	}
	pages = kind[IRL_WORLD_HTTP];
	assert_share(kind[IRL_WORLD_BANNER], n, 0.15);
	assert_share(kind[IRL_WORLD_MUTE], n, 0.05);
	assert_share(tarpits, n, 0.1);
	assert_share(deaf, pages - tarpits, 0.05);
	assert_share(status[200], pages, 11 / 16.);
	assert_share(status[301], pages, 2 / 16.);
	assert_share(status[404], pages, 2 / 16.);
	assert_share(status[500], pages, 1 / 16.);
	assert_share(framing[IRL_WORLD_LENGTH], pages, 0.5);
	assert_share(framing[IRL_WORLD_CHUNKED], pages, 0.25);
	assert_share(small, pages, 0.89);
	assert_share(middle, pages, 0.1);
	assert_share(large, pages, 0.01);
	assert_int_equal(kind[IRL_WORLD_HOLE] + kind[IRL_WORLD_NO_SERVICE], 0);
}

/* In the kernel alone everything fits one segment and nothing needs memory. */
static void test_short_ones_fit_a_segment(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_SHORT);

	(void)state;
	m.services.tarpit = m.services.deaf = irl_world_share(0.3);
	m.services.large = m.services.medium = irl_world_share(0.3);
	for (uint32_t i = 0; i < 100000; i++) {
		struct irl_world_service s =
		    irl_world_service(&m, 0x0a500000 + i, 443);

		assert_true(s.stream <= IRL_WORLD_ONE_SEGMENT);
		assert_true(!s.tarpit && !s.deaf);
		assert_true(irl_world_stateless(&m, &s));
	}
}

static void test_short_ones_can_be_shorter(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_SHORT);
	uint32_t least = ~0u, most = 0;

	(void)state;
	m.services.banner = m.services.mute = 0;
	m.services.body_max = 150;
	assert_int_equal(irl_world_model_check(&m, NULL), 0);
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t body = irl_world_service(&m, 0x0a500000 + i, 80).body;

		least = body < least ? body : least;
		most = body > most ? body : most;
	}
	assert_int_equal(least, 100);
	assert_int_equal(most, 150);
	m.services.body_max = 99;
	assert_int_equal(irl_world_model_check(&m, NULL), -IRL_EINVAL);
}

static void test_middleboxes_own_their_prefixes(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_ALL);
	uint64_t boxes = 0, holes = 0, n = 20000;

	(void)state;
	m.alive = irl_world_share(0.01);
	m.open = irl_world_share(0.5);
	m.services.middlebox = irl_world_share(0.2);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t net = 0x0a400000 + (i << 8);
		struct irl_world_service s = irl_world_service(&m, net | 7, 1);

		if (!s.middlebox)
			continue;
		boxes++;
		holes += s.kind == IRL_WORLD_HOLE;
		for (uint32_t host = 0; host < 256; host += 51) {
			uint16_t port = (uint16_t)(host * 257);

			assert_int_equal(
			    irl_world_answer(&m, net | host, port).kind,
			    IRL_WORLD_SYNACK);
			assert_int_equal(
			    irl_world_service(&m, net | host, port).kind,
			    s.kind);
		}
	}
	assert_share(boxes, n, 0.2);
	assert_share(holes, boxes, 0.5);
}

/* Services change nothing of what a scan finds, unless there are boxes. */
static void test_a_scan_sees_no_services(void **state)
{
	struct irl_world_model a = model_of(IRL_WORLD_SERVE_NONE);
	struct irl_world_model b = model_of(IRL_WORLD_SERVE_ALL);

	(void)state;
	a.alive = b.alive = irl_world_share(0.3);
	a.open = b.open = irl_world_share(0.4);
	b.services.tarpit = irl_world_share(0.5);
	for (uint32_t i = 0; i < 50000; i++) {
		struct irl_world_answer x =
		    irl_world_answer(&a, 0x0a400000 + i, 80);
		struct irl_world_answer y =
		    irl_world_answer(&b, 0x0a400000 + i, 80);

		assert_memory_equal(&x, &y, sizeof(x));
	}
}

/* ---- bytes
 * -------------------------------------------------------------------
 */

static uint8_t *whole(const struct irl_world_service *s)
{
	uint8_t *all = malloc(s->stream + 1);

	assert_non_null(all);
	assert_int_equal(irl_world_stream(s, 0, all, UINT32_MAX), s->stream);
	all[s->stream] = '\0';
	return all;
}

/* The head's own words about the length, and the body after them. */
static void check_http(const struct irl_world_service *s, const uint8_t *all)
{
	const char *head = (const char *)all, *line;
	uint8_t *body = malloc(s->body + 1), *at = body;
	uint8_t *wanted = malloc(s->body + 1);
	char *end;
	unsigned long n;

	assert_int_equal(strtoul(head + 9, NULL, 10), s->status);
	assert_memory_equal(head + IRL_WORLD_HEAD - 4, "\r\n\r\n", 4);
	assert_ptr_equal(strstr(head, "\r\n\r\n"), head + IRL_WORLD_HEAD - 4);
	line = strstr(head, "\r\nContent-Length: ");
	all += IRL_WORLD_HEAD;
	if (s->framing == IRL_WORLD_LENGTH) {
		assert_non_null(line);
		assert_int_equal(strtoul(line + 18, NULL, 10), s->body);
	} else {
		assert_null(line);
	}
	if (s->framing == IRL_WORLD_CHUNKED) {
		assert_non_null(strstr(head, "\r\nTransfer-Encoding: chunked"));
		while ((n = strtoul((const char *)all, &end, 16)) > 0) {
			assert_memory_equal(end, "\r\n", 2);
			assert_true(at + n <= body + s->body);
			memcpy(at, end + 2, n);
			at += n;
			all = (uint8_t *)end + 2 + n;
			assert_memory_equal(all, "\r\n", 2);
			all += 2;
		}
		assert_string_equal(all, "0\r\n\r\n");
		assert_int_equal(at - body, s->body);
	} else {
		memcpy(body, all, s->body);
	}
	assert_int_equal(irl_world_body(s, 0, wanted, UINT32_MAX), s->body);
	assert_memory_equal(body, wanted, s->body);
	assert_non_null(strstr(head, "\r\nServer: "));
	assert_true((strstr(head, "\r\nLocation: /moved/") != NULL) ==
		    (s->status == 301));
	assert_true((strstr(head, "\r\nConnection: close") != NULL) ==
		    s->closes);
	free(body);
	free(wanted);
}

static void check_pieces(const struct irl_world_service *s, const uint8_t *all)
{
	uint64_t random = s->page;
	uint8_t part[5000];

	for (int i = 0; i < 40; i++) {
		uint32_t at, n, got;

		random = irl_world_mix(random + 1);
		at = (uint32_t)(random % (s->stream + 3));
		n = (uint32_t)(random >> 40) % sizeof(part);
		got = irl_world_stream(s, at, part, n);
		assert_int_equal(got, at >= s->stream      ? 0
				      : n < s->stream - at ? n
							   : s->stream - at);
		if (got)
			assert_memory_equal(part, all + at, got);
	}
}

static void test_bytes(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_ALL);
	unsigned seen[3] = {0}, banners = 0;

	(void)state;
	m.services.large = irl_world_share(0.05);
	for (uint32_t i = 0; i < 1500; i++) {
		struct irl_world_fetch f =
		    irl_world_fetch(&m, 0x0a410000 + i, 80);
		uint8_t *all = whole(&f.service);

		assert_true(f.synacked && f.acknowledged);
		assert_int_equal(f.spoke, f.service.stream > 0);
		check_pieces(&f.service, all);
		if (f.service.kind == IRL_WORLD_HTTP) {
			check_http(&f.service, all);
			seen[f.service.framing]++;
		} else if (f.service.kind == IRL_WORLD_BANNER) {
			banners++;
			assert_true(memcmp(all, "SSH-2.0-", 8) == 0 ||
				    memcmp(all, "220 ", 4) == 0);
			assert_string_equal(all + 62, "\r\n");
			assert_true(f.hash ==
				    irl_world_fnv(IRL_WORLD_FNV, all, 64));
		}
		free(all);
	}
	assert_true(seen[0] > 50 && seen[1] > 50 && seen[2] > 50 &&
		    banners > 50);
}

/* The published test values of FNV-1a, 64 bits. */
static void test_fnv(void **state)
{
	(void)state;
	assert_true(irl_world_fnv(IRL_WORLD_FNV, "a", 1) ==
		    0xaf63dc4c8601ec8cull);
	assert_true(irl_world_fnv(IRL_WORLD_FNV, "foobar", 6) ==
		    0x85944171f73967e8ull);
}

/* ---- the kernel's decisions
 * ----------------------------------------------------
 */

static struct irl_world_reply reply_of(const struct irl_world_service *s,
				       uint32_t got, uint32_t data, bool fin,
				       bool request)
{
	struct irl_world_segment in = {
	    .isn = 0xfffffff0u,
	    .seq = 100,
	    .ack = 0xfffffff0u + 1 + got,
	    .data = data,
	    .fin = fin,
	    .request = request,
	};
	struct irl_world_reply out;

	irl_world_reply_to(s, &in, &out);
	return out;
}

static void test_replies_without_state(void **state)
{
	struct irl_world_service s = {
	    .kind = IRL_WORLD_HTTP, .stream = 500, .closes = true};
	struct irl_world_reply r = reply_of(&s, 0, 0, false, false);

	(void)state;
	assert_int_equal(r.kind, IRL_WORLD_REPLY_NONE);
	r = reply_of(&s, 0, 18, false, true);
	assert_int_equal(r.kind, IRL_WORLD_REPLY_ANSWER);
	assert_true(r.seq == 0xfffffff1u && r.ack == 118 && r.fin);
	r = reply_of(&s, 0, 18, false, false);
	assert_true(r.kind == IRL_WORLD_REPLY_ACK && r.ack == 118 && !r.fin);
	r = reply_of(&s, 501, 0, true, false);
	assert_true(r.kind == IRL_WORLD_REPLY_ACK && r.ack == 101 && !r.fin);
	r = reply_of(&s, 500, 0, true, false);
	assert_true(r.kind == IRL_WORLD_REPLY_ACK && r.fin);
	r = reply_of(&s, 502, 0, false, false);
	assert_int_equal(r.kind, IRL_WORLD_REPLY_FOREIGN);
	r = reply_of(&s, UINT32_MAX, 0, false, false);
	assert_int_equal(r.kind, IRL_WORLD_REPLY_FOREIGN);
	s.closes = false;
	r = reply_of(&s, 0, 18, true, true);
	assert_true(r.kind == IRL_WORLD_REPLY_ANSWER && r.fin && r.ack == 119);
	r = reply_of(&s, 500, 18, false, true);
	assert_true(r.kind == IRL_WORLD_REPLY_ACK && r.fin);
	s = (struct irl_world_service){.kind = IRL_WORLD_BANNER, .stream = 64};
	r = reply_of(&s, 0, 0, false, false);
	assert_true(r.kind == IRL_WORLD_REPLY_ANSWER && !r.fin && r.ack == 100);
	r = reply_of(&s, 64, 0, false, false);
	assert_int_equal(r.kind, IRL_WORLD_REPLY_NONE);
	s = (struct irl_world_service){.kind = IRL_WORLD_MUTE};
	r = reply_of(&s, 0, 18, false, true);
	assert_true(r.kind == IRL_WORLD_REPLY_ACK && r.ack == 118 && !r.fin);
	s.kind = IRL_WORLD_HOLE;
	r = reply_of(&s, 0, 18, true, true);
	assert_int_equal(r.kind, IRL_WORLD_REPLY_NONE);
}

/* ---- the way
 * ------------------------------------------------------------------
 */

static void test_round_trips(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	uint64_t below = 0, tails = 0, n = 20000;

	(void)state;
	assert_true(irl_world_rtt_ns(&m, 0x0a400000) == 0);
	m.services.rtt_min_us = 5000;
	m.services.rtt_max_us = 400000;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t ns = irl_world_rtt_ns(&m, 0x0a400000 + i);

		assert_in_range(ns, 5000000, 400000000);
		below += ns < 44721359; /* the geometric middle */
		tails += ns < 7746000 || ns > 258200000;
	}
	assert_share(below, n, 0.5);
	/* The outer tenths of the logarithm: 2 x 0.1^4 x 32 / 3 x ... */
	assert_true(tails < n / 50 && tails > 0);
	m.services.rtt_min_us = m.services.rtt_max_us = 10000000;
	assert_true(irl_world_rtt_ns(&m, 1) == 10000000000ull);
}

/* Share and mean length of the bursts. */
static void test_bursts(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	uint64_t lost = 0, bursts = 0, copied = 0, late = 0;
	const uint64_t n = 1000000;
	struct irl_path path = {.key = 5};
	bool before = false;

	(void)state;
	assert_true(irl_path_is_plain(&m));
	m.services.burst = irl_world_share(0.1);
	m.services.burst_frames = 8;
	m.services.duplicate = irl_world_share(0.02);
	m.services.reorder = irl_world_share(0.03);
	assert_false(irl_path_is_plain(&m));
	for (uint64_t i = 0; i < n; i++) {
		struct irl_path_fate f =
		    irl_path_draw(&m, &path, IRL_PATH_OUT, 1000);

		lost += f.lost;
		bursts += f.lost && !before;
		copied += f.copied;
		late += f.late;
		before = f.lost;
	}
	assert_true(fabs((double)lost / (double)n - 0.1) < 0.005);
	assert_true(fabs((double)lost / (double)bursts - 8) < 0.4);
	assert_share(copied, n, 0.02);
	assert_share(late, n, 0.03);
}

static void test_loss_is_that_of_the_model(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct irl_path path = {.key = 6};
	uint64_t lost = 0;

	(void)state;
	m.loss = irl_world_share(0.2);
	for (int i = 0; i < 100000; i++)
		lost += irl_path_draw(&m, &path, IRL_PATH_IN, 0).lost;
	assert_share(lost, 100000, 0.2);
}

static void test_bad_models(void **state)
{
	struct irl_world_model bad[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		bad[i] = model_of(IRL_WORLD_SERVE_ALL);
	bad[0].services.banner = IRL_WORLD_ONE;
	bad[1].services.large = IRL_WORLD_ONE;
	bad[2].services.serve = IRL_WORLD_SERVES;
	bad[3].services.body_max = 65535;
	bad[4].services.rtt_max_us = 1;
	bad[5].services.middlebox = IRL_WORLD_ONE + 1;
	bad[6].services.serve = IRL_WORLD_SERVE_USER;
	bad[6].services.rtt_min_us = 2;
	bad[7].services.burst = 1;
	for (int i = 0; i < 8; i++)
		assert_int_equal(irl_world_model_check(&bad[i], NULL),
				 -IRL_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_services_are_fixed),
	    cmocka_unit_test(test_kinds_have_their_shares),
	    cmocka_unit_test(test_short_ones_fit_a_segment),
	    cmocka_unit_test(test_short_ones_can_be_shorter),
	    cmocka_unit_test(test_middleboxes_own_their_prefixes),
	    cmocka_unit_test(test_a_scan_sees_no_services),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_fnv),
	    cmocka_unit_test(test_replies_without_state),
	    cmocka_unit_test(test_round_trips),
	    cmocka_unit_test(test_bursts),
	    cmocka_unit_test(test_loss_is_that_of_the_model),
	    cmocka_unit_test(test_bad_models),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
