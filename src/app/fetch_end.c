// SPDX-License-Identifier: BSD-2-Clause
/* What a fetch leaves undone: after an interrupt or a limit, how to go on. */
#include "fetch.h"
#include "interrupt.h"
#include "report.h"

static uint64_t end_of_shard(const struct fetch_job *job)
{
	return job->scan.shard_first + job->scan.shard_count;
}

const char *fetch_end_limit(const struct fetch_job *job,
			    const struct irl_fetch_result *r)
{
	double limit = job->values->max_runtime;

	if (r->complete)
		return !job->list && job->scan.end < end_of_shard(job)
			   ? "max-targets"
			   : NULL;
	return !interrupt_seen() && limit > 0 && r->seconds >= limit
		   ? "max-runtime"
		   : NULL;
}

/* What most likely kept the probes from their rate. */
static void print_brake(FILE *out, const struct fetch_job *job,
			const struct irl_fetch_result *r)
{
	const struct irl_fetch_counts *c = &r->counts;
	/* Softirq is the whole machine's, so it may not be ours. */
	double cpu = r->cpu_user_s + r->cpu_system_s;

	if (c->probes_refused > c->probes_accepted / 100)
		fprintf(out, "%s refused %llu frames\n", r->ifname,
			(unsigned long long)c->probes_refused);
	else if (report_is_busy(cpu, r->seconds, job->options.scan.workers))
		fputs("the processor was busy with the fetch; add --workers, "
		      "or cores\n",
		      out);
	else
		fprintf(out,
			"probes waited, for %sroom for connections "
			"(--max-connections, caps), for records to be written "
			"or for a processor that others used\n",
			job->list ? "the list, for " : "");
}

static void print_rate(FILE *out, const struct fetch_job *job,
		       const struct irl_fetch_result *r)
{
	double asked = job->options.scan.rate_pps, reached;

	if (!job->options.probe ||
	    !report_missed_rate(asked, r->counts.probes_accepted,
				r->probe_seconds, &reached))
		return;
	fprintf(out, "rate      %.0f probes/s of %.0f/s asked for: ", reached,
		asked);
	print_brake(out, job, r);
}

void fetch_end_summary(FILE *out, const struct fetch_job *job,
		       const struct irl_fetch_result *r)
{
	const char *limit = fetch_end_limit(job, r);
	char with[REPORT_ONWARD];

	print_rate(out, job, r);
	if (!limit || report_is_clock(limit))
		return;
	fprintf(out,
		"ended     by --%s after %llu of %llu targets; continue with a "
		"larger --max-targets, else %s\n",
		limit, (unsigned long long)(r->next - job->scan.shard_first),
		(unsigned long long)job->scan.shard_count,
		report_onward(with, job->options.scan.seed, r->next));
}

/* Of connections nothing is lost for good: TCP sends it again.  Nobody sends an
 * answer to a probe again but its sender, and with a resume file the next part
 * has those for whom there was no room. */
void fetch_end_warn(const struct fetch_job *job,
		    const struct irl_fetch_result *r)
{
	const struct fetch_values *v = job->values;

	if (!v->verbosity || !job->options.probe)
		return;
	report_lost("fetch", r->counts.lost, "--scan-rate",
		    r->probe_seconds > 0
			? (double)r->counts.probes_accepted / r->probe_seconds
			: 0,
		    r->port, "fetch once more");
	if (r->complete && r->counts.too_late)
		cli_complain("fetch",
			     "%llu SYN-ACKs came after the cooldown and were "
			     "not followed: raise the --cooldown-time, or "
			     "lower the --scan-rate",
			     (unsigned long long)r->counts.too_late);
	if (r->counts.crowded && !v->resume)
		cli_complain("fetch",
			     "%llu targets answered, but there was no room for "
			     "them to wait for their connection: lower the "
			     "--scan-rate, raise the --rate, or give a "
			     "--resume file, which keeps them for another part",
			     (unsigned long long)r->counts.crowded);
}

struct resume_job fetch_end_job(struct fetch_job *job)
{
	/* What an earlier part has read is read again first: until then all is
	 * as that has left it. */
	if (job->list && job->read < job->values->start)
		snprintf(job->hash, sizeof(job->hash), "%s",
			 job->values->targets_hash);
	else if (job->list)
		snprintf(job->hash, sizeof(job->hash), "%016llx",
			 (unsigned long long)job->read_hash);
	return (struct resume_job){
	    .command = &cmd_fetch,
	    .values = job->values,
	    .operands = job->operands,
	    .operand_count = job->operand_count,
	    .seed = job->options.scan.seed,
	    .hash = job->list ? job->hash : job->scan.hash,
	    .first = job->list ? 0 : job->scan.shard_first,
	    .count = job->list ? 0 : job->scan.shard_count};
}

#define ONWARD (REPORT_ONWARD + 16)

/* A position says only that all before it are done. */
static const char *onward(char text[ONWARD], const struct fetch_job *job,
			  const struct irl_fetch_place *place)
{
	uint64_t next = place->again_count ? place->again[0] : place->next;
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

struct irl_fetch_place fetch_end_place(const struct fetch_job *job,
				       const struct irl_fetch_place *place,
				       uint64_t *last)
{
	struct irl_fetch_place p = *place;

	*last = job->scan.end - 1;
	if (job->list || p.next != job->scan.end || !p.again_count)
		return p;
	p.next = *last;
	if (p.again[p.again_count - 1] != *last) {
		p.done = last;
		p.done_count = 1;
	}
	return p;
}

int fetch_end_early(struct fetch_job *job, const char *why,
		    const struct irl_fetch_place *place)
{
	const struct resume_job resume = fetch_end_job(job);
	uint64_t last;
	const struct irl_fetch_place at = fetch_end_place(job, place, &last);
	const char *file = job->values->resume;
	struct irl_error err = {0};
	char text[ONWARD];

	if (!file) {
		cli_complain("fetch", "%s; %s", why, onward(text, job, place));
		return CLI_AGAIN;
	}
	if (resume_write(&resume, &at, &err)) {
		cli_complain("fetch", "%s; %s; %s", why, err.text,
			     onward(text, job, place));
		return CLI_FAILED;
	}
	cli_complain("fetch", "%s; continue with: irl fetch --resume %s", why,
		     file);
	return CLI_AGAIN;
}

static int save_end(struct fetch_job *job, uint64_t next)
{
	const struct resume_job resume = fetch_end_job(job);

	return resume_write_end(&resume, job->list ? next : job->scan.end);
}

/* The clock came after the last of a set. */
static bool nothing_left(const struct fetch_job *job,
			 const struct irl_fetch_place *place)
{
	return job->values->resume && !job->list &&
	       place->next == job->scan.end && !place->again_count;
}

/* All have been taken, but some found no room, and may another time. */
static int some_left(struct fetch_job *job, const struct irl_fetch_place *place)
{
	char why[96];

	snprintf(why, sizeof(why),
		 "%zu of the targets found no room or no source port",
		 place->again_count);
	return fetch_end_early(job, why, place);
}

int fetch_end(struct fetch_job *job, const struct irl_fetch_result *r,
	      const struct irl_fetch_place *place)
{
	const char *limit = fetch_end_limit(job, r);
	char text[ONWARD], why[96];

	if (job->values->resume && r->complete && place->again_count)
		return some_left(job, place);
	if (!report_is_clock(limit) || nothing_left(job, place))
		return save_end(job, place->next);
	snprintf(why, sizeof(why), "ended by --%s", limit);
	if (!job->list)
		snprintf(why, sizeof(why),
			 "ended by --%s after %llu of %llu targets", limit,
			 (unsigned long long)resume_done(place,
							 job->scan.shard_first),
			 (unsigned long long)job->scan.shard_count);
	if (job->values->resume)
		return fetch_end_early(job, why, place);
	if (job->values->verbosity)
		cli_complain("fetch", "%s; %s", why, onward(text, job, place));
	return CLI_DONE;
}
