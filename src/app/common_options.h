/* SPDX-License-Identifier: BSD-2-Clause */
/* Options that irl scan and irl fetch have in common, the same but for what
 * some say of themselves.  AT is the command's: where a value's member is. */
#ifndef IRL_APP_COMMON_OPTIONS_H
#define IRL_APP_COMMON_OPTIONS_H

#include "option.h"

#define OPTION_ALLOWLIST_FILE(what)                                            \
	{                                                                      \
		.letter = 'w', .name = "allowlist-file", .argument = "FILE",   \
		.type = CLI_LIST, .offset = AT(allow_file), .help = what,      \
		.aliases = "whitelist-file,include-file",                      \
	}

#define OPTION_BLOCKLIST_FILE(what)                                            \
	{                                                                      \
		.letter = 'b', .name = "blocklist-file", .argument = "FILE",   \
		.type = CLI_LIST, .offset = AT(block_file), .help = what,      \
		.aliases = "blacklist-file,exclude-file",                      \
	}

#define OPTION_EXCLUDE(what)                                                   \
	{                                                                      \
		.name = "exclude", .argument = "LIST", .type = CLI_LIST,       \
		.offset = AT(exclude), .help = what,                           \
	}

#define OPTION_ALLOW_SPECIAL                                                   \
	{                                                                      \
		.name = "allow-special", .argument = "LIST", .type = CLI_LIST, \
		.offset = AT(allow_special),                                   \
		.help = "special-purpose addresses (IANA: private, "           \
			"multicast, ...) are "                                 \
			"left out except for these prefixes; \"all\" allows "  \
			"every one",                                           \
	}

#define OPTION_TARGET                                                          \
	{                                                                      \
		.name = "target", .argument = "LIST", .type = CLI_LIST,        \
		.offset = AT(target),                                          \
		.help = "as an operand; for configuration files",              \
	}

#define OPTION_MAX_TARGETS(what)                                               \
	{                                                                      \
		.letter = 'n', .name = "max-targets", .argument = "N[%]",      \
		.type = CLI_STRING, .offset = AT(max_targets), .help = what,   \
	}

#define OPTION_SEED(what)                                                      \
	{                                                                      \
		.letter = 'e', .name = "seed", .argument = "N",                \
		.type = CLI_UINT, .offset = AT(seed), .help = what,            \
		.initial = "0",                                                \
	}

#define OPTION_SHARDS(what)                                                    \
	{                                                                      \
		.name = "shards", .argument = "N", .type = CLI_UINT,           \
		.offset = AT(shards), .help = what, .initial = "1", .min = 1,  \
		.max = 1e9,                                                    \
	}

#define OPTION_SHARD                                                           \
	{                                                                      \
		.name = "shard", .argument = "N", .type = CLI_UINT,            \
		.offset = AT(shard), .help = "which of them this is, from 0",  \
		.initial = "0", .min = 0, .max = 1e9,                          \
	}

#define OPTION_START(what)                                                     \
	{                                                                      \
		.name = "start", .argument = "POSITION", .type = CLI_UINT,     \
		.offset = AT(start), .help = what,                             \
	}

#define OPTION_RESUME(what)                                                    \
	{                                                                      \
		.name = "resume", .argument = "FILE", .type = CLI_CONFIG,      \
		.offset = AT(resume), .help = what,                            \
	}

#define OPTION_RESUME_EVERY(what)                                              \
	{                                                                      \
		.name = "resume-every", .argument = "TIME", .type = CLI_TIME,  \
		.offset = AT(resume_every), .help = what, .initial = "10",     \
		.min = 0.1, .max = 1e6, .only_with = "resume",                 \
	}

#define OPTION_TARGETS_HASH                                                    \
	{                                                                      \
		.name = "targets-hash", .argument = "HEX", .type = CLI_STRING, \
		.offset = AT(targets_hash),                                    \
		.help = "refuse another set of targets than the one with "     \
			"this hash (resume files say which)",                  \
	}

#define OPTION_MAX_RUNTIME(what)                                               \
	{                                                                      \
		.letter = 't', .name = "max-runtime", .argument = "TIME",      \
		.type = CLI_TIME, .offset = AT(max_runtime), .help = what,     \
	}

#define OPTION_RETRIES                                                         \
	{                                                                      \
		.name = "retries", .argument = "N", .type = CLI_UINT,          \
		.offset = AT(retries),                                         \
		.help = "offer a frame that the device refuses N times again", \
		.initial = "1000", .min = 1, .max = 1e9,                       \
	}

#define OPTION_INTERFACE                                                       \
	{                                                                      \
		.letter = 'i', .name = "interface", .argument = "IFACE",       \
		.type = CLI_STRING, .offset = AT(ifname),                      \
		.help = "send and receive there; default: as the host's "      \
			"routes say",                                          \
		.group = "Network",                                            \
	}

#define OPTION_SOURCE_PORT(what)                                               \
	{                                                                      \
		.letter = 's', .name = "source-port",                          \
		.argument = "PORT[-PORT]", .type = CLI_STRING,                 \
		.offset = AT(source_port), .help = what,                       \
	}

#define OPTION_GATEWAY_MAC(what)                                               \
	{                                                                      \
		.letter = 'G', .name = "gateway-mac", .argument = "MAC",       \
		.type = CLI_STRING, .offset = AT(gateway_mac), .help = what,   \
	}

#define OPTION_PORT(what)                                                      \
	{                                                                      \
		.name = "port", .argument = "KIND", .type = CLI_STRING,        \
		.offset = AT(port_kind), .help = what, .initial = "auto",      \
		.choices = "auto|live|packet|windows|xdpwin",                  \
	}

#define OPTION_RESIDENCE(what, with)                                           \
	{                                                                      \
		.name = "residence", .argument = "WHERE", .type = CLI_STRING,  \
		.offset = AT(residence), .help = what, .initial = "auto",      \
		.choices = "auto|kernel|user", .only_with = with,              \
	}

#define OPTION_OUTPUT_FILE                                                     \
	{                                                                      \
		.letter = 'o', .name = "output-file", .argument = "FILE",      \
		.type = CLI_STRING, .offset = AT(output_file),                 \
		.help = "where records go; - is standard output",              \
		.group = "Output", .initial = "-",                             \
	}

#define OPTION_METADATA_FILE(what)                                             \
	{                                                                      \
		.letter = 'm', .name = "metadata-file", .argument = "FILE",    \
		.type = CLI_STRING, .offset = AT(metadata_file), .help = what, \
	}

#define OPTION_NOTES                                                           \
	{                                                                      \
		.name = "notes", .argument = "TEXT", .type = CLI_STRING,       \
		.offset = AT(notes), .help = "kept in the metadata",           \
		.only_with = "metadata-file",                                  \
	}

#define OPTION_STATUS_UPDATES_FILE(what)                                       \
	{                                                                      \
		.letter = 'u', .name = "status-updates-file",                  \
		.argument = "FILE", .type = CLI_STRING,                        \
		.offset = AT(status_file), .help = what,                       \
	}

#define OPTION_QUIET                                                           \
	{                                                                      \
		.letter = 'q', .name = "quiet", .type = CLI_FLAG,              \
		.offset = AT(quiet), .help = "no status line and no summary",  \
	}

#define OPTION_STATUS_UPDATES                                                  \
	{                                                                      \
		.name = "status-updates", .type = CLI_FLAG,                    \
		.offset = AT(status_updates),                                  \
		.help = "a status line even if standard error is no terminal", \
		.only_with = "!quiet",                                         \
	}

#define OPTION_VERBOSITY(what)                                                 \
	{                                                                      \
		.letter = 'v', .name = "verbosity", .argument = "N",           \
		.type = CLI_UINT, .offset = AT(verbosity), .help = what,       \
		.initial = "3", .min = 0, .max = 5,                            \
	}

/* A paragraph of the description. */
#define ABOUT_CPU                                                              \
	"CPU in the summary is all processor time that the run costs: user "   \
	"and system time of this process, and softirq, what the kernel did "   \
	"for it elsewhere. That part is measured for the whole machine, so "   \
	"other processes' traffic meanwhile makes it larger; so do, on a "     \
	"kernel without CONFIG_IRQ_TIME_ACCOUNTING, softirqs in this "         \
	"process's own time, which system has already."

#endif
