// SPDX-License-Identifier: BSD-2-Clause
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "bench/machine.h"
#include "bench/report.h"

void bench_report_init(struct bench_report *report, const char *bench,
		       unsigned rounds)
{
	memset(report, 0, sizeof(*report));
	report->bench = bench;
	report->rounds = rounds;
	report->load_before = bench_machine_load();
}

static struct bench_row *find(const struct bench_report *report,
			      const char *name, unsigned key)
{
	for (unsigned i = 0; i < report->rows; i++)
		if (report->row[i].key == key &&
		    !strcmp(report->row[i].name, name))
			return (struct bench_row *)&report->row[i];
	return NULL;
}

struct bench_row *bench_report_row(struct bench_report *report,
				   const char *name, const char *key_name,
				   unsigned key)
{
	struct bench_row *row = find(report, name, key);

	if (row || report->rows == BENCH_ROWS_MAX)
		return row;
	row = &report->row[report->rows++];
	snprintf(row->name, sizeof(row->name), "%s", name);
	row->key_name = key_name;
	row->key = key;
	return row;
}

bool bench_report_is_absent(const struct bench_report *report, const char *name)
{
	for (unsigned i = 0; i < report->absents; i++)
		if (!strcmp(report->absent[i].name, name))
			return true;
	return false;
}

void bench_report_absent(struct bench_report *report, const char *name,
			 const char *why)
{
	struct bench_absent *a = &report->absent[report->absents];

	if (bench_report_is_absent(report, name) ||
	    report->absents == BENCH_ABSENT_MAX)
		return;
	report->absents++;
	snprintf(a->name, sizeof(a->name), "%s", name);
	snprintf(a->why, sizeof(a->why), "%s", why);
}

void bench_row_add(struct bench_row *row, const char *metric, double value)
{
	for (unsigned i = 0; row && i < BENCH_METRICS_MAX; i++) {
		struct bench_metric *m = &row->metric[i];

		if (m->name && strcmp(m->name, metric))
			continue;
		m->name = metric;
		if (m->samples.count < BENCH_ROUNDS_MAX)
			m->samples.value[m->samples.count++] = value;
		return;
	}
}

const struct bench_samples *bench_row_get(const struct bench_row *row,
					  const char *metric)
{
	for (unsigned i = 0; row && i < BENCH_METRICS_MAX; i++)
		if (row->metric[i].name && !strcmp(row->metric[i].name, metric))
			return &row->metric[i].samples;
	return NULL;
}

static struct bench_ratio *add_ratio(struct bench_report *report,
				     const char *name)
{
	struct bench_ratio *ratio;

	if (report->ratios == BENCH_RATIOS_MAX)
		return NULL;
	ratio = &report->ratio[report->ratios++];
	ratio->name = name;
	return ratio;
}

/* a[i] / b[i] for every round that both have. */
static void divide(struct bench_samples *out, const struct bench_samples *a,
		   const struct bench_samples *b)
{
	for (unsigned i = 0; a && b && i < a->count && i < b->count; i++)
		out->value[out->count++] = a->value[i] / b->value[i];
}

/* The first metric: what the row is known by. */
static const struct bench_samples *known_by(const struct bench_row *row)
{
	return row && row->metric[0].name ? &row->metric[0].samples : NULL;
}

static const struct bench_samples *processor_time(const struct bench_row *row)
{
	static const char prefix[] = "cpu_ns_per_";

	for (unsigned i = 0; row && i < BENCH_METRICS_MAX; i++)
		if (row->metric[i].name &&
		    !strncmp(row->metric[i].name, prefix, sizeof(prefix) - 1))
			return &row->metric[i].samples;
	return NULL;
}

void bench_report_ratio(struct bench_report *report, const char *name,
			const char *a, unsigned a_key, const char *b,
			unsigned b_key, double at_least)
{
	const struct bench_row *over = find(report, a, a_key);
	const struct bench_row *under = find(report, b, b_key);
	struct bench_ratio *ratio;

	if (!known_by(over) || !known_by(under))
		return;
	ratio = add_ratio(report, name);
	if (!ratio)
		return;
	ratio->at_least = at_least;
	divide(&ratio->samples, known_by(over), known_by(under));
	divide(&ratio->by_cpu, processor_time(under), processor_time(over));
}

void bench_report_thrift(struct bench_report *report, const char *name,
			 const char *a, unsigned a_key, const char *b,
			 unsigned b_key, double at_least)
{
	const struct bench_samples *ours =
	    processor_time(find(report, a, a_key));
	const struct bench_samples *theirs =
	    processor_time(find(report, b, b_key));
	struct bench_ratio *ratio =
	    ours && theirs ? add_ratio(report, name) : NULL;

	if (!ratio)
		return;
	ratio->at_least = at_least;
	divide(&ratio->samples, theirs, ours);
}

void bench_report_figure(struct bench_report *report, const char *name,
			 const char *metric, const char *row, unsigned key,
			 double at_least, double at_most)
{
	const struct bench_samples *samples =
	    bench_row_get(find(report, row, key), metric);
	struct bench_ratio *ratio = samples ? add_ratio(report, name) : NULL;

	if (!ratio)
		return;
	ratio->at_least = at_least;
	ratio->at_most = at_most;
	ratio->samples = *samples;
}

void bench_report_worst(struct bench_report *report, const char *name,
			const char *metric, const char *row, unsigned key,
			double at_most)
{
	unsigned before = report->ratios;

	bench_report_figure(report, name, metric, row, key, 0, at_most);
	if (report->ratios > before)
		report->ratio[before].worst = true;
}

/* ---- statistics ---------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(const struct bench_samples *samples)
{
	double sorted[BENCH_ROUNDS_MAX];
	unsigned n = samples->count;

	if (!n)
		return NAN;
	memcpy(sorted, samples->value, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_value);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

double bench_min(const struct bench_samples *samples)
{
	double least = samples->count ? samples->value[0] : NAN;

	for (unsigned i = 1; i < samples->count; i++)
		least = fmin(least, samples->value[i]);
	return least;
}

double bench_max(const struct bench_samples *samples)
{
	double most = samples->count ? samples->value[0] : NAN;

	for (unsigned i = 1; i < samples->count; i++)
		most = fmax(most, samples->value[i]);
	return most;
}
