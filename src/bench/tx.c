// SPDX-License-Identifier: BSD-2-Clause
/* Frames made in user space, one core, all processor time counted. */
#include "bench/alternate.h"
#include "bench/stage.h"

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

static int settled(void *stage, uint64_t expected, struct bench_seen *out)
{
	(void)expected;
	*out = bench_stage_settled(stage);
	return 0;
}

int bench_tx(struct bench_report *report, const struct bench_options *options,
	     struct irl_error *err)
{
	struct bench_stage_options where;
	struct bench_stage stage;
	struct bench_turns turns = {
	    .open = {.stage = &stage, .ifname = IRL_WORLD_SCANNER_LINK},
	    .settled = settled,
	    .context = &stage,
	};
	int r = bench_turns_init(&turns, senders, SENDERS, options, err);

	if (r < 0)
		return r;
	bench_report_init(report, "tx", options->rounds);
	bench_stage_options_init(&where);
	where.length = options->frame_bytes;
	where.core = options->core;
	r = bench_stage_open(&stage, &where, err);
	if (r < 0)
		return r;
	r = bench_turns_run(&turns, report, options, err);
	bench_stage_close(&stage);
	if (r == 0)
		compare(report);
	return r;
}
