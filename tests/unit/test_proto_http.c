// SPDX-License-Identifier: BSD-2-Clause
/*
 * HTTP responses by their records: framing, limits and how they are told,
 * speech, requests.  "test_proto_http bench" measures, by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>
#include "proto_feed.h"

static struct irl_proto_verdict last;

/* The member "data.http.result" of what a response becomes. */
static json_t *answer_how(const struct irl_proto_options *o, const void *bytes,
			  size_t size, enum irl_proto_end how)
{
	struct irl_proto_config *config;
	struct irl_proto_budget budget = {.max_bytes = 1u << 22};
	struct feed f = {.proto = irl_proto_find("http"),
			 .budget = &budget,
			 .bytes = bytes,
			 .size = size,
			 .how = how};
	json_t *root, *result;
	char *text;

	assert_int_equal(irl_proto_config_open(&config, f.proto, o, NULL), 0);
	f.config = config;
	text = feed(&f, &last);
	irl_proto_config_close(config);
	assert_int_equal(budget.used_bytes, 0);
	root = json_loads(text, JSON_ALLOW_NUL, NULL);
	if (!root)
		fail_msg("no JSON: %s", text);
	free(text);
	result = json_object_get(
	    json_object_get(json_object_get(root, "data"), "http"), "result");
	json_incref(result);
	json_decref(root);
	return result;
}

static json_t *answer(const char *text)
{
	return answer_how(&(struct irl_proto_options){.sha256 = true}, text,
			  strlen(text), IRL_PROTO_END_FIN);
}

/* A member of the response, by then the only owner of it. */
static json_t *member(json_t *result, const char *name)
{
	return json_object_get(json_object_get(result, "response"), name);
}

static void expect_text(json_t *result, const char *name, const char *text)
{
	json_t *value = member(result, name);

	assert_non_null(value);
	assert_string_equal(json_string_value(value), text);
}

static void expect_number(json_t *result, const char *name, long long number)
{
	json_t *value = member(result, name);

	assert_non_null(value);
	assert_int_equal(json_integer_value(value), number);
}

static void test_whole(void **state)
{
	json_t *r = answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
			   "Content-Length: 5\r\n\r\nhello");
	json_t *headers = member(r, "headers");

	(void)state;
	assert_int_equal(last.status, IRL_PROTO_SUCCESS);
	assert_int_equal(last.speech, IRL_PROTO_SPEECH_ASKED);
	assert_null(last.error);
	expect_text(r, "status_line", "200 OK");
	expect_number(r, "status_code", 200);
	expect_text(r, "body", "hello");
	expect_text(r, "body_sha256",
		    "2cf24dba5fb0a30e26e83b2ac5b9e29e"
		    "1b161e5c1fa7425e73043362938b9824");
	expect_number(r, "content_length", 5);
	assert_string_equal(json_string_value(json_array_get(
				json_object_get(headers, "content_type"), 0)),
			    "text/html");
	json_decref(r);
}

/* The status words for every way of ending too early. */
static void test_ends(void **state)
{
	static const struct {
		const char *text;
		enum irl_proto_end how;
		enum irl_proto_status status;
		enum irl_proto_speech speech;
		const char *body_end;
	} ends[] = {
	    {"", IRL_PROTO_END_FIN, IRL_PROTO_CONNECTION_CLOSED, 0, NULL},
	    {"", IRL_PROTO_END_RESET, IRL_PROTO_CONNECTION_CLOSED, 0, NULL},
	    {"", IRL_PROTO_END_TIMEOUT, IRL_PROTO_IO_TIMEOUT, 0, NULL},
	    {"", IRL_PROTO_END_LOCAL, IRL_PROTO_UNKNOWN_ERROR, 0, NULL},
	    {"", IRL_PROTO_END_REFUSED, IRL_PROTO_CONNECTION_REFUSED, 0, NULL},
	    {"", IRL_PROTO_END_NO_ANSWER, IRL_PROTO_CONNECTION_TIMEOUT, 0,
	     NULL},
	    {"HTTP/1.1 200 OK\r\nA: b", IRL_PROTO_END_TIMEOUT,
	     IRL_PROTO_IO_TIMEOUT, IRL_PROTO_SPEECH_ASKED, NULL},
	    {"HTTP/1.1 200 OK\r\n\r\nx", IRL_PROTO_END_FIN, IRL_PROTO_SUCCESS,
	     IRL_PROTO_SPEECH_ASKED, NULL},
	    {"HTTP/1.1 200 OK\r\n\r\nx", IRL_PROTO_END_RESET,
	     IRL_PROTO_CONNECTION_CLOSED, IRL_PROTO_SPEECH_ASKED, "reset"},
	    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx", IRL_PROTO_END_FIN,
	     IRL_PROTO_CONNECTION_CLOSED, IRL_PROTO_SPEECH_ASKED, "closed"},
	    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx",
	     IRL_PROTO_END_TIMEOUT, IRL_PROTO_IO_TIMEOUT,
	     IRL_PROTO_SPEECH_ASKED, "timeout"},
	    {"SSH-2.0-x\r\n", IRL_PROTO_END_FIN, IRL_PROTO_PROTOCOL_ERROR,
	     IRL_PROTO_SPEECH_OTHER, NULL},
	    {"HTT", IRL_PROTO_END_FIN, IRL_PROTO_PROTOCOL_ERROR,
	     IRL_PROTO_SPEECH_OTHER, NULL},
	    {"GET / HTTP/1.1\r\nHost: ", IRL_PROTO_END_FIN,
	     IRL_PROTO_PROTOCOL_ERROR, IRL_PROTO_SPEECH_NONE, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		json_t *r =
		    answer_how(&(struct irl_proto_options){0}, ends[i].text,
			       strlen(ends[i].text), ends[i].how);

		assert_int_equal(last.status, ends[i].status);
		assert_int_equal(last.speech, ends[i].speech);
		if (ends[i].body_end)
			expect_text(r, "body_end", ends[i].body_end);
		else
			assert_null(member(r, "body_end"));
		json_decref(r);
	}
}

/* No bytes behind these heads are waited for. */
static void test_no_body(void **state)
{
	static const char *const heads[] = {
	    "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",
	    "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
	    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	};
	const char *ok = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		json_decref(answer_how(&(struct irl_proto_options){0}, heads[i],
				       strlen(heads[i]),
				       IRL_PROTO_END_TIMEOUT));
		assert_int_equal(last.status, IRL_PROTO_SUCCESS);
	}
	json_decref(answer_how(&(struct irl_proto_options){.method = "HEAD"},
			       ok, strlen(ok), IRL_PROTO_END_TIMEOUT));
	assert_int_equal(last.status, IRL_PROTO_SUCCESS);
	json_decref(answer_how(&(struct irl_proto_options){.method = "CONNECT"},
			       ok, strlen(ok), IRL_PROTO_END_TIMEOUT));
	assert_int_equal(last.status, IRL_PROTO_SUCCESS);
}

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void test_errors(void **state)
{
	static const char *const bad[] = {
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
	    CHUNKED "zz\r\n",
	    CHUNKED "\r\n",
	    CHUNKED "1\r\nab",
	    CHUNKED "1\r\na\r\r\n",
	    CHUNKED "fffffffffffffffff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_decref(answer(bad[i]));
		assert_int_equal(last.status, IRL_PROTO_PROTOCOL_ERROR);
		assert_int_equal(last.speech, IRL_PROTO_SPEECH_ASKED);
		assert_non_null(last.error);
	}
}

static void test_fold(void **state)
{
	json_t *r = answer("HTTP/1.1 200 OK\r\nVia: a\r\n b\r\n\r\n");

	(void)state;
	assert_string_equal(
	    json_string_value(json_array_get(
		json_object_get(member(r, "headers"), "via"), 0)),
	    "a   b");
	json_decref(r);
}

/* A compressed body that ends too early is told, whatever the framing. */
static void test_coding_cut(void **state)
{
	json_t *r = answer("HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n"
			   "Content-Length: 3\r\n\r\n\x78\x9c\xcb");

	(void)state;
	assert_int_equal(last.status, IRL_PROTO_SUCCESS);
	expect_text(r, "body_end", "coding");
	json_decref(r);
}

/* A head, chunk extensions or trailers without end are cut off. */
static void test_endless(void **state)
{
	static const char *const begin[] = {
	    "HTTP/1.1 200 OK\r\nX: ",
	    "HTTP/1.1 100 Continue\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
	};
	const size_t size = 1u << 19;
	char *bytes = malloc(size);

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < 4; i++) {
		size_t n = strlen(begin[i]);

		memset(bytes, 'x', size);
		for (size_t at = 0; at + n <= size && (i == 1 || !at); at += n)
			memcpy(bytes + at, begin[i], n);
		json_decref(answer_how(&(struct irl_proto_options){0}, bytes,
				       size, IRL_PROTO_END_TIMEOUT));
		assert_int_equal(last.status, IRL_PROTO_PROTOCOL_ERROR);
	}
	free(bytes);
}

/* However long the body was, trailers have the room of a head. */
static void test_long_trailers(void **state)
{
	const char *head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
			   "\r\n10000\r\n";
	const size_t size = 300000, body = strlen(head) + 65536;
	char *bytes = malloc(size);

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'x', size);
	memcpy(bytes, head, strlen(head));
	memcpy(bytes + body, "\r\n0\r\nX: ", 8);
	json_decref(answer_how(&(struct irl_proto_options){0}, bytes, size,
			       IRL_PROTO_END_TIMEOUT));
	assert_int_equal(last.status, IRL_PROTO_PROTOCOL_ERROR);
	free(bytes);
}

static void test_limits(void **state)
{
	const char *text = "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\n0123456789";
	const struct irl_proto_options o = {
	    .header_max = 1, .keep_max_bytes = 4, .body_max_bytes = 8};
	json_t *r = answer_how(&o, text, strlen(text), IRL_PROTO_END_FIN);

	(void)state;
	assert_int_equal(last.status, IRL_PROTO_SUCCESS);
	expect_text(r, "body", "0123");
	expect_number(r, "body_length", 4);
	expect_number(r, "body_total", 8);
	expect_text(r, "body_end", "limit");
	assert_true(json_is_true(member(r, "body_truncated")));
	assert_true(json_is_true(member(r, "headers_truncated")));
	json_decref(r);
}

static size_t make_bomb(uint8_t *to, size_t room, size_t zeros)
{
	const char *head =
	    "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n";
	size_t n = strlen(head);
	uint8_t *from = calloc(1, zeros);
	uLongf bytes = (uLongf)(room - n);

	assert_non_null(from);
	memcpy(to, head, n);
	assert_int_equal(compress2(to + n, &bytes, from, (uLong)zeros, 9),
			 Z_OK);
	free(from);
	return n + bytes;
}

/* Zeros without end: the ratio ends it, or the length, whatever the cut. */
static void test_bomb(void **state)
{
	static uint8_t bomb[1u << 16];
	const size_t n = make_bomb(bomb, sizeof(bomb), 20000000);
	const struct irl_proto_options o[] = {{.keep_max_bytes = 10},
					      {.keep_max_bytes = 10,
					       .decode_max_bytes = 1500000,
					       .decode_max_ratio = 2000}};
	/* Up to 1 MiB any ratio is borne; a step is 1 KiB. */
	const long long most[] = {(1 << 20) + 1100 * 1024, 1500000};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct irl_proto_config *config;
		struct feed f = {.proto = irl_proto_find("http"),
				 .bytes = bomb,
				 .size = n,
				 .how = IRL_PROTO_END_FIN};
		json_t *r = answer_how(&o[i], bomb, n, IRL_PROTO_END_FIN);
		char *whole, *bytes;

		assert_int_equal(last.status, IRL_PROTO_SUCCESS);
		expect_text(r, "body_end", "decode-limit");
		assert_in_range(json_integer_value(member(r, "body_total")),
				1u << 20, most[i]);
		json_decref(r);
		assert_int_equal(
		    irl_proto_config_open(&config, f.proto, &o[i], NULL), 0);
		f.config = config;
		whole = feed(&f, NULL);
		f.cut = FEED_BYTES;
		bytes = feed(&f, NULL);
		assert_string_equal(whole, bytes);
		free(whole);
		free(bytes);
		irl_proto_config_close(config);
	}
}

/* What does not fit the budget is not kept, and all of it is given back. */
static void test_budget(void **state)
{
	const struct irl_proto *http = irl_proto_find("http");
	struct irl_proto_config *config;
	struct irl_proto_budget budget = {.max_bytes = 1500};
	const char *head = "HTTP/1.1 200 OK\r\n\r\n";
	void *s = malloc(http->state_bytes);
	static char body[5000];

	(void)state;
	assert_non_null(s);
	assert_int_equal(irl_proto_config_open(&config, http,
					       &(struct irl_proto_options){0},
					       NULL),
			 0);
	http->start(s, config, &budget, 0);
	assert_int_equal(http->input(s, head, strlen(head), 0), IRL_PROTO_MORE);
	assert_int_equal(http->input(s, body, sizeof(body), 0), IRL_PROTO_MORE);
	assert_int_equal(budget.refused, 1);
	assert_in_range(budget.used_bytes, 1, 1500);
	assert_int_equal(http->end(s, IRL_PROTO_END_FIN).status,
			 IRL_PROTO_SUCCESS);
	http->fini(s);
	assert_int_equal(budget.used_bytes, 0);
	irl_proto_config_close(config);
	free(s);
}

/* Not HTTP: a banner, which silence ends. */
static void test_other(void **state)
{
	const struct irl_proto *http = irl_proto_find("http");
	struct irl_proto_config *config;
	void *s = malloc(http->state_bytes);

	(void)state;
	assert_non_null(s);
	assert_int_equal(irl_proto_config_open(
			     &config, http,
			     &(struct irl_proto_options){.quiet_ns = 10}, NULL),
			 0);
	http->start(s, config, NULL, 100);
	assert_true(http->deadline_ns(s) == UINT64_MAX);
	assert_int_equal(http->input(s, "220 mail", 8, 200), IRL_PROTO_MORE);
	assert_int_equal(http->deadline_ns(s), 210);
	assert_int_equal(http->tick(s, 209), IRL_PROTO_MORE);
	assert_int_equal(http->tick(s, 210), IRL_PROTO_ERROR);
	assert_int_equal(http->end(s, IRL_PROTO_END_DONE).status,
			 IRL_PROTO_PROTOCOL_ERROR);
	http->fini(s);
	irl_proto_config_close(config);
	free(s);
}

/* ---- requests ---------------------------------------------------------- */

static void expect_request(const struct irl_proto_options *o,
			   const struct irl_proto_target *target,
			   const char *text)
{
	const struct irl_proto *http = irl_proto_find("http");
	struct irl_proto_config *config;
	char got[1000];
	void *s = malloc(http->state_bytes);
	uint32_t n = 0, more;

	assert_non_null(s);
	assert_int_equal(irl_proto_config_open(&config, http, o, NULL), 0);
	http->start(s, config, NULL, 0);
	while ((more = http->request(s, target, got + n, 7)))
		n += more;
	got[n] = '\0';
	assert_string_equal(got, text);
	http->fini(s);
	irl_proto_config_close(config);
	free(s);
}

static void test_request(void **state)
{
	static const char *const extra[] = {"X-Me: 1", "accept: text/html"};
	const struct irl_proto_target v6 = {
	    .address = {0x20, 0x01, 0x0d, 0xb8, [15] = 1},
	    .ipv6 = true,
	    .port = 81};
	const struct irl_proto_target v4 = {.address = {10, 0, 0, 1},
					    .port = 80};
	const struct irl_proto_options o = {.path = "/a?b",
					    .user_agent = "me",
					    .headers = extra,
					    .header_count = 2};
	const char own[] = "{\"a\":{ip}} {{host} {host}:{port} {domain}.{x}";

	(void)state;
	expect_request(&o, &v6,
		       "GET /a?b HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n"
		       "User-Agent: me\r\nAccept-Encoding: gzip, deflate\r\n"
		       "Connection: close\r\nX-Me: 1\r\n"
		       "accept: text/html\r\n\r\n");
	expect_request(
	    &(struct irl_proto_options){.request = own,
					.request_bytes = sizeof(own) - 1},
	    &v4, "{\"a\":10.0.0.1} {host} 10.0.0.1:80 .{x}");
	expect_request(&(struct irl_proto_options){.request = "{authority}",
						   .request_bytes = 11},
		       &feed_target, "example.test:8080");
}

static void test_options(void **state)
{
	static const char *const split[] = {"X: 1\r\nY: 2"};
	const struct irl_proto_options bad[] = {
	    {.method = "GE T"},
	    {.path = "/a b"},
	    {.path = ""},
	    {.path = "a"},
	    {.path = "http://a b/"},
	    {.method = "CONNECT", .path = "a:80 b"},
	    {.user_agent = "a\r\nb"},
	    {.headers = split, .header_count = 1},
	    {.header_max = 257},
	    {.keep_max_bytes = UINT32_MAX},
	};
	const struct irl_proto_options good[] = {
	    {.path = "/"},
	    {.path = "http://example.test/a"},
	    {.method = "OPTIONS", .path = "*"},
	    {.method = "CONNECT", .path = "example.test:80"},
	};
	struct irl_proto_config *config;
	struct irl_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(irl_proto_config_open(&config,
						       irl_proto_find("http"),
						       &good[i], &err),
				 0);
		irl_proto_config_close(config);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(irl_proto_config_open(&config,
						       irl_proto_find("http"),
						       &bad[i], &err),
				 -IRL_EINVAL);
		assert_null(config);
	}
}

/* ---- by hand: speed ---------------------------------------------------- */

static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void bench_small(const struct irl_proto_config *config, bool record)
{
	static const char text[] =
	    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n"
	    "Date: Wed, 25 Nov 2026 21:47:05 GMT\r\n"
	    "Content-Type: text/html\r\nContent-Length: 60\r\n"
	    "Last-Modified: Wed, 25 Nov 2026 21:47:05 GMT\r\n"
	    "Connection: close\r\nETag: \"6565-264\"\r\n"
	    "Accept-Ranges: bytes\r\n\r\n"
	    "<html><body>0123456789012345678901234567890123</body></html>";
	const struct irl_proto *http = irl_proto_find("http");
	struct irl_json json = {.compact = true};
	void *s = malloc(http->state_bytes);
	double from = cpu_now();
	const unsigned rounds = 2000000;

	for (unsigned i = 0; i < rounds; i++) {
		struct irl_proto_verdict v;

		http->start(s, config, NULL, 0);
		http->input(s, text, sizeof(text) - 1, 0);
		v = http->end(s, IRL_PROTO_END_DONE);
		if (record) {
			irl_json_reset(&json);
			irl_json_object(&json, NULL);
			irl_proto_record(&json, http, s, &feed_target, &v, i);
			irl_json_end_object(&json);
		}
		http->fini(s);
	}
	printf("%s%.2f M responses/s\n", record ? "with record: " : "",
	       rounds / (cpu_now() - from) / 1e6);
	irl_json_fini(&json);
	free(s);
}

static void bench_body(const struct irl_proto_config *config, size_t piece)
{
	static char body[1u << 16];
	const char *head =
	    "HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n";
	const struct irl_proto *http = irl_proto_find("http");
	void *s = malloc(http->state_bytes);
	double from = cpu_now();

	for (unsigned round = 0; round < 20; round++) {
		http->start(s, config, NULL, 0);
		http->input(s, head, strlen(head), 0);
		while (http->input(s, body, piece, 0) == IRL_PROTO_MORE)
			;
		http->end(s, IRL_PROTO_END_DONE);
		http->fini(s);
	}
	printf("body in pieces of %zu: %.2f GB/s\n", piece,
	       20 * 6e7 / (cpu_now() - from) / 1e9);
	free(s);
}

static int bench(void)
{
	struct irl_proto_config *config;

	for (int sha = 0; sha < 2; sha++) {
		if (irl_proto_config_open(
			&config, irl_proto_find("http"),
			&(struct irl_proto_options){.sha256 = sha}, NULL))
			return 1;
		printf("%s\n", sha ? "with SHA-256" : "plain");
		bench_small(config, false);
		bench_small(config, true);
		bench_body(config, 1448);
		bench_body(config, 1u << 16);
		irl_proto_config_close(config);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_no_body),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_endless),
	    cmocka_unit_test(test_bomb),
	    cmocka_unit_test(test_fold),
	    cmocka_unit_test(test_coding_cut),
	    cmocka_unit_test(test_long_trailers),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_budget),
	    cmocka_unit_test(test_other),
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_options),
	};

	if (argc > 1 && !strcmp(argv[1], "bench"))
		return bench();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
