/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sealed set's lookup tables, for whoever copies them elsewhere (into BPF
 * maps).  The layout is that of src/probe/core.h; the memory belongs to the
 * set and never changes after the seal.
 */
#ifndef IRL_TARGET_TABLES_H
#define IRL_TARGET_TABLES_H

#include <stdint.h>
#include <irl/target.h>
#include "target/shape.h"

struct irl_core_tables {
	const uint64_t *rank;  /* rank_count entries, all of them needed */
	const uint32_t *guide; /* guide_count entries, the last one included */
	const uint16_t *port;  /* shape.port_count entries, ascending */
	uint32_t rank_count;
	uint32_t guide_count;
	struct irl_core_shape shape;
};

/** @targets must be sealed. */
const struct irl_core_tables *
irl_targets_tables(const struct irl_targets *targets);

#endif
