// SPDX-License-Identifier: BSD-2-Clause
/* The report as a table for people and as JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <irl/json.h>
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

static const char *verdict(const struct bench_ratio *ratio)
{
	double value = bench_median(&ratio->samples);

	if (ratio->worst)
		return bench_max(&ratio->samples) <= ratio->at_most
			   ? "  met"
			   : "  MISSED";
	if (!(ratio->at_least > 0) && !(ratio->at_most > 0))
		return "";
	if (ratio->at_least > 0 && !(value >= ratio->at_least))
		return "  MISSED";
	if (ratio->at_most > 0 && !(value <= ratio->at_most))
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
	if (ratio->at_most > 0 || ratio->worst)
		fprintf(out, "  at most %g", ratio->at_most);
	fprintf(out, "%s", verdict(ratio));
	if (ratio->by_cpu.count)
		fprintf(out, "  (by processor time %.4g)",
			bench_median(&ratio->by_cpu));
	fputc('\n', out);
}

void bench_report_print(const struct bench_report *report, FILE *out)
{
	fprintf(out, "%s: medians of %u rounds (least-most)\n\n", report->bench,
		report->rounds);
	for (unsigned i = 0; i < report->rows; i++)
		print_row(&report->row[i], out);
	if (report->ratios)
		fputc('\n', out);
	for (unsigned i = 0; i < report->ratios; i++)
		print_ratio(&report->ratio[i], out);
}

/* ---- JSON ---------------------------------------------------------------- */

/* What /proc/cpuinfo says behind "NAME : "; "" when nothing. */
static void read_cpu(const char *name, char *text, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	size_t length = strlen(name);
	char line[256];

	text[0] = '\0';
	while (file && !text[0] && fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		if (strncmp(line, name, length) || !colon ||
		    !strchr("\t ", line[length]))
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(text, size, "%s", colon + 2);
	}
	if (file)
		fclose(file);
}

/* What makes the kernel's calls and returns dear: the same processor is twice
 * as fast or as slow by it.  Up to the first semicolon. */
static void write_mitigation(struct irl_json *json, const char *name)
{
	char path[128], text[128] = "";
	FILE *file;

	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/vulnerabilities/%s", name);
	file = fopen(path, "re");
	if (file && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	if (file)
		fclose(file);
	text[strcspn(text, ";\n")] = '\0';
	if (text[0] && strcmp(text, "Not affected") != 0)
		irl_json_string(json, name, text);
}

static void write_host(const struct bench_report *report, struct irl_json *json)
{
	char model[128], family[16], number[16], now[32];
	struct utsname name;
	time_t t = time(NULL);
	struct tm tm;

	uname(&name);
	read_cpu("model name", model, sizeof(model));
	read_cpu("cpu family", family, sizeof(family));
	read_cpu("model", number, sizeof(number));
	gmtime_r(&t, &tm);
	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &tm);
	irl_json_object(json, "host");
	irl_json_string(json, "system", name.sysname);
	irl_json_string(json, "kernel", name.release);
	irl_json_string(json, "machine", name.machine);
	irl_json_string(json, "model", model);
	irl_json_string(json, "cpu_family", family);
	irl_json_string(json, "cpu_model", number);
	irl_json_object(json, "mitigations");
	write_mitigation(json, "spectre_v2");
	write_mitigation(json, "spec_rstack_overflow");
	write_mitigation(json, "retbleed");
	irl_json_end_object(json);
	irl_json_uint(json, "cpus", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	irl_json_uint(json, "memory_bytes",
		      (uint64_t)sysconf(_SC_PHYS_PAGES) *
			  (uint64_t)sysconf(_SC_PAGESIZE));
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
	if (ratio->at_most > 0 || ratio->worst)
		irl_json_real(json, "at_most", ratio->at_most);
	if (word[0])
		irl_json_bool(json, "met", strstr(word, "met") != NULL);
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
