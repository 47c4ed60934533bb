// SPDX-License-Identifier: BSD-2-Clause
/*
 * The far end of a veth in the conformance test: an XDP program sees every
 * frame that the device took, before any stack.  It either hands up whole
 * frames or ticks off sequence numbers, and drops what it has seen.  Other
 * frames pass.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "sink.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sink_state);
	__uint(map_flags, BPF_F_MMAPABLE);
} state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* one bit a number; set before loading */
	__type(key, __u32);
	__type(value, __u64);
	__uint(map_flags, BPF_F_MMAPABLE);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24);
} frames SEC(".maps");

static __always_inline int capture(struct xdp_md *ctx, struct sink_state *s)
{
	void *data = (void *)(long)ctx->data,
	     *end = (void *)(long)ctx->data_end;
	__u64 length = (__u64)(end - data);
	struct sink_frame *f;

	/* Now, as 64 bits: clang 14 would spill half of a pointer. */
	asm volatile("" : "+r"(length));
	f = bpf_ringbuf_reserve(&frames, sizeof(*f), 0);
	if (!f) {
		__sync_fetch_and_add(&s->overrun, 1);
		return XDP_DROP;
	}
	if (length < SINK_FRAME_MIN || length > SINK_FRAME_MAX ||
	    bpf_xdp_load_bytes(ctx, 0, f->data, (__u32)length)) {
		bpf_ringbuf_discard(f, 0);
		__sync_fetch_and_add(&s->overrun, 1);
		return XDP_DROP;
	}
	f->length = (__u32)length;
	bpf_ringbuf_submit(f, 0);
	return XDP_DROP;
}

static __always_inline int tick(struct xdp_md *ctx, struct sink_state *s)
{
	void *data = (void *)(long)ctx->data,
	     *end = (void *)(long)ctx->data_end;
	struct sink_probe *p = data;
	__u64 *word, bit;
	__u32 k;

	if ((void *)(p + 1) > end || p->type != bpf_htons(SINK_TYPE))
		return XDP_PASS;
	__sync_fetch_and_add(&s->received, 1);
	k = p->sequence / 64;
	word = bpf_map_lookup_elem(&seen, &k);
	if (!word || p->check != ~p->sequence) {
		__sync_fetch_and_add(&s->bad, 1);
		return XDP_DROP;
	}
	bit = 1ull << (p->sequence % 64);
	if (__sync_fetch_and_or(word, bit) & bit)
		__sync_fetch_and_add(&s->twice, 1);
	return XDP_DROP;
}

SEC("xdp")
int sink(struct xdp_md *ctx)
{
	struct sink_state *s;
	__u32 zero = 0;

	s = bpf_map_lookup_elem(&state, &zero);
	if (!s)
		return XDP_ABORTED;
	switch (s->mode) {
	case SINK_CAPTURE:
		return capture(ctx, s);
	case SINK_TICK:
		return tick(ctx, s);
	default:
		return XDP_PASS;
	}
}

char _license[] SEC("license") = "Dual BSD/GPL";
