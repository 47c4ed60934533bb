// SPDX-License-Identifier: BSD-2-Clause
/*
 * Receive: the far side offers numbered frames at a steady rate from a core of
 * its own (where the kernel's receiving side runs too), the reader takes them
 * to user space on another.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <time.h>
#include <bpf/libbpf.h>
#include <irl/cpu.h>
#include "bench.skel.h"
#include "bench/bench.h"
#include "bench/generate.h"
#include "bench/receiver.h"

#define TICK_NS 250000ull
#define FLAT_OUT 0 /* as an offer */
#define FLAT_RUN 8192u
#define RUN_MAX 32768u
#define QUIET_ROUNDS 5 /* of waiting without a frame: all have come */

static const struct bench_receiver *const receivers[] = {
    &bench_receive_live,
#ifdef IRL_HAVE_XDP
    &bench_receive_af_xdp,
#endif
    &bench_receive_packet,
    &bench_receive_live_slow,
};
#define RECEIVERS (sizeof(receivers) / sizeof(receivers[0]))
static const unsigned offers[] = {1, 2, 4, 8, FLAT_OUT}; /* Mpps */
#define OFFERS (sizeof(offers) / sizeof(offers[0]))

/* ---- the far side ---------------------------------------------------------
 */

struct generator {
	const struct bench_stage *stage;
	double mpps; /* 0: as fast as it can */
	double seconds;
	unsigned core;
	int result;
	_Atomic bool over;
};

static void generate(const struct generator *g, int program)
{
	uint64_t begin = bench_now_ns(), now = begin, made = 0;
	uint64_t length = (uint64_t)(g->seconds * 1e9);

	while (now - begin < length) {
		uint64_t due =
		    g->mpps > 0
			? (uint64_t)(g->mpps * 1e-3 * (double)(now - begin)) -
			      made
			: FLAT_RUN;

		due = due < RUN_MAX ? due : RUN_MAX;
		if (due && bench_generate(program, (unsigned)due) < 0)
			return;
		made += due;
		if (g->mpps > 0 && due < RUN_MAX)
			bench_sleep_ns(TICK_NS);
		now = bench_now_ns();
	}
}

static void *generator_main(void *context)
{
	struct generator *g = context;

	prctl(PR_SET_TIMERSLACK, 1);
	g->result =
	    irl_world_enter(g->stage->world, IRL_WORLD_SIDE_WORLD, NULL);
	if (g->result == 0)
		g->result = bench_pin(g->core, NULL);
	if (g->result == 0)
		generate(g,
			 bpf_program__fd(g->stage->bpf->progs.bench_numbered));
	atomic_store(&g->over, true);
	return NULL;
}

/* ---- the reader -----------------------------------------------------------
 */

struct figures {
	uint64_t offered, dropped;
	struct bench_order order;
	double seconds, reader_s, cpu_s;
};

static double thread_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Until the generator is done and nothing comes any more. */
static int read_all(const struct bench_receiver *receiver, void *handle,
		    struct generator *g, struct bench_order *order)
{
	for (int quiet = 0; quiet < QUIET_ROUNDS;) {
		bool over = atomic_load(&g->over);
		int n = receiver->receive(handle, order);

		if (n < 0 && n != -IRL_EINTR)
			return n;
		quiet = over && n <= 0 ? quiet + 1 : 0;
	}
	return 0;
}

static int measure(const struct bench_receiver *receiver, void *handle,
		   struct generator *g, struct figures *out,
		   struct irl_error *err)
{
	uint64_t made = *(volatile uint64_t *)g->stage->made;
	uint64_t begin = bench_now_ns();
	double reader = thread_s();
	struct irl_cpu_reading from, to;
	struct irl_cpu cpu;
	pthread_t thread;
	int r;

	irl_cpu_read(&from);
	out->order.next = (uint32_t)made;
	r = pthread_create(&thread, NULL, generator_main, g);
	if (r)
		return irl_error_errno(err, r, "cannot start a thread");
	r = read_all(receiver, handle, g, &out->order);
	out->reader_s = thread_s() - reader;
	out->seconds = (double)(bench_now_ns() - begin) * 1e-9;
	irl_cpu_read(&to);
	pthread_join(thread, NULL);
	if (r == 0)
		r = g->result;
	if (r < 0)
		return irl_error_set(err, -r, "%s could not receive",
				     receiver->name);
	irl_cpu_between(&from, &to, &cpu);
	out->cpu_s = cpu.user_s + cpu.system_s + cpu.softirq_s;
	out->offered = *(volatile uint64_t *)g->stage->made - made;
	out->dropped = receiver->dropped(handle);
	return 0;
}

static int run_slot(const struct bench_stage *stage,
		    const struct bench_receiver *receiver, unsigned mpps,
		    const struct bench_options *options, struct figures *out,
		    struct irl_error *err)
{
	unsigned other = options->core ? options->core - 1 : bench_cores() - 1;
	struct generator g = {
	    .stage = stage,
	    .mpps = mpps,
	    .seconds = options->seconds,
	    .core = other,
	};
	const struct bench_receiver_options open = {
	    .stage = stage,
	    .ring_bytes = options->ring_bytes,
	    .queue = other, /* veth: the queue of the sender's core */
	};
	void *handle;
	int r = receiver->open(&handle, &open, err);

	if (r < 0)
		return r;
	*out = (struct figures){0};
	r = measure(receiver, handle, &g, out, err);
	receiver->close(handle);
	return r;
}

static void note(struct bench_report *report, const char *name, unsigned mpps,
		 const struct figures *f)
{
	char flat[32];
	struct bench_row *row;
	double count = f->order.count ? (double)f->order.count : 1;

	snprintf(flat, sizeof(flat), "%s_flat", name);
	row = mpps ? bench_report_row(report, name, "offer_mpps", mpps)
		   : bench_report_row(report, flat, NULL, 0);
	bench_row_add(row, "mpps", (double)f->order.count / f->seconds * 1e-6);
	bench_row_add(row, "offered", (double)f->offered);
	bench_row_add(row, "delivered", (double)f->order.count);
	bench_row_add(row, "dropped", (double)f->dropped);
	bench_row_add(row, "lost",
		      (double)f->offered - (double)f->order.count -
			  (double)f->dropped);
	bench_row_add(row, "disorder", (double)f->order.disorder);
	bench_row_add(row, "reader_percent", 100 * f->reader_s / f->seconds);
	bench_row_add(row, "cpu_ns_per_frame", f->cpu_s * 1e9 / count);
}

static int run_round(struct bench_report *report,
		     const struct bench_stage *stage, unsigned round,
		     const struct bench_options *options, struct irl_error *err)
{
	for (unsigned i = 0; i < RECEIVERS * OFFERS; i++) {
		const struct bench_receiver *receiver =
		    receivers[i % RECEIVERS];
		unsigned mpps = offers[i / RECEIVERS];
		struct figures f;
		int r;

		if (!bench_wanted(options->contenders, receiver->name))
			continue;
		r = run_slot(stage, receiver, mpps, options, &f, err);
		if (r < 0)
			return r;
		bench_say(options,
			  "\rround %u of %u, %s at %u Mpps: %.3f\033[K", round,
			  options->rounds, receiver->name, mpps,
			  (double)f.order.count / f.seconds * 1e-6);
		if (round)
			note(report, receiver->name, mpps, &f);
	}
	return 0;
}

static void judge(struct bench_report *report)
{
	bench_report_figure(report, "live at 4 Mpps: reader percent",
			    "reader_percent", "live", 4, 0, 10);
	bench_report_worst(report, "live at 4 Mpps: frames dropped", "dropped",
			   "live", 4, 0);
	bench_report_worst(report, "live at 4 Mpps: frames not counted", "lost",
			   "live", 4, 0);
	bench_report_worst(report, "live flat out: frames not counted", "lost",
			   "live_flat", 0, 0);
	bench_report_figure(report, "live_slow at 4 Mpps: frames dropped",
			    "dropped", "live_slow", 4, 1, 0);
	bench_report_worst(report, "live_slow at 4 Mpps: frames not counted",
			   "lost", "live_slow", 4, 0);
	bench_report_ratio(report, "live_flat/af_xdp_flat", "live_flat", 0,
			   "af_xdp_flat", 0, 0);
}

static int check_names(const struct bench_options *options,
		       struct irl_error *err)
{
	const char *names[RECEIVERS];

	for (unsigned i = 0; i < RECEIVERS; i++)
		names[i] = receivers[i]->name;
	return bench_check_list(options->contenders, names, RECEIVERS,
				"contender", err);
}

int bench_rx(struct bench_report *report, const struct bench_options *options,
	     struct irl_error *err)
{
	struct bench_stage_options where;
	struct bench_stage stage;
	int r = check_names(options, err);

	if (r < 0)
		return r;
	if (bench_cores() < 2)
		return irl_error_set(err, IRL_ENOTSUP,
				     "the reader and who sends to it need a "
				     "core each; there is one");
	bench_report_init(report, "rx", options->rounds);
	bench_stage_options_init(&where);
	where.far_generates = true;
	where.core = options->core;
	r = bench_stage_open(&stage, &where, err);
	if (r < 0)
		return r;
	for (unsigned round = 0; r == 0 && round <= options->rounds; round++)
		r = run_round(report, &stage, round, options, err);
	bench_say(options, "\r\033[K");
	bench_stage_close(&stage);
	if (r == 0)
		judge(report);
	return r;
}
