// SPDX-License-Identifier: BSD-2-Clause
/*
 * One walk over an object of JSON (RFC 8259), in place.  Whatever reads a piece
 * of it leaves the walk at the first byte behind that is not blank.
 */
#include <stdint.h>
#include "fetch_fields.h"

#define DEPTH_MAX 128u
#define TAIL 32 /* bytes shown of a line that ends too early */

struct walk {
	char *line, *at;
	unsigned depth;
	struct fetch_field *field;
	unsigned fields;
	struct fetch_fault *fault;
};

struct value {
	char *text; /* NULL: null */
	size_t length;
	struct fetch_fault unfit; /* good JSON, but nothing for a field */
};

static bool fail(struct walk *w, const char *what, const char *at)
{
	if (!*at) {
		what = "the line is cut short, behind";
		at = at - w->line > TAIL ? at - TAIL : w->line;
	}
	*w->fault = (struct fetch_fault){what, at};
	return false;
}

static void skip(struct walk *w, size_t bytes)
{
	w->at += bytes;
	while (*w->at == ' ' || *w->at == '\t' || *w->at == '\r')
		w->at++;
}

/* ---- texts --------------------------------------------------------------- */

static int digit_of(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* The \uXXXX at @at, or -1: there is none. */
static long unit_at(const char *at)
{
	long unit = 0;

	if (at[0] != '\\' || at[1] != 'u')
		return -1;
	for (unsigned i = 2; i < 6; i++) {
		int digit = digit_of(at[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static bool is_high(long unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(long unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

/* As UTF-8, never longer than what was escaped. */
static char *put_code(char *to, long code)
{
	if (code < 0x80) {
		*to++ = (char)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*to++ = (char)(0xe0 | code >> 12);
		} else {
			*to++ = (char)(0xf0 | code >> 18);
			*to++ = (char)(0x80 | (code >> 12 & 63));
		}
		*to++ = (char)(0x80 | (code >> 6 & 63));
	}
	*to++ = (char)(0x80 | (code & 63));
	return to;
}

static bool read_unit(struct walk *w, char **to, struct fetch_fault *unfit)
{
	long code = unit_at(w->at), low;

	if (code < 0)
		return fail(w, "no escape of JSON", w->at);
	low = is_high(code) ? unit_at(w->at + 6) : -1;
	if (!code)
		*unfit = (struct fetch_fault){"a zero byte", w->at};
	else if (is_low(code) || (is_high(code) && !is_low(low)))
		*unfit =
		    (struct fetch_fault){"half of a surrogate pair", w->at};
	w->at += 6;
	if (is_low(low)) {
		code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
		w->at += 6;
	}
	/* What is unfit stays as it is, to be shown. */
	*to = unfit->what ? w->at : put_code(*to, code);
	return true;
}

static bool read_escape(struct walk *w, char **to, struct fetch_fault *unfit)
{
	static const char escape[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (!w->at[1])
		return fail(w, NULL, w->at + 1);
	found = strchr(escape, w->at[1]);
	if (!found)
		return read_unit(w, to, unfit);
	*(*to)++ = meant[found - escape];
	w->at += 2;
	return true;
}

/* Its first quote is known to be there. */
static bool read_text(struct walk *w, struct value *value)
{
	char *to = ++w->at;

	*value = (struct value){.text = to};
	while (*w->at != '"') {
		if ((unsigned char)*w->at < ' ')
			return fail(w, "a control character in a text", w->at);
		if (*w->at != '\\')
			*to++ = *w->at++;
		else if (!read_escape(w, &to, &value->unfit))
			return false;
	}
	value->length = (size_t)(to - value->text);
	skip(w, 1);
	return true;
}

/* ---- other values -------------------------------------------------------- */

static char *behind_digits(char *at)
{
	while (*at >= '0' && *at <= '9')
		at++;
	return at;
}

static bool read_number(struct walk *w, struct value *value)
{
	char *at = w->at + (*w->at == '-');
	char *end = *at == '0' ? at + 1 : behind_digits(at);
	bool whole = end > at;

	if (*end == '.') {
		at = end + 1;
		end = behind_digits(at);
		whole &= end > at;
	}
	if (*end == 'e' || *end == 'E') {
		at = end + 1;
		at += *at == '+' || *at == '-';
		end = behind_digits(at);
		whole &= end > at;
	}
	if (!whole)
		return fail(w, "no value of JSON", *end ? w->at : end);
	*value = (struct value){.text = w->at, .length = (size_t)(end - w->at)};
	skip(w, value->length);
	return true;
}

static bool read_word(struct walk *w, const char *word)
{
	const size_t length = strlen(word);

	if (strncmp(w->at, word, length) != 0)
		return fail(w, "no value of JSON", w->at);
	skip(w, length);
	return true;
}

typedef bool read_fn(struct walk *w);

/* All between brackets, the first of which is known to be there. */
static bool read_items(struct walk *w, char closing, read_fn *read_item)
{
	if (w->depth++ == DEPTH_MAX)
		return fail(w, "nested too deeply", w->at);
	skip(w, 1);
	if (*w->at != closing)
		while (read_item(w) && *w->at == ',')
			skip(w, 1);
	if (w->fault->what)
		return false;
	if (*w->at != closing)
		return fail(w, "no comma and no closing bracket before", w->at);
	w->depth--;
	skip(w, 1);
	return true;
}

static read_fn read_member, read_element;

static bool read_value(struct walk *w, struct value *value)
{
	*value = (struct value){.unfit = {"neither text nor a number", w->at}};
	switch (*w->at) {
	case '"':
		return read_text(w, value);
	case '{':
		return read_items(w, '}', read_member);
	case '[':
		return read_items(w, ']', read_element);
	case 't':
		return read_word(w, "true");
	case 'f':
		return read_word(w, "false");
	case 'n':
		value->unfit.what = NULL;
		return read_word(w, "null");
	default:
		return read_number(w, value);
	}
}

static bool read_element(struct walk *w)
{
	struct value value;

	return read_value(w, &value);
}

/* ---- members ------------------------------------------------------------- */

static bool say(struct walk *w, const struct value *name,
		const struct value *value)
{
	struct fetch_field *field =
	    fetch_field_find(w->field, w->fields, name->text, name->length);

	if (!field || name->unfit.what)
		return true;
	if (value->unfit.what)
		return fail(w, value->unfit.what, value->unfit.at);
	if (value->text && !fetch_field_say(field, value->text, value->length))
		return fail(w, FETCH_FIELD_TWICE, name->text);
	return true;
}

static bool read_member(struct walk *w)
{
	struct value name, value;

	if (*w->at != '"')
		return fail(w, "no name of a member in quotes", w->at);
	if (!read_text(w, &name))
		return false;
	if (*w->at != ':')
		return fail(w, "no colon before", w->at);
	skip(w, 1);
	return read_value(w, &value) && (w->depth > 1 || say(w, &name, &value));
}

bool fetch_json_read(char *line, struct fetch_field field[], unsigned count,
		     struct fetch_fault *fault)
{
	struct walk w = {.line = line,
			 .at = line,
			 .field = field,
			 .fields = count,
			 .fault = fault};

	*fault = (struct fetch_fault){0};
	skip(&w, 0);
	if (*w.at != '{')
		return fail(&w, "no opening brace before", w.at);
	if (!read_items(&w, '}', read_member))
		return false;
	if (*w.at)
		return fail(&w, "more behind the closing brace", w.at);
	for (unsigned i = 0; i < count; i++)
		if (field[i].text)
			field[i].text[field[i].length] = '\0';
	return true;
}
