// SPDX-License-Identifier: BSD-2-Clause
/*
 * The set of targets: what lists mean, what is excluded, what errors say, and
 * ranks in both directions against a naive model.
 * "test_targets bench" measures, by hand, what a target costs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <irl/target.h>
#include "target/ranges.h"
#include "target/tables.h"

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* A sealed set; "" leaves a part out. */
static struct irl_targets *make(const char *allow, const char *block,
				const char *ports, const char *special)
{
	struct irl_targets *t = NULL;
	struct irl_error err = {0};
	int rc = irl_targets_new(&t, &err);

	if (!rc && *allow)
		rc = irl_targets_allow(t, allow, &err);
	if (!rc && *block)
		rc = irl_targets_block(t, block, &err);
	if (!rc && *ports)
		rc = irl_targets_ports(t, ports, &err);
	if (!rc && *special)
		rc = irl_targets_allow_special(t, special, &err);
	if (!rc)
		rc = irl_targets_seal(t, &err);
	if (rc)
		fail_msg("%s", err.text);
	return t;
}

/* The addresses of a small set, as text. */
static void assert_addresses(const char *allow, const char *block,
			     const char *special, const char *expected)
{
	struct irl_targets *t = make(allow, block, "80", special);
	char text[2000] = "";
	size_t n = 0;

	assert_true(irl_targets_count(t) < 50);
	for (uint64_t i = 0; i < irl_targets_count(t); i++) {
		uint32_t a = irl_targets_at(t, i).addr;

		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s%u.%u.%u.%u", i ? " " : "", a >> 24,
				      a >> 16 & 255, a >> 8 & 255, a & 255);
	}
	assert_string_equal(text, expected);
	irl_targets_free(t);
}

static void test_items(void **state)
{
	(void)state;
	assert_addresses("1.2.3.4", "", "", "1.2.3.4");
	assert_addresses("1.2.3.4/32", "", "", "1.2.3.4");
	assert_addresses("1.2.3.4/30", "", "",
			 "1.2.3.4 1.2.3.5 1.2.3.6 1.2.3.7");
	assert_addresses("1.2.3.7/30", "", "",
			 "1.2.3.4 1.2.3.5 1.2.3.6 1.2.3.7");
	assert_addresses("1.2.3.255-1.2.4.1", "", "",
			 "1.2.3.255 1.2.4.0 1.2.4.1");
	assert_addresses(" 1.1.1.1,,2.2.2.2\t3.3.3.3\r\n 4.4.4.4 ", "", "",
			 "1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4");
	/* sorted, merged, each address once */
	assert_addresses("5.5.5.5 1.1.1.1 5.5.5.4/31 1.1.1.1-1.1.1.2", "", "",
			 "1.1.1.1 1.1.1.2 5.5.5.4 5.5.5.5");
	assert_addresses("1.1.1.0-1.1.1.1 1.1.1.2-1.1.1.3", "", "",
			 "1.1.1.0 1.1.1.1 1.1.1.2 1.1.1.3");
	/* a block in the middle, at both ends, over several ranges */
	assert_addresses("1.1.1.0/29", "1.1.1.2-1.1.1.5", "",
			 "1.1.1.0 1.1.1.1 1.1.1.6 1.1.1.7");
	assert_addresses("1.1.1.0/29", "1.1.1.0 1.1.1.7 1.1.1.3", "",
			 "1.1.1.1 1.1.1.2 1.1.1.4 1.1.1.5 1.1.1.6");
	assert_addresses("1.1.1.0/31 1.1.1.4/31 1.1.1.8/31", "1.1.1.1-1.1.1.8",
			 "", "1.1.1.0 1.1.1.9");
	assert_addresses("223.255.255.254-223.255.255.255", "", "",
			 "223.255.255.254 223.255.255.255");
}

static void assert_refused(const char *allow, const char *word)
{
	struct irl_targets *t;
	struct irl_error err = {0};

	assert_int_equal(irl_targets_new(&t, NULL), 0);
	assert_int_equal(irl_targets_allow(t, allow, &err), -IRL_EPARSE);
	assert_int_equal(err.code, IRL_EPARSE);
	if (!strstr(err.text, word))
		fail_msg("\"%s\": %s", allow, err.text);
	/* no message wanted is no reason to crash */
	assert_int_equal(irl_targets_allow(t, allow, NULL), -IRL_EPARSE);
	irl_targets_free(t);
}

static void test_bad_items(void **state)
{
	char longest[5000];

	(void)state;
	assert_refused("", "names no address");
	assert_refused(" , ", "names no address");
	assert_refused("1.2.3", "\"1.2.3\"");
	assert_refused("1.2.3.", "\"1.2.3.\"");
	assert_refused("1.2.3.4.5", "\"1.2.3.4.5\"");
	assert_refused("1.2.3.256", "\"1.2.3.256\"");
	assert_refused("1.2.3.0256", "\"1.2.3.0256\"");
	assert_refused("01.2.3.4", "\"01.2.3.4\"");
	assert_refused("1.2.3.4/33", "prefix length");
	assert_refused("1.2.3.4/", "prefix length");
	assert_refused("1.2.3.4/08", "prefix length");
	assert_refused("1.2.3.4/-1", "prefix length");
	assert_refused("1.2.3.4/99999999999999999999", "prefix length");
	assert_refused("1.2.3.5-1.2.3.4", "ends before");
	assert_refused("1.2.3.4-", "first-last");
	assert_refused("1.2.3.4-9", "first-last");
	assert_refused("1.2.3.4-1.2.3.9/8", "first-last");
	assert_refused("9.9.9.9 example.com", "\"example.com\"");
	assert_refused("::1", "\"::1\"");
	assert_refused("1.2.3.4#", "\"1.2.3.4#\"");
	assert_refused("\x1b[31m", "\"?[31m\"");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	assert_refused(longest, "xxx...\"");
}

/* What an argument got wrong leaves the set as it was. */
static void test_error_changes_nothing(void **state)
{
	struct irl_targets *t;

	(void)state;
	assert_int_equal(irl_targets_new(&t, NULL), 0);
	assert_int_equal(irl_targets_allow(t, "1.1.1.1", NULL), 0);
	assert_true(irl_targets_allow(t, "2.2.2.2 nonsense", NULL) < 0);
	assert_true(irl_targets_ports(t, "80,443,x", NULL) < 0);
	assert_int_equal(irl_targets_ports(t, "22", NULL), 0);
	assert_int_equal(irl_targets_seal(t, NULL), 0);
	assert_int_equal(irl_targets_count(t), 1);
	/* sealed is sealed */
	assert_int_equal(irl_targets_allow(t, "3.3.3.3", NULL), -IRL_EINVAL);
	assert_int_equal(irl_targets_block(t, "3.3.3.3", NULL), -IRL_EINVAL);
	assert_int_equal(irl_targets_ports(t, "1", NULL), -IRL_EINVAL);
	assert_int_equal(irl_targets_allow_special(t, "all", NULL),
			 -IRL_EINVAL);
	assert_int_equal(irl_targets_seal(t, NULL), -IRL_EINVAL);
	irl_targets_free(t);
	irl_targets_free(NULL);
}

static void test_ports(void **state)
{
	struct irl_targets *t =
	    make("1.1.1.1-1.1.1.2", "", "443,80-82,81,65535,1", "");
	const uint16_t expected[] = {1, 80, 81, 82, 443, 65535};
	const char *bad[] = {"",        "x",
			     "65536",   "80-",
			     "-80",     "82-80",
			     "80,",     ",80",
			     "80 81",   "80--81",
			     "+80",     "80;81",
			     "1-65536", "99999999999999999999",
			     "0",       "0-80",
			     "80,0",    "0-0",
			     "00"};
	struct irl_error err = {0};

	(void)state;
	assert_int_equal(irl_targets_port_count(t), 6);
	assert_int_equal(irl_targets_count(t), 12);
	for (uint64_t i = 0; i < 12; i++) {
		assert_int_equal(irl_targets_at(t, i).port, expected[i % 6]);
		assert_int_equal(irl_targets_at(t, i).addr, 0x01010101 + i / 6);
	}
	irl_targets_free(t);
	assert_int_equal(irl_targets_new(&t, NULL), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(irl_targets_ports(t, bad[i], &err),
				 -IRL_EPARSE);
	assert_int_equal(irl_targets_ports(t, "80,https,1", &err), -IRL_EPARSE);
	assert_non_null(strstr(err.text, "\"https\""));
	assert_int_equal(irl_targets_ports(t, "1,0-80", &err), -IRL_EPARSE);
	assert_non_null(strstr(err.text, "\"0-80\" is no port of TCP"));
	/* hostile bytes do not reach a terminal */
	assert_int_equal(irl_targets_ports(t, "1,\x1b[2J\xff", &err),
			 -IRL_EPARSE);
	assert_non_null(strstr(err.text, "\"?[2J?\""));
	assert_int_equal(irl_targets_seal(t, &err), -IRL_EINVAL);
	assert_non_null(strstr(err.text, "no ports"));
	irl_targets_free(t);
}

/* ---- special-purpose addresses ----------------------------------------- */

/* The registry, read off it by hand: prefixes that a scan must not touch. */
static void test_special_registry(void **state)
{
	const struct irl_range excluded[] = {
	    {0x00000000, 0x00ffffff}, {0x0a000000, 0x0affffff},
	    {0x64400000, 0x647fffff}, {0x7f000000, 0x7fffffff},
	    {0xa9fe0000, 0xa9feffff}, {0xac100000, 0xac1fffff},
	    {0xc0000000, 0xc00000ff}, {0xc0000200, 0xc00002ff},
	    {0xc01fc400, 0xc01fc4ff}, {0xc034c100, 0xc034c1ff},
	    {0xc0586300, 0xc05863ff}, {0xc0a80000, 0xc0a8ffff},
	    {0xc0af3000, 0xc0af30ff}, {0xc6120000, 0xc613ffff},
	    {0xc6336400, 0xc63364ff}, {0xcb007100, 0xcb0071ff},
	    {0xe0000000, 0xffffffff}};
	struct irl_targets *t = make("", "", "80", "");
	struct irl_target target = {.port = 80};
	uint64_t index, sum = 0;
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof(excluded) / sizeof(excluded[0]); i++) {
		struct irl_range r = excluded[i];

		sum += (uint64_t)r.last - r.first + 1;
		target.addr = r.first;
		assert_false(irl_targets_index(t, target, &index));
		target.addr = r.last;
		assert_false(irl_targets_index(t, target, &index));
		target.addr = r.first - 1;
		assert_int_equal(irl_targets_index(t, target, &index), i > 0);
		target.addr = r.last + 1;
		assert_int_equal(irl_targets_index(t, target, &index),
				 r.last != 0xffffffff);
	}
	assert_true(irl_targets_count(t) == (1ull << 32) - sum);
	irl_targets_free(t);
	/* Each entry's text says what its numbers say. */
	for (size_t i = 0; i < 18; i++) {
		const struct irl_special *s = irl_special_table(&count) + i;
		struct irl_ranges parsed = {0};

		assert_int_equal(count, 18);
		assert_int_equal(
		    irl_ranges_parse(&parsed, s->prefix, "table", NULL), 0);
		assert_memory_equal(parsed.range, &s->range, sizeof(s->range));
		assert_memory_equal(s->source, "RFC ", 4);
		irl_ranges_fini(&parsed);
	}
}

static void test_special_allowed(void **state)
{
	struct irl_targets *t;

	(void)state;
	/* excluded of a mixed list, allowed in part, allowed in whole */
	assert_addresses("9.255.255.255-10.0.0.1 8.8.8.8", "", "",
			 "8.8.8.8 9.255.255.255");
	assert_addresses("10.0.0.0/30 192.168.0.1", "", "10.0.0.2/31",
			 "10.0.0.2 10.0.0.3");
	assert_addresses("10.0.0.0/30 192.168.0.1", "10.0.0.1", "all",
			 "10.0.0.0 10.0.0.2 10.0.0.3 192.168.0.1");
	/* to allow special ones adds no target by itself */
	assert_addresses("8.8.8.8", "", "10.0.0.0/8", "8.8.8.8");
	t = make("10.0.0.0/8", "", "80", "10.0.0.0/8");
	assert_int_equal(irl_targets_count(t), 1 << 24);
	irl_targets_free(t);
}

static void assert_nothing_left(const char *allow, const char *block,
				const char *word)
{
	struct irl_targets *t;
	struct irl_error err = {0};

	assert_int_equal(irl_targets_new(&t, NULL), 0);
	if (*allow)
		assert_int_equal(irl_targets_allow(t, allow, &err), 0);
	if (*block)
		assert_int_equal(irl_targets_block(t, block, &err), 0);
	assert_int_equal(irl_targets_ports(t, "80", &err), 0);
	assert_int_equal(irl_targets_seal(t, &err), -IRL_EEMPTY);
	if (!strstr(err.text, word))
		fail_msg("%s", err.text);
	irl_targets_free(t);
}

static void test_nothing_left(void **state)
{
	(void)state;
	assert_nothing_left("1.1.1.1", "1.0.0.0/8", "block list");
	assert_nothing_left("", "0.0.0.0/0", "block list holds all 4294967296");
	assert_nothing_left("10.1.0.0/16", "", "10.0.0.0/8, private use");
	assert_nothing_left("198.18.0.1", "", "RFC 2544");
	assert_nothing_left("8.8.8.8 127.0.0.1", "8.8.8.8", "127.0.0.0/8");
}

/* ---- ranks ------------------------------------------------------------ */

static void check_index_of(const struct irl_targets *t, uint64_t i)
{
	struct irl_target target = irl_targets_at(t, i);
	uint64_t back = UINT64_MAX;

	assert_true(irl_targets_index(t, target, &back));
	assert_true(back == i);
}

static void test_whole_space(void **state)
{
	struct irl_targets *t = make("0.0.0.0/0", "", "1-65535", "all");
	const uint64_t all = 65535ull << 32;
	uint64_t x = 88172645463325252ull;

	(void)state;
	assert_true(irl_targets_addresses(t) == 1ull << 32);
	assert_true(irl_targets_count(t) == all);
	for (uint64_t i = 0; i < 100000; i++) {
		uint64_t index = (next_random(&x) >> 16) % all;
		struct irl_target target = irl_targets_at(t, index);

		assert_true(target.addr == index / 65535);
		assert_true(target.port == 1 + index % 65535);
		check_index_of(t, index);
	}
	check_index_of(t, 0);
	check_index_of(t, all - 1);
	irl_targets_free(t);
	/* all but one address; all but the two ends */
	t = make("", "128.0.0.0", "80", "all");
	assert_true(irl_targets_count(t) == (1ull << 32) - 1);
	assert_int_equal(irl_targets_at(t, 0x7fffffff).addr, 0x7fffffff);
	assert_int_equal(irl_targets_at(t, 0x80000000).addr, 0x80000001);
	check_index_of(t, (1ull << 32) - 2);
	irl_targets_free(t);
	t = make("", "0.0.0.0 255.255.255.255", "80", "all");
	assert_true(irl_targets_count(t) == (1ull << 32) - 2);
	check_index_of(t, 0);
	check_index_of(t, (1ull << 32) - 3);
	irl_targets_free(t);
}

/* Random lists within 64 Ki addresses against a bitmap. */
static void check_model(uint64_t seed, bool blocks)
{
	enum { SPACE = 65536, BASE = 0x01020000 };
	static uint8_t in[SPACE];
	uint64_t x = seed * 0x9E3779B97F4A7C15ull + 1, rank = 0, index;
	unsigned items = 1 + (unsigned)(next_random(&x) % 300);
	struct irl_targets *t;

	memset(in, 0, sizeof(in));
	assert_int_equal(irl_targets_new(&t, NULL), 0);
	for (unsigned i = 0; i < items; i++) {
		uint32_t first = (uint32_t)(next_random(&x) % SPACE);
		uint32_t most = 1 + (uint32_t)(next_random(&x) % 400);
		uint32_t last = first + most < SPACE ? first + most : SPACE - 1;
		bool block = blocks && i % 2;
		char text[64];

		snprintf(text, sizeof(text), "1.2.%u.%u-1.2.%u.%u", first >> 8,
			 first & 255, last >> 8, last & 255);
		for (uint32_t a = first; a <= last; a++)
			in[a] |= block ? 2 : 1;
		assert_int_equal(block ? irl_targets_block(t, text, NULL)
				       : irl_targets_allow(t, text, NULL),
				 0);
	}
	assert_int_equal(irl_targets_ports(t, "80,443,8080", NULL), 0);
	if (irl_targets_seal(t, NULL)) {
		for (uint32_t a = 0; a < SPACE; a++)
			assert_int_not_equal(in[a], 1);
		irl_targets_free(t);
		return;
	}
	for (uint32_t a = 0; a < SPACE; a++) {
		struct irl_target target = {BASE + a, 443};

		if (in[a] != 1) {
			assert_false(irl_targets_index(t, target, &index));
			continue;
		}
		assert_true(irl_targets_index(t, target, &index));
		assert_true(index == rank * 3 + 1);
		assert_int_equal(irl_targets_at(t, index).addr, target.addr);
		assert_int_equal(irl_targets_at(t, index).port, 443);
		target.port = 22;
		assert_false(irl_targets_index(t, target, &index));
		rank++;
	}
	assert_true(irl_targets_addresses(t) == rank);
	assert_true(irl_targets_count(t) == rank * 3);
	irl_targets_free(t);
}

static void test_model(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		check_model(seed, false);
		check_model(seed, true);
	}
}

/* The tables keep what src/target/core.h promises of them. */
static void check_tables(const struct irl_targets *t)
{
	const struct irl_core_tables *tables = irl_targets_tables(t);
	uint64_t cum = 0;

	assert_true(tables->shape.range_count >= 1);
	for (uint32_t i = 0; i < tables->shape.range_count; i++) {
		assert_true(tables->rank[i] >> 32 == cum || i > 0);
		assert_true(i == 0 || tables->rank[i] >> 32 > cum);
		cum = tables->rank[i] >> 32;
	}
	assert_int_equal(tables->rank_count, tables->shape.range_count + 3);
	for (uint32_t i = tables->shape.range_count; i < tables->rank_count;
	     i++)
		assert_true(tables->rank[i] >> 32 >=
			    (irl_targets_addresses(t) & 0xffffffff));
	assert_true(
	    tables->guide_count ==
	    ((irl_targets_addresses(t) - 1) >> tables->shape.guide_shift) + 2);
	/* room: at most about two buckets a range */
	assert_true(tables->guide_count <= 2 * tables->shape.range_count + 2);
	for (uint32_t k = 0; k < tables->guide_count; k++) {
		uint64_t first = (uint64_t)k << tables->shape.guide_shift;
		uint32_t at = tables->guide[k];

		assert_true(at < tables->shape.range_count);
		assert_true(tables->rank[at] >> 32 <= first);
		assert_true(at + 1 == tables->shape.range_count ||
			    tables->rank[at + 1] >> 32 > first);
	}
}

/* The whole address space by @ports: index -> target is a division, which is
 * done by a reciprocal; its worst cases are next to multiples. */
static void check_division(const char *ports)
{
	struct irl_targets *t;
	uint64_t count, last, x = 7;

	assert_int_equal(irl_targets_new(&t, NULL), 0);
	assert_int_equal(irl_targets_allow_special(t, "all", NULL), 0);
	assert_int_equal(irl_targets_ports(t, ports, NULL), 0);
	assert_int_equal(irl_targets_seal(t, NULL), 0);
	count = irl_targets_port_count(t);
	last = irl_targets_count(t) - 1;
	assert_int_equal(last, (count << 32) - 1);
	for (unsigned i = 0; i < 60000; i++) {
		uint64_t near = i % 4 ? next_random(&x) >> (i % 33) : last;
		uint64_t rank = near / count % (1ull << 32);
		uint64_t index = rank * count + (i % 3 ? count - 1 : i % 2);
		struct irl_target at;
		uint64_t back;

		index = index > last ? last : index;
		at = irl_targets_at(t, index);
		assert_int_equal(at.addr, index / count);
		assert_true(irl_targets_index(t, at, &back));
		assert_int_equal(back, index);
	}
	irl_targets_free(t);
}

static void test_division(void **state)
{
	const char *ports[] = {"80",      "80-81",     "1-3",     "1,3,5,7,10",
			       "1-7",     "1-100",     "1-197",   "1-1000",
			       "1-1023",  "1-1024",    "1-1025",  "1-32767",
			       "1-32768", "1-32769",   "1-65534", "1-65535",
			       "5,10000", "1-999,2000"};

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		check_division(ports[i]);
}

/* A file of @ranges lines, of very different sizes; how many addresses. */
static uint64_t make_large_file(char *path, unsigned ranges)
{
	uint64_t x = 1, at = 0x01000000, sum = 0;
	int fd;
	FILE *f;

	strcpy(path, "/tmp/irl-test-targets-XXXXXX");
	fd = mkstemp(path);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	assert_non_null(f);
	for (unsigned i = 0; i < ranges; i++) {
		uint64_t gap = 2 + next_random(&x) % 600;
		uint64_t size = next_random(&x) % (i % 1000 ? 900 : 200000);
		uint32_t first = (uint32_t)(at + gap);
		uint32_t last = (uint32_t)(first + size);

		at = last;
		sum += size + 1;
		fprintf(f, "%u.%u.%u.%u-%u.%u.%u.%u # %u\r\n", first >> 24,
			first >> 16 & 255, first >> 8 & 255, first & 255,
			last >> 24, last >> 16 & 255, last >> 8 & 255,
			last & 255, i);
	}
	assert_true(at < 0xe0000000);
	fclose(f);
	return sum;
}

static struct irl_targets *read_large_file(const char *path)
{
	struct irl_targets *t;
	struct irl_error err = {0};

	assert_int_equal(irl_targets_new(&t, &err), 0);
	if (irl_targets_allow_file(t, path, &err) ||
	    irl_targets_allow_special(t, "all", &err) ||
	    irl_targets_ports(t, "80", &err) || irl_targets_seal(t, &err))
		fail_msg("%s", err.text);
	unlink(path);
	return t;
}

static void test_large_file(void **state)
{
	char path[64];
	uint64_t sum = make_large_file(path, 400000);
	struct irl_targets *t = read_large_file(path);

	(void)state;
	assert_true(irl_targets_addresses(t) == sum);
	assert_int_equal(irl_targets_tables(t)->shape.range_count, 400000);
	check_tables(t);
	for (uint64_t i = 0; i < sum; i += 977)
		check_index_of(t, i);
	for (uint64_t i = 1; i < 2000; i++)
		assert_true(irl_targets_at(t, i).addr >
			    irl_targets_at(t, i - 1).addr);
	irl_targets_free(t);
}

static void test_tables(void **state)
{
	/* the last: ends at the first address of a /16 */
	const char *lists[] = {"1.1.1.1", "1.1.1.1 3.3.3.3",
			       "1.1.1.1 2.0.0.0/8 5.5.5.5 9.0.0.0/9",
			       "1.1.1.1 1.1.1.3 1.1.1.5 1.1.1.7 1.1.1.9",
			       "1.1.255.0-1.2.0.0 1.2.0.2"};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct irl_targets *t = make(lists[i], "", "80", "");

		check_tables(t);
		for (uint64_t k = 0; k < irl_targets_count(t) && k < 400; k++)
			check_index_of(t, k);
		check_index_of(t, irl_targets_count(t) - 1);
		irl_targets_free(t);
	}
}

/* ---- files ------------------------------------------------------------ */

static int read_text(const char *text, size_t size, struct irl_targets *t,
		     char *path, struct irl_error *err)
{
	int fd, rc;

	strcpy(path, "/tmp/irl-test-list-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, (unsigned)size), (ssize_t)size);
	close(fd);
	rc = irl_targets_allow_file(t, path, err);
	unlink(path);
	return rc;
}

static void check_file(const char *text, size_t size, uint64_t count)
{
	struct irl_targets *t;
	struct irl_error err = {0};
	char path[64];

	assert_int_equal(irl_targets_new(&t, NULL), 0);
	if (read_text(text, size, t, path, &err) ||
	    irl_targets_ports(t, "80", &err) || irl_targets_seal(t, &err))
		fail_msg("%s", err.text);
	assert_int_equal(irl_targets_count(t), count);
	irl_targets_free(t);
}

static void check_bad_file(const char *text, size_t size, unsigned line,
			   const char *word)
{
	struct irl_targets *t;
	struct irl_error err = {0};
	char path[64], expected[200];

	assert_int_equal(irl_targets_new(&t, NULL), 0);
	assert_int_equal(read_text(text, size, t, path, &err), -IRL_EPARSE);
	snprintf(expected, sizeof(expected), "%s:%u: \"%s\"", path, line, word);
	if (strncmp(err.text, expected, strlen(expected)) != 0)
		fail_msg("%s, not %s", err.text, expected);
	irl_targets_free(t);
}

#define TEXT(s) s, sizeof(s) - 1

static void test_files(void **state)
{
	struct irl_targets *t;
	struct irl_error err = {0};

	(void)state;
	check_file(TEXT("1.1.1.1\n"), 1);
	check_file(TEXT("1.1.1.1"), 1);
	check_file(
	    TEXT("# head\n\n  1.1.1.1 # one\r\n\t2.2.2.0/24\r\n#2.2.3.3"), 257);
	check_file(TEXT("1.1.1.1#two\n2.2.2.2"), 2);
	check_file(TEXT("\xEF\xBB\xBF"
			"1.1.1.1\n"),
		   1);
	check_bad_file(TEXT("1.1.1.1\n\n# c\n2.2.2.2\nfoo\n"), 5, "foo");
	check_bad_file(TEXT("1.1.1.1\r\n1.1.1.300\r\n"), 2, "1.1.1.300");
	check_bad_file(TEXT("x"), 1, "x");
	check_bad_file(TEXT("1.1.1.1\n2.2.2.2\0\n"), 2, "2.2.2.2?");
	check_bad_file(TEXT("\0\n"), 1, "?");
	check_bad_file(TEXT("\n\n\x80\xff\n"), 3, "??");
	check_bad_file(TEXT("1.1.1.1\n\xEF\xBB\xBF"), 2, "???");

	assert_int_equal(irl_targets_new(&t, NULL), 0);
	assert_true(irl_targets_allow_file(t, "/nonexistent/list", &err) < 0);
	assert_non_null(strstr(err.text, "/nonexistent/list"));
	assert_true(irl_targets_allow_file(t, "/", &err) < 0);
	/* Where a directory cannot be opened that is told. */
	assert_non_null(strstr(err.text, "/"));
	assert_int_equal(strncmp(err.text, "cannot ", 7), 0);
	/* A list that is empty is given: it does not mean everything. */
	assert_int_equal(irl_targets_allow_file(t, "/dev/null", &err), 0);
	assert_int_equal(irl_targets_ports(t, "80", &err), 0);
	assert_int_equal(irl_targets_seal(t, &err), -IRL_EEMPTY);
	assert_non_null(strstr(err.text, "lists of targets are empty"));
	irl_targets_free(t);
}

static void test_standard_input(void **state)
{
	const char text[] = "1.1.1.1\n2.2.2.2\nbad\n";
	struct irl_targets *t;
	struct irl_error err = {0};
	int ends[2], saved = dup(0);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, sizeof(text) - 1),
			 sizeof(text) - 1);
	close(ends[1]);
	dup2(ends[0], 0);
	close(ends[0]);
	assert_int_equal(irl_targets_new(&t, NULL), 0);
	assert_int_equal(irl_targets_allow_file(t, "-", &err), -IRL_EPARSE);
	assert_non_null(strstr(err.text, "standard input:3: \"bad\""));
	irl_targets_free(t);
	dup2(saved, 0);
	close(saved);
}

/* ---- by hand ------------------------------------------------------------ */

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Ranks as a scan asks for them, all over the set. */
static double cost_ns(const struct irl_targets *t)
{
	enum { DRAWS = 1 << 23 };
	uint64_t count = irl_targets_count(t), x = 0;
	uint32_t sum = 0;
	double begin = cpu_ns();

	for (unsigned i = 0; i < DRAWS; i++) {
		x += 0x9E3779B97F4A7C15ull;
		sum += irl_targets_at(t, (x >> 32) * count >> 32).addr;
	}
	begin = cpu_ns() - begin;
	assert_int_not_equal(sum, 1);
	return begin / DRAWS;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int bench(void)
{
	static const unsigned ranges[] = {1, 1000, 400000};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		double ns[11];
		char path[64];
		struct irl_targets *t;

		make_large_file(path, ranges[i]);
		t = read_large_file(path);
		for (unsigned k = 0; k < 11; k++)
			ns[k] = cost_ns(t);
		qsort(ns, 11, sizeof(*ns), compare);
		printf("%6u ranges: %.1f ns a target (%.1f-%.1f)\n", ranges[i],
		       ns[5], ns[0], ns[10]);
		irl_targets_free(t);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_items),
	    cmocka_unit_test(test_bad_items),
	    cmocka_unit_test(test_error_changes_nothing),
	    cmocka_unit_test(test_ports),
	    cmocka_unit_test(test_special_registry),
	    cmocka_unit_test(test_special_allowed),
	    cmocka_unit_test(test_nothing_left),
	    cmocka_unit_test(test_whole_space),
	    cmocka_unit_test(test_model),
	    cmocka_unit_test(test_division),
	    cmocka_unit_test(test_large_file),
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_standard_input),
	};

	if (argc > 1 && !strcmp(argv[1], "bench"))
		return bench();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
