// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "engine/plan.h"

#define LOOPBACK 0x7f000001u

static const struct irl_ip loopback6 = {.byte = {[15] = 1}};

/* As after irl_plan_make, but that somebody else has taken its ports. */
static void other_ports_leave_a_list_its_sources(void **state)
{
	const struct irl_plan_list list[] = {{.first = loopback6},
					     {.first = irl_ip4(LOOPBACK)}};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct irl_plan plan = {.options = {.source_addr = LOOPBACK,
						    .source_count = 1,
						    .port_first = 1,
						    .port_last = 2},
					.list = &list[i],
					.source6 = loopback6,
					.ports_chosen = true};

		assert_int_equal(irl_plan_choose_again(&plan, NULL), 0);
		assert_true(plan.options.port_first > 2);
		assert_int_equal(plan.options.source_addr, LOOPBACK);
		assert_true(irl_ip_equal(&plan.source6, &loopback6));
		assert_int_equal(plan.steer.host_addr, LOOPBACK);
		assert_true(irl_ip_equal(&plan.steer.host_addr6, &loopback6));
		assert_int_equal(plan.steer.port_first,
				 plan.options.port_first);
		assert_int_equal(plan.steer.port_last, plan.options.port_last);
	}
}

/* Where nobody tells who has them, each refusal tells. */
static void refused_ports_are_not_chosen_again(void **state)
{
	struct irl_plan plan = {
	    .options = {.source_addr = LOOPBACK, .source_count = 1},
	    .ports_chosen = true};
	uint16_t first[4], last[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(irl_plan_choose_again(&plan, NULL), 0);
		assert_true(plan.ports_chosen);
		first[i] = plan.options.port_first;
		last[i] = plan.options.port_last;
		assert_int_equal(last[i] - first[i] + 1, IRL_PORTS_WANTED);
		for (unsigned k = 0; k < i; k++)
			assert_true(last[i] < first[k] || first[i] > last[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(other_ports_leave_a_list_its_sources),
	    cmocka_unit_test(refused_ports_are_not_chosen_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
