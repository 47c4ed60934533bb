/* SPDX-License-Identifier: BSD-2-Clause */
/* Included before all else in tests for Windows: words of POSIX that they use
 * and the C library there has not or spells otherwise. */
#ifndef IRL_TESTS_SHIM_POSIX_H
#define IRL_TESTS_SHIM_POSIX_H

#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

#define pipe(ends) _pipe(ends, 65536, _O_BINARY)
#define random rand
#define srandom srand

static inline void *memmem(const void *in, size_t bytes, const void *what,
			   size_t count)
{
	const char *at = in;

	for (; bytes >= count; at++, bytes--)
		if (!memcmp(at, what, count))
			return (void *)(uintptr_t)at;
	return NULL;
}

#endif
