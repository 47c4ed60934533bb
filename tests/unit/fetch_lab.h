/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fetches in one process and in virtual time, against the servers of
 * fetch_server.h: every target ends as its server must make it end, whatever
 * the link does, and the books balance.
 */
#ifndef IRL_TESTS_FETCH_LAB_H
#define IRL_TESTS_FETCH_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	char last[65536];
	char named[1024];    /* "domain:tag " of each record, in their order */
	bool opening;        /* the world is there, the fetch is being made */
	struct watch *watch; /* of the caps; NULL: nobody looks */
	struct irl_pcapng *frames; /* each, if wanted */
	const char *page_outcome;  /* of pages with a length; NULL: by RST */
	double percent;            /* of the last status */
};

/* What all workers together have open, seen after each turn. */
struct watch {
	uint64_t id[4][1024]; /* of a session, when last looked at */
	unsigned open_host[65536], open_net[256], most_host, most_net;
	uint64_t last_ns[256], least_apart_ns; /* openings in a network */
};

static inline void lab_init(struct lab *lab, const char *range,
			    const char *protocol)
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
	    .tell_unopened = true,
	};
	lab->link_options.delay_ns = 10 * IRL_NS_PER_MS;
	lab->server = calloc(1, sizeof(*lab->server));
	lab->now = START;
}

/* ---- what the fetch calls back ------------------------------------------ */

static inline const char *expected_status(enum server_kind kind)
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

static inline const char *expected_state(enum server_kind kind)
{
	static const char *const state[SERVER_KINDS] = {
	    "unopened", "unopened", "synack",  "acked",
	    "service",  "service",  "service", "synack"};

	return state[kind];
}

static inline const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static inline void check_page(json_t *http, uint32_t addr)
{
	json_t *result = json_object_get(http, "result");
	const char *body = text_at(json_object_get(result, "response"), "body");

	assert_int_equal(strlen(body), server_body(addr));
	assert_int_equal(strspn(body, "b"), server_body(addr));
}

static inline void check_http(const struct lab *lab,
			      const struct irl_fetch_record *record,
			      uint32_t addr)
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
	/* All that was wanted had come: no failure. */
	if (kind == SERVER_PAGE && !lab->hold)
		assert_string_equal(text_at(tcp, "outcome"),
				    lab->page_outcome ? lab->page_outcome
						      : "closed_by_us");
	json_decref(json);
}

/* Of a list, what no host can have, or this one has. */
static inline void check_unopened(const struct irl_fetch_record *record)
{
	json_t *json = json_loadb(record->json, record->json_bytes, 0, NULL);
	const struct irl_ip *addr = &record->target.addr;
	bool own = irl_ip_is4(addr) && (irl_ip_addr4(addr) == SOURCE ||
					irl_ip_addr4(addr) >> 24 == 127);
	json_t *http;

	assert_non_null(json);
	assert_int_equal(record->not_opened, IRL_FETCH_NOT_PLACE);
	assert_int_equal(record->state, IRL_FETCH_NONE);
	http = json_object_get(json_object_get(json, "data"), "http");
	assert_string_equal(text_at(http, "status"), "connection-timeout");
	assert_string_equal(text_at(http, "error"),
			    own ? "it is an address of this host itself"
				: "no host has this address");
	assert_string_equal(text_at(json_object_get(json, "tcp"), "outcome"),
			    "no_address");
	json_decref(json);
}

/* Its record says that it was cut off, or how it ended. */
static inline void note_finished(struct lab *lab,
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

/* Whenever it is told. */
static inline void check_begin(const struct lab *lab,
			       const struct irl_fetch_record *record)
{
	uint32_t addr = irl_ip_addr4(&record->target.addr);
	uint64_t syn_ns = lab->server->syn_ns[addr & 0xffff];
	uint64_t begin_ns =
	    record->wall_ns - (uint64_t)irl_clock_wall_offset_ns();

	assert_in_range(begin_ns, syn_ns - IRL_NS_PER_S, syn_ns + IRL_NS_PER_S);
}

static inline int on_record(void *context,
			    const struct irl_fetch_record *record)
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
	if (lab->hold)
		check_begin(lab, record);
	if (strlen(lab->named) < sizeof(lab->named) - 64)
		sprintf(lab->named + strlen(lab->named), "%.30s:%.30s ",
			record->target.domain ? record->target.domain : "-",
			record->target.tag ? record->target.tag : "-");
	lab->count[server_kind(addr)]++;
	if (!strcmp(lab->options.proto->name, "http") && !lab->stop_at &&
	    !lab->finished && !lab->server->router)
		check_http(lab, record, addr);
	return 0;
}

static inline int on_next(void *context, struct irl_fetch_target *target,
			  struct irl_error *err)
{
	static char domain[64], tag[IRL_FETCH_TAG_MAX + 2];
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
	if (sscanf(lab->line[lab->line_at++], "%x %63s %4096s %u", &addr,
		   domain, tag, &port) != 4)
		return irl_error_set(err, IRL_EPARSE, "line %u", lab->line_at);
	*target = (struct irl_fetch_target){
	    .addr = irl_ip4(addr),
	    .port = (uint16_t)port,
	    .domain = strcmp(domain, "-") ? domain : NULL,
	    .tag = strcmp(tag, "-") ? tag : NULL,
	};
	return 1;
}

static inline void on_status(void *context,
			     const struct irl_fetch_progress *progress)
{
	struct lab *lab = context;

	lab->percent = progress->percent;
}

static inline const struct irl_fetch_events *events_of(struct lab *lab)
{
	static struct irl_fetch_events events;

	events = (struct irl_fetch_events){.context = lab,
					   .next = on_next,
					   .record = on_record,
					   .status = on_status};
	return &events;
}

/* ---- the run ------------------------------------------------------------ */

/* A network is on link, and nobody answers in it. */
static inline struct irl_next_hops *silent_hops(struct lab *lab)
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

static inline uint64_t lab_now(void *lab)
{
	return ((struct lab *)lab)->now;
}

/* The fetch opened, or why not. */
static inline int lab_try_open(struct lab *lab)
{
	struct irl_way way = {
	    .options = lab->options.scan,
	    .steer = {.port_first = lab->options.scan.port_first,
		      .port_last = lab->options.scan.port_last},
	    .mac = {2, 0, 0, 0, 0, 1},
	    .gateway_mac = {2, 0, 0, 0, 0, 2},
	    .opened_ns = START};
	struct irl_probe_options probe = {.seed = lab->options.scan.seed,
					  .targets = lab->targets,
					  .source_addr = SOURCE,
					  .source_count = 1,
					  .port_first = 40000,
					  .port_last = 44095,
					  .port_parts =
					      lab->options.scan.workers,
					  .options = IRL_TCP_OPTIONS_LINUX};
	const struct irl_wrap_clock clock = {lab_now, lab};

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
	    (lab->frames && irl_port_record(&way.port, way.port, lab->frames,
					    &clock, &lab->err)) ||
	    (lab->options.probe && !lab->options.list &&
	     irl_probe_new(&way.probe, &probe, &lab->err)))
		fail_msg("%s", lab->err.text);
	lab->link_options.steer_a = NULL; /* the link has a copy */
	lab->opening = true;
	return irl_fetch_over(&lab->fetch, &lab->options, &way, &lab->err);
}

static inline void lab_open(struct lab *lab)
{
	if (lab_try_open(lab))
		fail_msg("%s", lab->err.text);
}

static inline void watch_session(struct lab *lab, uint64_t *known,
				 const struct irl_session *session)
{
	uint32_t addr = irl_ip_addr4(&session->item.addr);
	uint32_t net = addr >> 8 & 0xff;
	struct watch *w = lab->watch;
	uint64_t apart = lab->now - w->last_ns[net];

	if (session->id && session->id != *known) {
		if (w->last_ns[net] && apart < w->least_apart_ns)
			w->least_apart_ns = apart;
		w->last_ns[net] = lab->now;
	}
	*known = session->id;
	if (!session->id)
		return;
	if (++w->open_host[addr & 0xffff] > w->most_host)
		w->most_host = w->open_host[addr & 0xffff];
	if (++w->open_net[net] > w->most_net)
		w->most_net = w->open_net[net];
}

static inline void unwatch_session(struct watch *watch,
				   const struct irl_session *session)
{
	uint32_t addr = irl_ip_addr4(&session->item.addr);

	watch->open_host[addr & 0xffff] = 0;
	watch->open_net[addr >> 8 & 0xff] = 0;
}

static inline void watch_caps(struct lab *lab)
{
	struct watch *watch = lab->watch;

	for (unsigned i = 0; i < lab->fetch->workers; i++) {
		const struct irl_fetch_worker *w = &lab->fetch->worker[i];

		for (uint32_t k = 0; k < w->sessions; k++)
			watch_session(lab, &watch->id[i][k], &w->session[k]);
	}
	for (unsigned i = 0; i < lab->fetch->workers; i++) {
		const struct irl_fetch_worker *w = &lab->fetch->worker[i];

		for (uint32_t k = 0; k < w->sessions; k++)
			unwatch_session(watch, &w->session[k]);
	}
}

/* Everything once, and on by @step_ns; true when all is over. */
static inline bool lab_turn(struct lab *lab, uint64_t step_ns)
{
	struct irl_fetch *fetch = lab->fetch;
	bool over = false;

	irl_link_advance(lab->link, lab->now);
	lab->server->now_ns = lab->now;
	server_pump(lab->server);
	irl_link_advance(lab->link, lab->now);
	for (unsigned i = 0; i < fetch->workers; i++)
		irl_fetch_turn(&fetch->worker[i], lab->now);
	if (!lab->hold || lab->now > START + 20 * IRL_NS_PER_S)
		over = irl_fetch_attend(fetch, lab->now);
	else
		irl_fetch_feed(fetch);
	if (lab->watch)
		watch_caps(lab);
	lab->now += step_ns;
	assert_true(lab->now < START + 600 * IRL_NS_PER_S);
	return over;
}

static inline int lab_end(struct lab *lab)
{
	struct irl_fetch *fetch = lab->fetch;

	for (unsigned i = 0; i < fetch->workers; i++)
		irl_fetch_transmit(&fetch->worker[i], lab->now);
	irl_link_advance(lab->link, lab->now + IRL_NS_PER_S);
	server_pump(lab->server);
	return irl_fetch_finish(fetch, &lab->result, &lab->err);
}

static inline int lab_try(struct lab *lab)
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

static inline void lab_run(struct lab *lab)
{
	if (lab_try(lab))
		fail_msg("%s", lab->err.text);
}

static inline void lab_fini(struct lab *lab)
{
	irl_fetch_close(lab->fetch);
	irl_port_close(lab->server->port);
	irl_link_free(lab->link);
	irl_proto_config_close(lab->config);
	irl_targets_free(lab->targets);
	free(lab->server);
}

static inline void expect_all(const struct lab *lab, unsigned addresses,
			      bool probed)
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

/* The same of a list, whose probes go out with all other frames. */
static inline void probe_list(struct lab *lab, unsigned listed)
{
	lab_init(lab, "10.1.0.1", "http");
	lab->options.list = lab->options.probe = true;
	lab->options.scan.rate_pps = 5000;
	lab->listed = listed;
}

static inline unsigned answering(unsigned addresses)
{
	unsigned n = 0;

	for (unsigned i = 0; i < addresses; i++)
		n += server_kind(BASE + i) >= SERVER_MUTE;
	return n;
}

static inline void expect_finished(const uint8_t finished[], unsigned addresses,
				   bool probe)
{
	for (unsigned i = 0; i < addresses; i++)
		if ((!probe || server_kind(BASE + i) >= SERVER_MUTE) &&
		    !(finished[i] & WHOLE))
			fail_msg("%x is lost", BASE + i);
}

#endif
