/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of a command: each output its own, and one that can be written. */
#ifndef IRL_APP_PATHS_H
#define IRL_APP_PATHS_H

#include <irl/error.h>
#include "option.h"

struct path_output {
	const char *option, *path; /* NULL: none; "-": standard output */
	bool replaced; /* by way of FILE.new, perhaps held by FILE.irl-lock */
};

struct path_input {
	const char *option;
	const struct cli_list *list; /* files; "-": standard input */
};

/* Can the file be written?  NULL and "-" can.  Touches no content, leaves
 * nothing behind. */
int paths_try(const char *path, struct irl_error *err);
/* Refuses outputs that are another output or an input, or would be lost where
 * another is replaced, and those that cannot be written; likewise. */
int paths_check(const struct path_output outputs[], unsigned output_count,
		const struct path_input inputs[], unsigned input_count,
		struct irl_error *err);

#endif
