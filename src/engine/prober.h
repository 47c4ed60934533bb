/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The prober: where probes are made and answers judged.  Two residences with
 * one face, so that the loops above know no difference:
 *
 *   kernel   irl_port_probe makes, sends and checks; hits come by
 *            irl_port_hits, to one thread
 *   user     irl_probe_make into frames of a batch, irl_port_send; the frames
 *            received go through irl_probe_check
 *
 * Probes of neighbours, each with an Ethernet address of its own, are made in
 * user space in both.  Each queue is used by one thread.
 */
#ifndef IRL_ENGINE_PROBER_H
#define IRL_ENGINE_PROBER_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/port.h>
#include <irl/probe.h>
#include <irl/steer.h>
#include "engine/hit_ring.h"
#include "engine/nearby.h"

#define IRL_USER_CHUNK 1024u /* probes made at once in user space */

struct irl_prober;

/* Frames received on one queue, by what they were.  One writer. */
struct irl_received {
	uint64_t frames; /* taken from the port */
	uint64_t invalid[IRL_ANSWER_VERDICTS];
	uint64_t other;
	uint64_t answered; /* ARP and echo: answers accepted by the driver */
};

/* Port, probe and @nearby must outlive it; @steer is copied.  @nearby is NULL
 * where all probes go to one address; in the kernel it has its list. */
int irl_prober_new(struct irl_prober **out, struct irl_port *port,
		   const struct irl_probe *probe, const struct irl_steer *steer,
		   const struct irl_nearby *nearby, bool in_kernel);
void irl_prober_free(struct irl_prober *prober);

bool irl_prober_in_kernel(const struct irl_prober *prober);
/* The most probes that one run takes. */
unsigned irl_prober_chunk_max(const struct irl_prober *prober);

/* As irl_port_probe.  Refused positions come in the order of sending.  Writes
 * how many were not sent since their address has no neighbour. */
int irl_prober_run(struct irl_prober *prober, unsigned queue,
		   struct irl_probe_chunk *chunk, unsigned *no_neighbour);

/* Answers wait for the main thread, so many that those to more probes might
 * find no room.  For the worker of the queue. */
bool irl_prober_crowded(const struct irl_prober *prober,
			const struct irl_hit_ring *ring);

/*
 * Take what has arrived on a queue: valid answers into @ring (those that were
 * judged here, user residence), ARP and echo answered, all counted.  Takes no
 * more than the ring has room for: what stays in the port is counted there
 * when it overflows.  Returns frames taken or -IRL_E... .
 */
int irl_prober_receive(struct irl_prober *prober, unsigned queue,
		       struct irl_hit_ring *ring, struct irl_received *count);

#endif
