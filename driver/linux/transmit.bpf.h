/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A test run: each call makes one frame of the queue's batch or chunk and
 * redirects it to the interface.  Pages come back with whatever they held, so
 * every byte is written each time.
 */
#ifndef IRL_TRANSMIT_BPF_H
#define IRL_TRANSMIT_BPF_H

#include "copy.bpf.h"
#include "live.bpf.h"
#include "ledger.bpf.h"

#define UNROLL_4 _Pragma("unroll 4")

/*
 * The length of the metadata names the lane: the kernel restores pointers for
 * every frame, contents it does not.  Metadata is then taken off, for two
 * reasons: it is not to travel, and only for a frame whose bounds the program
 * changes does the kernel set the length anew.  A recycled page has that of the
 * answer which the other end of a veth made in it.
 */
ALWAYS_INLINE uint32_t take_queue(struct xdp_md *ctx)
{
	uint32_t length = ctx->data - ctx->data_meta;

	if (bpf_xdp_adjust_meta(ctx, (int)length))
		return ~0u;
	return length / 4 - 1 - live_lane;
}

ALWAYS_INLINE int redirect(struct live_tx *tx, uint64_t what)
{
	long verdict = bpf_redirect_map(&live_device, 0, XDP_DROP);

	if (verdict != XDP_REDIRECT) { /* the map has forgotten the device */
		refuse(tx, what, IRL_TX_GONE);
		return XDP_DROP;
	}
	if (tx->head == tx->tail)
		*(volatile uint32_t *)&tx->cpu = bpf_get_smp_processor_id();
	tx->pending[tx->head % LIVE_PENDING] = what;
	*(volatile uint32_t *)&tx->head = tx->head + 1; /* after cpu */
	return XDP_REDIRECT;
}

/* Into a frame that is as long. */
ALWAYS_INLINE int write(struct xdp_md *ctx, const uint8_t *from,
			uint64_t length)
{
	uint8_t *to = (void *)(long)ctx->data;

	if (length <= COPY_SHORT)
		return copy_short(to, from, to, ctx->data_end,
				  (uint32_t)length);
	length &= LIVE_SLOT - 1;
	asm volatile("" : "+r"(length));
	if (length < IRL_FRAME_MIN || length > LIVE_SLOT - 1)
		return -1;
	return (int)bpf_xdp_store_bytes(ctx, 0, (void *)from, (uint32_t)length);
}

/* Frame @index of the batch, as user space wrote it. */
ALWAYS_INLINE int send_frame(struct xdp_md *ctx, struct live_tx *tx,
			     uint32_t queue, uint32_t index)
{
	struct live_slots *slots = bpf_map_lookup_elem(&live_slots_map, &queue);
	uint64_t frame = tx->frame[index % IRL_BATCH_MAX];
	uint64_t length = frame >> 32;
	uint64_t offset = (uint32_t)frame;
	uint64_t now;

	/* 64-bit pointers in 64-bit registers: clang 14 would spill 32. */
	now = (uint64_t)((void *)(long)ctx->data_end - (void *)(long)ctx->data);
	asm volatile("" : "+r"(now));
	if (!slots || offset > LIVE_SLOTS_BYTES - LIVE_SLOT)
		return XDP_DROP;
	if (length != now && bpf_xdp_adjust_tail(ctx, (int)length - (int)now)) {
		refuse(tx, index, IRL_TX_LENGTH);
		return XDP_DROP;
	}
	if (write(ctx, slots->bytes + offset, length))
		return XDP_DROP; /* cannot be: so long it is */
	return redirect(tx, index);
}

/* Position @i of the chunk. */
ALWAYS_INLINE uint64_t position_of(const struct live_tx *tx, uint32_t i)
{
	if (i >= tx->again_count)
		return tx->first + (i - tx->again_count);
	return tx->again[i % IRL_CHUNK_MAX];
}

#define PROBE_NOWHERE (~0ull)

/* The rest of a walk that left the set at its first step.  Global, so that the
 * verifier looks at its loop only once. */
__attribute__((noinline)) uint64_t probe_walk(uint64_t index)
{
	const struct irl_probe_plan *plan = PLAN;
	uint64_t inside;

	return irl_core_walk(&plan->order, index, IRL_WALK_MAX - 1, &inside)
		   ? inside
		   : PROBE_NOWHERE;
}

/*
 * The next targets, several together and step by step: each step is a chain of
 * dependent operations of one target, and a CPU overlaps the chains of several
 * only while their instructions fit its window.  51 ns a probe one by one, 37
 * so.  Always as many, which the end of a chunk leaves unused, because a bound
 * that varies costs at each step.
 */
static __attribute__((noinline)) int make_ahead(struct live_tx *tx, uint32_t i)
{
	const struct irl_probe_plan *plan = PLAN;
	uint64_t count = plan->order.count;

	if (i % LIVE_CLOCK == 0)
		tx->now =
		    tx->time ? tx->time : irl_core_ticks(bpf_ktime_get_ns());
	UNROLL_4
	for (uint32_t k = 0; k < LIVE_AHEAD; k++) {
		struct live_ahead *ahead = &tx->ahead[k];

		ahead->position = position_of(tx, i + k);
		ahead->index = irl_feistel(&plan->order, ahead->position);
	}
	for (uint32_t k = 0; k < LIVE_AHEAD; k++) {
		struct live_ahead *ahead = &tx->ahead[k];
		uint64_t index = ahead->index;

		if (index >= count) {
			index = probe_walk(index);
			ahead->index = index;
		}
		irl_core_target(plan, 0, index, &ahead->fields.addr,
				&ahead->fields.port);
	}
	UNROLL_4
	for (uint32_t k = 0; k < LIVE_AHEAD; k++) {
		struct irl_probe_fields *fields = &tx->ahead[k].fields;

		irl_core_fields(plan, fields->addr, fields->port, fields);
	}
	return 0;
}

/* The plan's length is known when the program is loaded: one case remains. */
#define WRITE_PROBE(bytes)                                                     \
	case bytes:                                                            \
		if (frame + (bytes) > (uint8_t *)(long)ctx->data_end)          \
			return -1;                                             \
		irl_core_make(plan, fields, now, frame, bytes);                \
		return 0

ALWAYS_INLINE int write_probe(struct xdp_md *ctx,
			      const struct irl_probe_fields *fields,
			      uint32_t now)
{
	const struct irl_probe_plan *plan = PLAN;
	uint8_t *frame = (void *)(long)ctx->data;

	switch (plan->length) {
		WRITE_PROBE(IRL_PROBE_LENGTH_SHORT);
		WRITE_PROBE(IRL_PROBE_LENGTH_WINDOWS);
		WRITE_PROBE(IRL_PROBE_LENGTH_LINUX);
	}
	return -1;
}

ALWAYS_INLINE int send_probe(struct xdp_md *ctx, struct live_tx *tx, uint32_t i)
{
	struct live_ahead *ahead = &tx->ahead[i % LIVE_AHEAD];

	if (i % LIVE_AHEAD == 0)
		make_ahead(tx, i);
	if (ahead->index == PROBE_NOWHERE) {
		tx->skipped++;
		return XDP_DROP;
	}
	if (write_probe(ctx, &ahead->fields, tx->now))
		return XDP_DROP;
	return redirect(tx, ahead->position);
}

ALWAYS_INLINE int transmit(struct xdp_md *ctx)
{
	uint32_t queue = take_queue(ctx);
	struct live_tx *tx = bpf_map_lookup_elem(&live_tx_map, &queue);
	uint32_t i;

	if (!tx)
		return XDP_DROP;
	i = tx->made;
	if (i >= tx->count)
		return XDP_DROP;
	tx->made = i + 1;
	if (live_probing && tx->mode == LIVE_PROBE)
		return send_probe(ctx, tx, i);
	return send_frame(ctx, tx, queue, i);
}

#endif
