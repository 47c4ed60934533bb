// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pace: how even the frames of a scan with a rate arrive, from the receiver's
 * count of each millisecond, and what keeping the pace costs.
 */
#include <stdlib.h>
#include <string.h>
#include "bench/bench.h"
#include "bench/whole.h"

#define MS_PER_S 1000u
#define MARGIN_MS 4u /* at the beginning: the first frame's own millisecond */
#define BATCH_MAX 64.0

static const unsigned rates[] = {100, 10000, 100000, 1000000};
#define RATES (sizeof(rates) / sizeof(rates[0]))
/* What is asked for, at each rate: none of these. */
static const char *const whole_names[RATES] = {
    "100 pps: runs off by 0.01% and more than a frame",
    "10 kpps: runs off by 0.01%", "100 kpps: runs off by 0.01%",
    "1 Mpps: runs off by 0.01%"};
static const char *const second_names[RATES] = {
    "100 pps: seconds off by 0.5% and two frames",
    "10 kpps: seconds off by 0.5%", "100 kpps: seconds off by 0.5%",
    "1 Mpps: seconds off by 0.5%"};
static const char *const milli_names[RATES] = {
    "100 pps: milliseconds above twice the mean and a batch",
    "10 kpps: milliseconds above twice the mean and a batch",
    "100 kpps: milliseconds above twice the mean and a batch",
    "1 Mpps: milliseconds above twice the mean and a batch"};

struct evenness {
	double whole_error;   /* frames, of the whole run */
	double second_error;  /* frames, of the worst second */
	double millisecond;   /* frames, most in one */
	unsigned bad_seconds; /* off by more than 0.5% and two frames */
	unsigned bad_millis;  /* above twice the mean and a batch */
};

/* The counts of @ms milliseconds behind the first frame, in order of time. */
static unsigned unroll(const struct bench_stage *stage, uint64_t begin_ns,
		       uint64_t *count, unsigned ms)
{
	unsigned first = 0;

	for (unsigned i = 0; i < BENCH_SLOTS; i++) {
		uint64_t slot = (begin_ns / 1000000 + i) % BENCH_SLOTS;

		if (!first && !stage->times[slot])
			continue;
		if (first < ms)
			count[first] = stage->times[slot];
		first++;
		if (first == ms)
			break;
	}
	return first;
}

static double distance(double a, double b)
{
	return a > b ? a - b : b - a;
}

/* @seconds whole seconds, @rate frames in each. */
static void judge(const uint64_t *count, unsigned seconds, double rate,
		  struct evenness *out)
{
	double mean = rate / MS_PER_S, sum = 0;
	double batch = mean < 1 ? 1 : mean > BATCH_MAX ? BATCH_MAX : mean;

	for (unsigned s = 0; s < seconds; s++) {
		double in_second = 0, off;

		for (unsigned m = 0; m < MS_PER_S; m++) {
			double n = (double)count[s * MS_PER_S + m];

			in_second += n;
			if (n > out->millisecond)
				out->millisecond = n;
			out->bad_millis += n > 2 * mean + batch;
		}
		off = distance(in_second, rate);
		if (off > out->second_error)
			out->second_error = off;
		out->bad_seconds += off > rate * 0.005 && off > 2;
		sum += in_second;
	}
	out->whole_error = distance(sum, rate * seconds);
}

static void note(struct bench_report *report, unsigned rate, unsigned seconds,
		 const struct bench_whole *w, const struct evenness *e,
		 double arrived)
{
	struct bench_row *row = bench_report_row(report, "pace", "pps", rate);
	double all = (double)rate * seconds;

	bench_row_add(row, "cpu_percent", 100 * w->cpu_s / w->seconds);
	bench_row_add(row, "whole_error_percent", 100 * e->whole_error / all);
	bench_row_add(row, "whole_error_frames", e->whole_error);
	bench_row_add(row, "second_error_percent",
		      100 * e->second_error / rate);
	bench_row_add(row, "second_error_frames", e->second_error);
	bench_row_add(row, "bad_whole",
		      e->whole_error > 1 && e->whole_error > all * 1e-4);
	bench_row_add(row, "bad_seconds", e->bad_seconds);
	bench_row_add(row, "millisecond_most", e->millisecond);
	bench_row_add(row, "bad_milliseconds", e->bad_millis);
	bench_row_add(row, "lost", (double)w->accepted - arrived);
}

static int run_rate(struct bench_report *report,
		    const struct bench_stage *stage, unsigned rate,
		    unsigned seconds, struct irl_error *err)
{
	struct irl_world_model model;
	/* A little longer than what is judged. */
	const struct bench_whole_options options = {
	    .stage = stage,
	    .model = &model,
	    .ports = "1-100",
	    .workers = 1,
	    .rate_pps = rate,
	    .max_targets = (uint64_t)rate * seconds + rate / 50 + 2,
	};
	unsigned ms = seconds * MS_PER_S + MARGIN_MS;
	uint64_t *count = calloc(ms, sizeof(*count));
	struct bench_seen before = bench_stage_settled(stage), after;
	struct evenness even = {0};
	struct bench_whole w;
	int r;

	if (!count)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	irl_world_model_init(&model);
	memset(stage->times, 0, BENCH_SLOTS * sizeof(*stage->times));
	r = bench_whole_run(&options, &w, err);
	if (r == 0) {
		after = bench_stage_settled(stage);
		unroll(stage, w.begin_ns, count, ms);
		judge(count + 1, seconds, rate, &even);
		note(report, rate, seconds, &w, &even,
		     (double)(after.intact - before.intact));
	}
	free(count);
	return r;
}

int bench_pace(struct bench_report *report, const struct bench_options *options,
	       struct irl_error *err)
{
	unsigned seconds =
	    options->seconds < 1 ? 1 : (unsigned)options->seconds;
	struct bench_stage_options where;
	struct bench_stage stage;
	int r;

	if (seconds > BENCH_SLOTS / MS_PER_S - 3)
		return irl_error_set(err, IRL_EINVAL,
				     "pace is judged over at most %u s",
				     BENCH_SLOTS / MS_PER_S - 3);
	bench_report_init(report, "pace", options->rounds);
	bench_stage_options_init(&where);
	where.expect = BENCH_SYN;
	where.by_time = true;
	where.core = BENCH_ANY_CORE;
	r = bench_stage_open(&stage, &where, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; r == 0 && i < options->rounds * RATES; i++) {
		bench_say(options, "\rround %zu of %u, %u pps\033[K",
			  i / RATES + 1, options->rounds, rates[i % RATES]);
		r = run_rate(report, &stage, rates[i % RATES], seconds, err);
	}
	bench_say(options, "\r\033[K");
	bench_stage_close(&stage);
	if (r < 0)
		return r;
	bench_report_figure(report, "10 kpps: cpu percent", "cpu_percent",
			    "pace", 10000, 0, 3);
	bench_report_figure(report, "1 Mpps: cpu percent", "cpu_percent",
			    "pace", 1000000, 0, 15);
	for (unsigned i = 0; i < RATES; i++) {
		bench_report_worst(report, whole_names[i], "bad_whole", "pace",
				   rates[i], 0);
		bench_report_worst(report, second_names[i], "bad_seconds",
				   "pace", rates[i], 0);
		bench_report_worst(report, milli_names[i], "bad_milliseconds",
				   "pace", rates[i], 0);
	}
	return 0;
}
