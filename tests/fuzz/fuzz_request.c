// SPDX-License-Identifier: BSD-2-Clause
/*
 * A request of any bytes, with places for what differs by target: what is
 * rendered is what a reader of its rules would write, whole or cut anywhere.
 * Input: family and port, length of the domain and the domain, then the text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proto/request.h"
#include "cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM 65536u

static void require(bool condition)
{
	if (!condition)
		abort();
}

struct values {
	char host[300], authority[320], ip[IRL_TEXT6], port[8];
};

static struct values values_of(const struct irl_proto_target *t)
{
	struct values v;

	irl_proto_ip_text(t, v.ip);
	snprintf(v.port, sizeof(v.port), "%u", t->port);
	if (t->domain && *t->domain)
		snprintf(v.host, sizeof(v.host), "%s", t->domain);
	else
		snprintf(v.host, sizeof(v.host), t->ipv6 ? "[%s]" : "%s", v.ip);
	snprintf(v.authority, sizeof(v.authority), "%s%s%s", v.host,
		 t->port == 80 ? "" : ":", t->port == 80 ? "" : v.port);
	return v;
}

/* The place that the text at @c begins with, or NULL; its value. */
static const char *place_at(struct cursor c, const struct irl_proto_target *t,
			    const struct values *v, const char **value)
{
	const char *const all[][2] = {
	    {"{host}", v->host},
	    {"{authority}", v->authority},
	    {"{ip}", v->ip},
	    {"{port}", v->port},
	    {"{domain}", t->domain ? t->domain : ""},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		*value = all[i][1];
		if (c.left >= strlen(all[i][0]) &&
		    !memcmp(c.p, all[i][0], strlen(all[i][0])))
			return all[i][0];
	}
	return NULL;
}

static size_t put(char *to, size_t at, const char *from, size_t n)
{
	if (at + n <= ROOM)
		memcpy(to + at, from, n);
	return at + n;
}

/* By the rules, a byte at a time; at most ROOM are written. */
static size_t expected(struct cursor c, const struct irl_proto_target *t,
		       char *to)
{
	struct values v = values_of(t);
	size_t n = 0;

	while (c.left) {
		const char *value, *place = place_at(c, t, &v, &value);
		size_t skip = 1;

		if (place) {
			n = put(to, n, value, strlen(value));
			skip = strlen(place);
		} else if (*c.p == '{' && (place = place_at(slice(c, 1, c.left),
							    t, &v, &value))) {
			n = put(to, n, place, strlen(place));
			skip = 1 + strlen(place);
		} else {
			n = put(to, n, (const char *)c.p, 1);
		}
		c = slice(c, skip, c.left);
	}
	return n;
}

/* @cut bytes at a time. */
static void check_cut(const struct irl_request *request,
		      const struct irl_proto_target *t, const char *whole,
		      size_t bytes, uint32_t cut)
{
	char *piece = malloc(cut);
	uint64_t at = 0;
	uint32_t n;

	require(piece);
	while ((n = irl_request_render(request, t, at, piece, cut))) {
		require(n <= cut && at + n <= bytes);
		require(!memcmp(piece, whole + at, n));
		at += n;
	}
	require(at == bytes);
	free(piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = {data, size};
	struct irl_proto_target target = {.address = {0x20, 1, 0xd, 0xb8}};
	struct irl_request *request;
	static char whole[ROOM];
	char domain[256] = "";
	size_t n;

	if (size < 4)
		return 0;
	target.ipv6 = data[0] & 1;
	target.port = (uint16_t)(data[1] << 8 | data[2]);
	n = data[3];
	c = slice(c, 4, size);
	memcpy(domain, c.p, n < c.left ? n : c.left);
	domain[n < c.left ? n : c.left] = '\0';
	target.domain = data[0] & 2 ? domain : NULL;
	c = slice(c, n, c.left);
	request = irl_request_new(c.p, c.left);
	require(request);
	n = expected(c, &target, whole);
	require(n <= irl_request_most(request));
	if (n <= ROOM) {
		check_cut(request, &target, whole, n, ROOM);
		check_cut(request, &target, whole, n, 1 + data[0] / 4);
	}
	require(!c.left || !irl_request_echoed(request, "", 0));
	free(request);
	return 0;
}
