/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of IPv4 addresses as lists of ranges, and the parser that fills them.
 * Internal to src/target.
 */
#ifndef IRL_TARGET_RANGES_H
#define IRL_TARGET_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <irl/error.h>

struct irl_range {
	uint32_t first, last; /* host byte order, both inside */
};

/* Zero-initialised is empty; in any order until normalised. */
struct irl_ranges {
	struct irl_range *range;
	size_t count, room;
};

void irl_ranges_fini(struct irl_ranges *ranges);
/** Returns false when out of memory, nothing changed. */
bool irl_ranges_add(struct irl_ranges *ranges, struct irl_range range);
/** Sort, then merge what overlaps or touches.  O(n log n), in place. */
void irl_ranges_normalise(struct irl_ranges *ranges);
/** @from minus @what, both normalised, appended to the empty @out. */
bool irl_ranges_subtract(struct irl_ranges *out, const struct irl_ranges *from,
			 const struct irl_ranges *what);
/** @a and @b, both normalised, appended to the empty @out. */
bool irl_ranges_intersect(struct irl_ranges *out, const struct irl_ranges *a,
			  const struct irl_ranges *b);
/** Number of addresses of a normalised set, 0 .. 2^32. */
uint64_t irl_ranges_addresses(const struct irl_ranges *ranges);

/**
 * Append the items of @text: addresses, prefixes and ranges, separated by
 * commas or white space.  On an error @ranges is as before and @err names
 * @what and the offending item.
 */
int irl_ranges_parse(struct irl_ranges *ranges, const char *text,
		     const char *what, struct irl_error *err);
/**
 * The same from a file, "-" for standard input, where # begins a comment that
 * ends with its line.  Errors name file and line.  Reads any content in
 * constant memory besides the ranges; O(bytes).
 */
int irl_ranges_parse_file(struct irl_ranges *ranges, const char *path,
			  struct irl_error *err);

#define IRL_SHOWN_MAX 48
/** @item as it may stand in a message: printable, not too long. */
void irl_item_show(char shown[IRL_SHOWN_MAX + 4], const char *item,
		   size_t length);

/* ---- IANA special-purpose addresses (special.c) ------------------------- */

struct irl_special {
	struct irl_range range;
	const char *prefix, *name, *source;
};

/** The registry, sorted; entries inside of others are left out. */
const struct irl_special *irl_special_table(size_t *count);
/** The entry that holds @addr, or NULL. */
const struct irl_special *irl_special_find(uint32_t addr);

#endif
