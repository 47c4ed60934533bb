// SPDX-License-Identifier: BSD-2-Clause
/* runner [-v] [4|6] SCRIPT...: run each over IPv4 and IPv6.  -v shows every
 * segment.  Exits 1 at the first script that fails. */
#include "script.h"
#include <stdio.h>
#include <unistd.h>

/* Nothing may be left that the script did not speak of. */
static void finish(struct bed *bed)
{
	bed->text = "the end";
	bed->line++;
	if (!bed->stack)
		bed_fail(bed, "a script without a step");
	bed_collect(bed);
	bed_expect_quiet(bed);
	bed_poll(bed);
	for (; bed->event_first < bed->event_end; bed->event_first++)
		if (bed->event[bed->event_first].kind == IRL_TCP_CLOSED)
			bed_fail(bed, "a connection closed unforeseen: %u",
				 bed->event[bed->event_first].outcome);
	bed_free(bed);
}

static struct bed bed;

/* A failure ends this run, not the next: bed_end comes back here. */
static int run(const char *path, bool v6, bool verbose)
{
	int status;

	fflush(stdout);
	bed.verbose = verbose;
	bed_init(&bed, path, v6);
	status = setjmp(bed.end);
	if (!status) {
		script_file(&bed, path);
		finish(&bed);
		return 0;
	}
	bed_free(&bed);
	return status - 1;
}

int main(int argc, char **argv)
{
	bool verbose = false, family[2] = {true, true};
	int option, failed = 0;

	while ((option = getopt(argc, argv, "v46")) != -1) {
		if (option == 'v')
			verbose = true;
		else if (option == '4' || option == '6')
			family[option == '4'] = false;
		else
			return 2;
	}
	for (int i = optind; i < argc; i++) {
		int ran = 0;

		for (int v6 = 0; v6 < 2; v6++) {
			int status =
			    family[v6] ? run(argv[i], v6, verbose) : 77;

			ran += status != 77;
			failed += status != 77 && status != 0;
		}
		if (!ran)
			fprintf(stderr, "%s ran for no family\n", argv[i]);
		failed += !ran;
	}
	return failed ? 1 : 0;
}
