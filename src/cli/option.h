/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands and options as tables: one table drives parsing, --help, the man
 * page, shell completion and the configuration file.
 */
#ifndef IRL_CLI_OPTION_H
#define IRL_CLI_OPTION_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

/* What a value is, and the C type of its member in the command's struct. */
enum cli_type {
	CLI_FLAG,   /* bool, no argument */
	CLI_STRING, /* const char * */
	CLI_LIST,   /* struct cli_list, may be given again */
	CLI_UINT,   /* uint64_t; 10k, 5M, 1G and 0x.. understood */
	CLI_REAL,   /* double; same suffixes */
	CLI_TIME,   /* double, seconds; 10, 1.5s, 200ms, 5m, 2h */
	CLI_RATE,   /* double, packets/s: 10k, 1M, 1.5Mpps */
	CLI_BITS,   /* double, bits/s: 100M, 1G */
};

struct cli_list {
	const char **item;
	size_t count;
};

struct cli_option {
	char letter;      /* 0: long form only */
	const char *name; /* long name, also the key in a configuration file */
	const char *argument; /* "PPS"; NULL for a flag */
	enum cli_type type;
	size_t offset; /* of the member in the values struct */
	const char *help;
	const char *group;   /* heading in help; NULL: as the one before */
	const char *initial; /* default as text; NULL: zero */
};

#define CLI_COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

struct cli_command {
	const char *name;
	const char *summary;  /* one line for "irl help" */
	const char *operands; /* "[TARGET...]" */
	const char *text;     /* paragraphs for help and man page */
	const char *examples; /* lines "command\n  what it does" */
	const struct cli_option *options;
	size_t option_count;
	size_t values_size;
	/* Operands in argv[0 .. argc-1]; returns the exit code:
	 * 0 done, 1 failed, 2 usage, 75 interrupted (resumable). */
	int (*run)(void *values, int argc, char **argv);
	bool raw_operands; /* stop at the first operand: "world run -- ..." */
};

enum cli_exit { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_AGAIN = 75 };

/* Defined one per file in src/app, listed in src/cli/main.c. */
extern const struct cli_command cmd_scan, cmd_world, cmd_doctor, cmd_bench;

/* "irl CMD: text" on stderr. */
void cli_complain(const char *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Parse argv (after the command's name) and run; returns the exit code. */
int cli_run(const struct cli_command *command, int argc, char **argv);

#endif
