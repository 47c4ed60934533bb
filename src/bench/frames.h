/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frames that every contender sends: TCP SYNs, each to another address of
 * 10.0.0.0/8, with valid checksums, written from a template and updated
 * incrementally (RFC 1624), as a real sender would.
 */
#ifndef IRL_BENCH_FRAMES_H
#define IRL_BENCH_FRAMES_H

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include "../driver/linux/bench.h"

#define BENCH_FRAME_MIN 60u
#define BENCH_FRAME_MAX 1514u

struct bench_frames {
	uint32_t length, next;
	uint64_t ip_sum, tcp_sum; /* of all that does not change */
	uint8_t frame[BENCH_FRAME_MAX + 6];
};

/* @length 60 .. 1,514, even. */
void bench_frames_init(struct bench_frames *frames, uint32_t length,
		       const uint8_t source[6], const uint8_t gateway[6]);

static inline uint16_t bench_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Write the next frame to @to: frames->length bytes. */
static inline void bench_frames_write(struct bench_frames *frames, uint8_t *to)
{
	uint32_t n = frames->next++;
	uint32_t address = htonl(bench_address(n)), seq = htonl(n);
	uint64_t tcp_sum = frames->tcp_sum + address + seq;
	uint16_t ip_check = (uint16_t)~bench_fold(frames->ip_sum + address);
	uint16_t tcp_check = (uint16_t)~bench_fold(tcp_sum);

	if (frames->length == BENCH_FRAME_MIN)
		memcpy(to, frames->frame, BENCH_FRAME_MIN);
	else
		memcpy(to, frames->frame, frames->length);
	memcpy(to + 24, &ip_check, 2);
	memcpy(to + 30, &address, 4);
	memcpy(to + 38, &seq, 4);
	memcpy(to + 50, &tcp_check, 2);
}

#endif
