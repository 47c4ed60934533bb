// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "net/port_range.h"

static const struct net_port_policy usual = {.low = 32768, .high = 60999};

static void use(struct net_ports *ports, unsigned first, unsigned last)
{
	for (unsigned p = first; p <= last; p++)
		ports->bits[p / 64] |= 1ull << p % 64;
}

static unsigned pick(const struct net_port_policy *policy,
		     const struct net_ports *used, unsigned want)
{
	unsigned longest;

	return net_ports_pick(policy, used, want, &longest);
}

static void reserved_list_is_parsed(void **state)
{
	struct net_ports got, wanted = {{0}};

	(void)state;
	assert_int_equal(net_ports_parse(&got, "\n"), 0);
	assert_memory_equal(&got, &wanted, sizeof(got));
	use(&wanted, 8080, 8080);
	use(&wanted, 9148, 9160);
	use(&wanted, 65535, 65535);
	assert_int_equal(net_ports_parse(&got, "8080,9148-9160,65535\n"), 0);
	assert_memory_equal(&got, &wanted, sizeof(got));
}

static void nonsense_is_not_parsed(void **state)
{
	static const char *const bad[] = {"x",     "80-",    "80-70", "65536",
					  "80,x",  "80 90x", "-",     "1-70000",
					  "80;90", "999999"};
	struct net_ports got;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(net_ports_parse(&got, bad[i]), -1);
}

static void above_first_then_below(void **state)
{
	struct net_ports used = {{0}};

	(void)state;
	assert_int_equal(pick(&usual, &used, 1), 61000);
	assert_int_equal(pick(&usual, &used, 4536), 61000);
	assert_int_equal(pick(&usual, &used, 4537), 32768 - 4537);
	assert_int_equal(pick(&usual, &used, 32768 - 1024), 1024);
	assert_int_equal(pick(&usual, &used, 32768 - 1023), 0);
}

static void used_ports_are_avoided_to_the_port(void **state)
{
	struct net_ports used = {{0}};

	(void)state;
	use(&used, 61000, 61000);
	use(&used, 61010, 61010);
	assert_int_equal(pick(&usual, &used, 9), 61001);
	assert_int_equal(pick(&usual, &used, 10), 61011);
	use(&used, 65535, 65535);
	assert_int_equal(pick(&usual, &used, 65534 - 61011 + 1), 61011);
	assert_int_equal(pick(&usual, &used, 65534 - 61011 + 2),
			 32768 - (65534 - 61011 + 2));
	use(&used, 32767, 32767);
	assert_int_equal(pick(&usual, &used, 5000), 32767 - 5000);
}

static void reserved_ports_are_avoided(void **state)
{
	static struct net_port_policy policy;
	struct net_ports used = {{0}};

	(void)state;
	policy = usual;
	use(&policy.reserved, 61500, 61500);
	assert_int_equal(pick(&policy, &used, 500), 61000);
	assert_int_equal(pick(&policy, &used, 501), 61501);
}

static void longest_run_is_told(void **state)
{
	const struct net_port_policy most = {.low = 1024, .high = 65000};
	const struct net_port_policy all = {.low = 1, .high = 65535};
	struct net_ports used = {{0}};
	unsigned longest;

	(void)state;
	use(&used, 65100, 65100);
	assert_int_equal(net_ports_pick(&most, &used, 500, &longest), 0);
	assert_int_equal(longest, 435);
	assert_int_equal(net_ports_pick(&all, &used, 1, &longest), 0);
	assert_int_equal(longest, 0);
}

static void overlap_with_what_is_handed_out(void **state)
{
	static struct net_port_policy policy;
	static const struct {
		unsigned first, last;
		bool handed_out;
		unsigned from, to;
	} cases[] = {
	    {61000, 65095, false, 0, 0},
	    {1024, 32767, false, 0, 0},
	    {60999, 61000, true, 60999, 60999},
	    {30000, 32768, true, 32768, 32768},
	    {1, 65535, true, 32768, 60999},
	    {40000, 40099, false, 0, 0},
	    {39999, 40099, true, 39999, 39999},
	    {40000, 40100, true, 40100, 40100},
	    {39990, 40110, true, 39990, 40110},
	};

	(void)state;
	policy = usual;
	use(&policy.reserved, 40000, 40099);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned first = cases[i].first, last = cases[i].last;

		assert_int_equal(net_ports_handed_out(&policy, &first, &last),
				 cases[i].handed_out);
		if (!cases[i].handed_out)
			continue;
		assert_int_equal(first, cases[i].from);
		assert_int_equal(last, cases[i].to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reserved_list_is_parsed),
	    cmocka_unit_test(nonsense_is_not_parsed),
	    cmocka_unit_test(above_first_then_below),
	    cmocka_unit_test(used_ports_are_avoided_to_the_port),
	    cmocka_unit_test(reserved_ports_are_avoided),
	    cmocka_unit_test(longest_run_is_told),
	    cmocka_unit_test(overlap_with_what_is_handed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
