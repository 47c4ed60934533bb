// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "proto/http_head.h"

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 32) : c;
}

bool irl_text_is(struct irl_text text, const char *word)
{
	for (uint32_t i = 0; i < text.length; i++)
		if (!word[i] || lower(text.at[i]) != (uint8_t)word[i])
			return false;
	return !word[text.length];
}

static struct irl_text trim(struct irl_text text)
{
	while (text.length && is_blank(*text.at)) {
		text.at++;
		text.length--;
	}
	while (text.length && is_blank(text.at[text.length - 1]))
		text.length--;
	return text;
}

bool irl_http_status_parse(struct irl_http_status *out, struct irl_text line)
{
	const uint8_t *p = line.at;

	if (line.length < 12 || memcmp(p, "HTTP/", 5) || !is_digit(p[5]) ||
	    p[6] != '.' || !is_digit(p[7]) || p[8] != ' ')
		return false;
	out->line = trim((struct irl_text){p + 8, line.length - 8});
	p = out->line.at;
	if (out->line.length < 3 || !is_digit(p[0]) || !is_digit(p[1]) ||
	    !is_digit(p[2]) || (out->line.length > 3 && !is_blank(p[3])))
		return false;
	out->major = (uint8_t)(line.at[5] - '0');
	out->minor = (uint8_t)(line.at[7] - '0');
	out->code =
	    (uint16_t)((p[0] - '0') * 100 + (p[1] - '0') * 10 + p[2] - '0');
	return out->code >= 100;
}

void irl_http_unfold(uint8_t *head, uint32_t length)
{
	uint8_t *at = head, *end = head + length;

	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		/* Not the status line, and not the empty line at the end. */
		if (at + 1 < end && is_blank(at[1]) && at > head) {
			*at = ' ';
			if (at[-1] == '\r')
				at[-1] = ' ';
		}
		at++;
	}
}

bool irl_http_line(struct irl_text head, uint32_t *at, struct irl_text *line)
{
	const uint8_t *from = head.at + *at;
	const uint8_t *lf = memchr(from, '\n', head.length - *at);

	if (!lf)
		return false;
	*line = (struct irl_text){from, (uint32_t)(lf - from)};
	*at += line->length + 1;
	if (line->length && lf[-1] == '\r')
		line->length--;
	return true;
}

bool irl_http_header_parse(struct irl_http_header *out, struct irl_text line)
{
	const uint8_t *colon =
	    line.length ? memchr(line.at, ':', line.length) : NULL;
	uint32_t n;

	if (!colon)
		return false;
	n = (uint32_t)(colon - line.at);
	out->name = trim((struct irl_text){line.at, n});
	out->value = trim((struct irl_text){colon + 1, line.length - n - 1});
	for (uint32_t i = 0; i < out->name.length; i++)
		if (out->name.at[i] <= ' ' || out->name.at[i] >= 0x7F)
			return false;
	return out->name.length > 0;
}

/* ---- what it says about the body --------------------------------------- */

/* The next element of a comma-separated list; false at its end. */
static bool element(struct irl_text *list, struct irl_text *out)
{
	const uint8_t *comma;
	uint32_t n;

	if (!list->length)
		return false;
	comma = memchr(list->at, ',', list->length);
	n = comma ? (uint32_t)(comma - list->at) : list->length;
	*out = trim((struct irl_text){list->at, n});
	n += comma ? 1 : 0;
	list->at += n;
	list->length -= n;
	return true;
}

static bool number(struct irl_text text, uint64_t *value)
{
	*value = 0;
	if (!text.length || text.length > 18)
		return false;
	for (uint32_t i = 0; i < text.length; i++) {
		if (!is_digit(text.at[i]))
			return false;
		*value = *value * 10 + text.at[i] - '0';
	}
	return true;
}

/* RFC 9112, 6.3: "5, 5" is 5; anything else with two values is an error. */
static void content_length(struct irl_http_framing *f, struct irl_text list)
{
	struct irl_text text;
	uint64_t value;

	if (!list.length)
		f->bad_length = true;
	while (element(&list, &text)) {
		if (!number(text, &value) ||
		    (f->has_length && f->length != value))
			f->bad_length = true;
		f->has_length = true;
		f->length = value;
	}
}

static void add_coding(struct irl_http_framing *f, struct irl_text name)
{
	enum irl_coding coding = IRL_CODING_OTHER;

	if (!name.length || irl_text_is(name, "identity"))
		return;
	if (irl_text_is(name, "gzip") || irl_text_is(name, "x-gzip"))
		coding = IRL_CODING_GZIP;
	else if (irl_text_is(name, "deflate"))
		coding = IRL_CODING_DEFLATE;
	f->coding = f->coding ? IRL_CODING_OTHER : coding;
}

static void content_encoding(struct irl_http_framing *f, struct irl_text list)
{
	struct irl_text name;

	while (element(&list, &name))
		add_coding(f, name);
}

static void transfer_encoding(struct irl_http_framing *f, struct irl_text list)
{
	struct irl_text name;

	f->transfer = true;
	while (element(&list, &name)) {
		if (!name.length)
			continue;
		/* chunked twice, or not last, is no framing (RFC 9112, 7) */
		f->chunked = !f->chunked && irl_text_is(name, "chunked");
		if (!f->chunked)
			add_coding(f, name);
	}
}

static void header(struct irl_http_framing *f, const struct irl_http_header *h)
{
	switch (h->name.length) {
	case 8:
		f->location |= irl_text_is(h->name, "location");
		break;
	case 14:
		if (irl_text_is(h->name, "content-length"))
			content_length(f, h->value);
		break;
	case 16:
		if (irl_text_is(h->name, "content-encoding"))
			content_encoding(f, h->value);
		break;
	case 17:
		if (irl_text_is(h->name, "transfer-encoding"))
			transfer_encoding(f, h->value);
		break;
	default:
		break;
	}
}

void irl_http_framing_read(struct irl_http_framing *f, struct irl_text head)
{
	struct irl_text line;
	uint32_t at = 0;

	*f = (struct irl_http_framing){0};
	while (irl_http_line(head, &at, &line) && line.length) {
		struct irl_http_header h;

		if (irl_http_header_parse(&h, line)) {
			f->headers++;
			header(f, &h);
		} else {
			f->bad_lines++;
		}
	}
}
