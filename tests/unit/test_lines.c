// SPDX-License-Identifier: BSD-2-Clause
/* Lines of any length into a file: whole ones or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <irl/output.h>
#include "base/os.h"

#define LONGEST 3000000u

static char path[] = "/tmp/test_lines.XXXXXX";

/* Bytes that the disk has room for. */
static size_t room = SIZE_MAX;

ssize_t __real_irl_os_write(int fd, const void *data, size_t bytes);
ssize_t __wrap_irl_os_write(int fd, const void *data, size_t bytes);

ssize_t __wrap_irl_os_write(int fd, const void *data, size_t bytes)
{
	ssize_t n =
	    room ? __real_irl_os_write(fd, data, bytes < room ? bytes : room)
		 : -1;

	if (n < 0 && !room)
		errno = ENOSPC;
	if (n > 0 && room != SIZE_MAX)
		room -= (size_t)n;
	return n;
}

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
	line[size] = 0;
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
	FILE *file = fopen(path, "rb");
	char *line = malloc(LONGEST + 1);

	for (size_t i = 0; i < count; i++) {
		char *expected = line_of(sizes[i]);

		assert_int_equal(fread(line, 1, sizes[i] + 1, file),
				 sizes[i] + 1);
		assert_memory_equal(line, expected, sizes[i]);
		assert_int_equal(line[sizes[i]], '\n');
		free(expected);
	}
	assert_int_equal(getc(file), EOF);
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
	struct irl_error err = {0};
	struct irl_lines *lines;

	(void)state;
	assert_int_equal(irl_lines_open(&lines, path, false, &err), 0);
	room = 1000000;
	put(lines, whole[0], 0);
	put(lines, whole[1], 0);
	put(lines, 2000000, 0); /* in the buffer */
	assert_int_equal(irl_lines_flush(lines, &err), -IRL_ENOSPC);
	assert_int_equal(room, 0);
	assert_true(strstr(err.text, "(2 records are in it)"));
	put(lines, 10, -IRL_ENOSPC);
	assert_int_equal(irl_lines_written(lines), 2);
	assert_int_equal(irl_lines_close(lines, NULL), -IRL_ENOSPC);
	room = SIZE_MAX;
	expect_lines(whole, 2);
}

/* Killed in the middle of a line, short or long, and gone on: that is gone. */
static void test_unfinished_line(void **state)
{
	static const size_t cut[] = {0, 1, 4095, 4096, 500000};
	static const size_t first[] = {5000, 7}, both[] = {5000, 7, 9};

	(void)state;
	for (size_t lines_before = 0; lines_before < 3; lines_before++)
		for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
			struct irl_error err = {0};
			struct irl_lines *lines;
			FILE *file = fopen(path, "wb");
			char *rest = line_of(cut[i]);

			for (size_t j = 0; j < lines_before; j++) {
				char *line = line_of(first[j]);

				fprintf(file, "%s\n", line);
				free(line);
			}
			fwrite(rest, 1, cut[i], file);
			fclose(file);
			free(rest);
			assert_int_equal(
			    irl_lines_open(&lines, path, true, &err), 0);
			put(lines, 9, 0);
			assert_int_equal(irl_lines_close(lines, &err), 0);
			expect_lines(lines_before == 2   ? both
				     : lines_before == 1 ? (size_t[]){5000, 9}
							 : both + 2,
				     lines_before + 1);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_length),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_unfinished_line),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
