// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/os.h"
#include "base/text.h"
#include "target/ranges.h"

/* "255.255.255.255-255.255.255.255" has 31 characters. */
#define ITEM_MAX 31

/* Where items come from, for messages. */
struct source {
	const char *name; /* of a file or of an argument */
	uint64_t line;    /* 0: none */
};

struct parser {
	struct irl_ranges *ranges;
	struct source source;
	struct irl_error *err;
	char item[IRL_SHOWN_MAX + 1]; /* what fits of it */
	size_t length;                /* of the whole item */
	bool comments, in_comment;
};

/* 1-3 digits, no leading zero (some read those as octal), below 256. */
static bool parse_octet(const char **s, uint32_t *value)
{
	const char *p = *s;
	uint32_t v = 0;
	int digits = 0;

	for (; *p >= '0' && *p <= '9' && digits < 3; p++, digits++)
		v = v * 10 + (uint32_t)(*p - '0');
	if (digits == 0 || v > 255 || (digits > 1 && **s == '0'))
		return false;
	*s = p;
	*value = v;
	return true;
}

static bool parse_addr(const char **s, uint32_t *addr)
{
	uint32_t v = 0, octet;

	for (int i = 0; i < 4; i++) {
		if (i > 0 && *(*s)++ != '.')
			return false;
		if (!parse_octet(s, &octet))
			return false;
		v = v << 8 | octet;
	}
	*addr = v;
	return true;
}

/* What is wrong with an item that begins with no IPv4 address. */
static const char *what_else(const char *item)
{
	if (item[strspn(item, "0123456789abcdefABCDEF:./%")] == '\0' &&
	    strchr(item, ':'))
		return "is not IPv4, as these targets must be; irl fetch takes "
		       "lists of IPv6 (-f)";
	if (!strcmp(item, "saddr"))
		return "is no address but names a column; give that alone: "
		       "tail -n +2 FILE | cut -d, -f1 | irl scan -w -";
	if (irl_text_is_name(item))
		return "is a name, and names are not looked up; irl fetch "
		       "takes lists of ADDRESS,NAME (-f)";
	return "is no address, prefix or range";
}

static const char *parse_item(const char *s, struct irl_range *range)
{
	const char *item = s;
	uint32_t length;

	if (!parse_addr(&s, &range->first))
		return what_else(item);
	range->last = range->first;
	if (*s == '/') {
		s++;
		if (!parse_octet(&s, &length) || length > 32 || *s)
			return "has a prefix length that is not 0 to 32";
		uint32_t host = (uint32_t)(0xffffffffull >> length);

		range->first &= ~host;
		range->last = range->first | host;
		return NULL;
	}
	if (*s == '-') {
		s++;
		if (!parse_addr(&s, &range->last) || *s)
			return "is no range: write first-last";
		if (range->last < range->first)
			return "is a range that ends before it begins";
		return NULL;
	}
	if (*s == ':')
		return "has a port; give ports by -p, or such a list to irl "
		       "fetch (-f)";
	return *s ? "is no address, prefix or range" : NULL;
}

void irl_item_show(char shown[IRL_SHOWN_MAX + 4], const char *item,
		   size_t length)
{
	size_t n = length < IRL_SHOWN_MAX ? length : IRL_SHOWN_MAX;

	for (size_t i = 0; i < n; i++) {
		char c = item[i];

		shown[i] = c < 0x20 || c > 0x7e || c == '"' ? '?' : c;
	}
	memcpy(shown + n, length > n ? "..." : "", length > n ? 4 : 1);
}

static int fail(const struct parser *p, const char *why)
{
	char shown[IRL_SHOWN_MAX + 4];

	irl_item_show(shown, p->item, p->length);
	if (p->source.line == 0)
		return irl_error_set(p->err, IRL_EPARSE, "%.120s: \"%s\" %s",
				     p->source.name, shown, why);
	return irl_error_set(p->err, IRL_EPARSE, "%.300s:%llu: \"%s\" %s",
			     p->source.name, (unsigned long long)p->source.line,
			     shown, why);
}

static int finish_item(struct parser *p)
{
	struct irl_range range;
	const char *why;

	if (p->length == 0)
		return 0;
	if (p->length > ITEM_MAX)
		return fail(p, "is no address, prefix or range");
	p->item[p->length] = 0;
	why = parse_item(p->item, &range);
	/* A NUL inside would hide what follows it. */
	if (why || strlen(p->item) != p->length)
		return fail(p, why ? why : "is no address, prefix or range");
	p->length = 0;
	if (!irl_ranges_add(p->ranges, range))
		return irl_error_set(p->err, IRL_ENOMEM,
				     "out of memory for %zu ranges",
				     p->ranges->count);
	return 0;
}

static bool is_separator(char c)
{
	return c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n' ||
	       c == '\f' || c == '\v';
}

static int feed(struct parser *p, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char c = data[i];
		bool hash = c == '#' && p->comments;
		int rc;

		if (p->in_comment && c != '\n')
			continue;
		if (!hash && !is_separator(c)) {
			if (p->length < IRL_SHOWN_MAX)
				p->item[p->length] = c;
			p->length++;
			continue;
		}
		rc = finish_item(p);
		if (rc)
			return rc;
		p->in_comment = hash;
		if (c == '\n' && p->source.line)
			p->source.line++;
	}
	return 0;
}

int irl_ranges_parse(struct irl_ranges *ranges, const char *text,
		     const char *what, struct irl_error *err)
{
	struct parser p = {
	    .ranges = ranges, .source = {.name = what}, .err = err};
	size_t before = ranges->count;
	int rc = feed(&p, text, strlen(text));

	if (!rc)
		rc = finish_item(&p);
	if (!rc && ranges->count == before)
		rc = irl_error_set(err, IRL_EPARSE,
				   "%.120s: \"\" names no address", what);
	if (rc)
		ranges->count = before;
	return rc;
}

/* Enough to see a mark by, unless it ends before; less than 0: why not. */
static ssize_t read_piece(int fd, char *data, size_t size)
{
	size_t got = 0;
	ssize_t n;

	do {
		n = read(fd, data + got, (unsigned)(size - got));
		got += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && got < IRL_TEXT_MARK) || (n < 0 && errno == EINTR));
	return n < 0 ? n : (ssize_t)got;
}

static int read_all(struct parser *p, int fd)
{
	char data[65536];
	bool first = true;

	for (;;) {
		ssize_t n = read_piece(fd, data, sizeof(data));
		int skip = 0, rc;

		if (n < 0)
			return irl_error_errno(p->err, errno,
					       "cannot read %.300s",
					       p->source.name);
		if (n == 0)
			return finish_item(p);
		if (first)
			skip = irl_text_mark(data, (size_t)n, p->source.name,
					     p->err);
		if (skip < 0)
			return skip;
		first = false;
		rc = feed(p, data + skip, (size_t)(n - skip));
		if (rc)
			return rc;
	}
}

int irl_ranges_parse_file(struct irl_ranges *ranges, const char *path,
			  struct irl_error *err)
{
	bool standard = strcmp(path, "-") == 0;
	struct parser p = {
	    .ranges = ranges,
	    .source = {.name = standard ? "standard input" : path, .line = 1},
	    .err = err,
	    .comments = true};
	size_t before = ranges->count;
	int fd = standard ? STDIN_FILENO : irl_os_open(path, IRL_OS_READ);
	int rc;

	if (fd < 0)
		return irl_error_errno(err, errno, "cannot open %.300s", path);
	rc = read_all(&p, fd);
	if (!standard)
		close(fd);
	if (rc)
		ranges->count = before;
	return rc;
}
