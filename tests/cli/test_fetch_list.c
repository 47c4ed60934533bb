// SPDX-License-Identifier: BSD-2-Clause
/* Lines of a list into targets, and what is said of those that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <fcntl.h>
#include <irl/net.h>
#include <irl/target.h>
#include "fetch.h"

#define LINE_MAX_BYTES (4u << 20)

/* A list of @size bytes, in a file that has no name any more. */
static struct fetch_list *open_list(const char *text, size_t size)
{
	static char path[64]; /* the list keeps it for messages */
	struct irl_error err = {0};
	struct fetch_list *list;
	int fd;

	strcpy(path, "/tmp/list.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	close(fd);
	if (fetch_list_open(&list, path, 80, &err))
		fail_msg("%s", err.text);
	unlink(path);
	return list;
}

/* The next target as "ADDRESS PORT DOMAIN TAG", "-" for what is not said, or
 * what is wrong with its line. */
static const char *next_of(struct fetch_list *list)
{
	static char told[8192];
	struct irl_fetch_target target;
	struct irl_error err = {0};
	char addr[IRL_IP_TEXT];
	int rc;

	do
		rc = fetch_list_next(list, &target, &err);
	while (!rc);
	if (rc < 0)
		return strcpy(told, err.text);
	if (rc == IRL_FETCH_END)
		return "end";
	irl_ip_text(&target.addr, addr);
	snprintf(told, sizeof(told), "%s %u %s %s", addr, target.port,
		 target.domain ? target.domain : "-",
		 target.tag ? target.tag : "-");
	return told;
}

/* Of a list of @line alone that is what is told, or a part of it. */
static void expect(const char *line, const char *part)
{
	struct fetch_list *list = open_list(line, strlen(line));
	const char *told = next_of(list);

	if (!strstr(told, part))
		fail_msg("%.99s: '%.600s', not '%.99s'", line, told, part);
	assert_string_equal(next_of(list), "end");
	fetch_list_close(list);
}

/* The same of the first line of a list. */
static void expect_first(const char *text, size_t size, const char *part)
{
	struct fetch_list *list = open_list(text, size);
	const char *told = next_of(list);

	if (!strstr(told, part))
		fail_msg("'%.600s', not '%.99s'", told, part);
	fetch_list_close(list);
}

static void test_json(void **state)
{
	(void)state;
	expect("{\"saddr\":\"10.0.0.1\",\"sport\":443}", "10.0.0.1 443 - -");
	expect(" { \"port\" : \"443\" ,\t\"ip\" : \"fd00::1\" } \r",
	       "fd00::1 443 - -");
	expect("{\"ip\":\"10.0.0.1\",\"domain\":\"a.b\",\"tag\":\"t\"}",
	       "10.0.0.1 80 a.b t");
	/* null is as nothing. */
	expect("{\"saddr\":null,\"ip\":\"10.0.0.1\",\"sport\":null,"
	       "\"domain\":null,\"tag\":null}",
	       "10.0.0.1 80 - -");
	/* What lies deeper is another's. */
	expect("{\"data\":{\"ip\":\"10.0.0.9\",\"x\":[{\"port\":81},[]]},"
	       "\"y\":[true,false,null,-1.5e+3,{}],\"ip\":\"10.0.0.1\"}",
	       "10.0.0.1 80 - -");
	expect("{}", "no \"saddr\" and no \"ip\"");
}

static void test_json_numbers(void **state)
{
	(void)state;
	expect("{\"ip\":\"10.0.0.1\",\"tag\":7}", "10.0.0.1 80 - 7");
	expect("{\"tag\":-1.50e+3,\"ip\":\"10.0.0.1\"}",
	       "10.0.0.1 80 - -1.50e+3");
	expect("{\"ip\":\"10.0.0.1\",\"sport\":44.3}", "not a port: '44.3'");
	for (const char **bad =
		 (const char *[]){"01", "-", "1.", ".5", "1e", "+1", "0x1",
				  "tru", "nulll", "NaN", "'a'", NULL};
	     *bad; bad++) {
		char line[64];

		snprintf(line, sizeof(line), "{\"ip\":\"10.0.0.1\",\"x\":%s}",
			 *bad);
		expect(line, "list.");
		expect(line, ":1: no");
	}
	expect("{\"ip\":\"10.0.0.1\",\"tag\":true}",
	       "neither text nor a number: 'true}'");
	expect("{\"ip\":\"10.0.0.1\",\"tag\":[1]}",
	       "neither text nor a number: '[1]}'");
}

/* Every beginning of a good line is a bad line. */
static void test_json_cut(void **state)
{
	static const char whole[] =
	    "{\"saddr\":\"10.0.0.1\",\"x\":[{\"y\":\"\\u0041\"}, "
	    "tr\\\",\"z\":true,\"sport\":443}";
	static const char good[] =
	    "{\"saddr\":\"10.0.0.1\",\"x\":[{\"y\":\"\\u0041\"}],"
	    "\"z\":true,\"sport\":443}";

	(void)state;
	expect(good, "10.0.0.1 443 - -");
	expect(whole, ":1: ");
	for (size_t n = 1; n < strlen(good); n++) {
		char line[sizeof(good)];

		snprintf(line, sizeof(line), "%.*s", (int)n, good);
		expect(line, ":1: ");
	}
	expect("{\"saddr\":\"10.0.0.1\",\"sport\":44",
	       "cut short, behind: '{\"saddr\":\"10.0.0.1\",\"sport\":44'");
	expect("{\"ip\":\"10.0.0.1\"} x", "'x'");
	expect("{\"ip\":\"10.0.0.1\"},", "','");
	expect("{\"ip\":\"10.0.0.1\",}", "'}'");
	expect("{\"ip\":\"10.0.0.1\"\"port\":80}", "'\"port\":80}'");
	expect("{\"ip\" \"10.0.0.1\"}", "'\"10.0.0.1\"}'");
	expect("{\"ip\":\"10.0.0.1\",\"x\":[1,]}", "']}'");
	expect("{\"ip\":\"10.0.0.1\",\"x\":[1}}", "'}}'");
	expect("{\"ip\":\"10.0.0.1\",\"x\":\"a\tb\"}", "control character");
}

static void test_json_escapes(void **state)
{
	(void)state;
	expect("{\"\\u0069p\":\"10.0\\u002e0.1\",\"tag\":\"\\\"\\\\\\/\\b\\f\\n"
	       "\\r\\t\\u00e9\\u20AC\\ud83d\\uDE00.\"}",
	       "10.0.0.1 80 - \"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac"
	       "\xf0\x9f\x98\x80.");
	expect("{\"ip\":\"10.0.0.1\",\"domain\":\"a\\u0020b\"}",
	       "not a name: 'a b'; a line is a JSON object");
	expect("{\"ip\":\"10.0.0.1\",\"tag\":\"a\\u0000b\"}", "a zero byte");
	expect("{\"ip\":\"10.0.0.1\",\"tag\":\"\\ud83d\"}",
	       "half of a surrogate pair: '\\ud83d\"}'");
	expect("{\"ip\":\"10.0.0.1\",\"tag\":\"\\ud83d\\u0041\"}",
	       "half of a surrogate pair");
	expect("{\"ip\":\"10.0.0.1\",\"tag\":\"\\ude00\\ud83d\"}",
	       "half of a surrogate pair");
	/* Of members that nobody wants they do no harm. */
	expect("{\"ip\":\"10.0.0.1\",\"x\\u0000\":\"\\u0000\\ud83d\"}",
	       "10.0.0.1 80 - -");
	expect("{\"ip\\u0000\":\"10.0.0.1\"}", "no \"saddr\" and no \"ip\"");
	for (const char **bad = (const char *[]){"\\x41", "\\u12", "\\u12g4",
						 "\\u", "\\U0041", NULL};
	     *bad; bad++) {
		char line[64];

		snprintf(line, sizeof(line),
			 "{\"ip\":\"10.0.0.1\",\"x\":\"%s\"}", *bad);
		expect(line, "no escape of JSON: '\\");
	}
}

static void test_json_deep(void **state)
{
	char line[8192] = "{\"x\":";
	const size_t n = strlen(line);

	(void)state;
	memset(line + n, '[', 4000);
	expect(line, "nested too deeply");
}

/* Two that say the same do no harm. */
static void test_twice(void **state)
{
	(void)state;
	expect("{\"saddr\":\"10.0.0.1\",\"ip\":\"10.0.0.1\"}",
	       "10.0.0.1 80 - -");
	expect("{\"saddr\":\"10.0.0.1\",\"ip\":\"10.0.0.2\"}",
	       "another value than before: 'ip\":\"10.0.0.2\"}'");
	expect("{\"ip\":\"10.0.0.1\",\"port\":80,\"sport\":\"81\"}",
	       "another value than before");
	expect("{\"ip\":\"10.0.0.1\",\"tag\":\"a\",\"tag\":\"ab\"}",
	       "another value than before");
	expect("saddr,x,ip\n10.0.0.1,,10.0.0.1\n", "10.0.0.1 80 - -");
	expect("saddr,x,ip\n10.0.0.1,,10.0.0.2\n",
	       "another value than before: '10.0.0.2'; the columns are");
}

static void test_zero_bytes(void **state)
{
	static const char lines[] = "10.0.0.1\0\r\n10.0.0.2,a\0b\n10.0.0.3";
	struct fetch_list *list = open_list(lines, sizeof(lines));

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_non_null(strstr(next_of(list), ": a zero byte behind"));
	assert_string_equal(next_of(list), "end");
	fetch_list_close(list);
}

static void test_hints(void **state)
{
	(void)state;
	expect("10.0.0.256", "; a line is IP,DOMAIN,TAG,PORT, of which");
	expect("ip,port\n10.0.0.256,80", "; the columns are those that");
	expect("{\"ip\":\"10.0.0.256\"}", "; a line is a JSON object");
}

/* Each kind of what people have at hand has its own advice. */
static void test_no_address(void **state)
{
	(void)state;
	expect("10.0.0.0/24", ":1: a prefix in a list is of IPv6 and has at "
			      "most 16 host bits (those of IPv4 are operands, "
			      "or in --allowlist-file)");
	expect("fd00::/111", ":1: a prefix in a list is of IPv6 and has");
	expect("http://10.0.0.1/", ":1: not an address: ");
	expect("Discovered open port 80/tcp on 10.0.0.1",
	       ":1: not an address: ");
	expect("www.3com.example", ":1: a name without an address; names are "
				   "not looked up: 'www.3com.example'");
	expect(",3com.example", ":1: a name without an address; names are");
	expect("10.0.0.256", ":1: not an address: ");
	expect("fd00::g", ":1: not an address: ");
	expect("x", ":1: not an address: ");
}

/* As other programs write what they have found. */
static void test_with_port(void **state)
{
	(void)state;
	expect("10.0.0.1:443", "10.0.0.1 443 - -");
	expect("[fd00::1]:443,a.example", "fd00::1 443 a.example -");
	expect("10.0.0.1:443,,,443", "10.0.0.1 443 ");
	expect("{\"ip\":\"10.0.0.1:443\"}", "10.0.0.1 443 - -");
	expect("10.0.0.1:443,,,80", ":1: another value than before: '80'");
	expect("10.0.0.1:", ":1: not a port: ''");
	expect("10.0.0.1:65536", ":1: not a port: '65536'");
	expect("10.0.0.256:80", ":1: not an address: ");
	expect("[fd00::1]", ":1: not an address: ");
	expect("[fd00::1:80", ":1: not an address: ");
	/* The last group is the address's own. */
	expect("fd00::1:443", "fd00::1:443 80 - -");
}

static void test_of_others(void **state)
{
	(void)state;
	expect("open tcp 80 10.0.0.1 1700000000",
	       ":1: a line of masscan -oL; make ADDRESS:PORT of it, as by: awk "
	       "'/^open/ {print $4 \":\" $3}' FILE");
	expect("[\n", ":1: an array of JSON");
	expect("10.0.0.1-10.0.0.9", ":1: a range; give it as an operand, or in "
				    "--allowlist-file: '10.0.0.1-");
	expect("10.0.0.1-x", ":1: a range;");
}

/* By the first bytes, before lines are looked for. */
static void test_compressed(void **state)
{
	(void)state;
	expect_first("\x1f\x8b\x08\0x\n", 6,
		     " is compressed; unpack it: zcat FILE | irl ... -");
	expect_first("\x28\xb5\x2f\xfd\n", 5, "zstdcat FILE");
	expect_first("\xfd\x37\x7aXZ\0\n", 7, "xzcat FILE");
	expect_first("\x1f\n", 2, ":1: not an address");
}

static void test_comments(void **state)
{
	(void)state;
	expect("# 10.0.0.1", "end");
	expect("10.0.0.1 # web, \"old\"", "10.0.0.1 80 - -");
	expect("10.0.0.1#web", "10.0.0.1 80 - -");
	expect("fd00::1\t#", "fd00::1 80 - -");
	/* A tag may have one. */
	expect("10.0.0.1,n.example,t # 1", "10.0.0.1 80 n.example t # 1");
	expect("tag,ip\nt#1,10.0.0.1", "10.0.0.1 80 - t#1");
}

/* "ip" of the first line, a member or column @pad bytes long, then the next. */
static struct fetch_list *open_padded(const char *before, size_t pad,
				      const char *behind)
{
	size_t n = strlen(before), m = strlen(behind);
	char *text = malloc(n + pad + m);
	struct fetch_list *list;

	assert_non_null(text);
	memcpy(text, before, n);
	memset(text + n, 'x', pad);
	memcpy(text + n + pad, behind, m);
	list = open_list(text, n + pad + m);
	free(text);
	return list;
}

static void test_long_lines(void **state)
{
	static const char before[] = "{\"ip\":\"10.0.0.1\",\"x\":\"",
			  behind[] = "\"}\n{\"ip\":\"10.0.0.2\"}";
	const size_t room = LINE_MAX_BYTES - (sizeof(before) - 1) - 2;
	static const size_t pads[] = {4096, 65536, 1000000};
	struct fetch_list *list;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		list = open_padded(before, i < 3 ? pads[i] : room, behind);
		assert_string_equal(next_of(list), "10.0.0.1 80 - -");
		assert_string_equal(next_of(list), "10.0.0.2 80 - -");
		fetch_list_close(list);
	}
	for (size_t i = 1; i < 4u << 20; i = 3 * i + 1) {
		list = open_padded(before, room + i, behind);
		assert_non_null(strstr(next_of(list), ":1: a line of more "
						      "than 4194304 bytes"));
		assert_string_equal(next_of(list), "10.0.0.2 80 - -");
		assert_string_equal(next_of(list), "end");
		fetch_list_close(list);
	}
	/* Names of columns are no shorter. */
	list = open_padded("ip,", 100000, "\n10.0.0.1,\n10.0.0.2,\n");
	assert_string_equal(next_of(list), "10.0.0.1 80 - -");
	fetch_list_close(list);
}

static void test_long_tags(void **state)
{
	static const char *const forms[][2] = {
	    {"10.0.0.1,,", "\n10.0.0.2\n"},
	    {"ip,tag\n10.0.0.1,", "\n10.0.0.2,\n"},
	    {"{\"ip\":\"10.0.0.1\",\"tag\":\"", "\"}\n{\"ip\":\"10.0.0.2\"}"}};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct fetch_list *list =
		    open_padded(forms[i][0], 4095, forms[i][1]);
		const char *told = next_of(list);

		assert_memory_equal(told, "10.0.0.1 80 ", 12);
		assert_int_equal(strspn(strrchr(told, ' ') + 1, "x"), 4095);
		fetch_list_close(list);
		list = open_padded(forms[i][0], 4096, forms[i][1]);
		assert_non_null(
		    strstr(next_of(list), "a tag of more than 4095 bytes"));
		assert_memory_equal(next_of(list), "10.0.0.2 80 ", 12);
		fetch_list_close(list);
	}
}

/* ---- marks --------------------------------------------------------------- */

/* The path of a pipe that gives @text in pieces of @piece bytes, each by one
 * read; *@fd is to be closed. */
static const char *pieces_of(const char *text, size_t size, size_t piece,
			     int *fd)
{
	static char path[64];
	int ends[2];

	assert_int_equal(pipe2(ends, O_DIRECT | O_CLOEXEC), 0);
	for (size_t n; size; text += n, size -= n) {
		n = size < piece ? size : piece;
		assert_int_equal(write(ends[1], text, n), n);
	}
	close(ends[1]);
	*fd = ends[0];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	return path;
}

/* A fetch's list, a scan's, and what neither may probe: 1, or what is wrong. */
static int read_fetch(const char *path, struct irl_error *err)
{
	struct irl_fetch_target target;
	struct fetch_list *list;
	int rc;

	assert_int_equal(fetch_list_open(&list, path, 80, err), 0);
	rc = fetch_list_peek(list, &target, err);
	fetch_list_close(list);
	return rc;
}

static int read_scan(const char *path, struct irl_error *err)
{
	struct irl_targets *targets;
	int rc;

	assert_int_equal(irl_targets_new(&targets, err), 0);
	rc = irl_targets_allow_file(targets, path, err);
	irl_targets_free(targets);
	return rc < 0 ? rc : 1;
}

static int read_blocked(const char *path, struct irl_error *err)
{
	struct fetch_values values = {.block_file = {&path, 1}};
	struct fetch_allowed *allowed;
	int rc = fetch_allowed_new(&allowed, &values, err);

	fetch_allowed_free(allowed);
	return rc < 0 ? rc : 1;
}

static int (*const readers[])(const char *path, struct irl_error *err) = {
    read_fetch, read_scan, read_blocked};

static void test_marks(void **state)
{
	static const char good[] = "\xef\xbb\xbf"
				   "10.0.0.1\n";
	static const char wide[2][12] = {"\xff\xfe"
					 "1\0.\0"
					 "1\0\r\0\n",
					 "\xfe\xff\0"
					 "1\0.\0"
					 "1\0\r\0\n"};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t piece = 1; piece < 5; piece++) {
			struct irl_error err = {0};
			int fd, rc;

			rc = readers[i](pieces_of(good, 12, piece, &fd), &err);
			close(fd);
			if (rc != 1)
				fail_msg("%zu, %zu: %s", i, piece, err.text);
			for (size_t k = 0; k < 2; k++) {
				rc = readers[i](
				    pieces_of(wide[k], 12, piece, &fd), &err);
				close(fd);
				assert_int_equal(rc, -IRL_EINVAL);
				if (!strstr(err.text, " is UTF-16"))
					fail_msg("%s", err.text);
			}
		}
}

/* Shorter than a mark, or nothing else. */
static void test_short(void **state)
{
	static const struct {
		const char *text;
		int rc[3];
	} rows[] = {{"", {0, 1, 1}},
		    {"\xef\xbb\xbf", {0, 1, 1}},
		    {"\n", {0, 1, 1}},
		    {"::", {1, -IRL_EPARSE, 1}},
		    {"\xef\xbb", {-IRL_EPARSE, -IRL_EPARSE, -IRL_EPARSE}},
		    {"\xff\xfe", {-IRL_EINVAL, -IRL_EINVAL, -IRL_EINVAL}}};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
			struct irl_error err = {0};
			int fd, rc;

			rc = readers[i](pieces_of(rows[k].text,
						  strlen(rows[k].text), 1, &fd),
					&err);
			close(fd);
			assert_int_equal(rc, rows[k].rc[i]);
		}
}

/* Nothing waits for the rest of a mark. */
static void test_slow_mark(void **state)
{
	static const char text[] = "\xef\xbb\xbf"
				   "10.0.0.1";
	struct irl_fetch_target target;
	struct irl_error err = {0};
	struct fetch_list *list;
	char path[64];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	assert_int_equal(fetch_list_open(&list, path, 80, &err), 0);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		assert_int_equal(fetch_list_next(list, &target, &err), 0);
		assert_int_equal(write(ends[1], &text[i], 1), 1);
	}
	close(ends[1]);
	close(ends[0]);
	assert_int_equal(fetch_list_next(list, &target, &err), 1);
	assert_int_equal(fetch_list_next(list, &target, &err), IRL_FETCH_END);
	fetch_list_close(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_json_numbers),
	    cmocka_unit_test(test_json_cut),
	    cmocka_unit_test(test_json_escapes),
	    cmocka_unit_test(test_json_deep),
	    cmocka_unit_test(test_twice),
	    cmocka_unit_test(test_zero_bytes),
	    cmocka_unit_test(test_hints),
	    cmocka_unit_test(test_no_address),
	    cmocka_unit_test(test_comments),
	    cmocka_unit_test(test_with_port),
	    cmocka_unit_test(test_of_others),
	    cmocka_unit_test(test_compressed),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_long_tags),
	    cmocka_unit_test(test_marks),
	    cmocka_unit_test(test_short),
	    cmocka_unit_test(test_slow_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
