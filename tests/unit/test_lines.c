// SPDX-License-Identifier: BSD-2-Clause
/* Lines of any length into a file: whole ones or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>
#include <irl/output.h>

static char path[] = "/tmp/test_lines.XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

/* A line of @size bytes that tells its size. */
static char *line_of(size_t size)
{
	char *line = malloc(size + 1), head[32];
	int n = snprintf(head, sizeof(head), "%zu ", size);

	memset(line, 'x', size);
	memcpy(line, head, (size_t)n < size ? (size_t)n : size);
	return line;
}

static void put(struct irl_lines *lines, size_t size, int expected)
{
	char *line = line_of(size);

	assert_int_equal(irl_lines_put(lines, line, size), expected);
	free(line);
}

static void expect_lines(const size_t sizes[], size_t count)
{
	FILE *file = fopen(path, "r");
	size_t room = 0;
	char *line = NULL;

	for (size_t i = 0; i < count; i++) {
		char *expected = line_of(sizes[i]);

		assert_int_equal(getline(&line, &room, file), sizes[i] + 1);
		assert_memory_equal(line, expected, sizes[i]);
		assert_int_equal(line[sizes[i]], '\n');
		free(expected);
	}
	assert_int_equal(getline(&line, &room, file), -1);
	free(line);
	fclose(file);
}

static void test_any_length(void **state)
{
	static const size_t sizes[] = {1, 100000,  262143, 262144, 262145,
				       3, 3000000, 0,      1000000};
	const size_t count = sizeof(sizes) / sizeof(sizes[0]);
	struct irl_error err = {0};
	struct irl_lines *lines;

	(void)state;
	assert_int_equal(irl_lines_open(&lines, path, false, &err), 0);
	for (size_t i = 0; i < count; i++)
		put(lines, sizes[i], 0);
	assert_int_equal(irl_lines_flush(lines, &err), 0);
	assert_int_equal(irl_lines_written(lines), count);
	assert_int_equal(irl_lines_close(lines, &err), 0);
	expect_lines(sizes, count);
}

/* Full in the middle of a long line: what was whole before stays, no more. */
static void test_full(void **state)
{
	static const size_t whole[] = {1000, 300000};
	const struct rlimit limit = {1000000, RLIM_INFINITY};
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
	struct irl_error err = {0};
	struct irl_lines *lines;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(irl_lines_open(&lines, path, false, &err), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	put(lines, whole[0], 0);
	put(lines, whole[1], 0);
	put(lines, 2000000, 0); /* in the buffer */
	assert_int_equal(irl_lines_flush(lines, &err), -IRL_ENOSPC);
	assert_true(strstr(err.text, "(2 records are in it)"));
	put(lines, 10, -IRL_ENOSPC);
	assert_int_equal(irl_lines_written(lines), 2);
	assert_int_equal(irl_lines_close(lines, NULL), -IRL_ENOSPC);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	expect_lines(whole, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_length),
	    cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
