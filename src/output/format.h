/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers and addresses as text, without printf: each writes at @at and
 * returns the end.  Nothing is terminated.
 */
#ifndef IRL_OUTPUT_FORMAT_H
#define IRL_OUTPUT_FORMAT_H

#include <stdint.h>
#include <string.h>

#define IRL_FORMAT_U64_MAX 20u
#define IRL_FORMAT_IPV4_MAX 15u

extern const char irl_format_pairs[200]; /* "000102...99" */

static inline unsigned irl_format_digits(uint64_t value)
{
	unsigned n = 1;

	for (; value >= 10000; value /= 10000)
		n += 4;
	return n + (value >= 10) + (value >= 100) + (value >= 1000);
}

static inline char *irl_format_u64(char *at, uint64_t value)
{
	char *end = at + irl_format_digits(value), *back = end;

	for (; value >= 100; value /= 100) {
		back -= 2;
		memcpy(back, irl_format_pairs + 2 * (value % 100), 2);
	}
	if (value >= 10)
		memcpy(back - 2, irl_format_pairs + 2 * value, 2);
	else
		back[-1] = (char)('0' + value);
	return end;
}

static inline char *irl_format_octet(char *at, uint32_t octet)
{
	if (octet >= 100) {
		*at++ = (char)('0' + octet / 100);
		octet %= 100;
	} else if (octet < 10) {
		*at++ = (char)('0' + octet);
		return at;
	}
	memcpy(at, irl_format_pairs + 2 * (size_t)octet, 2);
	return at + 2;
}

/* @addr in host byte order. */
static inline char *irl_format_ipv4(char *at, uint32_t addr)
{
	at = irl_format_octet(at, addr >> 24);
	*at++ = '.';
	at = irl_format_octet(at, addr >> 16 & 255);
	*at++ = '.';
	at = irl_format_octet(at, addr >> 8 & 255);
	*at++ = '.';
	return irl_format_octet(at, addr & 255);
}

/* Exactly three digits, value < 1,000. */
static inline char *irl_format_milli(char *at, uint32_t value)
{
	at[0] = (char)('0' + value / 100);
	memcpy(at + 1, irl_format_pairs + 2 * (size_t)(value % 100), 2);
	return at + 3;
}

#endif
