// SPDX-License-Identifier: BSD-2-Clause
/* Whole scans against the bare limit and against others' scanners. */
#include <irl/cpu.h>
#include "bench/bench.h"
#include "bench/flow.h"

#define START_NS 20000000000ull /* within which frames must come */
#define LOOK_NS 1000000ull
#define SETTLE_IN_NS 200000000ull

static const struct bench_flow *const flows[] = {
    &bench_flow_limit, &bench_flow_scan,    &bench_flow_scan2,
    &bench_flow_zmap,  &bench_flow_masscan,
};
#define FLOWS (sizeof(flows) / sizeof(flows[0]))

struct figures {
	uint64_t arrived; /* in the window */
	double seconds, cpu_s;
	int64_t lost; /* of all that it sent; -1 unknown */
	uint64_t damaged;
};

static int wait_for_frames(const struct bench_stage *stage,
			   const struct bench_flow *flow, uint64_t before,
			   struct irl_error *err)
{
	uint64_t end = bench_now_ns() + START_NS;

	while (bench_stage_seen(stage).intact == before) {
		if (bench_now_ns() > end)
			return irl_error_set(err, IRL_ESYSTEM,
					     "%s has sent nothing in 20 s",
					     flow->name);
		bench_sleep_ns(LOOK_NS);
	}
	return 0;
}

static double spent(const struct bench_flow *flow, void *handle,
		    const struct irl_cpu_reading *from,
		    const struct irl_cpu_reading *to, double other)
{
	struct irl_cpu cpu;

	if (flow->cpu_s)
		return flow->cpu_s(handle) - other;
	irl_cpu_between(from, to, &cpu);
	return cpu.user_s + cpu.system_s + cpu.softirq_s;
}

/* The window: @seconds, or until a frame has come, for none tells no rate. */
static int look(const struct bench_stage *stage, const struct bench_flow *flow,
		void *handle, double seconds, struct figures *out,
		struct irl_error *err)
{
	struct irl_cpu_reading from, to;
	double other = flow->cpu_s ? flow->cpu_s(handle) : 0;
	uint64_t seen, begin;
	int r;

	irl_cpu_read(&from);
	seen = bench_stage_seen(stage).intact;
	begin = bench_now_ns();
	bench_sleep_ns((uint64_t)(seconds * 1e9));
	r = wait_for_frames(stage, flow, seen, err);
	out->arrived = bench_stage_seen(stage).intact - seen;
	out->seconds = (double)(bench_now_ns() - begin) * 1e-9;
	irl_cpu_read(&to);
	out->cpu_s = spent(flow, handle, &from, &to, other);
	return r;
}

static int run_flow(const struct bench_stage *stage,
		    const struct bench_flow *flow,
		    const struct bench_options *options, struct figures *out,
		    struct irl_error *err)
{
	const struct bench_flow_options start = {.stage = stage,
						 .core = options->core};
	struct bench_seen before = bench_stage_settled(stage), after;
	struct irl_error late;
	int64_t accepted;
	void *handle;
	int r = flow->start(&handle, &start, err), stopped;

	if (r < 0)
		return r;
	r = wait_for_frames(stage, flow, before.intact, err);
	if (r == 0) {
		bench_sleep_ns(SETTLE_IN_NS);
		r = look(stage, flow, handle, options->seconds, out, err);
	}
	stopped = flow->stop(handle, &accepted, &late);
	if (r == 0 && stopped < 0) {
		r = stopped;
		*err = late;
	}
	after = bench_stage_settled(stage);
	out->damaged = after.damaged - before.damaged;
	out->lost = accepted < 0
			? -1
			: accepted - (int64_t)(after.intact - before.intact);
	return r;
}

static void note(struct bench_report *report, const char *name,
		 const struct figures *f)
{
	struct bench_row *row = bench_report_row(report, name, NULL, 0);
	double arrived = f->arrived ? (double)f->arrived : 1;

	bench_row_add(row, "mpps", (double)f->arrived / f->seconds * 1e-6);
	bench_row_add(row, "cpu_ns_per_frame", f->cpu_s * 1e9 / arrived);
	bench_row_add(row, "cores", f->cpu_s / f->seconds);
	bench_row_add(row, "damaged", (double)f->damaged);
	if (f->lost >= 0)
		bench_row_add(row, "lost", (double)f->lost);
}

static int run_round(struct bench_report *report,
		     const struct bench_stage *stage, unsigned round,
		     const struct bench_options *options, struct irl_error *err)
{
	for (unsigned i = 0; i < FLOWS; i++) {
		struct figures f = {0};
		int r;

		if (!bench_wanted(options->contenders, flows[i]->name) ||
		    (flows[i] == &bench_flow_scan2 && bench_cores() < 2))
			continue;
		r = run_flow(stage, flows[i], options, &f, err);
		if (r == -IRL_ENODEV && flows[i]->program) {
			if (!round)
				bench_say(options, "%s; left out\n", err->text);
			continue;
		}
		if (r < 0)
			return r;
		bench_say(options, "\rround %u of %u, %s: %.3f Mpps\033[K",
			  round, options->rounds, flows[i]->name,
			  (double)f.arrived / f.seconds * 1e-6);
		if (round)
			note(report, flows[i]->name, &f);
	}
	return 0;
}

static void compare(struct bench_report *report)
{
	bench_report_figure(report, "scan Mpps", "mpps", "scan", 0, 10, 0);
	bench_report_ratio(report, "scan/limit", "scan", 0, "limit", 0, 0.6);
	bench_report_ratio(report, "scan2/scan", "scan2", 0, "scan", 0, 1.6);
	bench_report_ratio(report, "scan/zmap", "scan", 0, "zmap", 0, 30);
	bench_report_ratio(report, "scan/masscan", "scan", 0, "masscan", 0, 30);
}

static int check_names(const struct bench_options *options,
		       struct irl_error *err)
{
	const char *names[FLOWS];

	for (unsigned i = 0; i < FLOWS; i++)
		names[i] = flows[i]->name;
	return bench_check_list(options->contenders, names, FLOWS, "contender",
				err);
}

int bench_scan(struct bench_report *report, const struct bench_options *options,
	       struct irl_error *err)
{
	struct bench_stage_options where;
	struct bench_stage stage;
	int r = check_names(options, err);

	if (r < 0)
		return r;
	bench_report_init(report, "scan", options->rounds);
	bench_stage_options_init(&where);
	where.expect = BENCH_SYN;
	where.core = BENCH_ANY_CORE; /* workers choose theirs */
	r = bench_stage_open(&stage, &where, err);
	if (r < 0)
		return r;
	for (unsigned round = 0; r == 0 && round <= options->rounds; round++)
		r = run_round(report, &stage, round, options, err);
	bench_say(options, "\r\033[K");
	bench_stage_close(&stage);
	if (r == 0)
		compare(report);
	return r;
}
