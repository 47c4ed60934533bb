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

static void expect(const struct irl_item *item, uint32_t addr, const char *name)
{
	assert_int_equal(irl_ip_addr4(&item->addr), addr);
	if (name)
		assert_string_equal(item->names, name);
	else
		assert_null(item->names);
	free(item->names);
}

/* Six of two hosts: "0", "2", unnamed of host 1, "1", "3", unnamed of host 2.
 */
static void fill(struct irl_pending *p)
{
	assert_int_equal(irl_pending_init(p, SLOTS, 1000, KEEP, 7), 0);
	for (unsigned i = 0; i < 6; i++) {
		struct irl_item item;
		char name[8];

		snprintf(name, sizeof(name), "%u", i);
		item = item_of(1 + i % 2, 80, i < 4 ? name : NULL);
		assert_int_equal(irl_pending_put(p, &item, 10 + 20 * (i > 1)),
				 i >= 2);
	}
}

/* In the order in which they came, each address and port for itself; those that
 * ride end with the probe, though they came later. */
static void test_order(void **state)
{
	struct irl_pending p;
	struct irl_item item = item_of(1, 81, NULL);
	bool rides;

	(void)state;
	fill(&p);
	assert_false(irl_pending_take(&p, &item));
	item.port = 80;
	assert_false(irl_pending_ready(&p, &item));
	assert_true(irl_pending_take(&p, &item));
	expect(&item, 1, "0");
	assert_false(irl_pending_take(&p, &item));
	assert_true(irl_pending_ready(&p, &item));
	expect(&item, 1, "2");
	assert_false(irl_pending_expire(&p, 10 + KEEP - 1, &item, &rides));
	for (unsigned i = 0; i < 3; i++) {
		assert_true(irl_pending_expire(&p, 10 + KEEP, &item, &rides));
		assert_int_equal(rides, i > 0);
		expect(&item, 2, i == 0 ? "1" : i == 1 ? "3" : NULL);
	}
	assert_false(irl_pending_expire(&p, UINT64_MAX, &item, &rides));
	/* What is ready stays. */
	assert_true(irl_pending_ready(&p, &item));
	expect(&item, 1, NULL);
	assert_false(irl_pending_ready(&p, &item));
	irl_pending_fini(&p);
}

/* Answers of both: the probes are ready, too, each before its riders. */
static void test_release(void **state)
{
	static const char *const want[] = {"1", "3", NULL, "0", "2", NULL};
	struct irl_pending p;
	struct irl_item item;
	bool rides;

	(void)state;
	fill(&p);
	for (uint32_t addr = 2; addr; addr--) {
		item = item_of(addr, 80, NULL);
		assert_true(irl_pending_release(&p, &item));
		assert_false(irl_pending_release(&p, &item));
	}
	assert_false(irl_pending_expire(&p, UINT64_MAX, &item, &rides));
	for (unsigned i = 0; i < 5; i++) {
		assert_true(irl_pending_ready(&p, &item));
		expect(&item, i < 3 ? 2 : 1, want[i]);
	}
	item = item_of(1, 80, "next");
	assert_false(irl_pending_put(&p, &item, 50));
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
		irl_pending_put(&p, &item, i);
	}
	assert_false(irl_pending_has_room(&p));
	assert_true(irl_pending_expire(&p, KEEP, &item, &rides));
	assert_false(irl_pending_expire(&p, KEEP, &item, &rides));
	assert_true(irl_pending_has_room(&p));
	item = item_of(0, 80, "a name of forty bytes is too long to go on");
	irl_pending_put(&p, &item, SLOTS);
	while (irl_pending_expire(&p, SLOTS + KEEP - 1, &item, &rides))
		;
	assert_false(irl_pending_has_room(&p));
	item = item_of(0, 80, NULL);
	assert_true(irl_pending_take(&p, &item));
	free(item.names);
	assert_true(irl_pending_has_room(&p));
	irl_pending_fini(&p);
}

struct known {
	uint32_t addr;
	bool here;
};

static uint32_t random_below(uint32_t *random, uint32_t limit)
{
	*random = *random * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)*random * limit >> 32);
}

/* It was there, and all of its host that came before are not any more. */
static void leave(struct known known[], unsigned count, unsigned oldest[],
		  const struct irl_item *item)
{
	uint32_t addr = irl_ip_addr4(&item->addr);
	unsigned i = (unsigned)strtoul(item->names, NULL, 10);

	assert_true(i < count && known[i].here && known[i].addr == addr);
	for (unsigned k = oldest[addr]; k < i; k++)
		assert_false(known[k].here && known[k].addr == addr);
	oldest[addr] = i;
	known[i].here = false;
	free(item->names);
}

static void test_random(void **state)
{
	static struct known known[20000];
	unsigned oldest[40] = {0}, count = 0, left = 0, random = 5;
	struct irl_pending p;
	struct irl_item item;
	char name[16];
	bool rides;

	(void)state;
	assert_int_equal(irl_pending_init(&p, SLOTS, 100000, KEEP, 7), 0);
	for (uint64_t now = 0; left < 20000; now++) {
		/* One that is ready is always older than a probe. */
		while (irl_pending_ready(&p, &item)) {
			leave(known, count, oldest, &item);
			left++;
		}
		while (irl_pending_expire(&p, now, &item, &rides)) {
			leave(known, count, oldest, &item);
			left++;
		}
		for (unsigned n = random_below(&random, 4);
		     n && count < 20000 && irl_pending_has_room(&p); n--) {
			snprintf(name, sizeof(name), "%u", count);
			known[count].addr = random_below(&random, 40);
			known[count].here = true;
			item = item_of(known[count].addr, 80, name);
			irl_pending_put(&p, &item, now);
			count++;
		}
		item = item_of(random_below(&random, 40), 80, NULL);
		if (random_below(&random, 2)) {
			irl_pending_release(&p, &item);
		} else if (irl_pending_take(&p, &item)) {
			leave(known, count, oldest, &item);
			left++;
		}
	}
	assert_int_equal(p.bytes, 0);
	assert_int_equal(p.first, p.next);
	irl_pending_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_release),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
