// SPDX-License-Identifier: BSD-2-Clause
/* What a reader that goes has read, whatever the size of records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "unread.h"

#define ROOM 131072u

/* Never a record of the last bytes, and not many less than there were. */
static void run(uint64_t size_max, unsigned at_once)
{
	static uint64_t end[100001]; /* of each record */
	struct unread unread = {0};
	uint64_t kept, sure = 0;

	assert_int_equal(unread_read(&unread, ROOM), 0);
	for (unsigned i = 0; i < 100000; i++) {
		end[i + 1] = end[i] + 1 + (uint64_t)rand() % size_max;
		if (i % at_once)
			continue;
		unread_note(&unread, i + 1, end[i + 1], ROOM);
		kept = unread_read(&unread, ROOM);
		assert_true(!kept || end[kept] + ROOM <= end[i + 1]);
		while (end[sure + 1] + ROOM + ROOM / UNREAD_PARTS +
			   at_once * size_max <=
		       end[i + 1])
			sure++;
		assert_true(kept >= sure);
	}
	assert_true(sure > 0);
}

static void test_sizes(void **state)
{
	(void)state;
	srand(7);
	run(10, 1);
	run(400, 1);
	run(400, 300);
	run(300000, 1);
	run(1000, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
