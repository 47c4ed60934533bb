// SPDX-License-Identifier: BSD-2-Clause
/* What irl doctor makes of Windows' answers, those that Wine does not give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "net/doctor_windows.h"

static void check(const struct irl_doctor_report *report,
		  enum irl_doctor_level level, const char *text,
		  const char *mend)
{
	const struct irl_doctor_fact *fact = &report->fact[0];

	assert_int_equal(report->fact_count, 1);
	assert_int_equal(fact->level, level);
	if (!strstr(fact->text, text))
		fail_msg("'%s' lacks '%s'", fact->text, text);
	if (!mend)
		assert_string_equal(fact->mend, "");
	else if (!strstr(fact->mend, mend))
		fail_msg("'%s' lacks '%s'", fact->mend, mend);
}

static void test_services(void **state)
{
	static const struct {
		struct net_service service;
		enum irl_doctor_level level;
		const char *text, *mend;
	} cases[] = {
	    {{.installed = true, .running = true}, IRL_DOCTOR_OK, "runs", NULL},
	    {{.installed = false},
	     IRL_DOCTOR_BAD,
	     "not installed",
	     "docs/windows.md"},
	    {{.installed = true},
	     IRL_DOCTOR_BAD,
	     "not started",
	     "sc start irlstackp"},
	    {{.installed = true, .error = 577},
	     IRL_DOCTOR_BAD,
	     "does not accept its signature",
	     "testsigning"},
	    {{.installed = true, .error = 31},
	     IRL_DOCTOR_BAD,
	     "Windows error 31",
	     "net helpmsg 31"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct irl_doctor_report report = {0};

		net_doctor_service(&report, "irlstackp", &cases[i].service);
		check(&report, cases[i].level, cases[i].text, cases[i].mend);
	}
}

static void test_coalescing(void **state)
{
	static const struct {
		int ipv4, ipv6;
		const char *text;
	} cases[] = {
	    {-1, -1, "not told"}, {0, 0, "no receive coalescing"},
	    {1, 0, "of IPv4: "},  {0, 1, "of IPv6: "},
	    {-1, 1, "of IPv6: "}, {1, 1, "of IPv4 and IPv6: "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct irl_doctor_report report = {0};

		net_doctor_coalescing(&report, cases[i].ipv4, cases[i].ipv6);
		check(&report, IRL_DOCTOR_OK, cases[i].text, NULL);
	}
}

static void test_integrity(void **state)
{
	static const struct {
		uint32_t options;
		const char *text;
	} cases[] = {
	    {0x000, "need none"},
	    {0x001, "need Microsoft's (test signing is off)"},
	    {0x003, "need a test signature"},
	    {0x401, "memory integrity is on"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct irl_doctor_report report = {0};

		net_doctor_integrity(&report, cases[i].options);
		check(&report, IRL_DOCTOR_OK, cases[i].text, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_services),
	    cmocka_unit_test(test_coalescing),
	    cmocka_unit_test(test_integrity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
