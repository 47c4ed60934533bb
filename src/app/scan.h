/* SPDX-License-Identifier: BSD-2-Clause */
/* irl scan, inside: the options as parsed, and a job made of them. */
#ifndef IRL_APP_SCAN_H
#define IRL_APP_SCAN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <irl/output.h>
#include <irl/scan.h>
#include <irl/target.h>
#include "option.h"
#include "progress.h"
#include "resume.h"

struct scan_values {
	/* targets */
	struct cli_list ports, target, allow_file, exclude, block_file,
	    allow_special;
	const char *max_targets;
	uint64_t shards, shard, seed, start;
	const char *targets_hash, *resume;
	double resume_every;
	/* pace */
	double rate, bandwidth, cooldown, max_runtime;
	uint64_t passes, max_results, retries;
	/* network */
	const char *ifname, *port_kind, *residence;
	const char *source_ip, *source_port, *gateway_mac;
	uint64_t workers;
	/* the probe */
	const char *tcp_options;
	uint64_t ttl;
	/* output */
	const char *output_file, *output_fields, *output_module, *output_filter;
	bool no_header, list_fields;
	const char *metadata_file, *status_file, *notes;
	bool quiet, status_updates, dry_run;
	uint64_t verbosity;
};

/* scan.c: the command; returns the exit code. */
int scan_run(void *values, int argc, char **argv);

/* What the values mean. */
struct scan_job {
	const struct scan_values *values;
	char **operands;
	int operand_count;
	struct irl_targets *targets;
	struct irl_scan_options options;
	uint64_t shard_first, shard_count; /* positions */
	uint64_t end;                      /* of those to be probed */
	char hash[17];                     /* of the set of targets */
	bool seed_chosen;                  /* by us, not by the user */
	bool done;                         /* --resume finds nothing left */
};

/* scan_setup.c: values -> job; scan_job_fini frees. */
int scan_job_init(struct scan_job *job, const struct scan_values *values,
		  int argc, char **argv, struct irl_error *err);
void scan_job_fini(struct scan_job *job);
int scan_parse_addresses(const char *text, uint32_t *first, uint32_t *count,
			 struct irl_error *err);
int scan_parse_mac(const char *text, uint8_t mac[6], struct irl_error *err);

/* scan_dry.c: print what would be sent. */
int scan_dry_run(const struct scan_job *job, struct irl_error *err);

/* scan_end.c: the option whose limit ended the scan early, or NULL. */
const char *scan_end_limit(const struct scan_job *job,
			   const struct irl_scan_result *result);
/* Lines of the summary: where the rate asked for was missed, why; where there
 * is such a limit (max-runtime is a warning), how to go on.  @pass is the one
 * that it came in. */
void scan_end_summary(FILE *out, const struct scan_job *job,
		      const struct irl_scan_result *result, unsigned pass);
/* Complain of targets that the clock left out and of answers that were lost
 * here, if any were. */
void scan_end_warn(const struct scan_job *job,
		   const struct irl_scan_result *result, unsigned pass);

/* scan_report.c */
struct scan_report {
	const struct scan_job *job;
	struct progress progress;
	bool link_down; /* told */
	uint64_t last_valid;
	double last_elapsed_s;
	uint64_t begin_ns, end_ns; /* CLOCK_REALTIME */
};

int scan_report_open(struct scan_report *report, const struct scan_job *job,
		     struct irl_error *err);
void scan_report_status(struct scan_report *report,
			const struct irl_scan_status *status);
int scan_report_close(struct scan_report *report, struct irl_error *err);
bool scan_report_wants_summary(const struct scan_values *values);
void scan_report_summary(FILE *out, const struct irl_scan_result *result,
			 uint64_t written);
int scan_report_metadata(const struct scan_report *report,
			 const struct irl_scan_result *result, int exit_code,
			 uint64_t written, const struct irl_error *failure,
			 struct irl_error *err);

#endif
