/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The responder's TCP server: without state, from the segment at hand and a
 * keyed hash alone (world/service.h decides).  What needs state is passed to
 * the server in user space, if there is one.  Included by world.bpf.c only.
 *
 * The kernel verifies functions that are not static one by one, for any
 * arguments; inlined, their paths would multiply beyond its patience.
 */
#ifndef IRL_WORLD_SERVE_BPF_H
#define IRL_WORLD_SERVE_BPF_H

#define LINE 64u        /* bytes made at a time */
#define LINES 20u       /* of the longest body; one more may be cut off */
#define SUM_MOST 512u   /* bytes summed by a call of old kernels */
#define ROOM 2048u      /* a power of two, above any answer or request */
#define DATA_MOST 1480u /* of a segment in a frame of 1,514 */
#define SEGMENT_ROOM 1536u

struct scratch {
	__u8 data[ROOM + LINE];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

/* A segment for an open target. */
struct asked {
	__u32 saddr, daddr; /* as on the wire */
	__u16 sport, dport; /* the same */
	__u32 header, data; /* bytes */
	__u32 sum;          /* of the data: answers only */
	__u32 time;
	bool timed;
};

#define APART __attribute__((noinline))

INLINE struct scratch *scratch_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

/* @bytes, below ROOM: where the compiler knows, the verifier may not. */
INLINE __u32 within(__u32 bytes)
{
	asm volatile("" : "+r"(bytes));
	return bytes & (ROOM - 1);
}

/* @bytes, 1 .. ROOM: verifiers before Linux 6.8 learn nothing from a comparison
 * with zero. */
INLINE __u32 some(__u32 bytes)
{
	return within(bytes - 1) + 1;
}

/* Of the first @length bytes, what follows them in their word made zero;
 * folded. */
APART int serve_sum(__u32 length)
{
	__u32 end = within(length), words = (end + 3) & ~3u, size;
	struct scratch *s = scratch_of();
	__s64 sum = 0;

	if (!s)
		return 0;
	__builtin_memset(s->data + end, 0, 4);
	for (__u32 at = 0; at < words && at < SEGMENT_ROOM; at += SUM_MOST) {
		size = words - at;
		if (size > SUM_MOST)
			size = SUM_MOST;
		sum = bpf_csum_diff(0, 0, (void *)(s->data + at), size,
				    (__u32)sum);
	}
	return (int)fold((__u64)sum);
}

/* The body from @at on, in whole lines: without a loop's calls, each of which
 * costs more than the line. */
INLINE void make_body(struct scratch *s, __u32 at, __u64 page, __u32 bytes)
{
#pragma unroll
	for (__u32 line = 0; line < LINES; line++) {
		if (line * LINE >= bytes)
			break;
#pragma unroll
		for (__u32 i = 0; i < LINE; i += 8) {
			__u64 word = irl_world_word(page, line * 8 + i / 8);

			__builtin_memcpy(s->data + at + line * LINE + i, &word,
					 8);
		}
	}
}

/* The whole stream into the scratch room. */
APART int serve_make(const struct irl_world_service *v)
{
	struct scratch *s = scratch_of();
	__u32 end, at = IRL_WORLD_HEAD;

	if (!s || !v)
		return 0;
	end = v->stream & (ROOM - 1);
	if (v->kind != IRL_WORLD_HTTP) {
		irl_world_banner_of(s->data, v);
		return 0;
	}
	irl_world_head(s->data, v);
	if (v->framing == IRL_WORLD_CHUNKED) {
		irl_world_chunk_head(s->data + IRL_WORLD_HEAD, v->body);
		at += IRL_WORLD_CHUNK_HEAD;
	}
	make_body(s, at, v->page, v->body);
	if (v->framing == IRL_WORLD_CHUNKED && end >= 7) {
		static const __u8 last[7] = {13, 10, '0', 13, 10, 13, 10};

		__builtin_memcpy(s->data + end - 7, last, 7);
	}
	return 0;
}

/* The target's service. */
APART int serve_find(__u64 hash, __u32 boxed, __u32 port,
		     struct irl_world_service *out)
{
	struct irl_world_host host = {.hash = hash, .state = IRL_WORLD_ALIVE};

	if (!out)
		return 0;
	if (boxed)
		host.state = IRL_WORLD_MIDDLEBOX;
	irl_world_serve_of(&model_here()->services, host, (__u16)port, out);
	return 0;
}

/* The TCP header at @to, its length; the checksum is whole. */
INLINE __u32 make_header(__u32 to[8], const struct asked *a,
			 const struct irl_world_reply *r, __u64 hash,
			 __u32 bytes)
{
	__u32 size = a->timed ? 32 : 20, flags = FLAG_ACK, window;
	__u64 sum;

	if (r->fin)
		flags |= FLAG_FIN;
	if (r->kind == IRL_WORLD_REPLY_ANSWER)
		flags |= FLAG_PSH;
	if (r->kind == IRL_WORLD_REPLY_RST)
		flags = FLAG_RST;
	window = flags & FLAG_RST ? 0 : irl_world_window(hash);
	to[0] = a->dport | (__u32)a->sport << 16;
	to[1] = bpf_htonl(r->seq);
	to[2] = flags & FLAG_RST ? 0 : bpf_htonl(r->ack);
	to[3] = bpf_htonl(size << 26 | flags << 16 | window);
	to[4] = 0;
	if (a->timed) {
		to[5] = bpf_htonl(0x0101080au);
		to[6] =
		    bpf_htonl(irl_world_clock(hash, bpf_ktime_get_coarse_ns()));
		to[7] = a->time;
	}
	sum = pseudo(a->saddr, a->daddr, size + bytes) + sum32(to, 8) + a->sum;
	to[4] = (__u16)~fold(sum);
	return size;
}

/* Write the reply over what came, and what the scratch room holds behind it;
 * the frame is as it was (-1) if there is no room. */
APART int serve_write(struct xdp_md *ctx, const struct asked *a,
		      const struct irl_world_reply *r, __u64 hash, __u32 bytes)
{
	__u32 header[8] = {}, size, length;
	struct scratch *s = scratch_of();
	void *data, *end;

	if (!s || !a || !r || bytes > IRL_WORLD_ONE_SEGMENT)
		return -1;
	size = make_header(header, a, r, hash, bytes);
	length = 34 + size + bytes;
	if (!resize_any(ctx, length < FRAME_MIN ? FRAME_MIN : length))
		return -1;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + FRAME_MIN > end)
		return -1;
	turn_ethernet(data);
	write_ip(data + IP_AT, a->daddr, a->saddr, IPPROTO_TCP,
		 irl_world_ttl(hash), 20 + size + bytes, ip_id(hash, r->seq));
	/* Zeros up to the smallest frame, or the beginning of what follows. */
	__builtin_memcpy(data + TCP_AT, header, FRAME_MIN - TCP_AT);
	if (a->timed && data + TCP_AT + 32 <= end)
		__builtin_memcpy(data + TCP_AT + 20, header + 5, 12);
	if (bytes)
		bpf_xdp_store_bytes(ctx, TCP_AT + size, s->data, some(bytes));
	return 0;
}

/* Load the data: its sum, and REQUEST if it ends one; -1: there is less. */
#define REQUEST 0x10000
APART int serve_load(struct xdp_md *ctx, __u32 at, __u32 bytes)
{
	struct scratch *s = scratch_of();
	__u32 end, word = 0;

	if (!s || bytes < 1 || bytes > DATA_MOST ||
	    bpf_xdp_load_bytes(ctx, at, s->data, some(bytes)))
		return -1;
	end = within(bytes);
	if (end >= 4)
		__builtin_memcpy(&word, s->data + end - 4, 4);
	return serve_sum(bytes) |
	       (word == bpf_htonl(0x0d0a0d0au) ? REQUEST : 0);
}

/* The checksum over all of a segment with data; @t is the header. */
INLINE bool read_data(struct xdp_md *ctx, const struct asked *a, const __u8 *t,
		      struct irl_world_segment *out)
{
	__u64 sum = pseudo(a->saddr, a->daddr, a->header + a->data);
	int r = serve_load(ctx, TCP_AT + a->header, a->data);

	if (r < 0)
		return false;
	out->request = r & REQUEST;
	if (*(const word16 *)(t + 16) == fold(sum))
		return true; /* partial */
	return fold(sum + sum32(t, 15) + (__u32)(r & 0xffff)) == 0xffff;
}

INLINE int to_user(void)
{
	return done(IRL_WORLD_N_USER, XDP_PASS);
}

/* A segment that is neither SYN nor RST; its options are read. */
INLINE int serve_segment(struct xdp_md *ctx, const struct irl_world_model *m,
			 struct asked *a, const __u8 *t, __u64 hash,
			 const struct irl_world_service *v)
{
	bool all = m->services.serve == IRL_WORLD_SERVE_ALL;
	struct irl_world_segment in = {};
	struct irl_world_reply r = {};
	__u32 bytes = 0;

	if (!(t[13] & FLAG_ACK) || (t[13] & FLAG_SYN))
		return done(IRL_WORLD_N_SEGMENT, XDP_DROP);
	if (a->data && !read_data(ctx, a, t, &in))
		return done(IRL_WORLD_N_MALFORMED, XDP_DROP);
	in.seq = bpf_ntohl(*(const __u32 *)(t + 4));
	in.ack = bpf_ntohl(*(const __u32 *)(t + 8));
	in.isn = irl_world_flow_isn(hash, bpf_ntohl(a->saddr),
				    bpf_ntohs(a->sport), bpf_ntohs(a->dport));
	in.data = a->data;
	in.fin = t[13] & FLAG_FIN;
	irl_world_reply_to(v, &in, &r);
	if (r.kind == IRL_WORLD_REPLY_FOREIGN && all)
		return to_user();
	if (lost(m))
		return done(IRL_WORLD_N_LOST, XDP_DROP);
	if (r.kind == IRL_WORLD_REPLY_NONE)
		return done(IRL_WORLD_N_SEGMENT, XDP_DROP);
	if (r.kind == IRL_WORLD_REPLY_FOREIGN) {
		r.kind = IRL_WORLD_REPLY_RST;
		a->timed = false;
	}
	if (r.kind == IRL_WORLD_REPLY_ANSWER) {
		bytes = v->stream;
		serve_make(v);
		a->sum = (__u32)serve_sum(bytes);
	}
	if (serve_write(ctx, a, &r, hash, bytes) < 0)
		return all ? to_user() : done(IRL_WORLD_N_OTHER, XDP_DROP);
	return answered(ctx, r.kind == IRL_WORLD_REPLY_ANSWER
				 ? IRL_WORLD_N_SERVED
				 : IRL_WORLD_N_REPLIED);
}

/* RFC 7323's form of the option, and no other, as all systems send it. */
INLINE void read_time(struct asked *a, const __u8 *t)
{
	a->timed = a->header >= 32 &&
		   *(const __u32 *)(t + 20) == bpf_htonl(0x0101080au);
	a->time = *(const __u32 *)(t + 24);
}

#endif
