// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The benchmark's own programs: a receiver that counts and drops, and the
 * barest generators of live frames, which are the limit that others are held
 * against.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <stdint.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "bench.h"

#define ALWAYS_INLINE static __attribute__((always_inline)) inline
#define LOOPBACK 1 /* where test runs come in, of each namespace */
#define IP_AT 14
#define TCP_AT 34
#define WORDS_MAX 744 /* of 16 bits, from the addresses to the end */

/* Set before loading. */
const volatile uint32_t bench_expect;
const volatile uint32_t bench_length;   /* of a marked frame */
const volatile uint32_t bench_by_time;  /* keep the count of each millisecond */
const volatile uint32_t bench_pass_own; /* 10.0.0.0/24 to the kernel */
const volatile uint8_t bench_frame[64]; /* what the generators send */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BENCH_QUEUES);
	__type(key, uint32_t);
	__type(value, struct bench_seen);
} bench_seen_map SEC(".maps");

/* Frames of each millisecond of CLOCK_MONOTONIC, modulo BENCH_SLOTS. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BENCH_SLOTS);
	__type(key, uint32_t);
	__type(value, uint64_t);
} bench_time_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint32_t);
} bench_device SEC(".maps");

/* Frames made so far by the numbered generator. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint64_t);
} bench_made_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, BENCH_QUEUES);
	__type(key, uint32_t);
	__type(value, uint32_t);
} bench_sockets SEC(".maps");

/* ---- the receiver -------------------------------------------------------- */

ALWAYS_INLINE uint32_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)((sum & 0xffff) + (sum >> 16));
}

ALWAYS_INLINE int header_sums(const uint8_t *frame)
{
	const uint32_t *word = (const void *)(frame + IP_AT);
	const uint16_t *half = (const void *)(frame + IP_AT);
	uint64_t sum = half[0] + (uint64_t)half[1];

	for (int i = 1; i < 5; i++)
		sum += word[i];
	return fold(sum) == 0xffff;
}

/* RFC 9293, 3.1; padding is zero, so it may be summed too. */
ALWAYS_INLINE int segment_sums(const uint8_t *frame, const uint8_t *end)
{
	uint16_t total = bpf_ntohs(*(const uint16_t *)(frame + IP_AT + 2));
	const uint16_t *half = (const void *)(frame + IP_AT + 12);
	uint64_t sum = bpf_htons(IPPROTO_TCP) + bpf_htons(total - 20);

	for (int i = 0; i < WORDS_MAX; i++) {
		if ((const uint8_t *)(half + 1) > end)
			break;
		sum += *half++;
	}
	return fold(sum) == 0xffff;
}

ALWAYS_INLINE int is_ip(const uint8_t *frame)
{
	return *(const uint16_t *)(frame + 12) == bpf_htons(ETH_P_IP);
}

ALWAYS_INLINE int is_expected(const uint8_t *frame, uint64_t length)
{
	uint32_t address = bpf_ntohl(*(const uint32_t *)(frame + IP_AT + 16));
	uint32_t seq = bpf_ntohl(*(const uint32_t *)(frame + TCP_AT + 4));

	if (!is_ip(frame))
		return 0;
	if (bench_expect == BENCH_MARKED)
		return length == bench_length && address == bench_address(seq);
	return address >> 24 == BENCH_NET >> 24 &&
	       frame[IP_AT + 9] == IPPROTO_TCP && frame[TCP_AT + 13] == 0x02;
}

ALWAYS_INLINE int is_own(const uint8_t *frame)
{
	return !is_ip(frame) ||
	       bpf_ntohl(*(const uint32_t *)(frame + IP_AT + 16)) >> 8 ==
		   BENCH_OWN;
}

ALWAYS_INLINE void count_time(void)
{
	uint32_t slot = (uint32_t)(bpf_ktime_get_ns() / 1000000) % BENCH_SLOTS;
	uint64_t *count = bpf_map_lookup_elem(&bench_time_map, &slot);

	if (count)
		__sync_fetch_and_add(count, 1);
}

SEC("xdp")
int bench_sink(struct xdp_md *ctx)
{
	const uint8_t *frame = (void *)(long)ctx->data;
	const uint8_t *end = (void *)(long)ctx->data_end;
	uint32_t queue = ctx->rx_queue_index;
	struct bench_seen *seen = bpf_map_lookup_elem(&bench_seen_map, &queue);

	if (!seen)
		return XDP_PASS;
	if (frame + 54 > end || (bench_pass_own && is_own(frame))) {
		seen->passed++;
		return XDP_PASS;
	}
	if (!is_expected(frame, (uint64_t)(end - frame)) ||
	    !header_sums(frame) ||
	    (seen->intact % BENCH_SAMPLE == 0 && !segment_sums(frame, end))) {
		seen->damaged++;
		return is_ip(frame) ? XDP_DROP : XDP_PASS;
	}
	seen->intact++;
	if (bench_by_time)
		count_time();
	return XDP_DROP;
}

/* ---- the generators ------------------------------------------------------ */

ALWAYS_INLINE int write_frame(uint8_t *frame, const uint8_t *end)
{
	const volatile uint64_t *from = (const volatile void *)bench_frame;
	uint64_t *to = (void *)frame;

	if (frame + 60 > end)
		return -1;
	for (int i = 0; i < 7; i++)
		to[i] = from[i];
	*(uint32_t *)(frame + 56) = (uint32_t)from[7];
	return 0;
}

/* The least that can be done: one constant frame, written whole. */
SEC("xdp")
int bench_limit(struct xdp_md *ctx)
{
	if (ctx->ingress_ifindex != LOOPBACK) /* received: no test run */
		return XDP_PASS;
	if (write_frame((void *)(long)ctx->data, (void *)(long)ctx->data_end))
		return XDP_DROP;
	return (int)bpf_redirect_map(&bench_device, 0, XDP_DROP);
}

/* The same, numbered in the TCP sequence number (checksums do not follow). */
SEC("xdp")
int bench_numbered(struct xdp_md *ctx)
{
	uint8_t *frame = (void *)(long)ctx->data;
	uint32_t zero = 0;
	uint64_t *made = bpf_map_lookup_elem(&bench_made_map, &zero);

	if (ctx->ingress_ifindex != LOOPBACK) /* received: no test run */
		return XDP_PASS;
	if (!made || write_frame(frame, (void *)(long)ctx->data_end))
		return XDP_DROP;
	*(uint32_t *)(frame + TCP_AT + 4) = bpf_htonl((uint32_t)*made);
	(*made)++;
	return (int)bpf_redirect_map(&bench_device, 0, XDP_DROP);
}

/* ---- AF_XDP's receiver --------------------------------------------------- */

SEC("xdp")
int bench_to_socket(struct xdp_md *ctx)
{
	return (int)bpf_redirect_map(&bench_sockets, ctx->rx_queue_index,
				     XDP_DROP);
}

/* For the host's sockets, beside ports that have a program attached too. */
SEC("xdp")
int bench_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
