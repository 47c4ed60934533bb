/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file descriptor behind a large buffer of whole lines.  The first failure
 * is final; a regular file then ends with its last whole line.
 */
#ifndef IRL_OUTPUT_SINK_H
#define IRL_OUTPUT_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <irl/error.h>

#define IRL_SINK_BYTES (256u << 10) /* at first */

struct irl_sink {
	int fd;
	bool owned;  /* closed at the end */
	int failed;  /* -IRL_E... of the first failure */
	int errnum;  /* its errno */
	size_t size; /* of buffer */
	size_t used; /* bytes of whole lines in it */
	char name[256];
	uint64_t lines_in, lines_out; /* put; written in full */
	char *buffer;
};

/* @append: behind the last whole line of a file; what follows that is cut. */
int irl_sink_open(struct irl_sink *sink, const char *path, bool append,
		  struct irl_error *err);
/* For tests and pipes: takes over nothing. */
int irl_sink_open_fd(struct irl_sink *sink, int fd, const char *name,
		     struct irl_error *err);
/* Write all that is buffered; 0 or the sink's failure. */
int irl_sink_flush(struct irl_sink *sink, struct irl_error *err);
/* Flush, close, free. */
int irl_sink_close(struct irl_sink *sink, struct irl_error *err);
/* The sink's failure in words; returns it. */
int irl_sink_explain(const struct irl_sink *sink, struct irl_error *err);

/* For lines of up to @bytes: flushes, and takes more memory where need be.  0,
 * -IRL_ENOMEM, or the sink's failure. */
int irl_sink_grow(struct irl_sink *sink, size_t bytes);

/* Room for a line of up to @bytes (< sink->size), or NULL if a flush failed. */
static inline char *irl_sink_room(struct irl_sink *sink, size_t bytes)
{
	if (sink->failed)
		return NULL;
	if (sink->size - sink->used < bytes && irl_sink_flush(sink, NULL))
		return NULL;
	return sink->buffer + sink->used;
}

/* The line written at irl_sink_room ends here. */
static inline void irl_sink_put(struct irl_sink *sink, const char *end)
{
	sink->used = (size_t)(end - sink->buffer);
	sink->lines_in++;
}

#endif
