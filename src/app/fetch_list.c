// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lines into targets, without ever waiting once the fetch runs: a pipe from a
 * scan is slow, and connections want attention meanwhile.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <irl/net.h>
#include <irl/target.h>
#include "base/os.h"
#include "fetch.h"

#define LINE_MAX_BYTES 4096u
#define BUFFER_BYTES 65536u
#define FIELDS_MAX 64u

enum format {
	FORMAT_UNKNOWN,
	FORMAT_ZGRAB, /* ip,domain,tag,port */
	FORMAT_CSV,   /* of irl scan, with a line of names */
	FORMAT_JSON,
};

struct fetch_list {
	int fd;
	bool owned, ended, peeked;
	const char *name;
	uint16_t port; /* where a line names none */
	enum format format;
	int addr_at, port_at, domain_at, tag_at; /* FORMAT_CSV's; -1: none */
	unsigned long line;
	struct irl_fetch_target first; /* peeked */
	/* A prefix: its first address, and those that are still to come. */
	struct irl_fetch_target prefix;
	struct irl_permutation order;
	uint64_t at;
	size_t from, to; /* of buffer: not looked at yet */
	size_t dropped;  /* bytes of this line, far too long */
	char *buffer;
};

/* ---- one line ------------------------------------------------------------ */

static int bad(const struct fetch_list *list, const char *what,
	       const char *text, struct irl_error *err)
{
	char shown[FETCH_SHOWN];

	return irl_error_set(err, IRL_EPARSE,
			     "%s:%lu: %s: '%s'; a line is "
			     "IP,DOMAIN,TAG,PORT, of which "
			     "all but IP may be left out",
			     list->name, list->line, what,
			     fetch_shown(shown, text));
}

/* "fd00::/120" -> the first address, and how many there are. */
static bool read_prefix(const char *text, struct irl_ip *addr, uint64_t *count)
{
	char part[IRL_IP_TEXT], *end;
	const char *slash = strchr(text, '/');
	unsigned long length;

	if (!slash || slash - text >= (int)sizeof(part) || slash[1] < '0' ||
	    slash[1] > '9')
		return false;
	snprintf(part, sizeof(part), "%.*s", (int)(slash - text), text);
	length = strtoul(slash + 1, &end, 10);
	if (*end || length < 128 - FETCH_HOST_BITS || length > 128 ||
	    !irl_ip_read(part, addr) || irl_ip_is4(addr))
		return false;
	*count = 1ull << (128 - length);
	addr->byte[15] &= (uint8_t)(-*count & 255);
	addr->byte[14] &= (uint8_t)(-*count >> 8 & 255);
	return true;
}

static int set_addr(struct fetch_list *list, const char *text,
		    struct irl_fetch_target *target, struct irl_error *err)
{
	uint64_t count;

	if (irl_ip_read(text, &target->addr))
		return 0;
	if (read_prefix(text, &target->addr, &count)) {
		irl_permutation_init(&list->order, count, list->line);
		list->at = 0;
		return 0;
	}
	return bad(
	    list,
	    strchr(text, '/')
		? "a prefix in a list is of IPv6 and has at most 16 host "
		  "bits (those of IPv4 are operands)"
		: "not an address",
	    text, err);
}

/* The next address of the prefix; false: there is none. */
static bool next_of_prefix(struct fetch_list *list,
			   struct irl_fetch_target *target)
{
	uint64_t index;

	while (list->at < list->order.count) {
		if (!irl_permutation_at(&list->order, list->at++, &index))
			continue;
		*target = list->prefix;
		target->addr.byte[14] |= (uint8_t)(index >> 8);
		target->addr.byte[15] |= (uint8_t)index;
		return true;
	}
	return false;
}

static int set_port(const struct fetch_list *list, const char *text,
		    struct irl_fetch_target *target, struct irl_error *err)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || port < 1 || port > 65535)
		return bad(list, "not a port", text, err);
	target->port = (uint16_t)port;
	return 0;
}

/* Does a quote follow that is not one of two? */
static bool is_closed(const char *text)
{
	while ((text = strchr(text, '"')) && text[1] == '"')
		text += 2;
	return text;
}

/* What stands between quotes, two of which are one (RFC 4180), to @text, where
 * the first of them is.  Returns what follows the last, NULL: there is none. */
static char *unquote(char *text)
{
	char *to = text;

	if (!is_closed(text + 1))
		return NULL;
	for (char *from = text + 1; *from; from++) {
		if (*from == '"' && *++from != '"') {
			*to = '\0';
			return from;
		}
		*to++ = *from;
	}
	return NULL;
}

/* Cut at commas; "..." and blanks around a field are taken off. */
static unsigned split(char *line, char *field[])
{
	unsigned n = 0;

	while (line && n < FIELDS_MAX) {
		char *end, *last;

		line += strspn(line, " \t");
		last = *line == '"' ? unquote(line) : line;
		end = strchr(last ? last : line, ',');
		if (end)
			*end = '\0';
		last = line + strlen(line);
		while (last > line && (last[-1] == ' ' || last[-1] == '\t'))
			*--last = '\0';
		field[n++] = line;
		line = end ? end + 1 : NULL;
	}
	return n;
}

/* It becomes part of the request: nothing that ends a line there. */
static int set_domain(const struct fetch_list *list, const char *text,
		      struct irl_fetch_target *target, struct irl_error *err)
{
	if (strlen(text) > 255)
		return bad(list, "a name of more than 255 bytes", text, err);
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f || *at == '"')
			return bad(list, "not a name", text, err);
	target->domain = text;
	return 0;
}

static int parse_zgrab(struct fetch_list *list, char *line,
		       struct irl_fetch_target *target, struct irl_error *err)
{
	char *field[FIELDS_MAX];
	unsigned n = split(line, field);
	int rc;

	if (n > 4)
		return bad(list, "too many fields, at", field[4], err);
	if (!*field[0] && n > 1 && *field[1])
		return bad(list,
			   "a name without an address; names are not "
			   "looked up",
			   field[1], err);
	rc = set_addr(list, field[0], target, err);
	if (!rc && n > 3 && *field[3])
		rc = set_port(list, field[3], target, err);
	if (!rc && n > 1)
		rc = set_domain(list, field[1], target, err);
	target->tag = n > 2 ? field[2] : NULL;
	return rc;
}

static int parse_csv(struct fetch_list *list, char *line,
		     struct irl_fetch_target *target, struct irl_error *err)
{
	char *field[FIELDS_MAX];
	int n = (int)split(line, field), rc;

	if (n <= list->addr_at || n <= list->port_at || n <= list->domain_at ||
	    n <= list->tag_at)
		return bad(list, "too few fields", line, err);
	rc = set_addr(list, field[list->addr_at], target, err);
	if (!rc && list->port_at >= 0)
		rc = set_port(list, field[list->port_at], target, err);
	if (!rc && list->domain_at >= 0)
		rc = set_domain(list, field[list->domain_at], target, err);
	if (list->tag_at >= 0)
		target->tag = field[list->tag_at];
	return rc;
}

struct json_value {
	char *at; /* NULL: there is none */
	size_t length;
	bool text; /* it was in quotes */
};

/* Behind a string's first quote: its last, or NULL. */
static char *json_end(char *at)
{
	for (; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at : NULL;
}

static struct json_value json_value(char *at)
{
	const bool text = *at == '"';
	char *end = text ? json_end(at + 1) : at + strcspn(at, ",} \t");

	at += text;
	return end ? (struct json_value){at, (size_t)(end - at), text}
		   : (struct json_value){0};
}

/* The value of @name in the line's object; what lies deeper is another's. */
static struct json_value json_find(char *line, const char *name)
{
	const size_t n = strlen(name);
	int depth = 0;
	char *end;

	for (char *at = line; *at; at++) {
		depth += *at == '{' || *at == '[';
		depth -= *at == '}' || *at == ']';
		if (*at != '"')
			continue;
		end = json_end(at + 1);
		if (!end)
			break;
		if (depth == 1 && (size_t)(end - at - 1) == n &&
		    !memcmp(at + 1, name, n)) {
			char *colon = end + 1 + strspn(end + 1, " \t");

			if (*colon == ':')
				return json_value(colon + 1 +
						  strspn(colon + 1, " \t"));
		}
		at = end;
	}
	return (struct json_value){0};
}

/* A copy of that of @name, else of @other, the caller's; NULL: none. */
static char *json_copy(char *line, const char *name, const char *other)
{
	struct json_value value = json_find(line, name);
	char *copy;

	if (!value.at)
		value = json_find(line, other);
	copy = value.at ? malloc(value.length + 1) : NULL;
	if (copy) {
		memcpy(copy, value.at, value.length);
		copy[value.length] = '\0';
	}
	return copy;
}

/* Cut out in place; null is no name, nor is what is not text. */
static char *json_cut(struct json_value value)
{
	if (!value.text)
		return NULL;
	value.at[value.length] = '\0';
	return value.at;
}

/* After all else has been found: the line is cut up. */
static int set_json_names(const struct fetch_list *list, char *line,
			  struct irl_fetch_target *target,
			  struct irl_error *err)
{
	struct json_value domain_value = json_find(line, "domain");
	struct json_value tag_value = json_find(line, "tag");
	char *domain = json_cut(domain_value), *tag = json_cut(tag_value);

	if ((domain && strchr(domain, '\\')) || (tag && strchr(tag, '\\')))
		return bad(list, "an escape in a name or tag", line, err);
	target->tag = tag;
	return domain ? set_domain(list, domain, target, err) : 0;
}

static int parse_json(struct fetch_list *list, char *line,
		      struct irl_fetch_target *target, struct irl_error *err)
{
	char *addr = json_copy(line, "saddr", "ip");
	char *port = json_copy(line, "sport", "port");
	int rc;

	rc = addr ? set_addr(list, addr, target, err)
		  : bad(list, "no \"saddr\" and no \"ip\"", line, err);
	if (!rc && port)
		rc = set_port(list, port, target, err);
	if (!rc)
		rc = set_json_names(list, line, target, err);
	free(addr);
	free(port);
	return rc;
}

/* Is the first line one of names?  Then where those are that we take. */
static bool read_names(struct fetch_list *list, const char *line)
{
	char copy[LINE_MAX_BYTES + 1], *field[FIELDS_MAX];
	unsigned n;

	snprintf(copy, sizeof(copy), "%s", line);
	n = split(copy, field);
	list->addr_at = list->port_at = -1;
	list->domain_at = list->tag_at = -1;
	for (unsigned i = 0; i < n; i++) {
		if (!strcmp(field[i], "saddr") || !strcmp(field[i], "ip"))
			list->addr_at = (int)i;
		if (!strcmp(field[i], "sport") || !strcmp(field[i], "port"))
			list->port_at = (int)i;
		if (!strcmp(field[i], "domain"))
			list->domain_at = (int)i;
		if (!strcmp(field[i], "tag"))
			list->tag_at = (int)i;
	}
	return list->addr_at >= 0;
}

/* 1: a target; 0: a line without one. */
static int parse(struct fetch_list *list, char *line,
		 struct irl_fetch_target *target, struct irl_error *err)
{
	int rc;

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	if (list->format == FORMAT_UNKNOWN) {
		list->format = *line == '{' ? FORMAT_JSON : FORMAT_ZGRAB;
		if (*line != '{' && read_names(list, line)) {
			list->format = FORMAT_CSV;
			return 0;
		}
	}
	*target = (struct irl_fetch_target){.port = list->port};
	list->order.count = 0;
	rc = list->format == FORMAT_JSON ? parse_json(list, line, target, err)
	     : list->format == FORMAT_CSV
		 ? parse_csv(list, line, target, err)
		 : parse_zgrab(list, line, target, err);
	if (rc)
		list->order.count = 0;
	if (rc || !list->order.count)
		return rc ? rc : 1;
	list->prefix = *target;
	return next_of_prefix(list, target);
}

/* ---- the file ------------------------------------------------------------ */

/* The next whole line, cut, with its length; NULL: there is none now. */
static char *take_line(struct fetch_list *list, size_t *length)
{
	char *at = list->buffer + list->from;
	char *end = memchr(at, '\n', list->to - list->from);
	size_t mark;

	if (!end && list->ended && (list->from < list->to || list->dropped))
		end = list->buffer + list->to; /* the last, without its end */
	if (!end)
		return NULL;
	list->from = (size_t)(end - list->buffer) + 1;
	if (list->from > list->to)
		list->from = list->to;
	*length = (size_t)(end - at) + list->dropped;
	list->dropped = 0;
	*end = '\0';
	if (end > at && end[-1] == '\r')
		end[-1] = '\0';
	mark = list->line++ ? 0 : fetch_mark(at);
	*length -= mark;
	return at + mark;
}

static int too_long(const struct fetch_list *list, struct irl_error *err)
{
	return irl_error_set(err, IRL_EPARSE,
			     "%s:%lu: a line of more than %u bytes", list->name,
			     list->line, LINE_MAX_BYTES);
}

/* 1: read some, or the end; 0: nothing there now. */
static int fill(struct fetch_list *list, int timeout_ms, struct irl_error *err)
{
	ssize_t n;

	memmove(list->buffer, list->buffer + list->from, list->to - list->from);
	list->to -= list->from;
	list->from = 0;
	if (list->to > LINE_MAX_BYTES) {
		list->dropped += list->to;
		list->to = 0;
	}
	if (!irl_os_await_input(list->fd, timeout_ms))
		return 0;
	n = read(list->fd, list->buffer + list->to,
		 (unsigned)(BUFFER_BYTES - list->to));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return irl_error_errno(err, errno, "cannot read %s",
				       list->name);
	list->ended = n == 0;
	list->to += (size_t)n;
	return 1;
}

static int next(struct fetch_list *list, int timeout_ms,
		struct irl_fetch_target *target, struct irl_error *err)
{
	if (next_of_prefix(list, target))
		return 1;
	for (;;) {
		size_t length;
		char *line = take_line(list, &length);
		int rc;

		if (line && length > LINE_MAX_BYTES)
			rc = too_long(list, err);
		else if (line && strnlen(line, length) + 1 < length)
			rc = bad(list, "a zero byte behind", line, err);
		else if (line)
			rc = parse(list, line, target, err);
		else if (list->ended)
			return IRL_FETCH_END;
		else
			rc = fill(list, timeout_ms, err);
		if (rc < 0 || (line && rc == 1) || (!line && rc == 0))
			return rc;
	}
}

int fetch_list_next(struct fetch_list *list, struct irl_fetch_target *target,
		    struct irl_error *err)
{
	if (!list->peeked)
		return next(list, 0, target, err);
	list->peeked = false;
	*target = list->first;
	return 1;
}

int fetch_list_peek(struct fetch_list *list, struct irl_fetch_target *target,
		    struct irl_error *err)
{
	int rc;

	do
		rc = next(list, -1, &list->first, err);
	while (rc == 0);
	list->peeked = rc == 1;
	*target = list->first;
	return rc == IRL_FETCH_END ? 0 : rc;
}

int fetch_list_open(struct fetch_list **out, const char *path,
		    uint16_t default_port, struct irl_error *err)
{
	struct fetch_list *list = calloc(1, sizeof(*list));
	bool is_stdin = !strcmp(path, "-");

	*out = NULL;
	if (list)
		list->buffer = malloc(BUFFER_BYTES + 1);
	if (!list || !list->buffer) {
		free(list);
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	}
	list->owned = !is_stdin;
	list->name = is_stdin ? "standard input" : path;
	list->port = default_port;
	list->fd = is_stdin ? STDIN_FILENO : irl_os_open(path, IRL_OS_READ);
	if (list->fd < 0) {
		int rc = irl_error_errno(err, errno, "cannot read %s", path);

		free(list->buffer);
		free(list);
		return rc;
	}
	*out = list;
	return 0;
}

bool fetch_list_lacks_ports(const struct fetch_list *list)
{
	return list->format == FORMAT_CSV && list->port_at < 0;
}

void fetch_list_close(struct fetch_list *list)
{
	if (!list)
		return;
	if (list->owned)
		close(list->fd);
	free(list->buffer);
	free(list);
}
