/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters with one writer that other threads read meanwhile. */
#ifndef IRL_ENGINE_COUNT_H
#define IRL_ENGINE_COUNT_H

#include <stdint.h>

static inline void irl_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter,
			 __atomic_load_n(counter, __ATOMIC_RELAXED) + n,
			 __ATOMIC_RELAXED);
}

static inline uint64_t irl_counted(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

#endif
