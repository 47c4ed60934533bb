// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fetches in one process and in virtual time, against the servers of
 * fetch_server.h: every target ends as its server must make it end, whatever
 * the link does, and the books balance.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>
#include <irl/fetch.h>
#include <irl/wrap.h>
#include "base/clock.h"
#include "engine/fetch.h"
#include "fetch_server.h"

#define SOURCE 0x0a000003u
#define BASE 0x0a010000u
#define ON_LINK 0xc6120000u /* 198.18.0.0/16, RFC 2544 */
#define START (5 * IRL_NS_PER_S)
#define CUT 1u /* bits of lab.finished */
#define WHOLE 2u

struct lab {
	struct irl_targets *targets;
	struct irl_link *link;
	struct irl_link_options link_options;
	struct irl_fault_options fault;
	bool faulty;
	struct server *server;
	struct irl_proto_config *config;
	struct irl_fetch_options options;
	struct irl_fetch *fetch;
	struct irl_fetch_result result;
	struct irl_error err;
	uint64_t now;
	/* A list. */
	const char *const *line; /* "addr domain tag port" */
	unsigned lines, line_at;
	unsigned silent_hops; /* a list of so many, two targets each, instead */
	unsigned listed;      /* a list of so many from BASE on, instead */
	/* Records. */
	unsigned records, count[SERVER_KINDS], unopened;
	unsigned stop_at, fail_at;
	uint64_t stop_ns;  /* after so long */
	uint8_t *finished; /* by address from BASE on: in records not cut */
	bool hold;         /* nobody takes records until 20 virtual seconds */
	char last[4096];
};

static void lab_init(struct lab *lab, const char *range, const char *protocol)
{
	const struct irl_proto *proto = irl_proto_find(protocol);
	const struct irl_proto_options talk = {.quiet_ns = 300000000,
					       .wait_ns = 500000000};

	memset(lab, 0, sizeof(*lab));
	if (irl_targets_new(&lab->targets, &lab->err) ||
	    irl_targets_allow(lab->targets, range, &lab->err) ||
	    irl_targets_allow_special(lab->targets, "all", &lab->err) ||
	    irl_targets_ports(lab->targets, "80", &lab->err) ||
	    irl_targets_seal(lab->targets, &lab->err) ||
	    irl_proto_config_open(&lab->config, proto, &talk, &lab->err))
		fail_msg("%s", lab->err.text);
	lab->options = (struct irl_fetch_options){
	    .scan = {.targets = lab->targets,
		     .seed = 11,
		     .workers = 1,
		     .cooldown_s = 1,
		     .source_addr = SOURCE,
		     .source_count = 1,
		     .port_first = 40000,
		     .port_last = 44095,
		     .tcp_options = IRL_TCP_OPTIONS_LINUX},
	    .connections = 512,
	    .per_net = 1000,
	    .idle_ns = 2 * IRL_NS_PER_S,
	    .proto = proto,
	    .config = lab->config,
	    .tell_silent = true,
	};
	lab->link_options.delay_ns = 10 * IRL_NS_PER_MS;
	lab->server = calloc(1, sizeof(*lab->server));
	lab->now = START;
}

/* ---- what the fetch calls back ------------------------------------------- */

static const char *expected_status(enum server_kind kind)
{
	static const char *const status[SERVER_KINDS] = {"connection-timeout",
							 "connection-refused",
							 "io-timeout",
							 "io-timeout",
							 "success",
							 "success",
							 "protocol-error",
							 "connection-closed"};

	return status[kind];
}

static const char *expected_state(enum server_kind kind)
{
	static const char *const state[SERVER_KINDS] = {
	    "silent",  "silent",  "synack",  "acked",
	    "service", "service", "service", "synack"};

	return state[kind];
}

static const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static void check_page(json_t *http, uint32_t addr)
{
	json_t *result = json_object_get(http, "result");
	const char *body = text_at(json_object_get(result, "response"), "body");

	assert_int_equal(strlen(body), server_body(addr));
	assert_int_equal(strspn(body, "b"), server_body(addr));
}

static void check_http(const struct irl_fetch_record *record, uint32_t addr)
{
	enum server_kind kind = server_kind(addr);
	json_t *json = json_loadb(record->json, record->json_bytes, 0, NULL);
	json_t *http, *tcp;

	assert_non_null(json);
	http = json_object_get(json_object_get(json, "data"), "http");
	tcp = json_object_get(json, "tcp");
	assert_string_equal(text_at(http, "status"), expected_status(kind));
	assert_string_equal(text_at(tcp, "state"), expected_state(kind));
	assert_int_equal(json_integer_value(json_object_get(json, "port")),
			 record->target.port);
	if (kind == SERVER_PAGE || kind == SERVER_PAGE_IN)
		check_page(http, addr);
	json_decref(json);
}

/* Of a list, what no host can have. */
static void check_unopened(const struct irl_fetch_record *record)
{
	json_t *json = json_loadb(record->json, record->json_bytes, 0, NULL);
	json_t *http;

	assert_non_null(json);
	assert_int_equal(record->not_opened, IRL_FETCH_NOT_PLACE);
	assert_int_equal(record->state, IRL_FETCH_NONE);
	http = json_object_get(json_object_get(json, "data"), "http");
	assert_string_equal(text_at(http, "status"), "connection-timeout");
	assert_string_equal(text_at(http, "error"), "no host has this address");
	assert_string_equal(text_at(json_object_get(json, "tcp"), "outcome"),
			    "no_address");
	json_decref(json);
}

/* Its record says that it was cut off, or how it ended. */
static void note_finished(struct lab *lab,
			  const struct irl_fetch_record *record)
{
	uint32_t addr = irl_ip_addr4(&record->target.addr);
	json_t *json = json_loadb(record->json, record->json_bytes, 0, NULL);
	json_t *data = json_object_get(json, "data");
	json_t *talk = json_object_iter_value(json_object_iter(data));
	const char *error = json_string_value(json_object_get(talk, "error"));

	if (error && !strcmp(error, "stopped")) {
		assert_string_equal(text_at(talk, "status"), "unknown-error");
		lab->finished[addr - BASE] |= CUT;
	} else {
		if (*lab->options.proto->name == 'h')
			assert_string_equal(text_at(talk, "status"),
					    expected_status(server_kind(addr)));
		lab->finished[addr - BASE] |= WHOLE;
	}
	json_decref(json);
}

static int on_record(void *context, const struct irl_fetch_record *record)
{
	struct lab *lab = context;
	uint32_t addr = irl_ip_addr4(&record->target.addr);

	if (record->not_opened != IRL_FETCH_CAUSES) {
		check_unopened(record);
		lab->unopened++;
		return 0;
	}
	lab->records++;
	if (lab->fail_at == lab->records)
		return -IRL_ENOSPC;
	if (lab->stop_at == lab->records)
		irl_fetch_stop(lab->fetch);
	snprintf(lab->last, sizeof(lab->last), "%.*s", (int)record->json_bytes,
		 record->json);
	if (lab->finished)
		note_finished(lab, record);
	lab->count[server_kind(addr)]++;
	if (!strcmp(lab->options.proto->name, "http") && !lab->stop_at &&
	    !lab->finished && !lab->server->router)
		check_http(record, addr);
	return 0;
}

static int on_next(void *context, struct irl_fetch_target *target,
		   struct irl_error *err)
{
	static char domain[64], tag[64];
	struct lab *lab = context;
	unsigned addr, port;

	if (lab->line_at == (lab->silent_hops ? 2 * lab->silent_hops
			     : lab->listed    ? lab->listed
					      : lab->lines))
		return IRL_FETCH_END;
	if (lab->listed) {
		*target = (struct irl_fetch_target){
		    .addr = irl_ip4(BASE + lab->line_at++), .port = 80};
		return 1;
	}
	if (lab->silent_hops) {
		*target = (struct irl_fetch_target){
		    .addr = irl_ip4(ON_LINK + lab->line_at / 2),
		    .port = (uint16_t)(80 + lab->line_at % 2)};
		lab->line_at++;
		return 1;
	}
	if (sscanf(lab->line[lab->line_at++], "%x %63s %63s %u", &addr, domain,
		   tag, &port) != 4)
		return irl_error_set(err, IRL_EPARSE, "line %u", lab->line_at);
	*target = (struct irl_fetch_target){
	    .addr = irl_ip4(addr),
	    .port = (uint16_t)port,
	    .domain = strcmp(domain, "-") ? domain : NULL,
	    .tag = strcmp(tag, "-") ? tag : NULL,
	};
	return 1;
}

static const struct irl_fetch_events *events_of(struct lab *lab)
{
	static struct irl_fetch_events events;

	events = (struct irl_fetch_events){
	    .context = lab, .next = on_next, .record = on_record};
	return &events;
}

/* ---- the run ------------------------------------------------------------- */

/* A network is on link, and nobody answers in it. */
static struct irl_next_hops *silent_hops(struct lab *lab)
{
	const struct irl_next_hops_options options = {
	    .source = SOURCE, .mac = {2, 0, 0, 0, 0, 1}, .rate_pps = 1e6};
	const struct net_route on_link = {.dest = irl_ip4(ON_LINK),
					  .length = 96 + 16,
					  .ifindex = 1,
					  .usable = true};
	struct irl_next_hops *hops;

	if (irl_next_hops_new(&hops, 1, true, &lab->err))
		fail_msg("%s", lab->err.text);
	irl_next_hops_add(hops, &on_link);
	if (irl_next_hops_ready(hops, &options, &lab->err))
		fail_msg("%s", lab->err.text);
	return hops;
}

static void lab_open(struct lab *lab)
{
	struct irl_way way = {
	    .options = lab->options.scan,
	    .steer = {.port_first = 40000, .port_last = 44095},
	    .mac = {2, 0, 0, 0, 0, 1},
	    .gateway_mac = {2, 0, 0, 0, 0, 2},
	    .opened_ns = START};
	struct irl_probe_options probe = {.seed = lab->options.scan.seed,
					  .targets = lab->targets,
					  .source_addr = SOURCE,
					  .source_count = 1,
					  .port_first = 40000,
					  .port_last = 44095,
					  .options = IRL_TCP_OPTIONS_LINUX};

	for (unsigned i = 0; i < lab->options.scan.source_count; i++)
		way.steer.own[way.steer.own_count++] =
		    (struct irl_prefix4){SOURCE + i, 32};
	/* Answers come to the queue that their port belongs to. */
	lab->link_options.steer_a = &way.steer;
	if (lab->silent_hops)
		way.hops = silent_hops(lab);
	lab->link_options.queues = lab->options.scan.workers;
	lab->server->queues = lab->options.scan.workers;
	if (irl_link_new(&lab->link, &lab->link_options, &way.port,
			 &lab->server->port, &lab->err) ||
	    (lab->faulty &&
	     irl_port_fault(&way.port, way.port, &lab->fault, &lab->err)) ||
	    (lab->options.probe && !lab->options.list &&
	     irl_probe_new(&way.probe, &probe, &lab->err)) ||
	    irl_fetch_over(&lab->fetch, &lab->options, &way, &lab->err))
		fail_msg("%s", lab->err.text);
}

/* Everything once, and on by @step_ns; true when all is over. */
static bool lab_turn(struct lab *lab, uint64_t step_ns)
{
	struct irl_fetch *fetch = lab->fetch;
	bool over = false;

	irl_link_advance(lab->link, lab->now);
	server_pump(lab->server);
	irl_link_advance(lab->link, lab->now);
	for (unsigned i = 0; i < fetch->workers; i++)
		irl_fetch_turn(&fetch->worker[i], lab->now);
	if (!lab->hold || lab->now > START + 20 * IRL_NS_PER_S)
		over = irl_fetch_attend(fetch, lab->now);
	else
		irl_fetch_feed(fetch);
	lab->now += step_ns;
	assert_true(lab->now < START + 600 * IRL_NS_PER_S);
	return over;
}

static int lab_end(struct lab *lab)
{
	struct irl_fetch *fetch = lab->fetch;

	for (unsigned i = 0; i < fetch->workers; i++)
		irl_fetch_transmit(&fetch->worker[i], lab->now);
	irl_link_advance(lab->link, lab->now + IRL_NS_PER_S);
	server_pump(lab->server);
	return irl_fetch_finish(fetch, &lab->result, &lab->err);
}

static int lab_try(struct lab *lab)
{
	uint64_t step_ns =
	    lab->silent_hops ? 20 * IRL_NS_PER_MS : 500 * IRL_NS_PER_US;

	lab_open(lab);
	irl_fetch_begin(lab->fetch, events_of(lab), lab->now);
	while (!lab_turn(lab, step_ns))
		if (lab->stop_ns && lab->now - START >= lab->stop_ns)
			irl_fetch_stop(lab->fetch);
	return lab_end(lab);
}

static void lab_run(struct lab *lab)
{
	if (lab_try(lab))
		fail_msg("%s", lab->err.text);
}

static void lab_fini(struct lab *lab)
{
	irl_fetch_close(lab->fetch);
	irl_port_close(lab->server->port);
	irl_link_free(lab->link);
	irl_proto_config_close(lab->config);
	irl_targets_free(lab->targets);
	free(lab->server);
}

static void expect_all(const struct lab *lab, unsigned addresses, bool probed)
{
	unsigned want[SERVER_KINDS] = {0};

	for (unsigned i = 0; i < addresses; i++)
		want[server_kind(BASE + i)]++;
	if (probed)
		want[SERVER_SILENT] = want[SERVER_CLOSED] = 0;
	for (unsigned i = 0; i < SERVER_KINDS; i++) {
		if (lab->count[i] != want[i])
			print_error("kind %u: %u of %u\n", i, lab->count[i],
				    want[i]);
		assert_int_equal(lab->count[i], want[i]);
	}
}

/* ---- targets ------------------------------------------------------------- */

static void test_set(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned workers = 1; workers <= 2; workers++) {
		lab_init(&lab, "10.1.0.0/22", "http");
		lab.options.scan.workers = workers;
		lab_run(&lab);
		expect_all(&lab, 1024, false);
		assert_true(lab.result.complete);
		assert_int_equal(lab.result.next, 1024);
		assert_int_equal(lab.result.counts.connected, 1024);
		assert_int_equal(lab.result.counts.told, 1024);
		/* Nothing is left behind at any server. */
		for (unsigned i = 0; i < 256; i++)
			assert_int_equal(lab.server->open_net[i], 0);
		lab_fini(&lab);
	}
}

static void test_silent_are_counted(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "http");
	lab.options.tell_silent = false;
	lab_run(&lab);
	expect_all(&lab, 256, true);
	assert_int_equal(lab.result.counts.told + lab.result.counts.untold,
			 256);
	lab_fini(&lab);
}

/* The last record, of one who did not answer. */
static void check_unreachable(struct lab *lab, const char *outcome,
			      const char *status, const char *why, int code)
{
	json_t *json = json_loads(lab->last, 0, NULL);
	json_t *http = json_object_get(json_object_get(json, "data"), "http");
	json_t *tcp = json_object_get(json, "tcp");

	assert_string_equal(text_at(tcp, "outcome"), outcome);
	assert_string_equal(text_at(http, "status"), status);
	assert_string_equal(text_at(http, "error"), why);
	assert_string_equal(text_at(tcp, "icmp"), why);
	assert_int_equal(json_integer_value(json_object_get(tcp, "icmp_type")),
			 3);
	assert_int_equal(json_integer_value(json_object_get(tcp, "icmp_code")),
			 code);
	json_decref(json);
}

/* RFC 1122, 4.2.3.9: a soft error ends nothing, but tells why the SYNs were in
 * vain; a hard one ends it. */
static void test_unreachable(void **state)
{
	static const struct {
		int code;
		const char *outcome, *status, *why;
	} rows[] = {
	    {0, "silent", "connection-timeout", "network unreachable"},
	    {1, "silent", "connection-timeout", "host unreachable"},
	    {3, "unreachable", "connection-refused", "port unreachable"},
	    {13, "unreachable", "connection-refused",
	     "communication admin. prohibited"},
	};
	uint32_t addr = BASE;
	char line[64];
	const char *lines = line;

	(void)state;
	while (server_kind(addr) != SERVER_SILENT)
		addr++;
	snprintf(line, sizeof(line), "%x - - 80", addr);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lab lab;

		lab_init(&lab, "10.1.0.1", "http");
		lab.options.list = true;
		lab.line = &lines;
		lab.lines = 1;
		lab.options.idle_ns = 20 * IRL_NS_PER_S; /* all SYNs */
		lab.server->router = (uint8_t)(rows[i].code + 1);
		lab_run(&lab);
		assert_int_equal(lab.records, 1);
		check_unreachable(&lab, rows[i].outcome, rows[i].status,
				  rows[i].why, rows[i].code);
		lab_fini(&lab);
	}
}

static void test_list(void **state)
{
	static const char *const line[] = {
	    "0a010001 - - 80",
	    "0a010001 - - 80",         /* again */
	    "0a010001 a.example - 80", /* another */
	    "0a010002 b.example tag 8080",
	    "e0000001 - - 80", /* multicast */
	    "0a010003 - - 0",
	};
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.1", "http");
	lab.options.list = true;
	lab.line = line;
	lab.lines = 6;
	lab_run(&lab);
	assert_int_equal(lab.records, 3);
	assert_int_equal(lab.unopened, 2);
	assert_int_equal(lab.result.counts.told, 5);
	assert_int_equal(lab.result.counts.targets, 6);
	assert_int_equal(lab.result.counts.not_opened[IRL_FETCH_NOT_DUPLICATE],
			 1);
	assert_int_equal(lab.result.counts.not_opened[IRL_FETCH_NOT_PLACE], 2);
	lab_fini(&lab);
}

/* What comes before a bad line is fetched and told. */
static void test_bad_line(void **state)
{
	static const char *const line[] = {"0a010001 - - 80", "0a010002 - - 80",
					   "nonsense"};
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.1", "http");
	lab.options.list = true;
	lab.line = line;
	lab.lines = 3;
	assert_int_equal(lab_try(&lab), -IRL_EPARSE);
	assert_string_equal(lab.err.text, "line 3");
	assert_int_equal(lab.records, 2);
	assert_string_equal(lab.result.imbalance, "");
	lab_fini(&lab);
}

static void test_names(void **state)
{
	static const char *const line[] = {"0a010001 a.example blue 80"};
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.1", "http");
	lab.options.list = true;
	lab.line = line;
	lab.lines = 1;
	lab_run(&lab);
	assert_non_null(strstr(lab.last, "\"domain\":\"a.example\""));
	assert_non_null(strstr(lab.last, "\"tag\":\"blue\""));
	lab_fini(&lab);
}

/* More targets wait for their next hops than may: all are told, as soon as the
 * hops are absent. */
static void test_silent_next_hops(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.1", "http");
	lab.options.list = true;
	lab.options.tell_silent = false;
	lab.silent_hops = 35000;
	lab_run(&lab);
	assert_int_equal(lab.result.counts.targets, 70000);
	assert_int_equal(lab.result.counts.not_opened[IRL_FETCH_NOT_NEIGHBOUR],
			 70000);
	assert_true(lab.now < START + 200 * IRL_NS_PER_S);
	lab_fini(&lab);
}

/* (With two workers a SYN-ACK must arrive by its port, which a memory link does
 * not know: tests/netns.) */
static void test_probe(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/22", "http");
	lab.options.probe = true;
	lab.options.scan.rate_pps = 5000;
	lab_run(&lab);
	expect_all(&lab, 1024, true);
	assert_true(lab.result.complete);
	assert_int_equal(lab.result.counts.probes, 1024);
	assert_int_equal(lab.server->syns, 1024);
	assert_true(lab.result.counts.adopted > 700);
	assert_int_equal(lab.result.counts.connected, 0);
	/* Answers to probes are none. */
	assert_int_equal(lab.result.counts.stray, lab.result.counts.others);
	lab_fini(&lab);
}

/* The copy of a SYN-ACK comes with it, and must not reset what it began. */
static void test_probe_doubled(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "http");
	lab.options.probe = true;
	lab.link_options.duplicate = 1;
	lab_run(&lab);
	expect_all(&lab, 256, true);
	assert_int_equal(lab.result.counts.repeats, 0);
	lab_fini(&lab);
}

/* Caps hold for SYN-ACKs, too: those beyond are reset and connected to later.
 */
static void test_probe_beyond_caps(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "http");
	lab.options.probe = true;
	lab.options.per_net = 10;
	lab_run(&lab);
	expect_all(&lab, 256, true);
	assert_true(lab.result.counts.queued > 50);
	assert_int_equal(lab.result.counts.connected, lab.result.counts.queued);
	lab_fini(&lab);
}

/* The same of a list, whose probes go out with all other frames. */
static void probe_list(struct lab *lab, unsigned listed)
{
	lab_init(lab, "10.1.0.1", "http");
	lab->options.list = lab->options.probe = true;
	lab->options.scan.rate_pps = 5000;
	lab->listed = listed;
}

static void test_probe_list(void **state)
{
	const struct irl_fetch_counts *c;
	struct lab lab;

	(void)state;
	probe_list(&lab, 1024);
	lab_run(&lab);
	c = &lab.result.counts;
	expect_all(&lab, 1024, true);
	assert_true(lab.result.complete);
	assert_int_equal(c->probes, 1024);
	assert_int_equal(lab.server->syns, 1024);
	assert_true(c->adopted > 700);
	assert_int_equal(c->connected + c->targets + c->repeats, 0);
	assert_int_equal(c->stray, c->others);
	/* At their own rate, not that of connections. */
	assert_in_range(lab.now - START, 1200 * IRL_NS_PER_MS,
			20 * IRL_NS_PER_S);
	lab_fini(&lab);
}

static void test_probe_list_doubled(void **state)
{
	struct lab lab;

	(void)state;
	probe_list(&lab, 256);
	lab.link_options.duplicate = 1;
	lab_run(&lab);
	expect_all(&lab, 256, true);
	assert_int_equal(lab.result.counts.repeats, 0);
	lab_fini(&lab);
}

static void test_probe_list_refused(void **state)
{
	struct lab lab;

	(void)state;
	probe_list(&lab, 256);
	lab.options.per_net = 10;
	lab.faulty = true;
	lab.fault.seed = 3;
	lab.fault.refuse[IRL_TX_FULL] = 0.5;
	lab_run(&lab);
	expect_all(&lab, 256, true);
	assert_true(lab.result.counts.probes_refused > 50);
	assert_int_equal(lab.result.counts.probes_again,
			 lab.result.counts.probes_refused);
	assert_true(lab.result.counts.queued > 50);
	assert_int_equal(lab.result.counts.connected, lab.result.counts.queued);
	lab_fini(&lab);
}

/* Multicast, 0.0.0.0/8, loopback, our own: no SYN goes to these. */
static void test_probe_list_unreached(void **state)
{
	static const char *const line[] = {
	    "0a010004 - - 80", "e0000001 - - 80", "00000001 - - 80",
	    "7f000001 - - 80", "0a000003 - - 80", "0a010004 - - 80"};
	struct lab lab;

	(void)state;
	probe_list(&lab, 0);
	lab.line = line;
	lab.lines = 6;
	lab_run(&lab);
	assert_int_equal(lab.result.counts.probes, 1);
	assert_int_equal(lab.result.counts.targets, 5);
	assert_int_equal(lab.unopened, 4);
	lab_fini(&lab);
}

/* As fast as it goes, but of what comes later: nobody spins meanwhile. */
static void test_probe_list_waits(void **state)
{
	struct lab lab;

	(void)state;
	probe_list(&lab, 2);
	lab.options.scan.rate_pps = 0;
	lab_open(&lab);
	irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
	assert_in_range(irl_fetch_turn(&lab.fetch->worker[0], lab.now),
			lab.now + IRL_NS_PER_MS, lab.now + IRL_NS_PER_S);
	while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
		;
	assert_int_equal(lab_end(&lab), 0);
	assert_int_equal(lab.result.counts.probes, 2);
	lab_fini(&lab);
}

/* Nor while there is no room for a connection more, of a list or a set. */
static void test_probe_crowded_waits(void **state)
{
	struct irl_fetch_worker *worker;
	struct lab lab;
	unsigned turns;
	uint64_t next;

	(void)state;
	for (int list = 0; list < 2; list++) {
		lab_init(&lab, "10.1.0.0/20", "http");
		lab.options.probe = true;
		lab.options.list = list;
		lab.listed = list ? 4096 : 0;
		lab.options.scan.rate_pps = 100000;
		lab.options.connections = 1;
		lab.stop_at = UINT32_MAX; /* by hand: answers are cut off */
		lab_open(&lab);
		worker = &lab.fetch->worker[0];
		irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
		for (turns = 0; turns < 50;) {
			lab_turn(&lab, 100 * IRL_NS_PER_US);
			next = irl_fetch_turn(worker, lab.now);
			turns = irl_admission_room(&worker->admission)
				    ? 0
				    : turns + 1;
		}
		assert_false(worker->probing->done);
		assert_in_range(next, lab.now + 100 * IRL_NS_PER_US,
				lab.now + IRL_NS_PER_S);
		irl_fetch_stop(lab.fetch);
		while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
			;
		assert_int_equal(lab_end(&lab), 0);
		lab_fini(&lab);
	}
}

/* Nor for those that wait for their host. */
static void test_waiting_sleeps(void **state)
{
	static const char *const line[] = {"0a010004 - - 80", "0a010004 - - 81",
					   "0a010004 - - 82",
					   "0a010004 - - 83"};
	struct irl_fetch_worker *worker;
	struct lab lab;
	uint64_t next;

	(void)state;
	lab_init(&lab, "10.1.0.1", "http");
	lab.options.list = true;
	lab.options.per_host = 1;
	lab.options.rate = 0;
	lab.line = line;
	lab.lines = 4;
	lab_open(&lab);
	worker = &lab.fetch->worker[0];
	irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
	for (unsigned i = 0; i < 8; i++) {
		lab_turn(&lab, 10 * IRL_NS_PER_US);
		next = irl_fetch_turn(worker, lab.now);
	}
	assert_int_equal(worker->open, 1);
	assert_int_equal(worker->waiting.count, 3);
	assert_in_range(next, lab.now + 100 * IRL_NS_PER_US,
			lab.now + IRL_NS_PER_S);
	while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
		;
	assert_int_equal(lab_end(&lab), 0);
	assert_int_equal(lab.result.counts.connected, 4);
	lab_fini(&lab);
}

/* Answers of one host come to two workers, which keep its spacing together. */
static void test_probe_spacing(void **state)
{
	static const char *const line[] = {
	    "0a010004 - - 80", "0a010004 - - 81", "0a010004 - - 82",
	    "0a010004 - - 83", "0a010004 - - 84", "0a010004 - - 85",
	    "0a010004 - - 86", "0a010004 - - 87"};
	struct lab lab;

	(void)state;
	probe_list(&lab, 0);
	lab.options.scan.workers = 2;
	lab.options.host_spacing_ns = 10 * IRL_NS_PER_S;
	lab.line = line;
	lab.lines = 8;
	lab_run(&lab);
	assert_int_equal(lab.records, 8);
	assert_in_range(lab.now - START, 70 * IRL_NS_PER_S, 160 * IRL_NS_PER_S);
	lab_fini(&lab);
}

#define SAME 200000u

static int on_same(void *context, struct irl_fetch_target *target,
		   struct irl_error *err)
{
	struct lab *lab = context;

	(void)err;
	if (lab->line_at++ == SAME)
		return IRL_FETCH_END;
	*target = (struct irl_fetch_target){.addr = irl_ip4(BASE), .port = 80};
	return 1;
}

/* Of many at once the rest comes later: records and stops are waiting. */
static void test_many_duplicates(void **state)
{
	struct irl_fetch_events events;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.1", "http");
	lab.options.list = true;
	lab_open(&lab);
	events = *events_of(&lab);
	events.next = on_same;
	irl_fetch_begin(lab.fetch, &events, lab.now);
	irl_fetch_feed(lab.fetch);
	assert_in_range(lab.line_at, 2, SAME / 2);
	while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
		;
	assert_int_equal(lab_end(&lab), 0);
	assert_int_equal(lab.result.counts.not_opened[IRL_FETCH_NOT_DUPLICATE],
			 SAME - 1);
	expect_all(&lab, 1, false);
	lab_fini(&lab);
}

/* Answers to more addresses than the stack has would come to nobody. */
static void test_too_many_sources(void **state)
{
	struct irl_fetch *fetch;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.1", "http");
	lab.options.scan.interface = "no-such-one";
	lab.options.scan.source_count = IRL_TCP_LOCALS + 1;
	assert_int_equal(irl_fetch_open(&fetch, &lab.options, &lab.err),
			 -IRL_EINVAL);
	assert_non_null(strstr(lab.err.text, "257 source addresses"));
	lab.options.list = true;
	lab.options.source6.byte[0] = 0xfd;
	lab.options.scan.source_count = IRL_TCP_LOCALS;
	assert_int_equal(irl_fetch_open(&fetch, &lab.options, &lab.err),
			 -IRL_EINVAL);
	assert_non_null(strstr(lab.err.text, "257 source addresses"));
	assert_null(fetch);
	lab.options.scan.source_count--;
	assert_int_not_equal(irl_fetch_open(&fetch, &lab.options, &lab.err),
			     -IRL_EINVAL);
	assert_null(fetch);
	lab_fini(&lab);
}

static unsigned answering(unsigned addresses)
{
	unsigned n = 0;

	for (unsigned i = 0; i < addresses; i++)
		n += server_kind(BASE + i) >= SERVER_MUTE;
	return n;
}

/* Stopped, what was not probed is told apart, and what was has its turn. */
static void test_probe_list_stopped(void **state)
{
	const struct irl_fetch_counts *c;
	struct lab lab;

	(void)state;
	probe_list(&lab, 20000);
	lab.stop_at = 50;
	lab_run(&lab);
	c = &lab.result.counts;
	assert_in_range(c->probes, 50, 10000);
	assert_true(c->not_opened[IRL_FETCH_NOT_STOPPED] > 0);
	assert_int_equal(c->adopted, answering((unsigned)c->probes));
	assert_int_equal(c->too_late, 0);
	assert_false(lab.result.complete);
	lab_fini(&lab);
}

/* ---- manners ------------------------------------------------------------- */

static void test_caps(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/23", "http");
	lab.options.per_net = 7;
	lab_run(&lab);
	expect_all(&lab, 512, false);
	assert_in_range(lab.server->most_net, 5, 7);
	assert_true(lab.result.counts.deferred > 100);
	lab_fini(&lab);
}

static const char *const one_host[] = {
    "0a010001 - - 81", "0a010001 - - 82", "0a010001 - - 83",
    "0a010001 - - 84", "0a010001 - - 85", "0a010001 - - 86",
};

static void lab_one_host(struct lab *lab)
{
	lab_init(lab, "10.1.0.1", "banner");
	assert_true(server_kind(0x0a010001) > SERVER_CLOSED);
	lab->options.list = true;
	lab->line = one_host;
	lab->lines = 6;
}

static void test_host_cap(void **state)
{
	struct lab lab;

	(void)state;
	for (uint32_t most = 1; most <= 4; most++) {
		lab_one_host(&lab);
		lab.options.per_host = most;
		lab_run(&lab);
		assert_int_equal(lab.records, 6);
		assert_int_equal(lab.server->most_host, most);
		lab_fini(&lab);
	}
}

static void test_spacing(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned net = 0; net < 2; net++) {
		lab_one_host(&lab);
		lab.options.per_host = 6;
		if (net)
			lab.options.net_spacing_ns = 2 * IRL_NS_PER_S;
		else
			lab.options.host_spacing_ns = 2 * IRL_NS_PER_S;
		lab_run(&lab);
		assert_int_equal(lab.records, 6);
		assert_true(lab.now - START >= 10 * IRL_NS_PER_S);
		lab_fini(&lab);
	}
}

/* Each address has all ports, and each worker its part of them. */
static void test_sources(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned workers = 1; workers <= 3; workers++) {
		lab_init(&lab, "10.1.0.0/22", "http");
		lab.options.scan.workers = workers;
		lab.options.scan.source_count = 4;
		lab_run(&lab);
		expect_all(&lab, 1024, false);
		for (unsigned i = 0; i < 4; i++)
			assert_in_range(lab.server->from[i], 200, 300);
		lab_fini(&lab);
	}
}

static void test_rate(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/23", "http");
	lab.options.rate = 100;
	lab_run(&lab);
	expect_all(&lab, 512, false);
	assert_true(lab.now - START > 5 * IRL_NS_PER_S);
	lab_fini(&lab);
}

/* ---- bad links ----------------------------------------------------------- */

/* SYNs are repeated; a device that refuses is offered frames again. */
static void test_refusing_device(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "http");
	lab.faulty = true;
	lab.fault.seed = 3;
	lab.fault.refuse[IRL_TX_FULL] = 0.5;
	lab_run(&lab);
	expect_all(&lab, 256, false);
	assert_true(lab.result.counts.again > 100);
	assert_int_equal(lab.result.counts.given_up, 0);
	lab_fini(&lab);
}

/* A device that takes nothing is offered a frame so often, and no more. */
static void test_deaf_device(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned list = 0; list < 2; list++) {
		if (list)
			probe_list(&lab, 256);
		else
			lab_init(&lab, "10.1.0.0/24", "http");
		lab.faulty = true;
		lab.fault.refuse[IRL_TX_FULL] = 1;
		lab.options.scan.retries = 3;
		lab.options.tell_silent = false;
		lab_run(&lab);
		assert_int_equal(lab.server->frames, 0);
		/* Three SYNs at most, each so often. */
		assert_in_range(lab.result.counts.again +
				    lab.result.counts.probes_again,
				256, 256 * 3 * 3);
		assert_true(lab.result.counts.given_up +
				lab.result.counts.probes_given_up >=
			    256);
		lab_fini(&lab);
	}
}

/* Every frame comes twice; late ones are strays, and answered by RST. */
static void test_doubled_frames(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "http");
	lab.link_options.duplicate = 1;
	lab_run(&lab);
	expect_all(&lab, 256, false);
	assert_true(lab.result.counts.stray > 0);
	lab_fini(&lab);
}

/* Corrupted frames are dropped by cause, and the books still balance. */
static void test_corrupted_frames(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "banner");
	lab.faulty = true;
	lab.fault.rx_corrupt = 0.3;
	lab.options.deadline_ns = 5 * IRL_NS_PER_S;
	lab_run(&lab);
	assert_true(lab.result.counts.checksum > 10);
	assert_int_equal(lab.records, 256);
	lab_fini(&lab);
}

/* The process sleeps on: many answers have come and then their SYNs' time is
 * over, but only the silent get another. */
static void test_late_reader(void **state)
{
	unsigned silent = 0;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/19", "http");
	lab.options.connections = 8192;
	lab.link_options.delay_ns = 300 * IRL_NS_PER_MS;
	lab.link_options.frames = lab.link_options.rx_frames = 32768;
	lab_open(&lab);
	irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
	while (lab.now < START + 400 * IRL_NS_PER_MS)
		lab_turn(&lab, 500 * IRL_NS_PER_US);
	assert_int_equal(lab.server->syns, 8192);
	lab.now = START + 1200 * IRL_NS_PER_MS;
	while (lab.now < START + 2 * IRL_NS_PER_S)
		lab_turn(&lab, 500 * IRL_NS_PER_US);
	for (unsigned i = 0; i < 8192; i++)
		silent += server_kind(BASE + i) == SERVER_SILENT;
	assert_int_equal(lab.server->syns, 8192 + silent);
	while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
		;
	assert_int_equal(lab_end(&lab), 0);
	expect_all(&lab, 8192, false);
	lab_fini(&lab);
}

/* ---- ends ---------------------------------------------------------------- */

static void test_stop(void **state)
{
	const uint64_t *not_opened;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "http");
	lab.stop_at = 100;
	lab.options.rate = 2000;
	lab_run(&lab);
	not_opened = lab.result.counts.not_opened;
	assert_false(lab.result.complete);
	assert_in_range(lab.records, 100, 4000);
	assert_in_range(lab.result.next, 100, 4000);
	assert_true(not_opened[IRL_FETCH_NOT_STOPPED] > 0);
	lab_fini(&lab);
}

static uint32_t random_below(uint32_t *random, uint32_t limit)
{
	*random = *random * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)*random * limit >> 32);
}

/* A way, a pace and a moment at which it is stopped, of 10.1.0.0/21. */
static void part_init(struct lab *lab, uint32_t *random, uint64_t start,
		      uint8_t finished[])
{
	const char *protocol = random_below(random, 3) ? "http" : "banner";
	unsigned workers = 1 + random_below(random, 2);

	lab_init(lab, "10.1.0.0/21", protocol);
	lab->finished = finished;
	lab->options.scan.workers = workers;
	lab->options.scan.start = start;
	lab->options.probe = random_below(random, 4) > 0;
	lab->options.scan.rate_pps = 500 + random_below(random, 2000);
	lab->options.rate = random_below(random, 2) ? 0 : 2000;
	lab->options.connections = 16u << random_below(random, 8);
	lab->link_options.delay_ns =
	    (1 + random_below(random, 600)) * IRL_NS_PER_MS;
	lab->options.scan.cooldown_s = 1.5;
	/* Nothing is cut off, or much. */
	lab->options.grace_ns =
	    (random_below(random, 2) ? 10 : 2) * IRL_NS_PER_S;
	lab->faulty = random_below(random, 2);
	lab->fault.refuse[IRL_TX_FULL] = 0.8;
	lab->options.scan.retries = 100000;
	lab->stop_ns = (1 + random_below(random, 3000)) * IRL_NS_PER_MS;
}

static void expect_finished(const uint8_t finished[], unsigned addresses,
			    bool probe)
{
	for (unsigned i = 0; i < addresses; i++)
		if ((!probe || server_kind(BASE + i) >= SERVER_MUTE) &&
		    !(finished[i] & WHOLE))
			fail_msg("%x is lost", BASE + i);
}

/* Stopped wherever, and gone on with at next until nothing is left: no target
 * that answers is without a record that tells its end. */
static void test_resumed_without_a_hole(void **state)
{
	static uint8_t finished[2048];
	unsigned cut = 0;

	(void)state;
	for (uint32_t seed = 1; seed <= 40; seed++) {
		uint32_t random = seed * 2654435761u;
		uint64_t next = 0;
		bool probe = false, complete = false;

		memset(finished, 0, sizeof(finished));
		for (unsigned part = 0; !complete; part++) {
			struct lab lab;

			part_init(&lab, &random, next, finished);
			lab.options.probe = part ? probe : lab.options.probe;
			probe = lab.options.probe;
			if (part == 2)
				lab.stop_ns = 0;
			lab_run(&lab);
			assert_true(lab.result.next >= next);
			next = lab.result.next;
			complete = lab.result.complete;
			lab_fini(&lab);
			complete |= next == sizeof(finished);
		}
		for (unsigned i = 0; i < sizeof(finished); i++)
			cut += finished[i] & CUT;
		expect_finished(finished, sizeof(finished), probe);
	}
	assert_true(cut > 0);
}

/* Answers that take longer than they are waited for, and come while connections
 * are still open, are asked for again. */
static void test_too_late_is_resumed(void **state)
{
	static uint8_t finished[4096];
	uint64_t next = 0;

	(void)state;
	memset(finished, 0, sizeof(finished));
	for (unsigned part = 0; part < 2; part++) {
		struct lab lab;

		lab_init(&lab, "10.1.0.0/20", "banner");
		lab.finished = finished;
		lab.options.probe = true;
		lab.options.scan.rate_pps = 1000;
		lab.options.scan.start = next;
		lab.options.grace_ns = 10 * IRL_NS_PER_S;
		lab.options.connections = 4096;
		lab.options.scan.cooldown_s = part ? 2 : 0.1;
		lab.link_options.delay_ns = 200 * IRL_NS_PER_MS;
		lab.stop_ns = part ? 0 : 2 * IRL_NS_PER_S;
		lab_run(&lab);
		assert_int_equal(lab.result.complete, part);
		assert_int_equal(lab.result.counts.too_late > 0, !part);
		next = lab.result.next;
		lab_fini(&lab);
	}
	expect_finished(finished, sizeof(finished), true);
}

static void test_record_fails(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/22", "http");
	lab.fail_at = 50;
	assert_int_equal(lab_try(&lab), -IRL_ENOSPC);
	assert_int_equal(lab.records, 50);
	assert_string_equal(lab.result.imbalance, "");
	lab_fini(&lab);
}

/* Records that nobody takes stop the opening; none is lost. */
static void test_slow_reader(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "http");
	lab.hold = true;
	lab.options.keep_bytes = 16384; /* and a small ring */
	lab.options.connections = 4096;
	lab.options.deadline_ns = 60 * IRL_NS_PER_S;
	lab_run(&lab);
	expect_all(&lab, 4096, false);
	lab_fini(&lab);
}

/* ---- the sample ---------------------------------------------------------- */

/* What a file holds of each host: frames with those flags. */
struct recorded {
	unsigned syn, synack, rst, frames;
};

static uint32_t word_at(const uint8_t *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static void count_frame(const uint8_t *frame, struct recorded host[1024])
{
	bool sent = server_get(frame + 26, 4) == SOURCE;
	struct recorded *r =
	    &host[server_get(frame + (sent ? 30 : 26), 4) % 1024];
	uint8_t flags = frame[47];

	r->frames++;
	r->syn += sent && flags == 2;
	r->synack += !sent && (flags & 0x12) == 0x12;
	r->rst += !!(flags & 4);
}

static void read_recorded(int fd, off_t size, struct recorded host[1024])
{
	uint8_t *file = malloc((size_t)size);
	off_t at = 0;

	assert_int_equal(pread(fd, file, (size_t)size, 0), size);
	for (; at < size; at += word_at(file + at + 4))
		if (word_at(file + at) == 6) /* an enhanced packet block */
			count_frame(file + at + 28, host);
	assert_int_equal(at, size);
	free(file);
}

/* A connection is there from its SYN to its RST, or not at all. */
static void check_recorded(const struct recorded host[1024])
{
	unsigned sampled = 0;

	for (uint32_t i = 0; i < 1024; i++) {
		const struct recorded *r = &host[i];
		enum server_kind kind = server_kind(BASE + i);

		if (!r->frames)
			continue;
		sampled++;
		assert_int_equal(r->syn > 0, true);
		assert_int_equal(r->synack > 0, kind > SERVER_CLOSED);
		assert_int_equal(r->rst > 0, kind != SERVER_SILENT);
	}
	assert_in_range(sampled, 90, 170);
}

static void test_sample(void **state)
{
	struct recorded host[1024] = {{0}};
	char path[] = "/tmp/test_fetch.XXXXXX";
	struct irl_error err = {0};
	int fd = mkstemp(path);
	struct lab lab;
	off_t size;

	(void)state;
	lab_init(&lab, "10.1.0.0/22", "http");
	assert_int_equal(irl_pcapng_open(&lab.options.pcap, path, &err), 0);
	irl_pcapng_interface(lab.options.pcap, "x", NULL, 0, &err);
	lab.options.pcap_sample = 8;
	lab_run(&lab);
	assert_int_equal(irl_pcapng_close(lab.options.pcap, &err), 0);
	size = lseek(fd, 0, SEEK_END);
	read_recorded(fd, size, host);
	check_recorded(host);
	close(fd);
	unlink(path);
	lab_fini(&lab);
}

/* ---- the ledger ---------------------------------------------------------- */

static struct irl_fetch_counts balanced(void)
{
	struct irl_fetch_counts c = {
	    .targets = 14,
	    .connected = 9,
	    .not_opened = {1, 1, 1, 1, 0, 1},
	    .probes = 30,
	    .probes_accepted = 25,
	    .probes_skipped = 1,
	    .probes_no_neighbour = 1,
	    .probes_given_up = 3,
	    .probes_refused = 10,
	    .probes_again = 7,
	    .synacks = 15,
	    .adopted = 6,
	    .queued = 2,
	    .repeats = 3,
	    .crowded = 1,
	    .too_late = 2,
	    .unfit = 1,
	    .told = 11,
	    .untold = 7,
	    .received = 107,
	    .taken = 60,
	    .stray = 5,
	    .unreachable = 7,
	    .foreign = 5,
	    .form = 3,
	    .checksum = 3,
	    .fragment = 2,
	    .lost = 2,
	    .closed = 5,
	    .invalid = 2,
	    .others = 3,
	    .made = 50,
	    .sent = 48,
	    .given_up = 2,
	    .refused = 6,
	    .again = 4,
	};

	c.ended[IRL_TCP_ABORTED] = c.state[IRL_FETCH_SERVICE] =
	    c.status[IRL_PROTO_SUCCESS] = 15;
	return c;
}

static void test_ledger_finds_each_miscount(void **state)
{
#define AT(name) offsetof(struct irl_fetch_counts, name)
	static const size_t off[] = {
	    AT(targets),
	    AT(connected),
	    AT(not_opened),
	    AT(probes),
	    AT(probes_accepted),
	    AT(probes_skipped),
	    AT(probes_given_up),
	    AT(probes_refused),
	    AT(probes_again),
	    AT(synacks),
	    AT(adopted),
	    AT(queued),
	    AT(repeats),
	    AT(crowded),
	    AT(too_late),
	    AT(unfit),
	    AT(ended),
	    AT(state),
	    AT(status),
	    AT(told),
	    AT(untold),
	    AT(received),
	    AT(taken),
	    AT(stray),
	    AT(unreachable),
	    AT(foreign),
	    AT(form),
	    AT(checksum),
	    AT(fragment),
	    AT(lost),
	    AT(closed),
	    AT(invalid),
	    AT(others),
	    AT(made),
	    AT(sent),
	    AT(refused),
	    AT(again),
	    AT(given_up),
	    AT(tx_unknown),
	    AT(probes_no_neighbour),
	};
	struct irl_fetch_counts c = balanced();
	char text[300];

	(void)state;
	irl_fetch_check(&c, text, sizeof(text));
	assert_string_equal(text, "");
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		c = balanced();
		++*(uint64_t *)((char *)&c + off[i]);
		irl_fetch_check(&c, text, sizeof(text));
		assert_true(*text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_set),
	    cmocka_unit_test(test_silent_are_counted),
	    cmocka_unit_test(test_unreachable),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_bad_line),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_silent_next_hops),
	    cmocka_unit_test(test_probe),
	    cmocka_unit_test(test_probe_doubled),
	    cmocka_unit_test(test_probe_beyond_caps),
	    cmocka_unit_test(test_probe_list),
	    cmocka_unit_test(test_probe_list_doubled),
	    cmocka_unit_test(test_probe_list_refused),
	    cmocka_unit_test(test_probe_list_unreached),
	    cmocka_unit_test(test_probe_list_waits),
	    cmocka_unit_test(test_probe_crowded_waits),
	    cmocka_unit_test(test_waiting_sleeps),
	    cmocka_unit_test(test_probe_spacing),
	    cmocka_unit_test(test_many_duplicates),
	    cmocka_unit_test(test_too_many_sources),
	    cmocka_unit_test(test_probe_list_stopped),
	    cmocka_unit_test(test_caps),
	    cmocka_unit_test(test_host_cap),
	    cmocka_unit_test(test_spacing),
	    cmocka_unit_test(test_sources),
	    cmocka_unit_test(test_rate),
	    cmocka_unit_test(test_refusing_device),
	    cmocka_unit_test(test_deaf_device),
	    cmocka_unit_test(test_doubled_frames),
	    cmocka_unit_test(test_corrupted_frames),
	    cmocka_unit_test(test_late_reader),
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_resumed_without_a_hole),
	    cmocka_unit_test(test_too_late_is_resumed),
	    cmocka_unit_test(test_record_fails),
	    cmocka_unit_test(test_slow_reader),
	    cmocka_unit_test(test_sample),
	    cmocka_unit_test(test_ledger_finds_each_miscount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
