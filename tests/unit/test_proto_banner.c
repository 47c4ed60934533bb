// SPDX-License-Identifier: BSD-2-Clause
/* Banners: who speaks first, and what ends them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "proto_feed.h"

struct bed {
	const struct irl_proto *proto;
	struct irl_proto_config *config;
	void *state;
};

/* The digest of the bytes 0 to 4. */
#define LENGTH_AND_DIGEST                                                      \
	"\"length\":5,\"sha256\":"                                             \
	"\"08bb5e5d6eaac1049ede0893d30ed022"                                   \
	"b1a4d9b5b48db414871f51c9cb35283d\",\"truncated\":true}"

static struct bed begin_within(const char *name,
			       const struct irl_proto_options *o,
			       struct irl_proto_budget *budget)
{
	struct bed b = {.proto = irl_proto_find(name)};

	b.state = malloc(b.proto->state_bytes);
	assert_non_null(b.state);
	assert_int_equal(irl_proto_config_open(&b.config, b.proto, o, NULL), 0);
	b.proto->start(b.state, b.config, budget, 1000);
	return b;
}

static struct bed begin(const char *name, const struct irl_proto_options *o)
{
	return begin_within(name, o, NULL);
}

static void finish(struct bed *b, enum irl_proto_end how,
		   enum irl_proto_status status, enum irl_proto_speech speech,
		   const char *result)
{
	struct irl_json json = {.compact = true};
	struct irl_proto_verdict v = b->proto->end(b->state, how);

	assert_int_equal(v.status, status);
	assert_int_equal(v.speech, speech);
	irl_json_object(&json, NULL);
	b->proto->result(b->state, &json);
	irl_json_end_object(&json);
	assert_string_equal(json.text, result);
	irl_json_fini(&json);
	b->proto->fini(b->state);
	irl_proto_config_close(b->config);
	free(b->state);
}

static void test_waits_first(void **state)
{
	struct bed b =
	    begin("banner", &(struct irl_proto_options){.quiet_ns = 50});
	char buf[10];

	(void)state;
	assert_int_equal(
	    b.proto->request(b.state, &feed_target, buf, sizeof(buf)), 0);
	assert_true(b.proto->deadline_ns(b.state) == UINT64_MAX);
	assert_int_equal(b.proto->input(b.state, "220 \xff", 5, 2000),
			 IRL_PROTO_MORE);
	assert_int_equal(b.proto->deadline_ns(b.state), 2050);
	assert_int_equal(b.proto->tick(b.state, 2049), IRL_PROTO_MORE);
	assert_int_equal(b.proto->input(b.state, "x", 1, 2049), IRL_PROTO_MORE);
	assert_int_equal(b.proto->tick(b.state, 2050), IRL_PROTO_MORE);
	assert_int_equal(b.proto->tick(b.state, 2099), IRL_PROTO_DONE);
	finish(&b, IRL_PROTO_END_DONE, IRL_PROTO_SUCCESS,
	       IRL_PROTO_SPEECH_ASKED,
	       "{\"banner\":\"220 \xEF\xBF\xBDx\",\"length\":6}");
}

static void test_probe_after_silence(void **state)
{
	struct bed b =
	    begin("banner", &(struct irl_proto_options){.request = "hi {port}",
							.request_bytes = 9,
							.wait_ns = 100});
	char buf[20];

	(void)state;
	assert_int_equal(b.proto->deadline_ns(b.state), 1100);
	assert_int_equal(b.proto->tick(b.state, 1100), IRL_PROTO_SEND);
	assert_int_equal(
	    b.proto->request(b.state, &feed_target, buf, sizeof(buf)), 7);
	assert_memory_equal(buf, "hi 8080", 7);
	assert_int_equal(
	    b.proto->request(b.state, &feed_target, buf, sizeof(buf)), 0);
	assert_true(b.proto->deadline_ns(b.state) == UINT64_MAX);
	/* Our own words are no speech. */
	assert_int_equal(b.proto->input(b.state, "hi 8080", 7, 1200),
			 IRL_PROTO_MORE);
	finish(&b, IRL_PROTO_END_RESET, IRL_PROTO_SUCCESS,
	       IRL_PROTO_SPEECH_NONE, "{\"banner\":\"hi 8080\",\"length\":7}");
}

static void test_line(void **state)
{
	struct bed b =
	    begin("banner", &(struct irl_proto_options){.line = true});

	(void)state;
	assert_int_equal(b.proto->input(b.state, "\r\n", 2, 0), IRL_PROTO_MORE);
	assert_int_equal(b.proto->input(b.state, "one\ntwo", 7, 0),
			 IRL_PROTO_DONE);
	assert_true(b.proto->deadline_ns(b.state) == UINT64_MAX);
	finish(&b, IRL_PROTO_END_DONE, IRL_PROTO_SUCCESS,
	       IRL_PROTO_SPEECH_ASKED,
	       "{\"banner\":\"\\r\\none\\n\",\"length\":6}");
}

static void test_raw(void **state)
{
	struct bed b =
	    begin("raw", &(struct irl_proto_options){.request = "a\0b",
						     .request_bytes = 3,
						     .keep_max_bytes = 4,
						     .body_max_bytes = 5,
						     .hex = true,
						     .sha256 = true});
	char buf[10];

	(void)state;
	assert_int_equal(
	    b.proto->request(b.state, &feed_target, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "a\0b", 3);
	assert_int_equal(b.proto->input(b.state, "\0\1\2", 3, 0),
			 IRL_PROTO_MORE);
	assert_int_equal(b.proto->input(b.state, "\3\4", 2, 0), IRL_PROTO_DONE);
	finish(&b, IRL_PROTO_END_DONE, IRL_PROTO_SUCCESS,
	       IRL_PROTO_SPEECH_ASKED,
	       "{\"banner\":\"00010203\"," LENGTH_AND_DIGEST);
}

/* A digest is of all that comes: what is kept ends nothing, nor does a budget.
 */
static void test_digest_goes_on(void **state)
{
	struct irl_proto_options o = {
	    .keep_max_bytes = 2, .hex = true, .sha256 = true};
	struct irl_proto_budget none = {.max_bytes = 1};
	const uint8_t bytes[] = {0, 1, 2, 3, 4};

	(void)state;
	for (int kept = 0; kept < 2; kept++) {
		struct bed b = begin_within("banner", &o, kept ? NULL : &none);

		for (int i = 0; i < 5; i++)
			assert_int_equal(
			    b.proto->input(b.state, &bytes[i], 1, 0),
			    IRL_PROTO_MORE);
		finish(&b, IRL_PROTO_END_FIN, IRL_PROTO_SUCCESS,
		       IRL_PROTO_SPEECH_ASKED,
		       kept ? "{\"banner\":\"0001\"," LENGTH_AND_DIGEST
			    : "{\"banner\":\"\"," LENGTH_AND_DIGEST);
	}
}

/* At the limit it ends, whether or not more would have come. */
static void test_exact_limit(void **state)
{
	struct bed b =
	    begin("banner", &(struct irl_proto_options){.keep_max_bytes = 4});

	(void)state;
	assert_int_equal(b.proto->input(b.state, "abcd", 4, 0), IRL_PROTO_DONE);
	finish(&b, IRL_PROTO_END_DONE, IRL_PROTO_SUCCESS,
	       IRL_PROTO_SPEECH_ASKED,
	       "{\"banner\":\"abcd\",\"length\":4,\"truncated\":true}");
}

static void test_silence(void **state)
{
	struct bed b = begin("banner", &(struct irl_proto_options){0});

	(void)state;
	finish(&b, IRL_PROTO_END_TIMEOUT, IRL_PROTO_IO_TIMEOUT,
	       IRL_PROTO_SPEECH_NONE, "{}");
}

static void test_names(void **state)
{
	struct irl_error err;
	struct irl_proto_config *config;

	(void)state;
	assert_null(irl_proto_find("gopher"));
	for (size_t i = 0; irl_proto_at(i); i++)
		assert_ptr_equal(irl_proto_find(irl_proto_at(i)->name),
				 irl_proto_at(i));
	assert_int_equal(irl_proto_config_open(&config, irl_proto_find("raw"),
					       &(struct irl_proto_options){0},
					       &err),
			 -IRL_EINVAL);
	assert_string_equal(irl_proto_status_name(IRL_PROTO_IO_TIMEOUT),
			    "io-timeout");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_waits_first),
	    cmocka_unit_test(test_probe_after_silence),
	    cmocka_unit_test(test_line),
	    cmocka_unit_test(test_raw),
	    cmocka_unit_test(test_digest_goes_on),
	    cmocka_unit_test(test_exact_limit),
	    cmocka_unit_test(test_silence),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
