// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "base/os.h"
#include "option.h"

static const struct cli_command *const commands[] = {
    &cmd_scan, &cmd_fetch, &cmd_world, &cmd_doctor, &cmd_bench};
static const struct cli_program program = {commands, CLI_COUNT_OF(commands)};

static const struct cli_command *find_command(const char *name)
{
	for (size_t i = 0; i < program.count; i++)
		if (!strcmp(program.command[i]->name, name))
			return program.command[i];
	return NULL;
}

static const char *command_at(const void *context, size_t i)
{
	(void)context;

	if (i == program.count)
		return "help";
	return i < program.count ? program.command[i]->name : NULL;
}

static int unknown_command(const char *name)
{
	const char *near = cli_nearest(name, command_at, NULL);

	if (near)
		cli_complain(NULL, "unknown command '%s'; did you mean '%s'?",
			     name, near);
	else
		cli_complain(NULL, "unknown command '%s'; 'irl help' lists all",
			     name);
	return CLI_USAGE;
}

/* The rest of "irl help --man": a command's name, or irl itself. */
static int help_man(const char *name)
{
	const struct cli_command *command = NULL;

	if (name && strcmp(name, "irl")) {
		command = find_command(name);
		if (!command)
			return unknown_command(name);
	}
	cli_man(stdout, &program, command);
	return CLI_DONE;
}

static int help_completion(const char *shell)
{
	if (!shell || strcmp(shell, "bash")) {
		cli_complain("help",
			     "--completion: '%s' is not known; give "
			     "bash",
			     shell ? shell : "");
		return CLI_USAGE;
	}
	cli_completion_bash(stdout, &program);
	return CLI_DONE;
}

static int help(int argc, char **argv)
{
	const struct cli_command *command;

	if (argc > 2 || (argc == 2 && argv[0][0] != '-')) {
		cli_complain("help", "too many words; give one command");
		return CLI_USAGE;
	}
	if (argc == 0 || !strcmp(argv[0], "help") ||
	    !strcmp(argv[0], "--help") || !strcmp(argv[0], "-h")) {
		cli_help_program(stdout, &program);
		return CLI_DONE;
	}
	if (!strcmp(argv[0], "--man"))
		return help_man(argc > 1 ? argv[1] : NULL);
	if (!strcmp(argv[0], "--completion"))
		return help_completion(argc > 1 ? argv[1] : NULL);
	command = find_command(argv[0]);
	if (!command)
		return unknown_command(argv[0]);
	cli_help_command(stdout, command);
	return CLI_DONE;
}

static int dispatch(int argc, char **argv)
{
	const struct cli_command *command;

	if (argc < 2) {
		cli_help_program(stderr, &program);
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help(0, NULL);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("irl %s\n", IRL_VERSION);
		return CLI_DONE;
	}
	if (!strcmp(argv[1], "help"))
		return help(argc - 2, argv + 2);
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return cli_run(command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int code;

	if (irl_os_begin(&argc, &argv)) {
		cli_complain(NULL, "out of memory");
		return CLI_FAILED;
	}
	code = dispatch(argc, argv);
	/* After a failed write there may be nothing left to flush. */
	if ((ferror(stdout) || fflush(stdout)) && code == CLI_DONE) {
		cli_complain(NULL, "cannot write to standard output");
		code = CLI_FAILED;
	}
	return code;
}
