/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What our unit tests use of jansson, by the same names, for systems that have
 * no jansson packaged.  On Linux the tests are built with jansson itself, which
 * keeps this honest: strict JSON (RFC 8259), UTF-8 held to.
 */
#ifndef IRL_TESTS_SHIM_JANSSON_H
#define IRL_TESTS_SHIM_JANSSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_REJECT_DUPLICATES 0x1
#define JSON_ALLOW_NUL 0x10
#define SHIM_DEEPEST 64

enum shim_json_type {
	SHIM_NULL,
	SHIM_FALSE,
	SHIM_TRUE,
	SHIM_INTEGER,
	SHIM_REAL,
	SHIM_STRING,
	SHIM_ARRAY,
	SHIM_OBJECT,
};

/* Members and elements are a list, a member's name is its own. */
typedef struct json_t {
	enum shim_json_type type;
	unsigned references;
	long long integer;
	double real;
	char *text, *name;
	size_t length, count;
	struct json_t *first, *last, *next;
} json_t;

typedef struct json_error_t {
	int position;
	char text[160];
} json_error_t;

struct shim_reader {
	const char *at, *end;
	size_t flags;
	unsigned depth;
};

/* ---- values -------------------------------------------------------------- */

static inline json_t *json_incref(json_t *value)
{
	if (value)
		value->references++;
	return value;
}

static inline void json_decref(json_t *value)
{
	if (!value || --value->references)
		return;
	while (value->first) {
		json_t *child = value->first;

		value->first = child->next;
		child->next = NULL;
		json_decref(child);
	}
	free(value->text);
	free(value->name);
	free(value);
}

static inline json_t *json_object_get(const json_t *object, const char *name)
{
	if (!object || object->type != SHIM_OBJECT)
		return NULL;
	for (json_t *m = object->first; m; m = m->next)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

static inline json_t *json_array_get(const json_t *array, size_t index)
{
	json_t *e = array && array->type == SHIM_ARRAY ? array->first : NULL;

	while (e && index--)
		e = e->next;
	return e;
}

static inline size_t json_object_size(const json_t *value)
{
	return value && value->type == SHIM_OBJECT ? value->count : 0;
}

static inline size_t json_array_size(const json_t *value)
{
	return value && value->type == SHIM_ARRAY ? value->count : 0;
}

static inline void *json_object_iter(json_t *object)
{
	return object && object->type == SHIM_OBJECT ? object->first : NULL;
}

static inline json_t *json_object_iter_value(void *iter)
{
	return iter;
}

static inline bool shim_is(const json_t *value, enum shim_json_type type)
{
	return value && value->type == type;
}

#define json_is_null(value) shim_is(value, SHIM_NULL)
#define json_is_true(value) shim_is(value, SHIM_TRUE)
#define json_is_boolean(value)                                                 \
	(shim_is(value, SHIM_TRUE) || shim_is(value, SHIM_FALSE))
#define json_is_integer(value) shim_is(value, SHIM_INTEGER)
#define json_is_string(value) shim_is(value, SHIM_STRING)

static inline long long json_integer_value(const json_t *value)
{
	return shim_is(value, SHIM_INTEGER) ? value->integer : 0;
}

static inline double json_real_value(const json_t *value)
{
	return shim_is(value, SHIM_REAL) ? value->real : 0;
}

static inline const char *json_string_value(const json_t *value)
{
	return shim_is(value, SHIM_STRING) ? value->text : NULL;
}

static inline size_t json_string_length(const json_t *value)
{
	return shim_is(value, SHIM_STRING) ? value->length : 0;
}

/* ---- reading ------------------------------------------------------------- */

static inline json_t *shim_read_value(struct shim_reader *r);

static inline json_t *shim_new(enum shim_json_type type)
{
	json_t *value = calloc(1, sizeof(*value));

	if (!value)
		abort();
	value->type = type;
	value->references = 1;
	return value;
}

static inline void shim_blanks(struct shim_reader *r)
{
	while (r->at < r->end && memchr(" \t\r\n", *r->at, 4))
		r->at++;
}

static inline bool shim_word(struct shim_reader *r, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n))
		return false;
	r->at += n;
	return true;
}

static inline bool shim_hex4(struct shim_reader *r, uint32_t *out)
{
	*out = 0;
	for (unsigned i = 0; i < 4; i++, r->at++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit;

		if (r->at >= r->end || !*r->at)
			return false;
		digit = strchr(digits, *r->at | 0x20);
		if (!digit)
			return false;
		*out = *out << 4 | (uint32_t)(digit - digits);
	}
	return true;
}

static inline size_t shim_utf8(char *to, uint32_t c)
{
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)(lead[n] | c);
	return n;
}

/* \u...., of a character beyond the first 65,536 both halves. */
static inline bool shim_escaped(struct shim_reader *r, uint32_t *c)
{
	uint32_t low;

	if (!shim_hex4(r, c) || *c >> 10 == 0x37)
		return false;
	if (!*c && !(r->flags & JSON_ALLOW_NUL))
		return false;
	if (*c >> 10 != 0x36)
		return true;
	if (!shim_word(r, "\\u") || !shim_hex4(r, &low) || low >> 10 != 0x37)
		return false;
	*c = 0x10000 + ((*c & 0x3ff) << 10 | (low & 0x3ff));
	return true;
}

/* The bytes of one character as it stands; 0: it is not UTF-8. */
static inline size_t shim_plain(const struct shim_reader *r)
{
	uint8_t first = (uint8_t)*r->at;
	size_t n = first < 0x80   ? 1
		   : first < 0xc2 ? 0
		   : first < 0xe0 ? 2
		   : first < 0xf0 ? 3
		   : first < 0xf5 ? 4
				  : 0;
	uint8_t second = n > 1 && r->end - r->at > 1 ? (uint8_t)r->at[1] : 0;

	if (first < 0x20 || (size_t)(r->end - r->at) < n ||
	    (first == 0xe0 && second < 0xa0) ||
	    (first == 0xed && second > 0x9f) ||
	    (first == 0xf0 && second < 0x90) ||
	    (first == 0xf4 && second > 0x8f))
		return 0;
	for (size_t i = 1; i < n; i++)
		if (((uint8_t)r->at[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static inline size_t shim_character(struct shim_reader *r, char *to)
{
	static const char from[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *known;
	uint32_t c;
	size_t n;

	if (*r->at != '\\') {
		n = shim_plain(r);
		memcpy(to, r->at, n);
		r->at += n;
		return n;
	}
	if (++r->at >= r->end || !*r->at)
		return 0;
	if (*r->at == 'u') {
		r->at++;
		return shim_escaped(r, &c) ? shim_utf8(to, c) : 0;
	}
	known = strchr(from, *r->at++);
	if (!known)
		return 0;
	*to = means[known - from];
	return 1;
}

/* Behind the quote; NULL: it is none. */
static inline char *shim_text(struct shim_reader *r, size_t *length)
{
	char *text = malloc((size_t)(r->end - r->at) + 4);
	size_t n = 0;

	if (!text)
		abort();
	while (r->at < r->end && *r->at != '"') {
		size_t more = shim_character(r, text + n);

		if (!more)
			break;
		n += more;
	}
	if (r->at >= r->end || *r->at != '"') {
		free(text);
		return NULL;
	}
	r->at++;
	text[n] = '\0';
	*length = n;
	return text;
}

static inline json_t *shim_read_text(struct shim_reader *r)
{
	json_t *value;
	size_t length;
	char *text = shim_text(r, &length);

	if (!text)
		return NULL;
	value = shim_new(SHIM_STRING);
	value->text = text;
	value->length = length;
	return value;
}

static inline size_t shim_digits(struct shim_reader *r)
{
	const char *from = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return (size_t)(r->at - from);
}

static inline json_t *shim_read_number(struct shim_reader *r)
{
	const char *from = r->at;
	bool real = false, zero;
	char text[64];
	json_t *value;

	shim_word(r, "-");
	zero = r->at < r->end && *r->at == '0';
	if (zero ? (r->at++, shim_digits(r) > 0) : !shim_digits(r))
		return NULL;
	if (shim_word(r, ".")) {
		real = true;
		if (!shim_digits(r))
			return NULL;
	}
	if (shim_word(r, "e") || shim_word(r, "E")) {
		real = true;
		if (!shim_word(r, "-"))
			shim_word(r, "+");
		if (!shim_digits(r))
			return NULL;
	}
	if (r->at - from >= (int)sizeof(text))
		return NULL;
	snprintf(text, sizeof(text), "%.*s", (int)(r->at - from), from);
	value = shim_new(real ? SHIM_REAL : SHIM_INTEGER);
	value->real = real ? strtod(text, NULL) : 0;
	value->integer = real ? 0 : strtoll(text, NULL, 10);
	return value;
}

static inline void shim_append(json_t *to, json_t *child)
{
	if (to->last)
		to->last->next = child;
	else
		to->first = child;
	to->last = child;
	to->count++;
}

/* "name": value */
static inline json_t *shim_read_member(struct shim_reader *r,
				       const json_t *object)
{
	json_t *value = NULL;
	size_t length;
	char *name;

	shim_blanks(r);
	name = shim_word(r, "\"") ? shim_text(r, &length) : NULL;
	if (!name)
		return NULL;
	shim_blanks(r);
	if (strlen(name) == length && shim_word(r, ":") &&
	    !((r->flags & JSON_REJECT_DUPLICATES) &&
	      json_object_get(object, name)))
		value = shim_read_value(r);
	if (value)
		value->name = name;
	else
		free(name);
	return value;
}

static inline json_t *shim_read_many(struct shim_reader *r,
				     enum shim_json_type type, const char *end)
{
	json_t *out = shim_new(type);

	shim_blanks(r);
	if (shim_word(r, end))
		return out;
	do {
		json_t *child = type == SHIM_OBJECT ? shim_read_member(r, out)
						    : shim_read_value(r);

		if (!child)
			goto fail;
		shim_append(out, child);
		shim_blanks(r);
	} while (shim_word(r, ","));
	if (shim_word(r, end))
		return out;
fail:
	json_decref(out);
	return NULL;
}

static inline json_t *shim_read_value(struct shim_reader *r)
{
	json_t *value = NULL;

	shim_blanks(r);
	if (++r->depth > SHIM_DEEPEST)
		return NULL;
	if (shim_word(r, "{"))
		value = shim_read_many(r, SHIM_OBJECT, "}");
	else if (shim_word(r, "["))
		value = shim_read_many(r, SHIM_ARRAY, "]");
	else if (shim_word(r, "\""))
		value = shim_read_text(r);
	else if (shim_word(r, "null"))
		value = shim_new(SHIM_NULL);
	else if (shim_word(r, "true"))
		value = shim_new(SHIM_TRUE);
	else if (shim_word(r, "false"))
		value = shim_new(SHIM_FALSE);
	else
		value = shim_read_number(r);
	r->depth--;
	return value;
}

/* A document is an object or an array, and nothing follows it. */
static inline json_t *json_loadb(const char *text, size_t bytes, size_t flags,
				 json_error_t *error)
{
	struct shim_reader r = {
	    .at = text, .end = text + bytes, .flags = flags};
	json_t *value;

	shim_blanks(&r);
	value = r.at < r.end && (*r.at == '{' || *r.at == '[')
		    ? shim_read_value(&r)
		    : NULL;
	shim_blanks(&r);
	if (value && r.at != r.end) {
		json_decref(value);
		value = NULL;
	}
	if (!value && error) {
		error->position = (int)(r.at - text);
		snprintf(error->text, sizeof(error->text), "no JSON at byte %d",
			 error->position);
	}
	return value;
}

static inline json_t *json_loads(const char *text, size_t flags,
				 json_error_t *error)
{
	return json_loadb(text, strlen(text), flags, error);
}

#endif
