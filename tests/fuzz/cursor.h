/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading outside bytes the slow way, for the second statement of a rule that
 * a fuzz target holds the first one to.
 */
#ifndef IRL_TESTS_FUZZ_CURSOR_H
#define IRL_TESTS_FUZZ_CURSOR_H

#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *p;
	size_t left;
};

/* Big-endian @n bytes at @at, or -1. */
static inline int64_t field(struct cursor c, size_t at, size_t n)
{
	int64_t v = 0;

	if (at + n > c.left)
		return -1;
	for (size_t i = 0; i < n; i++)
		v = v * 256 + c.p[at + i];
	return v;
}

/* What is left behind @skip bytes, @most at the most. */
static inline struct cursor slice(struct cursor c, size_t skip, size_t most)
{
	skip = skip < c.left ? skip : c.left;
	most = most < c.left - skip ? most : c.left - skip;
	return (struct cursor){c.p + skip, most};
}

#endif
