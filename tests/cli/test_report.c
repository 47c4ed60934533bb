// SPDX-License-Identifier: BSD-2-Clause
/* Metadata of a part beside those of the parts before. */
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
#include <unistd.h>
#include <cmocka.h>
#include "report.h"

static char folder[] = "/tmp/irl-test-report-XXXXXX";

static int write_part(const char *name, const char *text, bool keep,
		      struct irl_error *err)
{
	struct irl_json j = {0};
	int rc;

	irl_json_string(&j, NULL, text);
	rc = report_write(&j, name, keep, err);
	irl_json_fini(&j);
	return rc;
}

static void write_good(const char *name, const char *text, bool keep)
{
	struct irl_error err;

	if (write_part(name, text, keep, &err))
		fail_msg("%s", err.text);
}

/* @text NULL: there is no such file. */
static void expect(const char *name, const char *text)
{
	char got[64] = "";
	FILE *file = fopen(name, "r");
	size_t n;

	if (!text) {
		assert_null(file);
		return;
	}
	assert_non_null(file);
	n = fread(got, 1, sizeof(got) - 1, file);
	fclose(file);
	assert_true(n > 3);
	got[n - 2] = '\0'; /* the quote and the line end */
	assert_string_equal(got + 1, text);
}

static void test_kept(void **state)
{
	(void)state;
	write_good("meta", "first", true);
	write_good("meta", "second", true);
	write_good("meta", "third", true);
	expect("meta.1", "first");
	expect("meta.2", "second");
	expect("meta", "third");
	write_good("meta", "anew", false);
	expect("meta", "anew");
	expect("meta.3", NULL);
	expect("meta.new", NULL);
}

/* The link stays, and what it leads to is kept where that is. */
static void test_behind_a_link(void **state)
{
	(void)state;
	assert_int_equal(mkdir("there", 0755), 0);
	assert_int_equal(symlink("there/meta", "link"), 0);
	write_good("link", "first", true);
	write_good("link", "second", true);
	expect("there/meta.1", "first");
	expect("there/meta", "second");
	expect("link", "second");
	expect("link.1", NULL);
}

static void test_devices(void **state)
{
	(void)state;
	write_good("/dev/null", "first", true);
	write_good("/dev/null", "second", true);
	assert_int_not_equal(access("/dev/null.1", F_OK), 0);
}

static bool mounted; /* no file can be replaced, nor lose its name */

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

int __wrap_rename(const char *from, const char *to)
{
	errno = EBUSY;
	return mounted ? -1 : __real_rename(from, to);
}

/* As in a container. */
static void test_mounted(void **state)
{
	struct stat st;

	(void)state;
	write_good("mount", "first", true);
	assert_int_equal(chmod("mount", 0600), 0);
	mounted = true;
	write_good("mount", "second", true);
	write_good("mount", "third", true);
	mounted = false;
	expect("mount.1", "first");
	expect("mount.2", "second");
	expect("mount", "third");
	expect("mount.new", NULL);
	assert_int_equal(stat("mount.1", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* Beside it there is no place for a file: it is written itself. */
static void test_no_place_beside(void **state)
{
	char name[254];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	write_good(name, "first", false);
	write_good(name, "second", false);
	expect(name, "second");
}

/* What cannot be written takes nobody's name. */
static void test_full(void **state)
{
	const struct rlimit little = {4, RLIM_INFINITY};
	struct rlimit before;
	struct irl_error err;

	(void)state;
	write_good("full", "first", true);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	setrlimit(RLIMIT_FSIZE, &little);
	assert_true(write_part("full", "second", true, &err) < 0);
	setrlimit(RLIMIT_FSIZE, &before);
	expect("full", "first");
	expect("full.1", NULL);
	expect("full.new", NULL);
}

static int enter(void **state)
{
	(void)state;
	return !mkdtemp(folder) || chdir(folder);
}

static int leave(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return chdir("/") || system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kept),
	    cmocka_unit_test(test_behind_a_link),
	    cmocka_unit_test(test_devices),
	    cmocka_unit_test(test_mounted),
	    cmocka_unit_test(test_no_place_beside),
	    cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
