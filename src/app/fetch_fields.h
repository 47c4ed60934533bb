/* SPDX-License-Identifier: BSD-2-Clause */
/* What a line of a list says, whatever the form it says it in. */
#ifndef IRL_APP_FETCH_FIELDS_H
#define IRL_APP_FETCH_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct fetch_field {
	const char *name, *other; /* it goes by either; @other may be NULL */
	char *text;               /* in the line; NULL: not said */
	size_t length;
};

/* What is wrong with a line, and where in it. */
struct fetch_fault {
	const char *what, *at;
};

static inline bool fetch_field_is(const char *name, const char *text,
				  size_t length)
{
	return name && strlen(name) == length && !memcmp(name, text, length);
}

/* That of @count fields which goes by @name, or NULL. */
static inline struct fetch_field *fetch_field_find(struct fetch_field field[],
						   unsigned count,
						   const char *name,
						   size_t length)
{
	for (unsigned i = 0; i < count; i++)
		if (fetch_field_is(field[i].name, name, length) ||
		    fetch_field_is(field[i].other, name, length))
			return &field[i];
	return NULL;
}

/* False: it has been said before, and otherwise. */
#define FETCH_FIELD_TWICE "another value than before"
static inline bool fetch_field_say(struct fetch_field *field, char *text,
				   size_t length)
{
	if (field->text &&
	    (field->length != length || memcmp(field->text, text, length) != 0))
		return false;
	field->text = text;
	field->length = length;
	return true;
}

/* ---- fetch_json.c: a line of JSON Lines ---------------------------------- */

/*
 * Find @count fields, none of them said yet, among the members of the line's
 * own object; what lies deeper is another's.  Texts come decoded (RFC 8259),
 * and end with a zero byte; numbers are as they are written; null is not said.
 * All is cut out in place: the line is used up.  False: the line is not such an
 * object, and nothing of it counts; @fault says why.
 */
bool fetch_json_read(char *line, struct fetch_field field[], unsigned count,
		     struct fetch_fault *fault);

#endif
