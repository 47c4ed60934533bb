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

/* Its own inverse.  Whole words: compilers put together what is written by the
 * byte, field behind field, in one long chain. */
static inline uint16_t irl_swap16(uint16_t x)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap16(x);
#else
	return x;
#endif
}

static inline uint32_t irl_swap32(uint32_t x)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap32(x);
#else
	return x;
#endif
}

static inline uint16_t irl_host16(irl_be16 x)
{
	uint16_t word;

	memcpy(&word, &x, sizeof(word));
	return irl_swap16(word);
}

static inline uint32_t irl_host32(irl_be32 x)
{
	uint32_t word;

	memcpy(&word, &x, sizeof(word));
	return irl_swap32(word);
}

static inline irl_be16 irl_wire16(uint16_t x)
{
	uint16_t word = irl_swap16(x);
	irl_be16 wire;

	memcpy(&wire, &word, sizeof(wire));
	return wire;
}

static inline irl_be32 irl_wire32(uint32_t x)
{
	uint32_t word = irl_swap32(x);
	irl_be32 wire;

	memcpy(&wire, &word, sizeof(wire));
	return wire;
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
