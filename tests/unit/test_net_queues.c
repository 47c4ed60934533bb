// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "net/queues.h"

static void host_has_its_own_queue(void **state)
{
	static const uint64_t world[] = {0, 0, 3};
	static const uint64_t two[] = {0, 0, 1, 2};
	static const uint64_t one_cpu[] = {0, 1};

	(void)state;
	assert_int_equal(net_queues_share(3, 2, world), NET_SHARE_NONE);
	assert_int_equal(net_queues_share(4, 2, two), NET_SHARE_NONE);
	assert_int_equal(net_queues_share(2, 1, one_cpu), NET_SHARE_NONE);
}

static void queues_are_shared(void **state)
{
	static const uint64_t unset[] = {0, 0, 0};
	static const uint64_t usual[] = {1, 2, 0};
	static const uint64_t one_left_out[] = {0, 0, 1};
	static const uint64_t both[] = {1, 0, 3};

	(void)state;
	assert_int_equal(net_queues_share(3, 2, unset), NET_SHARE_SPREAD);
	assert_int_equal(net_queues_share(3, 2, usual), NET_SHARE_SPREAD);
	assert_int_equal(net_queues_share(3, 2, one_left_out),
			 NET_SHARE_SPREAD);
	assert_int_equal(net_queues_share(3, 2, both), NET_SHARE_SPREAD);
	assert_int_equal(net_queues_share(2, 2, usual), NET_SHARE_FEW);
	assert_int_equal(net_queues_share(1, 2, NULL), NET_SHARE_FEW);
	assert_int_equal(net_queues_share(3, 2, NULL), NET_SHARE_UNKNOWN);
}

static void many_processors(void **state)
{
	uint64_t masks[NET_QUEUES_MAX] = {0};

	(void)state;
	/* more than there is room for: nothing beyond it is read */
	assert_int_equal(net_queues_share(129, 128, masks), NET_SHARE_UNKNOWN);
	assert_int_equal(net_queues_share(65, 64, masks), NET_SHARE_UNKNOWN);
	masks[63] = UINT64_MAX >> 1;
	assert_int_equal(net_queues_share(64, 63, masks), NET_SHARE_NONE);
}

static void masks_are_parsed(void **state)
{
	static const struct {
		const char *text;
		uint64_t mask;
	} good[] = {{"0\n", 0},
		    {"3", 3},
		    {"ff\n", 255},
		    {"1,00000002\n", 0x100000002},
		    {"a,00000000,0000000F", 15}};
	static const char *const bad[] = {"", "\n", "x", "3 4", "0x3"};
	uint64_t mask;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		assert_true(net_mask_parse(good[i].text, &mask));
		assert_int_equal(mask, good[i].mask);
		assert_false(net_mask_parse(bad[i], &mask));
	}
}

static void masks_are_written(void **state)
{
	static const struct {
		unsigned cpus;
		const char *text;
	} cases[] = {{1, "1"},
		     {2, "3"},
		     {31, "7fffffff"},
		     {32, "ffffffff"},
		     {33, "1,ffffffff"},
		     {64, "ffffffff,ffffffff"},
		     {65, "1,ffffffff,ffffffff"}};
	char text[160];

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		net_mask_text(cases[i].cpus, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(host_has_its_own_queue),
	    cmocka_unit_test(queues_are_shared),
	    cmocka_unit_test(many_processors),
	    cmocka_unit_test(masks_are_parsed),
	    cmocka_unit_test(masks_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
