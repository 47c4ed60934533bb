// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proto/request.h"

enum place { TEXT, HOST, AUTHORITY, IP, PORT, DOMAIN, PLACES };

static const char *const name[PLACES] = {
    [HOST] = "{host}", [AUTHORITY] = "{authority}", [IP] = "{ip}",
    [PORT] = "{port}", [DOMAIN] = "{domain}",
};

struct piece {
	enum place place;
	size_t at, bytes; /* of the text */
};

struct irl_request {
	unsigned count;
	char *text;
	struct piece piece[];
};

static enum place place_at(const char *at, size_t left, size_t *bytes)
{
	for (enum place p = HOST; p < PLACES; p++) {
		*bytes = strlen(name[p]);
		if (left >= *bytes && !memcmp(at, name[p], *bytes))
			return p;
	}
	return TEXT;
}

/* Cut the text at its places: @piece NULL only counts. */
static unsigned cut(const char *text, size_t bytes, struct piece *piece)
{
	unsigned n = 0;
	size_t from = 0, at = 0;

	while (at < bytes) {
		bool literal =
		    text[at] == '{' && at + 1 < bytes && text[at + 1] == '{';
		size_t end, skip = literal ? 1 : 0;
		enum place p =
		    text[at] == '{'
			? place_at(text + at + skip, bytes - at - skip, &end)
			: TEXT;

		if (p == TEXT) {
			at++;
			continue;
		}
		if (piece) {
			piece[n] = (struct piece){TEXT, from, at - from};
			piece[n + 1] = (struct piece){
			    literal ? TEXT : p, at + skip, literal ? end : 0};
		}
		n += 2;
		from = at += skip + end;
	}
	if (piece)
		piece[n] = (struct piece){TEXT, from, bytes - from};
	return n + 1;
}

struct irl_request *irl_request_new(const void *text, size_t bytes)
{
	unsigned count = cut(text, bytes, NULL);
	size_t pieces = count * sizeof(struct piece);
	struct irl_request *t = malloc(sizeof(*t) + pieces + bytes);

	if (!t)
		return NULL;
	t->count = count;
	t->text = (char *)t + sizeof(*t) + pieces;
	memcpy(t->text, text, bytes);
	cut(t->text, bytes, t->piece);
	return t;
}

#define DOMAIN_MAX 255
#define PLACE_MAX 320 /* a domain, brackets, a port */

char *irl_proto_ip_text(const struct irl_proto_target *target,
			char text[IRL_TEXT6])
{
	const uint8_t *a = target->address;

	if (target->ipv6)
		return irl_text6(a, text);
	return irl_text4((uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 |
			     (uint32_t)a[2] << 8 | a[3],
			 text);
}

static size_t host_text(const struct irl_proto_target *target, char *text)
{
	char ip[IRL_TEXT6];

	if (target->domain && target->domain[0])
		return (size_t)snprintf(text, PLACE_MAX, "%.*s", DOMAIN_MAX,
					target->domain);
	irl_proto_ip_text(target, ip);
	return (size_t)snprintf(text, PLACE_MAX, target->ipv6 ? "[%s]" : "%s",
				ip);
}

static size_t place_text(enum place place,
			 const struct irl_proto_target *target, char *text)
{
	size_t n;

	switch (place) {
	case HOST:
		return host_text(target, text);
	case AUTHORITY:
		n = host_text(target, text);
		if (target->port == 80)
			return n;
		return n + (size_t)snprintf(text + n, PLACE_MAX - n, ":%u",
					    target->port);
	case IP:
		irl_proto_ip_text(target, text);
		return strlen(text);
	case PORT:
		return (size_t)snprintf(text, PLACE_MAX, "%u", target->port);
	case DOMAIN:
		return (size_t)snprintf(text, PLACE_MAX, "%.*s", DOMAIN_MAX,
					target->domain ? target->domain : "");
	case TEXT:
	case PLACES:
		break;
	}
	return 0;
}

uint64_t irl_request_most(const struct irl_request *t)
{
	static const size_t most[PLACES] = {
	    [HOST] = DOMAIN_MAX,
	    [AUTHORITY] = DOMAIN_MAX + sizeof(":65535") - 1,
	    [IP] = IRL_TEXT6,
	    [PORT] = sizeof("65535") - 1,
	    [DOMAIN] = DOMAIN_MAX,
	};
	uint64_t bytes = 0;

	for (unsigned i = 0; i < t->count; i++)
		bytes += t->piece[i].bytes + most[t->piece[i].place];
	return bytes;
}

uint32_t irl_request_render(const struct irl_request *t,
			    const struct irl_proto_target *target,
			    uint64_t skip, void *buf, uint32_t room)
{
	uint32_t made = 0;

	for (unsigned i = 0; i < t->count && made < room; i++) {
		const struct piece *p = &t->piece[i];
		char text[PLACE_MAX];
		const char *from = p->place == TEXT ? t->text + p->at : text;
		size_t n = p->place == TEXT
			       ? p->bytes
			       : place_text(p->place, target, text);

		if (skip >= n) {
			skip -= n;
			continue;
		}
		n -= (size_t)skip;
		if (n > room - made)
			n = room - made;
		memcpy((char *)buf + made, from + skip, n);
		made += (uint32_t)n;
		skip = 0;
	}
	return made;
}

bool irl_request_echoed(const struct irl_request *t, const void *bytes,
			size_t n)
{
	size_t first = t->piece[0].bytes;

	if (!n || !first)
		return false;
	return !memcmp(bytes, t->text, n < first ? n : first);
}

bool irl_request_begins(const struct irl_request *t, const char *word)
{
	size_t n = strlen(word);

	return t->piece[0].bytes >= n && !memcmp(t->text, word, n);
}
