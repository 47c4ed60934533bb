// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/os.h"
#include "output/sink.h"

#define LOOK_BYTES 4096u

int irl_sink_open_fd(struct irl_sink *sink, int fd, const char *name,
		     struct irl_error *err)
{
	*sink = (struct irl_sink){
	    .fd = fd, .size = IRL_SINK_BYTES, .buffer = malloc(IRL_SINK_BYTES)};
	snprintf(sink->name, sizeof(sink->name), "%s", name);
	if (!sink->buffer)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	return 0;
}

/* Where the last whole line ends; @bytes, too, if it cannot be read. */
static uint64_t end_of_lines(int fd, uint64_t bytes)
{
	char part[LOOK_BYTES];
	uint64_t at = bytes;

	while (at > 0) {
		unsigned n = at < LOOK_BYTES ? (unsigned)at : LOOK_BYTES;

		at -= n;
		if (lseek(fd, (off_t)at, SEEK_SET) < 0 ||
		    read(fd, part, n) != (ssize_t)n)
			return bytes;
		for (; n > 0; n--)
			if (part[n - 1] == '\n')
				return at + n;
	}
	return 0;
}

/* Whoever was killed while it wrote a line did not know of it as written. */
static int cut_unfinished_line(const struct irl_sink *sink, const char *path)
{
	struct irl_os_file file;
	uint64_t end;
	int fd;

	if (!irl_os_look_fd(sink->fd, &file) || !file.regular)
		return 0;
	fd = irl_os_open(path, IRL_OS_READ);
	if (fd < 0)
		return 0; /* it may be written only */
	end = end_of_lines(fd, file.bytes);
	close(fd);
	return end == file.bytes ? 0 : irl_os_truncate(sink->fd, end);
}

int irl_sink_open(struct irl_sink *sink, const char *path, bool append,
		  struct irl_error *err)
{
	int fd, rc;

	*sink = (struct irl_sink){.fd = -1};
	if (!path || !strcmp(path, "-"))
		return irl_sink_open_fd(sink, STDOUT_FILENO, "standard output",
					err);
	fd = irl_os_open(path, append ? IRL_OS_APPEND : IRL_OS_EMPTY);
	if (fd < 0)
		return irl_error_errno(err, errno, "cannot write %s", path);
	rc = irl_sink_open_fd(sink, fd, path, err);
	sink->owned = true;
	if (!rc && append && cut_unfinished_line(sink, path))
		rc = irl_error_errno(err, errno, "cannot write %s", path);
	if (rc)
		irl_sink_close(sink, NULL);
	return rc;
}

int irl_sink_explain(const struct irl_sink *sink, struct irl_error *err)
{
	if (sink->failed == -IRL_EPIPE)
		return irl_error_set(err, IRL_EPIPE,
				     "the reader of %s went away", sink->name);
	if (sink->failed)
		irl_error_errno(err, sink->errnum,
				"cannot write %s (%llu records are in it)",
				sink->name,
				(unsigned long long)sink->lines_out);
	return sink->failed;
}

static int code_of(int errnum)
{
	switch (errnum) {
	case EPIPE:
		return -IRL_EPIPE;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return -IRL_ENOSPC;
	default:
		return -IRL_EIO;
	}
}

static uint64_t count_lines(const char *at, size_t n)
{
	const char *end = at + n;
	uint64_t lines = 0;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		lines++;
	}
	return lines;
}

/* A line that did not fit is taken back, where the file allows that. */
static void cut_partial_line(const struct irl_sink *sink, size_t written)
{
	size_t whole = written;
	struct irl_os_file file;
	off_t end;

	while (whole > 0 && sink->buffer[whole - 1] != '\n')
		whole--;
	if (whole == written || !irl_os_look_fd(sink->fd, &file) ||
	    !file.regular)
		return;
	end = lseek(sink->fd, 0, SEEK_CUR);
	if (end >= (off_t)(written - whole) &&
	    irl_os_truncate(sink->fd, (uint64_t)end - (written - whole)))
		return; /* the failure that is reported came first */
}

static int fail(struct irl_sink *sink, int errnum, size_t written)
{
	sink->failed = code_of(errnum);
	sink->errnum = errnum;
	sink->lines_out += count_lines(sink->buffer, written);
	cut_partial_line(sink, written);
	sink->used = 0;
	return sink->failed;
}

int irl_sink_flush(struct irl_sink *sink, struct irl_error *err)
{
	size_t done = 0;

	if (!sink->failed && !sink->used && irl_os_reader_has_gone(sink->fd))
		fail(sink, EPIPE, 0);
	while (!sink->failed && done < sink->used) {
		ssize_t n = irl_os_write(sink->fd, sink->buffer + done,
					 sink->used - done);

		if (n > 0) {
			done += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			irl_os_await_room(sink->fd);
		} else if (n == 0 || errno != EINTR) {
			fail(sink, n ? errno : EIO, done);
		}
	}
	if (sink->failed)
		return irl_sink_explain(sink, err);
	sink->used = 0;
	sink->lines_out = sink->lines_in;
	return 0;
}

int irl_sink_grow(struct irl_sink *sink, size_t bytes)
{
	size_t size = sink->size;
	char *grown;

	if (bytes < size)
		return 0;
	if (irl_sink_flush(sink, NULL))
		return sink->failed;
	while (size <= bytes)
		size *= 2;
	grown = realloc(sink->buffer, size);
	if (!grown)
		return -IRL_ENOMEM;
	sink->buffer = grown;
	sink->size = size;
	return 0;
}

int irl_sink_close(struct irl_sink *sink, struct irl_error *err)
{
	int rc = 0;

	if (sink->buffer)
		rc = irl_sink_flush(sink, err);
	/* NFS and quotas may tell only now. */
	if (sink->owned && close(sink->fd) && !rc) {
		sink->failed = code_of(errno);
		sink->errnum = errno;
		rc = irl_sink_explain(sink, err);
	}
	free(sink->buffer);
	*sink = (struct irl_sink){.fd = -1};
	return rc;
}
