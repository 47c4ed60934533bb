// SPDX-License-Identifier: BSD-2-Clause
/* Scans of a world that answers: many answers a second into a file, and a scan
 * of billions of targets, both equal to the truth. */
#include "bench/bench.h"
#include "bench/whole.h"

/* zmap's fields, of which the first two say which target it is. */
#define FIELDS                                                                 \
	"saddr,sport,daddr,dport,seqnum,acknum,window,ttl,classification,"     \
	"success,repeat,timestamp_str"

static void note(struct bench_report *report, const char *name,
		 const struct bench_whole *w)
{
	struct bench_row *row = bench_report_row(report, name, NULL, 0);

	bench_row_add(row, "mpps", (double)w->accepted / w->seconds * 1e-6);
	bench_row_add(row, "answers_per_s", (double)w->rows / w->seconds);
	bench_row_add(row, "seconds", w->seconds);
	bench_row_add(row, "targets", (double)w->targets);
	bench_row_add(row, "rows", (double)w->rows);
	bench_row_add(row, "truth", (double)w->truth);
	bench_row_add(row, "equal", w->equal);
	bench_row_add(row, "lost", (double)w->truth - (double)w->rows);
	bench_row_add(row, "peak_rss_mib", w->peak_mib);
	bench_row_add(row, "cpu_ns_per_frame",
		      w->cpu_s * 1e9 / (double)(w->accepted ? w->accepted : 1));
}

struct contender {
	const char *name;
	unsigned workers;
};

static int run(struct bench_report *report, const struct irl_world_model *model,
	       const char *ports, const struct bench_options *options,
	       const struct contender contenders[], unsigned count,
	       struct irl_error *err)
{
	struct bench_stage_options where;
	struct bench_stage stage;
	struct bench_whole_options whole = {
	    .stage = &stage,
	    .model = model,
	    .ports = ports,
	    .fields = FIELDS,
	};
	int r;

	bench_stage_options_init(&where);
	where.no_sink = true;
	where.core = BENCH_ANY_CORE;
	where.model = *model;
	r = bench_stage_open(&stage, &where, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; r == 0 && i < report->rounds * count; i++) {
		const struct contender *c = &contenders[i % count];
		struct bench_whole w;

		bench_say(options, "\r%s: round %u of %u\033[K", c->name,
			  i / count + 1, report->rounds);
		whole.workers = c->workers;
		r = bench_whole_run(&whole, &w, err);
		if (r == 0)
			note(report, c->name, &w);
	}
	bench_say(options, "\r\033[K");
	bench_stage_close(&stage);
	return r;
}

int bench_answers(struct bench_report *report,
		  const struct bench_options *options, struct irl_error *err)
{
	const struct contender both[] = {{"answers", 1}, {"answers2", 2}};
	struct irl_world_model model;
	int r;

	irl_world_model_init(&model);
	model.alive = irl_world_share(0.25);
	model.unreachable = 0;
	model.open = irl_world_share(1);
	model.closed = 0;
	if (options->range &&
	    irl_world_model_range(&model, options->range, err))
		return -IRL_EINVAL;
	bench_report_init(report, "answers", options->rounds);
	r = run(report, &model, "80", options, both, bench_cores() < 2 ? 1 : 2,
		err);
	if (r < 0)
		return r;
	bench_report_figure(report, "answers/s", "answers_per_s", "answers", 0,
			    1e6, 0);
	bench_report_figure(report, "answers/s, two workers", "answers_per_s",
			    "answers2", 0, 1e6, 0);
	bench_report_figure(report, "answers: equal to the truth", "equal",
			    "answers", 0, 1, 0);
	bench_report_figure(report, "answers, two workers: equal to the truth",
			    "equal", "answers2", 0, 1, 0);
	return 0;
}

static unsigned workers_of_huge(const struct bench_options *options)
{
	unsigned cores = bench_cores() < 8 ? bench_cores() : 8;

	return options->workers ? options->workers : cores;
}

/* 10.0.0.0/8 x 197 ports = 3.3 billion. */
int bench_huge(struct bench_report *report, const struct bench_options *options,
	       struct irl_error *err)
{
	const struct contender huge = {"huge", workers_of_huge(options)};
	struct irl_world_model model;
	bool whole;
	int r;

	irl_world_model_init(&model);
	if (options->range &&
	    irl_world_model_range(&model, options->range, err))
		return -IRL_EINVAL;
	bench_report_init(report, "huge", options->rounds);
	r = run(report, &model, "1-197", options, &huge, 1, err);
	if (r < 0)
		return r;
	/* Asked for of the whole set: a part of it proves nothing. */
	whole = model.range_mask == IRL_WORLD_RANGE_MASK;
	bench_report_figure(report, "huge: seconds", "seconds", "huge", 0, 0,
			    whole ? 360 : 0);
	bench_report_figure(report, "huge: peak MiB", "peak_rss_mib", "huge", 0,
			    0, whole ? 1024 : 0);
	bench_report_figure(report, "huge: equal to the truth", "equal", "huge",
			    0, 1, 0);
	return 0;
}
