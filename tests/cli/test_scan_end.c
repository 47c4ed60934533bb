// SPDX-License-Identifier: BSD-2-Clause
/* What the summary says of a rate that was missed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "scan.h"

static const struct scan_values values;

/* The summary's end of a scan that was asked for 1,000 probes a second, with
 * one worker, and sent for 10 s. */
static char *end_of(uint64_t accepted, uint64_t refused, double kept_pps,
		    double cpu_s)
{
	const struct scan_job job = {
	    .values = &values,
	    .options = {.rate_pps = 1000, .workers = 1},
	    .end = accepted,
	    .shard_count = accepted,
	};
	const struct irl_scan_result result = {
	    .counts = {.accepted = accepted, .refused = {0, refused}},
	    .send_seconds = 10,
	    .rate_pps = kept_pps,
	    .ifname = "eth9",
	    .send_cpu_s = cpu_s,
	    .complete = true,
	};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	scan_end_summary(out, &job, &result, 1);
	fclose(out);
	return text;
}

static void expect(char *text, const char *part)
{
	if (*part ? !strstr(text, part) : *text)
		fail_msg("'%s', expected '%s'", text, part);
	free(text);
}

static void test_kept(void **state)
{
	(void)state;
	expect(end_of(10000, 0, 1000, 1), "");
	expect(end_of(9701, 5000, 1000, 10), "");
	expect(end_of(9699, 0, 1000, 1), "rate      970/s of 1000/s asked");
}

static void test_causes(void **state)
{
	(void)state;
	expect(end_of(8000, 5000, 800, 10), "eth9 carries no more than 800/s");
	expect(end_of(8000, 5000, 1000, 10), "eth9 refused 5000 frames");
	expect(end_of(8000, 7, 1000, 9), "the processor was busy");
	expect(end_of(8000, 0, 1000, 2), "the scan waited");
	/* The link is not what held it back, though it would have. */
	expect(end_of(5000, 0, 800, 9), "the processor was busy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kept),
	    cmocka_unit_test(test_causes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
