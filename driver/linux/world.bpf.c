// SPDX-License-Identifier: BSD-2-Clause
/*
 * The world's responder: every frame that reaches the world's end of the veth
 * is answered by XDP_TX, swallowed, or passed to the kernel of that side.
 *
 * Pages of live frames come back to their sender as we leave them, so an
 * answer is written whole.  Frames of the kernel's own stack carry a partial
 * TCP checksum (that of the pseudo-header only), which is accepted; the
 * answers carry whole ones.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "world/service.h"

#define FRAME_MIN 60
#define ARP_REQUEST 1
#define ARP_REPLY 2
#define ICMP_ECHO_REPLY 0
#define ICMP_UNREACHABLE 3
#define ICMP_ECHO 8
#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_PSH 0x08
#define FLAG_ACK 0x10

#define OFFERED_SCALE 1u
#define OFFERED_SACK 2u
#define OFFERED_TIME 4u

/* Constants to the verifier and the compiler of the kernel. */
const volatile struct irl_world_model model;
const volatile __u8 mac[8];      /* of this end */
const volatile __u32 host_queue; /* the scanner's own stack sends to it */

struct counts {
	__u64 n[IRL_WORLD_COUNTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counts);
} counts SEC(".maps");

/* RFC 826, for Ethernet and IPv4. */
struct arp_ipv4 {
	__u16 hardware, protocol;
	__u8 hardware_size, protocol_size;
	__u16 operation;
	__u8 sender_mac[6];
	__u8 sender[4];
	__u8 target_mac[6];
	__u8 target[4];
} __attribute__((packed));

struct icmp {
	__u8 type, code;
	__u16 checksum;
	__u32 rest;
};

/* Without options, at fixed places; not a packed struct, whose members clang
 * would access byte by byte. */
#define IP_AT 14
#define TCP_AT 34

/* What of a SYN shapes its answer, network byte order as on the wire. */
struct syn {
	__u32 saddr, daddr;
	__u16 sport, dport;
	__u32 seq;
	__u32 offered;
	__u32 time; /* TSval */
	__u32 isn;  /* of the answer */
	__u32 mss;  /* 0: not given */
};

#define INLINE static __always_inline

INLINE int done(enum irl_world_count which, int action)
{
	__u32 zero = 0;
	struct counts *c = bpf_map_lookup_elem(&counts, &zero);

	if (c)
		c->n[which]++;
	return action;
}

/*
 * The frame is an answer: send it.  veth wakes the other end after XDP_TX only
 * if an XDP program is attached there, which is certain for probes that XDP
 * sent, but not for what the scanner's stack did; a redirect always wakes it.
 */
INLINE int answered(struct xdp_md *ctx, enum irl_world_count which)
{
	if (ctx->rx_queue_index == host_queue)
		return done(which, (int)bpf_redirect(ctx->ingress_ifindex, 0));
	return done(which, XDP_TX);
}

/* Where the compiler cannot see that it is constant; the kernel does. */
INLINE const struct irl_world_model *model_here(void)
{
	const struct irl_world_model *m = (const void *)&model;

	asm volatile("" : "+r"(m));
	return m;
}

INLINE __u32 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u32)sum;
}

/* Reads what was written as something else. */
typedef __u16 __attribute__((may_alias)) word16;
typedef __u32 __attribute__((may_alias)) word32;

/* Sum of 16-bit words in wire order (RFC 1071: byte order does not matter). */
INLINE __u64 sum16(const void *data, int words)
{
	const word16 *w = data;
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < words; i++)
		sum += w[i];
	return sum;
}

/* The same of aligned data, by 32 bits, for half as many loads; none that was
 * written in smaller pieces just now, for which such a load would wait. */
INLINE __u64 sum32(const void *data, int words)
{
	const word32 *w = data;
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < words; i++)
		sum += w[i];
	return sum;
}

INLINE __u64 pseudo(__u32 saddr, __u32 daddr, __u32 length)
{
	return (__u64)saddr + daddr + bpf_htons(IPPROTO_TCP) +
	       bpf_htons((__u16)length);
}

INLINE bool lost(const struct irl_world_model *m)
{
	return m->loss &&
	       irl_world_lost(m, bpf_get_prandom_u32(), bpf_get_prandom_u32());
}

/* Grow or shrink the frame to @length; false drops it. */
INLINE bool resize(struct xdp_md *ctx, __u32 length)
{
	__u32 now = (__u32)(ctx->data_end - ctx->data);

	return now == length ||
	       !bpf_xdp_adjust_tail(ctx, (int)length - (int)now);
}

/*
 * The same, for an answer that keeps nothing but the Ethernet header: a
 * frame that came by way of an skb has no room behind, but always in front.
 */
INLINE bool resize_any(struct xdp_md *ctx, __u32 length)
{
	__u32 now = (__u32)(ctx->data_end - ctx->data);
	__u8 ethernet[14];

	if (resize(ctx, length))
		return true;
	return !bpf_xdp_load_bytes(ctx, 0, ethernet, sizeof(ethernet)) &&
	       !bpf_xdp_adjust_head(ctx, (int)now - (int)length) &&
	       !bpf_xdp_store_bytes(ctx, 0, ethernet, sizeof(ethernet));
}

/* Back to where it came from. */
INLINE void turn_ethernet(struct ethhdr *eth)
{
	__builtin_memcpy(eth->h_dest, eth->h_source, 6);
	for (int i = 0; i < 6; i++)
		eth->h_source[i] = mac[i];
}

INLINE void write_ip(struct iphdr *ip, __u32 saddr, __u32 daddr, __u8 protocol,
		     __u8 ttl, __u32 length, __u16 id)
{
	*(__u8 *)ip = 0x45;
	ip->tos = 0;
	ip->tot_len = bpf_htons((__u16)length);
	ip->id = id;
	ip->frag_off = id ? 0 : bpf_htons(0x4000);
	ip->ttl = ttl;
	ip->protocol = protocol;
	ip->check = 0;
	ip->saddr = saddr;
	ip->daddr = daddr;
	ip->check = (__u16)~fold(sum16(ip, 10));
}

/* Linux and small systems send DF with ID 0 in a SYN-ACK, Windows counts. */
INLINE __u16 ip_id(__u64 hash, __u32 seq)
{
	if (irl_world_class(hash) != IRL_WORLD_WINDOWS)
		return 0;
	return (__u16)(irl_world_mix(hash + seq) | 1);
}

INLINE int answer_arp(struct xdp_md *ctx, const struct irl_world_model *m)
{
	void *data = (void *)(long)ctx->data,
	     *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct arp_ipv4 *arp = (void *)(eth + 1);
	__u8 asker[10], wanted[4];
	__u32 addr;

	if ((void *)(arp + 1) > end)
		return done(IRL_WORLD_N_MALFORMED, XDP_DROP);
	__builtin_memcpy(wanted, arp->target, 4);
	addr = (__u32)wanted[0] << 24 | (__u32)wanted[1] << 16 |
	       (__u32)wanted[2] << 8 | wanted[3];
	if (irl_world_reserved(addr))
		return done(IRL_WORLD_N_PASSED, XDP_PASS);
	if (arp->hardware != bpf_htons(1) ||
	    arp->protocol != bpf_htons(ETH_P_IP) || arp->hardware_size != 6 ||
	    arp->protocol_size != 4)
		return done(IRL_WORLD_N_MALFORMED, XDP_DROP);
	if (arp->operation != bpf_htons(ARP_REQUEST))
		return done(IRL_WORLD_N_OTHER, XDP_DROP);
	if (!irl_world_owns(m, addr))
		return done(IRL_WORLD_N_OUTSIDE, XDP_DROP);
	__builtin_memcpy(asker, arp->sender_mac, 10);
	if (!resize(ctx, FRAME_MIN))
		return done(IRL_WORLD_N_OTHER, XDP_DROP);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + FRAME_MIN > end)
		return done(IRL_WORLD_N_OTHER, XDP_DROP);
	eth = data;
	arp = (void *)(eth + 1);
	turn_ethernet(eth);
	arp->operation = bpf_htons(ARP_REPLY);
	for (int i = 0; i < 6; i++)
		arp->sender_mac[i] = mac[i];
	__builtin_memcpy(arp->sender, wanted, 4);
	__builtin_memcpy(arp->target_mac, asker, 10);
	__builtin_memset(arp + 1, 0, FRAME_MIN - 14 - sizeof(*arp));
	return answered(ctx, IRL_WORLD_N_ARP);
}

/* RFC 792, type 3: the IP header and 8 bytes of what came are quoted. */
INLINE int answer_unreachable(struct xdp_md *ctx, __u64 hash)
{
	void *data = (void *)(long)ctx->data,
	     *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + IP_AT;
	struct icmp *icmp;
	__u32 quote[7];
	__u32 saddr, router;
	__u64 sum;

	if (data + 14 + 28 > end)
		return done(IRL_WORLD_N_MALFORMED, XDP_DROP);
	__builtin_memcpy(quote, ip, 28);
	saddr = ip->saddr;
	router = bpf_htonl(irl_world_router(bpf_ntohl(ip->daddr)));
	if (!resize_any(ctx, 14 + 20 + 8 + 28))
		return done(IRL_WORLD_N_OTHER, XDP_DROP);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + 14 + 20 + 8 + 28 > end)
		return done(IRL_WORLD_N_OTHER, XDP_DROP);
	ip = data + IP_AT;
	icmp = (void *)(ip + 1);
	turn_ethernet(data);
	write_ip(ip, router, saddr, IPPROTO_ICMP, irl_world_router_ttl(hash),
		 56, (__u16)(hash >> 20 | 1));
	icmp->type = ICMP_UNREACHABLE;
	icmp->code = irl_world_icmp_code(hash);
	icmp->checksum = 0;
	icmp->rest = 0;
	__builtin_memcpy(icmp + 1, quote, 28);
	sum = sum16(icmp, 4) + sum16(quote, 14);
	icmp->checksum = (__u16)~fold(sum);
	return answered(ctx, IRL_WORLD_N_ICMP);
}

/* An echo's payload goes back as it came; the checksum is adapted (RFC 1624),
 * so one that was wrong stays wrong. */
INLINE int answer_echo(struct xdp_md *ctx, __u64 hash)
{
	void *data = (void *)(long)ctx->data,
	     *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + IP_AT;
	struct icmp *icmp = (void *)(ip + 1);
	__u32 saddr;

	if ((void *)(icmp + 1) > end)
		return done(IRL_WORLD_N_MALFORMED, XDP_DROP);
	saddr = ip->saddr;
	turn_ethernet(data);
	write_ip(ip, ip->daddr, saddr, IPPROTO_ICMP, irl_world_ttl(hash),
		 bpf_ntohs(ip->tot_len), (__u16)(icmp->rest | 1));
	icmp->checksum = (__u16)~fold((__u64)(__u16)~icmp->checksum +
				      (__u16)~bpf_htons(ICMP_ECHO << 8));
	icmp->type = ICMP_ECHO_REPLY;
	return answered(ctx, IRL_WORLD_N_ECHO);
}

/* A walk over a SYN's options. */
struct options {
	const __u8 *o; /* 40 bytes and 6 more, zeros behind the last */
	__u32 at, length;
	__u32 offered, time, mss;
};

/* One option; 1 ends the walk. */
static long read_option(__u32 step, struct options *w)
{
	__u32 at = w->at;
	__u8 kind, size;

	(void)step;
	if (at >= w->length || at >= 40)
		return 1;
	kind = w->o[at];
	size = kind == 1 ? 1 : w->o[at + 1];
	if (kind == 0 || (size < 2 && kind != 1) || at + size > w->length)
		return 1;
	if (kind == 2 && size == 4)
		w->mss = (__u32)w->o[at + 2] << 8 | w->o[at + 3];
	if (kind == 3 && size == 3)
		w->offered |= OFFERED_SCALE;
	if (kind == 4 && size == 2)
		w->offered |= OFFERED_SACK;
	if (kind == 8 && size == 10) {
		w->offered |= OFFERED_TIME;
		w->time = (__u32)w->o[at + 2] << 24 |
			  (__u32)w->o[at + 3] << 16 | (__u32)w->o[at + 4] << 8 |
			  w->o[at + 5];
	}
	w->at = at + size;
	return 0;
}

/* Those of Linux and of our client, without the walk's calls: MSS, SACK
 * permitted, timestamps, NOP, window scale. */
INLINE bool read_usual(const __u8 *o, __u32 length, struct syn *syn)
{
	const word32 *w = (const void *)o;
	__u32 mss = bpf_ntohl(w[0]);

	if (length != 20 || mss >> 16 != 0x0204 ||
	    w[1] != bpf_htonl(0x0402080au) || bpf_ntohl(w[4]) >> 8 != 0x010303)
		return false;
	syn->offered = OFFERED_SCALE | OFFERED_SACK | OFFERED_TIME;
	syn->time = bpf_ntohl(w[2]);
	syn->mss = mss & 0xffff;
	return true;
}

/* Which options the SYN offered: only those may be answered (RFC 7323, 2.2 and
 * 3.2; RFC 2018, 2). */
INLINE void read_options(const __u8 *o, __u32 length, struct syn *syn)
{
	struct options walk = {.o = o, .length = length};

	if (!length || read_usual(o, length, syn))
		return;
	bpf_loop(40, read_option, &walk, 0);
	syn->offered = walk.offered;
	syn->time = walk.time;
	syn->mss = walk.mss;
}

/* The options of the answer as 32-bit words, network order; their number. */
INLINE __u32 make_options(__u32 o[8], const struct syn *syn, __u64 hash)
{
	enum irl_world_class class = irl_world_class(hash);
	__u32 offered = syn->offered, n = 0;

	if (class == IRL_WORLD_EMBEDDED)
		offered = 0;
	if (class == IRL_WORLD_WINDOWS)
		offered &= ~OFFERED_TIME;
	o[n++ & 7] = bpf_htonl(0x02040000u | irl_world_mss(hash));
	if (offered & OFFERED_TIME) {
		o[n++ & 7] = bpf_htonl(offered & OFFERED_SACK ? 0x0402080au
							      : 0x0101080au);
		o[n++ & 7] =
		    bpf_htonl(irl_world_clock(hash, bpf_ktime_get_coarse_ns()));
		o[n++ & 7] = bpf_htonl(syn->time);
	} else if (offered & OFFERED_SACK) {
		o[n++ & 7] = bpf_htonl(0x01010402u);
	}
	if (offered & OFFERED_SCALE)
		o[n++ & 7] = bpf_htonl(0x01030300u | irl_world_scale(hash));
	return n;
}

INLINE int answer_tcp(struct xdp_md *ctx, const struct syn *syn, __u64 hash,
		      bool open)
{
	__u32 options[8] = {}, words = 0, length;
	struct iphdr *ip;
	struct tcphdr *tcp;
	__u32 *room;
	void *data, *end;
	__u64 sum;

	if (open)
		words = make_options(options, syn, hash);
	length = 40 + words * 4;
	if (!resize_any(ctx, length + 14 < FRAME_MIN ? FRAME_MIN : length + 14))
		return done(IRL_WORLD_N_OTHER, XDP_DROP);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + FRAME_MIN > end)
		return done(IRL_WORLD_N_OTHER, XDP_DROP);
	ip = data + IP_AT;
	tcp = (void *)(ip + 1);
	turn_ethernet(data);
	write_ip(ip, syn->daddr, syn->saddr, IPPROTO_TCP, irl_world_ttl(hash),
		 length, ip_id(hash, syn->seq));
	tcp->source = syn->dport;
	tcp->dest = syn->sport;
	tcp->seq = 0;
	if (open)
		tcp->seq = bpf_htonl(syn->isn);
	tcp->ack_seq = bpf_htonl(syn->seq + 1);
	/* Data offset and flags. */
	((__u8 *)tcp)[12] = (__u8)((5 + words) << 4);
	((__u8 *)tcp)[13] = open ? FLAG_SYN | FLAG_ACK : FLAG_RST | FLAG_ACK;
	tcp->window = open ? bpf_htons(irl_world_window(hash)) : 0;
	tcp->check = 0;
	tcp->urg_ptr = 0;
	sum = pseudo(syn->saddr, syn->daddr, length - 20) + sum16(tcp, 10) +
	      sum32(options, 5);
	tcp->check = (__u16)~fold(sum);
	/* Options, and zeros up to the smallest frame. */
	__builtin_memcpy(tcp + 1, options, FRAME_MIN - 54);
	room = (void *)((__u8 *)(tcp + 1) + 4);
#pragma unroll
	for (int i = 1; i < 5; i++, room++)
		if ((void *)(room + 1) <= end)
			*room = options[i];
	return answered(ctx, open ? IRL_WORLD_N_SYNACK : IRL_WORLD_N_RST);
}

/* Read a TCP header whole into @t and check what the kernel of a real host
 * would; the segment's own bytes only, padding left out. */
INLINE bool read_tcp(struct xdp_md *ctx, const struct iphdr *ip, __u32 bytes,
		     __u8 t[64], __u32 *header)
{
	void *data = (void *)(long)ctx->data,
	     *end = (void *)(long)ctx->data_end;
	const word32 *from;
	word32 *to;
	__u16 stored;
	__u64 sum;
	__u32 size;

	if (bytes < 20 || data + TCP_AT + 20 > end)
		return false;
	__builtin_memcpy(t, data + TCP_AT, 20);
	size = (__u32)(t[12] >> 4) * 4;
	if (size < 20 || size > bytes)
		return false;
	*header = size;
	size -= 20;
	if (size > 40)
		return false;
	from = data + TCP_AT + 20;
	to = (void *)(t + 20);
#pragma unroll
	for (__u32 i = 0; i < 10; i++, from++, to++)
		if (i * 4 < size && (void *)(from + 1) <= end)
			*to = *from;
	if (*header != bytes)
		return true; /* data follows; it is not summed */
	stored = *(word16 *)(t + 16);
	sum = pseudo(ip->saddr, ip->daddr, bytes);
	if (stored == fold(sum))
		return true; /* partial */
	return fold(sum + sum32(t, 15)) == 0xffff;
}

#include "world_serve.bpf.h"

/* An open target with a service; @syn has addresses, ports and number. */
INLINE int serve_tcp(struct xdp_md *ctx, const struct irl_world_model *m,
		     struct syn *syn, const __u8 *t, __u32 header, __u32 bytes,
		     struct irl_world_host host)
{
	bool all = m->services.serve == IRL_WORLD_SERVE_ALL;
	__u8 kind = t[13] & (FLAG_SYN | FLAG_ACK | FLAG_FIN | FLAG_RST);
	bool segment = kind != FLAG_SYN && !(kind & FLAG_RST);
	struct irl_world_service v = {};
	struct asked a = {.saddr = syn->saddr,
			  .daddr = syn->daddr,
			  .sport = syn->sport,
			  .dport = syn->dport,
			  .header = header,
			  .data = bytes - header};

	/* Where the kernel serves everybody, only an answer depends on it. */
	if (all || segment)
		serve_find(host.hash, host.state == IRL_WORLD_MIDDLEBOX,
			   bpf_ntohs(syn->dport), &v);
	if (!irl_world_stateless(m, &v))
		return to_user();
	if (t[13] & FLAG_RST)
		return all ? to_user() : done(IRL_WORLD_N_GOT_RST, XDP_DROP);
	if (segment) {
		read_time(&a, t);
		return serve_segment(ctx, m, &a, t, host.hash, &v);
	}
	read_options(t + 20, header - 20, syn);
	if (all && syn->mss < v.stream + IRL_WORLD_TIME_OPTION)
		return to_user();
	if (lost(m))
		return done(IRL_WORLD_N_LOST, XDP_DROP);
	syn->isn =
	    irl_world_flow_isn(host.hash, bpf_ntohl(syn->saddr),
			       bpf_ntohs(syn->sport), bpf_ntohs(syn->dport));
	return answer_tcp(ctx, syn, host.hash, true);
}

INLINE int answer_syn(struct xdp_md *ctx, const struct irl_world_model *m,
		      const struct iphdr *ip, struct irl_world_host host,
		      __u32 bytes)
{
	__u8 t[68] __attribute__((aligned(8))) = {};
	enum irl_world_kind kind = IRL_WORLD_SILENT;
	struct syn syn = {};
	__u32 header;
	__u8 flags;

	if (!read_tcp(ctx, ip, bytes, t, &header))
		return done(IRL_WORLD_N_MALFORMED, XDP_DROP);
	flags = t[13];
	syn.saddr = ip->saddr;
	syn.daddr = ip->daddr;
	syn.sport = *(word16 *)t;
	syn.dport = *(word16 *)(t + 2);
	syn.seq = bpf_ntohl(*(__u32 *)(t + 4));
	if (host.state != IRL_WORLD_UNREACHABLE)
		kind = irl_world_knock(m, host, bpf_ntohs(syn.dport));
	if (m->services.serve && kind == IRL_WORLD_SYNACK)
		return serve_tcp(ctx, m, &syn, t, header, bytes, host);
	if (flags & FLAG_RST)
		return done(IRL_WORLD_N_GOT_RST, XDP_DROP);
	if ((flags & (FLAG_SYN | FLAG_ACK | FLAG_FIN)) != FLAG_SYN)
		return done(IRL_WORLD_N_SEGMENT, XDP_DROP);
	if (host.state == IRL_WORLD_UNREACHABLE)
		return lost(m) ? done(IRL_WORLD_N_LOST, XDP_DROP)
			       : answer_unreachable(ctx, host.hash);
	if (kind == IRL_WORLD_SILENT)
		return done(IRL_WORLD_N_SILENT, XDP_DROP);
	if (lost(m))
		return done(IRL_WORLD_N_LOST, XDP_DROP);
	read_options(t + 20, header - 20, &syn);
	syn.isn = irl_world_isn(host.hash, (__u32)syn.sport << 16 | syn.dport,
				syn.seq);
	return answer_tcp(ctx, &syn, host.hash, kind == IRL_WORLD_SYNACK);
}

INLINE int answer_icmp(struct xdp_md *ctx, const struct irl_world_model *m,
		       struct irl_world_host host, __u32 bytes)
{
	__u8 head[8];

	if (bytes < 8 || bpf_xdp_load_bytes(ctx, TCP_AT, head, 8))
		return done(IRL_WORLD_N_MALFORMED, XDP_DROP);
	if (head[0] != ICMP_ECHO || head[1] != 0)
		return done(IRL_WORLD_N_OTHER, XDP_DROP);
	if (lost(m))
		return done(IRL_WORLD_N_LOST, XDP_DROP);
	if (host.state == IRL_WORLD_UNREACHABLE)
		return answer_unreachable(ctx, host.hash);
	return answer_echo(ctx, host.hash);
}

INLINE int answer_ip(struct xdp_md *ctx, const struct irl_world_model *m)
{
	void *data = (void *)(long)ctx->data,
	     *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + IP_AT;
	struct irl_world_host host;
	struct iphdr copy;
	__u32 addr, length;

	if ((void *)(ip + 1) > end)
		return done(IRL_WORLD_N_MALFORMED, XDP_DROP);
	addr = bpf_ntohl(ip->daddr);
	if (irl_world_reserved(addr))
		return done(IRL_WORLD_N_PASSED, XDP_PASS);
	if (!irl_world_owns(m, addr))
		return done(IRL_WORLD_N_OUTSIDE, XDP_DROP);
	length = bpf_ntohs(ip->tot_len);
	if (*(__u8 *)ip != 0x45 || length < 20 ||
	    length + 14 > (__u64)(end - data))
		return done(IRL_WORLD_N_MALFORMED, XDP_DROP);
	host = irl_world_host(m, addr);
	if (host.state == IRL_WORLD_DEAD)
		return done(IRL_WORLD_N_SILENT, XDP_DROP);
	if (ip->frag_off & bpf_htons(0x3fff))
		return done(IRL_WORLD_N_OTHER, XDP_DROP);
	if (fold(sum32(ip, 5)) != 0xffff)
		return done(IRL_WORLD_N_MALFORMED, XDP_DROP);
	__builtin_memcpy(&copy, ip, sizeof(copy));
	if (copy.protocol == IPPROTO_TCP)
		return answer_syn(ctx, m, &copy, host, length - 20);
	if (copy.protocol == IPPROTO_ICMP)
		return answer_icmp(ctx, m, host, length - 20);
	return done(IRL_WORLD_N_OTHER, XDP_DROP);
}

/* To this end's address or to all. */
INLINE bool for_us(const struct ethhdr *eth)
{
	__u32 wrong = 0;

	if (eth->h_dest[0] & 1)
		return true;
	for (int i = 0; i < 6; i++)
		wrong |= eth->h_dest[i] ^ mac[i];
	return !wrong;
}

SEC("xdp") int irl_world(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data,
	     *end = (void *)(long)ctx->data_end;
	const struct irl_world_model *m = model_here();
	struct ethhdr *eth = data;

	if ((void *)(eth + 1) > end)
		return done(IRL_WORLD_N_MALFORMED, XDP_DROP);
	if (!for_us(eth))
		return done(IRL_WORLD_N_OTHER, XDP_DROP);
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return answer_ip(ctx, m);
	if (eth->h_proto == bpf_htons(ETH_P_ARP))
		return answer_arp(ctx, m);
	return done(IRL_WORLD_N_PASSED, XDP_PASS);
}

char licence[] SEC("license") = "Dual BSD/GPL";
