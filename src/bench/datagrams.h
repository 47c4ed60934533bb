/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes over a cable to a far end (bench/far.h): UDP datagrams, since
 * Windows sends no TCP of a program's own making by its sockets.  Each bears a
 * mark and a number; as a frame it is as short as Ethernet allows.
 */
#ifndef IRL_BENCH_DATAGRAMS_H
#define IRL_BENCH_DATAGRAMS_H

#include <stdint.h>
#include <string.h>

#define BENCH_FAR_PORT 40009u /* TCP: the far end is asked there */
#define BENCH_FAR_GOAL 40010u /* UDP and TCP: what is measured goes there */

#define BENCH_DATAGRAM_HEADERS 42u /* Ethernet, IPv4, UDP */
#define BENCH_DATAGRAM_MIN 18u     /* so that the frame has 60 bytes */
#define BENCH_DATAGRAM_MAX 1472u
#define BENCH_DATAGRAM_MARK "irlbench" /* first of the data, without its 0 */
#define BENCH_DATAGRAM_MARK_BYTES 8u
#define BENCH_STEP_OF_RANGE 2654435761u /* odd: every address in turn */

/* Addresses in host byte order. */
struct bench_range {
	uint32_t first, count; /* a power of two */
};

static inline uint32_t bench_range_address(const struct bench_range *range,
					   uint32_t n)
{
	return range->first + ((n * BENCH_STEP_OF_RANGE) & (range->count - 1));
}

static inline void bench_put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static inline void bench_put32(uint8_t *to, uint32_t value)
{
	bench_put16(to, value >> 16);
	bench_put16(to + 2, value);
}

static inline uint32_t bench_get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

static inline uint32_t bench_get32(const uint8_t *from)
{
	return bench_get16(from) << 16 | bench_get16(from + 2);
}

/* The data of datagram @n, @length bytes of which the first 12 matter. */
static inline void bench_datagram_data(uint8_t *to, uint32_t n)
{
	memcpy(to, BENCH_DATAGRAM_MARK, BENCH_DATAGRAM_MARK_BYTES);
	bench_put32(to + BENCH_DATAGRAM_MARK_BYTES, n);
}

/* Whole frames, for who sends those. */
struct bench_datagrams {
	struct bench_range to;
	uint32_t length, next; /* of the frame; number of the next */
	uint32_t ip_sum, udp_sum;
	uint8_t frame[BENCH_DATAGRAM_HEADERS + BENCH_DATAGRAM_MAX];
};

/* @length 60 .. 1,514, even. */
void bench_datagrams_init(struct bench_datagrams *d, uint32_t length,
			  const uint8_t mac[6], const uint8_t far_mac[6],
			  uint32_t source, const struct bench_range *to);

/* The sum of 16-bit words of @bytes (even) of big-endian memory. */
static inline uint32_t bench_sum(const uint8_t *from, uint32_t bytes)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i + 2 <= bytes; i += 2)
		sum += bench_get16(from + i);
	return sum;
}

static inline uint32_t bench_folded(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Write the next frame, d->length bytes. */
static inline void bench_datagrams_write(struct bench_datagrams *d, uint8_t *to)
{
	uint32_t n = d->next++, address = bench_range_address(&d->to, n);
	uint32_t words = (address >> 16) + (address & 0xffff);
	uint32_t sum =
	    bench_folded(d->udp_sum + words + (n >> 16) + (n & 0xffff));

	memcpy(to, d->frame, d->length);
	bench_put16(to + 24, ~bench_folded(d->ip_sum + words));
	bench_put32(to + 30, address);
	bench_put16(to + 40, sum == 0xffff ? sum : ~sum);
	bench_put32(to + BENCH_DATAGRAM_HEADERS + BENCH_DATAGRAM_MARK_BYTES, n);
}

#endif
