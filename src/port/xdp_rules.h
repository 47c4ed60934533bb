/* SPDX-License-Identifier: BSD-2-Clause */
/* Steering (irl/steer.h) as rules of XDP for Windows: what they take and what
 * they leave is told in docs/windows.md. */
#ifndef IRL_PORT_XDP_RULES_H
#define IRL_PORT_XDP_RULES_H

#include <irl/steer.h>
#include "port/xdp_abi.h"

#define XDP_RULES_MAX (IRL_STEER_PREFIXES + IRL_STEER_PREFIXES6 + 4)

/* The driver goes on reading @ports: it lives as long as the programs do. */
struct xdp_rules {
	struct xdp_rule rule[XDP_RULES_MAX];
	uint32_t count;
	uint8_t ports[XDP_PORT_SET_BYTES] __attribute__((aligned(4096)));
};

/* Frames go to @xsk, which can be given anew. */
void xdp_rules_make(struct xdp_rules *out, const struct irl_steer *steer);
void xdp_rules_aim(struct xdp_rules *rules, void *xsk);

/* -IRL_ENOTSUP where neighbours would ask for an address of `own` in a way that
 * no rule takes. */
int xdp_rules_check(const struct irl_steer *steer, unsigned ifindex,
		    const char *interface, struct irl_error *err);

#endif
