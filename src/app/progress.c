// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <unistd.h>
#include <irl/output.h>
#include "base/os.h"
#include "option.h"
#include "progress.h"

int progress_open(struct progress *progress,
		  const struct progress_options *options, struct irl_error *err)
{
	bool terminal = irl_os_is_terminal(STDERR_FILENO);
	struct irl_os_file file;

	*progress = (struct progress){
	    .name = options->file,
	    .line = !options->quiet && (options->updates || terminal),
	    /* Records on the same terminal would run into the line. */
	    .rewrite = terminal && !irl_os_is_terminal(STDOUT_FILENO),
	};
	if (!options->file)
		return 0;
	progress->file =
	    irl_os_fopen(options->file, options->go_on ? "a" : "w");
	if (!progress->file)
		return irl_error_errno(err, errno, "cannot write %s",
				       options->file);
	if (!options->go_on || !irl_os_look_fd(fileno(progress->file), &file) ||
	    !file.bytes)
		fputs(options->header, progress->file);
	return 0;
}

void progress_row(struct progress *progress, const char *row)
{
	if (!progress->file)
		return;
	fputs(row, progress->file);
	if (fflush(progress->file) && !progress->file_errno)
		progress->file_errno = errno;
}

void progress_line(struct progress *progress, const char *line)
{
	if (!progress->line)
		return;
	fprintf(stderr, progress->rewrite ? "\r%s\033[K" : "%s\n", line);
	progress->line_is_open = progress->rewrite;
}

void progress_asking(struct progress *progress,
		     const struct irl_scan_asking *asking)
{
	char line[128];

	irl_status_asking(line, sizeof(line), asking);
	progress_line(progress, line);
}

void progress_interrupted(struct progress *progress, const char *command,
			  const char *what, const char *onward)
{
	if (progress->interrupted)
		return;
	progress->interrupted = true;
	progress_end_line(progress);
	cli_complain(command,
		     "interrupted: %s; another interrupt ends it at once%s%s",
		     what, onward ? ", to be continued with " : "",
		     onward ? onward : "");
}

void progress_end_line(struct progress *progress)
{
	if (progress->line_is_open)
		fputc('\n', stderr);
	progress->line_is_open = false;
}

int progress_close(struct progress *progress, struct irl_error *err)
{
	int rc = 0;

	progress_end_line(progress);
	if (!progress->file)
		return 0;
	if (ferror(progress->file))
		rc = irl_error_errno(
		    err, progress->file_errno ? progress->file_errno : EIO,
		    "cannot write %s", progress->name);
	if (fclose(progress->file) && !rc)
		rc = irl_error_errno(err, errno, "cannot write %s",
				     progress->name);
	progress->file = NULL;
	return rc;
}
