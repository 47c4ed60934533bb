// SPDX-License-Identifier: BSD-2-Clause
/* What the system is asked for, the same on each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/os.h"

#define MS 1000000u

static void test_nothing_to_read(void **state)
{
	uint64_t begin = irl_os_clock_ns();
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(irl_os_await_input(ends[0], 0), 0);
	assert_int_equal(irl_os_await_input(ends[0], 50), 0);
	assert_true(irl_os_clock_ns() - begin >= 49 * MS);
	close(ends[1]);
	close(ends[0]);
}

static void test_something_to_read(void **state)
{
	char byte;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(irl_os_await_input(ends[0], 0), 1);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(irl_os_await_input(ends[0], 0), 0);
	/* Nobody will write any more: the end is there to be read. */
	close(ends[1]);
	assert_int_equal(irl_os_await_input(ends[0], 0), 1);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

static void *write_later(void *fd)
{
	irl_os_sleep_until(irl_os_clock_ns() + 50 * MS);
	return (void *)(intptr_t)write(*(int *)fd, "x", 1);
}

static void test_waits(void **state)
{
	pthread_t writer;
	int ends[2];
	void *written;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pthread_create(&writer, NULL, write_later, &ends[1]),
			 0);
	assert_int_equal(irl_os_await_input(ends[0], -1), 1);
	pthread_join(writer, &written);
	assert_int_equal((intptr_t)written, 1);
	close(ends[1]);
	close(ends[0]);
}

static void test_files_are_there(void **state)
{
	char path[] = "/tmp/test_os.XXXXXX", byte;
	int fd;

	(void)state;
	assert_int_equal(close(mkstemp(path)), 0);
	close(irl_os_open(path, IRL_OS_EMPTY));
	fd = irl_os_open(path, IRL_OS_READ);
	assert_true(fd >= 0);
	assert_int_equal(irl_os_await_input(fd, 0), 1);
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
	assert_int_equal(irl_os_remove(path), 0);
}

/* Also in one process; a file that somebody has left is nobody's lock. */
static void test_lock(void **state)
{
	char path[] = "/tmp/test_os.XXXXXX";
	int fd;

	(void)state;
	assert_int_equal(close(mkstemp(path)), 0);
	for (unsigned round = 0; round < 2; round++) {
		fd = irl_os_lock(path);
		assert_true(fd >= 0);
		assert_int_equal(irl_os_lock(path), -1);
		assert_int_equal(errno, EBUSY);
		irl_os_unlock(fd, path);
		assert_false(irl_os_exists(path));
	}
	assert_int_equal(irl_os_lock("/tmp/there/is/none"), -1);
	assert_int_equal(errno, ENOENT);
}

/* Where there is no descriptor for it no lock stays, either.  As many as any
 * Windows process has; more may be left elsewhere, and then it is had. */
static void test_lock_without_descriptor(void **state)
{
	char path[] = "/tmp/test_os.XXXXXX";
	static int taken[8192];
	unsigned n = 0;
	int fd;

	(void)state;
	assert_int_equal(close(mkstemp(path)), 0);
	while (n < 8192 && (taken[n] = dup(0)) >= 0)
		n++;
	fd = irl_os_lock(path);
	while (n)
		close(taken[--n]);
	if (fd >= 0)
		irl_os_unlock(fd, path);
	fd = irl_os_lock(path);
	assert_true(fd >= 0);
	irl_os_unlock(fd, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_to_read),
	    cmocka_unit_test(test_something_to_read),
	    cmocka_unit_test(test_waits),
	    cmocka_unit_test(test_files_are_there),
	    cmocka_unit_test(test_lock),
	    cmocka_unit_test(test_lock_without_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
