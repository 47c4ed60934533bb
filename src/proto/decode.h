/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gzip and deflate (RFC 9110, 8.4.1) as they come, bounded.
 *
 * What it is in truth is seen from the first two bytes, whatever the header
 * said: gzip, zlib, bare deflate (only where "deflate" was said), or not
 * compressed at all.  Output and end depend on the bytes only, not on how they
 * were cut.
 */
#ifndef IRL_PROTO_DECODE_H
#define IRL_PROTO_DECODE_H

#include <irl/proto.h>

struct irl_decoder;

enum irl_coding {
	IRL_CODING_NONE,
	IRL_CODING_GZIP,
	IRL_CODING_DEFLATE,
	IRL_CODING_OTHER, /* br, zstd, or several: kept as it comes */
};

enum irl_decoded {
	IRL_DECODED_MORE,
	IRL_DECODED_BAD,   /* not as the coding should be; what came before
			      that has been delivered */
	IRL_DECODED_LIMIT, /* too long, or of too high a ratio */
};

typedef void irl_decoded_fn(void *arg, const uint8_t *bytes, size_t count);

/* @coding GZIP or DEFLATE.  NULL: no memory, or none left in the budget. */
struct irl_decoder *irl_decoder_open(enum irl_coding coding,
				     const struct irl_proto_options *limit,
				     struct irl_proto_budget *budget);
enum irl_decoded irl_decoder_input(struct irl_decoder *d, const uint8_t *bytes,
				   size_t size, irl_decoded_fn *deliver,
				   void *arg);
/* No more will come: MORE if that is a good end, else BAD. */
enum irl_decoded irl_decoder_end(struct irl_decoder *d, irl_decoded_fn *deliver,
				 void *arg);
void irl_decoder_close(struct irl_decoder *d);

#endif
