// SPDX-License-Identifier: BSD-2-Clause
/* A command line against its table, by getopt_long. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/os.h"
#include "base/text.h"
#include "option.h"

enum { COMMON_HELP, COMMON_VERSION, COMMON_CONFIG };

const struct cli_option cli_common[] = {
    [COMMON_HELP] = {.letter = 'h',
		     .name = "help",
		     .help = "print this help and exit",
		     .group = "Common"},
    [COMMON_VERSION] = {.letter = 'V',
			.name = "version",
			.help = "print the version and exit"},
    [COMMON_CONFIG] = {.letter = 'C',
		       .name = "config",
		       .argument = "FILE",
		       .type = CLI_STRING,
		       .help =
			   "read options from FILE first: one \"name = "
			   "value\" a line, names as the long options here; "
			   "the command line wins, lists add up"},
};
const size_t cli_common_count = CLI_COUNT_OF(cli_common);

/* One option as given, in order. */
struct given {
	const struct cli_option *option;
	const char *value;
	bool by_letter;
};

/* The tables in getopt's form. */
struct forms {
	struct option *names; /* val = 256 + index into option[] */
	const struct cli_option **option;
	char *letters;
	struct given *given;
	size_t count, given_count;
	const struct cli_foreign *foreign;
};

void cli_complain(const char *command, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "irl%s%s: ", command ? " " : "",
		command ? command : "");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

/* The next of "one,two" at *at, copied to @word; false at the end. */
static bool next_alias(const char **at, char word[64])
{
	size_t n;

	if (!*at || !**at)
		return false;
	n = strcspn(*at, ",");
	snprintf(word, 64, "%.*s", (int)n, *at);
	*at += n + ((*at)[n] == ',');
	return true;
}

static bool is_called(const struct cli_option *option, const char *name)
{
	const char *at = option->aliases;
	char word[64];

	if (!strcmp(option->name, name))
		return true;
	while (next_alias(&at, word))
		if (!strcmp(word, name))
			return true;
	return false;
}

const struct cli_option *cli_find(const struct cli_command *command,
				  const char *name)
{
	for (size_t i = 0; i < command->option_count; i++)
		if (is_called(&command->options[i], name))
			return &command->options[i];
	return NULL;
}

/* ---- tables for getopt ----------------------------------------------------
 */

static size_t count_names(const struct cli_option *options, size_t count)
{
	size_t names = 0;

	for (size_t i = 0; i < count; i++) {
		names++;
		for (const char *c = options[i].aliases; c && *c; c++)
			names += *c == ',' || c == options[i].aliases;
	}
	return names;
}

static int add_name(struct forms *f, const struct cli_option *option,
		    const char *name)
{
	f->names[f->count].name = strdup(name);
	if (!f->names[f->count].name)
		return -IRL_ENOMEM;
	f->names[f->count].has_arg =
	    option->type == CLI_FLAG ? no_argument : required_argument;
	f->names[f->count].val = 256 + (int)f->count;
	f->option[f->count++] = option;
	return 0;
}

static int add_option(struct forms *f, const struct cli_option *option)
{
	const char *at = option->aliases;
	char word[64];
	int rc = add_name(f, option, option->name);

	while (!rc && next_alias(&at, word))
		rc = add_name(f, option, word);
	if (option->letter) {
		size_t n = strlen(f->letters);

		f->letters[n] = option->letter;
		f->letters[n + 1] = option->type == CLI_FLAG ? '\0' : ':';
	}
	return rc;
}

static void forms_fini(struct forms *f)
{
	for (size_t i = 0; i < f->count; i++)
		free((char *)(uintptr_t)f->names[i].name);
	free(f->names);
	free(f->option);
	free(f->letters);
	free(f->given);
}

static int forms_init(struct forms *f, const struct cli_command *command)
{
	size_t names = count_names(command->options, command->option_count) +
		       cli_common_count;
	int rc = 0;

	*f = (struct forms){
	    .names = calloc(names + 1, sizeof(*f->names)),
	    .option = calloc(names, sizeof(*f->option)),
	    .letters = calloc(1, 2 * names + 3),
	    .foreign = command->foreign,
	};
	if (!f->names || !f->option || !f->letters)
		return -IRL_ENOMEM;
	strcpy(f->letters, command->raw_operands ? "+:" : ":");
	for (size_t i = 0; !rc && i < command->option_count; i++)
		rc = add_option(f, &command->options[i]);
	for (size_t i = 0; !rc && i < cli_common_count; i++)
		rc = add_option(f, &cli_common[i]);
	return rc;
}

static const struct cli_option *by_code(const struct forms *f, int code)
{
	if (code >= 256)
		return f->option[code - 256];
	for (size_t i = 0; i < f->count; i++)
		if (f->option[i]->letter == code)
			return f->option[i];
	return NULL;
}

/* ---- complaints -----------------------------------------------------------
 */

static const char *name_at(const void *context, size_t i)
{
	const struct forms *f = context;

	return i < f->count ? f->names[i].name : NULL;
}

/* What to do without an option that is not here: @name, or else @letter. */
static const char *find_instead(const struct forms *f, const char *name,
				char letter)
{
	const struct cli_foreign *at = f->foreign;

	for (; at && at->name; at++)
		if (name ? !strcmp(at->name, name) : at->letter == letter)
			return at->instead;
	return "--help lists all";
}

static int unknown_long(const struct forms *f, const char *arg,
			struct irl_error *err)
{
	char name[64], list[200] = "";
	const char *near;
	size_t n, matches = 0;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(arg + 2, "="),
		 arg + 2);
	n = strlen(name);
	for (size_t i = 0; n && i < f->count; i++) {
		size_t used = strlen(list);

		if (strncmp(f->names[i].name, name, n))
			continue;
		snprintf(list + used, sizeof(list) - used, "%s--%s",
			 matches++ ? ", " : "", f->names[i].name);
	}
	if (matches > 1)
		return irl_error_set(err, IRL_EPARSE, "--%s could be any of %s",
				     name, list);
	near = cli_nearest(name, name_at, f);
	if (near)
		return irl_error_set(err, IRL_EPARSE,
				     "unknown option --%s; did you mean --%s?",
				     name, near);
	return irl_error_set(err, IRL_EPARSE, "unknown option --%s; %s", name,
			     find_instead(f, name, 0));
}

/* getopt_long said '?': an unknown option, or a flag with a value. */
static int bad_option(const struct forms *f, const char *arg,
		      struct irl_error *err)
{
	if (optopt >= 256)
		return irl_error_set(err, IRL_EPARSE,
				     "--%s takes no value: leave out '%s'",
				     by_code(f, optopt)->name,
				     strchr(arg, '=') ? strchr(arg, '=') : arg);
	if (optopt)
		return irl_error_set(err, IRL_EPARSE, "unknown option -%c; %s",
				     optopt,
				     find_instead(f, NULL, (char)optopt));
	return unknown_long(f, arg, err);
}

static int no_value(const struct forms *f, struct irl_error *err)
{
	const struct cli_option *option = by_code(f, optopt);

	return irl_error_set(err, IRL_EPARSE, "--%s needs a value: --%s %s",
			     option->name, option->name, option->argument);
}

/* ---- the walk -------------------------------------------------------------
 */

static int keep_given(struct forms *f, const struct cli_option *option,
		      bool by_letter)
{
	struct given *grown =
	    realloc(f->given, (f->given_count + 1) * sizeof(*grown));

	if (!grown)
		return -IRL_ENOMEM;
	f->given = grown;
	f->given[f->given_count++] = (struct given){
	    option, option->type == CLI_FLAG ? "" : optarg, by_letter};
	return 0;
}

static int walk(struct forms *f, int argc, char **argv, struct irl_error *err)
{
	int code;

	optind = 0; /* glibc: begin anew */
	opterr = 0;
	for (;;) {
		optopt = 0;
		code = getopt_long(argc, argv, f->letters, f->names, NULL);
		if (code == -1)
			return 0;
		if (code == '?')
			return bad_option(f, argv[optind - 1], err);
		if (code == ':')
			return no_value(f, err);
		if (keep_given(f, by_code(f, code), code < 256))
			return irl_error_set(err, IRL_ENOMEM, "out of memory");
	}
}

static bool has_given(const struct forms *f, int common)
{
	for (size_t i = 0; i < f->given_count; i++)
		if (f->given[i].option == &cli_common[common])
			return true;
	return false;
}

/* Appends what comes next to @text, which has @used of @room bytes and is ended
 * by a NUL; false without memory. */
static bool read_more(FILE *file, char **text, size_t *used, size_t *room)
{
	if (*room - *used < 2) {
		size_t more = *room ? 2 * *room : 4096;
		char *grown = realloc(*text, more);

		if (!grown)
			return false;
		*text = grown;
		*room = more;
	}
	*used += fread(*text + *used, 1, *room - *used - 1, file);
	(*text)[*used] = '\0';
	return true;
}

static char *read_text(const char *path, struct irl_error *err)
{
	FILE *file = irl_os_fopen(path, "r");
	size_t used = 0, room = 0;
	char *text = NULL;
	int failed = 0, mark = 0;

	if (!file) {
		irl_error_errno(err, errno, "cannot read %s", path);
		return NULL;
	}
	errno = 0;
	do {
		if (!read_more(file, &text, &used, &room) || ferror(file))
			failed =
			    irl_error_errno(err, errno, "cannot read %s", path);
		else if ((mark = irl_text_mark(text, used, path, err)) < 0)
			failed = mark;
		else if (strlen(text) != used)
			failed = irl_error_set(err, IRL_EPARSE,
					       "%s: not a text file", path);
	} while (!failed && !feof(file));
	fclose(file);
	if (!failed)
		return memmove(text, text + mark, used - (size_t)mark + 1);
	free(text);
	return NULL;
}

static int apply_file(struct cli_parsed *out, const struct cli_command *command,
		      const char *path, struct irl_error *err)
{
	char **grown =
	    realloc(out->kept, (out->kept_count + 1) * sizeof(char *));
	char *text;

	if (!grown)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	out->kept = grown;
	text = read_text(path, err);
	if (!text)
		return -(err ? err->code : IRL_EIO);
	out->kept[out->kept_count++] = text;
	return cli_config_apply(command, out->values, path, text, err);
}

static int apply_defaults(struct cli_parsed *out,
			  const struct cli_command *command,
			  struct irl_error *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < command->option_count; i++)
		if (command->options[i].initial)
			rc = cli_set(&command->options[i], out->values,
				     command->options[i].initial,
				     command->options[i].name, err);
	return rc;
}

static int apply_files(struct cli_parsed *out,
		       const struct cli_command *command, const struct forms *f,
		       struct irl_error *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < f->given_count; i++) {
		const struct given *g = &f->given[i];

		if (g->option == &cli_common[COMMON_CONFIG] ||
		    (g->option->type == CLI_CONFIG && irl_os_exists(g->value)))
			rc = apply_file(out, command, g->value, err);
	}
	return rc;
}

static int apply_given(struct cli_parsed *out, const struct forms *f,
		       struct irl_error *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < f->given_count; i++) {
		const struct given *g = &f->given[i];
		char where[80];

		if (g->option >= cli_common &&
		    g->option < cli_common + cli_common_count)
			continue;
		if (g->by_letter)
			snprintf(where, sizeof(where), "-%c (--%s)",
				 g->option->letter, g->option->name);
		else
			snprintf(where, sizeof(where), "--%s", g->option->name);
		rc = cli_set(g->option, out->values, g->value, where, err);
	}
	return rc;
}

static int check_given(const struct cli_parsed *out,
		       const struct cli_command *command, const struct forms *f,
		       struct irl_error *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < f->given_count; i++)
		rc = cli_check_effect(command, f->given[i].option, out->values,
				      err);
	return rc;
}

int cli_parse(struct cli_parsed *out, const struct cli_command *command,
	      int argc, char **argv, struct irl_error *err)
{
	struct forms f;
	int rc;

	*out = (struct cli_parsed){
	    .values =
		calloc(1, command->values_size ? command->values_size : 1)};
	rc = forms_init(&f, command);
	if (rc || !out->values) {
		rc = irl_error_set(err, IRL_ENOMEM, "out of memory");
		goto done;
	}
	rc = walk(&f, argc, argv, err);
	if (rc)
		goto done;
	out->argc = argc - optind;
	out->argv = argv + optind;
	if (has_given(&f, COMMON_HELP))
		out->wanted = CLI_WANT_HELP;
	else if (has_given(&f, COMMON_VERSION))
		out->wanted = CLI_WANT_VERSION;
	if (out->wanted != CLI_WANT_RUN)
		goto done;
	rc = apply_defaults(out, command, err);
	if (!rc)
		rc = apply_files(out, command, &f, err);
	if (!rc)
		rc = apply_given(out, &f, err);
	if (!rc)
		rc = check_given(out, command, &f, err);
done:
	forms_fini(&f);
	return rc;
}

void cli_parsed_fini(struct cli_parsed *parsed,
		     const struct cli_command *command)
{
	for (size_t i = 0; parsed->values && i < command->option_count; i++) {
		const struct cli_option *option = &command->options[i];
		struct cli_list *list =
		    (void *)((char *)parsed->values + option->offset);

		if (option->type == CLI_LIST)
			free(list->item);
	}
	for (size_t i = 0; i < parsed->kept_count; i++)
		free(parsed->kept[i]);
	free(parsed->kept);
	free(parsed->values);
}

int cli_exit_code(const struct irl_error *err)
{
	return err->code == IRL_EPARSE || err->code == IRL_EINVAL ||
		       err->code == IRL_EEMPTY
		   ? CLI_USAGE
		   : CLI_FAILED;
}

int cli_run(const struct cli_command *command, int argc, char **argv)
{
	struct cli_parsed parsed;
	struct irl_error err = {0};
	int code = CLI_DONE;

	if (command->missing) {
		cli_complain(command->name, "%s", command->missing);
		return CLI_FAILED;
	}
	if (cli_parse(&parsed, command, argc, argv, &err)) {
		cli_complain(command->name, "%s", err.text);
		code = cli_exit_code(&err);
		goto done;
	}
	switch (parsed.wanted) {
	case CLI_WANT_HELP:
		cli_help_command(stdout, command);
		break;
	case CLI_WANT_VERSION:
		printf("irl %s\n", IRL_VERSION);
		break;
	case CLI_WANT_RUN:
		code = command->run(parsed.values, parsed.argc, parsed.argv);
		break;
	}
done:
	cli_parsed_fini(&parsed, command);
	return code;
}
