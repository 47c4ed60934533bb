// SPDX-License-Identifier: BSD-2-Clause
/* Resume files as they are written, and as nobody would write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "resume.h"

struct values {
	struct cli_list target, again, done;
	uint64_t seed, shards, shard, start;
	const char *targets_hash, *resume;
};

#define AT(member) offsetof(struct values, member)
static const struct cli_option options[] = {
    {.name = "target", .type = CLI_LIST, .offset = AT(target)},
    {.name = "again", .type = CLI_LIST, .offset = AT(again)},
    {.name = "done", .type = CLI_LIST, .offset = AT(done)},
    {.name = "seed", .type = CLI_UINT, .offset = AT(seed), .max = 1e18},
    {.name = "shards", .type = CLI_UINT, .offset = AT(shards), .max = 9},
    {.name = "shard", .type = CLI_UINT, .offset = AT(shard), .max = 9},
    {.name = "start", .type = CLI_UINT, .offset = AT(start), .max = 1e18},
    {.name = "targets-hash", .type = CLI_STRING, .offset = AT(targets_hash)},
    {.name = "resume", .type = CLI_CONFIG, .offset = AT(resume)},
};
static const struct cli_command command = {
    .name = "fetch",
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .values_size = sizeof(struct values)};
static char path[] = "/tmp/irl-test-resume-XXXXXX";

static void put(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static char *content(void)
{
	static char text[1 << 20];
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	return text;
}

/* The file as a user names it. */
static int parse(struct cli_parsed *parsed, struct irl_error *err)
{
	char name[] = "fetch", option[] = "--resume";
	char *argv[] = {name, option, path, NULL};
	int rc = cli_parse(parsed, &command, 3, argv, err);

	if (!rc)
		rc = resume_check(&command, parsed->values, err);
	return rc;
}

static void refused(const char *why)
{
	struct cli_parsed parsed;
	struct irl_error err = {0};

	if (!parse(&parsed, &err))
		fail_msg("taken, though '%s'", why);
	if (!strstr(err.text, why))
		fail_msg("'%s', expected '%s'", err.text, why);
	cli_parsed_fini(&parsed, &command);
}

static void write_file(const struct irl_fetch_place *place)
{
	const struct values values = {.resume = path, .shards = 1};
	const struct resume_job job = {.command = &command,
				       .values = &values,
				       .seed = 7,
				       .hash = "0123456789abcdef",
				       .count = 100000};
	struct irl_error err;

	assert_int_equal(resume_write(&job, place, &err), 0);
}

static void expect_same(const struct cli_list *list, const uint64_t at[],
			size_t count, uint64_t first, uint64_t end)
{
	struct resume_positions read;
	struct irl_error err = {0};

	if (resume_read_positions(&read, "again", list, first, end, &err))
		fail_msg("%s", err.text);
	assert_int_equal(read.count, count);
	if (count)
		assert_memory_equal(read.at, at, count * sizeof(*at));
	resume_free_positions(&read);
}

/* Runs and gaps, more than fit a line. */
static void test_written_and_read(void **state)
{
	static uint64_t at[4000];
	struct irl_fetch_place place = {
	    .again = at, .again_count = 3000, .done_count = 1000};
	struct cli_parsed parsed;
	struct irl_error err = {0};
	const struct values *v;

	(void)state;
	for (unsigned i = 0; i < 4000; i++)
		at[i] = (i ? at[i - 1] : 4) + (i % 7 ? 1 : 1 + i % 5);
	place.next = at[2999] + 1;
	place.done = at + 3000;
	write_file(&place);
	if (parse(&parsed, &err))
		fail_msg("%s", err.text);
	v = (const struct values *)parsed.values;
	assert_int_equal(v->start, place.next);
	assert_int_equal(v->seed, 7);
	assert_true(v->again.count > 1);
	expect_same(&v->again, at, 3000, 0, place.next);
	expect_same(&v->done, at + 3000, 1000, place.next, 100000);
	cli_parsed_fini(&parsed, &command);
}

/* Wherever it is cut: refused, or, before its first line is whole, no resume
 * file; never taken for another. */
static void test_cut_short(void **state)
{
	const uint64_t at[] = {3, 5, 6, 9};
	const struct irl_fetch_place place = {
	    .next = 12, .again = at, .again_count = 4};
	char *whole;
	size_t n;

	(void)state;
	write_file(&place);
	whole = strdup(content());
	assert_non_null(whole);
	n = strlen(whole);
	while (--n > 1) {
		struct cli_parsed parsed;
		struct irl_error err = {0};

		whole[n] = '\0';
		put(whole);
		/* The line's end, and of the hash a part, which is no hash. */
		if (!parse(&parsed, &err))
			assert_non_null(strstr(whole, "targets-hash = 0"));
		cli_parsed_fini(&parsed, &command);
	}
	free(whole);
}

static void test_hostile_files(void **state)
{
	static char huge[1 << 20];

	(void)state;
	put("# irl fetch: resume file, version 2\nstart = 1\n");
	refused("no resume file of this version of irl fetch");
	put("# irl scan: resume file, version 1\nstart = 1\n");
	refused("no resume file of this version of irl fetch");
	put("hello\n");
	refused("");
	put("# irl fetch: resume file, version 1\nstart = 1\n");
	refused("the end of");
	put("# irl fetch: resume file, version 1\nstart = x\n");
	refused("start");
	put("# irl fetch: resume file, version 1\nagain = \"1\n");
	refused("quotes");
	memset(huge, '9', sizeof(huge) - 1);
	memcpy(huge, "# irl fetch: resume file, version 1\nstart = 9", 45);
	put(huge);
	refused("start");
}

static void test_hostile_positions(void **state)
{
	static const char *const wrong[] = {
	    "",     "a",     "1,,2", "1,",   ",1",  "-1",
	    "1-",   "2-1",   "1 2",  "2,1",  "1,1", "1-3,3",
	    "0x1",  "+1",    "1.5",  "9",    "1-9", "18446744073709551616",
	    "1--2", "1-2-3", "1;2",  "10-12"};
	struct resume_positions read;
	struct irl_error err = {0};

	(void)state;
	for (size_t i = 0; i < CLI_COUNT_OF(wrong); i++) {
		const struct cli_list list = {(const char **)&wrong[i], 1};

		if (!resume_read_positions(&read, "again", &list, 1, 9, &err))
			fail_msg("'%s' is taken", wrong[i]);
		assert_int_equal(err.code, IRL_EINVAL);
		assert_null(read.at);
	}
}

/* More than there can be takes no memory. */
static void test_huge_ranges(void **state)
{
	const char *item[] = {"1-5", "6-18446744073709551614"};
	const struct cli_list list = {item, 2};
	struct resume_positions read;
	struct irl_error err = {0};

	(void)state;
	assert_int_equal(
	    resume_read_positions(&read, "done", &list, 0, UINT64_MAX, &err),
	    -IRL_EINVAL);
	assert_null(read.at);
}

static int make_path(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_written_and_read),
	    cmocka_unit_test(test_cut_short),
	    cmocka_unit_test(test_hostile_files),
	    cmocka_unit_test(test_hostile_positions),
	    cmocka_unit_test(test_huge_ranges),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
