// SPDX-License-Identifier: BSD-2-Clause
#include <sys/mman.h>
#include "base/memory.h"

#define HUGE_PAGE (2u << 20)

void *irl_memory_take(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	/* Random access to gigabytes waits for the TLB otherwise.  It is a
	 * wish: where it is not granted nothing is lost but time. */
	if (bytes >= 2 * HUGE_PAGE)
		madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}

void irl_memory_give(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, bytes);
}
