// SPDX-License-Identifier: BSD-2-Clause
/* The paper's Table 1 and 3: datagrams to the far end of a cable. */
#include <stdlib.h>
#include "bench/alternate.h"
#include "bench/peer_windows.h"
#include "bench/senders_windows.h"

static const struct bench_sender *const senders[] = {
    &bench_irlstack,
    &bench_xdpwin,
    &bench_sendto,
    &bench_sendto_one,
    &bench_wsasendto,
    &bench_wsasendto_one,
    &bench_rio,
    &bench_rio_one,
    &bench_pcap_sendpacket,
    &bench_pcap_sendqueue,
};
#define SENDERS (sizeof(senders) / sizeof(senders[0]))

static int settled(void *context, uint64_t expected, struct bench_seen *out)
{
	struct bench_far_count count;
	int r = bench_peer_settled(context, expected, &count);

	*out = (struct bench_seen){0};
	if (r < 0)
		return r;
	out->intact = count.frames + count.full;
	out->damaged = count.damaged;
	return 0;
}

/* The paper has factors of 92-174 and 4.7-6.7, of its day; nothing is asked for
 * before it has been measured. */
static void compare(struct bench_report *report)
{
	bench_report_ratio(report, "irlstack/sendto", "irlstack", 256, "sendto",
			   1, 0);
	bench_report_ratio(report, "irlstack/wsasendto", "irlstack", 256,
			   "wsasendto", 64, 0);
	bench_report_ratio(report, "irlstack/rio", "irlstack", 256, "rio", 256,
			   0);
	bench_report_ratio(report, "irlstack/pcap_sendpacket", "irlstack", 256,
			   "pcap_sendpacket", 1, 0);
	bench_report_ratio(report, "irlstack/pcap_sendqueue", "irlstack", 256,
			   "pcap_sendqueue", 256, 0);
	bench_report_ratio(report, "xdpwin/irlstack", "xdpwin", 256, "irlstack",
			   256, 0);
	bench_report_ratio(report, "irlstack 256/1", "irlstack", 256,
			   "irlstack", 1, 0);
}

int bench_tx(struct bench_report *report, const struct bench_options *options,
	     struct irl_error *err)
{
	struct bench_peer peer;
	struct bench_turns turns = {
	    .open = {.peer = &peer, .ifname = peer.ifname},
	    .settled = settled,
	    .context = &peer,
	};
	int r = bench_turns_init(&turns, senders, SENDERS, options, err);

	if (r < 0)
		return r;
	bench_report_init(report, "tx", options->rounds);
	r = bench_pin(options->core, err);
	if (r == 0)
		r = bench_peer_open(&peer, options->peer, err);
	if (r < 0)
		return r;
	r = bench_turns_run(&turns, report, options, err);
	bench_peer_close(&peer);
	if (r == 0)
		compare(report);
	return r;
}
