// SPDX-License-Identifier: BSD-2-Clause
/* What a scan leaves undone: after which limit, what was lost, which rate it
 * missed. */
#include <string.h>
#include "report.h"
#include "scan.h"

static uint64_t end_of_shard(const struct scan_job *job)
{
	return job->shard_first + job->shard_count;
}

const char *scan_end_limit(const struct scan_job *job,
			   const struct irl_scan_result *r)
{
	const struct scan_values *v = job->values;

	if (!r->complete && v->max_results &&
	    r->counts.successes >= v->max_results)
		return "max-results";
	if (!r->complete && v->max_runtime > 0 &&
	    r->send_seconds >= v->max_runtime)
		return "max-runtime";
	return r->complete && job->end < end_of_shard(job) ? "max-targets"
							   : NULL;
}

/* What most likely kept the scan from its rate. */
static void print_brake(FILE *out, const struct scan_job *job,
			const struct irl_scan_result *r, double reached)
{
	const struct irl_scan_counts *c = &r->counts;
	uint64_t refused = report_sum(c->refused, IRL_TX_STATUSES);

	if (r->rate_pps > 0 && reached >= REPORT_NEAR * r->rate_pps)
		fprintf(out, "%s carries no more than %.0f/s\n", r->ifname,
			r->rate_pps);
	else if (refused > c->accepted / 100)
		fprintf(out, "%s refused %llu frames\n", r->ifname,
			(unsigned long long)refused);
	else if (report_is_busy(r->send_cpu_s, r->send_seconds,
				job->options.workers))
		fputs("the processor was busy with the scan; add --workers, or "
		      "cores\n",
		      out);
	else
		fputs("the scan waited, for the link, for results to be "
		      "written or for a processor that others used\n",
		      out);
}

static void print_rate(FILE *out, const struct scan_job *job,
		       const struct irl_scan_result *r)
{
	double asked = job->options.rate_pps, reached;

	if (!report_missed_rate(asked, r->counts.accepted, r->send_seconds,
				&reached))
		return;
	fprintf(out, "rate      %.0f/s of %.0f/s asked for: ", reached, asked);
	print_brake(out, job, r, reached);
}

#define END_TEXT 4608 /* a path and some words */

/* How far it came, and how to go on. */
static const char *end_text(char text[END_TEXT], const struct scan_job *job,
			    const struct irl_scan_result *r, unsigned pass,
			    const char *limit)
{
	const char *file = job->values->resume, *more = "";
	char with[REPORT_ONWARD];

	if (!r->complete && r->next == job->end) {
		snprintf(text, END_TEXT,
			 "by --%s in pass %u of %u, which cannot be resumed",
			 limit, pass, job->options.passes);
		return text;
	}
	if (r->next == job->end) {
		more = "a larger --max-targets, else ";
		file = NULL;
	}
	report_onward(with, job->options.seed, r->next);
	snprintf(text, END_TEXT,
		 "by --%s after %llu of %llu targets; continue with %s%s%s",
		 limit, (unsigned long long)(r->next - job->shard_first),
		 (unsigned long long)job->shard_count, more,
		 file ? "irl scan --resume " : "", file ? file : with);
	return text;
}

void scan_end_summary(FILE *out, const struct scan_job *job,
		      const struct irl_scan_result *r, unsigned pass)
{
	const char *limit = scan_end_limit(job, r);
	char text[END_TEXT];

	print_rate(out, job, r);
	if (limit && !report_is_clock(limit))
		fprintf(out, "ended     %s\n",
			end_text(text, job, r, pass, limit));
}

/* Nobody has probed those, nor does resuming. */
static void warn_given_up(const struct irl_scan_result *r)
{
	uint64_t all = 0;
	char causes[200] = "";
	size_t n = 0;

	for (unsigned s = 0; s < IRL_TX_STATUSES; s++) {
		unsigned long long count = r->counts.given_up[s];

		all += count;
		if (count && n < sizeof(causes))
			n += (size_t)snprintf(
			    causes + n, sizeof(causes) - n, "%s%llu %s",
			    n ? ", " : "", count,
			    irl_tx_status_name((enum irl_tx_status)s));
	}
	if (all)
		cli_complain("scan",
			     "%llu targets were given up, not probed: %s "
			     "refused their frames time and again (%s); lower "
			     "the --rate, raise --retries, or scan once more",
			     (unsigned long long)all, r->ifname, causes);
}

void scan_end_warn(const struct scan_job *job, const struct irl_scan_result *r,
		   unsigned pass)
{
	const struct scan_values *v = job->values;
	const char *limit = scan_end_limit(job, r);
	char text[END_TEXT], remedy[96];

	if (!v->verbosity)
		return;
	if (report_is_clock(limit) && !v->resume)
		cli_complain("scan", "ended %s",
			     end_text(text, job, r, pass, limit));
	warn_given_up(r);
	snprintf(remedy, sizeof(remedy),
		 "probe again what stays silent: --passes %llu",
		 (unsigned long long)v->passes + 1);
	report_lost("scan", r->counts.lost, "--rate",
		    r->send_seconds > 0
			? (double)r->counts.accepted / r->send_seconds
			: 0,
		    r->port, remedy);
}
