// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include "target/ranges.h"

void irl_ranges_fini(struct irl_ranges *ranges)
{
	free(ranges->range);
	*ranges = (struct irl_ranges){0};
}

bool irl_ranges_add(struct irl_ranges *ranges, struct irl_range range)
{
	if (ranges->count == ranges->room) {
		size_t room = ranges->room ? ranges->room * 2 : 16;
		void *p = realloc(ranges->range, room * sizeof(range));

		if (!p)
			return false;
		ranges->range = p;
		ranges->room = room;
	}
	ranges->range[ranges->count++] = range;
	return true;
}

static int by_first(const void *a, const void *b)
{
	uint32_t x = ((const struct irl_range *)a)->first;
	uint32_t y = ((const struct irl_range *)b)->first;

	return (x > y) - (x < y);
}

static bool is_sorted(const struct irl_ranges *ranges)
{
	for (size_t i = 1; i < ranges->count; i++)
		if (ranges->range[i - 1].first > ranges->range[i].first)
			return false;
	return true;
}

void irl_ranges_normalise(struct irl_ranges *ranges)
{
	struct irl_range *r = ranges->range;
	size_t n = 0;

	if (ranges->count == 0)
		return;
	if (!is_sorted(ranges))
		qsort(r, ranges->count, sizeof(*r), by_first);
	for (size_t i = 1; i < ranges->count; i++) {
		if (r[i].first <= (uint64_t)r[n].last + 1) {
			if (r[i].last > r[n].last)
				r[n].last = r[i].last;
		} else {
			r[++n] = r[i];
		}
	}
	ranges->count = n + 1;
}

bool irl_ranges_subtract(struct irl_ranges *out, const struct irl_ranges *from,
			 const struct irl_ranges *what)
{
	size_t w = 0;

	for (size_t i = 0; i < from->count; i++) {
		uint64_t first = from->range[i].first;
		uint64_t last = from->range[i].last;

		while (w < what->count && what->range[w].last < first)
			w++;
		/* The last one met may reach into the next range too. */
		for (size_t k = w; first <= last; k++) {
			uint64_t end = last;

			if (k < what->count && what->range[k].first <= last)
				end = (uint64_t)what->range[k].first - 1;
			if (k >= what->count || what->range[k].first > first) {
				struct irl_range r = {(uint32_t)first,
						      (uint32_t)end};

				if (!irl_ranges_add(out, r))
					return false;
			}
			if (k >= what->count || what->range[k].first > last)
				break;
			first = (uint64_t)what->range[k].last + 1;
			w = k;
		}
	}
	return true;
}

bool irl_ranges_intersect(struct irl_ranges *out, const struct irl_ranges *a,
			  const struct irl_ranges *b)
{
	size_t i = 0, k = 0;

	while (i < a->count && k < b->count) {
		struct irl_range x = a->range[i], y = b->range[k];
		struct irl_range both = {x.first > y.first ? x.first : y.first,
					 x.last < y.last ? x.last : y.last};

		if (both.first <= both.last && !irl_ranges_add(out, both))
			return false;
		if (x.last < y.last)
			i++;
		else
			k++;
	}
	return true;
}

uint64_t irl_ranges_addresses(const struct irl_ranges *ranges)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ranges->count; i++)
		sum += (uint64_t)ranges->range[i].last -
		       ranges->range[i].first + 1;
	return sum;
}
