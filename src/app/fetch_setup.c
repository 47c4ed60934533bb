// SPDX-License-Identifier: BSD-2-Clause
/* Option values -> targets, protocol and fetch options. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <irl/net.h>
#include "base/os.h"
#include "fetch.h"
#include "fnv.h"

#define REQUEST_MAX 65536u
#define HEAD_BYTES 65536u /* of an answer, besides its body */

static uint64_t ns(double seconds)
{
	return (uint64_t)(seconds * 1e9);
}

/* ---- targets --------------------------------------------------------------
 */

static bool names_targets(const struct fetch_job *job)
{
	const struct fetch_values *v = job->values;

	return job->operand_count || v->target.count || v->allow_file.count;
}

/* The file with the list, or NULL: a set. */
static const char *list_path(const struct fetch_job *job)
{
	const struct fetch_values *v = job->values;

	if (v->input_file)
		return v->input_file;
	return names_targets(job) ? NULL : "-";
}

static bool goes_on(const struct fetch_values *v)
{
	return v->resume && v->targets_hash;
}

static bool is_regular(const char *path)
{
	struct irl_os_file file;

	return strcmp(path, "-") && irl_os_look(path, &file) && file.regular;
}

static int no_list_to_resume(const struct fetch_values *v,
			     struct irl_error *err)
{
	static const char how[] =
	    "--resume reads the list again, which works of a file only; save "
	    "it and give it by --input-file";

	/* Misspelt. */
	if (!v->input_file && !irl_os_exists(v->resume))
		return irl_error_set(err, IRL_EINVAL,
				     "there is no resume file %s, and no "
				     "targets for a new fetch; %s",
				     v->resume, how);
	return irl_error_set(err, IRL_EINVAL, "%s", how);
}

static int check_list(const struct fetch_job *job, struct irl_error *err)
{
	const struct fetch_values *v = job->values;

	if (names_targets(job))
		return irl_error_set(err, IRL_EINVAL,
				     "--input-file and other targets: give one "
				     "of them");
	if (v->max_targets || (v->start && !goes_on(v)) || v->shards > 1)
		return irl_error_set(err, IRL_EINVAL,
				     "--max-targets, --start and --shards "
				     "divide a set; divide a list by head, "
				     "tail and split");
	if (v->targets_hash && !v->resume)
		return irl_error_set(err, IRL_EINVAL,
				     "of a list, --targets-hash is of a resume "
				     "file: give that by --resume");
	if (v->resume && !is_regular(list_path(job)))
		return no_list_to_resume(v, err);
	if (!v->input_file && irl_os_is_terminal(0))
		return irl_error_set(err, IRL_EINVAL,
				     "no targets; give addresses, -w FILE, or "
				     "a list on standard input");
	return 0;
}

static struct cli_list ports_of(const struct fetch_values *values)
{
	static const char *usual[] = {"80"};

	return values->ports.count ? values->ports
				   : (struct cli_list){usual, 1};
}

static int one_port(const struct cli_list *ports, uint16_t *port,
		    struct irl_error *err)
{
	const char *text = ports->item[ports->count - 1];
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (ports->count > 1 || *text < '0' || *text > '9' || *end || n < 1 ||
	    n > 65535)
		return irl_error_set(err, IRL_EPARSE,
				     "--target-ports: '%s' is %s; of a list, "
				     "give the one for lines without a port",
				     text,
				     text[strcspn(text, ",-")] ||
					     ports->count > 1
					 ? "more than one port"
					 : "not a port");
	*port = (uint16_t)n;
	return 0;
}

/* So that another list, or other exclusions, are told from those that a resume
 * file's position is of. */
static void hash_one(struct fetch_job *job, const struct irl_fetch_target *t)
{
	const char *domain = t->domain ? t->domain : "";
	const char *tag = t->tag ? t->tag : "";
	const uint8_t port[2] = {(uint8_t)(t->port >> 8), (uint8_t)t->port};
	uint64_t hash = job->read_hash;

	hash = fnv(hash, t->addr.byte, sizeof(t->addr.byte));
	hash = fnv(hash, port, sizeof(port));
	hash = fnv(hash, domain, strlen(domain) + 1);
	job->read_hash = fnv(hash, tag, strlen(tag) + 1);
	job->read++;
}

static void begin_reading(struct fetch_job *job)
{
	job->read = job->excluded = job->bad_lines = 0;
	job->read_hash = FNV_BEGIN;
}

int fetch_job_next(struct fetch_job *job, struct irl_fetch_target *target,
		   struct irl_error *err)
{
	int rc = fetch_list_next(job->list, target, err);

	if (rc == 1 && !fetch_allowed_has(job->allowed, &target->addr)) {
		job->excluded++;
		return FETCH_EXCLUDED;
	}
	job->bad_lines += rc == -IRL_EPARSE;
	if (rc == 1)
		hash_one(job, target);
	return rc;
}

static int none_left(const struct fetch_job *job, struct irl_error *err)
{
	return irl_error_set(err, IRL_EEMPTY,
			     "no targets left: all %llu of the list are "
			     "excluded, by --exclude, by a block list or as "
			     "special-purpose addresses; if these are meant, "
			     "allow them by --allow-special",
			     (unsigned long long)job->excluded);
}

/* The first that is allowed leads to the interface. */
static int find_first(struct fetch_job *job, struct irl_error *err)
{
	struct irl_fetch_target first = {0}, left_out;
	int rc;

	while ((rc = fetch_list_peek(job->list, &first, err)) == 1) {
		job->options.first = first.addr;
		if (fetch_allowed_has(job->allowed, &first.addr))
			return 0;
		fetch_list_next(job->list, &left_out, NULL);
		job->excluded++;
	}
	job->empty = !rc && !job->excluded;
	return rc || job->empty ? rc : none_left(job, err);
}

/* ---- going on in a list --------------------------------------------------
 */

/* 1, or 0: there is none. */
static int next_allowed(struct fetch_job *job, struct irl_error *err)
{
	struct irl_fetch_target target;
	int rc;

	do
		rc = fetch_job_next(job, &target, err);
	while (rc == -IRL_EPARSE || rc == FETCH_EXCLUDED || rc == 0);
	return rc == IRL_FETCH_END ? 0 : rc;
}

static int other_list(const struct fetch_job *job, const char *path,
		      struct irl_error *err)
{
	return irl_error_set(err, IRL_EINVAL,
			     "--resume: the first %llu targets of %s are not "
			     "those that %s is of; give the same list and "
			     "exclusions, or begin anew with another FILE",
			     (unsigned long long)job->values->start, path,
			     job->values->resume);
}

/* What an earlier part has read is read, and is the same. */
static int check_read(struct fetch_job *job, const char *path,
		      struct irl_error *err)
{
	const struct fetch_values *v = job->values;
	char hash[17];
	int rc = 1;

	while (rc == 1 && job->read < v->start)
		rc = next_allowed(job, err);
	if (rc < 0)
		return rc;
	snprintf(hash, sizeof(hash), "%016llx",
		 (unsigned long long)job->read_hash);
	if (!rc || strcasecmp(hash, v->targets_hash))
		return other_list(job, path, err);
	rc = next_allowed(job, err);
	job->scan.done = !rc && !job->again.count;
	return rc < 0 ? rc : 0;
}

/* All that is known of the list before it is read for good. */
static int look_ahead(struct fetch_job *job, const char *path, uint16_t port,
		      struct irl_error *err)
{
	int rc;

	begin_reading(job);
	if (!goes_on(job->values))
		return 0;
	rc = fetch_list_open(&job->list, path, port, err);
	if (!rc)
		rc = check_read(job, path, err);
	fetch_list_close(job->list);
	job->list = NULL;
	begin_reading(job);
	return rc;
}

static int open_list(struct fetch_job *job, const char *path,
		     struct irl_error *err)
{
	struct cli_list ports = ports_of(job->values);
	uint16_t port = 0;
	int rc = check_list(job, err);

	if (!rc)
		rc = one_port(&ports, &port, err);
	if (!rc)
		rc = fetch_allowed_new(&job->allowed, job->values, err);
	if (!rc)
		rc = look_ahead(job, path, port, err);
	if (!rc)
		rc = fetch_list_open(&job->list, path, port, err);
	return rc || job->scan.done ? rc : find_first(job, err);
}

/* ---- what a fetch shares with a scan --------------------------------------
 */

static void share(struct fetch_job *job)
{
	const struct fetch_values *v = job->values;

	job->scan_values = (struct scan_values){
	    .ports = ports_of(v),
	    .target = v->target,
	    .allow_file = v->allow_file,
	    .exclude = v->exclude,
	    .block_file = v->block_file,
	    .allow_special = v->allow_special,
	    .max_targets = v->max_targets,
	    .shards = v->shards,
	    .shard = v->shard,
	    .seed = v->seed,
	    .start = v->start,
	    .targets_hash = v->targets_hash,
	    .resume = v->resume,
	    .rate = v->scan_rate,
	    .cooldown = v->cooldown,
	    .max_runtime = v->max_runtime,
	    .passes = 1,
	    .retries = v->retries,
	    .ifname = v->ifname,
	    .port_kind = v->port_kind,
	    .residence = v->residence,
	    .source_ip = v->source_ip,
	    .source_port = v->source_port,
	    .gateway_mac = v->gateway_mac,
	    .workers = v->workers,
	    .tcp_options = v->tcp_options,
	    .ttl = v->ttl,
	};
}

/* NULL, or what is wrong with it. */
static const char *take_source(struct fetch_job *job, const char *part,
			       bool list)
{
	struct irl_ip *six = &job->options.source6, addr;

	if (!strchr(part, ':')) {
		if (job->scan_values.source_ip)
			return "a second IPv4 source; give a range";
		snprintf(job->source4, sizeof(job->source4), "%s", part);
		job->scan_values.source_ip = job->source4;
		return NULL;
	}
	if (!list)
		return "IPv6, which is for lists of targets";
	if (!irl_ip_read(part, &addr) || irl_ip_is4(&addr) ||
	    irl_ip_is_none(&addr))
		return "not an IPv6 address to send from";
	if (!irl_ip_is_none(six))
		return "a second IPv6 source; give one";
	*six = addr;
	return NULL;
}

/* An address of each family, parted by a comma: IPv6's is taken out. */
static int part_sources(struct fetch_job *job, bool list, struct irl_error *err)
{
	const char *at = job->values->source_ip, *wrong;
	char part[64];

	job->scan_values.source_ip = NULL;
	while (at && *at) {
		size_t n = strcspn(at, ",");

		snprintf(part, sizeof(part), "%.*s", (int)n, at);
		wrong = n < sizeof(part) ? take_source(job, part, list)
					 : "not an address";
		if (wrong)
			return irl_error_set(err, IRL_EPARSE,
					     "--source-ip: '%s' is %s", part,
					     wrong);
		at += n + (at[n] == ',');
	}
	return 0;
}

/* What a resume file says besides the position: @first, @end are those of all.
 */
static int read_places(struct fetch_job *job, uint64_t first, uint64_t end,
		       struct irl_error *err)
{
	const struct fetch_values *v = job->values;
	uint64_t next = v->start > first ? v->start : first;
	int rc;

	if (!v->resume && (v->again.count || v->done.count))
		return irl_error_set(err, IRL_EINVAL,
				     "--again and --done are of a resume file: "
				     "give that by --resume");
	/* Of a set, the last position, too; see fetch_end_place. */
	rc = resume_read_positions(&job->again, "again", &v->again, first,
				   v->input_file ? next : end, err);
	return rc ? rc
		  : resume_read_positions(&job->done, "done", &v->done, next,
					  end, err);
}

static int set_of_targets(struct fetch_job *job, struct irl_error *err)
{
	int rc = scan_job_init(&job->scan, &job->scan_values,
			       job->operand_count, job->operands, err);

	return rc ? rc
		  : read_places(job, job->scan.shard_first, job->scan.end, err);
}

static void set_place(struct fetch_job *job)
{
	const struct fetch_values *v = job->values;

	job->options.track = v->resume != NULL;
	job->options.from = (struct irl_fetch_place){
	    .next = v->start || job->list ? v->start : job->scan.shard_first,
	    .again = job->again.at,
	    .again_count = job->again.count,
	    .done = job->done.at,
	    .done_count = job->done.count};
}

static int set_scan(struct fetch_job *job, struct irl_error *err)
{
	struct scan_values *s = &job->scan_values;
	const char *path = list_path(job);
	/* A scan has targets; those of a list are not known yet. */
	const char *item[1] = {"192.0.2.1"}, *all[1] = {"all"};
	int rc;

	share(job);
	rc = part_sources(job, path != NULL, err);
	if (rc)
		return rc;
	if (!path)
		return set_of_targets(job, err);
	rc = read_places(job, 0, UINT64_MAX, err);
	if (!rc)
		rc = open_list(job, path, err);
	if (rc || job->empty || job->scan.done)
		return rc;
	s->start = 0; /* of the list, not of that target */
	s->targets_hash = s->resume = NULL;
	s->target = (struct cli_list){item, 1};
	s->allow_special = (struct cli_list){all, 1};
	s->exclude = s->block_file = (struct cli_list){0};
	rc = scan_job_init(&job->scan, s, 0, NULL, err);
	s->target = s->allow_special = (struct cli_list){0}; /* of this frame */
	return rc;
}

/* ---- talk -----------------------------------------------------------------
 */

static int read_request(struct fetch_job *job, struct irl_proto_options *o,
			struct irl_error *err)
{
	const char *path = job->values->request;
	FILE *file;
	int rc = 0;

	if (!path)
		return 0;
	file = irl_os_fopen(path, "r");
	job->request = malloc(REQUEST_MAX + 1);
	if (!file || !job->request) {
		rc = irl_error_errno(err, errno, "cannot read %s", path);
	} else {
		o->request_bytes =
		    fread(job->request, 1, REQUEST_MAX + 1, file);
		if (ferror(file))
			rc =
			    irl_error_errno(err, errno, "cannot read %s", path);
		else if (o->request_bytes > REQUEST_MAX || !o->request_bytes)
			rc = irl_error_set(
			    err, IRL_EINVAL, "--request: %s is %s", path,
			    o->request_bytes ? "longer than 64 KiB" : "empty");
		o->request = job->request;
	}
	if (file)
		fclose(file);
	return rc;
}

/* A request that waits for the server longer than the connection does. */
static int check_wait(const struct fetch_values *v, struct irl_error *err)
{
	if (strcmp(v->protocol, "banner") || !v->request || v->wait < v->idle)
		return 0;
	return irl_error_set(err, IRL_EINVAL,
			     "--request would never be sent: --idle %g ends a "
			     "connection before --wait %g does; raise --idle "
			     "or lower --wait",
			     v->idle, v->wait);
}

static int set_talk(struct fetch_job *job, struct irl_error *err)
{
	const struct fetch_values *v = job->values;
	struct irl_fetch_options *f = &job->options;
	struct irl_proto_options o = {
	    .method = v->http_method,
	    .path = v->http_path,
	    .user_agent = v->user_agent,
	    .headers = (const char *const *)v->header.item,
	    .header_count = (unsigned)v->header.count,
	    .keep_max_bytes = (uint32_t)v->max_body,
	    .wait_ns = ns(v->wait),
	    .hex = v->hex,
	    .sha256 = v->sha256,
	};
	int rc = check_wait(v, err);

	if (!rc)
		rc = read_request(job, &o, err);
	f->proto = irl_proto_find(v->protocol);
	if (!rc && !strcmp(v->protocol, "raw") && !v->request)
		return irl_error_set(err, IRL_EINVAL,
				     "--protocol raw needs a --request FILE");
	if (!rc)
		rc = irl_proto_config_open(&job->config, f->proto, &o, err);
	f->config = job->config;
	f->keep_bytes = (uint32_t)v->max_body + HEAD_BYTES + 8192;
	f->request_after = v->request_after;
	f->close_by_fin = !strcmp(v->close, "fin");
	return rc;
}

/* ---- pace, time, sample ---------------------------------------------------
 */

static void set_pace(struct fetch_job *job)
{
	const struct fetch_values *v = job->values;
	struct irl_fetch_options *f = &job->options;

	f->list = job->list != NULL;
	f->probe = v->scan;
	f->connections = (uint32_t)v->connections;
	f->rate = v->rate;
	f->per_host = (uint32_t)v->per_host;
	f->per_net = (uint32_t)v->per_net;
	f->host_spacing_ns = ns(v->host_spacing);
	f->net_spacing_ns = ns(v->net_spacing);
	/* Each try waits twice as long as the one before. */
	f->connect_ns =
	    ns(v->connect_timeout / (double)((2u << v->syn_retries) - 1));
	f->syn_retries =
	    v->syn_retries ? (uint8_t)v->syn_retries : IRL_TCP_NO_RETRY;
	f->idle_ns = ns(v->idle);
	f->deadline_ns = ns(v->deadline);
	f->tell_unopened = v->all;
}

static int set_sample(struct fetch_job *job, struct irl_error *err)
{
	const struct fetch_values *v = job->values;
	const char *text = v->pcap_sample;
	unsigned long n;
	char *end;

	n = strncmp(text, "1/", 2) ? 0 : strtoul(text + 2, &end, 10);
	if (!strcmp(text, "1"))
		n = 1;
	else if (!n || *end || n > UINT32_MAX)
		return irl_error_set(err, IRL_EPARSE,
				     "--pcap-sample: '%s' is no share; give, "
				     "say, 1/1000",
				     text);
	job->options.pcap_sample = (uint32_t)n;
	if (!v->pcap)
		return 0;
	n = (unsigned long)irl_pcapng_open(&job->pcap, v->pcap, err);
	job->options.pcap = job->pcap;
	return (int)n;
}

int fetch_job_init(struct fetch_job *job, const struct fetch_values *values,
		   int argc, char **argv, struct irl_error *err)
{
	int rc;

	*job = (struct fetch_job){
	    .values = values, .operands = argv, .operand_count = argc};
	/* "-" as zmap and zgrab2 mean it: a list on standard input. */
	if (argc == 1 && !strcmp(argv[0], "-"))
		job->operand_count = 0;
	rc = set_talk(job, err);
	if (!rc)
		rc = set_scan(job, err);
	if (!rc && !job->empty && !job->scan.done)
		rc = set_sample(job, err);
	if (rc)
		return rc;
	job->options.scan = job->scan.options;
	if (job->list)
		job->options.scan.targets = NULL;
	set_pace(job);
	set_place(job);
	return 0;
}

void fetch_job_fini(struct fetch_job *job)
{
	scan_job_fini(&job->scan);
	fetch_allowed_free(job->allowed);
	fetch_list_close(job->list);
	irl_proto_config_close(job->config);
	free(job->request);
	resume_free_positions(&job->again);
	resume_free_positions(&job->done);
}
