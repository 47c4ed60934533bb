/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The live program's settings and maps. */
#ifndef IRL_LIVE_BPF_H
#define IRL_LIVE_BPF_H

#include "probe.bpf.h"
#include "live.h"
#include "share.bpf.h"
#include "steer/core.h"

#define ALWAYS_INLINE static __attribute__((always_inline)) inline

/* Set before loading; the verifier then removes what they switch off. */
const volatile uint32_t live_ifindex;
const volatile uint32_t live_rx_mask; /* ring bytes - 1 */
const volatile uint32_t live_probing; /* a probe is loaded */
const volatile uint32_t live_judging; /* and answers to it are judged here */
const volatile uint32_t live_slot;    /* among those who share the interface */
const volatile uint32_t live_lane;    /* of queue 0 */
const volatile struct irl_steer live_steer;
const volatile uint32_t live_queues; /* of the port; frames are parted by */
const volatile struct irl_steer_parts live_parts;
const volatile uint32_t live_rx_queues; /* of the interface */

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint32_t);
} live_device SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, IRL_QUEUES_MAX);
	__type(key, uint32_t);
	__type(value, struct live_tx);
} live_tx_map SEC(".maps");

struct live_slots {
	uint8_t bytes[LIVE_SLOTS_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, IRL_QUEUES_MAX);
	__type(key, uint32_t);
	__type(value, struct live_slots);
} live_slots_map SEC(".maps");

/* Value: struct live_rx, ring, slack; sized before loading.  A ring has one
 * producer, so each of the interface's receive queues has one for each queue of
 * the port: entry queue * live_rx_queues + receive queue. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__uint(value_size, sizeof(struct live_rx) + 4096 + LIVE_RX_SLACK);
} live_rx_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} live_hits SEC(".maps");

/* A constant as the cores want it.  The verifier knows its value (read-only and
 * frozen); the compiler must not guess that it is zero. */
#define LIVE_CONSTANT(name)                                                    \
	({                                                                     \
		const typeof(name) *p_ = &(name);                              \
		asm volatile("" : "+r"(p_));                                   \
		p_;                                                            \
	})
#define PLAN ((const struct irl_probe_plan *)LIVE_CONSTANT(probe_plan))

#endif
