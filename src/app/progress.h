/* SPDX-License-Identifier: BSD-2-Clause */
/* Progress of a scan or a fetch: a line on standard error, a row in a file. */
#ifndef IRL_APP_PROGRESS_H
#define IRL_APP_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>
#include <irl/error.h>
#include <irl/scan.h>

struct progress {
	const char *name;  /* of the file */
	FILE *file;        /* NULL: none */
	int file_errno;    /* of its first write that failed */
	bool line;         /* on standard error */
	bool rewrite;      /* in place, since it is a terminal */
	bool line_is_open; /* it stands there without its end */
	bool interrupted;  /* which has been told */
};

struct progress_options {
	bool quiet, updates; /* no line; one even if that is no terminal */
	const char *file;    /* NULL: none */
	bool go_on;          /* add to what an earlier part wrote */
	const char *header;  /* of the file, with its line end */
};

int progress_open(struct progress *progress,
		  const struct progress_options *options,
		  struct irl_error *err);
/* Where there is a file: the same row, with its line end. */
void progress_row(struct progress *progress, const char *row);
/* Where a line is wanted: without its end. */
void progress_line(struct progress *progress, const char *line);
void progress_asking(struct progress *progress,
		     const struct irl_scan_asking *asking);
/* Once, as a line of its own: @command was interrupted, and what it still does,
 * as in "waits 8 s for late answers".  @onward: what to continue with after
 * another interrupt, which tells nothing; NULL: that is known, or cannot be. */
void progress_interrupted(struct progress *progress, const char *command,
			  const char *what, const char *onward);
/* Before anything else is said on standard error. */
void progress_end_line(struct progress *progress);
/* Also once more.  An error tells that rows are missing. */
int progress_close(struct progress *progress, struct irl_error *err);

#endif
