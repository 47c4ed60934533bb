// SPDX-License-Identifier: BSD-2-Clause
/* Man pages (roff, man macros) from the tables. */
#include <ctype.h>
#include <string.h>
#include "option.h"

/* Text with roff's own characters made harmless. */
static void put_text(FILE *out, const char *text, size_t n)
{
	bool line_start = true;

	for (size_t i = 0; i < n; i++) {
		if (line_start && (text[i] == '.' || text[i] == '\''))
			fputs("\\&", out);
		line_start = text[i] == '\n';
		if (text[i] == '\\')
			fputs("\\e", out);
		else if (text[i] == '-')
			fputs("\\-", out);
		else
			fputc(text[i], out);
	}
}

static void put(FILE *out, const char *text)
{
	put_text(out, text, strlen(text));
}

static void put_upper(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(toupper((unsigned char)*text), out);
}

static void put_paragraphs(FILE *out, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t n = end ? (size_t)(end - text) : strlen(text);

		fputs(*text == ' ' ? ".PP\n.nf\n" : ".PP\n", out);
		put_text(out, text, n);
		fputs(*text == ' ' ? "\n.fi\n" : "\n", out);
		text += n + strspn(text + n, "\n");
	}
}

static void put_option(FILE *out, const struct cli_option *option)
{
	char remarks[CLI_REMARKS];

	fputs(".TP\n", out);
	if (option->letter)
		fprintf(out, "\\fB\\-%c\\fR, ", option->letter);
	fputs("\\fB\\-\\-", out);
	put(out, option->name);
	fputs("\\fR", out);
	if (option->argument) {
		fputs("=\\fI", out);
		put(out, option->argument);
		fputs("\\fR", out);
	}
	fputc('\n', out);
	put(out, option->help);
	if (option->choices) {
		fputs(": ", out);
		put(out, option->choices);
	}
	cli_remarks(option, remarks);
	put(out, remarks);
	if (option->aliases) {
		fputs(". Also: ", out);
		put(out, option->aliases);
	}
	fputc('\n', out);
}

static void put_options(FILE *out, const struct cli_option *options,
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (options[i].group) {
			fputs(".SS ", out);
			put(out, options[i].group);
			fputc('\n', out);
		}
		put_option(out, &options[i]);
	}
}

static void put_examples(FILE *out, const char *examples)
{
	fputs(".SH EXAMPLES\n", out);
	while (*examples) {
		size_t n = strcspn(examples, "\n");
		size_t blanks = strspn(examples, " ");

		if (blanks == 0)
			fputs(".TP\n.B ", out);
		put_text(out, examples + blanks, n > blanks ? n - blanks : 0);
		fputc('\n', out);
		examples += n + (examples[n] == '\n');
	}
}

static void put_exit_codes(FILE *out)
{
	fputs(".SH EXIT STATUS\n"
	      ".TP\n.B 0\ndone\n"
	      ".TP\n.B 1\nfailed; one line on standard error says why and what "
	      "to do\n"
	      ".TP\n.B 2\nthe command line, or the content of a file that it "
	      "names, is wrong\n"
	      ".TP\n.B 75\ninterrupted; can be resumed or tried again\n"
	      ".TP\n.B 130\ninterrupted twice (Ctrl-C; 143 by SIGTERM): quit "
	      "at once\n",
	      out);
}

static void put_command(FILE *out, const struct cli_command *command)
{
	fputs(".TH IRL\\-", out);
	put_upper(out, command->name);
	fprintf(out, " 1 \"\" \"irlstack %s\" \"irlstack\"\n", IRL_VERSION);
	fputs(".SH NAME\nirl\\-", out);
	put(out, command->name);
	fputs(" \\- ", out);
	put(out, command->summary);
	fprintf(out, "\n.SH SYNOPSIS\n.B irl %s\n[\\fIOPTION\\fR]...\n",
		command->name);
	if (command->operands) {
		put(out, command->operands);
		fputc('\n', out);
	}
	fputs(".SH DESCRIPTION\n", out);
	put_paragraphs(out, command->text ? command->text : command->summary);
	fputs(".SH OPTIONS\n", out);
	put_options(out, command->options, command->option_count);
	put_options(out, cli_common, cli_common_count);
	if (command->examples)
		put_examples(out, command->examples);
	put_exit_codes(out);
	fputs(".SH SEE ALSO\n.BR irl (1)\n", out);
}

static void put_program(FILE *out, const struct cli_program *program)
{
	fprintf(out, ".TH IRL 1 \"\" \"irlstack %s\" \"irlstack\"\n",
		IRL_VERSION);
	fputs(".SH NAME\nirl \\- measure the whole Internet from one ordinary "
	      "computer\n"
	      ".SH SYNOPSIS\n.B irl\n\\fICOMMAND\\fR [\\fIOPTION\\fR]... "
	      "[\\fIOPERAND\\fR]...\n"
	      ".br\n.B irl help\n[\\fICOMMAND\\fR]\n"
	      ".SH COMMANDS\n",
	      out);
	for (size_t i = 0; i < program->count; i++) {
		fprintf(out, ".TP\n.BR irl\\-%s (1)\n",
			program->command[i]->name);
		put(out, program->command[i]->summary);
		fputc('\n', out);
	}
	put_exit_codes(out);
	fputs(".SH SEE ALSO\n", out);
	for (size_t i = 0; i < program->count; i++)
		fprintf(out, ".BR irl\\-%s (1)%s\n", program->command[i]->name,
			i + 1 < program->count ? "," : "");
}

void cli_man(FILE *out, const struct cli_program *program,
	     const struct cli_command *command)
{
	if (command)
		put_command(out, command);
	else
		put_program(out, program);
}
