/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that others have written: how a file begins, what looks like a name. */
#ifndef IRL_BASE_TEXT_H
#define IRL_BASE_TEXT_H

#include <stdbool.h>
#include <string.h>
#include <irl/error.h>

/* Bytes to be there, unless the file is shorter, before it is looked at. */
#define IRL_TEXT_MARK 3u

/** What unpacks a file that begins so, NULL: it is not compressed. */
static inline const char *irl_text_unpacker(const void *data, size_t size)
{
	static const struct {
		const char *magic, *program;
	} known[] = {{"\x1f\x8b", "zcat"},        /* RFC 1952 */
		     {"\x28\xb5\x2f", "zstdcat"}, /* RFC 8878 */
		     {"\xfd\x37\x7a", "xzcat"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (size >= strlen(known[i].magic) &&
		    !memcmp(data, known[i].magic, strlen(known[i].magic)))
			return known[i].program;
	return NULL;
}

/**
 * How many of the file's first bytes are UTF-8's byte order mark and not its
 * own, 0 or 3; or -IRL_EINVAL: it is UTF-16 or compressed, which nothing here
 * reads.
 *
 * @data, @size  the file's beginning
 * @name         of the file, for the message
 */
static inline int irl_text_mark(const void *data, size_t size, const char *name,
				struct irl_error *err)
{
	const char *unpacker = irl_text_unpacker(data, size);

	if (unpacker)
		return irl_error_set(err, IRL_EINVAL,
				     "%.300s is compressed; unpack it: %s FILE "
				     "| irl ... -",
				     name, unpacker);
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

#define IRL_TEXT_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/**
 * Does @text look like a domain name?  Letters, perhaps digits, '-' and '_',
 * with a dot: no address, and no word of a header or a sentence.
 */
static inline bool irl_text_is_name(const char *text)
{
	return strchr(text, '.') && strpbrk(text, IRL_TEXT_LETTERS) &&
	       !text[strspn(text, IRL_TEXT_LETTERS "0123456789-_.")];
}

#endif
