// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "engine/ledger.h"
#include "engine/progress.h"
#include "engine/scan.h"

/* Of this pass, 0 .. 1. */
static double share_done(const struct irl_scan *scan)
{
	uint64_t all = scan->supply.end - scan->supply.first;
	uint64_t done = irl_supply_next(&scan->supply) - scan->supply.first;

	return all ? (double)done / (double)all : 1;
}

/* Time for sending so far and to come, were later passes as long as this. */
static void set_progress(const struct irl_scan *scan, uint64_t now,
			 struct irl_scan_status *status)
{
	double cooldown = scan->options.cooldown_s;
	double share = share_done(scan), left = status->passes - status->pass;
	double spent = (double)(now - scan->pass_start_ns) / 1e9;
	double quiet =
	    scan->cooldown ? (double)(now - scan->sending_ended_ns) / 1e9 : 0;
	double each = share > 0 ? (spent - quiet) / share : -1;

	status->percent =
	    100 * ((double)(status->pass - 1) + share) / status->passes;
	if (each < 0) {
		status->remaining_s = -1;
		return;
	}
	status->remaining_s = each * (1 - share) + left * (each + cooldown) +
			      (cooldown > quiet ? cooldown - quiet : 0);
}

static void tell(struct irl_scan *scan, uint64_t now,
		 const struct irl_scan_counts *counts)
{
	struct irl_scan_status status = {.counts = *counts,
					 .pass = scan->pass,
					 .passes = scan->options.passes,
					 .cooldown = scan->cooldown,
					 .link_down = irl_scan_link_down(scan)};
	uint64_t send_ns = scan->send_ns;

	if (scan->pass_start_ns && !scan->cooldown)
		send_ns += now - scan->pass_start_ns;
	else if (!scan->over && scan->cooldown)
		send_ns += scan->sending_ended_ns - scan->pass_start_ns;
	status.elapsed_s = (double)(now - scan->start_ns) / 1e9;
	if (now > scan->status_ns)
		status.rate_pps =
		    (double)(counts->accepted - scan->status_accepted) * 1e9 /
		    (double)(now - scan->status_ns);
	if (send_ns)
		status.rate_average_pps =
		    (double)counts->accepted * 1e9 / (double)send_ns;
	set_progress(scan, now, &status);
	status.next =
	    scan->pass > 1 ? scan->supply.end : irl_supply_next(&scan->supply);
	status.settled = scan->pass > 1 ? scan->supply.end : scan->settled;
	scan->status_ns = now;
	scan->status_accepted = counts->accepted;
	scan->events->status(scan->events->context, &status);
}

void irl_progress_tick(struct irl_scan *scan, uint64_t now_ns)
{
	struct irl_scan_counts counts;
	bool stop = irl_scan_stopping(scan) && !scan->stop_told;

	if (!scan->events->status ||
	    (now_ns - scan->status_ns < IRL_NS_PER_S && !stop))
		return;
	scan->stop_told |= stop;
	irl_ledger_counts(scan, &counts);
	tell(scan, now_ns, &counts);
}

void irl_progress_end(struct irl_scan *scan,
		      const struct irl_scan_counts *counts)
{
	if (scan->events->status)
		tell(scan, irl_clock_ns(), counts);
}
