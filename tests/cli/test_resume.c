// SPDX-License-Identifier: BSD-2-Clause
/* Resume files as they are written, and as nobody would write them. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>
#include <cmocka.h>
#include "interrupt.h"
#include "resume.h"

struct values {
	struct cli_list target, again, done;
	uint64_t seed, shards, shard, start;
	const char *targets_hash, *resume, *output;
	bool quiet;
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
    {.name = "quiet", .type = CLI_FLAG, .offset = AT(quiet)},
    {.name = "output-file",
     .type = CLI_STRING,
     .offset = AT(output),
     .initial = "-"},
};
static const struct cli_command command = {
    .name = "fetch",
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .values_size = sizeof(struct values)};
static char path[] = "/tmp/irl-test-resume-XXXXXX";

/* ---- what comes to the disk, in its order: data, a file, a directory, a name
 */

static char steps[16];
static bool broken;  /* the disk of the records is */
static bool mounted; /* the file itself: it cannot be replaced */

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

static void note(char step)
{
	size_t n = strlen(steps);

	if (n + 1 < sizeof(steps)) {
		steps[n] = step;
		steps[n + 1] = '\0';
	}
}

int __wrap_fdatasync(int fd)
{
	(void)fd;
	note('r');
	errno = EIO;
	return broken ? -1 : 0;
}

int __wrap_fsync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	note(S_ISDIR(st.st_mode) ? 'd' : 'f');
	return __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
	note('n');
	errno = EBUSY;
	return mounted ? -1 : __real_rename(from, to);
}

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

static int try_write(const struct values *values,
		     const struct irl_fetch_place *place, struct irl_error *err)
{
	const struct resume_job job = {.command = &command,
				       .values = values,
				       .seed = 7,
				       .hash = "0123456789abcdef",
				       .count = 100000};

	return resume_write(&job, place, err);
}

static void write_file(const struct irl_fetch_place *place)
{
	const struct values values = {
	    .resume = path, .shards = 1, .output = "-"};
	struct irl_error err;

	assert_int_equal(try_write(&values, place, &err), 0);
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
	n--; /* but for the last line's end */
	while (--n > 1) {
		whole[n] = '\0';
		put(whole);
		refused("");
	}
	free(whole);
}

/* What says where it goes on, changed by hand. */
static void test_changed(void **state)
{
	static const struct {
		const char *from, *to;
	} changes[] = {
	    {"seed = 7", "seed = 8"},
	    {"shards = 1", "shards = 2"},
	    {"shard = 0", "shard = 1"},
	    {"start = 12", "start = 11"},
	    {"again = \"3,5-6,9\"", "again = \"3,5-6\"\n "},
	    {"again = \"3,5-6,9\"", "again = \"4,5-6,9\""},
	    {"again = \"3,5-6,9\"", "again = \"3,5-6,8\""},
	    {"done = \"15\"", "done = \"16\""},
	    {"done = \"15\"", "# \"15\"     "},
	    {"targets-hash = 0", "targets-hash = 1"},
	    {"# check ", "# Check "},
	};
	const uint64_t at[] = {3, 5, 6, 9}, done = 15;
	const struct irl_fetch_place place = {.next = 12,
					      .again = at,
					      .again_count = 4,
					      .done = &done,
					      .done_count = 1};

	(void)state;
	for (size_t i = 0; i < CLI_COUNT_OF(changes); i++) {
		char *whole, *text;

		write_file(&place);
		whole = content();
		text = strstr(whole, changes[i].from);
		if (!text)
			fail_msg("no '%s' in '%s'", changes[i].from, whole);
		memcpy(text, changes[i].to, strlen(changes[i].to));
		put(whole);
		refused("has been changed");
	}
}

/* Who looks on says himself how much he wants to hear. */
static void test_not_quiet(void **state)
{
	const struct values values = {
	    .resume = path, .shards = 1, .output = "-", .quiet = true};
	const struct irl_fetch_place place = {.next = 5};
	struct irl_error err;

	(void)state;
	assert_int_equal(try_write(&values, &place, &err), 0);
	assert_null(strstr(content(), "quiet"));
}

static void test_hostile_files(void **state)
{
	static char huge[1 << 20];

	(void)state;
	put("# irl fetch: resume file, version 1\nstart = 1\n");
	refused("no resume file of this version of irl fetch");
	put("# irl scan: resume file, version 2\nstart = 1\n");
	refused("no resume file of this version of irl fetch");
	put("hello\n");
	refused("");
	put("# irl fetch: resume file, version 2\nstart = 1\n");
	refused("the end of");
	put("# irl fetch: resume file, version 2\nstart = x\n");
	refused("start");
	put("# irl fetch: resume file, version 2\nagain = \"1\n");
	refused("quotes");
	memset(huge, '9', sizeof(huge) - 1);
	memcpy(huge, "# irl fetch: resume file, version 2\nstart = 9", 45);
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

/* What it calls done is on the disk before it is, and so is the old one's end.
 */
static void test_survives_a_power_cut(void **state)
{
	const struct values values = {
	    .resume = path, .shards = 1, .output = path};
	struct irl_fetch_place place = {.next = 5};
	struct irl_error err;
	char *before;

	(void)state;
	steps[0] = '\0';
	assert_int_equal(try_write(&values, &place, &err), 0);
	assert_string_equal(steps, "rdfnd");
	before = strdup(content());
	broken = true;
	place.next = 6;
	assert_true(try_write(&values, &place, &err) < 0);
	broken = false;
	assert_non_null(strstr(err.text, "cannot write /tmp/irl-test"));
	assert_string_equal(content(), before);
	free(before);
}

/* Devices and pipes have no disk. */
static void test_records_elsewhere(void **state)
{
	const struct values values = {
	    .resume = path, .shards = 1, .output = "/dev/null"};
	const struct irl_fetch_place place = {.next = 5};
	struct irl_error err;

	(void)state;
	steps[0] = '\0';
	assert_int_equal(try_write(&values, &place, &err), 0);
	assert_string_equal(steps, "fnd");
}

static int write_little(const struct values *values, struct irl_error *err)
{
	const struct irl_fetch_place place = {.next = 9};
	const struct rlimit little = {40, RLIM_INFINITY};
	struct rlimit before;
	int rc;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	setrlimit(RLIMIT_FSIZE, &little);
	rc = try_write(values, &place, err);
	setrlimit(RLIMIT_FSIZE, &before);
	return rc;
}

/* A user knows of one name only, and finds there what was there. */
static void test_full_disk(void **state)
{
	const struct values values = {
	    .resume = path, .shards = 1, .output = "-"};
	const struct irl_fetch_place place = {.next = 5};
	struct irl_error err = {0};
	char draft[64], expected[64];

	(void)state;
	write_file(&place);
	assert_true(write_little(&values, &err) < 0);
	snprintf(draft, sizeof(draft), "%s.new", path);
	snprintf(expected, sizeof(expected), "cannot write %s:", path);
	assert_non_null(strstr(err.text, expected));
	assert_non_null(strstr(content(), "start = 5\n"));
	assert_int_not_equal(access(draft, F_OK), 0);
}

/* As containers have single files of their host. */
static void test_mounted_file(void **state)
{
	struct irl_fetch_place place = {.next = 5};
	char draft[64];

	(void)state;
	write_file(&place);
	place.next = 6;
	mounted = true;
	write_file(&place);
	mounted = false;
	assert_non_null(strstr(content(), "start = 6\n"));
	assert_non_null(strstr(content(), "targets-hash = 0123456789abcdef\n"));
	snprintf(draft, sizeof(draft), "%s.new", path);
	assert_int_not_equal(access(draft, F_OK), 0);
}

/* What is no file is written, not replaced. */
static void test_into_a_pipe(void **state)
{
	const struct irl_fetch_place place = {.next = 5};
	char name[64], read_back[4096];
	struct values values = {.resume = name, .shards = 1, .output = "-"};
	struct irl_error err;
	struct stat st;
	int reader;

	(void)state;
	snprintf(name, sizeof(name), "%s.pipe", path);
	assert_int_equal(mkfifo(name, 0600), 0);
	reader = open(name, O_RDONLY | O_NONBLOCK);
	assert_int_equal(try_write(&values, &place, &err), 0);
	assert_int_equal(stat(name, &st), 0);
	unlink(name);
	assert_true(S_ISFIFO(st.st_mode));
	assert_true(read(reader, read_back, sizeof(read_back)) > 0);
	close(reader);
}

/* Between the opening of a lock and its taking another run ends, and a third
 * begins: the lock that is taken is of a file that is gone. */
static bool others_meet;

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);

int __wrap_flock(int fd, int operation)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.irl-lock", path);
	if (others_meet && !unlink(name))
		close(open(name, O_CREAT | O_WRONLY | O_EXCL, 0600));
	others_meet = false;
	return __real_flock(fd, operation);
}

static int try_lock(struct resume_lock *lock, struct irl_error *err)
{
	const struct values values = {.resume = path};

	return resume_lock(lock, &command, &values, err);
}

static void test_one_at_a_time(void **state)
{
	struct resume_lock first, second;
	struct irl_error err = {0};

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		others_meet = round;
		assert_int_equal(try_lock(&first, &err), 0);
		assert_int_equal(try_lock(&second, &err), -IRL_EBUSY);
		assert_non_null(strstr(err.text, "another irl fetch is at "));
		resume_unlock(&second); /* holds nothing */
		assert_int_equal(try_lock(&second, &err), -IRL_EBUSY);
		resume_unlock(&first);
	}
	assert_int_equal(try_lock(&second, &err), 0);
	resume_unlock(&second);
}

/* Where no lock can be made the file goes without; one that is there is asked.
 */
static void test_no_place_beside(void **state)
{
	struct values values = {.shards = 1, .output = "-"};
	struct irl_fetch_place place = {.next = 1};
	struct resume_lock lock;
	struct irl_error err = {0};
	char name[280], other[300];

	(void)state;
	snprintf(name, sizeof(name), "/tmp/irl-test-resume-%0238d", getpid());
	values.resume = name;
	assert_int_equal(resume_lock(&lock, &command, &values, &err), 0);
	assert_int_equal(try_write(&values, &place, &err), 0);
	resume_unlock(&lock);
	assert_int_equal(unlink(name), 0);

	snprintf(other, sizeof(other), "%s.irl-lock", path);
	assert_int_equal(mkdir(other, 0700), 0);
	assert_int_not_equal(try_lock(&lock, &err), 0);
	assert_non_null(strstr(err.text, other));
	resume_unlock(&lock);
	rmdir(other);
}

/* A file of that name which is no lock is somebody's, and stays. */
static void test_no_lock(void **state)
{
	struct resume_lock lock;
	struct irl_error err = {0};
	char name[64];
	FILE *file;

	(void)state;
	snprintf(name, sizeof(name), "%s.irl-lock", path);
	file = fopen(name, "w");
	assert_non_null(file);
	fputs("mine\n", file);
	fclose(file);
	assert_int_equal(try_lock(&lock, &err), -IRL_EINVAL);
	assert_non_null(strstr(err.text, name));
	resume_unlock(&lock);
	assert_int_equal(unlink(name), 0);
}

/* Another run went on between the parsing of the file and its lock. */
static void test_changed_meanwhile(void **state)
{
	const uint64_t at[] = {3, 4};
	struct irl_fetch_place place = {
	    .next = 12, .again = at, .again_count = 2};
	struct cli_parsed parsed;
	struct irl_error err = {0};

	(void)state;
	write_file(&place);
	assert_int_equal(parse(&parsed, &err), 0);
	place.again_count = 1;
	write_file(&place);
	assert_int_equal(resume_check(&command, parsed.values, &err),
			 -IRL_EINVAL);
	assert_non_null(strstr(err.text, "once more"));
	cli_parsed_fini(&parsed, &command);
}

/* The first failure is told, and the first after it went well again. */
static void test_meanwhile(void **state)
{
	struct values values = {.resume = path, .shards = 1, .output = path};
	const struct resume_job job = {
	    .command = &command, .values = &values, .hash = "0123456789abcdef"};
	struct irl_fetch_place place = {.next = 1};
	struct resume_saver saver = {.every_s = 10};
	struct irl_error err = {0};

	(void)state;
	assert_false(resume_is_due(&saver, 9));
	assert_true(resume_is_due(&saver, 10));
	for (unsigned round = 0; round < 2; round++) {
		place.next++;
		broken = true;
		assert_true(resume_meanwhile(&saver, &job, &place, 10, &err) <
			    0);
		assert_non_null(strstr(err.text, "cannot write"));
		assert_false(resume_is_due(&saver, 19));
		assert_int_equal(
		    resume_meanwhile(&saver, &job, &place, 20, &err), 0);
		broken = false;
		assert_int_equal(
		    resume_meanwhile(&saver, &job, &place, 10, &err), 0);
	}
	steps[0] = '\0';
	assert_int_equal(resume_meanwhile(&saver, &job, &place, 20, &err), 0);
	assert_string_equal(steps, ""); /* it says so already */
}

/* Last, since it stays seen. */
static void test_interrupted(void **state)
{
	struct resume_saver saver = {.every_s = 10, .saved_s = 100};

	(void)state;
	interrupt_catch();
	raise(SIGINT);
	assert_true(resume_is_due(&saver, 101));
	saver.saved_s = 101;
	assert_false(resume_is_due(&saver, 102));
	assert_true(resume_is_due(&saver, 111));
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
	    cmocka_unit_test(test_changed),
	    cmocka_unit_test(test_not_quiet),
	    cmocka_unit_test(test_hostile_files),
	    cmocka_unit_test(test_hostile_positions),
	    cmocka_unit_test(test_huge_ranges),
	    cmocka_unit_test(test_survives_a_power_cut),
	    cmocka_unit_test(test_records_elsewhere),
	    cmocka_unit_test(test_full_disk),
	    cmocka_unit_test(test_mounted_file),
	    cmocka_unit_test(test_into_a_pipe),
	    cmocka_unit_test(test_one_at_a_time),
	    cmocka_unit_test(test_no_place_beside),
	    cmocka_unit_test(test_no_lock),
	    cmocka_unit_test(test_changed_meanwhile),
	    cmocka_unit_test(test_meanwhile),
	    cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
