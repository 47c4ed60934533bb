// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "probe/probe.h"
#include "probe/syn.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"

#define FRAME_MIN 60u

/* What a target decides of its SYN. */
struct fields {
	uint32_t seq; /* before the time is added */
	uint16_t port, id;
	struct irl_ip source;
};

void irl_syn_init(struct irl_syn *syn, const struct irl_probe_options *o,
		  const struct irl_ip *source6)
{
	/* As with a set's: the seed's key, and a label for this use. */
	const struct irl_siphash seed = {{o->seed, 0x69726c2d70726f62ull}};
	const uint64_t label[2] = {3, 4};

	*syn = (struct irl_syn){
	    .key = {{irl_siphash(&seed, &label[0], 1),
		     irl_siphash(&seed, &label[1], 1)}},
	    .source_addr = o->source_addr,
	    .source_count = o->source_count ? o->source_count : 1,
	    .source6 = *source6,
	    .port_first = o->port_first,
	    .ports = (uint32_t)o->port_last - o->port_first + 1,
	    .options = o->options,
	    .mss = {irl_probe_mss(o->mtu, false), irl_probe_mss(o->mtu, true)},
	    .ttl = o->ttl ? o->ttl : 255,
	};
	memcpy(syn->mac, o->source_mac, 6);
	memcpy(syn->gateway_mac, o->gateway_mac, 6);
}

static void decide(const struct irl_syn *syn, const struct irl_ip *addr,
		   uint16_t port, struct fields *f)
{
	uint64_t word[3] = {0, 0, port}, cookie;

	memcpy(word, addr->byte, sizeof(addr->byte));
	cookie = irl_siphash(&syn->key, word, 3);
	f->seq = (uint32_t)cookie;
	f->port = (uint16_t)(syn->port_first +
			     ((cookie >> 32 & 0xffff) * syn->ports >> 16));
	f->id = (uint16_t)(cookie >> 48);
	f->source =
	    irl_ip_is4(addr)
		? irl_ip4(syn->source_addr +
			  (uint32_t)((uint64_t)f->id * syn->source_count >> 16))
		: syn->source6;
}

/* ---- making --------------------------------------------------------------
 */

static uint32_t write_tcp(const struct irl_syn *syn, const struct fields *f,
			  const struct irl_ip *addr, uint16_t port,
			  uint32_t time, uint8_t *to)
{
	bool six = !irl_ip_is4(addr);
	uint8_t options[IRL_PROBE_OPTIONS_MAX];
	struct irl_tcp tcp = {.source = f->port,
			      .dest = port,
			      .seq = f->seq + time,
			      .flags = IRL_TCP_SYN};
	uint32_t size = irl_probe_syn(syn->options, syn->mss[six], time >> 5,
				      options, &tcp.window);
	uint32_t length = IRL_TCP_HEADER + size;

	tcp.options = irl_bytes(options, size);
	irl_tcp_write_over(to, &tcp,
			   six ? irl_ipv6_pseudo(f->source.byte, addr->byte,
						 IRL_IPV6_TCP, length)
			       : irl_checksum_pseudo(irl_ip_addr4(&f->source),
						     irl_ip_addr4(addr),
						     IRL_IPV4_TCP,
						     (uint16_t)length),
			   NULL, 0);
	return length;
}

static uint32_t write_ip(const struct irl_syn *syn, const struct fields *f,
			 const struct irl_ip *addr, uint32_t length,
			 uint8_t *to)
{
	struct irl_ipv6 six = {.payload_length = (uint16_t)length,
			       .next_header = IRL_IPV6_TCP,
			       .hop_limit = syn->ttl};
	struct irl_ipv4 four = {.total_length =
				    (uint16_t)(IRL_IPV4_HEADER + length),
				.id = f->id,
				.ttl = syn->ttl,
				.protocol = IRL_IPV4_TCP,
				.dont_fragment = true};

	if (!irl_ip_is4(addr)) {
		memcpy(six.source, f->source.byte, 16);
		memcpy(six.dest, addr->byte, 16);
		irl_ipv6_write(to, &six);
		return IRL_IPV6_HEADER;
	}
	four.source = irl_ip_addr4(&f->source);
	four.dest = irl_ip_addr4(addr);
	irl_ipv4_write(to, &four);
	return IRL_IPV4_HEADER;
}

uint32_t irl_syn_make(const struct irl_syn *syn, const struct irl_ip *addr,
		      uint16_t port, uint32_t time, uint8_t frame[IRL_SYN_MAX])
{
	uint32_t header = irl_ip_is4(addr) ? IRL_IPV4_HEADER : IRL_IPV6_HEADER;
	struct irl_eth eth = {.type = irl_ip_is4(addr) ? IRL_ETH_IPV4
						       : IRL_ETH_IPV6};
	struct fields f;
	uint32_t length;

	decide(syn, addr, port, &f);
	memset(frame, 0, FRAME_MIN);
	memcpy(eth.dest, syn->gateway_mac, 6);
	memcpy(eth.source, syn->mac, 6);
	irl_eth_write(frame, &eth);
	length = write_tcp(syn, &f, addr, port, time,
			   frame + IRL_ETH_HEADER + header);
	write_ip(syn, &f, addr, length, frame + IRL_ETH_HEADER);
	length += IRL_ETH_HEADER + header;
	return length < FRAME_MIN ? FRAME_MIN : length;
}

/* ---- checking ------------------------------------------------------------
 */

/* What a packet says, as far as both families have it. */
struct packet {
	struct irl_ip source, dest;
	uint8_t protocol;
	bool partial; /* a fragment, or cut off */
};

static bool parse_ip(struct irl_bytes *in, bool six, struct packet *out)
{
	struct irl_ipv4 v4;
	struct irl_ipv6 v6;

	if (six) {
		if (!irl_ipv6_parse(in, &v6))
			return false;
		memcpy(out->source.byte, v6.source, 16);
		memcpy(out->dest.byte, v6.dest, 16);
		out->protocol = v6.next_header;
		out->partial = v6.fragment || v6.cut;
		return true;
	}
	if (!irl_ipv4_parse(in, &v4))
		return false;
	out->source = irl_ip4(v4.source);
	out->dest = irl_ip4(v4.dest);
	out->protocol = v4.protocol;
	out->partial = v4.cut || v4.more_fragments || v4.fragment_offset;
	return true;
}

/* Does the claim hold that @seq was ours, from @local and its port? */
static bool is_ours(const struct irl_syn *syn, const struct irl_ip *local,
		    uint16_t local_port, uint32_t seq, uint32_t now_ticks,
		    struct irl_syn_hit *hit)
{
	struct fields f;

	decide(syn, &hit->addr, hit->port, &f);
	hit->rtt_ticks = now_ticks - (seq - f.seq);
	return irl_ip_equal(&f.source, local) && f.port == local_port &&
	       hit->rtt_ticks < IRL_PROBE_AGE_TICKS;
}

/* RFC 9293, 3.10.7.3: the answer to a SYN is SYN,ACK or RST,ACK. */
static enum irl_probe_verdict check_tcp(const struct irl_syn *syn,
					const struct packet *p,
					struct irl_bytes in, uint32_t now_ticks,
					struct irl_syn_hit *hit)
{
	uint8_t flags;
	struct irl_tcp tcp;

	if (p->partial || !irl_tcp_parse(&in, &tcp))
		return IRL_ANSWER_FORM;
	flags =
	    tcp.flags & (IRL_TCP_ACK | IRL_TCP_RST | IRL_TCP_SYN | IRL_TCP_FIN);
	if (flags != (IRL_TCP_SYN | IRL_TCP_ACK) &&
	    flags != (IRL_TCP_RST | IRL_TCP_ACK))
		return IRL_ANSWER_FLAGS;
	hit->addr = p->source;
	hit->port = tcp.source;
	if (!is_ours(syn, &p->dest, tcp.dest, tcp.ack - 1, now_ticks, hit))
		return IRL_ANSWER_COOKIE;
	return flags & IRL_TCP_SYN ? IRL_ANSWER_SYNACK : IRL_ANSWER_RST;
}

/* An error quotes the SYN, of whose TCP header eight bytes are enough: ports
 * and sequence number. */
static enum irl_probe_verdict check_icmp(const struct irl_syn *syn, bool six,
					 struct irl_bytes in,
					 uint32_t now_ticks,
					 struct irl_syn_hit *hit)
{
	const struct {
		irl_be16 source, dest;
		irl_be32 seq;
	} * tcp;
	struct irl_icmp icmp;
	struct packet quoted;

	if (!irl_icmp_parse(&in, &icmp))
		return IRL_ANSWER_FORM;
	if (!(six ? irl_icmp6_is_error(icmp.type)
		  : irl_icmp_is_error(icmp.type)))
		return IRL_ANSWER_NOT;
	if (!parse_ip(&in, six, &quoted) || quoted.protocol != IRL_IPV4_TCP)
		return IRL_ANSWER_NOT;
	tcp = irl_bytes_take(&in, sizeof(*tcp));
	if (!tcp)
		return IRL_ANSWER_FORM;
	hit->addr = quoted.dest;
	hit->port = irl_host16(tcp->dest);
	if (!is_ours(syn, &quoted.source, irl_host16(tcp->source),
		     irl_host32(tcp->seq), now_ticks, hit))
		return IRL_ANSWER_COOKIE;
	return IRL_ANSWER_ICMP;
}

enum irl_probe_verdict irl_syn_check(const struct irl_syn *syn,
				     const uint8_t *frame, uint32_t length,
				     uint64_t now_ns, struct irl_syn_hit *hit)
{
	struct irl_bytes in = irl_bytes(frame, length);
	uint32_t now_ticks = irl_probe_time(now_ns);
	struct irl_eth eth;
	struct packet p;
	bool six;

	if (!irl_eth_parse(&in, &eth) ||
	    (eth.type != IRL_ETH_IPV4 && eth.type != IRL_ETH_IPV6))
		return IRL_ANSWER_NOT;
	six = eth.type == IRL_ETH_IPV6;
	if (!parse_ip(&in, six, &p))
		return IRL_ANSWER_FORM;
	if (p.protocol == IRL_IPV4_TCP)
		return check_tcp(syn, &p, in, now_ticks, hit);
	if (p.protocol == (six ? IRL_IPV6_ICMP : IRL_IPV4_ICMP))
		return check_icmp(syn, six, in, now_ticks, hit);
	return IRL_ANSWER_NOT;
}
