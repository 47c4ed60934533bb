// SPDX-License-Identifier: BSD-2-Clause
/* A completion script for bash from the tables. */
#include <string.h>
#include "option.h"

static void put_words(FILE *out, const struct cli_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, " --%s%s", options[i].name,
			options[i].type == CLI_FLAG ? "" : "=");
}

/* What may stand behind "--name=" or "-x ". */
static void put_values(FILE *out, const char *command,
		       const struct cli_option *option)
{
	char letter[16] = "";

	if (option->type == CLI_FLAG)
		return;
	if (option->letter)
		snprintf(letter, sizeof(letter), "|%s:-%c", command,
			 option->letter);
	if (option->choices) {
		fprintf(out, "\t%s:--%s%s) words='", command, option->name,
			letter);
		for (const char *c = option->choices; *c; c++)
			fputc(*c == '|' ? ' ' : *c, out);
		fputs("' ;;\n", out);
	} else if (option->argument && strstr(option->argument, "FILE")) {
		fprintf(out, "\t%s:--%s%s) files=1 ;;\n", command, option->name,
			letter);
	} else if (option->argument && !strcmp(option->argument, "IFACE")) {
		fprintf(out, "\t%s:--%s%s) words=$(ls /sys/class/net) ;;\n",
			command, option->name, letter);
	} else {
		fprintf(out, "\t%s:--%s%s) words='' ;;\n", command,
			option->name, letter);
	}
}

/* "up|down [OPTION...]": one of these comes first. */
static void put_verbs(FILE *out, const struct cli_command *command)
{
	const char *verb = command->operands;

	if (*verb == '[' || verb[strcspn(verb, " |")] != '|')
		return;
	for (; *verb && *verb != ' '; verb++)
		fputc(*verb == '|' ? ' ' : *verb, out);
}

static void put_command(FILE *out, const struct cli_command *command)
{
	for (size_t i = 0; i < command->option_count; i++)
		put_values(out, command->name, &command->options[i]);
	for (size_t i = 0; i < cli_common_count; i++)
		put_values(out, command->name, &cli_common[i]);
	fprintf(out, "\t%s:*) words='", command->name);
	put_verbs(out, command);
	put_words(out, command->options, command->option_count);
	put_words(out, cli_common, cli_common_count);
	fputs("' ;;\n", out);
}

void cli_completion_bash(FILE *out, const struct cli_program *program)
{
	fputs("# bash completion for irl, which \"make install\" puts in its "
	      "place;\n"
	      "# else: source <(irl help --completion bash)\n"
	      "_irl()\n{\n"
	      "\tlocal line=${COMP_LINE:0:COMP_POINT} words='' files=''\n"
	      "\tlocal irl=0 i command word last\n"
	      "\tword=${line##*[[:blank:]]}\n"
	      "\tlast=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tCOMPREPLY=()\n"
	      "\t# \"irl world run -- irl ...\": the words of the second.\n"
	      "\tif [ \"${COMP_WORDS[*]:1:2}\" = 'world run' ]; then\n"
	      "\t\tfor ((i = 3; i < COMP_CWORD; i++)); do\n"
	      "\t\t\t[ \"${COMP_WORDS[i]}\" = -- ] && irl=$((i + 1)) && "
	      "break\n"
	      "\t\tdone\n"
	      "\tfi\n"
	      "\tif [ $irl -gt 0 ] && [ \"$COMP_CWORD\" -eq $irl ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -c -- \"$word\" | sort -u))\n"
	      "\t\treturn\n"
	      "\telif [ $irl -gt 0 ] && [ \"${COMP_WORDS[irl]##*/}\" != irl ]; "
	      "then\n"
	      "\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcommand=${COMP_WORDS[irl+1]}\n"
	      "\tif [ \"$COMP_CWORD\" -le $((irl + 1)) ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	      out);
	for (size_t i = 0; i < program->count; i++)
		fprintf(out, "%s ", program->command[i]->name);
	fputs("help --help --version' -- \"$word\"))\n\t\treturn\n\tfi\n"
	      "\tcase $word in\n"
	      "\t--*=*) last=${word%%=*} word=${word#*=} ;;\n"
	      "\t-*) last= ;;\n"
	      "\tesac\n"
	      "\tcase $command:$last in\n",
	      out);
	for (size_t i = 0; i < program->count; i++)
		put_command(out, program->command[i]);
	fputs("\thelp:*) words='", out);
	for (size_t i = 0; i < program->count; i++)
		fprintf(out, "%s ", program->command[i]->name);
	fputs("--man --completion' ;;\n"
	      "\tesac\n"
	      "\tif [ -n \"$files\" ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n"
	      "\telse\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	      "\tfi\n"
	      "\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
	      "\treturn 0\n}\n"
	      "complete -o filenames -F _irl irl\n",
	      out);
}
