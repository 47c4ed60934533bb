// SPDX-License-Identifier: BSD-2-Clause
/* irl fetch: from options to exit code. */
#include <stdlib.h>
#include <string.h>
#include "fetch.h"
#include "interrupt.h"
#include "base/os.h"
#include "paths.h"
#include "unread.h"

#define BAD_LINES_NAMED 5u
#define LEFT_OUT_ONCE 65536u

struct run {
	struct fetch_job job;
	struct irl_lines *output;
	struct fetch_report report;
	struct irl_fetch *fetch;
	struct irl_fetch_result result;
	struct irl_error failure; /* of the output, while it runs */
	uint64_t written;
	bool pipe;          /* the output is one, or whatever is no file */
	uint64_t put_bytes; /* of records, written or not */
	struct unread unread;
	struct resume_saver saver;
};

/* ---- what the fetch calls back --------------------------------------------
 */

static void tell_bad_line(struct run *run, const struct irl_error *err)
{
	if (run->job.bad_lines > BAD_LINES_NAMED)
		return;
	progress_end_line(&run->report.progress);
	cli_complain("fetch", "%s", err->text);
}

/* Where much is left out at once the rest comes later: records are waiting. */
static int on_next(void *context, struct irl_fetch_target *target,
		   struct irl_error *err)
{
	struct run *run = context;
	int rc;

	for (unsigned i = 0; i < LEFT_OUT_ONCE; i++) {
		rc = fetch_job_next(&run->job, target, err);
		if (rc == -IRL_EPARSE)
			tell_bad_line(run, err);
		else if (rc != FETCH_EXCLUDED)
			return rc;
	}
	return 0;
}

static int on_record(void *context, const struct irl_fetch_record *record)
{
	struct run *run = context;
	int rc = irl_lines_put(run->output, record->json, record->json_bytes);

	run->put_bytes += record->json_bytes + 1;
	if (rc < 0 && !run->failure.code)
		irl_lines_flush(run->output, &run->failure);
	return rc;
}

/* What a pipe and its reader may hold when that goes. */
static uint64_t unread_room(const struct run *run)
{
	return irl_os_pipe_bytes(irl_lines_fd(run->output)) + UNREAD_READER;
}

/* All that was put is written. */
static void note_flushed(struct run *run)
{
	unread_note(&run->unread, irl_lines_written(run->output),
		    run->put_bytes, unread_room(run));
}

/* What is written is kept, but for what a reader who goes may not have read. */
static void note_kept(struct run *run, bool read)
{
	if (run->job.options.track)
		irl_fetch_kept(run->fetch,
			       run->pipe && !read
				   ? unread_read(&run->unread, unread_room(run))
				   : irl_lines_written(run->output));
}

static void tell_unsaved(struct run *run, const struct irl_error *err)
{
	progress_end_line(&run->report.progress);
	resume_tell_failure(&cmd_fetch, err);
}

/* At the end its result says more. */
static void save_meanwhile(struct run *run,
			   const struct irl_fetch_progress *progress)
{
	const struct resume_job job = fetch_end_job(&run->job);
	struct irl_fetch_place place;
	struct irl_error err = {0};
	uint64_t last;

	if (!run->job.options.track || run->failure.code)
		return;
	note_kept(run, false);
	if (resume_is_due(&run->saver, progress->elapsed_s) &&
	    !irl_fetch_place(run->fetch, &place)) {
		place = fetch_end_place(&run->job, &place, &last);
		if (resume_meanwhile(&run->saver, &job, &place,
				     progress->elapsed_s, &err))
			tell_unsaved(run, &err);
	}
}

static void on_status(void *context, const struct irl_fetch_progress *progress)
{
	struct run *run = context;

	if (progress->stopping && interrupt_seen() &&
	    run->job.values->verbosity)
		progress_interrupted(&run->report.progress, "fetch",
				     "gives open connections two seconds",
				     NULL);
	fetch_report_status(&run->report, progress);
	/* Answers that cannot be kept are not waited for. */
	if (!run->failure.code &&
	    irl_lines_flush(run->output, &run->failure) < 0)
		irl_fetch_abort(run->fetch);
	if (!run->failure.code)
		note_flushed(run);
	save_meanwhile(run, progress);
}

static int on_asking(void *context, const struct irl_scan_asking *asking)
{
	struct run *run = context;

	progress_asking(&run->report.progress, asking);
	return interrupt_seen() ? -IRL_EINTR : 0;
}

static void stop_fetch(void *fetch)
{
	irl_fetch_stop(fetch);
}

/* ---- ending ---------------------------------------------------------------
 */

/* The exit code of a fetch that did not begin. */
static int not_begun(struct run *run, const struct irl_error *err)
{
	const struct irl_fetch_place place = run->job.options.from;

	progress_end_line(&run->report.progress);
	if (interrupt_seen())
		return fetch_end_early(&run->job, "interrupted", &place);
	cli_complain("fetch", "%s", err->text);
	return cli_exit_code(err);
}

/* Of a list no target at all was one that a connection can be made to. */
static bool leads_nowhere(const struct run *run)
{
	const struct irl_fetch_counts *c = &run->result.counts;
	uint64_t nowhere = c->not_opened[IRL_FETCH_NOT_PLACE] +
			   c->not_opened[IRL_FETCH_NOT_ROUTE];

	return run->job.list && nowhere && !c->probes &&
	       c->targets == nowhere + c->not_opened[IRL_FETCH_NOT_DUPLICATE];
}

static void settle_failure(struct run *run)
{
	if (leads_nowhere(run))
		irl_error_set(&run->failure, IRL_ENOROUTE,
			      "no target of the list can be reached by %s: "
			      "each is without a route by it or a source "
			      "address of its family (no_route), or no other "
			      "host's (no_address)",
			      run->result.ifname);
	else if (run->job.bad_lines)
		irl_error_set(&run->failure, IRL_EPARSE,
			      "left out %llu of the list's lines, which name "
			      "no target%s; the rest was fetched",
			      (unsigned long long)run->job.bad_lines,
			      run->job.bad_lines > BAD_LINES_NAMED
				  ? " (the first are told above)"
				  : "");
}

/* Where a device or a disk failed it can go on later; what is not accounted for
 * cannot be told. */
static int failed(struct run *run, int rc, const struct irl_fetch_place *place)
{
	if (run->job.values->resume && rc != -IRL_ELEDGER)
		fetch_end_early(&run->job, run->failure.text, place);
	else
		cli_complain("fetch", "%s", run->failure.text);
	return cli_exit_code(&run->failure);
}

/* All has been dealt with that could be, and something is to be told; where
 * that was nothing, it is to be done again. */
static int ended_badly(struct run *run, const struct irl_fetch_place *place)
{
	int code = leads_nowhere(run)
		       ? CLI_DONE
		       : fetch_end(&run->job, &run->result, place);

	cli_complain("fetch", "%s", run->failure.text);
	return code == CLI_DONE ? cli_exit_code(&run->failure) : code;
}

/* The reader of a pipe has seen enough: that ends it, as asked, unless it is to
 * go on. */
static int reader_gone(struct run *run, const struct irl_fetch_place *place)
{
	run->failure.code = 0;
	if (!run->job.values->resume)
		return CLI_DONE;
	return fetch_end_early(&run->job,
			       "the reader of the results has gone, with what "
			       "it had not read",
			       place);
}

/* It is not known where it stands: the file stays as it is. */
static int lost(struct run *run, const struct irl_error *err)
{
	run->failure = *err;
	run->result.complete = false;
	cli_complain("fetch", "%s", err->text);
	return CLI_FAILED;
}

/* Where it stands; without --resume, what of it is known. */
static int find_place(struct run *run, struct irl_fetch_place *place,
		      struct irl_error *err)
{
	*place = (struct irl_fetch_place){.next = run->result.next};
	if (!run->job.options.track)
		return 0;
	note_kept(run, run->failure.code != IRL_EPIPE);
	if (irl_fetch_place(run->fetch, place))
		return irl_error_set(err, IRL_ENOMEM,
				     "out of memory for what is left; the "
				     "resume file stays as it was, and what "
				     "came since will be fetched again");
	run->result.next = place->next;
	return 0;
}

/* The exit code of a fetch that ran; @err is how irl_fetch_run ended. */
static int judge(struct run *run, int rc, struct irl_error *err)
{
	struct irl_error close_err = {0}, place_err = {0};
	struct irl_fetch_place place;
	bool known;

	irl_lines_flush(run->output, &close_err);
	if (!run->failure.code)
		run->failure = close_err;
	run->written = irl_lines_written(run->output);
	known = !find_place(run, &place, &place_err);
	irl_lines_close(run->output, NULL);
	run->output = NULL;
	if (!known)
		return lost(run, &place_err);
	if (run->failure.code)
		run->result.complete = false;
	if (run->failure.code == IRL_EPIPE && rc != -IRL_ELEDGER)
		return reader_gone(run, &place);
	if (rc < 0 && (!run->failure.code || run->failure.code == IRL_EPIPE))
		run->failure = *err;
	if (run->failure.code)
		return failed(run, rc, &place);
	if (interrupt_seen() && !run->result.complete)
		return fetch_end_early(&run->job, "interrupted", &place);
	settle_failure(run);
	return run->failure.code ? ended_badly(run, &place)
				 : fetch_end(&run->job, &run->result, &place);
}

static int close_pcap(struct run *run, int code)
{
	struct irl_error err = {0};

	if (!run->job.pcap)
		return code;
	if (irl_pcapng_close(run->job.pcap, &err)) {
		cli_complain("fetch", "%s", err.text);
		code = CLI_FAILED;
	}
	run->job.pcap = NULL;
	return code;
}

static int finish(struct run *run, int rc, struct irl_error *err)
{
	const struct fetch_values *v = run->job.values;
	struct irl_error report_err = {0};
	int code;

	progress_end_line(&run->report.progress);
	code = close_pcap(run, judge(run, rc, err));
	if (fetch_report_close(&run->report, &report_err)) {
		cli_complain("fetch", "%s", report_err.text);
		code = CLI_FAILED;
	}
	if (fetch_report_wants_summary(v))
		fetch_report_summary(stderr, &run->job, &run->result,
				     run->written);
	fetch_end_warn(&run->job, &run->result);
	if (v->metadata_file &&
	    fetch_report_metadata(&run->report, &run->result, code,
				  run->written, &run->failure, &report_err)) {
		cli_complain("fetch", "%s", report_err.text);
		code = CLI_FAILED;
	}
	return code;
}

/* Before the list is read and a file opened. */
static int check_paths(const struct fetch_values *v, struct irl_error *err)
{
	const char *item[] = {v->input_file ? v->input_file : "-", v->request};
	const struct cli_list list = {&item[0], 1};
	const struct cli_list request = {&item[1], v->request != NULL};
	const struct path_output outputs[] = {
	    {"output-file", v->output_file, false},
	    {"metadata-file", v->metadata_file, true},
	    {"status-updates-file", v->status_file, false},
	    {"pcap", v->pcap, false},
	    {"resume", v->resume, true}};
	const struct path_input inputs[] = {{"input-file", &list},
					    {"allowlist-file", &v->allow_file},
					    {"blocklist-file", &v->block_file},
					    {"request", &request}};

	return paths_check(outputs, CLI_COUNT_OF(outputs), inputs,
			   CLI_COUNT_OF(inputs), err);
}

static bool is_file(const char *output)
{
	struct irl_os_file file;
	bool there = output && strcmp(output, "-") ? irl_os_look(output, &file)
						   : irl_os_look_fd(1, &file);

	return there && file.regular;
}

/* Outputs first, then the port: nothing is fetched that cannot be kept. */
static int begin(struct run *run, struct irl_error *err)
{
	const struct fetch_values *v = run->job.values;
	int rc = irl_lines_open(&run->output, v->output_file,
				resume_goes_on(&cmd_fetch, v), err);

	run->pipe = !is_file(v->output_file);
	if (!rc)
		rc = fetch_report_open(&run->report, &run->job, err);
	run->job.options.scan.asking = on_asking;
	run->job.options.scan.asking_context = run;
	if (!rc)
		rc = irl_fetch_open(&run->fetch, &run->job.options, err);
	return rc < 0 ? rc : 0;
}

/* A scan of one port writes addresses only: that it was 443 nobody says. */
static void tell_port(const struct fetch_job *job)
{
	if (job->list && !job->values->ports.count &&
	    fetch_list_lacks_ports(job->list))
		cli_complain("fetch",
			     "the list has no column sport or port: port 80 "
			     "is taken; say which by --target-ports, or let "
			     "the scan write it: irl scan -f saddr,sport");
}

static int execute(struct run *run)
{
	const struct irl_fetch_events events = {.context = run,
						.next = on_next,
						.record = on_record,
						.status = on_status};
	struct irl_error err = {0};
	int rc, code;

	interrupt_catch();
	run->saver.every_s = run->job.values->resume_every;
	rc = begin(run, &err);
	if (rc || interrupt_seen()) {
		code = not_begun(run, &err);
		goto done;
	}
	interrupt_aim(stop_fetch, run->fetch);
	tell_port(&run->job);
	rc = irl_fetch_run(run->fetch, &events, &run->result, &err);
	interrupt_forget();
	code = finish(run, rc, &err);
done:
	progress_close(&run->report.progress, NULL);
	irl_lines_close(run->output, NULL);
	irl_fetch_close(run->fetch);
	return close_pcap(run, code);
}

int fetch_run(void *values, int argc, char **argv)
{
	struct resume_lock lock = {0};
	struct run run = {0};
	struct irl_error err = {0};
	int code;

	if (resume_lock(&lock, &cmd_fetch, values, &err) ||
	    resume_check(&cmd_fetch, values, &err) ||
	    check_paths(values, &err) ||
	    fetch_job_init(&run.job, values, argc, argv, &err)) {
		cli_complain("fetch", "%s", err.text);
		code = close_pcap(&run, cli_exit_code(&err));
	} else if (run.job.scan.done) {
		resume_tell_done(&cmd_fetch, run.job.values);
		code = close_pcap(&run, CLI_DONE);
	} else if (run.job.empty) {
		cli_complain("fetch", "the list has no targets");
		code = CLI_DONE;
	} else {
		code = execute(&run);
	}
	fetch_job_fini(&run.job);
	resume_unlock(&lock);
	return code;
}
