/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Short frames, copied without a call: with its return thunks one costs more
 * than the words (5% of a TCP exchange). */
#ifndef IRL_COPY_BPF_H
#define IRL_COPY_BPF_H

#include "live.bpf.h"

#define COPY_SHORT 512u

/*
 * The @length bytes of a frame, 8 to COPY_SHORT.  @packet is that of @to and
 * @from which is the packet; it ends at @packet_end, @length behind.  Returns
 * -1 where any of that is not so.
 */
ALWAYS_INLINE int copy_short(uint8_t *to, const uint8_t *from,
			     const uint8_t *packet, long packet_end,
			     uint32_t length)
{
	const void *end = (void *)packet_end;
	uint32_t last = length - 8;

	asm volatile("" : "+r"(last));
	if (last > COPY_SHORT - 8 || (void *)(packet + last + 8) > end)
		return -1;
	/* They overlap those before. */
	*(uint64_t *)(to + last) = *(const uint64_t *)(from + last);
	for (uint32_t i = 0; i < COPY_SHORT - 8; i += 8) {
		if ((void *)(packet + i + 8) > end)
			break;
		*(uint64_t *)(to + i) = *(const uint64_t *)(from + i);
	}
	return 0;
}

#endif
