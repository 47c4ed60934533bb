// SPDX-License-Identifier: BSD-2-Clause
/* A fetch that came to its end, but had no room for some of its targets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "fetch.h"

/* Of the command there are the options alone. */
int fetch_run(void *values, int argc, char **argv)
{
	(void)values;
	(void)argc;
	(void)argv;
	return CLI_FAILED;
}

/* Does the resume file at @path, which is removed, have @line? */
static bool file_has(const char *path, const char *line)
{
	FILE *file = fopen(path, "r");
	char text[8192];

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	unlink(path);
	return strstr(text, line);
}

static void test_left(void **state)
{
	static const uint64_t again[] = {3, 8};
	char path[] = "/tmp/test_fetch_left.XXXXXX";
	const struct fetch_values values = {.resume = path, .output_file = "-"};
	struct fetch_job job = {
	    .values = &values,
	    .scan = {.end = 10, .shard_count = 10, .hash = "1"}};
	const struct irl_fetch_result result = {.complete = true, .next = 10};
	struct irl_fetch_place place = {
	    .next = 10, .again = again, .again_count = 2};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(fetch_end(&job, &result, &place), CLI_AGAIN);
	assert_true(file_has(path, "again = \"3,8\""));
	place.again_count = 0;
	assert_int_equal(fetch_end(&job, &result, &place), CLI_DONE);
	assert_false(file_has(path, "again = "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
