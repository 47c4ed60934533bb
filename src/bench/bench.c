// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "bench/bench.h"

bool bench_wanted(const char *list, const char *word)
{
	size_t length = strlen(word);

	if (!list)
		return true;
	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, word, length) &&
		    (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

/* "one,two" */
static void join(char text[], size_t room, const char *const names[],
		 unsigned count)
{
	size_t n = 0;

	*text = '\0';
	for (unsigned i = 0; i < count && n < room; i++)
		n += (size_t)snprintf(text + n, room - n, "%s%s", i ? "," : "",
				      names[i]);
}

int bench_check_list(const char *list, const char *const names[],
		     unsigned count, const char *what, struct irl_error *err)
{
	char known_ones[200];

	for (const char *at = list; at && *at;) {
		size_t length = strcspn(at, ",");
		bool known = false;

		for (unsigned i = 0; !known && i < count; i++)
			known = strlen(names[i]) == length &&
				!strncmp(names[i], at, length);
		if (!known) {
			join(known_ones, sizeof(known_ones), names, count);
			return irl_error_set(err, IRL_EINVAL,
					     "there is no %s '%.*s'; give some "
					     "of %s",
					     what, (int)length, at, known_ones);
		}
		at += length;
		at += *at == ',';
	}
	return 0;
}

void bench_say(const struct bench_options *options, const char *fmt, ...)
{
	va_list args;

	if (!options->progress)
		return;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
}
