/* SPDX-License-Identifier: BSD-2-Clause */
/* A set and its probes, for the tests of probes and those of their answers. */
#ifndef IRL_TEST_PROBE_LAB_H
#define IRL_TEST_PROBE_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <irl/probe.h>
#include <irl/steer.h>
#include "target/user.h"
#include "probe/core.h"
#include "probe/probe.h"
#include "octets.h"

#define SECOND 1000000000ull
#define SOURCE 0x0a000001u
#define SOURCES 200u
#define ROUTER 0x0a636363u

static inline uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* A set of targets, and a probe of each kind of options. */
struct bed {
	struct irl_targets *targets;
	struct irl_probe *probe[4]; /* by kind of options */
};

static inline int bed_up(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));
	struct irl_probe_options o = {.seed = 42,
				      .source_addr = SOURCE,
				      .source_count = SOURCES,
				      .port_first = 32768,
				      .port_last = 60999,
				      .source_mac = {2, 0, 0, 0, 0, 1},
				      .gateway_mac = {2, 0, 0, 0, 0, 2}};

	assert_non_null(b);
	assert_int_equal(irl_targets_new(&b->targets, NULL), 0);
	assert_int_equal(irl_targets_block(b->targets, "0.0.0.0/9", NULL), 0);
	assert_int_equal(
	    irl_targets_ports(b->targets, "22,80,443,8000-8999", NULL), 0);
	assert_int_equal(irl_targets_seal(b->targets, NULL), 0);
	o.targets = b->targets;
	for (int k = 0; k < 4; k++) {
		o.options = (enum irl_tcp_options)k;
		assert_int_equal(irl_probe_new(&b->probe[k], &o, NULL), 0);
	}
	*state = b;
	return 0;
}

static inline int bed_down(void **state)
{
	struct bed *b = *state;

	for (int k = 0; k < 4; k++)
		irl_probe_free(b->probe[k]);
	irl_targets_free(b->targets);
	free(b);
	return 0;
}

#endif
