/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * irl bench: what is the same on every system.  bench_linux.c and
 * bench_windows.c have the command, its benchmarks and their options.
 */
#ifndef IRL_APP_BENCH_H
#define IRL_APP_BENCH_H

#include "bench/bench.h"
#include "option.h"

/* No option has a default of its own. */
struct bench_values {
	const char *json;
	double seconds;
	uint64_t rounds, frame_bytes;
	const char *core;
	const char *batches, *contenders;
	uint64_t ring_bytes, workers;
	const char *range;
	const char *ifname, *listen, *peer, *port;
	bool quiet;
};

#define BENCH_AT(member) offsetof(struct bench_values, member)

struct bench_kind {
	const char *name;
	double seconds;  /* usual */
	unsigned rounds; /* likewise */
	/* The options that it has, besides those of every benchmark. */
	const char *takes;
	int (*run)(struct bench_report *report,
		   const struct bench_options *options, struct irl_error *err);
};

/* The kind that argv[0] names, of @kinds, whose names are @names; returns the
 * exit code. */
int bench_command(const struct cli_command *command,
		  const struct bench_kind kinds[], size_t count,
		  const char *names, const struct bench_values *values,
		  int argc, char **argv);

/* ---- options that more than one system has ------------------------------- */

#define BENCH_OPTION_JSON                                                      \
	{                                                                      \
		.name = "json", .argument = "FILE", .type = CLI_STRING,        \
		.offset = BENCH_AT(json), .group = "Output",                   \
		.help =                                                        \
		    "write the figures as JSON to FILE (-: standard output)"   \
	}

#define BENCH_OPTION_QUIET                                                     \
	{                                                                      \
		.letter = 'q', .name = "quiet", .type = CLI_FLAG,              \
		.offset = BENCH_AT(quiet), .help = "no progress on stderr"     \
	}

#define BENCH_OPTION_SECONDS(what)                                             \
	{                                                                      \
		.name = "seconds", .argument = "TIME", .type = CLI_TIME,       \
		.offset = BENCH_AT(seconds), .group = "Measuring",             \
		.max = 3600, .help = what                                      \
	}

#define BENCH_OPTION_ROUNDS(what)                                              \
	{                                                                      \
		.name = "rounds", .argument = "N", .type = CLI_UINT,           \
		.offset = BENCH_AT(rounds), .min = 1, .max = BENCH_ROUNDS_MAX, \
		.help = what                                                   \
	}

#define BENCH_OPTION_BATCHES                                                   \
	{                                                                      \
		.name = "batches", .argument = "SIZES", .type = CLI_STRING,    \
		.offset = BENCH_AT(batches),                                   \
		.help = "of tx, only these of 1,4,16,64,256,1024"              \
	}

#define BENCH_OPTION_FRAME_BYTES                                               \
	{                                                                      \
		.name = "frame-bytes", .argument = "N", .type = CLI_UINT,      \
		.offset = BENCH_AT(frame_bytes), .min = 60, .max = 1514,       \
		.help = "of the frames of tx, without FCS; even; default: 60"  \
	}

#define BENCH_OPTION_CORE(what)                                                \
	{                                                                      \
		.name = "core", .argument = "N", .type = CLI_STRING,           \
		.offset = BENCH_AT(core), .help = what                         \
	}

#define BENCH_OPTION_INTERFACE                                                 \
	{                                                                      \
		.letter = 'i', .name = "interface", .argument = "NAME",        \
		.type = CLI_STRING, .offset = BENCH_AT(ifname),                \
		.help = "of far: this end of the cable"                        \
	}

#define BENCH_OPTION_LISTEN                                                    \
	{                                                                      \
		.name = "listen", .argument = "ADDRESS", .type = CLI_STRING,   \
		.offset = BENCH_AT(listen),                                    \
		.help =                                                        \
		    "of far: its own address there, which the other end names" \
	}

#endif
