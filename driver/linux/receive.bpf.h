/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A received frame: the host's go on untouched; ours go into a ring of their
 * receive queue (frames of one never run concurrently), that of their port.
 */
#ifndef IRL_RECEIVE_BPF_H
#define IRL_RECEIVE_BPF_H

#include "copy.bpf.h"
#include "live.bpf.h"

/* Make a record visible: stores are ordered on x86; elsewhere only a fetching
 * atomic orders them (BPF has no release store before Linux 6.15). */
ALWAYS_INLINE void publish(struct live_rx *rx, uint64_t bytes)
{
#ifdef __TARGET_ARCH_x86
	asm volatile("" ::: "memory");
	*(volatile uint64_t *)&rx->produced = rx->produced + bytes;
#else
	(void)__sync_fetch_and_add(&rx->produced, bytes);
#endif
}

/* All of a frame; a short one in several buffers is rare. */
ALWAYS_INLINE int read(struct xdp_md *ctx, uint8_t *to, uint32_t length)
{
	const uint8_t *from = (void *)(long)ctx->data;

	if (length <= COPY_SHORT &&
	    !copy_short(to, from, from, ctx->data_end, length))
		return 0;
	return (int)bpf_xdp_load_bytes(ctx, 0, to, length);
}

ALWAYS_INLINE int deliver(struct xdp_md *ctx, struct live_rx *rx)
{
	/* all of it: a long frame comes in several buffers */
	uint64_t length = bpf_xdp_get_buff_len(ctx);
	uint64_t start = rx->produced, offset, end;
	struct live_record *record;

	if (length > IRL_FRAME_MAX) {
		rx->too_long++;
		return XDP_DROP;
	}
	/* Look at the reader's line only when the ring seems full. */
	if (start - rx->seen > live_rx_mask + 1 - 2 * LIVE_RX_SLACK)
		rx->seen = *(volatile uint64_t *)&rx->consumed;
	if (start - rx->seen > live_rx_mask + 1 - 2 * LIVE_RX_SLACK) {
		rx->full++;
		return XDP_DROP;
	}
	length &= LIVE_RX_SLACK - 1;
	asm volatile("" : "+r"(length));
	if (length < IRL_FRAME_MIN || length > IRL_FRAME_MAX)
		return XDP_DROP; /* cannot be; the verifier wants it said */
	offset = start & live_rx_mask;
	record = (void *)rx + sizeof(*rx) + offset;
	record->length = (uint32_t)length;
	record->reserved = 0;
	record->time_ns = bpf_ktime_get_ns();
	if (read(ctx, (void *)(record + 1), (uint32_t)length))
		return XDP_DROP; /* cannot be: so long it is */
	end = offset + sizeof(*record) + ((length + 15) & ~15ull);
	/* The slack has room for one record's tail; the next starts anew. */
	if (end > live_rx_mask)
		end = live_rx_mask + 1ull;
	rx->delivered++;
	publish(rx, end - offset);
	return XDP_DROP;
}

/* An answer to our probe goes up as a hit, a false one is counted.  Returns
 * whether the frame is dealt with. */
ALWAYS_INLINE int judge(struct xdp_md *ctx, struct live_rx *rx)
{
	uint64_t now = bpf_ktime_get_ns();
	struct irl_hit hit;
	uint32_t verdict = irl_core_check(PLAN, (void *)(long)ctx->data,
					  (void *)(long)ctx->data_end,
					  irl_core_ticks(now), &hit);

	if (verdict == IRL_ANSWER_NOT)
		return 0;
	if (verdict > IRL_ANSWER_ICMP) {
		rx->invalid[verdict % IRL_ANSWER_VERDICTS]++;
		return 1;
	}
	hit.time_ns = now;
	/* Nobody is woken: the reader looks. */
	if (bpf_ringbuf_output(&live_hits, &hit, sizeof(hit), BPF_RB_NO_WAKEUP))
		rx->hits_full++;
	else
		rx->hits++;
	return 1;
}

/* The ring of the queue that the frame's port belongs to. */
ALWAYS_INLINE struct live_rx *ring_of_port(struct xdp_md *ctx,
					   uint32_t rx_queue)
{
	uint32_t queue = irl_steer_part_of(
	    (const struct irl_steer_parts *)LIVE_CONSTANT(live_parts),
	    irl_steer_local_port((void *)(long)ctx->data,
				 (void *)(long)ctx->data_end));
	uint32_t key = queue * live_rx_queues + rx_queue;

	return bpf_map_lookup_elem(&live_rx_map, &key);
}

/* Not ours: perhaps of another process, else the host's. */
ALWAYS_INLINE int pass_on(struct xdp_md *ctx)
{
	SHARE_PASS_ON(ctx, live_slot + 1);
	return XDP_PASS;
}

ALWAYS_INLINE int receive(struct xdp_md *ctx)
{
	uint32_t queue = ctx->rx_queue_index;
	struct live_rx *rx = bpf_map_lookup_elem(&live_rx_map, &queue);

	if (!rx || queue >= live_rx_queues)
		return pass_on(ctx);
	if (irl_steer_core((const struct irl_steer *)LIVE_CONSTANT(live_steer),
			   (void *)(long)ctx->data,
			   (void *)(long)ctx->data_end) != IRL_STEER_OURS) {
		rx->frames++;
		rx->host++;
		return pass_on(ctx);
	}
	if (*(volatile uint64_t *)&rx->ended)
		return XDP_DROP;
	rx->frames++;
	if (live_judging && judge(ctx, rx))
		return XDP_DROP;
	if (live_queues > 1)
		rx = ring_of_port(ctx, queue);
	return rx ? deliver(ctx, rx) : XDP_DROP;
}

#endif
