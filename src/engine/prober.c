// SPDX-License-Identifier: BSD-2-Clause
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <irl/net.h>
#include "base/clock.h"
#include "engine/count.h"
#include "engine/prober.h"
#include "port/port.h"

#define RECEIVE_BATCH 256u
#define PROBE_ROOM 96u /* the longest probe has 74 bytes */

/* A queue's memory for probes made in user space. */
struct batch {
	struct irl_frame frame[IRL_USER_CHUNK];
	enum irl_tx_status status[IRL_USER_CHUNK];
	uint64_t position[IRL_USER_CHUNK];
	uint8_t bytes[IRL_USER_CHUNK][PROBE_ROOM];
};

struct irl_prober {
	struct irl_port *port;
	const struct irl_probe *probe;
	struct irl_steer steer;
	bool in_kernel;
	struct batch *batch[IRL_QUEUES_MAX]; /* NULL when in the kernel */
};

int irl_prober_new(struct irl_prober **out, struct irl_port *port,
		   const struct irl_probe *probe, const struct irl_steer *steer,
		   bool in_kernel)
{
	struct irl_prober *prober = calloc(1, sizeof(*prober));
	unsigned queues = in_kernel ? 0 : irl_port_info(port)->queues;

	*out = NULL;
	if (!prober)
		return -IRL_ENOMEM;
	assert(irl_probe_length(probe) <= PROBE_ROOM);
	prober->port = port;
	prober->probe = probe;
	prober->steer = *steer;
	prober->in_kernel = in_kernel;
	for (unsigned q = 0; q < queues; q++) {
		prober->batch[q] = calloc(1, sizeof(*prober->batch[q]));
		if (!prober->batch[q]) {
			irl_prober_free(prober);
			return -IRL_ENOMEM;
		}
	}
	*out = prober;
	return 0;
}

void irl_prober_free(struct irl_prober *prober)
{
	if (!prober)
		return;
	for (unsigned q = 0; q < IRL_QUEUES_MAX; q++)
		free(prober->batch[q]);
	free(prober);
}

bool irl_prober_in_kernel(const struct irl_prober *prober)
{
	return prober->in_kernel;
}

unsigned irl_prober_chunk_max(const struct irl_prober *prober)
{
	return prober->in_kernel ? IRL_CHUNK_MAX : IRL_USER_CHUNK;
}

/* ---- sending ------------------------------------------------------------ */

/* Frames for the chunk's positions; returns how many. */
static unsigned make(const struct irl_prober *prober, struct batch *batch,
		     struct irl_probe_chunk *chunk)
{
	uint32_t length = irl_probe_length(prober->probe);
	uint32_t time =
	    chunk->time ? chunk->time : irl_probe_time(irl_clock_ns());
	unsigned n = 0;

	for (unsigned i = 0; i < chunk->again_count + chunk->count; i++) {
		uint64_t position =
		    i < chunk->again_count
			? chunk->again[i]
			: chunk->first + (i - chunk->again_count);
		struct irl_target target;

		if (!irl_probe_target(prober->probe, position, &target)) {
			chunk->skipped++;
			continue;
		}
		irl_probe_make(prober->probe, target, time, batch->bytes[n]);
		batch->frame[n] = (struct irl_frame){.data = batch->bytes[n],
						     .length = length};
		batch->position[n++] = position;
	}
	return n;
}

static int run_here(struct irl_prober *prober, unsigned queue,
		    struct irl_probe_chunk *chunk)
{
	struct batch *batch = prober->batch[queue];
	unsigned made;
	int rc;

	chunk->refused_count = chunk->accepted = chunk->skipped = 0;
	if (chunk->again_count > IRL_USER_CHUNK ||
	    chunk->count > IRL_USER_CHUNK - chunk->again_count)
		return -IRL_EINVAL;
	made = make(prober, batch, chunk);
	rc = irl_port_send(prober->port, queue, batch->frame, made,
			   batch->status);
	if (rc < 0)
		return rc;
	for (unsigned i = 0; i < made; i++) {
		if (batch->status[i] == IRL_TX_ACCEPTED) {
			chunk->accepted++;
			continue;
		}
		chunk->refused[chunk->refused_count] = batch->position[i];
		if (chunk->cause)
			chunk->cause[chunk->refused_count] =
			    (uint8_t)batch->status[i];
		chunk->refused_count++;
	}
	return 0;
}

int irl_prober_run(struct irl_prober *prober, unsigned queue,
		   struct irl_probe_chunk *chunk)
{
	return prober->in_kernel ? irl_port_probe(prober->port, queue, chunk)
				 : run_here(prober, queue, chunk);
}

bool irl_prober_crowded(const struct irl_prober *prober,
			const struct irl_hit_ring *ring)
{
	return prober->in_kernel ? irl_port_hits_crowded(prober->port)
				 : irl_hit_ring_room(ring) < IRL_HIT_RING / 2;
}

/* ---- receiving ---------------------------------------------------------- */

/* Ours, but no answer to a probe: somebody asks for an address of ours. */
static void answer(struct irl_prober *prober, unsigned queue,
		   const struct irl_frame *frame, struct irl_received *count)
{
	uint8_t bytes[IRL_FRAME_MAX];
	struct irl_frame reply = {.data = bytes};
	enum irl_tx_status status;

	irl_count(&count->other, 1);
	reply.length = irl_answer(prober->steer.own, prober->steer.own_count,
				  irl_port_info(prober->port)->mac, frame->data,
				  frame->length, bytes);
	if (reply.length &&
	    irl_port_send(prober->port, queue, &reply, 1, &status) == 1)
		irl_count(&count->answered, 1);
}

static void judge(struct irl_prober *prober, unsigned queue,
		  const struct irl_frame *frame, struct irl_hit_ring *ring,
		  struct irl_received *count)
{
	enum irl_probe_verdict verdict = IRL_ANSWER_NOT;
	struct irl_hit hit;

	/* In kernel residence only what is no answer comes up. */
	if (!prober->in_kernel)
		verdict = irl_probe_check(prober->probe, frame->data,
					  frame->length, frame->time_ns, &hit);
	switch (verdict) {
	case IRL_ANSWER_SYNACK:
	case IRL_ANSWER_RST:
	case IRL_ANSWER_ICMP:
		irl_hit_ring_put(ring, &hit);
		return;
	case IRL_ANSWER_NOT:
		answer(prober, queue, frame, count);
		return;
	default:
		irl_count(&count->invalid[verdict], 1);
	}
}

int irl_prober_receive(struct irl_prober *prober, unsigned queue,
		       struct irl_hit_ring *ring, struct irl_received *count)
{
	struct irl_frame frame[RECEIVE_BATCH];
	uint32_t room = irl_hit_ring_room(ring);
	int n;

	n = irl_port_recv(prober->port, queue, frame,
			  room < RECEIVE_BATCH ? room : RECEIVE_BATCH);
	if (n <= 0)
		return n;
	irl_count(&count->frames, (uint64_t)n);
	for (int i = 0; i < n; i++)
		judge(prober, queue, &frame[i], ring, count);
	return n;
}
