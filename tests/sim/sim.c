// SPDX-License-Identifier: BSD-2-Clause
/* sim [CONNECTIONS [PERCENT]]: the table, or its rows of that loss; 10^4
 * connections in each cell, 10^6 where IRL_NIGHTLY=1. */
#include "sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/os.h"

#define SEED 20260101u

static const double losses[] = {0, 0.01, 0.05, 0.2};
static const uint32_t rtts[] = {2, 50, 150};
static const uint32_t windows[] = {8192, 65536};

static void print(const struct cell *cell, const struct result *r)
{
	double seconds = (double)r->time_ns / 1e9;

	printf("%4.0f%% %4u ms %6u B%s: %llu of %llu, %.1f KB/s each, "
	       "repeated %llu and %llu, %llu frames, %016llx\n",
	       cell->loss * 100, cell->rtt_ms, cell->window,
	       cell->large ? ", large" : "", (unsigned long long)r->completed,
	       (unsigned long long)r->connections,
	       seconds > 0 ? (double)r->bytes / seconds / 1e3 : 0,
	       (unsigned long long)r->retransmits,
	       (unsigned long long)r->repeated, (unsigned long long)r->frames,
	       (unsigned long long)r->trace);
}

/* The same calls, the same frames; another seed, others. */
static bool repeats(const struct cell *cell, uint64_t count,
		    const struct result *first)
{
	struct result second, other;

	cell_run(cell, SEED, count, &second);
	cell_run(cell, SEED + 1, count / 20, &other);
	if (memcmp(first, &second, sizeof(second)) == 0 &&
	    first->trace != other.trace)
		return true;
	printf("  a second run gives another trace\n");
	return false;
}

static bool run_cell(const struct cell *cell, uint64_t count)
{
	struct result result;
	bool good;

	cell_run(cell, SEED, count, &result);
	print(cell, &result);
	good = model_holds(cell, &result);
	return good & repeats(cell, count, &result);
}

/* A twentieth as many pages, each thirty times as large. */
static bool run_large(double loss, uint64_t count)
{
	bool good = true;

	for (size_t w = 0; w < 2; w++)
		good &= run_cell(&(struct cell){loss, 50, windows[w], true},
				 count / 20);
	return good;
}

static bool run_rows(double loss, uint64_t count)
{
	bool good = true;

	for (size_t r = 0; r < sizeof(rtts) / sizeof(rtts[0]); r++)
		for (size_t w = 0; w < 2; w++)
			good &= run_cell(
			    &(struct cell){loss, rtts[r], windows[w], false},
			    count);
	return good;
}

int main(int argc, char **argv)
{
	const char *nightly = getenv("IRL_NIGHTLY");
	uint64_t count = nightly && *nightly ? 1000000 : 10000;
	bool good = true, any = false;

	if (irl_os_begin(&argc, &argv))
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 4096); /* some refuse a buffer of 0 */
	if (argc > 1)
		count = strtoull(argv[1], NULL, 0);
	for (size_t l = 0; l < sizeof(losses) / sizeof(losses[0]); l++) {
		if (argc > 2 && strtod(argv[2], NULL) / 100 != losses[l])
			continue;
		any = true;
		good &= run_rows(losses[l], count);
		good &= run_large(losses[l], count);
	}
	return good && any ? 0 : 1;
}
