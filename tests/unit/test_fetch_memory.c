// SPDX-License-Identifier: BSD-2-Clause
/* A fetch that is opened while memory is short, or begun while threads are:
 * told, and nothing is left. */
#include "fetch_lab.h"

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_irl_aligned_take(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_irl_aligned_take(size_t bytes);
int __real_irl_fetch_worker_start(struct irl_fetch_worker *worker);
int __wrap_irl_fetch_worker_start(struct irl_fetch_worker *worker);

/* Of the fetch, while it is opened. */
static struct lab *opened;
static unsigned allocation, fails_at;

static bool fails(void)
{
	return opened && opened->opening && ++allocation == fails_at;
}

void *__wrap_malloc(size_t bytes)
{
	return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return fails() ? NULL : __real_calloc(count, bytes);
}

/* What is not written yet is not read. */
void *__wrap_irl_aligned_take(size_t bytes)
{
	uint8_t *at = fails() ? NULL : __real_irl_aligned_take(bytes);

	for (size_t i = 0; at && i < bytes; i++)
		at[i] = (uint8_t)(i >> 6 ^ 0x5a);
	return at;
}

static int open_with(struct lab *lab, bool probe, bool list)
{
	int rc;

	lab_init(lab, "10.1.0.0/24", "http");
	lab->options.probe = probe;
	lab->options.list = list;
	lab->options.scan.workers = 2;
	lab->options.connections = 64;
	opened = lab;
	allocation = 0;
	rc = lab_try_open(lab);
	opened = NULL;
	return rc;
}

static void test_each_allocation_fails(void **state)
{
	struct lab lab;
	int rc;

	(void)state;
	for (unsigned kind = 0; kind < 4; kind++) {
		fails_at = 0;
		do {
			fails_at++;
			rc = open_with(&lab, kind & 1, kind & 2);
			assert_int_equal(
			    rc, allocation < fails_at ? 0 : -IRL_ENOMEM);
			assert_int_equal(!lab.fetch, rc != 0);
			lab_fini(&lab);
		} while (rc);
		assert_true(fails_at > 20);
	}
}

/* The second thread cannot be had, once the first has claimed its first part.
 */
int __wrap_irl_fetch_worker_start(struct irl_fetch_worker *w)
{
	struct irl_fetch *fetch = w->fetch;

	if (!w->queue)
		return __real_irl_fetch_worker_start(w);
	while (irl_supply_next(&fetch->supply) == fetch->supply.first)
		irl_clock_sleep_until(irl_clock_ns() + IRL_NS_PER_MS);
	return -IRL_ENOMEM;
}

/* What the first has probed and nobody took the answers of is not finished. */
static void test_no_thread(void **state)
{
	struct lab lab;

	(void)state;
	fails_at = 0;
	assert_int_equal(open_with(&lab, true, false), 0);
	assert_int_equal(
	    irl_fetch_run(lab.fetch, events_of(&lab), &lab.result, &lab.err),
	    -IRL_ENOMEM);
	assert_non_null(strstr(lab.err.text, "cannot start worker 2 of 2"));
	assert_false(lab.result.complete);
	assert_int_equal(lab.result.next, lab.result.first);
	lab_fini(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_allocation_fails),
	    cmocka_unit_test(test_no_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
