// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <irl/json.h>
#include "base/os.h"

static bool make_room(struct irl_json *j, size_t n)
{
	size_t room = 2 * j->room + n + 256;
	char *grown;

	if (j->failed)
		return false;
	if (j->room - j->length > n)
		return true;
	grown = realloc(j->text, room);
	if (!grown) {
		j->failed = true;
		return false;
	}
	j->text = grown;
	j->room = room;
	return true;
}

static void put_bytes(struct irl_json *j, const void *bytes, size_t n)
{
	if (!make_room(j, n))
		return;
	memcpy(j->text + j->length, bytes, n);
	j->length += n;
	j->text[j->length] = '\0';
}

static void put(struct irl_json *j, const char *text)
{
	put_bytes(j, text, strlen(text));
}

/* Length of the UTF-8 sequence at @at, @left bytes, 0 if none (RFC 3629). */
static size_t utf8_length(const unsigned char *at, size_t left)
{
	size_t n = at[0] < 0x80                    ? 1
		   : at[0] >= 0xC2 && at[0] < 0xE0 ? 2
		   : at[0] >= 0xE0 && at[0] < 0xF0 ? 3
		   : at[0] >= 0xF0 && at[0] < 0xF5 ? 4
						   : 0;

	if (n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	if ((at[0] == 0xE0 && at[1] < 0xA0) || /* overlong */
	    (at[0] == 0xED && at[1] > 0x9F) || /* surrogates */
	    (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
		return 0;
	return n;
}

/* How many bytes stand for themselves in a string. */
static size_t plain_length(const unsigned char *at, size_t left)
{
	size_t i = 0, n = 1;

	while (i < left && n) {
		if (at[i] < 0x20 || at[i] == '"' || at[i] == '\\' ||
		    at[i] == 0x7F)
			break;
		n = at[i] < 0x80 ? 1 : utf8_length(at + i, left - i);
		i += n;
	}
	return i;
}

/* Bodies may be binary: no printf here. */
static void put_special(struct irl_json *j, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	const char code[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
	const char pair[] = {'\\', c == '\n' ? 'n' : c == '\r' ? 'r' : (char)c};

	if (c >= 0x80)
		put_bytes(j, "\xEF\xBF\xBD", 3); /* U+FFFD */
	else if (c == '"' || c == '\\' || c == '\n' || c == '\r')
		put_bytes(j, pair, sizeof(pair));
	else
		put_bytes(j, code, sizeof(code));
}

static void put_quoted(struct irl_json *j, const void *value, size_t left)
{
	const unsigned char *at = value;

	put(j, "\"");
	while (left) {
		size_t n = plain_length(at, left);

		put_bytes(j, at, n);
		if (n < left)
			put_special(j, at[n++]);
		at += n;
		left -= n;
	}
	put(j, "\"");
}

static void new_line(struct irl_json *j)
{
	if (j->compact)
		return;
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
		put_quoted(j, key, strlen(key));
		put(j, j->compact ? ":" : ": ");
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
		put_quoted(j, value, strlen(value));
	else
		put(j, "null");
}

void irl_json_bytes(struct irl_json *j, const char *key, const void *bytes,
		    size_t length)
{
	lead(j, key);
	put_quoted(j, bytes, length);
}

void irl_json_hex(struct irl_json *j, const char *key, const void *bytes,
		  size_t length)
{
	const unsigned char *at = bytes;

	lead(j, key);
	put(j, "\"");
	if (make_room(j, 2 * length)) {
		for (size_t i = 0; i < length; i++) {
			j->text[j->length++] = "0123456789abcdef"[at[i] >> 4];
			j->text[j->length++] = "0123456789abcdef"[at[i] & 15];
		}
	}
	put(j, "\"");
}

void irl_json_int(struct irl_json *j, const char *key, int64_t value)
{
	char text[24];

	lead(j, key);
	snprintf(text, sizeof(text), "%lld", (long long)value);
	put(j, text);
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
	put(j, __builtin_isfinite(value) ? text : "null");
}

void irl_json_bool(struct irl_json *j, const char *key, bool value)
{
	lead(j, key);
	put(j, value ? "true" : "false");
}

static int write_file(const struct irl_json *j, const char *path)
{
	struct irl_os_draft draft;

	if (irl_os_draft_open(&draft, path))
		return -1;
	fwrite(j->text, 1, j->length, draft.file);
	return irl_os_draft_close(&draft);
}

static int write_stdout(const struct irl_json *j)
{
	return fwrite(j->text, 1, j->length, stdout) != j->length ||
	       fflush(stdout);
}

int irl_json_write(struct irl_json *j, const char *path, struct irl_error *err)
{
	put(j, "\n");
	if (j->failed)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	if (strcmp(path, "-") ? write_file(j, path) : write_stdout(j))
		return irl_error_errno(err, errno, "cannot write %s", path);
	return 0;
}

void irl_json_reset(struct irl_json *j)
{
	j->length = 0;
	j->depth = 0;
	j->comma = false;
}

void irl_json_fini(struct irl_json *j)
{
	free(j->text);
	*j = (struct irl_json){0};
}
