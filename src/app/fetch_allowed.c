// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where a list's targets may be: everywhere but where it is forbidden.  IPv4
 * as a set has it; of IPv6 what is no global unicast, or set aside in it, is
 * left out unless it is allowed.  ::ffff:0:0/96 and what is in it is IPv4; a
 * shorter prefix, such as ::/0, is of IPv6 alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <irl/net.h>
#include "base/os.h"
#include "base/text.h"
#include "fetch.h"

#define PREFIXES 1024u
#define SEPARATORS ", \t\r\n"

struct prefix {
	struct irl_ip addr;
	unsigned length;
};

struct list {
	struct prefix item[PREFIXES];
	unsigned count;
};

struct fetch_allowed {
	struct irl_targets *four; /* port 1 stands for all; NULL: none */
	struct list blocked, special;
	bool all_special;
};

/* ---- IPv6 -----------------------------------------------------------------
 */

static bool holds(const struct prefix *prefix, const struct irl_ip *addr)
{
	unsigned bytes = prefix->length / 8, bits = prefix->length % 8;

	return !memcmp(prefix->addr.byte, addr->byte, bytes) &&
	       (!bits || !((prefix->addr.byte[bytes] ^ addr->byte[bytes]) >>
			   (8 - bits)));
}

static bool is_in(const struct list *list, const struct irl_ip *addr)
{
	for (unsigned i = 0; i < list->count; i++)
		if (holds(&list->item[i], addr))
			return true;
	return false;
}

/* IANA IPv6 Special-Purpose Address Registry (RFC 6890): these, and all that is
 * not in 2000::/3 (RFC 4291, 2.4). */
static bool is_special(const struct irl_ip *addr)
{
	static const struct prefix table[] = {
	    {{{0x20, 1}}, 23}, /* IETF protocol assignments, Teredo */
	    {{{0x20, 1, 0x0d, 0xb8}}, 32},          /* documentation */
	    {{{0x20, 2}}, 16},                      /* 6to4 */
	    {{{0x26, 0x20, 0, 0x4f, 0x80, 0}}, 48}, /* AS112 */
	    {{{0x3f, 0xff}}, 20},                   /* documentation */
	};

	if (addr->byte[0] >> 5 != 1)
		return true;
	for (size_t i = 0; i < CLI_COUNT_OF(table); i++)
		if (holds(&table[i], addr))
			return true;
	return false;
}

bool fetch_allowed_has(const struct fetch_allowed *allowed,
		       const struct irl_ip *addr)
{
	struct irl_target at = {.port = 1};
	uint64_t index;

	if (irl_ip_is4(addr)) {
		at.addr = irl_ip_addr4(addr);
		return allowed->four &&
		       irl_targets_index(allowed->four, at, &index);
	}
	return !is_in(&allowed->blocked, addr) &&
	       (allowed->all_special || !is_special(addr) ||
		is_in(&allowed->special, addr));
}

/* ---- building -------------------------------------------------------------
 */

static int read_prefix(struct prefix *prefix, const char *text,
		       struct irl_error *err)
{
	char part[64], shown[FETCH_SHOWN], *slash, *end = "";
	unsigned long length = 128;

	snprintf(part, sizeof(part), "%s", text);
	slash = strchr(part, '/');
	if (slash) {
		*slash = '\0';
		length = strtoul(slash + 1, &end, 10);
	}
	if (strlen(text) >= sizeof(part) || *end || length > 128 ||
	    (slash && (slash[1] < '0' || slash[1] > '9')) ||
	    !irl_ip_read(part, &prefix->addr))
		return irl_error_set(err, IRL_EPARSE,
				     "'%s' is not an IPv6 address or "
				     "prefix; give, say, 2001:db8::/32",
				     fetch_shown(shown, text));
	prefix->length = (unsigned)length;
	return 0;
}

typedef int add_fn(struct irl_targets *targets, const char *text,
		   struct irl_error *err);

/* IPv4-mapped (RFC 4291, 2.5.5.2): a target written so is IPv4, so is this. */
static int add_mapped(struct irl_targets *four, add_fn *add,
		      const struct prefix *prefix, struct irl_error *err)
{
	uint32_t addr = irl_ip_addr4(&prefix->addr);
	char text[32];

	if (prefix->length < 96)
		return irl_error_set(err, IRL_EPARSE,
				     "an IPv4-mapped prefix of length %u; give "
				     "96 to 128, or the IPv4 prefix",
				     prefix->length);
	snprintf(text, sizeof(text), "%u.%u.%u.%u/%u", addr >> 24,
		 addr >> 16 & 255, addr >> 8 & 255, addr & 255,
		 prefix->length - 96);
	return add(four, text, err);
}

static int add_prefix(struct fetch_allowed *allowed, struct list *list,
		      add_fn *add, const char *text, struct irl_error *err)
{
	struct prefix prefix;
	int rc = read_prefix(&prefix, text, err);

	if (rc)
		return rc;
	if (irl_ip_is4(&prefix.addr))
		return add_mapped(allowed->four, add, &prefix, err);
	if (list->count == PREFIXES)
		return irl_error_set(err, IRL_EINVAL,
				     "more than %u IPv6 prefixes", PREFIXES);
	list->item[list->count++] = prefix;
	return 0;
}

/* Items of either family, parted by commas or blanks. */
static int add_text(struct fetch_allowed *allowed, struct list *list,
		    add_fn *add, const char *text, struct irl_error *err)
{
	char *copy = strdup(text), *rest = NULL, *item;
	int rc = copy ? 0 : irl_error_set(err, IRL_ENOMEM, "out of memory");

	for (item = copy ? strtok_r(copy, SEPARATORS, &rest) : NULL;
	     item && rc >= 0; item = strtok_r(NULL, SEPARATORS, &rest))
		rc = strchr(item, ':')
			 ? add_prefix(allowed, list, add, item, err)
			 : add(allowed->four, item, err);
	free(copy);
	return rc < 0 ? rc : 0;
}

static int add_each(struct fetch_allowed *allowed, struct list *list,
		    add_fn *add, const struct cli_list *texts,
		    struct irl_error *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < texts->count; i++)
		rc = add_text(allowed, list, add, texts->item[i], err);
	return rc;
}

/* Cuts the comment off, if any; a zero byte before it would hide the rest. */
static int block_line(struct fetch_allowed *allowed, char *line, size_t bytes,
		      struct irl_error *err)
{
	char *comment = memchr(line, '#', bytes);

	if (comment)
		bytes = (size_t)(comment - line);
	line[bytes] = '\0';
	if (strlen(line) < bytes)
		return irl_error_set(err, IRL_EPARSE,
				     "a zero byte: this is no list of "
				     "addresses, or it is damaged");
	return add_text(allowed, &allowed->blocked, irl_targets_block, line,
			err);
}

static bool make_room(char **line, size_t *room, size_t wanted)
{
	size_t wider = *room ? 2 * *room : 256;
	char *text = wanted > *room ? realloc(*line, wider) : *line;

	if (!text)
		return false;
	*room = wanted > *room ? wider : *room;
	*line = text;
	return true;
}

/* As getline(), which not every system has. */
static ssize_t read_line(char **line, size_t *room, FILE *file)
{
	size_t n = 0;
	int c;

	do {
		if (!make_room(line, room, n + 2))
			return -1;
		c = getc(file);
		if (c == EOF)
			break;
		(*line)[n++] = (char)c;
	} while (c != '\n');
	(*line)[n] = '\0';
	return n ? (ssize_t)n : -1;
}

static int block_lines(struct fetch_allowed *allowed, FILE *file,
		       const char *name, struct irl_error *err)
{
	struct irl_error why = {0};
	char *line = NULL;
	unsigned long n = 0;
	size_t size = 0;
	ssize_t bytes;
	int rc = 0;

	while (!rc && (bytes = read_line(&line, &size, file)) >= 0) {
		int mark =
		    n++ ? 0 : irl_text_mark(line, (size_t)bytes, name, err);

		if (mark < 0) {
			rc = mark;
			break;
		}
		rc = block_line(allowed, line + mark, (size_t)(bytes - mark),
				&why);
		if (rc)
			irl_error_set(err, why.code, "%s:%lu: %s", name, n,
				      why.text);
	}
	if (!rc && !feof(file)) /* or without memory */
		rc = irl_error_errno(err, errno, "cannot read %s", name);
	free(line);
	return rc;
}

static int block_file(struct fetch_allowed *allowed, const char *path,
		      struct irl_error *err)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *file = is_stdin ? stdin : irl_os_fopen(path, "r");
	int rc;

	if (!file)
		return irl_error_errno(err, errno, "cannot read %s", path);
	rc =
	    block_lines(allowed, file, is_stdin ? "standard input" : path, err);
	if (!is_stdin)
		fclose(file);
	return rc;
}

static int allow_special(struct fetch_allowed *allowed,
			 const struct fetch_values *v, struct irl_error *err)
{
	const char *world = getenv("IRL_WORLD");
	int rc = add_each(allowed, &allowed->special, irl_targets_allow_special,
			  &v->allow_special, err);

	for (size_t i = 0; i < v->allow_special.count; i++)
		allowed->all_special |=
		    !strcmp(v->allow_special.item[i], "all");
	if (!rc && world && *world)
		rc = irl_targets_allow_special(allowed->four, world, err);
	return rc < 0 ? rc : 0;
}

static int seal(struct fetch_allowed *allowed, struct irl_error *err)
{
	int rc = irl_targets_seal(allowed->four, err);

	if (rc != -IRL_EEMPTY)
		return rc;
	irl_targets_free(allowed->four);
	allowed->four = NULL;
	return 0;
}

static int build(struct fetch_allowed *allowed, const struct fetch_values *v,
		 struct irl_error *err)
{
	int rc = irl_targets_new(&allowed->four, err);

	if (!rc)
		rc = irl_targets_ports(allowed->four, "1", err);
	if (!rc)
		rc = add_each(allowed, &allowed->blocked, irl_targets_block,
			      &v->exclude, err);
	for (size_t i = 0; !rc && i < v->block_file.count; i++)
		rc = block_file(allowed, v->block_file.item[i], err);
	if (!rc)
		rc = allow_special(allowed, v, err);
	return rc ? rc : seal(allowed, err);
}

int fetch_allowed_new(struct fetch_allowed **out,
		      const struct fetch_values *values, struct irl_error *err)
{
	struct fetch_allowed *allowed = calloc(1, sizeof(*allowed));
	int rc;

	*out = NULL;
	if (!allowed)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	rc = build(allowed, values, err);
	if (rc)
		fetch_allowed_free(allowed);
	else
		*out = allowed;
	return rc;
}

void fetch_allowed_free(struct fetch_allowed *allowed)
{
	if (!allowed)
		return;
	irl_targets_free(allowed->four);
	free(allowed);
}
