// SPDX-License-Identifier: BSD-2-Clause
/* What a scan tells besides its records: progress, summary, metadata. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <irl/json.h>
#include "base/os.h"
#include "report.h"
#include "resume.h"
#include "scan.h"

/* ---- progress -------------------------------------------------------------
 */

int scan_report_open(struct scan_report *report, const struct scan_job *job,
		     struct irl_error *err)
{
	const struct scan_values *v = job->values;
	char header[512];
	const struct progress_options options = {
	    .quiet = v->quiet,
	    .updates = v->status_updates,
	    .file = v->status_file,
	    /* As the output, the next part adds to the one before. */
	    .go_on = resume_goes_on(&cmd_scan, v),
	    .header = header,
	};

	irl_status_csv_header(header, sizeof(header));
	*report =
	    (struct scan_report){.job = job, .begin_ns = report_wall_ns()};
	return progress_open(&report->progress, &options, err);
}

static double answers_pps(struct scan_report *report,
			  const struct irl_scan_status *status)
{
	uint64_t valid = report_sum(status->counts.valid, IRL_ANSWER_VERDICTS);
	double seconds = status->elapsed_s - report->last_elapsed_s;
	double pps =
	    seconds > 0 ? (double)(valid - report->last_valid) / seconds : 0;

	report->last_valid = valid;
	report->last_elapsed_s = status->elapsed_s;
	return pps;
}

/* Said once, and once more when it is over. */
static void tell_link(struct scan_report *report,
		      const struct irl_scan_status *status)
{
	if (status->link_down == report->link_down)
		return;
	report->link_down = status->link_down;
	if (!report->job->values->verbosity)
		return;
	progress_end_line(&report->progress);
	cli_complain("scan", "%s",
		     status->link_down
			 ? "the link is down: waiting for it to come back; "
			   "what it refuses is kept"
			 : "the link is back: going on");
}

void scan_report_status(struct scan_report *report,
			const struct irl_scan_status *status)
{
	double pps = answers_pps(report, status);
	char line[512];

	tell_link(report, status);
	irl_status_csv(line, sizeof(line), status, pps, report_wall_ns());
	progress_row(&report->progress, line);
	irl_status_line(line, sizeof(line), status, pps);
	progress_line(&report->progress, line);
}

int scan_report_close(struct scan_report *report, struct irl_error *err)
{
	report->end_ns = report_wall_ns();
	return progress_close(&report->progress, err);
}

/* ---- summary --------------------------------------------------------------
 */

bool scan_report_wants_summary(const struct scan_values *v)
{
	if (v->quiet || v->verbosity < 3)
		return false;
	return v->verbosity > 3 || irl_os_is_terminal(fileno(stderr));
}

static unsigned long long u(uint64_t value)
{
	return value;
}

static void print_causes(FILE *out, const uint64_t causes[IRL_TX_STATUSES])
{
	for (unsigned i = 0; i < IRL_TX_STATUSES; i++)
		if (causes[i])
			fprintf(out, " %s %llu",
				irl_tx_status_name((enum irl_tx_status)i),
				u(causes[i]));
}

static void print_sent(FILE *out, const struct irl_scan_counts *c)
{
	uint64_t given_up = report_sum(c->given_up, IRL_TX_STATUSES);

	fprintf(out,
		"sent      %llu targets = %llu accepted + %llu skipped + %llu "
		"without a neighbour + %llu unsent + %llu given up",
		u(c->targets), u(c->accepted), u(c->skipped),
		u(c->no_neighbour), u(c->unsent), u(given_up));
	print_causes(out, c->given_up);
	fprintf(out, "; %llu refused frames sent again\n", u(c->again));
}

static void print_received(FILE *out, const struct irl_scan_counts *c)
{
	const uint64_t *valid = c->valid, *invalid = c->invalid;

	fprintf(out,
		"received  %llu: %llu SYN-ACK, %llu RST, %llu ICMP; invalid: "
		"%llu cookie, %llu form, %llu flags; %llu other, %llu foreign, "
		"%llu lost\n",
		u(c->received), u(valid[IRL_ANSWER_SYNACK]),
		u(valid[IRL_ANSWER_RST]), u(valid[IRL_ANSWER_ICMP]),
		u(invalid[IRL_ANSWER_COOKIE]), u(invalid[IRL_ANSWER_FORM]),
		u(invalid[IRL_ANSWER_FLAGS]), u(c->other), u(c->foreign),
		u(c->lost));
}

void scan_report_summary(FILE *out, const struct irl_scan_result *r,
			 uint64_t written)
{
	const struct irl_scan_counts *c = &r->counts;
	double cpu = r->cpu_user_s + r->cpu_system_s + r->cpu_softirq_s;

	fprintf(out, "interface %s, port %s, probes made in %s\n", r->ifname,
		r->port, r->in_kernel ? "the kernel" : "user space");
	if (r->on_link)
		fprintf(out,
			"on link   %llu addresses, of which %llu answer ARP\n",
			u(r->on_link), u(r->neighbours));
	print_sent(out, c);
	print_received(out, c);
	fprintf(out,
		"results   %llu successes, %llu failures, %llu repeats, %llu "
		"untold; %llu records written\n",
		u(c->successes), u(c->failures), u(c->repeats), u(c->untold),
		u(written));
	fprintf(out,
		"time      %.2f s, of which %.2f s sending, %.0f probes/s; CPU "
		"%.2f s (user %.2f, system %.2f, softirq %.2f)\n",
		r->seconds, r->send_seconds,
		r->send_seconds > 0 ? (double)c->accepted / r->send_seconds : 0,
		cpu, r->cpu_user_s, r->cpu_system_s, r->cpu_softirq_s);
	fprintf(out, "ledger    %s\n",
		*r->imbalance ? r->imbalance : "balances");
}

/* ---- metadata -------------------------------------------------------------
 */

static void put_counts(struct irl_json *j, const struct irl_scan_counts *c)
{
	irl_json_object(j, "counts");
	irl_json_uint(j, "targets", c->targets);
	irl_json_uint(j, "accepted", c->accepted);
	irl_json_uint(j, "skipped", c->skipped);
	irl_json_uint(j, "no_neighbour", c->no_neighbour);
	report_put_causes(j, "given_up", c->given_up);
	report_put_causes(j, "refused", c->refused);
	irl_json_uint(j, "again", c->again);
	irl_json_uint(j, "unsent", c->unsent);
	irl_json_uint(j, "unsent_refused", c->unsent_refused);
	irl_json_uint(j, "received", c->received);
	irl_json_object(j, "valid");
	irl_json_uint(j, "synack", c->valid[IRL_ANSWER_SYNACK]);
	irl_json_uint(j, "rst", c->valid[IRL_ANSWER_RST]);
	irl_json_uint(j, "icmp", c->valid[IRL_ANSWER_ICMP]);
	irl_json_end_object(j);
	irl_json_object(j, "invalid");
	irl_json_uint(j, "cookie", c->invalid[IRL_ANSWER_COOKIE]);
	irl_json_uint(j, "form", c->invalid[IRL_ANSWER_FORM]);
	irl_json_uint(j, "flags", c->invalid[IRL_ANSWER_FLAGS]);
	irl_json_end_object(j);
	irl_json_uint(j, "other", c->other);
	irl_json_uint(j, "answered", c->answered);
	irl_json_uint(j, "foreign", c->foreign);
	irl_json_uint(j, "lost", c->lost);
	irl_json_uint(j, "passed_to_host", c->passed);
	irl_json_uint(j, "successes", c->successes);
	irl_json_uint(j, "failures", c->failures);
	irl_json_uint(j, "repeats", c->repeats);
	irl_json_uint(j, "untold", c->untold);
	irl_json_uint(j, "tx_unknown", c->tx_unknown);
	irl_json_uint(j, "device_tx_frames", c->device_tx_frames);
	irl_json_uint(j, "device_rx_frames", c->device_rx_frames);
	irl_json_end_object(j);
}

static void put_network(struct irl_json *j, const struct irl_scan_result *r)
{
	irl_json_object(j, "network");
	irl_json_string(j, "interface", r->ifname);
	irl_json_string(j, "port", r->port);
	irl_json_string(j, "residence", r->in_kernel ? "kernel" : "user");
	report_put_address(j, "source", r->source_addr);
	report_put_address(j, "gateway", r->gateway);
	irl_json_uint(j, "on_link", r->on_link);
	irl_json_uint(j, "neighbours", r->neighbours);
	irl_json_uint(j, "source_port_first", r->port_first);
	irl_json_uint(j, "source_port_last", r->port_last);
	irl_json_end_object(j);
}

static void put_targets(struct irl_json *j, const struct scan_job *job,
			const struct irl_scan_result *r)
{
	irl_json_object(j, "targets");
	irl_json_uint(j, "count", irl_targets_count(job->targets));
	irl_json_uint(j, "addresses", irl_targets_addresses(job->targets));
	irl_json_uint(j, "ports", irl_targets_port_count(job->targets));
	irl_json_string(j, "hash", job->hash);
	irl_json_uint(j, "shard_first", job->shard_first);
	irl_json_uint(j, "shard_count", job->shard_count);
	irl_json_uint(j, "first", r->first);
	irl_json_uint(j, "next", r->next);
	irl_json_bool(j, "complete", r->complete);
	irl_json_end_object(j);
}

static void put_times(struct irl_json *j, const struct scan_report *report,
		      const struct irl_scan_result *r)
{
	report_put_time(j, "begin", report->begin_ns);
	report_put_time(j, "end", report->end_ns);
	irl_json_real(j, "seconds", r->seconds);
	irl_json_real(j, "send_seconds", r->send_seconds);
	irl_json_object(j, "cpu_seconds");
	irl_json_real(j, "user", r->cpu_user_s);
	irl_json_real(j, "system", r->cpu_system_s);
	irl_json_real(j, "softirq", r->cpu_softirq_s);
	irl_json_end_object(j);
}

int scan_report_metadata(const struct scan_report *report,
			 const struct irl_scan_result *r, int exit_code,
			 uint64_t written, const struct irl_error *failure,
			 struct irl_error *err)
{
	const struct scan_job *job = report->job;
	struct irl_json j = {0};
	char seed[24];
	bool gone;
	int rc;

	irl_json_object(&j, NULL);
	irl_json_string(&j, "program", "irl scan");
	irl_json_string(&j, "version", IRL_VERSION);
	irl_json_string(&j, "notes", job->values->notes);
	/* A string: as a number jq and JavaScript would round it. */
	snprintf(seed, sizeof(seed), "%llu", u(job->options.seed));
	irl_json_string(&j, "seed", seed);
	put_times(&j, report, r);
	irl_json_uint(&j, "exit_code", (uint64_t)exit_code);
	/* The reader of a pipe had seen enough: that is no error. */
	gone = failure->code == IRL_EPIPE;
	irl_json_string(&j, "error",
			failure->code && !gone ? failure->text : NULL);
	irl_json_string(&j, "ended_by",
			gone ? "closed-pipe" : scan_end_limit(job, r));
	put_targets(&j, job, r);
	put_network(&j, r);
	put_counts(&j, &r->counts);
	irl_json_uint(&j, "records_written", written);
	irl_json_object(&j, "ledger");
	irl_json_bool(&j, "balances", !*r->imbalance);
	irl_json_string(&j, "imbalance", *r->imbalance ? r->imbalance : NULL);
	irl_json_end_object(&j);
	report_put_host(&j);
	report_put_options(&j, &cmd_scan, job->values, job->operand_count,
			   job->operands);
	irl_json_end_object(&j);
	rc = report_write(&j, job->values->metadata_file,
			  resume_goes_on(&cmd_scan, job->values), err);
	irl_json_fini(&j);
	return rc;
}
