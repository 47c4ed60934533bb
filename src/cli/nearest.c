// SPDX-License-Identifier: BSD-2-Clause
/* "Did you mean ...?": Damerau's distance, adjacent swaps included. */
#include <string.h>
#include "option.h"

#define LONGEST 48u

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static unsigned distance(const char *a, const char *b)
{
	unsigned row[3][LONGEST + 1];
	unsigned n = (unsigned)strlen(a), m = (unsigned)strlen(b);

	if (n > LONGEST || m > LONGEST)
		return LONGEST;
	for (unsigned j = 0; j <= m; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= n; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3];
		const unsigned *before = row[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= m; j++) {
			now[j] = least(last[j] + 1, now[j - 1] + 1,
				       last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] =
				    least(now[j], before[j - 2] + 1, LONGEST);
		}
	}
	return row[n % 3][m];
}

const char *cli_nearest(const char *word,
			const char *(*next)(const void *context, size_t i),
			const void *context)
{
	size_t n = strlen(word);
	/* Exclusive: a letter in three may be wrong, and three in all. */
	unsigned best = n < 6 ? 2 : n < 9 ? 3 : 4;
	const char *found = NULL, *name;

	for (size_t i = 0; (name = next(context, i)); i++) {
		unsigned d = distance(word, name);

		if (d < best) {
			best = d;
			found = name;
		}
	}
	return found;
}
