// SPDX-License-Identifier: BSD-2-Clause
/* Option values -> targets and scan options. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <irl/net.h>
#include "base/os.h"
#include "scan.h"

/* Preamble, start of frame, FCS and the gap between frames. */
#define WIRE_OVERHEAD 24

/* ---- small texts ----------------------------------------------------------
 */

static bool parse_address(const char *text, uint32_t *addr)
{
	struct irl_ip ip;

	/* "::ffff:192.0.2.1" is one, too, elsewhere. */
	if (strchr(text, ':') || !irl_ip_read(text, &ip))
		return false;
	*addr = irl_ip_addr4(&ip);
	return true;
}

static bool parse_small(const char *text, unsigned max, unsigned *value)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n > max)
		return false;
	*value = (unsigned)n;
	return true;
}

int scan_parse_addresses(const char *text, uint32_t *first, uint32_t *count,
			 struct irl_error *err)
{
	char part[64];
	uint32_t last;
	unsigned length;
	char *mark;
	bool ok;

	snprintf(part, sizeof(part), "%s", text);
	mark = strpbrk(part, "-/");
	if (!mark) {
		*count = 1;
		ok = parse_address(part, first);
	} else if (*mark == '-') {
		*mark = '\0';
		ok = parse_address(part, first) &&
		     parse_address(mark + 1, &last) && last >= *first &&
		     last - *first < UINT32_MAX;
		*count = ok ? last - *first + 1 : 0;
	} else {
		*mark = '\0';
		ok = parse_address(part, first) &&
		     parse_small(mark + 1, 32, &length) && length >= 8 &&
		     !(*first & (0xFFFFFFFFu >> (length - 1) >> 1));
		*count = ok ? 1u << (32 - length) : 0;
	}
	/* 0 is "not given" further down. */
	if (ok && *first)
		return 0;
	return irl_error_set(err, IRL_EPARSE,
			     "--source-ip: '%s' is not an address, range or "
			     "prefix; give, say, 192.0.2.1 or "
			     "192.0.2.1-192.0.2.9",
			     text);
}

int scan_parse_mac(const char *text, uint8_t mac[6], struct irl_error *err)
{
	unsigned b[6];
	int n = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2],
		   &b[3], &b[4], &b[5], &n) == 6 &&
	    !text[n] && n == 17 &&
	    strspn(text, "0123456789abcdefABCDEF:") == 17) {
		unsigned any = 0;

		for (unsigned i = 0; i < 6; i++) {
			mac[i] = (uint8_t)b[i];
			any |= b[i];
		}
		if (any && !(mac[0] & 1))
			return 0;
	}
	return irl_error_set(err, IRL_EPARSE,
			     "--gateway-mac: '%s' is not the Ethernet address "
			     "of a station; give, say, 02:00:00:00:00:01",
			     text);
}

static int parse_source_ports(const char *text, struct irl_scan_options *o,
			      struct irl_error *err)
{
	char part[16];
	unsigned first, last;
	char *mark;

	snprintf(part, sizeof(part), "%s", text);
	mark = strchr(part, '-');
	if (mark)
		*mark++ = '\0';
	if (strlen(text) >= sizeof(part) || !parse_small(part, 65535, &first) ||
	    !parse_small(mark ? mark : part, 65535, &last) || first < 1 ||
	    last < first)
		return irl_error_set(err, IRL_EPARSE,
				     "--source-port: '%s' is not a port or "
				     "range; give, say, 50000-50999",
				     text);
	o->port_first = (uint16_t)first;
	o->port_last = (uint16_t)last;
	return 0;
}

/* "1000", "10k" or "0.5%" of @all; at most @all. */
static int parse_max_targets(const char *text, uint64_t all, uint64_t *value,
			     struct irl_error *err)
{
	static const struct cli_option number = {.type = CLI_UINT,
						 .name = "max-targets"};
	char *end;
	double percent = strtod(text, &end);

	if (*text && !strcmp(end, "%") &&
	    strspn(text, "0123456789.%") == strlen(text)) {
		if (percent > 0 && percent <= 100) {
			*value = (uint64_t)((double)all * percent / 100);
			*value = *value ? *value : 1;
			return 0;
		}
	} else if (!cli_set(&number, value, text, "", NULL) && *value) {
		return 0;
	}
	return irl_error_set(err, IRL_EPARSE,
			     "--max-targets: '%s' is neither a number from 1 "
			     "on nor a percentage above 0 and up to 100; give, "
			     "say, 10k or 0.1%%",
			     text);
}

/* ---- targets --------------------------------------------------------------
 */

typedef int add_fn(struct irl_targets *targets, const char *text,
		   struct irl_error *err);

static int add_each(struct irl_targets *targets, const struct cli_list *list,
		    add_fn *add, struct irl_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < list->count; i++)
		rc = add(targets, list->item[i], err);
	return rc < 0 ? rc : 0;
}

/* What "irl world run" says of the network namespace we are in. */
static const char *world_range(void)
{
	const char *range = getenv("IRL_WORLD");

	return range && *range ? range : NULL;
}

static int add_operands(struct scan_job *job, struct irl_error *err)
{
	int rc = 0;

	for (int i = 0; rc >= 0 && i < job->operand_count; i++) {
		const char *text = job->operands[i];

		rc = strcmp(text, "-")
			 ? irl_targets_allow(job->targets, text, err)
			 : irl_targets_allow_file(job->targets, text, err);
		if (rc == -IRL_EPARSE && irl_os_exists(text))
			rc =
			    irl_error_set(err, IRL_EPARSE,
					  "targets: %s is a file; to scan what "
					  "it lists: -w %s; irl fetch takes "
					  "names and ports, too: -f %s",
					  text, text, text);
	}
	return rc < 0 ? rc : 0;
}

static bool names_targets(const struct scan_job *job)
{
	return job->operand_count || job->values->target.count ||
	       job->values->allow_file.count;
}

/* Nobody probes the Internet by a slip. */
static int add_default(struct scan_job *job, struct irl_error *err)
{
	if (world_range())
		return irl_targets_allow(job->targets, world_range(), err);
	return irl_error_set(err, IRL_EINVAL,
			     "no targets; give addresses, -w FILE, - for a "
			     "list on standard input, or 0.0.0.0/0 for the "
			     "whole IPv4 Internet");
}

static int add_allowed(struct scan_job *job, struct irl_error *err)
{
	const struct scan_values *v = job->values;
	int rc = add_operands(job, err);

	if (!rc)
		rc = add_each(job->targets, &v->target, irl_targets_allow, err);
	if (!rc)
		rc = add_each(job->targets, &v->allow_file,
			      irl_targets_allow_file, err);
	if (!rc && !names_targets(job))
		rc = add_default(job, err);
	return rc < 0 ? rc : 0;
}

static int add_blocked(struct scan_job *job, struct irl_error *err)
{
	const struct scan_values *v = job->values;
	int rc = add_each(job->targets, &v->exclude, irl_targets_block, err);

	if (!rc)
		rc = add_each(job->targets, &v->block_file,
			      irl_targets_block_file, err);
	if (!rc)
		rc = add_each(job->targets, &v->allow_special,
			      irl_targets_allow_special, err);
	if (!rc && world_range())
		rc =
		    irl_targets_allow_special(job->targets, world_range(), err);
	return rc < 0 ? rc : 0;
}

static int no_ports(const struct scan_values *v, struct irl_error *err)
{
	static const char how[] =
	    "no ports; give them as -p 80 or -p 80,443,8000-8100";

	/* Misspelt. */
	if (v->resume && !irl_os_exists(v->resume))
		return irl_error_set(err, IRL_EINVAL,
				     "there is no resume file %s, and %s for a "
				     "new scan",
				     v->resume, how);
	return irl_error_set(err, IRL_EINVAL, "%s", how);
}

/* Sources among many targets stay there, or shards that are sent from different
 * hosts would not be parts of one set. */
static int check_alone(const struct scan_job *job, struct irl_error *err)
{
	const struct irl_scan_options *o = &job->options;
	uint32_t only = irl_targets_at(job->targets, 0).addr;

	if (irl_targets_addresses(job->targets) != 1 || !o->source_addr ||
	    only - o->source_addr >= o->source_count)
		return 0;
	return irl_error_set(err, IRL_EINVAL,
			     "the only target is --source-ip itself");
}

static int make_targets(struct scan_job *job, struct irl_error *err)
{
	int rc;

	if (!job->values->ports.count)
		return no_ports(job->values, err);
	rc = irl_targets_new(&job->targets, err);
	if (rc >= 0)
		rc = add_each(job->targets, &job->values->ports,
			      irl_targets_ports, err);
	if (rc >= 0)
		rc = add_allowed(job, err);
	if (rc >= 0)
		rc = add_blocked(job, err);
	if (rc >= 0)
		rc = irl_targets_seal(job->targets, err);
	if (rc >= 0)
		rc = check_alone(job, err);
	return rc < 0 ? rc : 0;
}

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9E3779B97F4A7C15u;
	return h ^ h >> 32;
}

/* Counts and about 4,096 targets across the set: tells sets apart that a list
 * changed between two runs, which is all it is for. */
static void hash_targets(struct scan_job *job)
{
	uint64_t count = irl_targets_count(job->targets);
	uint64_t step = count / 4096 + 1;
	uint64_t h = mix(count, irl_targets_port_count(job->targets));

	for (uint64_t i = 0; i < count; i += step) {
		struct irl_target t = irl_targets_at(job->targets, i);

		h = mix(h, (uint64_t)t.addr << 16 | t.port);
	}
	snprintf(job->hash, sizeof(job->hash), "%016llx",
		 (unsigned long long)h);
}

static int check_hash(struct scan_job *job, struct irl_error *err)
{
	const char *wanted = job->values->targets_hash;

	hash_targets(job);
	if (!wanted || !strcasecmp(wanted, job->hash))
		return 0;
	if (strlen(wanted) != 16 ||
	    strspn(wanted, "0123456789abcdefABCDEF") != 16)
		return irl_error_set(err, IRL_EPARSE,
				     "--targets-hash: '%s' is no hash, which "
				     "is 16 hexadecimal digits",
				     wanted);
	if (job->values->resume)
		return irl_error_set(err, IRL_EINVAL,
				     "--resume: %s is of other targets than "
				     "those given now; leave them out, or "
				     "begin anew with another FILE",
				     job->values->resume);
	return irl_error_set(err, IRL_EINVAL,
			     "--targets-hash: %s is of other targets than "
			     "these, %s; give the same",
			     wanted, job->hash);
}

/* ---- the part of it -------------------------------------------------------
 */

static int set_shard(struct scan_job *job, struct irl_error *err)
{
	const struct scan_values *v = job->values;
	struct irl_scan_options *o = &job->options;

	if (v->shard && v->shards == 1)
		return irl_error_set(err, IRL_EINVAL,
				     "--shard %llu of one; say of how many by "
				     "--shards",
				     (unsigned long long)v->shard);
	if (v->shard >= v->shards)
		return irl_error_set(err, IRL_EINVAL,
				     "--shard: %llu is out of range; give 0 to "
				     "%llu, one less than --shards",
				     (unsigned long long)v->shard,
				     (unsigned long long)v->shards - 1);
	o->shards = (uint32_t)v->shards;
	o->shard = (uint32_t)v->shard;
	irl_shard(irl_targets_count(job->targets), o->shards, o->shard,
		  &job->shard_first, &job->shard_count);
	if (job->shard_count)
		return 0;
	return irl_error_set(err, IRL_EINVAL,
			     "shard %u of %u has no targets; use fewer shards",
			     o->shard, o->shards);
}

/* --max-targets counts from the shard's first, however often resumed. */
static int set_extent(struct scan_job *job, struct irl_error *err)
{
	const struct scan_values *v = job->values;
	struct irl_scan_options *o = &job->options;
	uint64_t max = job->shard_count, done = 0;
	int rc;

	if (v->max_targets) {
		rc = parse_max_targets(v->max_targets, job->shard_count, &max,
				       err);
		if (rc)
			return rc;
		if (max > job->shard_count)
			max = job->shard_count;
	}
	job->done =
	    v->resume && v->targets_hash && v->start == job->shard_first + max;
	if (v->start && !job->done) {
		if (v->start < job->shard_first ||
		    v->start - job->shard_first >= max)
			return irl_error_set(
			    err, IRL_EINVAL,
			    "--start: %llu is not a position of this scan; "
			    "give "
			    "%llu to %llu",
			    (unsigned long long)v->start,
			    (unsigned long long)job->shard_first,
			    (unsigned long long)(job->shard_first + max - 1));
		done = v->start - job->shard_first;
	}
	job->end = job->shard_first + max;
	o->start = v->start;
	o->max_targets = max == job->shard_count ? 0 : max - done;
	return 0;
}

static int set_seed(struct scan_job *job, struct irl_error *err)
{
	uint64_t seed = job->values->seed;

	if (!seed && job->values->start)
		return irl_error_set(
		    err, IRL_EINVAL,
		    "--start needs the seed of the interrupted "
		    "scan: --seed N");
	if (!seed && job->values->shards > 1)
		return irl_error_set(
		    err, IRL_EINVAL,
		    "--shards needs one seed for all of them, else they "
		    "overlap: --seed N");
	job->seed_chosen = !seed;
	while (!seed)
		if (irl_os_random(&seed, sizeof(seed)))
			return irl_error_errno(err, errno, "no random seed");
	job->options.seed = seed;
	return 0;
}

/* ---- pace, network, probe -------------------------------------------------
 */

static unsigned frame_bytes(enum irl_tcp_options options)
{
	static const unsigned bytes[] = {
	    [IRL_TCP_OPTIONS_NONE] = 60,
	    [IRL_TCP_OPTIONS_MSS] = 60,
	    [IRL_TCP_OPTIONS_LINUX] = 74,
	    [IRL_TCP_OPTIONS_WINDOWS] = 66,
	};

	return bytes[options];
}

static int set_pace(struct scan_job *job, struct irl_error *err)
{
	const struct scan_values *v = job->values;
	struct irl_scan_options *o = &job->options;

	if (v->rate > 0 && v->bandwidth > 0)
		return irl_error_set(
		    err, IRL_EINVAL,
		    "--rate and --bandwidth say the same; give "
		    "one of them");
	o->rate_pps = v->rate;
	if (v->bandwidth > 0)
		o->rate_pps =
		    v->bandwidth /
		    (8.0 * (frame_bytes(o->tcp_options) + WIRE_OVERHEAD));
	o->passes = (unsigned)v->passes;
	o->cooldown_s = v->cooldown;
	o->max_runtime_s = v->max_runtime;
	o->max_results = v->max_results;
	o->retries = (unsigned)v->retries;
	return 0;
}

/* The index of @text in "one|two|three", which the parser has checked. */
static unsigned choice(const char *choices, const char *text)
{
	size_t n = strlen(text);
	unsigned i = 0;

	for (const char *at = choices; *at; i++) {
		size_t length = strcspn(at, "|");

		if (length == n && !strncmp(at, text, n))
			return i;
		at += length + (at[length] == '|');
	}
	return 0;
}

static int set_network(struct scan_job *job, struct irl_error *err)
{
	const struct scan_values *v = job->values;
	struct irl_scan_options *o = &job->options;
	int rc = 0;

	o->ifname = v->ifname;
	o->port_kind = strcmp(v->port_kind, "auto") ? v->port_kind : NULL;
	o->residence =
	    (enum irl_residence)choice("auto|kernel|user", v->residence);
	o->workers = (unsigned)v->workers;
	if (v->source_ip)
		rc = scan_parse_addresses(v->source_ip, &o->source_addr,
					  &o->source_count, err);
	if (!rc && v->source_port)
		rc = parse_source_ports(v->source_port, o, err);
	if (!rc && v->gateway_mac)
		rc = scan_parse_mac(v->gateway_mac, o->gateway_mac, err);
	return rc;
}

int scan_job_init(struct scan_job *job, const struct scan_values *values,
		  int argc, char **argv, struct irl_error *err)
{
	int rc;

	*job = (struct scan_job){
	    .values = values, .operands = argv, .operand_count = argc};
	job->options.tcp_options = (enum irl_tcp_options)choice(
	    "none|mss|linux|windows", values->tcp_options);
	job->options.ttl = (uint8_t)values->ttl;
	rc = set_pace(job, err);
	if (!rc)
		rc = set_network(job, err);
	if (!rc)
		rc = set_seed(job, err);
	if (!rc)
		rc = make_targets(job, err);
	if (!rc)
		rc = check_hash(job, err);
	if (!rc)
		rc = set_shard(job, err);
	if (!rc)
		rc = set_extent(job, err);
	job->options.targets = job->targets;
	return rc;
}

void scan_job_fini(struct scan_job *job)
{
	irl_targets_free(job->targets);
}
