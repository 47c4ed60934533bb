// SPDX-License-Identifier: BSD-2-Clause
/* Fetches of a list of targets. */
#include "fetch_lab.h"

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
	    "0a000003 - - 80", /* our own */
	    "7f000001 - - 80",
	};
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.1", "http");
	lab.options.list = true;
	lab.line = line;
	lab.lines = 8;
	lab_run(&lab);
	assert_int_equal(lab.records, 3);
	assert_int_equal(lab.unopened, 4);
	assert_int_equal(lab.result.counts.told, 7);
	assert_int_equal(lab.result.counts.targets, 8);
	assert_int_equal(lab.result.counts.not_opened[IRL_FETCH_NOT_DUPLICATE],
			 1);
	assert_int_equal(lab.result.counts.not_opened[IRL_FETCH_NOT_PLACE], 4);
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

/* A list of one small page, with a tag of @bytes that each become six. */
static int fetch_tagged(struct lab *lab, unsigned bytes)
{
	static char line[IRL_FETCH_TAG_MAX + 64];
	static const char *const lines[] = {line};
	char tag[IRL_FETCH_TAG_MAX + 2];
	uint32_t addr = BASE;

	while (server_kind(addr) != SERVER_PAGE || server_body(addr) > 100)
		addr++;
	memset(tag, 1, bytes);
	tag[bytes] = '\0';
	snprintf(line, sizeof(line), "%x - %s 80", addr, tag);
	lab_init(lab, "10.1.0.1", "http");
	lab->options.list = true;
	lab->options.keep_bytes = 200;
	lab->line = lines;
	lab->lines = 1;
	return lab_try(lab);
}

/* The longest tag leaves what was received in the record. */
static void test_long_tag(void **state)
{
	struct lab lab;
	json_t *json;

	(void)state;
	assert_int_equal(fetch_tagged(&lab, IRL_FETCH_TAG_MAX), 0);
	assert_int_equal(lab.records, 1);
	json = json_loads(lab.last, 0, NULL);
	assert_int_equal(strspn(text_at(json, "tag"), "\1"), IRL_FETCH_TAG_MAX);
	json_decref(json);
	lab_fini(&lab);
	assert_int_equal(fetch_tagged(&lab, IRL_FETCH_TAG_MAX + 1),
			 -IRL_EINVAL);
	assert_non_null(strstr(lab.err.text, "4095 bytes"));
	assert_int_equal(lab.records, 0);
	assert_string_equal(lab.result.imbalance, "");
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
	lab.options.tell_unopened = false;
	lab.silent_hops = 35000;
	lab_run(&lab);
	assert_int_equal(lab.result.counts.targets, 70000);
	assert_int_equal(lab.result.counts.not_opened[IRL_FETCH_NOT_NEIGHBOUR],
			 70000);
	assert_true(lab.now < START + 200 * IRL_NS_PER_S);
	lab_fini(&lab);
}

/* Of four targets one has a connection, and the worker sleeps meanwhile. */
static void expect_sleep(const char *const line[4], uint32_t per_host,
			 uint16_t port_last)
{
	struct irl_fetch_worker *worker;
	struct lab lab;
	uint64_t next;

	lab_init(&lab, "10.1.0.1", "http");
	lab.options.list = true;
	lab.options.per_host = per_host;
	lab.options.scan.port_last = port_last;
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

/* Nor for those that wait for their host, or for a source port. */
static void test_waiting_sleeps(void **state)
{
	static const char *const ports[] = {
	    "0a010004 - - 80", "0a010004 - - 81", "0a010004 - - 82",
	    "0a010004 - - 83"};
	static const char *const names[] = {
	    "0a010004 a - 80", "0a010004 b - 80", "0a010004 c - 80",
	    "0a010004 d - 80"};

	(void)state;
	expect_sleep(ports, 1, 44095);
	expect_sleep(names, 4, 40000);
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

/* ---- manners ------------------------------------------------------------ */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unreachable),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_bad_line),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_long_tag),
	    cmocka_unit_test(test_silent_next_hops),
	    cmocka_unit_test(test_waiting_sleeps),
	    cmocka_unit_test(test_many_duplicates),
	    cmocka_unit_test(test_host_cap),
	    cmocka_unit_test(test_spacing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
