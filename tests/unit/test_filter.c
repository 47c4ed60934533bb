// SPDX-License-Identifier: BSD-2-Clause
/* The output filter: what it passes, and what it says of mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "output/filter.h"

static const struct irl_record synack = {
    .hit = {.addr = 0x0A000001,
	    .responder = 0x0A000001,
	    .local = 0x0A0A0A0A,
	    .port = 80,
	    .local_port = 40000,
	    .seq = 0xFFFFFFFF,
	    .ack = 7,
	    .window = 65535,
	    .ttl = 63,
	    .verdict = IRL_ANSWER_SYNACK},
    .success = true,
    .pass = 1,
};

static const struct irl_record icmp = {
    .hit = {.addr = 0x0A000002,
	    .responder = 0x0A0000FE,
	    .port = 443,
	    .ttl = 250,
	    .verdict = IRL_ANSWER_ICMP,
	    .icmp_type = 3,
	    .icmp_code = 13},
    .repeat = true,
    .pass = 2,
};

static bool passes(const char *text, const struct irl_record *record)
{
	struct irl_filter filter;
	struct irl_error err = {0};
	int rc = irl_filter_compile(&filter, text, &err);

	if (rc)
		print_error("%s: %s\n", text, err.text);
	assert_int_equal(rc, 0);
	return irl_filter_passes(&filter, record);
}

static void test_truth(void **state)
{
	static const struct {
		const char *text;
		bool synack, icmp;
	} rows[] = {
	    {"", true, true},
	    {"  ", true, true},
	    {"success = 1 && repeat = 0", true, false},
	    {"success=1&&repeat=0", true, false},
	    {"success == true", true, false},
	    {"success = false", false, true},
	    {"sport = 80", true, false},
	    {"sport != 80", false, true},
	    {"sport < 443", true, false},
	    {"sport <= 443", true, true},
	    {"sport > 80", false, true},
	    {"sport >= 80", true, true},
	    {"sport >= 0x50 && sport < 0x51", true, false},
	    {"seqnum = 4294967295", true, false},
	    {"classification = synack", true, false},
	    {"classification = \"icmp\"", false, true},
	    {"classification != 'rst'", true, true},
	    {"saddr = \"10.0.0.1\"", true, false},
	    {"saddr != 10.0.0.1", false, true},
	    {"icmp_responder = 10.0.0.254", false, true},
	    {"icmp-type = 3", false, true},
	    {"icmp_unreach_str = \"communication admin. prohibited\"", false,
	     true},
	    /* no such field in the record: false either way */
	    {"icmp_code = 13", false, true},
	    {"icmp_code != 99", false, true},
	    {"window != 1", true, false},
	    {"!(window = 1)", true, true},
	    /* && binds closer than ||, and ! closer than both */
	    {"success = 1 || sport = 443 && pass = 1", true, false},
	    {"(success = 1 || sport = 443) && pass = 2", false, true},
	    {"!success = 1 && pass = 2", false, true},
	    {"!(success = 1 && pass = 1)", false, true},
	    {"!!(success = 1)", true, false},
	    {"!(success = 1 || repeat = 1)", false, false},
	    {"((((sport = 80))))", true, false},
	    {"ttl > 60 && ttl < 64 || ttl > 200 && icmp_type = 3", true, true},
	    {"timestamp_ts = 0 && timestamp_us = 0", true, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (passes(rows[i].text, &synack) != rows[i].synack ||
		    passes(rows[i].text, &icmp) != rows[i].icmp)
			fail_msg("wrong verdict of: %s", rows[i].text);
	}
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
	    {"success", "expected one of = != < <= > >="},
	    {"success =", "column 10, at 'its end': expected a value"},
	    {"= 1", "column 1, at '= 1': expected the name of a field"},
	    {"sucess = 1", "expected the name of a field"},
	    {"success = 1 &&", "expected the name of a field"},
	    {"success = 1 & repeat = 0", "column 13, at '& repeat = 0'"},
	    {"success = 1 repeat = 0", "expected &&, || or the end"},
	    {"(success = 1", "expected a closing parenthesis"},
	    {"success = 1)", "expected &&, || or the end"},
	    {"sport = abc", "column 9, at 'abc': expected a whole number"},
	    {"sport = -1", "expected a whole number"},
	    {"sport = 99999999999999999999", "expected a whole number"},
	    {"saddr < 10.0.0.1", "expected = or != for a text"},
	    {"saddr = 10.0.0", "expected an IPv4 address"},
	    {"classification = syn-ack", "\"synack\" \"rst\" \"icmp\""},
	    {"classification = \"synack", "expected a closing quote"},
	    {"classification = \"\"", "expected a value"},
	    {"timestamp_str = 1", "expected timestamp_ts"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct irl_filter filter;
		struct irl_error err = {0};

		assert_int_equal(
		    irl_filter_compile(&filter, rows[i].text, &err),
		    -IRL_EPARSE);
		if (!strstr(err.text, rows[i].said))
			fail_msg("'%s' says: %s", rows[i].text, err.text);
	}
}

static char *repeat(const char *part, const char *between, unsigned count)
{
	char *text = calloc(count + 1, strlen(part) + strlen(between) + 1);

	assert_non_null(text);
	for (unsigned i = 0; i < count; i++) {
		strcat(text, i ? between : "");
		strcat(text, part);
	}
	return text;
}

static void check_limit(const char *part, const char *between, const char *tail,
			unsigned count, bool fits)
{
	char *text = repeat(part, between, count);
	char *whole = malloc(strlen(text) + strlen(tail) + 1);
	struct irl_filter filter;

	assert_non_null(whole);
	strcpy(whole, text);
	strcat(whole, tail);
	assert_int_equal(irl_filter_compile(&filter, whole, NULL),
			 fits ? 0 : -IRL_EPARSE);
	free(whole);
	free(text);
}

static void test_limits(void **state)
{
	(void)state;
	check_limit("sport = 1", " || ", "", IRL_FILTER_STEPS, true);
	check_limit("sport = 1", " || ", "", IRL_FILTER_STEPS + 1, false);
	check_limit("sport = 1", " && ", "", 5000, false);
	check_limit("!", "", "sport = 1", 31, true);
	check_limit("!", "", "sport = 1", 100000, false);
	check_limit("(", "", "sport = 1", 100000, false);
}

/* ---- against a slow evaluator of random trees -----------------------------
 */

static unsigned rnd(unsigned n)
{
	return (unsigned)random() % n;
}

/* Append a random expression to @text; returns its value for @r. */
static bool grow(char *text, const struct irl_record *r, unsigned depth)
{
	unsigned what = depth ? rnd(4) : 3;
	bool left, right;

	if (what == 3) {
		unsigned port = rnd(4);

		sprintf(text + strlen(text), rnd(2) ? "sport=%u" : "sport = %u",
			port);
		return r->hit.port == port;
	}
	if (what == 2) {
		strcat(text, "!(");
		left = grow(text, r, depth - 1);
		strcat(text, ")");
		return !left;
	}
	strcat(text, "(");
	left = grow(text, r, depth - 1);
	strcat(text, what ? ") && (" : ") || (");
	right = grow(text, r, depth - 1);
	strcat(text, ")");
	return what ? left && right : left || right;
}

static void test_random(void **state)
{
	(void)state;
	srandom(1);
	for (unsigned i = 0; i < 3000; i++) {
		struct irl_record r = {.hit = {.port = (uint16_t)rnd(4)}};
		char text[4096] = "";
		bool truth = grow(text, &r, 5);

		if (passes(text, &r) != truth)
			fail_msg("sport %u, %s", r.hit.port, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_truth),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
