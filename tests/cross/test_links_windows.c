// SPDX-License-Identifier: BSD-2-Clause
/* Symbolic links' data as MS-FSCC 2.1.2.4 has them; Wine 8 makes no links. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/links_windows.h"

#define SYMLINK 0xa000000cu
#define MOUNT_POINT 0xa0000003u

struct data {
	uint8_t bytes[512];
	size_t size;
};

static void put(uint8_t *at, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* The name to show first, as Windows writes it, then the one to follow. */
static struct data link_to(uint32_t tag, const wchar_t *shown,
			   const wchar_t *followed)
{
	size_t a = wcslen(shown) * 2, b = wcslen(followed) * 2;
	struct data d = {.size = 20 + a + b};

	put(d.bytes, tag, 4);
	put(d.bytes + 4, (uint32_t)(12 + a + b), 2);
	put(d.bytes + 8, (uint32_t)a, 2);
	put(d.bytes + 10, (uint32_t)b, 2);
	put(d.bytes + 14, (uint32_t)a, 2);
	memcpy(d.bytes + 20, shown, a);
	memcpy(d.bytes + 20 + a, followed, b);
	return d;
}

static void test_where_it_leads(void **state)
{
	static const struct {
		const wchar_t *shown, *followed;
		const char *text;
	} cases[] = {
	    {L"D:\\list", L"\\??\\D:\\list", "D:\\list"},
	    {L"\\\\s\\x", L"\\??\\UNC\\s\\x", "\\\\s\\x"},
	    {L"..\\list", L"..\\list", "..\\list"},
	    {L"\\list", L"\\list", "\\list"},
	    {L"", L"\u00e4", "\xc3\xa4"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct data d =
		    link_to(SYMLINK, cases[i].shown, cases[i].followed);
		size_t n = strlen(cases[i].text);
		char text[64];

		assert_true(irl_link_text(d.bytes, d.size, text, 64));
		assert_string_equal(text, cases[i].text);
		assert_true(irl_link_text(d.bytes, d.size, text, n + 1));
		assert_false(irl_link_text(d.bytes, d.size, text, n));
	}
}

static void test_what_is_none(void **state)
{
	const struct data mount = link_to(MOUNT_POINT, L"D:\\", L"\\??\\D:\\");
	const struct data empty = link_to(SYMLINK, L"", L"");
	struct data d = link_to(SYMLINK, L"a", L"b");
	char text[64];

	(void)state;
	assert_false(irl_link_text(mount.bytes, mount.size, text, 64));
	assert_false(irl_link_text(empty.bytes, empty.size, text, 64));
	for (size_t n = 0; n < d.size; n++)
		assert_false(irl_link_text(d.bytes, n, text, 64));
	assert_true(irl_link_text(d.bytes, d.size, text, 64));
	put(d.bytes + 8, 0xffff, 2);
	assert_false(irl_link_text(d.bytes, d.size, text, 64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_where_it_leads),
	    cmocka_unit_test(test_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
