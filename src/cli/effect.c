// SPDX-License-Identifier: BSD-2-Clause
/* Options that change something only beside others. */
#include <string.h>
#include "option.h"

#define NAMED 128

/* One of "scan", "protocol=http|raw", "!request". */
struct term {
	bool absent;
	char name[32];
	char values[64]; /* "http|raw"; empty: any */
};

/* The next at *at, which moves on; false at the end. */
static bool next_term(const char **at, struct term *term)
{
	size_t length, name;

	if (!*at || !**at)
		return false;
	*term = (struct term){.absent = **at == '!'};
	*at += term->absent;
	length = strcspn(*at, ",");
	name = strcspn(*at, ",=");
	snprintf(term->name, sizeof(term->name), "%.*s", (int)name, *at);
	if (name < length)
		snprintf(term->values, sizeof(term->values), "%.*s",
			 (int)(length - name - 1), *at + name + 1);
	*at += length + ((*at)[length] == ',');
	return true;
}

static double number(const struct cli_option *option, const void *values)
{
	const void *member = (const char *)values + option->offset;

	return option->type == CLI_UINT ? (double)*(const uint64_t *)member
					: *(const double *)member;
}

bool cli_is_set(const struct cli_option *option, const void *values)
{
	const void *member = (const char *)values + option->offset;

	switch (option->type) {
	case CLI_FLAG:
		return *(const bool *)member;
	case CLI_STRING:
	case CLI_CONFIG:
		return *(const char *const *)member != NULL;
	case CLI_LIST:
		return ((const struct cli_list *)member)->count > 0;
	default:
		return number(option, values) > 0;
	}
}

static bool holds(const struct term *term, const struct cli_command *command,
		  const void *values)
{
	const struct cli_option *option = cli_find(command, term->name);
	const void *member = (const char *)values + option->offset;
	bool set = cli_is_set(option, values);

	if (set && *term->values)
		set = cli_is_choice(term->values, *(const char *const *)member);
	return set != term->absent;
}

/* "--protocol http or raw". */
static void name_term(const struct term *term, char text[NAMED])
{
	size_t n = (size_t)snprintf(text, NAMED, "--%s%s", term->name,
				    *term->values ? " " : "");

	for (const char *c = term->values; *c && n + 4 < NAMED; c++)
		n += (size_t)snprintf(text + n, NAMED - n,
				      *c == '|' ? " or " : "%c", *c);
}

static int refuse(const struct cli_option *option, const struct term *term,
		  struct irl_error *err)
{
	char other[NAMED];

	name_term(term, other);
	if (term->absent)
		return irl_error_set(err, IRL_EPARSE,
				     "--%s has no effect beside %s; leave out "
				     "one of them",
				     option->name, other);
	return irl_error_set(err, IRL_EPARSE,
			     "--%s has no effect without %s; give that, too, "
			     "or leave out --%s",
			     option->name, other, option->name);
}

static int check_only_with(const struct cli_command *command,
			   const struct cli_option *option, const void *values,
			   struct irl_error *err)
{
	const char *at = option->only_with;
	struct term term;

	while (next_term(&at, &term))
		if (!holds(&term, command, values))
			return refuse(option, &term, err);
	return 0;
}

static int check_at_most(const struct cli_command *command,
			 const struct cli_option *option, const void *values,
			 struct irl_error *err)
{
	double given, most;

	if (!option->at_most)
		return 0;
	given = number(option, values);
	most = number(cli_find(command, option->at_most), values);
	if (given <= most)
		return 0;
	return irl_error_set(err, IRL_EPARSE,
			     "--%s %.15g has no effect beyond --%s, which is "
			     "%.15g; raise that, or lower --%s",
			     option->name, given, option->at_most, most,
			     option->name);
}

int cli_check_effect(const struct cli_command *command,
		     const struct cli_option *option, const void *values,
		     struct irl_error *err)
{
	int rc = check_only_with(command, option, values, err);

	return rc ? rc : check_at_most(command, option, values, err);
}

/* ---- for help ------------------------------------------------------------ */

/* "only with --protocol http, not with --request". */
static size_t put_conditions(const struct cli_option *option, char *text,
			     size_t room)
{
	const char *at = option->only_with;
	struct term term;
	char other[NAMED];
	size_t n = 0;

	while (n < room && next_term(&at, &term)) {
		name_term(&term, other);
		n += (size_t)snprintf(text + n, room - n, "%s%s%s",
				      n && term.absent ? ", " : "",
				      term.absent ? "not with "
				      : n         ? " and "
						  : "only with ",
				      other);
	}
	return n;
}

void cli_remarks(const struct cli_option *option, char text[CLI_REMARKS])
{
	char parts[CLI_REMARKS - 3], with[CLI_REMARKS / 2] = "";
	const char *initial = option->initial, *most = option->at_most;

	put_conditions(option, with, sizeof(with));
	snprintf(parts, sizeof(parts), "%s%s%s%s%s%s",
		 initial ? "; default: " : "", initial ? initial : "",
		 most ? "; at most --" : "", most ? most : "",
		 *with ? "; " : "", with);
	snprintf(text, CLI_REMARKS, "%s%s%s", *parts ? " (" : "",
		 *parts ? parts + 2 : "", *parts ? ")" : "");
}
