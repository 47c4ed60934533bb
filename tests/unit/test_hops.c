// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which routes count, and how many of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "net/hops.h"

#define HERE 7u
#define OTHER 8u

static struct net_hops *hops_new(bool alone)
{
	struct net_hops *hops = calloc(1, sizeof(*hops));

	assert_non_null(hops);
	hops->ifindex = HERE;
	hops->alone = alone;
	return hops;
}

/* By way of 10.INTERFACE.0.1. */
static void add(struct net_hops *hops, uint32_t dest, unsigned length,
		unsigned ifindex)
{
	const struct net_route route = {.dest = irl_ip4(dest),
					.length = 96 + length,
					.ifindex = ifindex,
					.gateway =
					    irl_ip4(0x0a000001 | ifindex << 16),
					.usable = true};

	net_hops_add(hops, &route);
}

static uint32_t next_hop(const struct net_hops *hops, uint32_t addr)
{
	const struct irl_ip dest = irl_ip4(addr);
	struct irl_ip next;

	return net_hops_find(hops, &dest, &next) ? irl_ip_addr4(&next) : 0;
}

static void others_count_unless_left_out(void **state)
{
	(void)state;
	for (int alone = 0; alone < 2; alone++) {
		struct net_hops *hops = hops_new(alone);
		uint32_t expected = alone ? 0x0a070001 : 0;

		add(hops, 0, 0, OTHER);
		add(hops, 0, 0, HERE);
		add(hops, 0x0b000000, 8, HERE);
		add(hops, 0x0b010000, 16, OTHER);
		add(hops, 0x0b020000, 16, 0); /* several hops, not by us */
		assert_int_equal(next_hop(hops, 0x01000001), expected);
		assert_int_equal(next_hop(hops, 0x0b010001), expected);
		assert_int_equal(next_hop(hops, 0x0b020001), expected);
		assert_int_equal(next_hop(hops, 0x0b030001), 0x0a070001);
		free(hops);
	}
}

static void a_refusal_is_for_all(void **state)
{
	const struct net_route refusal = {.dest = irl_ip4(0x0b010000),
					  .length = 96 + 16};
	struct net_hops *hops = hops_new(true);

	(void)state;
	add(hops, 0, 0, HERE);
	net_hops_add(hops, &refusal);
	assert_int_equal(next_hop(hops, 0x0b010001), 0);
	assert_int_equal(next_hop(hops, 0x0b020001), 0x0a070001);
	free(hops);
}

static void those_of_others_take_no_room_of_ours(void **state)
{
	struct net_hops *hops = hops_new(false);
	struct irl_error err = {0};

	(void)state;
	for (unsigned i = 0; i < NET_HOPS_ELSEWHERE; i++)
		add(hops, 0x0b000000 + (i << 8), 24, OTHER);
	for (unsigned i = 0; i < NET_HOPS_MAX; i++)
		add(hops, 0x0c000000 + (i << 8), 24, HERE);
	assert_int_equal(net_hops_check(hops, &err), 0);
	assert_int_equal(next_hop(hops, 0x0c007f01), 0x0a070001);
	add(hops, 0x0d000000, 24, OTHER);
	assert_int_equal(net_hops_check(hops, &err), -IRL_EINVAL);
	free(hops);
}

static void the_widest_of_too_many_are_kept(void **state)
{
	struct net_hops *hops = hops_new(true);
	struct irl_error err = {0};
	struct irl_ip dest;

	(void)state;
	for (unsigned i = 0; i < NET_HOPS_MAX; i++)
		add(hops, 0x0c000000 + (i << 8), 24, HERE);
	assert_int_equal(net_hops_check(hops, &err), 0);
	add(hops, 0, 0, HERE);
	assert_int_equal(net_hops_check(hops, &err), -IRL_EINVAL);
	assert_true(net_hops_sample(hops, false, &dest));
	assert_int_equal(irl_ip_addr4(&dest), 0x01000001);
	assert_int_equal(hops->four.count, NET_HOPS_MAX);
	free(hops);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(others_count_unless_left_out),
	    cmocka_unit_test(a_refusal_is_for_all),
	    cmocka_unit_test(those_of_others_take_no_room_of_ours),
	    cmocka_unit_test(the_widest_of_too_many_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
