/* SPDX-License-Identifier: BSD-2-Clause */
/* Large regions straight from the system: zero, aligned to a page, in huge
 * pages where the system has them; what is never touched costs nothing. */
#ifndef IRL_BASE_MEMORY_H
#define IRL_BASE_MEMORY_H

#include <stddef.h>

void *irl_memory_take(size_t bytes); /* NULL: there is none */
void irl_memory_give(void *memory, size_t bytes);

#endif
