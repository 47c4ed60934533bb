// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <irl/json.h>

static void put_bytes(struct irl_json *j, const char *bytes, size_t n)
{
	if (j->failed)
		return;
	if (j->room - j->length < n + 1) {
		size_t room = 2 * j->room + n + 256;
		char *grown = realloc(j->text, room);

		if (!grown) {
			j->failed = true;
			return;
		}
		j->text = grown;
		j->room = room;
	}
	memcpy(j->text + j->length, bytes, n);
	j->length += n;
	j->text[j->length] = '\0';
}

static void put(struct irl_json *j, const char *text)
{
	put_bytes(j, text, strlen(text));
}

/* Length of the UTF-8 sequence at @at, 0 if it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *at)
{
	size_t n = at[0] < 0x80                    ? 1
		   : at[0] >= 0xC2 && at[0] < 0xE0 ? 2
		   : at[0] >= 0xE0 && at[0] < 0xF0 ? 3
		   : at[0] >= 0xF0 && at[0] < 0xF5 ? 4
						   : 0;

	for (size_t i = 1; i < n; i++)
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	if ((at[0] == 0xE0 && at[1] < 0xA0) || /* overlong */
	    (at[0] == 0xED && at[1] > 0x9F) || /* surrogates */
	    (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
		return 0;
	return n;
}

static void put_quoted(struct irl_json *j, const char *value)
{
	const unsigned char *at = (const unsigned char *)value;

	put(j, "\"");
	while (*at) {
		size_t n = utf8_length(at);
		char text[8];

		if (*at == '"' || *at == '\\') {
			snprintf(text, sizeof(text), "\\%c", *at);
			put(j, text);
		} else if (*at < 0x20 || *at == 0x7F) {
			snprintf(text, sizeof(text), "\\u%04x", *at);
			put(j, text);
		} else if (n == 0) {
			put(j, "\xEF\xBF\xBD"); /* U+FFFD */
			n = 1;
		} else {
			put_bytes(j, (const char *)at, n);
		}
		at += n;
	}
	put(j, "\"");
}

static void new_line(struct irl_json *j)
{
	put(j, "\n");
	for (unsigned i = 0; i < j->depth; i++)
		put(j, "  ");
}

static void lead(struct irl_json *j, const char *key)
{
	if (j->comma)
		put(j, ",");
	if (j->depth)
		new_line(j);
	if (key) {
		put_quoted(j, key);
		put(j, ": ");
	}
	j->comma = true;
}

static void begin(struct irl_json *j, const char *key, const char *bracket)
{
	lead(j, key);
	put(j, bracket);
	j->depth++;
	j->comma = false;
}

static void end(struct irl_json *j, const char *bracket)
{
	j->depth--;
	if (j->comma)
		new_line(j);
	put(j, bracket);
	j->comma = true;
}

void irl_json_object(struct irl_json *j, const char *key)
{
	begin(j, key, "{");
}

void irl_json_array(struct irl_json *j, const char *key)
{
	begin(j, key, "[");
}

void irl_json_end_object(struct irl_json *j)
{
	end(j, "}");
}

void irl_json_end_array(struct irl_json *j)
{
	end(j, "]");
}

void irl_json_string(struct irl_json *j, const char *key, const char *value)
{
	lead(j, key);
	if (value)
		put_quoted(j, value);
	else
		put(j, "null");
}

void irl_json_uint(struct irl_json *j, const char *key, uint64_t value)
{
	char text[24];

	lead(j, key);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	put(j, text);
}

void irl_json_real(struct irl_json *j, const char *key, double value)
{
	char text[40];

	lead(j, key);
	snprintf(text, sizeof(text), "%.15g", value);
	put(j, isfinite(value) ? text : "null");
}

void irl_json_bool(struct irl_json *j, const char *key, bool value)
{
	lead(j, key);
	put(j, value ? "true" : "false");
}

int irl_json_write(struct irl_json *j, const char *path, struct irl_error *err)
{
	bool is_stdout = !strcmp(path, "-");
	FILE *file;
	int rc = 0;

	put(j, "\n");
	if (j->failed)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	file = is_stdout ? stdout : fopen(path, "we");
	if (!file)
		return irl_error_errno(err, errno, "cannot write %s", path);
	if (fwrite(j->text, 1, j->length, file) != j->length || fflush(file))
		rc = irl_error_errno(err, errno, "cannot write %s", path);
	if (!is_stdout && fclose(file) && !rc)
		rc = irl_error_errno(err, errno, "cannot write %s", path);
	return rc;
}

void irl_json_fini(struct irl_json *j)
{
	free(j->text);
	*j = (struct irl_json){0};
}
