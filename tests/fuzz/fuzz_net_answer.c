// SPDX-License-Identifier: BSD-2-Clause
/*
 * Answers of ours to any frame: whatever comes in, what goes out is a whole,
 * sound answer from an own address to one station that is not us, and is not
 * answered in its turn.
 * Input: one byte that chooses the own prefixes, then the frame.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <irl/net.h>
#include "wire/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t us[6] = {2, 0, 0, 0, 0, 1};

#define MUST(truth)                                                            \
	do {                                                                   \
		if (!(truth))                                                  \
			abort();                                               \
	} while (0)

static uint32_t read32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static int is_own(const struct irl_prefix4 *own, uint32_t addr)
{
	uint64_t size = 1ull << (32 - own->length);

	return addr / size == own->addr / size;
}

static void check(const struct irl_prefix4 *own, const uint8_t *frame,
		  const uint8_t *answer, uint32_t length)
{
	struct irl_prefix4 any = {0, 0};
	uint8_t more[IRL_FRAME_MAX];
	uint32_t from, to;

	MUST(length >= 60 && length <= IRL_FRAME_MAX);
	MUST(memcmp(answer + 6, us, 6) == 0 && memcmp(answer, us, 6) != 0);
	MUST(!(answer[0] & 1));
	MUST(memcmp(answer + 12, frame + 12, 2) == 0);
	from = read32(answer + (answer[13] == 6 ? 28 : 26));
	to = read32(answer + (answer[13] == 6 ? 38 : 30));
	MUST(is_own(own, from) && !is_own(own, to));
	MUST(to >> 24 != 127 && to < 0xe0000000u);
	if (answer[13] == 0) {
		MUST(irl_checksum_valid(answer, length));
		MUST(answer[34] == 0 && to >> 24 != 0);
		MUST(memcmp(answer, frame + 6, 6) == 0);
	} else {
		MUST(length == 60 && answer[21] == 2);
		MUST(memcmp(answer, answer + 32, 6) == 0);
	}
	MUST(irl_answer(&any, 1, answer, answer, length, more) == 0);
}

/* Of fd00::/8 what is below the prefix: ours. */
static int is_own6(const struct irl_prefix6 *own, const uint8_t *addr)
{
	for (uint32_t i = 0; i < own->length; i++)
		if ((own->addr.byte[i / 8] ^ addr[i / 8]) & 0x80 >> i % 8)
			return 0;
	return 1;
}

static void check6(const struct irl_prefix6 *own, const uint8_t *frame,
		   const uint8_t *answer, uint32_t length)
{
	struct irl_prefix6 any = {.length = 0};
	const uint8_t *to = answer + 38;
	uint8_t more[IRL_FRAME_MAX];
	int echo = frame[54] == 128;

	MUST(length >= 62 && length <= IRL_FRAME_MAX);
	MUST(memcmp(answer + 6, us, 6) == 0 && memcmp(answer, us, 6) != 0);
	MUST(answer[12] == 0x86 && answer[13] == 0xdd);
	MUST(irl_checksum_valid(answer, length));
	MUST(is_own6(own, answer + 22) && !is_own6(own, to));
	MUST(answer[54] == (echo ? 129 : 136) && answer[55] == 0);
	MUST(to[0] != 0xff ||
	     (!echo && answer[58] == 0x20 && to[1] == 2 && to[15] == 1));
	MUST(echo || (length == 86 && answer[21] == 255 &&
		      memcmp(answer + 62, answer + 22, 16) == 0));
	MUST(irl_answer6(&any, 1, answer, answer, length, more) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct irl_prefix6 own6 = {{{0xfd, [13] = 0xab, 0xcd, 0xef}}, 128};
	struct irl_prefix4 own = {0x0a010000u, 16};
	uint8_t answer[IRL_FRAME_MAX];
	uint8_t *copy;
	uint32_t length;

	if (size < 1)
		return 0;
	own.length = 8u + data[0] % 25u;
	size--;
	copy = malloc(size ? size : 1); /* exact, so that overruns are seen */
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size);
	length = irl_answer(&own, 1, us, copy, (uint32_t)size, answer);
	if (length)
		check(&own, copy, answer, length);
	own6.length = 17u + data[0] % 112u;
	length = irl_answer6(&own6, 1, us, copy, (uint32_t)size, answer);
	MUST(!length || size > 54);
	if (length)
		check6(&own6, copy, answer, length);
	free(copy);
	return 0;
}
