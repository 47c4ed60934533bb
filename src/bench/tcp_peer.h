/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server without state, for clients' benchmarks in memory: what it answers
 * follows from the segment in hand.  SYN: SYN-ACK (MSS 1,460); data: an answer
 * of fixed length; all else: nothing.  It checks nothing, so that it costs
 * little.
 */
#ifndef IRL_BENCH_TCP_PEER_H
#define IRL_BENCH_TCP_PEER_H

#include <stdint.h>

#define BENCH_PEER_BODY 100u /* bytes of an answer */
#define BENCH_PEER_FRAME 160u

/* What is left of a segment when it waits in the network: millions do. */
struct bench_peer_segment {
	uint32_t client, server;
	uint16_t client_port, server_port;
	uint32_t seq, ack; /* of the answer */
	uint16_t body;     /* 0: SYN-ACK */
	uint8_t macs[12];
};

/* The answer to @frame; 0: there is none. */
int bench_peer_take(const uint8_t *frame, uint32_t length,
		    struct bench_peer_segment *answer);
/* Its frame: at most BENCH_PEER_FRAME bytes. */
uint32_t bench_peer_make(const struct bench_peer_segment *answer,
			 uint8_t *frame);

#endif
