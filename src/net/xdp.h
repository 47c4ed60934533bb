/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel and a driver offer for XDP, by asking and by trying.
 */
#ifndef IRL_NET_XDP_H
#define IRL_NET_XDP_H

#include <stdbool.h>
#include <stdint.h>

struct net_xdp_attached {
	uint32_t prog_id; /* 0: nothing is attached */
	const char *mode; /* "driver", "generic", "offloaded", "several" */
	char name[32];    /* the program's, where we may ask */
};
/* 0 or -errno, as the others below. */
int net_xdp_attached(unsigned ifindex, struct net_xdp_attached *out);

/* Attach a program that passes all, in driver mode, and take it off again;
 * only where nothing is attached.  *features: the driver's meanwhile
 * (base/xdp_features.h), or all bits before Linux 6.3. */
int net_xdp_try(unsigned ifindex, uint64_t *features);

/* One live frame, dropped; *jited tells whether the program was compiled. */
int net_xdp_try_live(bool *jited);

/* Attach to the tracepoint that reports refused frames, and detach.  -ENOENT or
 * -ESRCH: no BTF to find it by. */
int net_xdp_try_trace(void);

#endif
