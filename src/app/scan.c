// SPDX-License-Identifier: BSD-2-Clause
/* irl scan: a horizontal scan, from options to exit code. */
#include <stdlib.h>
#include <string.h>
#include "interrupt.h"
#include "paths.h"
#include "report.h"
#include "resume.h"
#include "scan.h"

struct run {
	struct scan_job job;
	struct irl_output *output;
	struct scan_report report;
	struct irl_scan *scan;
	struct irl_scan_result result;
	struct irl_error failure; /* of the output, while the scan runs */
	uint64_t written;
	unsigned pass;
	uint64_t settled; /* what was found before it has been written */
	struct resume_saver saver;
};

static uint64_t first_position(const struct run *run)
{
	uint64_t start = run->job.values->start;

	return start ? start : run->job.shard_first;
}

static void stop_scan(void *scan)
{
	irl_scan_stop(scan);
}

/* ---- what the scan calls back ---------------------------------------------
 */

static int on_record(void *context, const struct irl_record *record)
{
	struct run *run = context;
	int rc = irl_output_record(run->output, record);

	if (rc < 0 && !run->failure.code)
		irl_output_flush(run->output, &run->failure);
	return rc < 0 ? rc : 0;
}

static struct resume_job resume_job(const struct run *run)
{
	const struct scan_job *job = &run->job;

	return (struct resume_job){.command = &cmd_scan,
				   .values = job->values,
				   .operands = job->operands,
				   .operand_count = job->operand_count,
				   .seed = job->options.seed,
				   .hash = job->hash,
				   .first = job->shard_first,
				   .count = job->shard_count};
}

static int save(const struct run *run, uint64_t next, struct irl_error *err)
{
	const struct resume_job job = resume_job(run);
	const struct irl_fetch_place place = {.next = next};

	return resume_write(&job, &place, err);
}

static void tell_unsaved(struct run *run, const struct irl_error *err)
{
	progress_end_line(&run->report.progress);
	resume_tell_failure(&cmd_scan, err);
}

static void save_meanwhile(struct run *run,
			   const struct irl_scan_status *status)
{
	const struct resume_job job = resume_job(run);
	const struct irl_fetch_place place = {.next = run->settled};
	struct irl_error err = {0};

	if (status->pass > 1 || run->failure.code ||
	    run->settled == run->job.end ||
	    !resume_is_due(&run->saver, status->elapsed_s))
		return;
	if (resume_meanwhile(&run->saver, &job, &place, status->elapsed_s,
			     &err))
		tell_unsaved(run, &err);
}

/* A second interrupt leaves no time to tell where to go on. */
static void tell_interrupt(struct run *run)
{
	const struct scan_values *v = run->job.values;
	char what[64], with[REPORT_ONWARD];
	bool told = v->resume || run->settled == run->job.end;

	if (!interrupt_seen() || !v->verbosity)
		return;
	snprintf(what, sizeof(what), "waits %g s for late answers",
		 v->cooldown);
	report_onward(with, run->job.options.seed, run->settled);
	progress_interrupted(&run->report.progress, "scan", what,
			     told ? NULL : with);
}

static void on_status(void *context, const struct irl_scan_status *status)
{
	struct run *run = context;

	scan_report_status(&run->report, status);
	run->pass = status->pass;
	/* Answers that cannot be kept are not waited for. */
	if (!run->failure.code &&
	    irl_output_flush(run->output, &run->failure) < 0)
		irl_scan_abort(run->scan);
	if (!run->failure.code)
		run->settled = status->settled;
	save_meanwhile(run, status);
	tell_interrupt(run);
}

static int on_asking(void *context, const struct irl_scan_asking *asking)
{
	struct run *run = context;

	progress_asking(&run->report.progress, asking);
	return interrupt_seen() ? -IRL_EINTR : 0;
}

/* ---- beginning ------------------------------------------------------------
 */

static int check_paths(const struct scan_values *v, struct irl_error *err)
{
	const struct path_output outputs[] = {
	    {"output-file", v->output_file, false},
	    {"metadata-file", v->metadata_file, true},
	    {"status-updates-file", v->status_file, false},
	    {"resume", v->resume, true}};
	const struct path_input inputs[] = {{"allowlist-file", &v->allow_file},
					    {"blocklist-file", &v->block_file}};

	return paths_check(outputs, CLI_COUNT_OF(outputs), inputs,
			   CLI_COUNT_OF(inputs), err);
}

static struct irl_output_options output_options(const struct scan_job *job)
{
	const struct scan_values *v = job->values;
	struct irl_output_options options = {
	    .path = v->output_file,
	    .fields = v->output_fields,
	    .filter = v->output_filter,
	    .no_header = v->no_header,
	    .append = resume_goes_on(&cmd_scan, v),
	};

	if (!options.fields)
		options.fields = irl_targets_port_count(job->targets) > 1
				     ? "saddr,sport"
				     : "saddr";
	if (!strcmp(v->output_module, "json"))
		options.format = IRL_OUTPUT_JSON;
	else if (!strcmp(v->output_module, "text"))
		options.format = IRL_OUTPUT_TEXT;
	return options;
}

/* What can be refused before a file or a port is opened. */
static int check(const struct scan_job *job, struct irl_error *err)
{
	struct irl_output_options options = output_options(job);
	int rc = irl_output_check(&options, err);

	return rc ? rc : check_paths(job->values, err);
}

static void tell_setup(const struct run *run)
{
	const struct scan_job *job = &run->job;

	if (job->values->verbosity < 5)
		return;
	fprintf(stderr,
		"irl scan: %llu targets (%llu addresses x %u ports), hash %s, "
		"seed %llu%s, positions %llu to %llu\n",
		(unsigned long long)irl_targets_count(job->targets),
		(unsigned long long)irl_targets_addresses(job->targets),
		irl_targets_port_count(job->targets), job->hash,
		(unsigned long long)job->options.seed,
		job->seed_chosen ? " (chosen)" : "",
		(unsigned long long)job->shard_first,
		(unsigned long long)(job->shard_first + job->shard_count - 1));
}

/* Outputs first, then the port: nothing is probed that cannot be kept. */
static int begin(struct run *run, struct irl_error *err)
{
	struct irl_output_options options = output_options(&run->job);
	int rc = check(&run->job, err);

	if (!rc)
		rc = irl_output_open(&run->output, &options, err);
	if (!rc)
		rc = scan_report_open(&run->report, &run->job, err);
	if (!rc) {
		tell_setup(run);
		run->job.options.asking = on_asking;
		run->job.options.asking_context = run;
		rc = irl_scan_open(&run->scan, &run->job.options, err);
	}
	return rc < 0 ? rc : 0;
}

/* ---- ending ---------------------------------------------------------------
 */

/* @why it ended before its end. */
static int save_position(struct run *run, const char *why)
{
	const struct scan_values *v = run->job.values;
	struct irl_error err = {0};
	char with[REPORT_ONWARD];

	/* Every target has been probed: there is no position to go on from. */
	if (run->result.next == run->job.end) {
		cli_complain(
		    "scan",
		    "ended in pass %u, which cannot be resumed; "
		    "what stayed silent was probed fewer than %u times",
		    run->pass, run->job.options.passes);
		return CLI_AGAIN;
	}
	if (!v->resume) {
		cli_complain("scan", "%s; continue with %s", why,
			     report_onward(with, run->job.options.seed,
					   run->result.next));
		return CLI_AGAIN;
	}
	if (save(run, run->result.next, &err)) {
		cli_complain(
		    "scan", "%s; %s; continue with --seed=%llu --start=%llu",
		    why, err.text, (unsigned long long)run->job.options.seed,
		    (unsigned long long)run->result.next);
		return CLI_FAILED;
	}
	cli_complain("scan", "%s; continue with: irl scan --resume %s", why,
		     v->resume);
	return CLI_AGAIN;
}

static int save_end(const struct run *run)
{
	const struct resume_job job = resume_job(run);

	return resume_write_end(&job, run->job.end);
}

/* Interrupted, or stopped by a limit: where to go on. */
static int end_of_part(struct run *run)
{
	const struct scan_values *v = run->job.values;
	/* A limit that came after the last probe changed nothing. */
	bool done = run->result.complete ||
		    (!interrupt_seen() && !run->result.counts.unsent &&
		     run->result.next == run->job.end &&
		     run->pass >= run->job.options.passes);

	if (done)
		return save_end(run);
	if (interrupt_seen())
		return save_position(run,
				     run->result.link_down
					 ? "interrupted while the link was down"
					 : "interrupted");
	if (run->result.link_down)
		return save_position(
		    run, "stopped by a limit while the link was down");
	if (v->resume && run->result.next != run->job.end)
		return save_position(run, "stopped by a limit");
	/* A later pass has no position: then the limit is the end. */
	return save_end(run);
}

/*
 * Records are lost that were found: the position is the one up to which none
 * is.  The reader of a pipe has seen enough, unless the scan is to be resumed
 * or Ctrl-C ended the whole pipeline, maybe the reader first.
 */
static int output_failed(struct run *run)
{
	bool reader = run->failure.code == IRL_EPIPE;
	int code;

	run->result.complete = false;
	if (reader && !run->job.values->resume && !interrupt_seen())
		return CLI_DONE;
	if (run->pass > 1) {
		cli_complain("scan",
			     "%s; some results of pass %u are lost, which "
			     "cannot be resumed",
			     run->failure.text, run->pass);
		return reader ? CLI_AGAIN : CLI_FAILED;
	}
	run->result.next = run->settled;
	code = save_position(
	    run, reader ? "the reader of the results has gone, with what it "
			  "had not read"
			: run->failure.text);
	return reader ? code : CLI_FAILED;
}

/* The exit code of a scan that ran; @err is how irl_scan_run ended. */
static int judge(struct run *run, int rc, struct irl_error *err)
{
	struct irl_error close_err = {0};

	irl_output_flush(run->output, &close_err);
	run->written = irl_output_written(run->output);
	irl_output_close(run->output, NULL);
	run->output = NULL;
	if (!run->failure.code)
		run->failure = close_err;
	if (run->failure.code && rc != -IRL_ELEDGER)
		return output_failed(run);
	if (rc < 0) {
		run->failure = *err;
		if (rc == -IRL_ELEDGER || run->result.next == run->job.end)
			cli_complain("scan", "%s", err->text);
		else
			save_position(run, err->text);
		return CLI_FAILED;
	}
	return end_of_part(run);
}

static int finish(struct run *run, int rc, struct irl_error *err)
{
	const struct scan_values *v = run->job.values;
	struct irl_error report_err = {0};
	int code;

	progress_end_line(&run->report.progress);
	code = judge(run, rc, err);
	if (scan_report_close(&run->report, &report_err)) {
		cli_complain("scan", "%s", report_err.text);
		code = CLI_FAILED;
	}
	scan_end_warn(&run->job, &run->result, run->pass);
	if (scan_report_wants_summary(v)) {
		scan_report_summary(stderr, &run->result, run->written);
		scan_end_summary(stderr, &run->job, &run->result, run->pass);
	}
	if (v->metadata_file &&
	    scan_report_metadata(&run->report, &run->result, code, run->written,
				 &run->failure, &report_err)) {
		cli_complain("scan", "%s", report_err.text);
		code = CLI_FAILED;
	}
	return code;
}

/* The exit code of a scan that did not begin. */
static int not_begun(struct run *run, const struct irl_error *err)
{
	progress_end_line(&run->report.progress);
	if (interrupt_seen()) {
		run->result.next = first_position(run);
		return save_position(run, "interrupted before the first probe");
	}
	cli_complain("scan", "%s", err->text);
	return cli_exit_code(err);
}

static int execute(struct run *run)
{
	const struct irl_scan_events events = {
	    .context = run, .record = on_record, .status = on_status};
	struct irl_error err = {0};
	int rc, code;

	interrupt_catch();
	run->settled = first_position(run);
	run->saver.every_s = run->job.values->resume_every;
	rc = begin(run, &err);
	if (rc || interrupt_seen()) {
		code = not_begun(run, &err);
		goto done;
	}
	interrupt_aim(stop_scan, run->scan);
	rc = irl_scan_run(run->scan, &events, &run->result, &err);
	interrupt_forget();
	code = finish(run, rc, &err);
done:
	progress_close(&run->report.progress, NULL);
	irl_output_close(run->output, NULL);
	irl_scan_close(run->scan);
	return code;
}

static int list_fields(void)
{
	const char *name, *help;

	for (size_t i = 0; irl_output_field(i, &name, &help); i++)
		printf("%-18s %s\n", name, help);
	return CLI_DONE;
}

/* Refuses what the scan itself would. */
static int dry_run(const struct scan_job *job)
{
	struct irl_error err = {0};
	int rc = check(job, &err);

	if (!rc)
		rc = scan_dry_run(job, &err);
	if (!rc)
		return CLI_DONE;
	if (err.code != IRL_EPIPE) /* the reader has seen enough */
		cli_complain("scan", "%s", err.text);
	return cli_exit_code(&err);
}

int scan_run(void *values, int argc, char **argv)
{
	const struct scan_values *v = values;
	struct resume_lock lock = {0};
	struct run run = {0};
	struct irl_error err = {0};
	int code;

	if (v->list_fields)
		return list_fields();
	if ((!v->dry_run && resume_lock(&lock, &cmd_scan, v, &err)) ||
	    resume_check(&cmd_scan, v, &err) ||
	    scan_job_init(&run.job, v, argc, argv, &err)) {
		cli_complain("scan", "%s", err.text);
		code = cli_exit_code(&err);
	} else if (run.job.done) {
		resume_tell_done(&cmd_scan, v);
		code = CLI_DONE;
	} else if (v->dry_run) {
		code = dry_run(&run.job);
	} else {
		code = execute(&run);
	}
	scan_job_fini(&run.job);
	resume_unlock(&lock);
	return code;
}
