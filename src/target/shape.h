/* SPDX-License-Identifier: BSD-2-Clause */
/* The numbers of a sealed set that src/target/core.h works with. */
#ifndef IRL_TARGET_SHAPE_H
#define IRL_TARGET_SHAPE_H

#include <stdint.h>

struct irl_core_shape {
	uint32_t port_count;
	uint32_t port_shift; /* the least with port_count <= 2^port_shift */
	uint32_t port_magic; /* floor(2^(31 + port_shift) / port_count) */
	uint32_t port_first; /* of ports in one range; IRL_SCATTERED: table */
	uint32_t range_count;
	uint32_t guide_shift;
	uint32_t base; /* of a single range: its first address */
};
#define IRL_SCATTERED 0xffffffffu

#endif
