// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <zlib.h>
#include "proto/decode.h"
#include "proto/store.h"

/* The ratio is looked at where a compressed offset is a multiple of this, so
 * that it does not matter how the input was cut. */
#define STEP_BYTES 1024u
#define RATIO_FROM_BYTES (UINT64_C(1) << 20)
#define OUT_BYTES 16384u

enum decode_phase { FIRST, SECOND, PLAIN, INFLATE, MEMBER_END, OVER };

struct irl_decoder {
	z_stream z;
	struct irl_proto_budget *budget;
	uint64_t in_bytes, out_bytes;
	uint64_t max_bytes;
	uint32_t max_ratio;
	enum irl_coding coding;
	enum decode_phase phase;
	bool gzip; /* further members may follow */
	uint8_t first;
};

/* zlib's memory counts as well: each block begins with its size. */
union block {
	size_t bytes;
	max_align_t align;
};

static void *take(void *opaque, unsigned items, unsigned size)
{
	struct irl_decoder *d = opaque;
	size_t bytes = sizeof(union block) + (size_t)items * size;
	union block *block;

	if (!irl_budget_take(d->budget, bytes))
		return NULL;
	block = malloc(bytes);
	if (!block) {
		irl_budget_give(d->budget, bytes);
		return NULL;
	}
	block->bytes = bytes;
	return block + 1;
}

static void give(void *opaque, void *at)
{
	struct irl_decoder *d = opaque;
	union block *block = (union block *)at - 1;

	irl_budget_give(d->budget, block->bytes);
	free(block);
}

struct irl_decoder *irl_decoder_open(enum irl_coding coding,
				     const struct irl_proto_options *limit,
				     struct irl_proto_budget *budget)
{
	struct irl_decoder *d;

	if (!irl_budget_take(budget, sizeof(*d)))
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d) {
		irl_budget_give(budget, sizeof(*d));
		return NULL;
	}
	d->coding = coding;
	d->budget = budget;
	d->max_bytes = limit->decode_max_bytes;
	d->max_ratio = limit->decode_max_ratio;
	d->z.zalloc = take;
	d->z.zfree = give;
	d->z.opaque = d;
	return d;
}

void irl_decoder_close(struct irl_decoder *d)
{
	if (!d)
		return;
	inflateEnd(&d->z);
	irl_budget_give(d->budget, sizeof(*d));
	free(d);
}

static enum irl_decoded hand_on(struct irl_decoder *d, const uint8_t *bytes,
				size_t n, irl_decoded_fn *deliver, void *arg)
{
	uint64_t room = d->max_bytes - d->out_bytes;

	if (n > room) {
		deliver(arg, bytes, (size_t)room);
		d->out_bytes += room;
		return IRL_DECODED_LIMIT;
	}
	deliver(arg, bytes, n);
	d->out_bytes += n;
	return IRL_DECODED_MORE;
}

/* Once through inflate: up to OUT_BYTES of output. */
static int squeeze(struct irl_decoder *d, uint8_t out[OUT_BYTES], size_t *made)
{
	int rc;

	d->z.next_out = out;
	d->z.avail_out = OUT_BYTES;
	rc = inflate(&d->z, Z_NO_FLUSH);
	*made = OUT_BYTES - d->z.avail_out;
	return rc;
}

/* Another member of a gzip file (RFC 1952, 2.2), or bytes that are none. */
static enum irl_decoded next_member(struct irl_decoder *d)
{
	if (!d->gzip || *d->z.next_in != 0x1f) {
		d->phase = OVER;
		return IRL_DECODED_MORE;
	}
	d->phase = INFLATE;
	return inflateReset(&d->z) == Z_OK ? IRL_DECODED_MORE : IRL_DECODED_BAD;
}

/* All output that the bytes in next_in lead to. */
static enum irl_decoded inflate_all(struct irl_decoder *d,
				    irl_decoded_fn *deliver, void *arg)
{
	uint8_t out[OUT_BYTES];
	enum irl_decoded end = IRL_DECODED_MORE;
	size_t made = OUT_BYTES;

	while (!end && (d->z.avail_in || made == OUT_BYTES)) {
		int rc;

		if (d->phase == MEMBER_END) {
			if (!d->z.avail_in)
				break;
			end = next_member(d);
			if (end || d->phase == OVER)
				break;
		}
		rc = squeeze(d, out, &made);
		end = hand_on(d, out, made, deliver, arg);
		if (rc == Z_STREAM_END) {
			d->phase = MEMBER_END;
			made = 0;
		} else if (rc != Z_OK && rc != Z_BUF_ERROR && !end) {
			end = IRL_DECODED_BAD;
		}
	}
	return end;
}

static enum irl_decoded inflate_step(struct irl_decoder *d,
				     const uint8_t *bytes, size_t n,
				     irl_decoded_fn *deliver, void *arg)
{
	enum irl_decoded end;

	d->z.next_in = (Bytef *)(uintptr_t)bytes;
	d->z.avail_in = (unsigned)n;
	d->in_bytes += n;
	end = inflate_all(d, deliver, arg);
	if (!end && d->in_bytes % STEP_BYTES == 0 &&
	    d->out_bytes > RATIO_FROM_BYTES &&
	    d->out_bytes / d->max_ratio > d->in_bytes)
		end = IRL_DECODED_LIMIT;
	return end;
}

/* What it is, by its first two bytes (RFC 1952, 2.3.1; RFC 1950, 2.2). */
static int window_bits(const struct irl_decoder *d, uint8_t second)
{
	unsigned both = d->first * 256u + second;

	if (both == 0x1f8b)
		return 15 + 16;
	if ((d->first & 15) == 8 && d->first >> 4 <= 7 && both % 31 == 0)
		return 15;
	return d->coding == IRL_CODING_DEFLATE ? -15 : 0;
}

static enum irl_decoded recognise(struct irl_decoder *d, uint8_t second,
				  irl_decoded_fn *deliver, void *arg)
{
	const uint8_t both[2] = {d->first, second};
	int bits = window_bits(d, second);

	if (!bits) {
		d->phase = PLAIN;
		return hand_on(d, both, 2, deliver, arg);
	}
	if (inflateInit2(&d->z, bits) != Z_OK) {
		d->phase = OVER;
		return IRL_DECODED_BAD;
	}
	d->gzip = bits > 15;
	d->phase = INFLATE;
	return inflate_step(d, both, 2, deliver, arg);
}

static size_t until_step(const struct irl_decoder *d, size_t size)
{
	size_t n = STEP_BYTES - (size_t)(d->in_bytes % STEP_BYTES);

	return n < size ? n : size;
}

enum irl_decoded irl_decoder_input(struct irl_decoder *d, const uint8_t *bytes,
				   size_t size, irl_decoded_fn *deliver,
				   void *arg)
{
	enum irl_decoded end = IRL_DECODED_MORE;

	while (size && !end) {
		size_t n = 1;

		switch (d->phase) {
		case FIRST:
			d->first = *bytes;
			d->phase = SECOND;
			break;
		case SECOND:
			end = recognise(d, *bytes, deliver, arg);
			break;
		case PLAIN:
			n = size;
			end = hand_on(d, bytes, n, deliver, arg);
			break;
		case INFLATE:
		case MEMBER_END:
			n = until_step(d, size);
			end = inflate_step(d, bytes, n, deliver, arg);
			break;
		case OVER:
			return IRL_DECODED_MORE;
		}
		bytes += n;
		size -= n;
	}
	if (end)
		d->phase = OVER;
	return end;
}

enum irl_decoded irl_decoder_end(struct irl_decoder *d, irl_decoded_fn *deliver,
				 void *arg)
{
	if (d->phase == SECOND) {
		d->phase = OVER;
		return hand_on(d, &d->first, 1, deliver, arg);
	}
	return d->phase == INFLATE ? IRL_DECODED_BAD : IRL_DECODED_MORE;
}
