/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An interface's own counters, against which the ledger is checked.
 *
 * tx_frames is IFLA_STATS64 tx_packets.  Does it know live frames?
 *   veth  yes: it adds the frames that the peer's receive queues have taken
 *         (veth_get_stats64), live ones included.  A frame is in it once the
 *         peer has processed it, which happens on the sender's core at once.
 *   tun   yes, when the reader has read it: up to the queue's length less.
 *   other by driver: told, not judged.
 */
#ifndef IRL_ENGINE_DEVICE_H
#define IRL_ENGINE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

struct irl_device {
	uint64_t tx_frames, tx_dropped, rx_frames, rx_dropped;
	uint32_t queue_length; /* frames that may wait inside */
	char kind[16];         /* "veth", "tun"; empty: a real one */
};

/* All zero and false when there is no such interface. */
bool irl_device_read(unsigned ifindex, struct irl_device *out);

/* Frames by which the device counted too few of @accepted; 0: it agrees, or
 * this kind of device is not judged. */
uint64_t irl_device_short(const struct irl_device *before,
			  const struct irl_device *after, uint64_t accepted);

#endif
