/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Several processes on one interface: the programs of all, by slot for what is
 * received, by lane for test runs.  The array lives as long as one of them.
 */
#ifndef IRL_SHARE_BPF_H
#define IRL_SHARE_BPF_H

#include <linux/bpf.h>
#include <stdint.h>
#include <bpf/bpf_helpers.h>
#include "share.h"

/* The first interface of every network namespace (LOOPBACK_IFINDEX). */
#define LIVE_LOOPBACK 1

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, SHARE_ENTRIES);
	__type(key, uint32_t);
	__type(value, uint32_t);
} live_share SEC(".maps");

/* Try the slots from @first on; returns where nobody is left.  A constant index
 * is a jump that the kernel patches: an empty slot costs nothing. */
#define SHARE_PASS_ON(ctx, first)                                              \
	do {                                                                   \
		SHARE_TRY(ctx, first, 0);                                      \
		SHARE_TRY(ctx, first, 1);                                      \
		SHARE_TRY(ctx, first, 2);                                      \
		SHARE_TRY(ctx, first, 3);                                      \
		SHARE_TRY(ctx, first, 4);                                      \
		SHARE_TRY(ctx, first, 5);                                      \
		SHARE_TRY(ctx, first, 6);                                      \
		SHARE_TRY(ctx, first, 7);                                      \
	} while (0)
#define SHARE_TRY(ctx, first, slot)                                            \
	if ((first) <= (slot))                                                 \
	bpf_tail_call_static(ctx, &live_share, slot)

#endif
