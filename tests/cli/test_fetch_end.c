// SPDX-License-Identifier: BSD-2-Clause
/* What the summary says of a rate of probes that was missed, and how much of a
 * fetch that ended early is done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "fetch.h"

static const struct fetch_values values;
const struct cli_command cmd_fetch = {.name = "fetch"}; /* not parsed here */

/* The summary's end of a fetch that was asked for 1,000 probes a second, with
 * one worker, and probed for 10 s. */
static char *end_of(uint64_t accepted, uint64_t refused, double cpu_s)
{
	const struct fetch_job job = {
	    .values = &values,
	    .options = {.probe = true,
			.scan = {.rate_pps = 1000, .workers = 1}},
	    .scan = {.end = accepted, .shard_count = accepted},
	};
	const struct irl_fetch_result result = {
	    .counts = {.probes_accepted = accepted, .probes_refused = refused},
	    .seconds = 11,
	    .probe_seconds = 10,
	    .ifname = "eth9",
	    .cpu_system_s = cpu_s,
	    .complete = true,
	};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fetch_end_summary(out, &job, &result);
	fclose(out);
	return text;
}

static void expect(char *text, const char *part)
{
	if (*part ? !strstr(text, part) : *text)
		fail_msg("'%s', expected '%s'", text, part);
	free(text);
}

static void test_rate(void **state)
{
	(void)state;
	expect(end_of(10000, 0, 1), "");
	expect(end_of(9701, 5000, 10), "");
	expect(end_of(9699, 0, 1), "rate      970 probes/s of 1000/s asked");
	expect(end_of(8000, 5000, 10), "eth9 refused 5000 frames");
	expect(end_of(8000, 7, 9), "the processor was busy");
	expect(end_of(8000, 0, 2), "for room for connections");
}

/* What it says on standard error. */
static int say(struct fetch_job *job, const struct irl_fetch_result *r,
	       const struct irl_fetch_place *place, char *said, size_t room)
{
	FILE *file = tmpfile();
	int before = dup(STDERR_FILENO), code;

	assert_non_null(file);
	dup2(fileno(file), STDERR_FILENO);
	code = fetch_end(job, r, place);
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(file);
	said[fread(said, 1, room - 1, file)] = '\0';
	fclose(file);
	return code;
}

/* What is left before its position is not done. */
static void test_left(void **state)
{
	const uint64_t again[] = {3, 40, 41};
	const struct irl_fetch_place place = {
	    .next = 100, .again = again, .again_count = 3};
	const struct fetch_values limited = {.max_runtime = 1, .verbosity = 1};
	struct fetch_job job = {.values = &limited,
				.scan = {.end = 100, .shard_count = 100}};
	const struct irl_fetch_result result = {.next = 100, .seconds = 1};
	char said[256];

	(void)state;
	assert_int_equal(say(&job, &result, &place, said, sizeof(said)),
			 CLI_DONE);
	if (!strstr(said, "ended by --max-runtime after 97 of 100 targets; "
			  "continue with the same options and --seed=0 "
			  "--start=3"))
		fail_msg("'%s'", said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rate),
	    cmocka_unit_test(test_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
