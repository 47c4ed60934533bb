/* SPDX-License-Identifier: BSD-2-Clause */
/* Large regions straight from the system: zero, aligned to a page, in huge
 * pages where the system has them; what is never touched costs nothing.
 * os_linux.c and os_windows.c have them. */
#ifndef IRL_BASE_MEMORY_H
#define IRL_BASE_MEMORY_H

#include <stddef.h>

/* NULL: there is none. */
void *irl_memory_take(size_t bytes);
/* May be more than there is: only address space is needed for what is never
 * touched.  No huge pages. */
void *irl_memory_reserve(size_t bytes);
void irl_memory_give(void *memory, size_t bytes);

/* As malloc and free, but it begins with a cache line, as structs of several
 * threads must.  @bytes: a multiple of 64. */
void *irl_aligned_take(size_t bytes);
void irl_aligned_give(void *memory);

#endif
