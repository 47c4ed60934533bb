// SPDX-License-Identifier: BSD-2-Clause
/*
 * A response in zgrab2's shape.  Names of headers are lower case with "_" for
 * "-"; those that its schema does not know are gathered under "unknown".
 */
#include <stdlib.h>
#include <string.h>
#include "proto/http.h"

/* In order, for the search. */
static const char *const known[] = {
    "accept",
    "accept_charset",
    "accept_encoding",
    "accept_language",
    "accept_patch",
    "accept_ranges",
    "access_control_allow_origin",
    "age",
    "allow",
    "alt_svc",
    "alternate_protocol",
    "authorization",
    "cache_control",
    "connection",
    "content_disposition",
    "content_encoding",
    "content_language",
    "content_length",
    "content_location",
    "content_md5",
    "content_range",
    "content_security_policy",
    "content_type",
    "cookie",
    "date",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "if_match",
    "if_modified_since",
    "if_none_match",
    "if_unmodified_since",
    "last_modified",
    "link",
    "location",
    "max_forwards",
    "p3p",
    "pragma",
    "proxy_agent",
    "proxy_authenticate",
    "proxy_authorization",
    "public_key_pins",
    "range",
    "referer",
    "refresh",
    "retry_after",
    "server",
    "set_cookie",
    "status",
    "strict_transport_security",
    "trailer",
    "transfer_encoding",
    "upgrade",
    "user_agent",
    "vary",
    "via",
    "warning",
    "www_authenticate",
    "x_content_duration",
    "x_content_security_policy",
    "x_content_type_options",
    "x_forwarded_for",
    "x_frame_options",
    "x_powered_by",
    "x_real_ip",
    "x_ua_compatible",
    "x_webkit_csp",
    "x_xss_protection",
};

#define NAME_MAX_BYTES 256u /* longer names are cut where they are told */

struct entry {
	struct irl_http_header header;
	const char *key; /* of the table, or NULL */
	bool told;
};

struct entries {
	struct entry entry[IRL_PROTO_HEADERS];
	unsigned count;
	bool more; /* than may be kept */
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

/* "Content-Type" as "content_type". */
static void key_of(struct irl_text name, char key[NAME_MAX_BYTES + 1])
{
	uint32_t n =
	    name.length < NAME_MAX_BYTES ? name.length : NAME_MAX_BYTES;

	for (uint32_t i = 0; i < n; i++) {
		char c = (char)name.at[i];

		key[i] = (char)(c == '-'               ? '_'
				: c >= 'A' && c <= 'Z' ? c | 32
						       : c);
	}
	key[n] = '\0';
}

static void add(struct entries *all, const struct irl_http_header *h,
		unsigned most)
{
	char key[NAME_MAX_BYTES + 1];
	const char *const *found;

	if (all->count == most) {
		all->more = true;
		return;
	}
	key_of(h->name, key);
	found = bsearch(key, known, sizeof(known) / sizeof(known[0]),
			sizeof(known[0]), by_name);
	all->entry[all->count++] =
	    (struct entry){.header = *h, .key = found ? *found : NULL};
}

static void gather(struct entries *all, struct irl_text head, unsigned most)
{
	struct irl_text line;
	uint32_t at = 0;

	all->count = 0;
	all->more = false;
	while (irl_http_line(head, &at, &line) && line.length) {
		struct irl_http_header h;

		if (irl_http_header_parse(&h, line))
			add(all, &h, most);
	}
}

static bool same_name(const struct entry *a, const struct entry *b)
{
	char key[NAME_MAX_BYTES + 1], other[NAME_MAX_BYTES + 1];

	if (a->key || b->key)
		return a->key == b->key;
	if (a->header.name.length != b->header.name.length)
		return false;
	key_of(a->header.name, key);
	key_of(b->header.name, other);
	return !strcmp(key, other);
}

/* All values of entry @i's name, in their order. */
static void put_values(struct irl_json *json, const char *key,
		       struct entries *all, unsigned i)
{
	irl_json_array(json, key);
	for (unsigned j = i; j < all->count; j++) {
		struct entry *e = &all->entry[j];

		if (e->told || !same_name(&all->entry[i], e))
			continue;
		irl_json_bytes(json, NULL, e->header.value.at,
			       e->header.value.length);
		e->told = true;
	}
	irl_json_end_array(json);
}

static void put_unknown(struct irl_json *json, struct entries *all)
{
	bool any = false;

	for (unsigned i = 0; i < all->count; i++) {
		char key[NAME_MAX_BYTES + 1];

		if (all->entry[i].told)
			continue;
		if (!any)
			irl_json_array(json, "unknown");
		any = true;
		key_of(all->entry[i].header.name, key);
		irl_json_object(json, NULL);
		irl_json_string(json, "key", key);
		put_values(json, "value", all, i);
		irl_json_end_object(json);
	}
	if (any)
		irl_json_end_array(json);
}

/* False: more than may be kept. */
static bool put_headers(struct irl_json *json, const char *member,
			struct irl_text head, unsigned most)
{
	struct entries all;

	gather(&all, head, most);
	if (!all.count)
		return !all.more;
	irl_json_object(json, member);
	for (unsigned i = 0; i < all.count; i++)
		if (all.entry[i].key && !all.entry[i].told)
			put_values(json, all.entry[i].key, &all, i);
	put_unknown(json, &all);
	irl_json_end_object(json);
	return !all.more;
}

static void put_status(struct irl_json *json, const struct irl_http *h)
{
	struct irl_text line = {h->store.bytes + h->status_at,
				h->headers_at - h->status_at};
	struct irl_http_status s;
	uint32_t at = 0;

	if (!irl_http_line(line, &at, &line) ||
	    !irl_http_status_parse(&s, line))
		return;
	irl_json_bytes(json, "status_line", s.line.at, s.line.length);
	irl_json_uint(json, "status_code", s.code);
	irl_json_object(json, "protocol");
	irl_json_bytes(json, "name", line.at, 8);
	irl_json_uint(json, "major", s.major);
	irl_json_uint(json, "minor", s.minor);
	irl_json_end_object(json);
}

static void put_body(struct irl_json *json, const struct irl_http *h)
{
	const struct irl_http_framing *f = &h->framing;

	if (h->body_length)
		irl_json_bytes(json, "body", h->store.bytes + h->head_length,
			       h->body_length);
	if (h->total)
		irl_digest_tell(h->digest, json, "body_sha256");
	irl_json_int(json, "content_length",
		     f->has_length && !f->bad_length && !f->transfer
			 ? (int64_t)f->length
			 : -1);
	if (f->chunked) {
		irl_json_array(json, "transfer_encoding");
		irl_json_string(json, NULL, "chunked");
		irl_json_end_array(json);
	}
	irl_json_uint(json, "body_length", h->body_length);
	irl_json_uint(json, "body_total", h->total);
	/* Where decoding stopped, the rest of the piece in hand counts or not,
	 * by the cut. */
	if (!h->decode_limit)
		irl_json_uint(json, "body_received", h->received);
	if (h->body_end)
		irl_json_string(json, "body_end", h->body_end);
	if (f->coding && !h->decoder && h->total)
		irl_json_bool(json, "body_coded", true);
}

static void put_response(struct irl_json *json, const struct irl_http *h)
{
	uint32_t head_end = h->head_length ? h->head_length : h->store.length;
	uint32_t body_end = h->head_length + h->body_length;
	unsigned most = h->config->limit.header_max;
	bool all;

	put_status(json, h);
	all = put_headers(json, "headers",
			  (struct irl_text){h->store.bytes + h->headers_at,
					    head_end - h->headers_at},
			  most);
	if (h->head_length)
		put_body(json, h);
	if (h->head_length && h->store.length > body_end)
		all &=
		    put_headers(json, "trailers",
				(struct irl_text){h->store.bytes + body_end,
						  h->store.length - body_end},
				most);
	if (h->framing.bad_lines)
		irl_json_uint(json, "bad_header_lines", h->framing.bad_lines);
	if (h->interim)
		irl_json_uint(json, "interim_responses", h->interim);
	if (!all || !h->head_length)
		irl_json_bool(json, "headers_truncated", true);
	if (h->body_length < h->total)
		irl_json_bool(json, "body_truncated", true);
}

void irl_http_result(const void *state, struct irl_json *json)
{
	const struct irl_http *h = state;

	if (h->code) {
		irl_json_object(json, "response");
		put_response(json, h);
		irl_json_end_object(json);
	} else if (h->store.length) {
		irl_json_bytes(json, "banner", h->store.bytes, h->store.length);
		irl_json_uint(json, "length", h->store.length);
	}
}
