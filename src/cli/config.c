// SPDX-License-Identifier: BSD-2-Clause
/* Configuration files: the long options, one a line. */
#include <string.h>
#include "option.h"

static char *skip_blanks(char *at)
{
	return at + strspn(at, " \t\r\f\v");
}

static void cut_blanks(char *text)
{
	size_t n = strlen(text);

	while (n > 0 && strchr(" \t\r\f\v", text[n - 1]))
		text[--n] = '\0';
}

/* A # at the start or after a blank begins a comment. */
static void cut_comment(char *text)
{
	for (char *at = text; (at = strchr(at, '#')); at++)
		if (at == text || at[-1] == ' ' || at[-1] == '\t') {
			*at = '\0';
			return;
		}
}

/* Undo \" \\ \n in place; returns what follows the closing quote, or NULL. */
static char *cut_quoted(char *at)
{
	char *to = at;

	for (; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			*to++ = *++at == 'n' ? '\n' : *at;
		else
			*to++ = *at;
	}
	if (!*at)
		return NULL;
	*to = '\0';
	return skip_blanks(at + 1);
}

/* Returns the value within the line, or NULL if a quote is not closed. */
static char *cut_value(char *at)
{
	const char *end;

	if (*at != '"') {
		cut_comment(at);
		cut_blanks(at);
		return at;
	}
	end = cut_quoted(at + 1);
	return end && (*end == '\0' || *end == '#') ? at + 1 : NULL;
}

static const char *key_at(const void *context, size_t i)
{
	const struct cli_command *command = context;

	return i < command->option_count ? command->options[i].name : NULL;
}

static int unknown_key(const struct cli_command *command, const char *path,
		       unsigned line, const char *key, struct irl_error *err)
{
	const char *near = cli_nearest(key, key_at, command);

	if (near)
		return irl_error_set(err, IRL_EPARSE,
				     "%s:%u: unknown option '%.60s'; did you "
				     "mean '%s'?",
				     path, line, key, near);
	return irl_error_set(err, IRL_EPARSE,
			     "%s:%u: unknown option '%.60s'; 'irl %s --help' "
			     "lists all",
			     path, line, key, command->name);
}

static int apply_line(const struct cli_command *command, void *values,
		      const char *path, unsigned number, char *line,
		      struct irl_error *err)
{
	char *key = skip_blanks(line), *value, where[300];
	size_t n = strcspn(key, " \t\r\f\v=");
	const struct cli_option *option;
	bool quoted;

	if (!*key || *key == '#')
		return 0;
	value = skip_blanks(key + n);
	if (*value == '=')
		value = skip_blanks(value + 1);
	key[n] = '\0';
	option = cli_find(command, key);
	if (!option)
		return unknown_key(command, path, number, key, err);
	quoted = *value == '"';
	value = cut_value(value);
	if (!value)
		return irl_error_set(err, IRL_EPARSE,
				     "%s:%u: %s: the quotes do not match", path,
				     number, key);
	snprintf(where, sizeof(where), "%s:%u: %s", path, number, key);
	if (!*value && !quoted && option->type != CLI_FLAG)
		return irl_error_set(err, IRL_EPARSE,
				     "%s needs a value: %s = %s", where, key,
				     option->argument);
	return cli_set(option, values, value, where, err);
}

int cli_config_apply(const struct cli_command *command, void *values,
		     const char *path, char *text, struct irl_error *err)
{
	unsigned number = 0;
	int rc = 0;

	while (!rc && text) {
		char *line = text;

		text = strchr(text, '\n');
		if (text)
			*text++ = '\0';
		rc = apply_line(command, values, path, ++number, line, err);
	}
	return rc;
}
