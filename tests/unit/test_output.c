// SPDX-License-Identifier: BSD-2-Clause
/*
 * Records as CSV, JSON Lines and text against a slow writer made of printf;
 * and outputs that fail: disk full, reader gone, short writes.
 * "test_output bench [FILE]" measures, by hand, what a record costs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>
#include <irl/json.h>
#include <irl/output.h>
#include "output/field.h"
#include "output/format.h"
#include "output/sink.h"

static uint64_t rnd(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Any record, with all magnitudes of numbers. */
static struct irl_record random_record(void)
{
	struct irl_record r = {
	    .hit = {.addr = (uint32_t)(rnd() >> rnd() % 32),
		    .responder = (uint32_t)rnd(),
		    .local = (uint32_t)rnd(),
		    .port = (uint16_t)(rnd() >> rnd() % 64),
		    .local_port = (uint16_t)rnd(),
		    .seq = (uint32_t)(rnd() >> rnd() % 64),
		    .ack = (uint32_t)rnd(),
		    .rtt_ticks = (uint32_t)(rnd() % IRL_PROBE_AGE_TICKS),
		    .window = (uint16_t)rnd(),
		    .ipid = (uint16_t)rnd(),
		    .ttl = (uint8_t)rnd(),
		    .verdict = (uint8_t)(1 + rnd() % 3),
		    .icmp_type = rnd() % 2 ? 3 : 11,
		    .icmp_code = (uint8_t)(rnd() % 20)},
	    .repeat = rnd() % 2,
	    .cooldown = rnd() % 2,
	    .pass = (uint16_t)(1 + rnd() % 3),
	    .wall_ns = 1700000000000000000u + rnd() % 100000000000000000u,
	};

	r.success = r.hit.verdict == IRL_ANSWER_SYNACK;
	return r;
}

/* ---- the slow writer ------------------------------------------------------
 */

static void print_ipv4(char *out, uint32_t addr)
{
	struct in_addr in = {.s_addr = htonl(addr)};

	inet_ntop(AF_INET, &in, out, 16);
}

/* All fields in the order of "*", as CSV; written from zmap's descriptions. */
static void slow_csv(char *out, size_t room, const struct irl_record *r)
{
	static const char *const unreach[] = {
	    "network unreachable",       "host unreachable",
	    "protocol unreachable",      "port unreachable",
	    "fragments required",        "source route failed",
	    "network unknown",           "host unknown",
	    "source host isolated",      "network admin. prohibited",
	    "host admin. prohibited",    "network unreachable TOS",
	    "host unreachable TOS",      "communication admin. prohibited",
	    "host precedence violation", "precedence cutoff"};
	const struct irl_hit *h = &r->hit;
	bool icmp = h->verdict == IRL_ANSWER_ICMP;
	char saddr[16], daddr[16], responder[16], tcp[64] = ",,", icmps[96];
	char clock[64], zone[16];
	time_t second = (time_t)(r->wall_ns / 1000000000u);
	struct tm tm;

	print_ipv4(saddr, h->addr);
	print_ipv4(daddr, h->local);
	print_ipv4(responder, h->responder);
	localtime_r(&second, &tm);
	strftime(clock, sizeof(clock), "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	strcpy(icmps, ",,,");
	if (icmp)
		snprintf(icmps, sizeof(icmps), "%s,%u,%u,%s", responder,
			 h->icmp_type, h->icmp_code,
			 h->icmp_type != 3   ? ""
			 : h->icmp_code > 15 ? "unknown"
					     : unreach[h->icmp_code]);
	else
		snprintf(tcp, sizeof(tcp), "%u,%u,%u", h->seq, h->ack,
			 h->window);
	snprintf(out, room,
		 "%s,%u,%s,%u,%u,%u,%u,%u,%s,%s,%d,%d,%d,%s.%03u%s,%" PRIu64
		 ",%" PRIu64 ",%s,%" PRIu64 ",%u\n",
		 saddr, htonl(h->addr), daddr, htonl(h->local), h->ipid, h->ttl,
		 h->port, h->local_port, tcp,
		 icmp                              ? "icmp"
		 : h->verdict == IRL_ANSWER_SYNACK ? "synack"
						   : "rst",
		 r->success, r->repeat, r->cooldown, clock,
		 (unsigned)(r->wall_ns / 1000000u % 1000u), zone,
		 r->wall_ns / 1000000000u, r->wall_ns / 1000u % 1000000u, icmps,
		 (uint64_t)h->rtt_ticks * 1000000u / 16384u, r->pass);
}

/* ---- files ----------------------------------------------------------------
 */

static char path[64];

static int make_path(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/irl-output-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static struct irl_output *open_output(enum irl_output_format format,
				      const char *fields, const char *filter)
{
	const struct irl_output_options options = {
	    .path = path, .format = format, .fields = fields, .filter = filter};
	struct irl_output *output;
	struct irl_error err;
	int rc = irl_output_open(&output, &options, &err);

	if (rc)
		fail_msg("%s", err.text);
	return output;
}

static void expect_file(const char *text)
{
	char got[4096] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(got, text);
}

/* ---- formats --------------------------------------------------------------
 */

static void test_numbers(void **state)
{
	char fast[32], slow[32];

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		uint64_t value = i < 70000 ? i : rnd() >> rnd() % 64;

		*irl_format_u64(fast, value) = '\0';
		snprintf(slow, sizeof(slow), "%" PRIu64, value);
		assert_string_equal(fast, slow);
		*irl_format_ipv4(fast, (uint32_t)value) = '\0';
		print_ipv4(slow, (uint32_t)value);
		assert_string_equal(fast, slow);
		*irl_format_milli(fast, (uint32_t)(value % 1000)) = '\0';
		snprintf(slow, sizeof(slow), "%03u", (unsigned)(value % 1000));
		assert_string_equal(fast, slow);
	}
	*irl_format_u64(fast, UINT64_MAX) = '\0';
	assert_string_equal(fast, "18446744073709551615");
}

#define RECORDS 20000

static void test_csv(void **state)
{
	struct irl_record *records = calloc(RECORDS, sizeof(*records));
	struct irl_output *o = open_output(IRL_OUTPUT_CSV, "*", "");
	char fast[1024], slow[1024];
	FILE *file;

	(void)state;
	for (unsigned i = 0; i < RECORDS; i++) {
		records[i] = random_record();
		assert_int_equal(irl_output_record(o, &records[i]), 1);
	}
	assert_int_equal(irl_output_accepted(o), RECORDS);
	assert_int_equal(irl_output_flush(o, NULL), 0);
	assert_int_equal(irl_output_written(o), RECORDS);
	assert_int_equal(irl_output_close(o, NULL), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(fast, sizeof(fast), file));
	assert_string_equal(
	    fast, "saddr,saddr_raw,daddr,daddr_raw,ipid,ttl,sport,dport,seqnum,"
		  "acknum,window,classification,success,repeat,cooldown,"
		  "timestamp_str,timestamp_ts,timestamp_us,icmp_responder,"
		  "icmp_type,icmp_code,icmp_unreach_str,rtt_us,pass\n");
	for (unsigned i = 0; i < RECORDS; i++) {
		assert_non_null(fgets(fast, sizeof(fast), file));
		slow_csv(slow, sizeof(slow), &records[i]);
		assert_string_equal(fast, slow);
	}
	assert_null(fgets(fast, sizeof(fast), file));
	fclose(file);
	free(records);
}

static void expect_json(json_t *line, enum irl_field field,
			const struct irl_record *r)
{
	const struct irl_field_info *info = &irl_field_info[field];
	json_t *value = json_object_get(line, info->name);
	uint64_t truth;
	char text[16];

	assert_non_null(value);
	if (!irl_field_value(r, field, &truth)) {
		assert_true(json_is_null(value));
		return;
	}
	switch (info->type) {
	case IRL_TYPE_INT:
		assert_true(json_is_integer(value));
		assert_int_equal(json_integer_value(value), truth);
		break;
	case IRL_TYPE_BOOL:
		assert_true(json_is_boolean(value));
		assert_int_equal(json_is_true(value), truth);
		break;
	case IRL_TYPE_IPV4:
		print_ipv4(text, (uint32_t)truth);
		assert_string_equal(json_string_value(value), text);
		break;
	default:
		assert_true(json_is_string(value));
		assert_true(json_string_length(value) > 2);
	}
}

static void test_json_lines(void **state)
{
	struct irl_record *records = calloc(RECORDS, sizeof(*records));
	struct irl_output *o = open_output(IRL_OUTPUT_JSON, "*", "");
	char line[2048];
	FILE *file;

	(void)state;
	for (unsigned i = 0; i < RECORDS; i++) {
		records[i] = random_record();
		assert_int_equal(irl_output_record(o, &records[i]), 1);
	}
	assert_int_equal(irl_output_close(o, NULL), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	for (unsigned i = 0; i < RECORDS; i++) {
		json_error_t error;
		json_t *object;

		assert_non_null(fgets(line, sizeof(line), file));
		object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
		if (!object)
			fail_msg("%s: %s", error.text, line);
		assert_int_equal(json_object_size(object), IRL_FIELDS);
		for (unsigned f = 0; f < IRL_FIELDS; f++)
			expect_json(object, (enum irl_field)f, &records[i]);
		json_decref(object);
	}
	assert_null(fgets(line, sizeof(line), file));
	fclose(file);
	free(records);
}

static const struct irl_record known = {
    .hit = {.addr = 0x0A010203,
	    .local = 0x0A000001,
	    .port = 443,
	    .verdict = IRL_ANSWER_SYNACK,
	    .rtt_ticks = 16384},
    .success = true,
    .pass = 1,
};

static void test_fields(void **state)
{
	static const struct {
		enum irl_output_format format;
		const char *fields, *text;
	} rows[] = {
	    {IRL_OUTPUT_CSV, NULL, "10.1.2.3\n"},
	    {IRL_OUTPUT_CSV, "saddr, sport", "saddr,sport\n10.1.2.3,443\n"},
	    {IRL_OUTPUT_CSV, "sport saddr", "sport,saddr\n443,10.1.2.3\n"},
	    {IRL_OUTPUT_CSV, "saddr-raw", "50462986\n"},
	    {IRL_OUTPUT_CSV, "rtt_us,icmp_type,success",
	     "rtt_us,icmp_type,success\n1000000,,1\n"},
	    {IRL_OUTPUT_JSON, "saddr,success,icmp_type",
	     "{\"saddr\":\"10.1.2.3\",\"success\":true,"
	     "\"icmp_type\":null}\n"},
	    {IRL_OUTPUT_TEXT, "saddr,sport,icmp_type",
	     "saddr            sport  icmp_type\n"
	     "10.1.2.3         443    -\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct irl_output *o =
		    open_output(rows[i].format, rows[i].fields, NULL);

		assert_int_equal(irl_output_record(o, &known), 1);
		assert_int_equal(irl_output_close(o, NULL), 0);
		expect_file(rows[i].text);
	}
}

static void test_default_filter(void **state)
{
	struct irl_output *o = open_output(IRL_OUTPUT_CSV, NULL, NULL);
	struct irl_record r = known;

	(void)state;
	r.repeat = true;
	assert_int_equal(irl_output_record(o, &r), 0);
	r.repeat = r.success = false;
	assert_int_equal(irl_output_record(o, &r), 0);
	assert_int_equal(irl_output_record(o, &known), 1);
	assert_int_equal(irl_output_close(o, NULL), 0);
	expect_file("10.1.2.3\n");
}

static void test_append(void **state)
{
	const struct irl_output_options options = {
	    .path = path, .fields = "saddr,sport", .append = true};
	struct irl_output *o;

	(void)state;
	assert_int_equal(truncate(path, 0), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(irl_output_open(&o, &options, NULL), 0);
		assert_int_equal(irl_output_record(o, &known), 1);
		assert_int_equal(irl_output_close(o, NULL), 0);
	}
	expect_file("saddr,sport\n10.1.2.3,443\n10.1.2.3,443\n");
}

static void test_bad_options(void **state)
{
	static const struct {
		const char *path, *fields, *filter, *said;
		int code;
	} rows[] = {
	    {NULL, "saddr,spotr", NULL, "'spotr' is not known", IRL_EPARSE},
	    {NULL, "", NULL, "'' is not known", IRL_EPARSE},
	    {NULL, "saddr,,sport", NULL, "'' is not known", IRL_EPARSE},
	    {NULL, "*,*,*", NULL, "too many output fields", IRL_EPARSE},
	    {NULL, "saddr", "ttl", "filter, column 4", IRL_EPARSE},
	    {"/nonexistent/x", "saddr", NULL,
	     "cannot write /nonexistent/x: No such file", IRL_EIO},
	    {"/tmp", "saddr", NULL, "cannot write /tmp: Is a directory",
	     IRL_EIO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct irl_output_options options = {
		    .path = rows[i].path ? rows[i].path : path,
		    .fields = rows[i].fields,
		    .filter = rows[i].filter};
		struct irl_output *o = (void *)&options;
		struct irl_error err = {0};

		assert_int_equal(irl_output_open(&o, &options, &err),
				 -rows[i].code);
		assert_null(o);
		if (!strstr(err.text, rows[i].said))
			fail_msg("says: %s", err.text);
	}
}

/* ---- failing outputs ------------------------------------------------------
 */

static void test_disk_full(void **state)
{
	const struct irl_output_options options = {.path = "/dev/full"};
	struct irl_output *o;
	struct irl_error err = {0};

	(void)state;
	assert_int_equal(irl_output_open(&o, &options, NULL), 0);
	assert_int_equal(irl_output_record(o, &known), 1);
	assert_int_equal(irl_output_flush(o, &err), -IRL_ENOSPC);
	assert_non_null(strstr(err.text, "cannot write /dev/full"));
	assert_non_null(strstr(err.text, "No space left"));
	assert_int_equal(irl_output_record(o, &known), -IRL_ENOSPC);
	assert_int_equal(irl_output_written(o), 0);
	assert_int_equal(irl_output_accepted(o), 1);
	assert_int_equal(irl_output_close(o, &err), -IRL_ENOSPC);
}

/* A file that may not grow beyond a limit within a record. */
static void test_file_limit(void **state)
{
	struct rlimit before, limit;
	struct irl_output *o = open_output(IRL_OUTPUT_CSV, NULL, NULL);
	struct stat st;
	int rc;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 9 * 1000 + 4; /* 1,000 lines and a bit */
	signal(SIGXFSZ, SIG_IGN);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(irl_output_record(o, &known), 1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	rc = irl_output_flush(o, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(rc, -IRL_ENOSPC);
	assert_int_equal(irl_output_written(o), 1000);
	assert_int_equal(irl_output_close(o, NULL), -IRL_ENOSPC);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 9 * 1000);
}

static void open_pipe(struct irl_sink *sink, int ends[2])
{
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(irl_sink_open_fd(sink, ends[1], "pipe", NULL), 0);
	sink->owned = true;
}

static void put_line(struct irl_sink *sink, const char *text)
{
	size_t length = strlen(text);
	char *at = irl_sink_room(sink, length);

	assert_non_null(at);
	memcpy(at, text, length);
	irl_sink_put(sink, at + length);
}

static void test_closed_pipe(void **state)
{
	struct irl_sink sink;
	struct irl_error err = {0};
	int ends[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	open_pipe(&sink, ends);
	put_line(&sink, "one\n");
	assert_int_equal(irl_sink_flush(&sink, NULL), 0);
	assert_int_equal(sink.lines_out, 1);
	close(ends[0]);
	/* noticed without anything to write */
	assert_int_equal(irl_sink_flush(&sink, &err), -IRL_EPIPE);
	assert_non_null(strstr(err.text, "the reader of pipe went away"));
	assert_null(irl_sink_room(&sink, 1));
	assert_int_equal(sink.lines_out, 1);
	assert_int_equal(irl_sink_close(&sink, NULL), -IRL_EPIPE);

	open_pipe(&sink, ends);
	put_line(&sink, "one\n");
	close(ends[0]);
	assert_int_equal(irl_sink_flush(&sink, NULL), -IRL_EPIPE);
	assert_int_equal(sink.lines_out, 0);
	irl_sink_close(&sink, NULL);
}

struct reader {
	int fd;
	uint64_t lines, bytes;
	bool order;
};

/* Takes a few bytes at a time and checks that lines are numbered 0, 1, ... */
static void *read_slowly(void *context)
{
	struct reader *r = context;
	FILE *file = fdopen(r->fd, "r");
	char line[64];

	setvbuf(file, NULL, _IOFBF, 777);
	r->order = true;
	while (fgets(line, sizeof(line), file)) {
		if (strtoull(line, NULL, 10) != r->lines++)
			r->order = false;
		r->bytes += strlen(line);
	}
	fclose(file);
	return NULL;
}

static void test_slow_pipe(void **state)
{
	const unsigned lines = 200000;
	struct irl_sink sink;
	struct reader reader;
	pthread_t thread;
	int ends[2];

	(void)state;
	open_pipe(&sink, ends);
	/* Non-blocking and small: every write is short or refused. */
	assert_int_not_equal(fcntl(ends[1], F_SETPIPE_SZ, 4096), -1);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	reader = (struct reader){.fd = ends[0]};
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, &reader),
			 0);
	for (unsigned i = 0; i < lines; i++) {
		char line[16];

		snprintf(line, sizeof(line), "%u\n", i);
		put_line(&sink, line);
	}
	assert_int_equal(irl_sink_close(&sink, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(reader.lines, lines);
	assert_true(reader.order);
}

/* ---- progress and JSON documents ------------------------------------------
 */

static void test_status(void **state)
{
	struct irl_scan_status s = {
	    .elapsed_s = 65,
	    .remaining_s = 3700,
	    .percent = 12.4,
	    .pass = 2,
	    .passes = 2,
	    .rate_pps = 1234567,
	    .rate_average_pps = 999,
	    .counts = {.accepted = 80000000, .successes = 800000},
	};
	char line[300];

	(void)state;
	s.counts.valid[IRL_ANSWER_SYNACK] = 800000;
	s.counts.valid[IRL_ANSWER_RST] = 200000;
	s.counts.lost = 2;
	s.counts.given_up[IRL_TX_FULL] = 3;
	irl_status_line(line, sizeof(line), &s, 15700);
	assert_string_equal(
	    line, "1:05 12% (1:01:40 left) pass 2/2; sent: 80.0 M, 1.23 Mp/s "
		  "(999p/s avg); recv: 1.00 M, 15.7 Kp/s; drops: 5; "
		  "hits: 1.00%");
	s.cooldown = true;
	s.passes = 1;
	irl_status_line(line, sizeof(line), &s, 0);
	assert_non_null(strstr(line, "12% (cooldown); sent"));
	assert_int_equal(irl_status_line(line, 10, &s, 0), 9);
	irl_status_csv(line, sizeof(line), &s, 15700, 1000000000u);
	assert_string_equal(line,
			    "1970-01-01T00:00:01Z,65.000,12.4000,3700,2,1,"
			    "80000000,1234567,999,1000000,15700,800000,0,"
			    "0,5,0.010000\n");
}

static unsigned count_commas(const char *line)
{
	unsigned n = 0;

	for (; *line; line++)
		n += *line == ',';
	return n;
}

static void test_status_columns(void **state)
{
	const struct irl_scan_status s = {.passes = 1};
	char header[300], row[300];

	(void)state;
	irl_status_csv_header(header, sizeof(header));
	irl_status_csv(row, sizeof(row), &s, 0, 0);
	assert_int_equal(count_commas(header), count_commas(row));
}

static void test_json_document(void **state)
{
	/* quote, backslash, control, DEL, two-byte, stray byte, overlong,
	 * surrogate, four-byte, cut off */
	static const char nasty[] = "\"\\\n\x01\x7F\xC3\xA9\xFF\xC0\xAF"
				    "\xED\xA0\x80\xF0\x9F\x98\x80\xE2\x82";
	struct irl_json j = {0};
	json_t *root;
	json_error_t error;

	(void)state;
	irl_json_object(&j, NULL);
	irl_json_string(&j, "nasty", nasty);
	irl_json_string(&j, "none", NULL);
	irl_json_uint(&j, "big", 9007199254740993u);
	irl_json_real(&j, "real", 0.1);
	irl_json_real(&j, "nan", 0.0 / 0.0);
	irl_json_array(&j, "list");
	irl_json_bool(&j, NULL, true);
	irl_json_object(&j, NULL);
	irl_json_end_object(&j);
	irl_json_end_array(&j);
	irl_json_end_object(&j);
	assert_int_equal(irl_json_write(&j, path, NULL), 0);
	irl_json_fini(&j);
	root = json_load_file(path, 0, &error);
	if (!root)
		fail_msg("%s", error.text);
	assert_string_equal(
	    json_string_value(json_object_get(root, "nasty")),
	    "\"\\\n\x01\x7F\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
	    "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xF0\x9F\x98\x80"
	    "\xEF\xBF\xBD\xEF\xBF\xBD");
	assert_int_equal(json_integer_value(json_object_get(root, "big")),
			 9007199254740993);
	assert_true(json_real_value(json_object_get(root, "real")) == 0.1);
	assert_true(json_is_null(json_object_get(root, "nan")));
	assert_true(json_is_null(json_object_get(root, "none")));
	assert_int_equal(json_array_size(json_object_get(root, "list")), 2);
	json_decref(root);
	assert_int_equal(irl_json_write(&j, "/dev/full", NULL), -IRL_ENOSPC);
	irl_json_fini(&j);
}

/* Whatever happens to the new content, the old is there until it is whole. */
static void test_json_replaces(void **state)
{
	const struct rlimit little = {4, RLIM_INFINITY};
	struct rlimit before;
	struct irl_json j = {0};
	struct irl_error err;
	char draft[80], link[80];
	struct stat st;

	(void)state;
	snprintf(draft, sizeof(draft), "%s.new", path);
	snprintf(link, sizeof(link), "%s.link", path);
	irl_json_string(&j, NULL, "the earlier one");
	assert_int_equal(irl_json_write(&j, path, NULL), 0);
	assert_int_equal(chmod(path, 0600), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	setrlimit(RLIMIT_FSIZE, &little);
	irl_json_reset(&j);
	irl_json_string(&j, NULL, "the later one");
	assert_true(irl_json_write(&j, path, &err) < 0);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_null(strstr(err.text, draft));
	expect_file("\"the earlier one\"\n");
	assert_int_equal(access(draft, F_OK), -1);

	/* Of whom it was, and behind a link. */
	assert_int_equal(symlink(path, link), 0);
	irl_json_reset(&j);
	irl_json_string(&j, NULL, "the later one");
	assert_int_equal(irl_json_write(&j, link, &err), 0);
	expect_file("\"the later one\"\n");
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(link);
	irl_json_fini(&j);
}

static void test_json_line(void **state)
{
	struct irl_json j = {.compact = true};

	(void)state;
	for (int round = 0; round < 2; round++) {
		irl_json_reset(&j);
		irl_json_object(&j, NULL);
		irl_json_bytes(&j, "bytes", "a\0\r\n\xC3", 5);
		irl_json_bytes(&j, "none", NULL, 0);
		irl_json_hex(&j, "hex", "\x00\xFE", 2);
		irl_json_int(&j, "int", -1);
		irl_json_array(&j, "list");
		irl_json_end_array(&j);
		irl_json_end_object(&j);
		assert_string_equal(
		    j.text,
		    "{\"bytes\":\"a\\u0000\\r\\n\xEF\xBF\xBD\",\"none\":\"\","
		    "\"hex\":\"00fe\",\"int\":-1,\"list\":[]}");
	}
	irl_json_fini(&j);
}

/* ---- by hand: what a record costs -----------------------------------------
 */

static double cpu_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void bench(const char *name, enum irl_output_format format,
		  const char *fields, const struct irl_record *records,
		  unsigned count)
{
	const unsigned rounds = 2000000;
	struct irl_output *o = open_output(format, fields, NULL);
	double begin = cpu_now(), spent;

	for (unsigned i = 0; i < rounds; i++)
		irl_output_record(o, &records[i % count]);
	irl_output_close(o, NULL);
	spent = cpu_now() - begin;
	printf("%-34s %6.1f ns of CPU a record\n", name, spent / rounds * 1e9);
}

static int bench_all(const char *file)
{
	enum { count = 4096 };
	struct irl_record *records = calloc(count, sizeof(*records));

	for (unsigned i = 0; i < count; i++) {
		records[i] = random_record();
		records[i].success = true;
		records[i].repeat = false;
		records[i].hit.verdict = IRL_ANSWER_SYNACK;
		records[i].wall_ns = 1700000000000000000u + i * 1000u;
	}
	make_path(NULL);
	if (file) {
		remove_path(NULL);
		snprintf(path, sizeof(path), "%s", file);
	}
	bench("csv saddr", IRL_OUTPUT_CSV, "saddr", records, count);
	bench("csv saddr,sport,timestamp_str,ttl", IRL_OUTPUT_CSV,
	      "saddr,sport,timestamp_str,ttl", records, count);
	bench("csv *", IRL_OUTPUT_CSV, "*", records, count);
	bench("json *", IRL_OUTPUT_JSON, "*", records, count);
	if (!file)
		remove_path(NULL);
	free(records);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_csv),
	    cmocka_unit_test(test_json_lines),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_default_filter),
	    cmocka_unit_test(test_append),
	    cmocka_unit_test(test_bad_options),
	    cmocka_unit_test(test_disk_full),
	    cmocka_unit_test(test_file_limit),
	    cmocka_unit_test(test_closed_pipe),
	    cmocka_unit_test(test_slow_pipe),
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_status_columns),
	    cmocka_unit_test(test_json_document),
	    cmocka_unit_test(test_json_replaces),
	    cmocka_unit_test(test_json_line),
	};

	if (argc > 1 && !strcmp(argv[1], "bench"))
		return bench_all(argc > 2 ? argv[2] : NULL);
	return cmocka_run_group_tests(tests, make_path, remove_path);
}
