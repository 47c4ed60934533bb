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
#include <stdio.h>
#include <irl/error.h>

/* A bound of rates, of frames or bits: beyond what any link does. */
#define CLI_RATE_MAX 1e15

/* What a value is, and the C type of its member in the command's struct. */
enum cli_type {
	CLI_FLAG,   /* bool, no argument */
	CLI_STRING, /* const char *; given again: the last one counts */
	CLI_CONFIG, /* const char *: a configuration file, which is read like
		       that of --config if it exists */
	CLI_LIST,   /* struct cli_list, may be given again: they add up */
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

/* In the order in which tables are read. */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct cli_option {
	char letter;      /* 0: long form only */
	const char *name; /* long name, also the key in a configuration file */
	const char *argument; /* "PPS"; NULL for a flag */
	enum cli_type type;
	size_t offset; /* of the member in the values struct */
	const char *help;
	const char *group;   /* heading in help; NULL: as the one before */
	const char *initial; /* default as text; NULL: zero */
	/* All of these may be left out. */
	const char *aliases; /* "blacklist-file,exclude-file": understood too */
	const char *choices; /* of a CLI_STRING: "auto|live|packet" */
	double min, max;     /* of a number; both 0: unchecked */
	/* Beside what it has an effect: "scan", "protocol=http,!request".  Who
	 * gives it without, on the command line, is told so; files may hold
	 * what is of no use now. */
	const char *only_with;
	const char *at_most; /* a number of that option is its limit */
};

/* An option of zmap, zgrab2 or masscan that has no name here. */
struct cli_foreign {
	char letter; /* 0: long form only */
	const char *name;
	const char *instead; /* "give --rate" */
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
	const struct cli_foreign *foreign; /* ended by one without a name */
	size_t values_size;
	/* Operands in argv[0 .. argc-1]; returns the exit code:
	 * 0 done, 1 failed, 2 usage, 75 interrupted (resumable). */
	int (*run)(void *values, int argc, char **argv);
	bool raw_operands; /* stop at the first operand: "world run -- ..." */
	/* Not in this build: why.  Besides it has a name and a summary. */
	const char *missing;
};

enum cli_exit { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_AGAIN = 75 };

/* Every command has these besides its own: -h, --help; -V, --version;
 * -C, --config FILE.  Their letters and names are taken. */

/* Defined one per file in src/app, listed in src/cli/main.c. */
extern const struct cli_command cmd_scan, cmd_fetch, cmd_world, cmd_doctor,
    cmd_bench;

/* The exit code for an error: 2 where what was asked makes no sense. */
int cli_exit_code(const struct irl_error *err);

/* "irl CMD: text" on stderr. */
void cli_complain(const char *command, const char *fmt, ...) IRL_PRINTF(2, 3);

/* Parse argv and run; argv[0] is the command's name.  Returns the exit code. */
int cli_run(const struct cli_command *command, int argc, char **argv);

/* ---- the steps of cli_run, for tests --------------------------------------
 */

enum cli_wanted { CLI_WANT_RUN, CLI_WANT_HELP, CLI_WANT_VERSION };

struct cli_parsed {
	void *values; /* command->values_size bytes */
	char **argv;  /* operands */
	int argc;
	enum cli_wanted wanted;
	char **kept; /* texts of files, which values point into */
	size_t kept_count;
};

/*
 * Defaults, then configuration files, then the command line, which wins.
 * 0 or -IRL_EPARSE (also -IRL_EIO, -IRL_ENOMEM): @err names option, value and
 * mend.  Whatever it returns, cli_parsed_fini must follow.  Not reentrant
 * (getopt).
 */
int cli_parse(struct cli_parsed *out, const struct cli_command *command,
	      int argc, char **argv, struct irl_error *err);
void cli_parsed_fini(struct cli_parsed *parsed,
		     const struct cli_command *command);

/* Text -> the option's member in @values.  @where: "--rate", "FILE:3: rate". */
int cli_set(const struct cli_option *option, void *values, const char *text,
	    const char *where, struct irl_error *err);

/* Is it given, or not 0 by default? */
bool cli_is_set(const struct cli_option *option, const void *values);

/* Is @text one of "one|two|three"? */
bool cli_is_choice(const char *choices, const char *text);

/* Does the option, which was given, change something beside the others?  0 or
 * -IRL_EPARSE: @err names both and the mend. */
int cli_check_effect(const struct cli_command *command,
		     const struct cli_option *option, const void *values,
		     struct irl_error *err);

/* The option of that long name or alias, or NULL. */
const struct cli_option *cli_find(const struct cli_command *command,
				  const char *name);

/*
 * Apply a configuration file's @text, which is cut up and must live as long
 * as @values.  Lines are "name = value", "name value" or "flag"; # begins a
 * comment; "quotes" keep blanks and #, and within them \" \\ \n stand for
 * a quote, a backslash, a line end.  Errors name @path and line.
 */
int cli_config_apply(const struct cli_command *command, void *values,
		     const char *path, char *text, struct irl_error *err);

/* The nearest of the names that @next gives (NULL ends), or NULL if none is
 * near enough to be meant. */
const char *cli_nearest(const char *word,
			const char *(*next)(const void *context, size_t i),
			const void *context);

/* ---- what else the tables give --------------------------------------------
 */

struct cli_program {
	const struct cli_command *const *command;
	size_t count;
};

void cli_help_program(FILE *out, const struct cli_program *program);
void cli_help_command(FILE *out, const struct cli_command *command);
/* What follows an option's help: " (default: 10k; only with --scan)". */
#define CLI_REMARKS 320
void cli_remarks(const struct cli_option *option, char text[CLI_REMARKS]);
/* roff; @command NULL: the page of irl itself. */
void cli_man(FILE *out, const struct cli_program *program,
	     const struct cli_command *command);
void cli_completion_bash(FILE *out, const struct cli_program *program);

/* The options that every command has, for help, man and completion. */
extern const struct cli_option cli_common[];
extern const size_t cli_common_count;

#endif
