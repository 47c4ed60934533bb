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
#include "base/text.h"
#include "fetch.h"
#include "fetch_fields.h"

#define LINE_MAX_BYTES (4u << 20)
#define BUFFER_BYTES 65536u
#define FIELDS_MAX 64u
#define NAME_ALONE "a name without an address; names are not looked up"

enum form {
	FORM_UNKNOWN,
	FORM_ZGRAB, /* ip,domain,tag,port */
	FORM_CSV,   /* of irl scan, with a line of names */
	FORM_JSON,
};

/* In the order of FORM_ZGRAB. */
enum field {
	FIELD_ADDR,
	FIELD_DOMAIN,
	FIELD_TAG,
	FIELD_PORT,
	FIELDS,
};

static const struct fetch_field nothing_said[FIELDS] = {
    [FIELD_ADDR] = {"saddr", "ip", NULL, 0},
    [FIELD_DOMAIN] = {"domain", NULL, NULL, 0},
    [FIELD_TAG] = {"tag", NULL, NULL, 0},
    [FIELD_PORT] = {"sport", "port", NULL, 0},
};

struct fetch_list {
	int fd;
	bool owned, begun, ended, peeked; /* begun: behind its mark */
	const char *name;
	uint16_t port; /* where a line names none */
	enum form form;
	enum field column[FIELDS_MAX]; /* FORM_CSV's; FIELDS: none of ours */
	unsigned columns;              /* up to the last of ours */
	bool has_port_column;
	unsigned long line;
	struct irl_fetch_target first; /* peeked */
	/* A prefix: its first address, and those that are still to come. */
	struct irl_fetch_target prefix;
	struct irl_permutation order;
	uint64_t at;
	size_t line_max; /* bytes */
	size_t from, to; /* of buffer: not taken yet */
	size_t searched; /* from there on: without an end of line */
	size_t dropped;  /* bytes of this line, far too long */
	size_t size;     /* of buffer, but for a last byte */
	char *buffer;
};

/* ---- one line ------------------------------------------------------------ */

static int bad(const struct fetch_list *list, const char *what,
	       const char *text, struct irl_error *err)
{
	static const char *const hint[] = {
	    [FORM_UNKNOWN] = "",
	    [FORM_ZGRAB] = "; a line is IP,DOMAIN,TAG,PORT, of which all but "
			   "IP may be left out",
	    [FORM_CSV] = "; the columns are those that the list's first line "
			 "names: saddr or ip, sport or port, domain, tag",
	    [FORM_JSON] = "; a line is a JSON object with saddr or ip, and "
			  "perhaps sport or port, domain, tag",
	};
	char shown[FETCH_SHOWN];

	return irl_error_set(err, IRL_EPARSE, "%s:%lu: %s: '%s'%s", list->name,
			     list->line, what, fetch_shown(shown, text),
			     hint[list->form]);
}

/* The address that the first @length bytes are. */
static bool read_first(const char *text, size_t length, struct irl_ip *addr)
{
	char part[IRL_IP_TEXT];

	if (length >= sizeof(part))
		return false;
	memcpy(part, text, length);
	part[length] = '\0';
	return irl_ip_read(part, addr);
}

/* "fd00::/120" -> the first address, and how many there are. */
static bool read_prefix(const char *text, struct irl_ip *addr, uint64_t *count)
{
	const char *slash = strchr(text, '/');
	unsigned long length;
	char *end;

	if (!slash || slash[1] < '0' || slash[1] > '9')
		return false;
	length = strtoul(slash + 1, &end, 10);
	if (*end || length < 128 - FETCH_HOST_BITS || length > 128 ||
	    !read_first(text, (size_t)(slash - text), addr) || irl_ip_is4(addr))
		return false;
	*count = 1ull << (128 - length);
	addr->byte[15] &= (uint8_t)(-*count & 255);
	addr->byte[14] &= (uint8_t)(-*count >> 8 & 255);
	return true;
}

/* Does @text begin with an address, and one of @ends behind it?  Which; 0: no.
 */
static char behind_address(const char *text, const char *ends)
{
	size_t length = strcspn(text, ends);
	struct irl_ip addr;

	return read_first(text, length, &addr) ? text[length] : 0;
}

/* What is wrong with what should be an address. */
static const char *what_else(const char *text)
{
	switch (behind_address(text, "/-")) {
	case '/':
		return "a prefix in a list is of IPv6 and has at most 16 host "
		       "bits (those of IPv4 are operands, or in "
		       "--allowlist-file)";
	case '-':
		return "a range; give it as an operand, or in "
		       "--allowlist-file";
	}
	if (!strncmp(text, "open tcp ", 9))
		return "a line of masscan -oL; make ADDRESS:PORT of it, as by: "
		       "awk '/^open/ {print $4 \":\" $3}' FILE";
	if (!strcmp(text, "["))
		return "an array of JSON; make ADDRESS:PORT of it, of masscan "
		       "-oJ by: jq -r '.[] | \"\\(.ip):\\(.ports[].port)\"' "
		       "FILE";
	return irl_text_is_name(text) ? NAME_ALONE : "not an address";
}

/* "10.0.0.1:443", "[fd00::1]:443" -> the address; returns the port's text,
 * NULL: it is none of these. */
static char *read_with_port(char *text, struct irl_ip *addr)
{
	bool boxed = *text == '[';
	char *end = strchr(text, boxed ? ']' : ':');

	if (!end || end[boxed] != ':')
		return NULL;
	text += boxed;
	return read_first(text, (size_t)(end - text), addr) ? end + boxed + 1
							    : NULL;
}

static int set_addr(struct fetch_list *list, struct fetch_field said[],
		    struct irl_fetch_target *target, struct irl_error *err)
{
	char *text = said[FIELD_ADDR].text, *port;
	struct fetch_field *other = &said[FIELD_PORT];
	uint64_t count;

	if (irl_ip_read(text, &target->addr))
		return 0;
	if (read_prefix(text, &target->addr, &count)) {
		irl_permutation_init(&list->order, count, list->line);
		list->at = 0;
		return 0;
	}
	port = read_with_port(text, &target->addr);
	if (!port)
		return bad(list, what_else(text), text, err);
	if (!other->text)
		other->text = port;
	return strcmp(other->text, port)
		   ? bad(list, FETCH_FIELD_TWICE, other->text, err)
		   : 0;
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

/* Behind an address, which has none, # begins a comment, as in lists of what to
 * scan or to block; a tag may have one. */
static void cut_comment(char *line)
{
	char *end = line + strcspn(line, "#,\"");

	if (*end == '#')
		*end = '\0';
}

/* It becomes part of the request: nothing that ends a line there. */
static int set_domain(const struct fetch_list *list, const char *text,
		      struct irl_fetch_target *target, struct irl_error *err)
{
	if (strlen(text) > IRL_FETCH_DOMAIN_MAX)
		return bad(list, "a name of more than 255 bytes", text, err);
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f || *at == '"')
			return bad(list, "not a name", text, err);
	target->domain = text;
	return 0;
}

static int set_tag(const struct fetch_list *list, const char *text,
		   struct irl_fetch_target *target, struct irl_error *err)
{
	if (strlen(text) > IRL_FETCH_TAG_MAX)
		return bad(list, "a tag of more than 4095 bytes", text, err);
	target->tag = text;
	return 0;
}

/* What a line says, of whatever form. */
static int set_target(struct fetch_list *list, struct fetch_field said[],
		      struct irl_fetch_target *target, struct irl_error *err)
{
	int rc = set_addr(list, said, target, err);

	if (!rc && said[FIELD_PORT].text)
		rc = set_port(list, said[FIELD_PORT].text, target, err);
	if (!rc && said[FIELD_DOMAIN].text)
		rc = set_domain(list, said[FIELD_DOMAIN].text, target, err);
	if (!rc && said[FIELD_TAG].text)
		rc = set_tag(list, said[FIELD_TAG].text, target, err);
	return rc;
}

static int parse_zgrab(const struct fetch_list *list, char *part[], unsigned n,
		       struct fetch_field said[], struct irl_error *err)
{
	if (n > FIELDS)
		return bad(list, "too many fields, at", part[FIELDS], err);
	if (!*part[0] && n > 1 && *part[1])
		return bad(list, NAME_ALONE, part[1], err);
	for (unsigned i = 0; i < n; i++)
		if (i != FIELD_PORT || *part[i])
			said[i].text = part[i];
	return 0;
}

static int parse_csv(const struct fetch_list *list, char *part[], unsigned n,
		     struct fetch_field said[], struct irl_error *err)
{
	if (n < list->columns)
		return bad(list, "too few fields", part[0], err);
	for (unsigned i = 0; i < list->columns; i++)
		if (list->column[i] != FIELDS &&
		    !fetch_field_say(&said[list->column[i]], part[i],
				     strlen(part[i])))
			return bad(list, FETCH_FIELD_TWICE, part[i], err);
	return 0;
}

static int parse_json(const struct fetch_list *list, char *line,
		      struct fetch_field said[], struct irl_error *err)
{
	struct fetch_fault fault;

	if (!fetch_json_read(line, said, FIELDS, &fault))
		return bad(list, fault.what, fault.at, err);
	if (!said[FIELD_ADDR].text)
		return bad(list, "no \"saddr\" and no \"ip\"", line, err);
	return 0;
}

/* Is the first line one of names?  Then where those are that we take. */
static bool read_names(struct fetch_list *list, char *part[], unsigned n)
{
	struct fetch_field known[FIELDS];
	bool has[FIELDS + 1] = {false};

	memcpy(known, nothing_said, sizeof(known));
	for (unsigned i = 0; i < n; i++) {
		struct fetch_field *field =
		    fetch_field_find(known, FIELDS, part[i], strlen(part[i]));

		list->column[i] = field ? (enum field)(field - known) : FIELDS;
		has[list->column[i]] = true;
		if (field)
			list->columns = i + 1;
	}
	list->has_port_column = has[FIELD_PORT];
	return has[FIELD_ADDR];
}

/* 1: a line of a target; 0: a line without one. */
static int parse_line(struct fetch_list *list, char *line,
		      struct fetch_field said[], struct irl_error *err)
{
	char *part[FIELDS_MAX];
	unsigned n;
	int rc;

	if (list->form == FORM_UNKNOWN && *line == '{')
		list->form = FORM_JSON;
	if (list->form == FORM_JSON) {
		rc = parse_json(list, line, said, err);
		return rc ? rc : 1;
	}
	if (list->form != FORM_CSV)
		cut_comment(line);
	n = split(line, part);
	if (list->form == FORM_UNKNOWN) {
		list->form = read_names(list, part, n) ? FORM_CSV : FORM_ZGRAB;
		if (list->form == FORM_CSV)
			return 0;
	}
	rc = list->form == FORM_CSV ? parse_csv(list, part, n, said, err)
				    : parse_zgrab(list, part, n, said, err);
	return rc ? rc : 1;
}

/* 1: a target; 0: a line without one. */
static int parse(struct fetch_list *list, char *line,
		 struct irl_fetch_target *target, struct irl_error *err)
{
	struct fetch_field said[FIELDS];
	int rc;

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	memcpy(said, nothing_said, sizeof(said));
	rc = parse_line(list, line, said, err);
	if (rc != 1)
		return rc;
	*target = (struct irl_fetch_target){.port = list->port};
	list->order.count = 0;
	rc = set_target(list, said, target, err);
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
	char *end = memchr(at + list->searched, '\n',
			   list->to - list->from - list->searched);

	list->searched = list->to - list->from;
	if (!end && list->ended && (list->from < list->to || list->dropped))
		end = list->buffer + list->to; /* the last, without its end */
	if (!end)
		return NULL;
	list->from = (size_t)(end - list->buffer) + 1;
	if (list->from > list->to)
		list->from = list->to;
	list->searched = 0;
	if (end > at && end[-1] == '\r')
		end--;
	*end = '\0';
	*length = (size_t)(end - at) + list->dropped;
	list->dropped = 0;
	list->line++;
	return at;
}

static int too_long(const struct fetch_list *list, struct irl_error *err)
{
	return irl_error_set(err, IRL_EPARSE,
			     "%s:%lu: a line of more than %zu bytes",
			     list->name, list->line, list->line_max);
}

/* Room to read on behind what is there. */
static bool make_room(struct fetch_list *list)
{
	const size_t most = list->line_max + BUFFER_BYTES;
	const size_t size = 2 * list->size < most ? 2 * list->size : most;
	char *buffer;

	if (list->from)
		memmove(list->buffer, list->buffer + list->from,
			list->to - list->from);
	list->to -= list->from;
	list->from = 0;
	if (list->to > list->line_max) {
		list->dropped += list->to;
		list->to = list->searched = 0;
	}
	if (list->to < list->size)
		return true;
	buffer = realloc(list->buffer, size + 1);
	if (!buffer)
		return false;
	list->buffer = buffer;
	list->size = size;
	return true;
}

/* 1: read some, or the end; 0: nothing there now. */
static int fill(struct fetch_list *list, int timeout_ms, struct irl_error *err)
{
	ssize_t n;

	if (!make_room(list))
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	if (!irl_os_await_input(list->fd, timeout_ms))
		return 0;
	n = read(list->fd, list->buffer + list->to,
		 (unsigned)(list->size - list->to));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return irl_error_errno(err, errno, "cannot read %s",
				       list->name);
	list->ended = n == 0;
	list->to += (size_t)n;
	return 1;
}

/* Behind its mark: 1; 0: nothing there now. */
static int begin(struct fetch_list *list, int timeout_ms, struct irl_error *err)
{
	int mark;

	if (list->to < IRL_TEXT_MARK && !list->ended)
		return fill(list, timeout_ms, err);
	mark = irl_text_mark(list->buffer, list->to, list->name, err);
	if (mark < 0)
		return mark;
	list->from = (size_t)mark;
	list->begun = true;
	return 1;
}

static int next(struct fetch_list *list, int timeout_ms,
		struct irl_fetch_target *target, struct irl_error *err)
{
	if (next_of_prefix(list, target))
		return 1;
	for (;;) {
		size_t length;
		char *line = list->begun ? take_line(list, &length) : NULL;
		int rc;

		if (line && length > list->line_max)
			rc = too_long(list, err);
		else if (line && strnlen(line, length) < length)
			rc = bad(list, "a zero byte behind", line, err);
		else if (line)
			rc = parse(list, line, target, err);
		else if (!list->begun)
			rc = begin(list, timeout_ms, err);
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
	list->size = BUFFER_BYTES;
	list->line_max = LINE_MAX_BYTES;
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
	return list->form == FORM_CSV && !list->has_port_column;
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
