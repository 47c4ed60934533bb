// SPDX-License-Identifier: BSD-2-Clause
/* What irl doctor makes of a kernel's answers, those of old kernels too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>
#include "net/doctor.h"
#include "port/link_tags.h"

struct expected {
	int result;
	enum irl_doctor_level level;
	const char *text, *mend;
};

static void check(const struct irl_doctor_report *report,
		  const struct expected *e)
{
	const struct irl_doctor_fact *fact = &report->fact[0];

	assert_int_equal(fact->level, e->level);
	if (!strstr(fact->text, e->text))
		fail_msg("'%s' lacks '%s'", fact->text, e->text);
	if (e->mend)
		assert_non_null(strstr(fact->mend, e->mend));
	else
		assert_string_equal(fact->mend, "");
}

static void live_frames(void **state)
{
	static const struct expected cases[] = {
	    {0, IRL_DOCTOR_OK, "Linux 6.1.0 sends them", NULL},
	    {-EINVAL, IRL_DOCTOR_WARN, "Linux 6.1.0 does not send them",
	     "Linux 5.18 or later"},
	    {-ENOMEM, IRL_DOCTOR_WARN, "Cannot allocate memory", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct irl_doctor_report report = {0};

		net_doctor_live_frames(&report, cases[i].result, "6.1.0");
		assert_int_equal(report.fact_count, 1);
		check(&report, &cases[i]);
	}
}

static void vlan_tags(void **state)
{
	static const struct {
		struct irl_link_tags tags;
		struct expected expected;
	} cases[] = {
	    {{.device = ""},
	     {0, IRL_DOCTOR_OK, "no VLAN device on eth9", NULL}},
	    {{.stripped = true},
	     {0, IRL_DOCTOR_OK, "no VLAN device on eth9", NULL}},
	    {{.device = "eth9.5"},
	     {0, IRL_DOCTOR_OK, "left on frames (eth9.5)", NULL}},
	    {{.device = "eth9.5", .stripped = true},
	     {0, IRL_DOCTOR_WARN,
	      "takes them off (rx-vlan-offload): frames of "
	      "eth9.5 would pass for those of eth9",
	      "ethtool -K eth9 rxvlan off"}},
	    {{.device = "eth9.5", .unknown = true},
	     {0, IRL_DOCTOR_WARN,
	      "does not say whether it takes them off: "
	      "frames of eth9.5",
	      NULL}},
	    {{.unknown = true},
	     {0, IRL_DOCTOR_WARN, "not known whether the driver takes them off",
	      NULL}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct irl_doctor_report report = {.link = {.name = "eth9"}};

		net_doctor_vlan_tags(&report, &cases[i].tags);
		assert_int_equal(report.fact_count, 1);
		check(&report, &cases[i].expected);
	}
}

static void refusals(void **state)
{
	static const struct expected cases[] = {
	    {0, IRL_DOCTOR_OK, "told by the kernel", NULL},
	    {-ENOENT, IRL_DOCTOR_WARN, "no BTF of this kernel",
	     "CONFIG_DEBUG_INFO_BTF"},
	    /* libbpf's word for a file of no use */
	    {-ESRCH, IRL_DOCTOR_WARN, "no BTF of this kernel",
	     "CONFIG_DEBUG_INFO_BTF"},
	    {-EPERM, IRL_DOCTOR_WARN, "Operation not permitted", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct irl_doctor_report report = {0};

		net_doctor_refusals(&report, cases[i].result);
		assert_int_equal(report.fact_count, 1);
		check(&report, &cases[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(live_frames),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(vlan_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
