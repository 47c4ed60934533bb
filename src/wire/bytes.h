/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wire integers and bounded input.  irl_be16 and irl_be32 have one member each,
 * so that a wire value and a host value cannot be mixed; they need no
 * alignment.
 *
 * Every parser of this room takes a struct irl_bytes, returns false and leaves
 * it alone if the bytes at hand are not a whole, well-formed header, or else
 * moves it behind that header.  No parser reads past the end, none keeps a
 * pointer except where its struct says so.  Writers write exactly the bytes
 * that their header counts.
 */
#ifndef IRL_WIRE_BYTES_H
#define IRL_WIRE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
	uint8_t byte[2];
} irl_be16;

typedef struct {
	uint8_t byte[4];
} irl_be32;

static inline uint16_t irl_host16(irl_be16 x)
{
	return (uint16_t)(x.byte[0] << 8 | x.byte[1]);
}

static inline uint32_t irl_host32(irl_be32 x)
{
	return (uint32_t)x.byte[0] << 24 | (uint32_t)x.byte[1] << 16 |
	       (uint32_t)x.byte[2] << 8 | x.byte[3];
}

static inline irl_be16 irl_wire16(uint16_t x)
{
	return (irl_be16){{(uint8_t)(x >> 8), (uint8_t)x}};
}

static inline irl_be32 irl_wire32(uint32_t x)
{
	return (irl_be32){{(uint8_t)(x >> 24), (uint8_t)(x >> 16),
			   (uint8_t)(x >> 8), (uint8_t)x}};
}

/* Bytes not yet parsed; they belong to someone else. */
struct irl_bytes {
	const uint8_t *at;
	size_t left;
};

static inline struct irl_bytes irl_bytes(const void *at, size_t length)
{
	return (struct irl_bytes){at, length};
}

/* The next @size bytes, or NULL if there are fewer. */
static inline const void *irl_bytes_take(struct irl_bytes *in, size_t size)
{
	const uint8_t *at = in->at;

	if (in->left < size)
		return NULL;
	in->at += size;
	in->left -= size;
	return at;
}

#endif
