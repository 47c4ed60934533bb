// SPDX-License-Identifier: BSD-2-Clause
/* Addresses as text against the C library's. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "wire/text.h"

static uint64_t state = 1;

static unsigned below(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

/* Zeros, ones and small numbers meet often: runs, prefixes, mapped ones. */
static void draw(uint8_t addr[16])
{
	for (unsigned i = 0; i < 16; i += 2) {
		unsigned kind = below(5);

		addr[i] = kind < 3 ? 0 : kind < 4 ? 0xff : (uint8_t)below(256);
		addr[i + 1] =
		    kind < 2 ? 0 : (uint8_t)below(kind < 3 ? 16 : 256);
		if (kind == 3)
			addr[i + 1] = 0xff;
	}
}

static void test_write6(void **unused)
{
	char ours[IRL_TEXT6], theirs[INET6_ADDRSTRLEN];
	uint8_t addr[16], back[16];

	(void)unused;
	for (unsigned i = 0; i < 300000; i++) {
		draw(addr);
		assert_non_null(
		    inet_ntop(AF_INET6, addr, theirs, sizeof(theirs)));
		assert_string_equal(irl_text6(addr, ours), theirs);
		assert_true(irl_text_read6(ours, back));
		assert_memory_equal(back, addr, 16);
	}
}

/* What one letter more, less or other makes of an address. */
static void mutate(char text[64])
{
	static const char letters[] = "0123456789abcdefABCDEF::::..g% ";
	size_t n = strlen(text), at = below((unsigned)n + 1);
	char letter = letters[below(sizeof(letters) - 1)];

	switch (below(3)) {
	case 0:
		memmove(text + at + 1, text + at, n - at + 1);
		text[at] = letter;
		break;
	case 1:
		if (at < n)
			memmove(text + at, text + at + 1, n - at);
		break;
	default:
		if (at < n)
			text[at] = letter;
	}
}

static unsigned check_read(const char *text)
{
	uint8_t ours[16] = {0}, theirs[16] = {0};
	struct in_addr in = {0};
	uint32_t addr = 0;
	int good = inet_pton(AF_INET6, text, theirs) == 1;
	int good4 = inet_pton(AF_INET, text, &in) == 1;

	if (irl_text_read6(text, ours) != good ||
	    irl_text_read4(text, &addr) != good4)
		fail_msg("'%s' is read otherwise", text);
	if (good)
		assert_memory_equal(ours, theirs, 16);
	if (good4)
		assert_int_equal(addr, ntohl(in.s_addr));
	return (unsigned)(good || good4);
}

static void test_read(void **unused)
{
	static const char *const odd[] = {
	    "",
	    ":",
	    "::",
	    ":::",
	    "1::",
	    "::1",
	    "1::2::3",
	    "1:2:3:4:5:6:7:8",
	    "1:2:3:4:5:6:7::",
	    "::2:3:4:5:6:7:8",
	    "1::3:4:5:6:7:8",
	    "1:2:3:4:5:6:7",
	    "1:2:3:4:5:6:7:8:9",
	    "1:2:3:4:5:6:7:8::",
	    "::1:2:3:4:5:6:7:8",
	    "1:2:3:4:5:6:1.2.3.4",
	    "::ffff:1.2.3.4",
	    "::1.2.3.4",
	    "1.2.3.4::",
	    "1:2:3:4:5:6:7:1.2.3.4",
	    "::1.2.3",
	    "::01.2.3.4",
	    "::1.2.3.256",
	    "12345::",
	    "0001::",
	    "00001::",
	    ":1::",
	    "1:",
	    "::1:",
	    "::g",
	    "1.2.3.4",
	    "1.2.3.4 ",
	    " 1.2.3.4",
	    "1.2.3",
	    "1.2.3.4.",
	    "01.2.3.4",
	    "1.2.3.256",
	    "0.0.0.0",
	    "255.255.255.255",
	    "1..2.3",
	    "fe80::1%eth0",
	};
	unsigned good = 0;
	char text[64];

	(void)unused;
	for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		check_read(odd[i]);
	for (unsigned i = 0; i < 300000; i++) {
		uint8_t addr[16];

		draw(addr);
		if (i % 4)
			inet_ntop(AF_INET6, addr, text, sizeof(text));
		else
			inet_ntop(AF_INET, addr, text, sizeof(text));
		for (unsigned n = below(4); n; n--)
			mutate(text);
		good += check_read(text);
	}
	assert_in_range(good, 100000, 290000); /* both kinds were met */
}

static void test_write4(void **unused)
{
	char text[IRL_TEXT4];

	(void)unused;
	assert_string_equal(irl_text4(0xffffffff, text), "255.255.255.255");
	assert_string_equal(irl_text4(0x0a000102, text), "10.0.1.2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write6),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_write4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
