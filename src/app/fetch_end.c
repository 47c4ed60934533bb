// SPDX-License-Identifier: BSD-2-Clause
/* What a fetch leaves undone: after an interrupt or a limit, how to go on. */
#include "fetch.h"
#include "interrupt.h"
#include "report.h"

const char *fetch_end_limit(const struct fetch_job *job,
			    const struct irl_fetch_result *r)
{
	double limit = job->values->max_runtime;

	return !r->complete && !interrupt_seen() && limit > 0 &&
		       r->seconds >= limit
		   ? "max-runtime"
		   : NULL;
}

#define ONWARD (REPORT_ONWARD + 16)

static const char *onward(char text[ONWARD], const struct fetch_job *job,
			  uint64_t next)
{
	char with[REPORT_ONWARD];

	if (job->list)
		return "done are those targets of the list that have a record "
		       "whose error is not \"stopped\"";
	if (next == job->scan.end)
		return "no target is left";
	snprintf(text, ONWARD, "continue with %s",
		 report_onward(with, job->options.scan.seed, next));
	return text;
}

void fetch_end_interrupted(const struct fetch_job *job, uint64_t next)
{
	char text[ONWARD];

	cli_complain("fetch", "interrupted; %s", onward(text, job, next));
}

void fetch_end_warn(const struct fetch_job *job,
		    const struct irl_fetch_result *r)
{
	const char *limit = fetch_end_limit(job, r);
	char text[ONWARD];

	if (!limit || !job->values->verbosity)
		return;
	if (job->list)
		cli_complain("fetch", "ended by --%s; %s", limit,
			     onward(text, job, r->next));
	else
		cli_complain(
		    "fetch", "ended by --%s after %llu of %llu targets; %s",
		    limit,
		    (unsigned long long)(r->next - job->scan.shard_first),
		    (unsigned long long)job->scan.shard_count,
		    onward(text, job, r->next));
}
