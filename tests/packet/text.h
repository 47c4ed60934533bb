/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of a script, read from the left. */
#ifndef IRL_TESTS_PACKET_TEXT_H
#define IRL_TESTS_PACKET_TEXT_H

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct text {
	const char *at;
};

static inline void text_space(struct text *text)
{
	while (isspace((unsigned char)*text->at))
		text->at++;
}

/* Is @mark next?  Then step over it. */
static inline bool text_mark(struct text *text, const char *mark)
{
	size_t length = strlen(mark);

	text_space(text);
	if (strncmp(text->at, mark, length) != 0)
		return false;
	text->at += length;
	return true;
}

/* The same for a word that must end there. */
static inline bool text_word(struct text *text, const char *word)
{
	size_t length = strlen(word);
	unsigned char end;

	text_space(text);
	if (strncmp(text->at, word, length) != 0)
		return false;
	end = (unsigned char)text->at[length];
	if (isalnum(end) || end == '_' || end == '-')
		return false;
	text->at += length;
	return true;
}

static inline bool text_number(struct text *text, long long *out)
{
	char *end;

	text_space(text);
	*out = strtoll(text->at, &end, 0);
	if (end == text->at)
		return false;
	text->at = end;
	return true;
}

/* Seconds, "0.25", as nanoseconds. */
static inline bool text_seconds(struct text *text, unsigned long long *out)
{
	char *end;
	double value;

	text_space(text);
	if (!isdigit((unsigned char)*text->at))
		return false;
	value = strtod(text->at, &end);
	text->at = end;
	*out = (unsigned long long)(value * 1e9 + 0.5);
	return true;
}

static inline bool text_end(struct text *text)
{
	text_space(text);
	return !*text->at;
}

#endif
