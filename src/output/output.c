// SPDX-License-Identifier: BSD-2-Clause
/* Records -> lines: columns chosen once, then one switch per value. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <irl/output.h>
#include "base/os.h"
#include "output/field.h"
#include "output/filter.h"
#include "output/format.h"
#include "output/sink.h"

#define COLUMNS_MAX 64u
#define VALUE_MAX 40u   /* the longest value: icmp_unreach_str, 31 */
#define LEAD_MAX 24u    /* ,"icmp_unreach_str": */
#define CLOCK_BYTES 20u /* "2026-01-02T03:04:05." */
#define LINE_MAX_BYTES (COLUMNS_MAX * (VALUE_MAX + LEAD_MAX) + 8u)

struct column {
	enum irl_field field;
	enum irl_field_type type;
	unsigned width;
	unsigned lead_length;
	char lead[LEAD_MAX]; /* what stands before the value */
};

struct irl_output {
	struct irl_sink sink;
	struct irl_filter filter;
	enum irl_output_format format;
	unsigned column_count;
	/* timestamp_str of one second: "2026-01-02T03:04:05." and "+0000" */
	uint64_t clock_second;
	char clock_text[32], clock_zone[8];
	struct column column[COLUMNS_MAX];
};

/* ---- columns --------------------------------------------------------------
 */

static int add_column(struct irl_output *o, enum irl_field field,
		      struct irl_error *err)
{
	const struct irl_field_info *info = &irl_field_info[field];
	struct column *c = &o->column[o->column_count];
	int n = 0;

	if (o->column_count == COLUMNS_MAX)
		return irl_error_set(err, IRL_EPARSE,
				     "too many output fields; give at most %u",
				     COLUMNS_MAX);
	c->field = field;
	c->type = info->type;
	c->width = info->width;
	if (o->format == IRL_OUTPUT_JSON)
		n = snprintf(c->lead, sizeof(c->lead),
			     "%c\"%s\":", o->column_count ? ',' : '{',
			     info->name);
	else if (o->column_count)
		n = snprintf(c->lead, sizeof(c->lead), "%s",
			     o->format == IRL_OUTPUT_CSV ? "," : "  ");
	c->lead_length = (unsigned)n;
	o->column_count++;
	return 0;
}

static int add_all(struct irl_output *o, struct irl_error *err)
{
	int rc = 0;

	for (unsigned i = 0; !rc && i < IRL_FIELDS; i++)
		rc = add_column(o, (enum irl_field)i, err);
	return rc;
}

static int parse_fields(struct irl_output *o, const char *text,
			struct irl_error *err)
{
	const char *at = text;
	int rc = 0;

	while (!rc) {
		size_t n;
		enum irl_field field;

		at += strspn(at, " \t");
		n = strcspn(at, ", \t");
		if (n == 1 && *at == '*')
			rc = add_all(o, err);
		else if (irl_field_find(at, n, &field))
			rc = add_column(o, field, err);
		else
			return irl_error_set(
			    err, IRL_EPARSE,
			    "output fields: '%.*s' is not known; "
			    "--list-output-fields shows all",
			    (int)(n < 60 ? n : 60), at);
		at += n;
		at += strspn(at, " \t");
		if (!*at)
			break;
		if (*at == ',')
			at++;
	}
	return rc;
}

/* ---- values ---------------------------------------------------------------
 */

/* zmap's form: local time, milliseconds, offset. */
static void renew_clock(struct irl_output *o, uint64_t second)
{
	struct tm tm;
	long east = irl_os_local_time(second, &tm) / 60;
	unsigned minutes = (unsigned)(east < 0 ? -east : east);

	strftime(o->clock_text, sizeof(o->clock_text), "%Y-%m-%dT%H:%M:%S.",
		 &tm);
	snprintf(o->clock_zone, sizeof(o->clock_zone), "%c%02u%02u",
		 east < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
	o->clock_second = second;
}

static char *put_bytes(char *at, const char *text, size_t n)
{
	memcpy(at, text, n);
	return at + n;
}

static char *put_text(char *at, const char *text)
{
	return put_bytes(at, text, strlen(text));
}

static char *put_clock(struct irl_output *o, char *at, uint64_t wall_ns)
{
	uint64_t second = wall_ns / 1000000000u;

	if (second != o->clock_second)
		renew_clock(o, second);
	at = put_bytes(at, o->clock_text, CLOCK_BYTES);
	at = irl_format_milli(at, (uint32_t)(wall_ns / 1000000u % 1000u));
	return put_text(at, o->clock_zone);
}

/* No text of ours needs escaping in CSV or JSON; a test holds to that. */
static char *put_value(struct irl_output *o, char *at, const struct column *c,
		       const struct irl_record *record, uint64_t value)
{
	switch (c->type) {
	case IRL_TYPE_INT:
	case IRL_TYPE_BOOL:
		return irl_format_u64(at, value);
	case IRL_TYPE_IPV4:
		return irl_format_ipv4(at, (uint32_t)value);
	case IRL_TYPE_NAME:
		return put_text(at, irl_field_name(c->field, value));
	case IRL_TYPE_CLOCK:
		return put_clock(o, at, record->wall_ns);
	}
	return at;
}

static char *put_json_value(struct irl_output *o, char *at,
			    const struct column *c,
			    const struct irl_record *record, uint64_t value)
{
	if (c->type == IRL_TYPE_BOOL)
		return put_text(at, value ? "true" : "false");
	if (c->type == IRL_TYPE_INT)
		return irl_format_u64(at, value);
	*at++ = '"';
	at = put_value(o, at, c, record, value);
	*at++ = '"';
	return at;
}

/* ---- lines ----------------------------------------------------------------
 */

static char *put_csv(struct irl_output *o, char *at,
		     const struct irl_record *record)
{
	for (unsigned i = 0; i < o->column_count; i++) {
		const struct column *c = &o->column[i];
		uint64_t value;

		if (i)
			*at++ = ',';
		if (irl_field_value(record, c->field, &value))
			at = put_value(o, at, c, record, value);
	}
	return at;
}

static char *put_json(struct irl_output *o, char *at,
		      const struct irl_record *record)
{
	for (unsigned i = 0; i < o->column_count; i++) {
		const struct column *c = &o->column[i];
		uint64_t value;

		/* A copy of fixed length is cheaper; room is reckoned so. */
		memcpy(at, c->lead, LEAD_MAX);
		at += c->lead_length;
		if (irl_field_value(record, c->field, &value))
			at = put_json_value(o, at, c, record, value);
		else
			at = put_bytes(at, "null", 4);
	}
	*at++ = '}';
	return at;
}

/* Pad from @begin to the column's width, but not behind the last column. */
static char *pad(const struct irl_output *o, const struct column *c,
		 const char *begin, char *at)
{
	size_t n = (size_t)(at - begin);

	if (c == &o->column[o->column_count - 1] || n >= c->width)
		return at;
	memset(at, ' ', c->width - n);
	return at + (c->width - n);
}

static char *put_columns(struct irl_output *o, char *at,
			 const struct irl_record *record)
{
	for (unsigned i = 0; i < o->column_count; i++) {
		const struct column *c = &o->column[i];
		const char *begin;
		uint64_t value;

		at = put_bytes(at, c->lead, c->lead_length);
		begin = at;
		if (irl_field_value(record, c->field, &value))
			at = put_value(o, at, c, record, value);
		else
			*at++ = '-';
		at = pad(o, c, begin, at);
	}
	return at;
}

int irl_output_record(struct irl_output *o, const struct irl_record *record)
{
	char *at;

	if (!irl_filter_passes(&o->filter, record))
		return o->sink.failed;
	at = irl_sink_room(&o->sink, LINE_MAX_BYTES);
	if (!at)
		return o->sink.failed;
	if (o->format == IRL_OUTPUT_CSV)
		at = put_csv(o, at, record);
	else if (o->format == IRL_OUTPUT_JSON)
		at = put_json(o, at, record);
	else
		at = put_columns(o, at, record);
	*at++ = '\n';
	irl_sink_put(&o->sink, at);
	return 1;
}

static void put_header(struct irl_output *o)
{
	char *at = irl_sink_room(&o->sink, LINE_MAX_BYTES);

	if (!at) /* the flush says why */
		return;
	for (unsigned i = 0; i < o->column_count; i++) {
		const struct column *c = &o->column[i];
		const char *begin;

		at = put_bytes(at, c->lead, c->lead_length);
		begin = at;
		at = put_text(at, irl_field_info[c->field].name);
		if (o->format == IRL_OUTPUT_TEXT)
			at = pad(o, c, begin, at);
	}
	*at++ = '\n';
	irl_sink_put(&o->sink, at);
	o->sink.lines_in--; /* not a record */
}

static bool wants_header(const struct irl_output *o,
			 const struct irl_output_options *options)
{
	struct irl_os_file file;

	if (options->no_header || o->format == IRL_OUTPUT_JSON)
		return false;
	if (options->append && irl_os_look_fd(o->sink.fd, &file) && file.bytes)
		return false;
	return o->column_count > 1;
}

/* ---- life -----------------------------------------------------------------
 */

/* All but the file. */
static int make(struct irl_output **out,
		const struct irl_output_options *options, struct irl_error *err)
{
	const char *filter =
	    options->filter ? options->filter : IRL_OUTPUT_FILTER;
	struct irl_output *o = calloc(1, sizeof(*o));
	int rc;

	*out = NULL;
	if (!o)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	o->format = options->format;
	o->clock_second = UINT64_MAX;
	rc = parse_fields(o, options->fields ? options->fields : "saddr", err);
	if (!rc)
		rc = irl_filter_compile(&o->filter, filter, err);
	if (rc)
		free(o);
	else
		*out = o;
	return rc;
}

int irl_output_check(const struct irl_output_options *options,
		     struct irl_error *err)
{
	struct irl_output *o;
	int rc = make(&o, options, err);

	free(o);
	return rc;
}

int irl_output_open(struct irl_output **out,
		    const struct irl_output_options *options,
		    struct irl_error *err)
{
	struct irl_output *o;
	int rc = make(&o, options, err);

	*out = NULL;
	if (rc)
		return rc;
	rc = irl_sink_open(&o->sink, options->path, options->append, err);
	if (rc) {
		free(o);
		return rc;
	}
	if (wants_header(o, options))
		put_header(o);
	*out = o;
	return 0;
}

int irl_output_flush(struct irl_output *o, struct irl_error *err)
{
	return irl_sink_flush(&o->sink, err);
}

uint64_t irl_output_written(const struct irl_output *o)
{
	return o->sink.lines_out;
}

uint64_t irl_output_accepted(const struct irl_output *o)
{
	return o->sink.lines_in;
}

int irl_output_close(struct irl_output *o, struct irl_error *err)
{
	int rc;

	if (!o)
		return 0;
	rc = irl_sink_close(&o->sink, err);
	free(o);
	return rc;
}
