/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of one queue: written by its one thread, read by any.  Relaxed
 * atomics without a lock prefix: a writer that is alone needs no more.
 */
#ifndef IRL_PORT_COUNTERS_H
#define IRL_PORT_COUNTERS_H

#include <irl/port.h>

/* Fields as in struct irl_port_stats. */
struct irl_port_counters {
	uint64_t tx_offered;
	uint64_t tx[IRL_TX_STATUSES];
	uint64_t tx_bytes;
	uint64_t rx_frames, rx_ours, rx_host, rx_delivered, rx_full,
	    rx_too_long;
} __attribute__((aligned(64)));

static inline void irl_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static inline uint64_t irl_counted(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* Count a batch by its statuses; returns the number accepted. */
int irl_count_batch(struct irl_port_counters *counters,
		    const struct irl_frame frames[], unsigned count,
		    const enum irl_tx_status status[]);

/* Add a queue's counters to @out. */
void irl_counters_add(const struct irl_port_counters *counters,
		      struct irl_port_stats *out);

#endif
