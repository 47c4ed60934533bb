/* SPDX-License-Identifier: BSD-2-Clause */
/* How a text file begins that some editor or shell has written. */
#ifndef IRL_BASE_TEXT_H
#define IRL_BASE_TEXT_H

#include <string.h>
#include <irl/error.h>

/* Bytes to be there, unless the file is shorter, before it is looked at. */
#define IRL_TEXT_MARK 3u

/**
 * How many of the file's first bytes are UTF-8's byte order mark and not its
 * own, 0 or 3; or -IRL_EINVAL: it is UTF-16, which nothing here reads.
 *
 * @data, @size  the file's beginning
 * @name         of the file, for the message
 */
static inline int irl_text_mark(const void *data, size_t size, const char *name,
				struct irl_error *err)
{
	if (size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3))
		return 3;
	if (size < 2 || (memcmp(data, "\xff\xfe", 2) != 0 &&
			 memcmp(data, "\xfe\xff", 2) != 0))
		return 0;
	return irl_error_set(err, IRL_EINVAL,
			     "%.300s is UTF-16, as PowerShell writes by >; "
			     "save it as UTF-8, there by | Out-File -Encoding "
			     "utf8 FILE",
			     name);
}

#endif
