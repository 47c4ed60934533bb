/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Frames: raw link-layer bytes with one owner at any time.
 *
 * To send, any memory will do: a port copies during irl_port_send and keeps
 * nothing.  Received frames belong to the port and stay valid until the next
 * irl_port_recv on the same queue.
 */
#ifndef IRL_FRAME_H
#define IRL_FRAME_H

#include <stdint.h>

#define IRL_FRAME_MIN 14   /* an Ethernet header */
#define IRL_FRAME_MAX 1514 /* with a payload of 1,500 bytes; no FCS */

struct irl_frame {
	uint8_t *data;
	uint32_t length;  /* bytes at data, without FCS */
	uint32_t flags;   /* IRL_FRAME_... */
	uint64_t time_ns; /* received: CLOCK_MONOTONIC; to send: ignored */
};

/* To send: the port fills in IPv4 header and TCP/UDP/ICMP checksums. */
#define IRL_FRAME_CHECKSUM 1u

#endif
