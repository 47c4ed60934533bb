// SPDX-License-Identifier: BSD-2-Clause
/*
 * What irl bench says of its samples: verdicts by the median and by the worst
 * round, ratios, and the machine that they are of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <cmocka.h>
#include "bench/machine.h"
#include "bench/report.h"
#include "bench/segments.h"

/* One row with a sample of "n" for each round; the caller's to free. */
static struct bench_report *new_report(const double value[], unsigned rounds)
{
	struct bench_report *report = malloc(sizeof(*report));

	assert_non_null(report);
	bench_report_init(report, "test", rounds);
	for (unsigned i = 0; i < rounds; i++)
		bench_row_add(bench_report_row(report, "row", NULL, 0), "n",
			      value[i]);
	return report;
}

/* Print, free, and return the line that begins with @start. */
static char *line_of(struct bench_report *report, const char *start)
{
	char *text = NULL, *line = NULL, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	bench_report_print(report, out);
	fclose(out);
	free(report);
	for (char *at = strtok_r(text, "\n", &rest); at && !line;
	     at = strtok_r(NULL, "\n", &rest))
		if (!strncmp(at, start, strlen(start)))
			line = strdup(at);
	free(text);
	if (!line)
		fail_msg("no line '%s'", start);
	return line;
}

static void assert_line(struct bench_report *report, const char *start,
			const char *part)
{
	char *line = line_of(report, start);

	if (!strstr(line, part))
		fail_msg("'%s' lacks '%s'", line, part);
	free(line);
}

/* One bad round of three: the median passes, the worst does not. */
static void test_verdicts(void **state)
{
	static const double once[] = {0, 7, 0}, twice[] = {0, 7, 1},
			    never[] = {0, 0, 0};
	struct bench_report *report = new_report(once, 3);

	(void)state;
	bench_report_figure(report, "median", "n", "row", 0, 0, 0.5);
	assert_line(report, "median", "0 (0-7)  at most 0.5  met");
	report = new_report(twice, 3);
	bench_report_figure(report, "median", "n", "row", 0, 0, 0.5);
	assert_line(report, "median", "at most 0.5  MISSED");
	report = new_report(once, 3);
	bench_report_worst(report, "worst", "n", "row", 0, 0);
	assert_line(report, "worst", "0 (0-7)  at most 0  MISSED");
	report = new_report(never, 3);
	bench_report_worst(report, "worst", "n", "row", 0, 0);
	assert_line(report, "worst", "at most 0  met");
}

/* What is not asked for has no verdict. */
static void test_not_asked(void **state)
{
	static const double values[] = {5};
	struct bench_report *report = new_report(values, 1);
	char *line;

	(void)state;
	bench_report_figure(report, "figure", "n", "row", 0, 0, 0);
	line = line_of(report, "figure");
	assert_null(strstr(line, "met"));
	assert_null(strstr(line, "MISSED"));
	assert_null(strstr(line, "at most"));
	free(line);
	report = new_report(values, 1);
	bench_report_figure(report, "figure", "n", "row", 0, 6, 0);
	assert_line(report, "figure", "at least 6  MISSED");
}

/* A connection that D-SACK says more of than it has sent again owes nobody. */
static void test_segments(void **state)
{
	(void)state;
	assert_int_equal(bench_segments_lost(5, 2), 3);
	assert_int_equal(bench_segments_lost(5, 5), 0);
	assert_int_equal(bench_segments_lost(2, 5), 0);
}

static void test_machine(void **state)
{
	static const double values[] = {5};
	struct bench_machine machine;
	struct utsname name;
	char *line;

	(void)state;
	uname(&name);
	bench_machine_read(&machine);
	assert_string_equal(machine.kernel, name.release);
	line = line_of(new_report(values, 1), machine.model);
	assert_non_null(strstr(line, name.release));
	free(line);
	for (unsigned i = 0; i < machine.mitigations; i++)
		assert_line(new_report(values, 1), machine.mitigation[i].name,
			    machine.mitigation[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_verdicts),
	    cmocka_unit_test(test_not_asked),
	    cmocka_unit_test(test_segments),
	    cmocka_unit_test(test_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
