// SPDX-License-Identifier: BSD-2-Clause
#include "bench/frames.h"

#define IP_AT 14
#define TCP_AT 34

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static uint64_t sum_of(const uint8_t *from, uint32_t bytes)
{
	uint64_t sum = 0;
	uint16_t half;

	for (uint32_t i = 0; i + 2 <= bytes; i += 2) {
		memcpy(&half, from + i, 2);
		sum += half;
	}
	return sum;
}

void bench_frames_init(struct bench_frames *frames, uint32_t length,
		       const uint8_t source[6], const uint8_t gateway[6])
{
	uint32_t total = length > BENCH_FRAME_MIN ? length - IP_AT : 40;
	uint8_t *f = frames->frame;

	memset(frames, 0, sizeof(*frames));
	frames->length = length;
	frames->next = 1;
	memcpy(f, gateway, 6);
	memcpy(f + 6, source, 6);
	put16(f + 12, 0x0800);
	f[IP_AT] = 0x45;
	put16(f + IP_AT + 2, total);
	f[IP_AT + 8] = 64;
	f[IP_AT + 9] = 6;
	put16(f + IP_AT + 12, 0x0a00); /* 10.0.0.1 */
	put16(f + IP_AT + 14, 0x0001);
	put16(f + TCP_AT, 40000);
	put16(f + TCP_AT + 2, 80);
	f[TCP_AT + 12] = 0x50;
	f[TCP_AT + 13] = 0x02;
	put16(f + TCP_AT + 14, 65535);
	for (uint32_t i = 54; i < length && length > BENCH_FRAME_MIN; i++)
		f[i] = (uint8_t)i;
	frames->ip_sum = sum_of(f + IP_AT, 20);
	frames->tcp_sum = sum_of(f + IP_AT + 12, length - IP_AT - 12) +
			  htons(6) + htons((uint16_t)(total - 20));
}
