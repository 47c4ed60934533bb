/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was measured: rows of named figures, one sample a round, told as
 * median, least and most; ratios of two rows round by round.
 */
#ifndef IRL_BENCH_REPORT_H
#define IRL_BENCH_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <irl/error.h>

#define BENCH_ROUNDS_MAX 99u
#define BENCH_ROWS_MAX 64u
#define BENCH_METRICS_MAX 12u
#define BENCH_RATIOS_MAX 16u
#define BENCH_ABSENT_MAX 16u

struct bench_samples {
	double value[BENCH_ROUNDS_MAX];
	unsigned count;
};

struct bench_metric {
	const char *name; /* a constant: "mpps" */
	struct bench_samples samples;
};

/* Rows are told apart by name and key: the batch, or what was offered. */
struct bench_row {
	char name[32];
	const char *key_name; /* a constant: "batch"; NULL: none */
	unsigned key;
	struct bench_metric metric[BENCH_METRICS_MAX]; /* name NULL: no more */
};

struct bench_ratio {
	const char *name; /* a constant: "live/sendmmsg" */
	double at_least;  /* what is asked for; 0: nothing */
	double at_most;
	bool worst; /* it is the most that was seen which at_most judges */
	struct bench_samples samples;
	struct bench_samples by_cpu; /* the same per processor time: holds on a
					machine that others use too */
};

/* A contender that is not to be had on this machine. */
struct bench_absent {
	char name[32];
	char why[160];
};

struct bench_report {
	const char *bench;
	unsigned rounds;
	double load_before; /* of the machine, over one minute */
	struct bench_row row[BENCH_ROWS_MAX];
	unsigned rows;
	struct bench_ratio ratio[BENCH_RATIOS_MAX];
	unsigned ratios;
	struct bench_absent absent[BENCH_ABSENT_MAX];
	unsigned absents;
};

void bench_report_init(struct bench_report *report, const char *bench,
		       unsigned rounds);

/* The row of that name and key (0: none), made when it is new.  NULL: no room.
 */
struct bench_row *bench_report_row(struct bench_report *report,
				   const char *name, const char *key_name,
				   unsigned key);

/* Told once, however often it is said. */
void bench_report_absent(struct bench_report *report, const char *name,
			 const char *why);

bool bench_report_is_absent(const struct bench_report *report,
			    const char *name);

/* Add a sample.  The first metric of a row is the one it is known by. */
void bench_row_add(struct bench_row *row, const char *metric, double value);
/* NULL when the row has no such metric. */
const struct bench_samples *bench_row_get(const struct bench_row *row,
					  const char *metric);

/*
 * @name = what row @a is known by over that of row @b, for each round, and the
 * same by cpu_ns_per_... where both have it.  Nothing when one was not
 * measured.
 */
void bench_report_ratio(struct bench_report *report, const char *name,
			const char *a, unsigned a_key, const char *b,
			unsigned b_key, double at_least);
/* The same of processor time alone: how many times as much @b takes. */
void bench_report_thrift(struct bench_report *report, const char *name,
			 const char *a, unsigned a_key, const char *b,
			 unsigned b_key, double at_least);
/* A figure of one row, held against what is asked for. */
void bench_report_figure(struct bench_report *report, const char *name,
			 const char *metric, const char *row, unsigned key,
			 double at_least, double at_most);

/* The most that was seen must not be above @at_most, which may be 0. */
void bench_report_worst(struct bench_report *report, const char *name,
			const char *metric, const char *row, unsigned key,
			double at_most);

double bench_median(const struct bench_samples *samples);
double bench_min(const struct bench_samples *samples);
double bench_max(const struct bench_samples *samples);

void bench_report_print(const struct bench_report *report, FILE *out);
int bench_report_write(const struct bench_report *report, const char *path,
		       struct irl_error *err);

#endif
