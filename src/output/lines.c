// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include <irl/output.h>
#include "output/sink.h"

struct irl_lines {
	struct irl_sink sink;
};

int irl_lines_open(struct irl_lines **out, const char *path, bool append,
		   struct irl_error *err)
{
	struct irl_lines *lines = calloc(1, sizeof(*lines));
	int rc;

	*out = NULL;
	if (!lines)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	rc = irl_sink_open(&lines->sink, path, append, err);
	if (rc)
		free(lines);
	else
		*out = lines;
	return rc;
}

int irl_lines_put(struct irl_lines *lines, const char *text, size_t size)
{
	struct irl_sink *sink = &lines->sink;
	int rc = irl_sink_grow(sink, size + 1);
	char *at;

	if (rc)
		return rc;
	at = irl_sink_room(sink, size + 1);
	if (!at)
		return sink->failed;
	memcpy(at, text, size);
	at[size] = '\n';
	irl_sink_put(sink, at + size + 1);
	return 0;
}

int irl_lines_flush(struct irl_lines *lines, struct irl_error *err)
{
	return irl_sink_flush(&lines->sink, err);
}

uint64_t irl_lines_written(const struct irl_lines *lines)
{
	return lines->sink.lines_out;
}

int irl_lines_fd(const struct irl_lines *lines)
{
	return lines->sink.fd;
}

int irl_lines_close(struct irl_lines *lines, struct irl_error *err)
{
	int rc;

	if (!lines)
		return 0;
	rc = irl_sink_close(&lines->sink, err);
	free(lines);
	return rc;
}
