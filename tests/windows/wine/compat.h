/* SPDX-License-Identifier: BSD-2-Clause */
/* Before each source of the double: what it takes from a C library, and what
 * mingw's lacks. */
#ifndef IRL_TESTS_WINE_COMPAT_H
#define IRL_TESTS_WINE_COMPAT_H

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* The double's <ntddk.h> has its own. */
#undef __cdecl
#undef _WIN32_WINNT
#undef _WIN64

/* To be freed by free(): malloc's 16 bytes are enough here. */
static inline int posix_memalign(void **out, size_t alignment, size_t size)
{
	(void)alignment;
	*out = malloc(size);
	return *out ? 0 : 12;
}

#endif
