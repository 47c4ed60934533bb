// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "proto/config.h"

#define SECOND UINT64_C(1000000000)

#define DEFAULT(field, value)                                                  \
	do {                                                                   \
		if (!(field))                                                  \
			(field) = (value);                                     \
	} while (0)

static void fill_in(struct irl_proto_options *limit)
{
	DEFAULT(limit->head_max_bytes, 1u << 16);
	DEFAULT(limit->header_max, 128);
	DEFAULT(limit->keep_max_bytes, 1u << 18);
	DEFAULT(limit->body_max_bytes, 1u << 26);
	DEFAULT(limit->decode_max_bytes, 1u << 24);
	DEFAULT(limit->decode_max_ratio, 200);
	DEFAULT(limit->other_max_bytes, 1u << 12);
	DEFAULT(limit->wait_ns, 2 * SECOND);
	DEFAULT(limit->quiet_ns, SECOND / 2);
	limit->method = limit->path = limit->user_agent = NULL;
	limit->headers = NULL;
	limit->request = NULL;
}

/* Offsets into what is kept are 32 bits wide, with room to spare. */
#define LIMIT_MAX (1u << 28)

static int check_limits(const struct irl_proto_options *o,
			struct irl_error *err)
{
	if (o->header_max > IRL_PROTO_HEADERS)
		return irl_error_set(err, IRL_EINVAL,
				     "at most %u headers can be kept, not %u",
				     IRL_PROTO_HEADERS, o->header_max);
	if (o->head_max_bytes > LIMIT_MAX || o->keep_max_bytes > LIMIT_MAX ||
	    o->other_max_bytes > LIMIT_MAX || o->request_bytes > LIMIT_MAX)
		return irl_error_set(err, IRL_EINVAL,
				     "at most 256 MiB can be kept or sent");
	return 0;
}

/* ---- the request of http ----------------------------------------------- */

static bool is_token(const char *text)
{
	size_t n = strspn(text, "!#$%&'*+-.^_`|~0123456789"
				"abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return n && !text[n];
}

static int check_header(const char *header, struct irl_error *err)
{
	const char *colon = strchr(header, ':');
	char name[80];

	if (colon && (size_t)(colon - header) < sizeof(name)) {
		snprintf(name, sizeof(name), "%.*s", (int)(colon - header),
			 header);
		if (is_token(name) && !strpbrk(header, "\r\n"))
			return 0;
	}
	return irl_error_set(err, IRL_EINVAL,
			     "header \"%s\": expected \"Name: value\"", header);
}

/* RFC 9112, 3.2: of this host, of another, of none, of a tunnel. */
static bool is_request_target(const struct irl_proto_options *o)
{
	return (*o->path == '/' || strstr(o->path, "://") ||
		!strcmp(o->path, "*") ||
		(o->method && !strcmp(o->method, "CONNECT"))) &&
	       !strpbrk(o->path, " \t\r\n");
}

static int check_request(const struct irl_proto_options *o,
			 struct irl_error *err)
{
	int rc = 0;

	if (o->method && !is_token(o->method))
		return irl_error_set(err, IRL_EINVAL,
				     "method \"%s\" is not a word of HTTP",
				     o->method);
	if (o->path && !is_request_target(o))
		return irl_error_set(err, IRL_EINVAL,
				     "path \"%s\": let it begin with / or "
				     "http://, without white space",
				     o->path);
	if (o->user_agent && strpbrk(o->user_agent, "\r\n"))
		return irl_error_set(err, IRL_EINVAL,
				     "the user agent holds a line end");
	for (unsigned i = 0; i < o->header_count && !rc; i++)
		rc = check_header(o->headers[i], err);
	return rc;
}

static bool has_header(const struct irl_proto_options *o, const char *name)
{
	size_t n = strlen(name);

	for (unsigned i = 0; i < o->header_count; i++)
		if (!strncasecmp(o->headers[i], name, n) &&
		    o->headers[i][n] == ':')
			return true;
	return false;
}

/* Text that is measured first: without room it only counts. */
struct text {
	char *at;
	size_t room, used;
};

static IRL_PRINTF(2, 3) void say(struct text *t, const char *format, ...)
{
	size_t left = t->used < t->room ? t->room - t->used : 0;
	va_list args;

	va_start(args, format);
	t->used += (size_t)vsnprintf(left ? t->at + t->used : NULL, left,
				     format, args);
	va_end(args);
}

static void put_request(struct text *to, const struct irl_proto_options *o)
{
	say(to, "%s %s HTTP/1.1\r\n", o->method ? o->method : "GET",
	    o->path ? o->path : "/");
	if (!has_header(o, "Host"))
		say(to, "Host: {authority}\r\n");
	if (!has_header(o, "User-Agent"))
		say(to, "User-Agent: %s\r\n",
		    o->user_agent ? o->user_agent : "Mozilla/5.0 irlstack");
	if (!has_header(o, "Accept"))
		say(to, "Accept: */*\r\n");
	if (!has_header(o, "Accept-Encoding"))
		say(to, "Accept-Encoding: gzip, deflate\r\n");
	if (!has_header(o, "Connection"))
		say(to, "Connection: close\r\n");
	for (unsigned i = 0; i < o->header_count; i++)
		say(to, "%s\r\n", o->headers[i]);
	say(to, "\r\n");
}

static int make_request(struct irl_proto_config *config,
			const struct irl_proto_options *o,
			struct irl_error *err)
{
	struct text text = {0};

	put_request(&text, o);
	text.room = text.used + 1;
	text.used = 0;
	text.at = malloc(text.room);
	if (text.at) {
		put_request(&text, o);
		config->request = irl_request_new(text.at, text.used);
		free(text.at);
	}
	return config->request
		   ? 0
		   : irl_error_set(err, IRL_ENOMEM, "out of memory");
}

/* ---- all protocols ----------------------------------------------------- */

static int set_request(struct irl_proto_config *config,
		       const struct irl_proto *proto,
		       const struct irl_proto_options *o, struct irl_error *err)
{
	bool http = proto == &irl_proto_http;

	if (!o->request_bytes && http)
		return make_request(config, o, err);
	if (!o->request_bytes && proto == &irl_proto_raw)
		return irl_error_set(err, IRL_EINVAL,
				     "raw needs something to send");
	if (!o->request_bytes)
		return 0;
	config->request = irl_request_new(o->request, o->request_bytes);
	if (!config->request)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	return 0;
}

uint32_t irl_proto_request_most(const struct irl_proto_config *config)
{
	return config->request ? (uint32_t)irl_request_most(config->request)
			       : 0;
}

static int check_size(const struct irl_proto_config *config,
		      struct irl_error *err)
{
	if (!config->request || irl_request_most(config->request) <= LIMIT_MAX)
		return 0;
	return irl_error_set(
	    err, IRL_EINVAL,
	    "a request that may become %llu bytes, names put "
	    "in; at most 256 MiB can be sent",
	    (unsigned long long)irl_request_most(config->request));
}

int irl_proto_config_open(struct irl_proto_config **out,
			  const struct irl_proto *proto,
			  const struct irl_proto_options *options,
			  struct irl_error *err)
{
	struct irl_proto_config *config = calloc(1, sizeof(*config));
	int rc;

	*out = NULL;
	if (!config)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	rc = check_limits(options, err);
	if (!rc)
		rc = check_request(options, err);
	if (!rc)
		rc = set_request(config, proto, options, err);
	if (!rc)
		rc = check_size(config, err);
	if (rc) {
		irl_proto_config_close(config);
		return rc;
	}
	config->limit = *options;
	fill_in(&config->limit);
	if (config->request) {
		config->head = irl_request_begins(config->request, "HEAD ");
		config->connect =
		    irl_request_begins(config->request, "CONNECT ");
	}
	*out = config;
	return 0;
}

void irl_proto_config_close(struct irl_proto_config *config)
{
	if (config)
		free(config->request);
	free(config);
}
