// SPDX-License-Identifier: BSD-2-Clause
/* What a fetch asks of its connections, and what a record tells of them. */
#include "fetch_lab.h"

#define WAY_US                                                                 \
	10000u /* each way; what happens is seen within a turn of 500 us */

/* A host of @kind alone, with a page that lab.last has room for. */
static uint32_t one_host(struct lab *lab, enum server_kind kind)
{
	uint32_t addr = BASE;
	char range[20];

	while (server_kind(addr) != kind || server_body(addr) > 2000)
		addr++;
	snprintf(range, sizeof(range), "10.1.%u.%u", addr >> 8 & 255,
		 addr & 255);
	lab_init(lab, range, "http");
	return addr;
}

/* What a record tells of the connection. */
static json_t *tcp_in(const char *text, size_t bytes)
{
	json_t *json = json_loadb(text, bytes, 0, NULL), *tcp;

	assert_non_null(json);
	tcp = json_incref(json_object_get(json, "tcp"));
	json_decref(json);
	return tcp;
}

static json_t *tcp_of(const struct lab *lab)
{
	assert_int_equal(lab->records, 1);
	return tcp_in(lab->last, strlen(lab->last));
}

static uint64_t number(const json_t *tcp, const char *key)
{
	const json_t *value = json_object_get(tcp, key);

	if (!json_is_integer(value))
		fail_msg("the record has no %s", key);
	return (uint64_t)json_integer_value(value);
}

/* A page on a way of 20 ms there and back: SYN, request and answer, and all
 * that came is read at once. */
static void test_record(void **state)
{
	char text[8192];
	struct lab lab;
	uint32_t addr, bytes;
	bool fin;
	json_t *tcp;

	(void)state;
	addr = one_host(&lab, SERVER_PAGE);
	bytes = server_text(addr, text, &fin);
	lab_run(&lab);
	tcp = tcp_of(&lab);
	assert_in_range(number(tcp, "syn_rtt_us"), 2 * WAY_US,
			2 * WAY_US + 1000);
	assert_in_range(number(tcp, "first_byte_us"), 4 * WAY_US,
			4 * WAY_US + 2000);
	assert_in_range(number(tcp, "total_us"), number(tcp, "first_byte_us"),
			4 * WAY_US + 2500);
	assert_int_equal(number(tcp, "received"), bytes);
	assert_in_range(number(tcp, "sent"), 20, 400);
	assert_int_equal(number(tcp, "retransmits"), 0);
	assert_int_equal(number(tcp, "sack_blocks"), 0);
	assert_int_equal(number(tcp, "out_of_order"), 0);
	assert_string_equal(text_at(tcp, "outcome"), "closed_by_us");
	assert_false(json_is_true(json_object_get(tcp, "probed")));
	json_decref(tcp);
	lab_fini(&lab);
}

/* A request of 65,536 bytes as it is given, and more once the name is in; where
 * it cannot be queued whole nothing begins. */
static void test_long_request(void **state)
{
	static char text[65536];
	struct irl_proto_options talk = {.request = text,
					 .request_bytes = sizeof(text)};
	char line[300], name[256];
	const char *lines = line;
	struct lab lab;
	json_t *tcp;

	(void)state;
	memset(name, 'n', 63);
	name[63] = '\0';
	snprintf(line, sizeof(line), "%x %s - 80", one_host(&lab, SERVER_DEAF),
		 name);
	memset(text, 'x', sizeof(text));
	memcpy(text + 1000, "{domain}", 8);
	memcpy(text + sizeof(text) - 8, "{domain}", 8);
	irl_proto_config_close(lab.config);
	assert_int_equal(irl_proto_config_open(&lab.config, lab.options.proto,
					       &talk, &lab.err),
			 0);
	lab.options.config = lab.config;
	lab.options.list = true;
	lab.line = &lines;
	lab.lines = 1;
	lab.options.buffer_bytes = 100000;
	assert_int_equal(lab_try_open(&lab), -IRL_EINVAL);
	assert_non_null(strstr(lab.err.text, "may have 66030 bytes"));
	irl_port_close(lab.server->port);
	irl_link_free(lab.link);
	lab.options.buffer_bytes = 0;
	lab_run(&lab);
	tcp = tcp_of(&lab);
	assert_int_equal(number(tcp, "sent"), 65536 - 2 * 8 + 2 * 63);
	assert_string_equal(text_at(tcp, "outcome"), "idle");
	json_decref(tcp);
	lab_fini(&lab);
}

/* What the stack counted is what the record tells, each by its name. */
static void test_record_counts(void **state)
{
	static const char *const names[] = {
	    "syn_rtt_us", "first_byte_us", "total_us",    "received",
	    "sent",       "retransmits",   "sack_blocks", "out_of_order"};
	const struct irl_tcp_info info = {.syn_rtt_ns = 1000,
					  .first_byte_ns = 2000,
					  .total_ns = 3000,
					  .received = 4,
					  .sent = 5,
					  .retransmits = 6,
					  .sack_blocks_in = 7,
					  .out_of_order = 8};
	struct irl_session session = {.verdict = {.error = "x"}};
	struct irl_fetch_worker *worker;
	struct lab lab;
	json_t *tcp;

	(void)state;
	one_host(&lab, SERVER_PAGE);
	lab_run(&lab);
	worker = &lab.fetch->worker[0];
	session.item.addr = irl_ip4(BASE);
	irl_session_tell(worker, &session, &info);
	tcp = tcp_in(worker->json.text, worker->json.length);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(number(tcp, names[i]), i + 1);
	json_decref(tcp);
	lab_fini(&lab);
}

/* The request rides on the handshake's ACK, or goes behind it: SYN, ACK with
 * it or both apart, RST. */
static void test_request_after(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned after = 0; after < 2; after++) {
		one_host(&lab, SERVER_PAGE);
		lab.options.request_after = after;
		lab_run(&lab);
		assert_int_equal(lab.server->frames, 3 + after);
		assert_int_equal(lab.server->resets, 1);
		lab_fini(&lab);
	}
}

/* By FIN no RST is sent, unless nothing else helps. */
static void test_close_by_fin(void **state)
{
	struct lab lab;
	json_t *tcp;

	(void)state;
	one_host(&lab, SERVER_PAGE_IN); /* whose FIN is first */
	lab.options.close_by_fin = true;
	lab_open(&lab);
	irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
	while (lab.now < START + IRL_NS_PER_S)
		lab_turn(&lab, 500 * IRL_NS_PER_US);
	assert_int_equal(lab.server->resets, 0);
	/* SYN, ACK with the request, FIN at least, and that again. */
	assert_true(lab.server->frames >= 4);
	while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
		;
	assert_int_equal(lab_end(&lab), 0);
	tcp = tcp_of(&lab);
	/* This server acknowledges no FIN. */
	assert_string_equal(text_at(tcp, "outcome"), "idle");
	json_decref(tcp);
	lab_fini(&lab);
}

/* Which limit ends whom, and when. */
static void test_limits(void **state)
{
	static const struct {
		uint64_t idle_s, deadline_s;
		const char *outcome;
	} rows[] = {{2, 30, "idle"}, {30, 3, "deadline"}};
	struct lab lab;
	json_t *tcp;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		one_host(&lab, SERVER_DEAF);
		lab.options.idle_ns = rows[i].idle_s * IRL_NS_PER_S;
		lab.options.deadline_ns = rows[i].deadline_s * IRL_NS_PER_S;
		lab_run(&lab);
		tcp = tcp_of(&lab);
		assert_string_equal(text_at(tcp, "outcome"), rows[i].outcome);
		assert_in_range(number(tcp, "total_us"),
				(2 + i) * IRL_NS_PER_S / 1000,
				(2 + i) * IRL_NS_PER_S / 1000 + 200000);
		json_decref(tcp);
		lab_fini(&lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_record),
	    cmocka_unit_test(test_long_request),
	    cmocka_unit_test(test_record_counts),
	    cmocka_unit_test(test_request_after),
	    cmocka_unit_test(test_close_by_fin),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
