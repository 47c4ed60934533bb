/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head of an HTTP/1.x response: its lines, and what they say about the
 * body (RFC 9112, 4 to 6).  Lines end with LF, before which a CR is dropped
 * (2.2).
 */
#ifndef IRL_PROTO_HTTP_HEAD_H
#define IRL_PROTO_HTTP_HEAD_H

#include <irl/proto.h>
#include "proto/decode.h"

struct irl_text {
	const uint8_t *at;
	uint32_t length;
};

struct irl_http_status {
	uint8_t major, minor;
	uint16_t code;
	struct irl_text line; /* "200 OK" */
};

/* "HTTP/1.1 200 OK"; false: it is none (RFC 9112, 4). */
bool irl_http_status_parse(struct irl_http_status *out, struct irl_text line);

struct irl_http_header {
	struct irl_text name, value; /* without white space around them */
};

/* Join folded lines (RFC 9112, 5.2) of @head by turning what stands between
 * them into spaces. */
void irl_http_unfold(uint8_t *head, uint32_t length);

/* The line at *@at, which moves behind it; false: no whole line is left. */
bool irl_http_line(struct irl_text head, uint32_t *at, struct irl_text *line);

/* False: no colon, or a name that is none. */
bool irl_http_header_parse(struct irl_http_header *out, struct irl_text line);

struct irl_http_framing {
	uint64_t length; /* if has_length */
	bool has_length; /* Content-Length */
	bool bad_length; /* no number, or several that differ */
	bool transfer;   /* Transfer-Encoding is there */
	bool chunked;    /* and ends with chunked */
	bool location;   /* Location is there */
	enum irl_coding coding;
	uint32_t headers, bad_lines;
};

/* What the lines behind the status line say. */
void irl_http_framing_read(struct irl_http_framing *out, struct irl_text head);

bool irl_text_is(struct irl_text text, const char *lower);

#endif
