/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stand-in for xdp.sys and the card below it: what src/port/xdp_device.h asks
 * for, over the wire of tests/windows/wine/wire.h.  One interface, of
 * XDP_DOUBLE_QUEUES receive queues.  A mistake of the port's ends the process
 * with a sentence.
 */
#ifndef IRL_TESTS_XDP_DOUBLE_H
#define IRL_TESTS_XDP_DOUBLE_H

#include <stdbool.h>
#include <stdint.h>

#define XDP_DOUBLE_QUEUES 3u

struct xdp_double {
	/* Set by a test. */
	uint32_t refuse_open; /* the error of xdp_open */
	uint32_t refuse_bind;
	bool on_link; /* of any address */
	bool stalled; /* the card sends nothing */
	/* Told. */
	unsigned open;     /* files */
	uint64_t notifies; /* requests XSK_NOTIFY */
	uint64_t given_back;
};
extern struct xdp_double xdp_double;

#endif
