// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>
#include "wire/text.h"

#define GROUPS 8

char *irl_text4(uint32_t addr, char text[IRL_TEXT4])
{
	snprintf(text, IRL_TEXT4, "%u.%u.%u.%u", addr >> 24, addr >> 16 & 255,
		 addr >> 8 & 255, addr & 255);
	return text;
}

static unsigned group(const uint8_t addr[16], unsigned i)
{
	return (unsigned)addr[2 * i] << 8 | addr[2 * i + 1];
}

static uint32_t last_word(const uint8_t addr[16])
{
	return (uint32_t)group(addr, 6) << 16 | group(addr, 7);
}

/* The first of the longest runs of zero groups; 0 where none has two. */
static unsigned longest_run(const uint8_t addr[16], unsigned *first)
{
	unsigned best = 1, length = 0;

	*first = GROUPS;
	for (unsigned i = 0; i < GROUPS; i++) {
		length = group(addr, i) ? 0 : length + 1;
		if (length > best) {
			best = length;
			*first = i + 1 - length;
		}
	}
	return best > 1 ? best : 0;
}

/* The last two groups as IPv4: of mapped addresses, and of those that are zero
 * but for both, as the C library does. */
static bool ends_in_ipv4(const uint8_t addr[16], unsigned first, unsigned run)
{
	return first == 0 &&
	       (run == 6 || (run == 5 && group(addr, 5) == 65535));
}

char *irl_text_mac(const uint8_t mac[6], char text[IRL_TEXT_MAC])
{
	snprintf(text, IRL_TEXT_MAC, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text;
}

char *irl_text6(const uint8_t addr[16], char text[IRL_TEXT6])
{
	unsigned first, run = longest_run(addr, &first), at = 0;
	unsigned groups = ends_in_ipv4(addr, first, run) ? 6 : GROUPS;

	for (unsigned i = 0; i < groups; i++) {
		const char *colon = i && i != first + run ? ":" : "";

		if (i == first) {
			memcpy(text + at, "::", 2);
			at += 2;
			i += run - 1;
			continue;
		}
		at += (unsigned)snprintf(text + at, IRL_TEXT6 - at, "%s%x",
					 colon, group(addr, i));
	}
	text[at] = '\0';
	if (groups == 6) {
		if (run == 5)
			text[at++] = ':';
		irl_text4(last_word(addr), text + at);
	}
	return text;
}

/* 1-3 digits, no leading zero (some read those as octal), below 256. */
static const char *read_octet(const char *at, uint32_t *value)
{
	const char *begin = at;

	for (*value = 0; *at >= '0' && *at <= '9' && at - begin < 3; at++)
		*value = *value * 10 + (uint32_t)(*at - '0');
	if (at == begin || *value > 255 || (at - begin > 1 && *begin == '0'))
		return NULL;
	return at;
}

bool irl_text_read4(const char *text, uint32_t *addr)
{
	uint32_t value = 0, octet;

	for (unsigned i = 0; i < 4; i++) {
		if (i && *text++ != '.')
			return false;
		text = read_octet(text, &octet);
		if (!text)
			return false;
		value = value << 8 | octet;
	}
	if (*text)
		return false;
	*addr = value;
	return true;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char lower = c >= 'A' && c <= 'F' ? (char)(c + 'a' - 'A') : c;
	const char *at = lower ? strchr(digits, lower) : NULL;

	return at ? (int)(at - digits) : -1;
}

struct groups {
	uint8_t byte[16];
	unsigned count;
	unsigned gap; /* where "::" stands; GROUPS + 1: nowhere */
};

static bool add_group(struct groups *g, unsigned value)
{
	if (g->count == GROUPS)
		return false;
	g->byte[2 * g->count] = (uint8_t)(value >> 8);
	g->byte[2 * g->count + 1] = (uint8_t)value;
	g->count++;
	return true;
}

/* 1-4 digits; NULL: there are none or more. */
static const char *read_group(const char *at, unsigned *value)
{
	const char *begin = at;

	for (*value = 0; hex_digit(*at) >= 0 && at - begin < 5; at++)
		*value = *value << 4 | (unsigned)hex_digit(*at);
	return at == begin || at - begin > 4 ? NULL : at;
}

/* "::" at @at, once; returns what follows. */
static const char *read_gap(const char *at, struct groups *g)
{
	if (at[0] != ':' || at[1] != ':' || g->gap <= GROUPS)
		return NULL;
	g->gap = g->count;
	return at + 2;
}

static bool read_ipv4_end(const char *at, struct groups *g)
{
	uint32_t addr;

	return irl_text_read4(at, &addr) && add_group(g, addr >> 16) &&
	       add_group(g, addr & 65535);
}

static bool read_groups(const char *at, struct groups *g)
{
	unsigned value;

	if (*at == ':' && !(at = read_gap(at, g)))
		return false;
	while (*at) {
		const char *next = read_group(at, &value);

		if (next && *next == '.')
			return read_ipv4_end(at, g);
		if (!next || !add_group(g, value))
			return false;
		if (!*next)
			return true;
		at = next[1] == ':' ? read_gap(next, g) : next + 1;
		if (*next != ':' || !at || (!*at && next[1] != ':'))
			return false;
	}
	return g->gap <= GROUPS;
}

bool irl_text_read6(const char *text, uint8_t addr[16])
{
	struct groups g = {.gap = GROUPS + 1};
	unsigned behind;

	if (!read_groups(text, &g))
		return false;
	if (g.gap > GROUPS ? g.count != GROUPS : g.count == GROUPS)
		return false;
	memset(addr, 0, 16);
	behind = g.gap > GROUPS ? 0 : 2 * (g.count - g.gap);
	memcpy(addr, g.byte, 2 * g.count - behind);
	memcpy(addr + 16 - behind, g.byte + 2 * g.count - behind, behind);
	return true;
}
