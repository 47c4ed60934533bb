/* SPDX-License-Identifier: BSD-2-Clause */
/* FNV-1a of 64 bits (Fowler, Noll, Vo): tells what has been changed, by nobody
 * who wants to deceive. */
#ifndef IRL_APP_FNV_H
#define IRL_APP_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_BEGIN 0xcbf29ce484222325ull

static inline uint64_t fnv(uint64_t hash, const void *bytes, size_t count)
{
	const uint8_t *at = bytes;

	while (count--)
		hash = (hash ^ *at++) * 0x100000001b3ull;
	return hash;
}

#endif
