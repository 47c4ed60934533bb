/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the conformance test and its XDP program. */
#ifndef IRL_TEST_SINK_H
#define IRL_TEST_SINK_H

#include <stdint.h>

#define SINK_TYPE 0x88b5 /* IEEE 802: for local experiments */
#define SINK_FRAME_MIN 14
#define SINK_FRAME_MAX 1514

enum sink_mode { SINK_PASS, SINK_CAPTURE, SINK_TICK };

struct sink_state {
	uint32_t mode, pad;
	uint64_t received, twice, bad, overrun;
};

struct sink_frame {
	uint32_t length;
	uint8_t data[SINK_FRAME_MAX + 2];
};

/* What a numbered frame begins with. */
struct sink_probe {
	uint8_t dest[6], source[6];
	uint16_t type;
	uint32_t sequence, check;
} __attribute__((packed));

#endif
