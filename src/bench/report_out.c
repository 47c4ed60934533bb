// SPDX-License-Identifier: BSD-2-Clause
/* The report as a table for people and as JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <irl/json.h>
#include "bench/machine.h"
#include "bench/report.h"

/* ---- text ---------------------------------------------------------------- */

static void print_row(const struct bench_row *row, FILE *out)
{
	char name[64];

	if (row->key_name)
		snprintf(name, sizeof(name), "%s %u", row->name, row->key);
	else
		snprintf(name, sizeof(name), "%s", row->name);
	fprintf(out, "%-18s", name);
	for (unsigned i = 0; i < BENCH_METRICS_MAX && row->metric[i].name;
	     i++) {
		const struct bench_samples *s = &row->metric[i].samples;

		fprintf(out, " %s %.6g", row->metric[i].name, bench_median(s));
		if (bench_min(s) < bench_max(s))
			fprintf(out, " (%.4g-%.4g)", bench_min(s),
				bench_max(s));
	}
	fputc('\n', out);
}

static bool is_limited(const struct bench_ratio *ratio)
{
	return ratio->at_most > 0 || ratio->worst;
}

static const char *verdict(const struct bench_ratio *ratio)
{
	double value = ratio->worst ? bench_max(&ratio->samples)
				    : bench_median(&ratio->samples);

	if (!(ratio->at_least > 0) && !is_limited(ratio))
		return "";
	if (ratio->at_least > 0 && !(value >= ratio->at_least))
		return "  MISSED";
	if (is_limited(ratio) && !(value <= ratio->at_most))
		return "  MISSED";
	return "  met";
}

static void print_ratio(const struct bench_ratio *ratio, FILE *out)
{
	const struct bench_samples *s = &ratio->samples;

	fprintf(out, "%-24s %.4g (%.4g-%.4g)", ratio->name, bench_median(s),
		bench_min(s), bench_max(s));
	if (ratio->at_least > 0)
		fprintf(out, "  at least %g", ratio->at_least);
	if (is_limited(ratio))
		fprintf(out, "  at most %g", ratio->at_most);
	fprintf(out, "%s", verdict(ratio));
	if (ratio->by_cpu.count)
		fprintf(out, "  (by processor time %.4g)",
			bench_median(&ratio->by_cpu));
	fputc('\n', out);
}

static void print_machine(const struct bench_report *report, FILE *out)
{
	struct bench_machine machine;

	bench_machine_read(&machine);
	fprintf(out, "%s", machine.model);
	if (machine.cpu_family[0])
		fprintf(out, " (family %s, model %s)", machine.cpu_family,
			machine.cpu_model);
	fprintf(out, ", %u cores, %s %s, load before: %.4g\n", machine.cpus,
		machine.system, machine.kernel, report->load_before);
	for (unsigned i = 0; i < machine.mitigations; i++)
		fprintf(out, "%s: %s\n", machine.mitigation[i].name,
			machine.mitigation[i].text);
}

void bench_report_print(const struct bench_report *report, FILE *out)
{
	print_machine(report, out);
	fprintf(out, "%s: medians of %u rounds (least-most)\n\n", report->bench,
		report->rounds);
	for (unsigned i = 0; i < report->rows; i++)
		print_row(&report->row[i], out);
	for (unsigned i = 0; i < report->absents; i++)
		fprintf(out, "%-18s not available: %s\n",
			report->absent[i].name, report->absent[i].why);
	if (report->ratios)
		fputc('\n', out);
	for (unsigned i = 0; i < report->ratios; i++)
		print_ratio(&report->ratio[i], out);
}

/* ---- JSON ---------------------------------------------------------------- */

static void write_host(const struct bench_report *report, struct irl_json *json)
{
	struct bench_machine machine;
	char now[32];
	time_t t = time(NULL);
	struct tm tm;

	bench_machine_read(&machine);
	gmtime_r(&t, &tm);
	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &tm);
	irl_json_object(json, "host");
	irl_json_string(json, "system", machine.system);
	irl_json_string(json, "kernel", machine.kernel);
	irl_json_string(json, "machine", machine.machine);
	irl_json_string(json, "model", machine.model);
	irl_json_string(json, "cpu_family", machine.cpu_family);
	irl_json_string(json, "cpu_model", machine.cpu_model);
	irl_json_object(json, "mitigations");
	for (unsigned i = 0; i < machine.mitigations; i++)
		irl_json_string(json, machine.mitigation[i].name,
				machine.mitigation[i].text);
	irl_json_end_object(json);
	irl_json_uint(json, "cpus", machine.cpus);
	irl_json_uint(json, "memory_bytes", machine.memory_bytes);
	irl_json_real(json, "load_before", report->load_before);
	irl_json_string(json, "time", now);
	irl_json_end_object(json);
}

/* The first metric's range stands under the plain names. */
static void write_metric(struct irl_json *json, const struct bench_metric *m,
			 bool first)
{
	const struct bench_samples *s = &m->samples;
	char least[64], most[64];

	snprintf(least, sizeof(least), "%s%smin", first ? "" : m->name,
		 first ? "" : "_");
	snprintf(most, sizeof(most), "%s%smax", first ? "" : m->name,
		 first ? "" : "_");
	irl_json_real(json, m->name, bench_median(s));
	irl_json_real(json, least, bench_min(s));
	irl_json_real(json, most, bench_max(s));
}

static void write_row(struct irl_json *json, const struct bench_row *row)
{
	irl_json_object(json, NULL);
	irl_json_string(json, "name", row->name);
	if (row->key_name)
		irl_json_uint(json, row->key_name, row->key);
	for (unsigned i = 0; i < BENCH_METRICS_MAX && row->metric[i].name; i++)
		write_metric(json, &row->metric[i], i == 0);
	irl_json_end_object(json);
}

static void write_range(struct irl_json *json, const struct bench_ratio *ratio)
{
	const char *word = verdict(ratio);

	irl_json_object(json, ratio->name);
	irl_json_real(json, "min", bench_min(&ratio->samples));
	irl_json_real(json, "max", bench_max(&ratio->samples));
	if (ratio->by_cpu.count)
		irl_json_real(json, "by_cpu", bench_median(&ratio->by_cpu));
	if (ratio->at_least > 0)
		irl_json_real(json, "at_least", ratio->at_least);
	if (is_limited(ratio))
		irl_json_real(json, "at_most", ratio->at_most);
	if (word[0])
		irl_json_bool(json, "met", strstr(word, "met") != NULL);
	irl_json_end_object(json);
}

static void write_absent(const struct bench_report *report,
			 struct irl_json *json)
{
	irl_json_object(json, "not_available");
	for (unsigned i = 0; i < report->absents; i++)
		irl_json_string(json, report->absent[i].name,
				report->absent[i].why);
	irl_json_end_object(json);
}

int bench_report_write(const struct bench_report *report, const char *path,
		       struct irl_error *err)
{
	struct irl_json json = {0};
	int r;

	irl_json_object(&json, NULL);
	irl_json_string(&json, "bench", report->bench);
	write_host(report, &json);
	irl_json_uint(&json, "rounds", report->rounds);
	irl_json_array(&json, "rows");
	for (unsigned i = 0; i < report->rows; i++)
		write_row(&json, &report->row[i]);
	irl_json_end_array(&json);
	if (report->absents)
		write_absent(report, &json);
	irl_json_object(&json, "ratios");
	for (unsigned i = 0; i < report->ratios; i++)
		irl_json_real(&json, report->ratio[i].name,
			      bench_median(&report->ratio[i].samples));
	irl_json_end_object(&json);
	irl_json_object(&json, "ratio_ranges");
	for (unsigned i = 0; i < report->ratios; i++)
		write_range(&json, &report->ratio[i]);
	irl_json_end_object(&json);
	irl_json_end_object(&json);
	r = irl_json_write(&json, path, err);
	irl_json_fini(&json);
	return r;
}
