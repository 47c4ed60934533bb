// SPDX-License-Identifier: BSD-2-Clause
/* Help texts: grouped, aligned, wrapped at 80 columns. */
#include <string.h>
#include "option.h"

#define WIDTH 79
#define INDENT 28

/* Print words of @text from column @column on, wrapping to @indent. */
static void wrap(FILE *out, const char *text, int column, int indent)
{
	bool first = true;

	while (*text) {
		int n = (int)strcspn(text, " \n");

		if (!first && column + 1 + n > WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", n, text);
		column += n;
		text += n;
		text += strspn(text, " \n");
		first = false;
	}
	fputc('\n', out);
}

/* Paragraphs are separated by an empty line; indented ones stay as they are. */
static void paragraphs(FILE *out, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t n = end ? (size_t)(end - text) : strlen(text);
		char part[4000];

		snprintf(part, sizeof(part), "%.*s", (int)n, text);
		if (*part == ' ')
			fprintf(out, "%s\n", part);
		else
			wrap(out, part, 0, 0);
		text += n + strspn(text + n, "\n");
		if (*text)
			fputc('\n', out);
	}
}

static void print_option(FILE *out, const struct cli_option *option)
{
	char head[100], text[1400], remarks[CLI_REMARKS];
	int n;

	n = snprintf(
	    head, sizeof(head), "  %c%c%s --%s%s%s", option->letter ? '-' : ' ',
	    option->letter ? option->letter : ' ', option->letter ? "," : " ",
	    option->name, option->argument ? "=" : "",
	    option->argument ? option->argument : "");
	cli_remarks(option, remarks);
	snprintf(text, sizeof(text), "%s%s%s%s", option->help,
		 option->choices ? ": " : "",
		 option->choices ? option->choices : "", remarks);
	fputs(head, out);
	if (n >= INDENT - 1) {
		fputc('\n', out);
		n = 0;
	}
	fprintf(out, "%*s", INDENT - n, "");
	wrap(out, text, INDENT, INDENT);
}

static void print_options(FILE *out, const struct cli_option *options,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (options[i].group)
			fprintf(out, "\n%s:\n", options[i].group);
		else if (i == 0)
			fprintf(out, "\nOptions:\n");
		print_option(out, &options[i]);
	}
}

static void print_examples(FILE *out, const char *examples)
{
	fprintf(out, "\nExamples:\n");
	while (*examples) {
		int n = (int)strcspn(examples, "\n");

		fprintf(out, "  %.*s\n", n, examples);
		examples += n + (examples[n] == '\n');
	}
}

void cli_help_command(FILE *out, const struct cli_command *command)
{
	char usage[300];

	snprintf(usage, sizeof(usage), "Usage: irl %s [OPTION]...%s%s",
		 command->name, command->operands ? " " : "",
		 command->operands ? command->operands : "");
	wrap(out, usage, 0, 7);
	fputc('\n', out);
	paragraphs(out, command->text ? command->text : command->summary);
	print_options(out, command->options, command->option_count);
	print_options(out, cli_common, cli_common_count);
	if (command->examples)
		print_examples(out, command->examples);
}

void cli_help_program(FILE *out, const struct cli_program *program)
{
	fprintf(out, "Usage: irl COMMAND [OPTION]... [OPERAND]...\n\n"
		     "Measure the whole Internet from one ordinary computer.\n"
		     "\nCommands:\n");
	for (size_t i = 0; i < program->count; i++) {
		fprintf(out, "  %-10s", program->command[i]->name);
		wrap(out, program->command[i]->summary, 12, 12);
	}
	fprintf(out, "  %-10s", "help");
	wrap(out, "explain irl or one command", 12, 12);
	fprintf(out,
		"\n'irl help COMMAND' explains one of them; 'irl --version' "
		"names the version.\n"
		"Exit codes: 0 done, 1 failed, 2 usage, 75 interrupted "
		"(can be resumed), 130 interrupted "
		"twice (143 by SIGTERM).\n");
}
