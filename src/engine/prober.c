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
	const struct irl_nearby *nearby;
	bool in_kernel;
	struct batch *batch[IRL_QUEUES_MAX]; /* where any are made here */
};

int irl_prober_new(struct irl_prober **out, struct irl_port *port,
		   const struct irl_probe *probe, const struct irl_steer *steer,
		   const struct irl_nearby *nearby, bool in_kernel)
{
	struct irl_prober *prober = calloc(1, sizeof(*prober));
	unsigned queues =
	    in_kernel && !nearby ? 0 : irl_port_info(port)->queues;

	*out = NULL;
	if (!prober)
		return -IRL_ENOMEM;
	assert(irl_probe_length(probe) <= PROBE_ROOM);
	prober->port = port;
	prober->probe = probe;
	prober->steer = *steer;
	prober->nearby = nearby;
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

static uint64_t position_at(const struct irl_probe_chunk *chunk, unsigned i)
{
	return i < chunk->again_count ? chunk->again[i]
				      : chunk->first + (i - chunk->again_count);
}

/* The frame for one target; false where nobody would take it. */
static bool make_one(const struct irl_prober *prober, struct irl_target target,
		     uint32_t time, uint8_t *frame)
{
	enum irl_hop hop = IRL_HOP_GATEWAY;
	uint8_t mac[6];

	if (prober->nearby)
		hop = irl_nearby_hop(prober->nearby, target.addr, mac);
	if (hop == IRL_HOP_NONE)
		return false;
	irl_probe_make(prober->probe, target, time, frame);
	if (hop == IRL_HOP_NEIGHBOUR)
		memcpy(frame, mac, sizeof(mac));
	return true;
}

/* Frames for the chunk's positions; returns how many. */
static unsigned make(const struct irl_prober *prober, struct batch *batch,
		     struct irl_probe_chunk *chunk, unsigned *no_neighbour)
{
	uint32_t length = irl_probe_length(prober->probe);
	uint32_t time =
	    chunk->time ? chunk->time : irl_probe_time(irl_clock_ns());
	unsigned n = 0;

	for (unsigned i = 0; i < chunk->again_count + chunk->count; i++) {
		uint64_t position = position_at(chunk, i);
		struct irl_target target;

		if (!irl_probe_target(prober->probe, position, &target)) {
			chunk->skipped++;
			continue;
		}
		if (!make_one(prober, target, time, batch->bytes[n])) {
			++*no_neighbour;
			continue;
		}
		batch->frame[n] = (struct irl_frame){.data = batch->bytes[n],
						     .length = length};
		batch->position[n++] = position;
	}
	return n;
}

static int run_here(struct irl_prober *prober, unsigned queue,
		    struct irl_probe_chunk *chunk, unsigned *no_neighbour)
{
	struct batch *batch = prober->batch[queue];
	unsigned made;
	int rc;

	chunk->refused_count = chunk->accepted = chunk->skipped = 0;
	if (chunk->again_count > IRL_USER_CHUNK ||
	    chunk->count > IRL_USER_CHUNK - chunk->again_count)
		return -IRL_EINVAL;
	made = make(prober, batch, chunk, no_neighbour);
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

/* ---- made in the kernel but for neighbours --------------------------------
 */

/* From the chunk's probe @done on, how many in a row are for no neighbour. */
static unsigned far_ahead(const struct irl_nearby *nearby,
			  const struct irl_probe_chunk *chunk, unsigned done)
{
	uint64_t low = 1, next = 0; /* none is on link from low to next - 1 */
	unsigned i = done, left;

	for (; i < chunk->again_count; i++) {
		uint64_t position = chunk->again[i];

		if (position < low || position >= next) {
			low = position;
			next = irl_nearby_next(nearby, position);
		}
		if (position == next)
			return i - done;
	}
	left = chunk->again_count + chunk->count - i;
	low = position_at(chunk, i);
	next = irl_nearby_next(nearby, low) - low;
	return i - done + (next < left ? (unsigned)next : left);
}

/* The @n probes of @chunk from @done on, as a chunk. */
static struct irl_probe_chunk part_of(const struct irl_probe_chunk *chunk,
				      unsigned done, unsigned n)
{
	unsigned named =
	    done < chunk->again_count ? chunk->again_count - done : 0;

	if (named > n)
		named = n;
	return (struct irl_probe_chunk){
	    .again = named ? chunk->again + done : NULL,
	    .again_count = named,
	    .first = named ? chunk->first : position_at(chunk, done),
	    .count = n - named,
	    .time = chunk->time,
	    .refused = chunk->refused + chunk->refused_count,
	    .cause = chunk->cause ? chunk->cause + chunk->refused_count : NULL,
	};
}

/* The port failed with a part sent: the rest is to be tried again, and fails
 * as a whole then. */
static int give_back(struct irl_probe_chunk *chunk, unsigned done, int rc)
{
	if (!done)
		return rc;
	for (; done < chunk->again_count + chunk->count; done++) {
		chunk->refused[chunk->refused_count] = position_at(chunk, done);
		if (chunk->cause)
			chunk->cause[chunk->refused_count] = IRL_TX_UNSENT;
		chunk->refused_count++;
	}
	return 0;
}

static int run_split(struct irl_prober *prober, unsigned queue,
		     struct irl_probe_chunk *chunk, unsigned *no_neighbour)
{
	unsigned all = chunk->again_count + chunk->count;

	chunk->refused_count = chunk->accepted = chunk->skipped = 0;
	for (unsigned done = 0, n; done < all; done += n) {
		unsigned far = far_ahead(prober->nearby, chunk, done);
		struct irl_probe_chunk part;
		int rc;

		n = far ? far : 1;
		part = part_of(chunk, done, n);
		rc = far ? irl_port_probe(prober->port, queue, &part)
			 : run_here(prober, queue, &part, no_neighbour);
		if (rc < 0)
			return give_back(chunk, done, rc);
		chunk->accepted += part.accepted;
		chunk->skipped += part.skipped;
		chunk->refused_count += part.refused_count;
	}
	return 0;
}

int irl_prober_run(struct irl_prober *prober, unsigned queue,
		   struct irl_probe_chunk *chunk, unsigned *no_neighbour)
{
	*no_neighbour = 0;
	if (!prober->in_kernel)
		return run_here(prober, queue, chunk, no_neighbour);
	return prober->nearby ? run_split(prober, queue, chunk, no_neighbour)
			      : irl_port_probe(prober->port, queue, chunk);
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
