// SPDX-License-Identifier: BSD-2-Clause
/* What a fetch tells besides its records: progress, summary, metadata. */
#include <string.h>
#include <irl/net.h>
#include "base/os.h"
#include "fetch.h"

static unsigned long long u(uint64_t value)
{
	return value;
}

static uint64_t opened(const struct irl_fetch_counts *c)
{
	return c->connected + c->adopted;
}

/* ---- progress -------------------------------------------------------------
 */

int fetch_report_open(struct fetch_report *report, const struct fetch_job *job,
		      struct irl_error *err)
{
	const struct fetch_values *v = job->values;
	const struct progress_options options = {
	    .quiet = v->quiet,
	    .updates = v->status_updates,
	    .file = v->status_file,
	    .go_on = resume_goes_on(&cmd_fetch, v),
	    .header = "elapsed_s,percent,open,waiting,opened,rate,synack,acked,"
		      "service,unopened,probes,received,lost\n",
	};

	*report =
	    (struct fetch_report){.job = job, .begin_ns = report_wall_ns()};
	return progress_open(&report->progress, &options, err);
}

static void put_row(struct fetch_report *report,
		    const struct irl_fetch_progress *p)
{
	const struct irl_fetch_counts *c = &p->counts;
	char row[512];

	snprintf(row, sizeof(row),
		 "%.1f,%.2f,%u,%u,%llu,%.0f,%llu,%llu,%llu,%llu,%llu,%llu,"
		 "%llu\n",
		 p->elapsed_s, p->percent < 0 ? 0 : p->percent, p->open,
		 p->waiting, u(opened(c)), p->rate,
		 u(c->state[IRL_FETCH_SYNACK]), u(c->state[IRL_FETCH_ACKED]),
		 u(c->state[IRL_FETCH_SERVICE]), u(c->state[IRL_FETCH_NONE]),
		 u(c->probes_accepted), u(c->received), u(c->lost));
	progress_row(&report->progress, row);
}

void fetch_report_status(struct fetch_report *report,
			 const struct irl_fetch_progress *p)
{
	const struct irl_fetch_counts *c = &p->counts;
	char percent[16] = "", line[256];
	unsigned s = (unsigned)p->elapsed_s;

	put_row(report, p);
	if (p->percent >= 0)
		snprintf(percent, sizeof(percent), " %.0f%%", p->percent);
	snprintf(line, sizeof(line),
		 "%u:%02u%s%s; open: %u, %u waiting; opened: %llu, %.0f/s; "
		 "synack: %llu; acked: %llu; service: %llu; unopened: %llu; "
		 "lost: %llu",
		 s / 60, s % 60, percent, p->stopping ? " (stopping)" : "",
		 p->open, p->waiting, u(opened(c)), p->rate,
		 u(c->state[IRL_FETCH_SYNACK]), u(c->state[IRL_FETCH_ACKED]),
		 u(c->state[IRL_FETCH_SERVICE]), u(c->state[IRL_FETCH_NONE]),
		 u(c->lost));
	progress_line(&report->progress, line);
}

int fetch_report_close(struct fetch_report *report, struct irl_error *err)
{
	report->end_ns = report_wall_ns();
	return progress_close(&report->progress, err);
}

/* ---- summary --------------------------------------------------------------
 */

bool fetch_report_wants_summary(const struct fetch_values *v)
{
	if (v->quiet || v->verbosity < 3)
		return false;
	return v->verbosity > 3 || irl_os_is_terminal(2);
}

static void print_probes(FILE *out, const struct irl_fetch_counts *c)
{
	fprintf(out,
		"probes    %llu = %llu accepted + %llu skipped + %llu without "
		"neighbour + %llu given up\n",
		u(c->probes), u(c->probes_accepted), u(c->probes_skipped),
		u(c->probes_no_neighbour), u(c->probes_given_up));
	fprintf(out,
		"answers   %llu SYN-ACKs = %llu adopted + %llu queued + %llu "
		"repeats + %llu crowded + %llu too late + %llu unfit; %llu "
		"closed, %llu unreachable, %llu invalid\n",
		u(c->synacks), u(c->adopted), u(c->queued), u(c->repeats),
		u(c->crowded), u(c->too_late), u(c->unfit), u(c->closed),
		u(c->unreachable), u(c->invalid));
}

/* With probes, those whose SYN-ACK met a cap. */
static void print_targets(FILE *out, const struct fetch_job *job,
			  const struct irl_fetch_counts *c)
{
	fprintf(out, "%s %llu = %llu connected",
		job->options.probe ? "queued   " : "targets  ", u(c->targets),
		u(c->connected));
	for (unsigned i = 0; i < IRL_FETCH_CAUSES; i++)
		if (c->not_opened[i])
			fprintf(out, " + %llu %s", u(c->not_opened[i]),
				irl_fetch_cause_name((enum irl_fetch_cause)i));
	fprintf(out, "; %llu waited for a cap", u(c->deferred));
	if (job->list)
		fprintf(out, "; %llu excluded, %llu bad lines",
			u(job->excluded), u(job->bad_lines));
	fputc('\n', out);
}

static void print_outcomes(FILE *out, const struct irl_fetch_counts *c)
{
	fprintf(out, "opened    %llu:", u(opened(c)));
	for (unsigned i = 0; i < IRL_TCP_OUTCOMES; i++)
		if (c->ended[i])
			fprintf(out, " %llu %s", u(c->ended[i]),
				irl_tcp_outcome_name((enum irl_tcp_outcome)i));
	fprintf(out,
		"\nstates    %llu SYN-ACK only, %llu acknowledged data, %llu "
		"spoke, %llu unopened\nstatus   ",
		u(c->state[IRL_FETCH_SYNACK]), u(c->state[IRL_FETCH_ACKED]),
		u(c->state[IRL_FETCH_SERVICE]), u(c->state[IRL_FETCH_NONE]));
	for (unsigned i = 0; i < IRL_PROTO_STATUSES; i++)
		if (c->status[i])
			fprintf(
			    out, " %llu %s", u(c->status[i]),
			    irl_proto_status_name((enum irl_proto_status)i));
	if (c->redirects)
		fprintf(out, "; %llu redirects", u(c->redirects));
	fputc('\n', out);
}

static void print_frames(FILE *out, const struct irl_fetch_counts *c)
{
	fprintf(out,
		"received  %llu: %llu of connections, %llu answers to probes, "
		"%llu stray, %llu foreign, bad: %llu form, %llu checksum, %llu "
		"fragment; %llu lost\n"
		"sent      %llu of %llu made, %llu again, %llu given up; %llu "
		"retransmitted, %llu resets to strays\n",
		u(c->received), u(c->taken),
		u(c->synacks + c->closed + c->unreachable), u(c->stray),
		u(c->foreign), u(c->form), u(c->checksum), u(c->fragment),
		u(c->lost), u(c->sent), u(c->made), u(c->again), u(c->given_up),
		u(c->retransmitted), u(c->resets));
}

void fetch_report_summary(FILE *out, const struct fetch_job *job,
			  const struct irl_fetch_result *r, uint64_t written)
{
	double cpu = r->cpu_user_s + r->cpu_system_s + r->cpu_softirq_s;

	fprintf(out, "interface %s, port %s%s\n", r->ifname, r->port,
		!job->options.probe ? ""
		: r->in_kernel      ? ", probes made in the kernel"
				    : ", probes made in user space");
	if (job->options.probe)
		print_probes(out, &r->counts);
	print_targets(out, job, &r->counts);
	print_outcomes(out, &r->counts);
	print_frames(out, &r->counts);
	fprintf(out,
		"time      %.2f s, %.0f connections/s; %llu bytes received; "
		"%llu records written; CPU %.2f s (user %.2f, system %.2f, "
		"softirq %.2f)\n",
		r->seconds,
		r->seconds > 0 ? (double)opened(&r->counts) / r->seconds : 0,
		u(r->counts.bytes), u(written), cpu, r->cpu_user_s,
		r->cpu_system_s, r->cpu_softirq_s);
	fetch_end_summary(out, job, r);
	fprintf(out, "ledger    %s\n",
		*r->imbalance ? r->imbalance : "balances");
}

/* ---- metadata -------------------------------------------------------------
 */

/* Each counter's name and place. */
#define COUNT(name)                                                            \
	{                                                                      \
#name, offsetof(struct irl_fetch_counts, name)                 \
	}
static const struct {
	const char *name;
	size_t at;
} counters[] = {
    COUNT(connected),       COUNT(deferred),       COUNT(probes),
    COUNT(probes_accepted), COUNT(probes_skipped), COUNT(probes_no_neighbour),
    COUNT(probes_given_up), COUNT(probes_refused), COUNT(probes_again),
    COUNT(synacks),         COUNT(adopted),        COUNT(queued),
    COUNT(repeats),         COUNT(crowded),        COUNT(too_late),
    COUNT(unfit),           COUNT(redirects),      COUNT(told),
    COUNT(untold),          COUNT(bytes),          COUNT(short_of_memory),
    COUNT(received),        COUNT(taken),          COUNT(stray),
    COUNT(unreachable),     COUNT(foreign),        COUNT(form),
    COUNT(checksum),        COUNT(fragment),       COUNT(lost),
    COUNT(answered),        COUNT(closed),         COUNT(invalid),
    COUNT(others),          COUNT(resets),         COUNT(throttled),
    COUNT(passed),          COUNT(made),           COUNT(sent),
    COUNT(refused),         COUNT(again),          COUNT(given_up),
    COUNT(retransmitted),   COUNT(tx_unknown),
};

/* Who waited for a connection behind its probe is in both. */
static uint64_t all_targets(const struct fetch_job *job,
			    const struct irl_fetch_counts *c)
{
	return job->options.probe ? c->probes + c->targets - c->queued
				  : c->targets;
}

static void put_counts(struct irl_json *j, const struct fetch_job *job,
		       const struct irl_fetch_counts *c)
{
	irl_json_object(j, "counts");
	irl_json_uint(j, "targets", all_targets(job, c));
	for (size_t i = 0; i < CLI_COUNT_OF(counters); i++)
		irl_json_uint(
		    j, counters[i].name,
		    *(const uint64_t *)((const char *)c + counters[i].at));
	irl_json_object(j, "not_opened");
	for (unsigned i = 0; i < IRL_FETCH_CAUSES; i++)
		irl_json_uint(j, irl_fetch_cause_name((enum irl_fetch_cause)i),
			      c->not_opened[i]);
	irl_json_end_object(j);
	irl_json_object(j, "ended");
	for (unsigned i = 0; i < IRL_TCP_OUTCOMES; i++)
		irl_json_uint(j, irl_tcp_outcome_name((enum irl_tcp_outcome)i),
			      c->ended[i]);
	irl_json_end_object(j);
	irl_json_object(j, "state");
	for (unsigned i = 0; i < IRL_FETCH_STATES; i++)
		irl_json_uint(j, irl_fetch_state_name((enum irl_fetch_state)i),
			      c->state[i]);
	irl_json_end_object(j);
	irl_json_object(j, "status");
	for (unsigned i = 0; i < IRL_PROTO_STATUSES; i++)
		irl_json_uint(j,
			      irl_proto_status_name((enum irl_proto_status)i),
			      c->status[i]);
	irl_json_end_object(j);
	irl_json_end_object(j);
}

static void put_network(struct irl_json *j, const struct irl_fetch_result *r)
{
	char text[IRL_IP_TEXT];

	irl_json_object(j, "network");
	irl_json_string(j, "interface", r->ifname);
	irl_json_string(j, "port", r->port);
	irl_json_string(j, "residence", r->in_kernel ? "kernel" : "user");
	report_put_address(j, "source", r->source_addr);
	irl_json_string(j, "source6",
			irl_ip_is_none(&r->source6)
			    ? NULL
			    : irl_ip_text(&r->source6, text));
	report_put_address(j, "gateway", r->gateway);
	irl_json_uint(j, "source_port_first", r->port_first);
	irl_json_uint(j, "source_port_last", r->port_last);
	irl_json_end_object(j);
}

static void put_run(struct irl_json *j, const struct fetch_report *report,
		    const struct irl_fetch_result *r)
{
	const struct fetch_job *job = report->job;
	char seed[24];

	/* A string: as a number jq and JavaScript would round it. */
	snprintf(seed, sizeof(seed), "%llu", u(job->options.scan.seed));
	irl_json_string(j, "seed", seed);
	report_put_time(j, "begin", report->begin_ns);
	report_put_time(j, "end", report->end_ns);
	irl_json_real(j, "seconds", r->seconds);
	irl_json_object(j, "cpu_seconds");
	irl_json_real(j, "user", r->cpu_user_s);
	irl_json_real(j, "system", r->cpu_system_s);
	irl_json_real(j, "softirq", r->cpu_softirq_s);
	irl_json_end_object(j);
	irl_json_uint(j, "first", r->first);
	irl_json_uint(j, "next", r->next);
	irl_json_bool(j, "complete", r->complete);
	irl_json_string(j, "ended_by", fetch_end_limit(job, r));
	irl_json_uint(j, "excluded", job->excluded);
	irl_json_uint(j, "bad_lines", job->bad_lines);
}

int fetch_report_metadata(const struct fetch_report *report,
			  const struct irl_fetch_result *r, int exit_code,
			  uint64_t written, const struct irl_error *failure,
			  struct irl_error *err)
{
	const struct fetch_job *job = report->job;
	struct irl_json j = {0};
	int rc;

	irl_json_object(&j, NULL);
	irl_json_string(&j, "program", "irl fetch");
	irl_json_string(&j, "version", IRL_VERSION);
	irl_json_string(&j, "notes", job->values->notes);
	put_run(&j, report, r);
	irl_json_uint(&j, "exit_code", (uint64_t)exit_code);
	irl_json_string(&j, "error", failure->code ? failure->text : NULL);
	put_network(&j, r);
	put_counts(&j, job, &r->counts);
	irl_json_uint(&j, "records_written", written);
	irl_json_object(&j, "ledger");
	irl_json_bool(&j, "balances", !*r->imbalance);
	irl_json_string(&j, "imbalance", *r->imbalance ? r->imbalance : NULL);
	irl_json_end_object(&j);
	report_put_host(&j);
	report_put_options(&j, &cmd_fetch, job->values, job->operand_count,
			   job->operands);
	irl_json_end_object(&j);
	rc = report_write(&j, job->values->metadata_file,
			  resume_goes_on(&cmd_fetch, job->values), err);
	irl_json_fini(&j);
	return rc;
}
