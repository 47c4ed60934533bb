/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel's counts of one TCP connection say about loss. */
#ifndef IRL_BENCH_SEGMENTS_H
#define IRL_BENCH_SEGMENTS_H

#include <stdint.h>

/*
 * Retransmits less those of which D-SACK says that the other end had the
 * segment already (RFC 2883): there nothing was lost, an ACK was late for a
 * tail loss probe.  D-SACK also tells of copies that the network made: never
 * less than none, so connections can be summed.
 */
static inline uint32_t bench_segments_lost(uint32_t retransmits, uint32_t dsack)
{
	return retransmits > dsack ? retransmits - dsack : 0;
}

#endif
