/* SPDX-License-Identifier: BSD-2-Clause */
/* irl fetch, inside: the options as parsed, and a job made of them. */
#ifndef IRL_APP_FETCH_H
#define IRL_APP_FETCH_H

#include <string.h>
#include <irl/fetch.h>
#include <irl/output.h>
#include "option.h"
#include "progress.h"
#include "report.h"
#include "scan.h"

struct fetch_values {
	/* targets */
	struct cli_list ports;
	const char *input_file;
	struct cli_list target, allow_file, exclude, block_file, allow_special;
	const char *max_targets;
	uint64_t shards, shard, seed, start;
	const char *targets_hash, *resume;
	struct cli_list again, done;
	double resume_every;
	/* probes */
	bool scan;
	double scan_rate, cooldown;
	uint64_t retries;
	const char *residence, *tcp_options;
	/* pace */
	double rate, host_spacing, net_spacing, max_runtime;
	uint64_t connections, per_host, per_net;
	/* time */
	double connect_timeout, idle, deadline, wait;
	uint64_t syn_retries;
	/* talk */
	const char *protocol, *request, *http_method, *http_path, *user_agent;
	struct cli_list header;
	uint64_t max_body;
	bool request_after, hex, sha256;
	const char *close;
	/* network */
	const char *ifname, *port_kind;
	const char *source_ip, *source_port, *gateway_mac;
	uint64_t workers, ttl;
	/* output */
	const char *output_file, *metadata_file, *status_file, *notes;
	const char *pcap, *pcap_sample;
	bool all, quiet, status_updates;
	uint64_t verbosity;
};

/* fetch.c: the command; returns the exit code. */
int fetch_run(void *values, int argc, char **argv);

/* What somebody else wrote as it may stand in a message: no byte that does
 * anything to a terminal, and not too long. */
#define FETCH_SHOWN 64
static inline const char *fetch_shown(char shown[FETCH_SHOWN], const char *text)
{
	size_t n = 0;

	for (; n < FETCH_SHOWN - 1 && text[n]; n++)
		shown[n] = text[n] < ' ' || text[n] > '~' ? '?' : text[n];
	shown[n] = '\0';
	return shown;
}

/* ---- fetch_list.c: targets from lines ------------------------------------ */

/*
 * "IP,DOMAIN,TAG,PORT" lines as zgrab2 reads them, or what irl scan writes:
 * CSV with a line of field names, or JSON lines.  Which, the first line tells.
 * ADDRESS:PORT may stand for an address.  An IPv6 prefix of at most
 * FETCH_HOST_BITS host bits is all its addresses, in random order.
 */
#define FETCH_HOST_BITS 16u
struct fetch_list;

int fetch_list_open(struct fetch_list **out, const char *path,
		    uint16_t default_port, struct irl_error *err);
void fetch_list_close(struct fetch_list *list);
/* Known once there has been a target: the names of its columns, if it has such,
 * are without a port. */
bool fetch_list_lacks_ports(const struct fetch_list *list);
/* Wait for the first target: 1, 0 (there is none), or -IRL_E... . */
int fetch_list_peek(struct fetch_list *list, struct irl_fetch_target *target,
		    struct irl_error *err);
/* As irl_fetch_events.next; texts are good until the next call.  -IRL_EPARSE is
 * of one line, and the next call goes on behind it. */
int fetch_list_next(struct fetch_list *list, struct irl_fetch_target *target,
		    struct irl_error *err);

/* ---- fetch_allowed.c: where a list's targets may be ---------------------- */

struct fetch_allowed;

int fetch_allowed_new(struct fetch_allowed **out,
		      const struct fetch_values *values, struct irl_error *err);
void fetch_allowed_free(struct fetch_allowed *allowed);
bool fetch_allowed_has(const struct fetch_allowed *allowed,
		       const struct irl_ip *addr);

/* ---- fetch_setup.c: values -> job ---------------------------------------- */

struct fetch_job {
	const struct fetch_values *values;
	char **operands;
	int operand_count;
	struct scan_values scan_values; /* what a fetch shares with a scan */
	struct scan_job scan;
	struct fetch_list *list;       /* NULL: a set */
	struct fetch_allowed *allowed; /* of a list */
	uint64_t excluded;             /* lines that are not allowed */
	uint64_t bad_lines;            /* that are no targets */
	char source4[64];              /* of --source-ip, what is IPv4 */
	struct irl_proto_config *config;
	void *request;
	struct irl_pcapng *pcap;
	struct irl_fetch_options options;
	bool empty; /* a list without targets */
	/* With --resume. */
	struct resume_positions again, done;
	uint64_t read, read_hash; /* of a list: allowed targets */
	char hash[17];
};

int fetch_job_init(struct fetch_job *job, const struct fetch_values *values,
		   int argc, char **argv, struct irl_error *err);
void fetch_job_fini(struct fetch_job *job);
/* As irl_fetch_events.next of a list.  -IRL_EPARSE is of one line, and
 * FETCH_EXCLUDED of one target that is blocked; both are counted, and the next
 * call goes on behind it. */
#define FETCH_EXCLUDED (IRL_FETCH_END + 1)
int fetch_job_next(struct fetch_job *job, struct irl_fetch_target *target,
		   struct irl_error *err);

/* ---- fetch_end.c: what is left undone ------------------------------------ */

/* The option whose limit ended the fetch early, or NULL. */
const char *fetch_end_limit(const struct fetch_job *job,
			    const struct irl_fetch_result *result);
/* Lines of the summary: where the rate of probes was missed, why; where it
 * ended by --max-targets, how to go on. */
void fetch_end_summary(FILE *out, const struct fetch_job *job,
		       const struct irl_fetch_result *result);
/* On standard error, unless warnings are off: which targets it may have missed.
 */
void fetch_end_warn(const struct fetch_job *job,
		    const struct irl_fetch_result *result);
/* What a resume file of it is made of; the hash is in @job. */
struct resume_job fetch_end_job(struct fetch_job *job);
/* @place as a resume file can say it.  The end of a set means there that all is
 * done: where a target before it is not, it is put at the *@last, which is done
 * or one of those left. */
struct irl_fetch_place fetch_end_place(const struct fetch_job *job,
				       const struct irl_fetch_place *place,
				       uint64_t *last);
/* It ended before its end, and @why: how to go on.  The exit code. */
int fetch_end_early(struct fetch_job *job, const char *why,
		    const struct irl_fetch_place *place);
/* The exit code of one that was not interrupted: it is done, or a limit ended
 * it, and, unless warnings are off, how to go on. */
int fetch_end(struct fetch_job *job, const struct irl_fetch_result *result,
	      const struct irl_fetch_place *place);

/* ---- fetch_report.c ------------------------------------------------------ */

struct fetch_report {
	const struct fetch_job *job;
	struct progress progress;
	uint64_t begin_ns, end_ns; /* CLOCK_REALTIME */
};

int fetch_report_open(struct fetch_report *report, const struct fetch_job *job,
		      struct irl_error *err);
void fetch_report_status(struct fetch_report *report,
			 const struct irl_fetch_progress *progress);
int fetch_report_close(struct fetch_report *report, struct irl_error *err);
bool fetch_report_wants_summary(const struct fetch_values *values);
void fetch_report_summary(FILE *out, const struct fetch_job *job,
			  const struct irl_fetch_result *result,
			  uint64_t written);
int fetch_report_metadata(const struct fetch_report *report,
			  const struct irl_fetch_result *result, int exit_code,
			  uint64_t written, const struct irl_error *failure,
			  struct irl_error *err);

#endif
