/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the conformance test and its XDP program. */
#ifndef IRL_TEST_SINK_H
#define IRL_TEST_SINK_H

#include <linux/types.h>

#define SINK_TYPE 0x88b5 /* IEEE 802: for local experiments */
#define SINK_FRAME_MIN 14
#define SINK_FRAME_MAX 1514

enum sink_mode { SINK_PASS, SINK_CAPTURE, SINK_TICK };

struct sink_state {
	__u32 mode, pad;
	__u64 received, twice, bad, overrun;
};

struct sink_frame {
	__u32 length;
	__u8 data[SINK_FRAME_MAX + 2];
};

/* What a numbered frame begins with. */
struct sink_probe {
	__u8 dest[6], source[6];
	__u16 type;
	__u32 sequence, check;
} __attribute__((packed));

#endif
