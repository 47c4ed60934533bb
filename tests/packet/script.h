/* SPDX-License-Identifier: BSD-2-Clause */
/* A script is lines; a line is a time and a step.  README.md lists them. */
#ifndef IRL_TESTS_PACKET_SCRIPT_H
#define IRL_TESTS_PACKET_SCRIPT_H

#include "bed.h"
#include "text.h"

typedef void step_fn(struct bed *bed, struct text *text);

/* A step named at @text, or NULL; @text then stands behind its name. */
step_fn *step_find(struct text *text);   /* calls and what they answer */
step_fn *header_find(struct text *text); /* what stands before the first step */

/* Do the step in @line, which has no time any more. */
void script_step(struct bed *bed, const char *line);
/* One line with its time. */
void script_line(struct bed *bed, const char *line);
/* All lines of @path. */
void script_file(struct bed *bed, const char *path);

/* The whole of @text must have been understood. */
static inline void script_end(struct bed *bed, struct text *text)
{
	if (!text_end(text))
		bed_fail(bed, "not understood: %s", text->at);
}

static inline long long script_number(struct bed *bed, struct text *text)
{
	long long value;

	if (!text_number(text, &value))
		bed_fail(bed, "no number: %s", text->at);
	return value;
}

#endif
