/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP segments that the host's GRO joined, or that a veth's peer left to its
 * device to cut (TSO), as frames of at most IRL_FRAME_MAX bytes: where they are
 * cut is ours to choose, not what it was on the wire.
 */
#ifndef IRL_PORT_PACKET_SPLIT_H
#define IRL_PORT_PACKET_SPLIT_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/frame.h>

/* All 0: nothing left. */
struct irl_split {
	const uint8_t *frame; /* the joined one; the caller's */
	uint32_t tcp, data;   /* where they begin in it */
	uint32_t at, end;     /* of what is left */
	bool whole;           /* its end is here */
};

/**
 * Begin with a frame of @length bytes, of which @have are here: more is lost.
 * False: it is not IPv4 or IPv6 with one TCP segment of data, or shorter than
 * it says.
 */
bool irl_split_begin(struct irl_split *split, const uint8_t *frame,
		     uint32_t have, uint32_t length);

static inline bool irl_split_left(const struct irl_split *split)
{
	return split->at < split->end;
}

/** The next one to @to; its length.  The checksums are made anew: whoever
 * begins vouches for the joined one's. */
uint32_t irl_split_next(struct irl_split *split, uint8_t to[IRL_FRAME_MAX]);

#endif
