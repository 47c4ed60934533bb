// SPDX-License-Identifier: BSD-2-Clause
/* What the summary says of a rate of probes that was missed, and how much of a
 * fetch that ended early is done; what it warns of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "fetch.h"

static const struct fetch_values defaults;
const struct cli_command cmd_fetch = {.name = "fetch"}; /* not parsed here */

/* The summary's end of a fetch that was asked for 1,000 probes a second, with
 * one worker, and probed for 10 s. */
static char *end_of(uint64_t accepted, uint64_t refused, double cpu_s)
{
	const struct fetch_job job = {
	    .values = &defaults,
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

/* What is said on standard error in between. */
struct listener {
	FILE *file;
	int before;
	char said[1024];
};

static void listen_begin(struct listener *l)
{
	l->file = tmpfile();
	l->before = dup(STDERR_FILENO);
	assert_non_null(l->file);
	dup2(fileno(l->file), STDERR_FILENO);
}

static void listen_end(struct listener *l)
{
	dup2(l->before, STDERR_FILENO);
	close(l->before);
	rewind(l->file);
	l->said[fread(l->said, 1, sizeof(l->said) - 1, l->file)] = '\0';
	fclose(l->file);
}

static void heard(const struct listener *l, const char *part)
{
	if (!strstr(l->said, part))
		fail_msg("'%s', expected '%s'", l->said, part);
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
	struct listener l;
	int code;

	(void)state;
	listen_begin(&l);
	code = fetch_end(&job, &result, &place);
	listen_end(&l);
	assert_int_equal(code, CLI_DONE);
	heard(&l, "ended by --max-runtime after 97 of 100 targets; continue "
		  "with the same options and --seed=0 --start=3");
}

/* What a fetch of 5,000 probes in 10 s warns of. */
static void warned(struct listener *l, bool probe,
		   const struct fetch_values *values,
		   const struct irl_fetch_counts *counts)
{
	const struct fetch_job job = {.values = values,
				      .options = {.probe = probe}};
	struct irl_fetch_result result = {.counts = *counts,
					  .port = "live",
					  .probe_seconds = 10,
					  .complete = true};

	result.counts.probes_accepted = 5000;
	listen_begin(l);
	fetch_end_warn(&job, &result);
	listen_end(l);
}

/* Answers to probes that did not come to a connection are told of, each with
 * what to do.  Those that belong to connections TCP mends. */
static void test_warnings(void **state)
{
	const struct fetch_values loud = {.verbosity = 1}, quiet = {0};
	const struct fetch_values resumed = {.verbosity = 1, .resume = "r"};
	const struct irl_fetch_counts none = {0}, lost = {.lost = 7},
				      late = {.too_late = 8},
				      crowded = {.crowded = 9};
	struct listener l;

	(void)state;
	warned(&l, true, &loud, &none);
	assert_string_equal(l.said, "");
	warned(&l, true, &loud, &lost);
	heard(&l, "7 frames that came for this fetch were lost here");
	heard(&l, "lower the --scan-rate (it was 500/s)");
	warned(&l, true, &loud, &late);
	heard(&l, "8 SYN-ACKs came after the cooldown");
	heard(&l, "--cooldown-time");
	warned(&l, true, &loud, &crowded);
	heard(&l, "9 targets answered, but there was no room");
	heard(&l, "--resume");
	warned(&l, true, &resumed, &crowded);
	assert_string_equal(l.said, "");
	warned(&l, true, &quiet, &lost);
	assert_string_equal(l.said, "");
	warned(&l, false, &loud, &lost);
	assert_string_equal(l.said, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rate),
	    cmocka_unit_test(test_left),
	    cmocka_unit_test(test_warnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
