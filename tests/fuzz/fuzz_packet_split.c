// SPDX-License-Identifier: BSD-2-Clause
/*
 * Joined segments of any shape: cut, the pieces are frames of ordinary length
 * with sound checksums, and together the data that there was.
 * Input: 2 bytes that say how much of the end is not here, then the frame.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <irl/frame.h>
#include "port/packet_split.h"
#include "wire/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(int yes)
{
	if (!yes)
		abort();
}

/* Where the packet says that it ends. */
static uint32_t own_end(const uint8_t *frame)
{
	return frame[12] == 0x08 ? 14u + frame[16] * 256u + frame[17]
				 : 54u + frame[18] * 256u + frame[19];
}

/* All pieces of @frame, of which @have bytes are here. */
static void walk(struct irl_split *split, const uint8_t *frame, uint32_t have)
{
	uint8_t *piece = malloc(IRL_FRAME_MAX);
	uint32_t head = split->data, at = head;

	expect(piece != NULL);
	while (irl_split_left(split)) {
		uint32_t length = irl_split_next(split, piece);

		expect(length > head && length <= IRL_FRAME_MAX);
		expect(length - head <= have - at);
		expect(!memcmp(piece + head, frame + at, length - head));
		expect(irl_checksum_valid(piece, length));
		/* No more than the lengths and numbers of a header change. */
		expect(!memcmp(piece, frame, 14));
		expect(!memcmp(piece + split->tcp, frame + split->tcp, 4));
		at += length - head;
		/* All but the last are as long as can be. */
		expect(length == IRL_FRAME_MAX || !irl_split_left(split));
	}
	expect(at > head);
	expect(at == (have < own_end(frame) ? have : own_end(frame)));
	free(piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t length, missing, have;
	struct irl_split split;
	uint8_t *frame;

	if (size < 3 || size > 70000)
		return 0;
	length = (uint32_t)size - 2;
	missing = ((uint32_t)data[0] << 8 | data[1]) % length;
	have = length - missing;
	frame = malloc(have);
	if (!frame)
		return 0;
	memcpy(frame, data + 2, have);
	if (irl_split_begin(&split, frame, have, length))
		walk(&split, frame, have);
	free(frame);
	return 0;
}
