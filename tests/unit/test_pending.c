// SPDX-License-Identifier: BSD-2-Clause
/* Probed targets with their names, beside a plain list of the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "engine/pending.h"

#define SLOTS 256u
#define KEEP 100u /* ns */

static struct irl_item item_of(uint32_t addr, uint16_t port, const char *domain)
{
	struct irl_item item = {.addr = irl_ip4(addr), .port = port};

	if (domain) {
		item.names = calloc(1, strlen(domain) + 2);
		strcpy(item.names, domain);
	}
	return item;
}

/* In the order in which they came, each address and port for itself. */
static void test_order(void **state)
{
	struct irl_pending p;
	struct irl_item item;
	bool rides;

	(void)state;
	assert_int_equal(irl_pending_init(&p, SLOTS, 1000, KEEP, 7), 0);
	for (unsigned i = 0; i < 6; i++) {
		char name[8];

		snprintf(name, sizeof(name), "%u", i);
		item = item_of(1 + i % 2, 80, i < 4 ? name : NULL);
		assert_int_equal(irl_pending_has(&p, &item.addr, 80), i >= 2);
		assert_false(irl_pending_has(&p, &item.addr, 81));
		irl_pending_put(&p, &item, i >= 2, 10);
	}
	item = item_of(1, 80, NULL);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(irl_pending_take(&p, &item, &rides));
		assert_int_equal(rides, i > 0);
		if (i < 2)
			assert_int_equal(item.names[0], '0' + 2 * (char)i);
		else
			assert_null(item.names);
		free(item.names);
	}
	assert_false(irl_pending_take(&p, &item, &rides));
	assert_false(irl_pending_expire(&p, 10 + KEEP - 1, &item, &rides));
	assert_true(irl_pending_expire(&p, 10 + KEEP, &item, &rides));
	assert_int_equal(irl_ip_addr4(&item.addr), 2);
	assert_int_equal(item.names[0], '1');
	assert_false(rides);
	free(item.names);
	irl_pending_fini(&p); /* with two left, one of them named */
}

/* Neither slots nor names without end. */
static void test_bounds(void **state)
{
	struct irl_pending p;
	struct irl_item item;
	bool rides;

	(void)state;
	assert_int_equal(irl_pending_init(&p, SLOTS, 40, KEEP, 7), 0);
	for (unsigned i = 0; i < SLOTS; i++) {
		assert_true(irl_pending_has_room(&p));
		item = item_of(i, 80, NULL);
		irl_pending_put(&p, &item, false, i);
	}
	assert_false(irl_pending_has_room(&p));
	assert_true(irl_pending_expire(&p, KEEP, &item, &rides));
	assert_false(irl_pending_expire(&p, KEEP, &item, &rides));
	assert_true(irl_pending_has_room(&p));
	item = item_of(0, 80, "a name of forty bytes is too long to go on");
	irl_pending_put(&p, &item, false, SLOTS);
	while (irl_pending_expire(&p, SLOTS + KEEP - 1, &item, &rides))
		;
	assert_false(irl_pending_has_room(&p));
	item = item_of(0, 80, NULL);
	assert_true(irl_pending_take(&p, &item, &rides));
	free(item.names);
	assert_true(irl_pending_has_room(&p));
	irl_pending_fini(&p);
}

struct known {
	uint32_t addr, number;
	uint64_t since;
	bool here;
};

static uint32_t random_below(uint32_t *random, uint32_t limit)
{
	*random = *random * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)*random * limit >> 32);
}

static void check(struct known known[], unsigned count, uint32_t addr,
		  const struct irl_item *item)
{
	unsigned i = 0;

	while (i < count && !(known[i].here && known[i].addr == addr))
		i++;
	assert_true(i < count);
	assert_int_equal(strtoul(item->names, NULL, 10), known[i].number);
	known[i].here = false;
	free(item->names);
}

static void test_random(void **state)
{
	static struct known known[20000];
	unsigned count = 0, oldest = 0, random = 5;
	struct irl_pending p;
	struct irl_item item;
	char name[16];
	bool rides;

	(void)state;
	assert_int_equal(irl_pending_init(&p, SLOTS, 100000, KEEP, 7), 0);
	for (uint64_t now = 0; count < 20000; now++) {
		uint32_t addr = random_below(&random, 40);

		while (irl_pending_expire(&p, now, &item, &rides)) {
			while (!known[oldest].here)
				oldest++;
			assert_true(known[oldest].since + KEEP <= now);
			check(known + oldest, count - oldest,
			      irl_ip_addr4(&item.addr), &item);
		}
		for (unsigned n = random_below(&random, 4);
		     n && count < 20000 && irl_pending_has_room(&p); n--) {
			snprintf(name, sizeof(name), "%u", count);
			item = item_of(addr, 80, name);
			known[count] = (struct known){addr, count, now, true};
			count++;
			irl_pending_put(&p, &item, false, now);
		}
		item = item_of(random_below(&random, 40), 80, NULL);
		if (irl_pending_take(&p, &item, &rides))
			check(known, count, irl_ip_addr4(&item.addr), &item);
	}
	irl_pending_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
