// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include "base/os.h"
#include "bench/alternate.h"
#include "bench/cost.h"

#define WARM_UP_NS 20000000ull
/* Frames between two looks at the clock. */
#define LOOK_FRAMES 1024u

static const unsigned batches[] = {1, 4, 16, 64, 256, 1024};
#define BATCHES (sizeof(batches) / sizeof(batches[0]))
#define SENDERS_MAX 16u

struct figures {
	uint64_t accepted, arrived, damaged;
	double seconds, cpu_s;
};

/* Send for @ns; returns the number accepted, or -IRL_E... . */
static int64_t send_for(const struct bench_slot *slot, void *sender,
			uint64_t ns)
{
	uint64_t begin = irl_os_clock_ns();
	int64_t accepted = 0;

	while (irl_os_clock_ns() - begin < ns)
		for (unsigned n = 0; n < LOOK_FRAMES; n += slot->batch) {
			int r = slot->sender->send(sender);

			if (r < 0)
				return r;
			accepted += r;
		}
	return accepted;
}

static int measure(const struct bench_turns *turns,
		   const struct bench_slot *slot, void *sender, double seconds,
		   struct figures *out)
{
	struct bench_seen before, after;
	struct bench_cost cost;
	int64_t accepted;
	int r = turns->settled(turns->context, 0, &before);

	if (r < 0)
		return r;
	accepted = send_for(slot, sender, WARM_UP_NS);
	if (accepted < 0)
		return (int)accepted;
	accepted += slot->sender->finish(sender);
	r = turns->settled(turns->context, before.intact + (uint64_t)accepted,
			   &before);
	if (r < 0)
		return r;
	bench_cost_begin(&cost);
	accepted = send_for(slot, sender, (uint64_t)(seconds * 1e9));
	if (accepted < 0)
		return (int)accepted;
	accepted += slot->sender->finish(sender);
	out->seconds = bench_cost_seconds(&cost);
	out->cpu_s = bench_cost_spent(&cost);
	r = turns->settled(turns->context, before.intact + (uint64_t)accepted,
			   &after);
	out->accepted = (uint64_t)accepted;
	out->arrived = after.intact - before.intact;
	out->damaged = after.damaged - before.damaged;
	return r;
}

static int run_slot(const struct bench_turns *turns,
		    const struct bench_slot *slot,
		    const struct bench_options *options, struct figures *out,
		    struct irl_error *err)
{
	struct bench_sender_options open = turns->open;
	void *sender;
	int r;

	open.kind = slot->sender->kind;
	open.batch = slot->batch;
	open.length = options->frame_bytes;
	r = slot->sender->open(&sender, &open, err);
	if (r < 0)
		return r;
	r = measure(turns, slot, sender, options->seconds, out);
	slot->sender->close(sender);
	if (r < 0)
		return irl_error_set(err, r == -IRL_ENOTSUP ? IRL_ESYSTEM : -r,
				     "%s could not send", slot->sender->name);
	return 0;
}

static void note(struct bench_report *report, const struct bench_slot *slot,
		 const struct figures *f)
{
	bool limit = slot->sender->is_limit;
	struct bench_row *row =
	    bench_report_row(report, slot->sender->name, limit ? NULL : "batch",
			     limit ? 0 : slot->batch);
	double arrived = f->arrived ? (double)f->arrived : 1;

	bench_row_add(row, "mpps", (double)f->arrived / f->seconds * 1e-6);
	bench_row_add(row, "cpu_ns_per_frame", f->cpu_s * 1e9 / arrived);
	bench_row_add(row, "cores", f->cpu_s / f->seconds);
	bench_row_add(row, "lost", (double)f->accepted - (double)f->arrived);
}

static int check_lists(const struct bench_sender *const senders[],
		       unsigned count, const struct bench_options *options,
		       struct irl_error *err)
{
	static const char *const sizes[BATCHES] = {"1",  "4",   "16",
						   "64", "256", "1024"};
	const char *names[SENDERS_MAX] = {0};
	int r;

	for (unsigned i = 0; i < count; i++)
		names[i] = senders[i]->name;
	r = bench_check_list(options->contenders, names, count, "contender",
			     err);
	return r < 0 ? r
		     : bench_check_list(options->batches, sizes, BATCHES,
					"batch of", err);
}

static void add_slots(struct bench_turns *turns,
		      const struct bench_sender *sender,
		      const struct bench_options *options)
{
	if (sender->batch_usual) {
		turns->slot[turns->count++] = (struct bench_slot){
		    .sender = sender, .batch = sender->batch_usual};
		return;
	}
	for (unsigned b = 0; b < BATCHES; b++) {
		char text[16];

		snprintf(text, sizeof(text), "%u", batches[b]);
		if (batches[b] <= sender->batch_max &&
		    bench_wanted(options->batches, text))
			turns->slot[turns->count++] = (struct bench_slot){
			    .sender = sender, .batch = batches[b]};
	}
}

int bench_turns_init(struct bench_turns *turns,
		     const struct bench_sender *const senders[], unsigned count,
		     const struct bench_options *options, struct irl_error *err)
{
	int r = check_lists(senders, count, options, err);

	turns->count = 0;
	for (unsigned s = 0; r == 0 && s < count; s++)
		if (bench_wanted(options->contenders, senders[s]->name))
			add_slots(turns, senders[s], options);
	if (r == 0 && !turns->count)
		return irl_error_set(err, IRL_EINVAL,
				     "no contender of that name and batch");
	return r;
}

/* Whoever names a contender wants to know why it does not run. */
static bool may_be_absent(const struct bench_options *options, int error)
{
	return error == -IRL_ENOTSUP && !options->contenders;
}

static int turn(struct bench_turns *turns, struct bench_slot *slot,
		unsigned round, struct bench_report *report,
		const struct bench_options *options, struct irl_error *err)
{
	struct figures f = {0};
	int r = run_slot(turns, slot, options, &f, err);

	if (r < 0 && may_be_absent(options, r)) {
		slot->absent = true;
		bench_report_absent(report, slot->sender->name, err->text);
		return 0;
	}
	if (r < 0)
		return r;
	bench_say(options, "\rround %u of %u, %s %u: %.3f Mpps\033[K", round,
		  options->rounds, slot->sender->name, slot->batch,
		  (double)f.arrived / f.seconds * 1e-6);
	if (round)
		note(report, slot, &f);
	return 0;
}

int bench_turns_run(struct bench_turns *turns, struct bench_report *report,
		    const struct bench_options *options, struct irl_error *err)
{
	for (unsigned round = 0; round <= options->rounds; round++)
		for (unsigned i = 0; i < turns->count; i++) {
			int r = 0;

			if (!turns->slot[i].absent)
				r = turn(turns, &turns->slot[i], round, report,
					 options, err);
			if (r < 0)
				return r;
		}
	bench_say(options, "\r\033[K");
	return 0;
}
