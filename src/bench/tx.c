// SPDX-License-Identifier: BSD-2-Clause
/* Frames made in user space, one core, all processor time counted. */
#include <stdio.h>
#include <irl/cpu.h>
#include "bench/bench.h"
#include "bench/sender.h"

#define WARM_UP_NS 20000000ull
#define SLOTS_MAX BENCH_ROWS_MAX
/* Frames between two looks at the clock. */
#define LOOK_FRAMES 1024u

static const struct bench_sender *const senders[] = {
    &bench_send,   &bench_sendmmsg,
#ifdef IRL_HAVE_PCAP
    &bench_pcap,
#endif
#ifdef IRL_HAVE_XDP
    &bench_af_xdp, &bench_af_xdp_tuned,
#endif
    &bench_packet, &bench_live,         &bench_limit,
};
#define SENDERS (sizeof(senders) / sizeof(senders[0]))
static const unsigned batches[] = {1, 4, 16, 64, 256, 1024};
#define BATCHES (sizeof(batches) / sizeof(batches[0]))

/* One contender at one size of batch. */
struct slot {
	const struct bench_sender *sender;
	unsigned batch;
};

struct figures {
	uint64_t accepted, arrived, damaged;
	double seconds, cpu_s;
};

/* Send for @ns; returns the number accepted, or -IRL_E... . */
static int64_t send_for(const struct slot *slot, void *sender, uint64_t ns)
{
	uint64_t begin = bench_now_ns();
	int64_t accepted = 0;

	while (bench_now_ns() - begin < ns)
		for (unsigned n = 0; n < LOOK_FRAMES; n += slot->batch) {
			int r = slot->sender->send(sender);

			if (r < 0)
				return r;
			accepted += r;
		}
	return accepted;
}

static int measure(const struct bench_stage *stage, const struct slot *slot,
		   void *sender, double seconds, struct figures *out)
{
	struct irl_cpu_reading from, to;
	struct bench_seen before, after;
	struct irl_cpu cpu;
	uint64_t begin, end;
	int64_t accepted = send_for(slot, sender, WARM_UP_NS);

	if (accepted < 0)
		return (int)accepted;
	slot->sender->finish(sender);
	before = bench_stage_settled(stage);
	irl_cpu_read(&from);
	begin = bench_now_ns();
	accepted = send_for(slot, sender, (uint64_t)(seconds * 1e9));
	if (accepted < 0)
		return (int)accepted;
	accepted += slot->sender->finish(sender);
	end = bench_now_ns();
	irl_cpu_read(&to);
	after = bench_stage_settled(stage);
	irl_cpu_between(&from, &to, &cpu);
	out->accepted = (uint64_t)accepted;
	out->arrived = after.intact - before.intact;
	out->damaged = after.damaged - before.damaged;
	out->seconds = (double)(end - begin) * 1e-9;
	out->cpu_s = cpu.user_s + cpu.system_s + cpu.softirq_s;
	return 0;
}

static int run_slot(const struct bench_stage *stage, const struct slot *slot,
		    const struct bench_options *options, struct figures *out,
		    struct irl_error *err)
{
	const struct bench_sender_options open = {
	    .stage = stage,
	    .interface = IRL_WORLD_SCANNER_LINK,
	    .batch = slot->batch,
	    .length = options->frame_bytes,
	};
	void *sender;
	int r = slot->sender->open(&sender, &open, err);

	if (r < 0)
		return r;
	r = measure(stage, slot, sender, options->seconds, out);
	if (r < 0)
		irl_error_set(err, -r, "%s could not send", slot->sender->name);
	slot->sender->close(sender);
	return r;
}

static void note(struct bench_report *report, const struct slot *slot,
		 const struct figures *f)
{
	bool limit = slot->sender == &bench_limit;
	struct bench_row *row =
	    bench_report_row(report, slot->sender->name, limit ? NULL : "batch",
			     limit ? 0 : slot->batch);
	double arrived = f->arrived ? (double)f->arrived : 1;

	bench_row_add(row, "mpps", (double)f->arrived / f->seconds * 1e-6);
	bench_row_add(row, "cpu_ns_per_frame", f->cpu_s * 1e9 / arrived);
	bench_row_add(row, "cores", f->cpu_s / f->seconds);
	bench_row_add(row, "lost", (double)f->accepted - (double)f->arrived);
}

static unsigned list_slots(struct slot slots[SLOTS_MAX],
			   const struct bench_options *options)
{
	unsigned n = 0;

	for (unsigned s = 0; s < SENDERS; s++) {
		const struct bench_sender *sender = senders[s];

		if (!bench_wanted(options->contenders, sender->name))
			continue;
		if (sender->batch_usual) {
			slots[n++] = (struct slot){sender, sender->batch_usual};
			continue;
		}
		for (unsigned b = 0; b < BATCHES; b++) {
			char text[16];

			snprintf(text, sizeof(text), "%u", batches[b]);
			if (batches[b] <= sender->batch_max &&
			    bench_wanted(options->batches, text))
				slots[n++] = (struct slot){sender, batches[b]};
		}
	}
	return n;
}

static int check_lists(const struct bench_options *options,
		       struct irl_error *err)
{
	static const char *const sizes[BATCHES] = {"1",  "4",   "16",
						   "64", "256", "1024"};
	const char *names[SENDERS];
	int r;

	for (unsigned i = 0; i < SENDERS; i++)
		names[i] = senders[i]->name;
	r = bench_check_list(options->contenders, names, SENDERS, "contender",
			     err);
	return r < 0 ? r
		     : bench_check_list(options->batches, sizes, BATCHES,
					"batch of", err);
}

static void compare(struct bench_report *report)
{
	static const struct {
		const char *name, *peer;
		unsigned batch;
		double at_least;
	} asked[] = {
	    {"live/sendmmsg", "sendmmsg", 256, 5},
	    {"live/af_xdp", "af_xdp", 256, 4},
	    {"live64/sendmmsg", "sendmmsg", 64, 2.5},
	    {"live64/af_xdp", "af_xdp", 64, 1.8},
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		bench_report_ratio(report, asked[i].name, "live",
				   asked[i].batch, asked[i].peer, 256,
				   asked[i].at_least);
	bench_report_ratio(report, "live/af_xdp_tuned", "live", 256,
			   "af_xdp_tuned", 256, 0);
	bench_report_ratio(report, "live/limit", "live", 256, "limit", 0, 0);
}

/* Round 0 warms up and is not noted. */
static int run_rounds(struct bench_report *report,
		      const struct bench_stage *stage,
		      const struct slot slots[], unsigned count,
		      const struct bench_options *options,
		      struct irl_error *err)
{
	for (unsigned round = 0; round <= options->rounds; round++) {
		for (unsigned i = 0; i < count; i++) {
			struct figures f;
			int r = run_slot(stage, &slots[i], options, &f, err);

			if (r < 0)
				return r;
			bench_say(options,
				  "\rround %u of %u, %s %u: %.3f Mpps\033[K",
				  round, options->rounds, slots[i].sender->name,
				  slots[i].batch,
				  (double)f.arrived / f.seconds * 1e-6);
			if (round)
				note(report, &slots[i], &f);
		}
	}
	bench_say(options, "\r\033[K");
	return 0;
}

int bench_tx(struct bench_report *report, const struct bench_options *options,
	     struct irl_error *err)
{
	struct bench_stage_options where;
	struct bench_stage stage;
	struct slot slots[SLOTS_MAX];
	unsigned count = list_slots(slots, options);
	int r = check_lists(options, err);

	if (r < 0)
		return r;
	if (!count)
		return irl_error_set(err, IRL_EINVAL,
				     "no contender of that name and batch");
	bench_report_init(report, "tx", options->rounds);
	bench_stage_options_init(&where);
	where.length = options->frame_bytes;
	where.core = options->core;
	r = bench_stage_open(&stage, &where, err);
	if (r < 0)
		return r;
	r = run_rounds(report, &stage, slots, count, options, err);
	bench_stage_close(&stage);
	if (r == 0)
		compare(report);
	return r;
}
